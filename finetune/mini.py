"""The embedded model, built: the eye's tower, an adaptor, and MiniLM's layers run as a decoder.

`LlavaForConditionalGeneration`: picture [batch, 3, 128, 128] -> tower -> patch features [batch, 64, 384] ->
adaptor -> soft tokens [batch, 64, 384] beside the words' embeddings -> decoder -> logits over 19 thousand tokens.
Warm starting a decoder from an encoder: Rothe, Narayan and Severyn, arXiv 1907.12461.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.finetune.vocabulary import IMAGE, PAD, minilm_folder
from shelftalk.prompts.dialect import END

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast

CONTEXT = 2048


def widen_context(model: LlavaForConditionalGeneration, positions: int = CONTEXT) -> None:
    """Give a model of an earlier, shorter context this many positions: the ones it has, over again."""
    import torch

    config, embeddings = model.config.get_text_config(), model.model.language_model.embeddings
    known = embeddings.position_embeddings.weight.detach()  # [positions, width]
    if len(known) >= positions:
        return
    wider = torch.nn.Embedding(positions, known.shape[1], dtype=known.dtype)
    wider.weight.data.copy_(known.repeat(-(-positions // len(known)), 1)[:positions])
    embeddings.position_embeddings = wider
    embeddings.register_buffer("position_ids", torch.arange(positions)[None], persistent=False)
    embeddings.register_buffer(
        "token_type_ids", torch.zeros(1, positions, dtype=torch.long), persistent=False
    )
    config.max_position_embeddings = positions


def build_mini(
    tokenizer: PreTrainedTokenizerFast, sources: Mapping[str, str], tower: Path
) -> LlavaForConditionalGeneration:
    """Return the model before training.

    `sources` maps each token to the MiniLM token whose embedding it starts from (see `choose_words`);
    `tower` is a folder with the trained eye. MiniLM's 512 positions are tiled to fill the context.
    """
    import torch
    from transformers import AutoModel, BertConfig, LlavaConfig, LlavaForConditionalGeneration

    from shelftalk.tools import eye  # noqa: F401  (registers the tower with transformers)

    minilm = AutoModel.from_pretrained(minilm_folder(), add_pooling_layer=False)
    vision = AutoModel.from_pretrained(tower)
    text = BertConfig(
        vocab_size=len(sources),
        hidden_size=384,
        intermediate_size=1536,
        num_hidden_layers=6,
        num_attention_heads=12,
        max_position_embeddings=CONTEXT,
        is_decoder=True,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
        type_vocab_size=2,
        tie_word_embeddings=False,
        layer_norm_eps=1e-12,
        pad_token_id=tokenizer.vocab[PAD],
        bos_token_id=None,
        eos_token_id=tokenizer.vocab[END],
    )
    config = LlavaConfig(
        vision_config=vision.config,
        text_config=text,
        image_token_index=tokenizer.vocab[IMAGE],
        projector_hidden_act="gelu",
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        image_seq_length=64,
        tie_word_embeddings=False,
    )
    torch.manual_seed(0)
    model = LlavaForConditionalGeneration(config)
    model.model.vision_tower.load_state_dict(vision.state_dict())
    decoder = model.model.language_model
    numbers = {
        line: n for n, line in enumerate((minilm_folder() / "vocab.txt").read_text("utf-8").splitlines())
    }
    state = minilm.state_dict()
    rows = torch.tensor([numbers[source] for source in sources.values()])
    state["embeddings.word_embeddings.weight"] = words = state["embeddings.word_embeddings.weight"][
        rows
    ].clone()
    words[: len(sources) // 100] += 0.01 * torch.randn_like(
        words[: len(sources) // 100]
    )  # specials start apart
    positions = state["embeddings.position_embeddings.weight"]  # [512, 384]
    state["embeddings.position_embeddings.weight"] = positions.repeat(CONTEXT // len(positions), 1)
    for name in ("embeddings.position_ids", "embeddings.token_type_ids"):
        state.pop(name, None)
    missing, unexpected = decoder.load_state_dict(state, strict=False)
    if unexpected or any(
        not name.startswith(("pooler", "embeddings.position_ids", "embeddings.token_type"))
        for name in missing
    ):
        raise RuntimeError(f"MiniLM's layers do not fit: missing {missing}, unexpected {unexpected}")
    # The output starts as the input embeddings, scaled so that the first logits are small.
    model.lm_head.weight.data.copy_(words * (1.0 / words.norm(dim=1).mean()))
    return model
