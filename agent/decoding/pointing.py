"""Which products a shopper points at by place: "the second one", "#3", "the last"."""

from __future__ import annotations

import re
from collections.abc import Sequence

_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
_NUMBERS = ("one", "two", "three", "four", "five", "six")
_BY_WORD = re.compile(rf"\b({'|'.join(_PLACES)})\b", re.IGNORECASE)
_BY_FIGURE = re.compile(r"\b([1-6])(?:st|nd|rd|th)\b|(?:#|\bnumber\s)([1-6])\b", re.IGNORECASE)
_BY_NUMBER = re.compile(rf"\bnumber ({'|'.join(_NUMBERS)})\b", re.IGNORECASE)
_LAST = re.compile(r"\bthe last\b", re.IGNORECASE)
_HANDLE = re.compile(r"\bp(\d+)\b", re.IGNORECASE)
_LISTED = re.compile(r"^\[P(\d+)\]", re.MULTILINE)


def listed(tool_text: str) -> tuple[str, ...]:
    """Return the handles of a tool's list in order; none where the text is no list to point into."""
    head = tool_text.partition("\n")[0]
    if head == "compare" or head.startswith("[P"):
        return ()
    return tuple(f"P{number}" for number in _LISTED.findall(tool_text))


def pointed(text: str, last: Sequence[str]) -> tuple[str, ...]:
    """Return the handles that a shopper's words point at: by place in the list last shown, or by handle."""
    places = [_PLACES.index(word.lower()) for word in _BY_WORD.findall(text)]
    places += [int(one or other) - 1 for one, other in _BY_FIGURE.findall(text)]
    places += [_NUMBERS.index(word.lower()) for word in _BY_NUMBER.findall(text)]
    if _LAST.search(text) and last:
        places.append(len(last) - 1)
    found = [last[place] for place in places if place < len(last)]
    return tuple(dict.fromkeys([*found, *(f"P{number}" for number in _HANDLE.findall(text))]))
