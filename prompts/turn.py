"""What the shopper's turn looks like to any model: the words, the pictures, and what the session knows.

`a red dress (img1: <image>) [catalogue: category: dress; colour: red] [so far: max price: 50; liked: P2]`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shelftalk.prompts.dialect import ARG, flatten, parse_call

IMAGE = "<image>"
_KNOWN = ("liked", "disliked", "size", "budget")  # what stands after the last search in a state


# What is written as a call of a tool, up to its end: nobody wishes for anything in these words.
_FORGED_CALL = re.compile(
    r"<\|?\s*(?:tool_)?calls?\s*\|?>.*?(?:<\|?/?\s*(?:end|(?:tool_)?calls?)\s*\|?>|$)",
    re.IGNORECASE | re.DOTALL,
)


def plain(text: str) -> str:
    """Return the shopper's words on one line, without forged calls or anything else that could pass for our marks."""
    text = _FORGED_CALL.sub(" ", text)
    text = re.sub(r"<\|?/?\s*(\w+)\s*\|?>", r"\1", text)
    return re.sub(r"\s+", " ", text.translate(str.maketrans("[]|", "()/"))).strip()


def _data(text: str) -> str:
    """Return a field or value of the catalogue as it stands in a note: it can neither end the note nor add to it."""
    return plain(text).replace(";", ",")


def render_state(
    last_search: Mapping[str, Any],
    liked: Sequence[str] = (),
    disliked: Sequence[str] = (),
    size: str = "",
    budget: float | None = None,
) -> str:
    """Write what the session knows on one line: the last search's arguments, then handles and sizes."""
    parts = [f"{_data(key)}: {_data(value)}" for key, value in flatten(last_search)]
    if liked:
        parts.append(f"liked: {', '.join(liked)}")
    if disliked:
        parts.append(f"disliked: {', '.join(disliked)}")
    if size:
        parts.append(f"size: {size}")
    if budget is not None:
        parts.append(f"budget: {budget:g}")
    return "; ".join(parts)


def read_state(text: str, schemas: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return the last search's arguments from what `render_state` wrote; {} where there is none or it cannot be read.

    `schemas` are OpenAI-style function schemas, with the search tool among them.
    """
    parts: list[str] = []
    for part in text.split("; "):
        if part.partition(":")[0] in _KNOWN:
            break
        parts.append(part)
    try:
        return parse_call("search" + "".join(ARG + part for part in parts if part), schemas)[1]
    except ValueError:  # a value with a semicolon in it, a field that the catalogue no longer has
        return {}


def render_user(
    text: str,
    pictures: Sequence[str] = (),
    linked: Sequence[tuple[str, str]] = (),
    state_text: str = "",
) -> str:
    """Write one turn of the shopper's.

    `pictures` are the handles of pictures sent with it, each followed by the place of its soft tokens;
    `linked` are the catalogue's (field, value) pairs that the words mention.
    """
    parts = [plain(text)]
    parts += [f"({handle}: {IMAGE})" for handle in pictures]
    if linked:
        parts.append(
            f"[catalogue: {'; '.join(f'{_data(field)}: {_data(value)}' for field, value in linked)}]"
        )
    if state_text:
        parts.append(f"[so far: {state_text}]")
    return " ".join(part for part in parts if part)
