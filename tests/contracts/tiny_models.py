"""Tiny models of the hub's classes with random weights, as folders: Idefics3, Gemma 3, LLaVA, mini's."""

from __future__ import annotations

import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

SENTENCES = [
    "a red dress for a summer wedding under fifty dollars, please",
    "the same in blue leather but cheaper than this one",
    'call search with {"name": "search", "arguments": {"query": "red dress", "max_price": 50}}',
    "here are some lamps and shoes that you may like, which of them do you prefer?",
    "<tool_call> </tool_call> <tool_response> [P1] [P2] img1 category colour material",
]

CHATML = """{%- if tools %}<|im_start|>system
{% if messages[0].role == 'system' %}{{ messages[0].content[0].text }}
{% endif %}<tools>{% for tool in tools %}{{ tool | tojson }}
{% endfor %}</tools><|im_end|>
{% elif messages[0].role == 'system' %}<|im_start|>system
{{ messages[0].content[0].text }}<|im_end|>
{% endif %}
{%- for message in messages %}{% if message.role != 'system' %}<|im_start|>{{ message.role }}
{% for part in message.content %}{% if part.type == 'image' %}<image>{% else %}{{ part.text }}{% endif %}{% endfor %}
{%- for call in message.tool_calls or [] %}<tool_call>
{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson }}}
</tool_call>{% endfor %}<|im_end|>
{% endif %}{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""

LLAMA = """{%- if messages[0].role == 'system' %}<|im_start|>system
{{ messages[0].content }}<|im_end|>
{% endif %}
{%- for message in messages if message.role != 'system' %}<|im_start|>{{ message.role }}

{% if tools and loop.first %}{{ tools | tojson }}
{% endif %}
{%- if message.tool_calls %}{% set call = message.tool_calls[0].function -%}
{"name": "{{ call.name }}", "parameters": {{ call.arguments | tojson }}}
{%- else %}{{ message.content }}{% endif %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant

{% endif %}"""

GEMMA = """{{ bos_token }}{% set lead = '' %}{% set rest = messages %}
{%- if messages[0].role == 'system' -%}
{% set lead = messages[0].content[0].text + '\n\n' %}{% set rest = messages[1:] %}{% endif %}
{%- for message in rest -%}
{%- if (message.role == 'user') != (loop.index0 % 2 == 0) %}{{ raise_exception('Take turns.') }}{% endif -%}
<start_of_turn>{{ 'model' if message.role == 'assistant' else message.role }}
{% if loop.first %}{{ lead }}{% endif %}
{%- for part in message.content -%}
{% if part.type == 'image' %}<start_of_image>{% else %}{{ part.text | trim }}{% endif %}
{%- endfor %}<end_of_turn>
{% endfor %}{% if add_generation_prompt %}<start_of_turn>model
{% endif %}"""

# A call starts with its own mark, a reply with a space.
MINI = """{% for message in messages %}<|{{ message.role }}|>
{%- if message.content[:8] != '<|call|>' %} {% endif %}{{ message.content }}<|end|>{% endfor %}
{%- if add_generation_prompt %}<|assistant|>{% endif %}"""


def byte_tokenizer(specials: list[str], **named: str) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.train_from_iterator(
        SENTENCES * 3,
        trainers.BpeTrainer(
            vocab_size=480, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()
        ),
    )
    return PreTrainedTokenizerFast(tokenizer_object=core, extra_special_tokens=specials, **named)


def lower_tokenizer() -> Any:
    from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    marks = [f"<|{name}|>" for name in ("end", "system", "user", "assistant", "tool", "call", "arg")]
    core = Tokenizer(models.BPE(unk_token="<unk>"))
    core.normalizer = normalizers.Lowercase()
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(prepend_scheme="never"),
            pre_tokenizers.Punctuation(),
            pre_tokenizers.Digits(True),
        ]
    )
    core.decoder = decoders.Metaspace(prepend_scheme="never")
    specials = [AddedToken(m, special=True, normalized=False) for m in ["<pad>", "<unk>", "<image>", *marks]]
    alphabet = list(string.ascii_lowercase + string.digits + "▁\n[](){},.:;!?'\"$-+/")
    core.train_from_iterator(
        SENTENCES * 3
        + ["query: image: category: colour: not max min price: sort: cheapest products: likes:"] * 9,
        trainers.BpeTrainer(vocab_size=500, special_tokens=specials, initial_alphabet=alphabet),
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=core, eos_token="<|end|>", pad_token="<pad>", unk_token="<unk>", chat_template=MINI
    )


def save_idefics3(folder: Path) -> None:
    from transformers import Idefics3Config, Idefics3ForConditionalGeneration, Idefics3Processor
    from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil

    tokens = [
        "<|im_start|>",
        "<|im_end|>",
        "<image>",
        "<fake_token_around_image>",
        "<end_of_utterance>",
        "<global-img>",
    ]
    tokenizer = byte_tokenizer(tokens, eos_token="<|im_end|>", pad_token="<|im_end|>")
    images = Idefics3ImageProcessorPil(
        size={"longest_edge": 32}, max_image_size={"longest_edge": 32}, do_image_splitting=False
    )
    processor = Idefics3Processor(images, tokenizer, image_seq_len=4, chat_template=CHATML)
    config = Idefics3Config(
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=2,
        vision_config={"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
                       "image_size": 32, "patch_size": 8},
        text_config={"model_type": "llama", "vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64,
                     "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2,
                     "max_position_embeddings": 4096, "eos_token_id": tokenizer.eos_token_id,
                     "pad_token_id": tokenizer.pad_token_id, "bos_token_id": None},
        pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    Idefics3ForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)


def save_gemma3(folder: Path) -> None:
    import torch
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration, Gemma3Processor
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    special = {
        "boi_token": "<start_of_image>",
        "eoi_token": "<end_of_image>",
        "image_token": "<image_soft_token>",
    }
    tokens = ["<pad>", "<bos>", "<end_of_turn>", "<start_of_turn>", *special.values()]
    tokenizer = byte_tokenizer(tokens, eos_token="<end_of_turn>", bos_token="<bos>", pad_token="<pad>")
    from transformers import PreTrainedTokenizerFast

    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer.backend_tokenizer, eos_token="<end_of_turn>", bos_token="<bos>", pad_token="<pad>",
        extra_special_tokens=special,
    )  # fmt: skip
    images = Gemma3ImageProcessorPil(size={"height": 32, "width": 32}, image_seq_length=4)
    processor = Gemma3Processor(images, tokenizer, image_seq_length=4, chat_template=GEMMA)
    layers = ["sliding_attention", "full_attention"]
    config = Gemma3Config(
        image_token_id=tokenizer.convert_tokens_to_ids("<image_soft_token>"),
        boi_token_index=tokenizer.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=tokenizer.convert_tokens_to_ids("<end_of_image>"),
        mm_tokens_per_image=4,
        vision_config={"hidden_size": 16, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2,
                       "image_size": 32, "patch_size": 8, "vision_use_head": False},
        text_config={"vocab_size": len(tokenizer), "hidden_size": 32, "intermediate_size": 64, "head_dim": 16,
                     "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 1,
                     "sliding_window": 64, "max_position_embeddings": 4096, "layer_types": layers,
                     "eos_token_id": tokenizer.eos_token_id, "pad_token_id": 0, "bos_token_id": tokenizer.bos_token_id},
    )  # fmt: skip
    model = Gemma3ForConditionalGeneration(config)
    torch.nn.init.normal_(model.model.multi_modal_projector.mm_input_projection_weight)  # zeros as it comes
    model.save_pretrained(folder)
    processor.save_pretrained(folder)


def save_llava(folder: Path, tokenizer: Any, text_config: dict[str, Any], template: str) -> None:
    from transformers import LlavaConfig, LlavaForConditionalGeneration, LlavaProcessor
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    images = SiglipImageProcessorPil(size={"height": 32, "width": 32})
    processor = LlavaProcessor(
        images, tokenizer, patch_size=8, vision_feature_select_strategy="full", chat_template=template
    )
    config = LlavaConfig(
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        tie_word_embeddings=False,
        vision_config={"model_type": "siglip_vision_model", "hidden_size": 64, "intermediate_size": 128,
                       "num_hidden_layers": 1, "num_attention_heads": 2, "image_size": 32, "patch_size": 8,
                       "vision_use_head": False},
        text_config={**text_config, "vocab_size": len(tokenizer), "eos_token_id": tokenizer.eos_token_id,
                     "hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2},
    )  # fmt: skip
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    processor.save_pretrained(folder)


def save_llama_llava(folder: Path) -> None:
    tokenizer = byte_tokenizer(["<|im_start|>", "<|im_end|>", "<image>"], eos_token="<|im_end|>")
    save_llava(folder, tokenizer, {"model_type": "llama", "max_position_embeddings": 4096}, LLAMA)


def save_mini(folder: Path) -> None:
    text = {
        "model_type": "bert",
        "is_decoder": True,
        "tie_word_embeddings": False,
        "max_position_embeddings": 1024,
    }
    save_llava(folder, lower_tokenizer(), text, MINI)


MODELS: dict[str, Callable[[Path], None]] = {
    "idefics3": save_idefics3,
    "gemma3": save_gemma3,
    "llava": save_llama_llava,
    "mini": save_mini,
}
