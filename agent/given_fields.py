"""Which field of a product a sentence gives a value for: "the colour of [P3] is navy", "it has oak as its material"."""

from __future__ import annotations

import re

from shelftalk.agent.claims import HANDLE, Lexicon, Mention, tokens

# What may stand between a field's name and its value, with X for a product.
_VALUE_AFTER = re.compile(
    r"(?:\s+(?:of|for)\s+(?:the\s+|this\s+|that\s+)?(?:X|one|it))?\s*(?:\s(?:is|are|was)\b|[:?=]|\sX:)?\s*"
)
_VALUE_BEFORE = re.compile(
    r"[\s,.;:]*(?:\b(?:is|are|as|for|that\s+is|that['’]?s|that\s+would\s+be|which\s+is)\s+)?(?:the|its|their)\s+",
    re.IGNORECASE,
)


def given_field(sentence: str, mention: Mention, lexicon: Lexicon) -> str:
    """Return the closed field that a sentence names a mention as the value of; "" where it names none."""
    said = tokens(sentence)
    for at in range(len(said)):
        for length in range(min(lexicon.longest_field, len(said) - at), 0, -1):
            name = lexicon.fields.get(tuple(stem for stem, _, _ in said[at : at + length]))
            if not name:
                continue
            start, end = said[at][1], said[at + length - 1][2]
            gap = sentence[end : mention.start]
            # "power drill" is no drill for a power, "with colour cream" is one.
            own = gap.strip() or name in {field for field, _ in mention.values}
            if end <= mention.start and own and _VALUE_AFTER.fullmatch(_plain(gap)):
                return name
            if mention.end <= start and _VALUE_BEFORE.fullmatch(_plain(sentence[mention.end : start])):
                return name
            break
    return ""


def _plain(gap: str) -> str:
    return HANDLE.sub("X", gap)
