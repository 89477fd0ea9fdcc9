"""Which products a shopper points at: by place, by handle, by a word of a title, as "it"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
_NUMBERS = ("one", "two", "three", "four", "five", "six")
_BY_WORD = re.compile(rf"\b({'|'.join(_PLACES)})\b", re.IGNORECASE)
_BY_FIGURE = re.compile(
    r"\b([1-6])(?:st|nd|rd|th)\b|(?:#|\b(?:number|item|option)\s)([1-6])\b", re.IGNORECASE
)
_BY_NUMBER = re.compile(rf"\bnumber ({'|'.join(_NUMBERS)})\b", re.IGNORECASE)
_LAST = re.compile(r"\bthe last\b", re.IGNORECASE)
_HANDLE = re.compile(r"\bp(\d+)\b", re.IGNORECASE)
_LISTED = re.compile(r"^\[P(\d+)\]", re.MULTILINE)
_LINE = re.compile(r"^\[P(\d+)\] (.*)", re.MULTILINE)
_TITLED = re.compile(r"\bthe ((?:[^\W\d_]|[-'’])+) ones?\b", re.IGNORECASE)
_IT = re.compile(r"\b(?:it|its|this|that)\b", re.IGNORECASE)
_NOTED = re.compile(r"\[P(\d+)\]")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def listed(tool_text: str) -> tuple[str, ...]:
    """Return the handles of a tool's list in order; none where the text is no list to point into."""
    head = tool_text.partition("\n")[0]
    if head == "compare" or head.startswith("[P"):
        return ()
    return tuple(f"P{number}" for number in _LISTED.findall(tool_text))


def titles(tool_text: str) -> dict[str, frozenset[str]]:
    """Return handle -> the words of its line, lower case, for each product of a tool's list."""
    return {f"P{number}": frozenset(_WORD.findall(line.lower())) for number, line in _LINE.findall(tool_text)}


def focus_of(tool_text: str) -> tuple[str, ...]:
    """Return the one product that a tool's answer is about; none where it is about several, or about none."""
    found = dict.fromkeys(
        _NOTED.findall(tool_text.partition("\n")[0] if tool_text.startswith("[P") else tool_text)
    )
    return tuple(f"P{number}" for number in found) if len(found) == 1 else ()


def says_it(text: str) -> bool:
    """Whether a shopper speaks of something as "it" or "this"."""
    return _IT.search(text) is not None


def pointed(
    text: str, last: Sequence[str], lines: Mapping[str, frozenset[str]] | None = None
) -> tuple[str, ...]:
    """Return the handles that a shopper's words point at: by place in the list last shown, by a word that only one
    of its lines has ("the striped one"), or by handle. `lines`: see `titles`.
    """
    places = [_PLACES.index(word.lower()) for word in _BY_WORD.findall(text)]
    places += [int(one or other) - 1 for one, other in _BY_FIGURE.findall(text)]
    places += [_NUMBERS.index(word.lower()) for word in _BY_NUMBER.findall(text)]
    if _LAST.search(text) and last:
        places.append(len(last) - 1)
    found = [last[place] for place in places if place < len(last)]
    for word in _TITLED.findall(text):
        having = [handle for handle, line in (lines or {}).items() if word.lower() in line]
        found += having if len(having) == 1 else []
    return tuple(dict.fromkeys([*found, *(f"P{number}" for number in _HANDLE.findall(text))]))
