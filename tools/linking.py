"""Which of the catalogue's own values a shopper's words mention.

A small model cannot know a catalogue by heart. It reads the values that its shopper's words touch instead,
and decides what to do with them: the same help that text-to-SQL systems give as value hints.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache

from shelftalk.tools.spelling import Speller, common_words

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
# Values that are also everyday words of a conversation about shopping; they link only beside their field's name.
_EVERYDAY = frozenset(
    "a all any the no none not yes other others new one two same like other more less na".split()
)
_NUMBER = re.compile(r"\d+|\d{1,3}s")  # a price or a size may be the same number; "1990s" is none
LONGEST = 5  # words in a value
# How a thing is and what it has are one ("nothing with stripes"), but for nouns that are everyday verbs too ("check").
_HAVING = {"striped": "stripe", "stripy": "stripe", "stripey": "stripe", "dotted": "dot"}
MENDED = 5  # letters of a word that is taken for a misspelt value: a shorter one is near too many


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a word without its plural ending, lower-case: "dresses" -> "dress", "scarves" -> "scarf"."""
    word = word.lower().removesuffix("'s")
    word = _HAVING.get(word, word)
    if len(word) <= 3 or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ves"):
        return word[:-3] + "f"
    if word.endswith(("ches", "shes", "sses", "xes", "zes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") else word


def words(text: str) -> tuple[str, ...]:
    """Return the stems of a text's words, hyphens taken as blanks and "t-shirt" and "tshirt" as one."""
    return tuple(stem(word) for word in _plain(text))


def _plain(text: str) -> list[str]:
    text = (
        re.sub(r"\bt[\s-]?shirt", "tshirt", text.lower()).replace("grey", "gray").replace("color", "colour")
    )
    return _WORD.findall(text)


@lru_cache(maxsize=16)
def _index(
    values: tuple[tuple[str, str], ...],
) -> tuple[dict[tuple[str, ...], list[tuple[str, str]]], Speller]:
    """Return the values by their words, and what mends a misspelt one of these words."""
    index: dict[tuple[str, ...], list[tuple[str, str]]] = {}
    for field, value in values:
        key = words(value)
        if not key or len(key) > LONGEST:
            continue
        if len(key) == 1 and (key[0] in _EVERYDAY or _NUMBER.fullmatch(value.strip())):
            continue
        index.setdefault(key, []).append((field, value))
    return index, Speller(Counter(word for key in index for word in key))


def _mended(word: str, speller: Speller) -> str:
    """Return the stem of a word, or where it is misspelt, the one that a value has in its place."""
    found = stem(word)
    if len(word) < MENDED or found in speller or word in common_words():
        return found
    meant = speller.correct(found)
    return meant[0] if len(meant) == 1 else found


def link(text: str, facets: Mapping[str, Mapping[str, int]]) -> list[tuple[str, str]]:
    """Return the (field, value) pairs that `text` mentions, in the order of mention, longest value first.

    A value is mentioned where all its words stand in a row, compared without case, plural endings or hyphens, and with
    slips of the keyboard forgiven ("talbe") in what is no word of the language.
    Words that a longer value took are not matched again ("navy blue" hides "blue"). A value that several
    fields share is returned once for each.
    """
    index, speller = _index(tuple((field, value) for field, counts in facets.items() for value in counts))
    said = tuple(_mended(word, speller) for word in _plain(text))
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(said):
        for length in range(min(LONGEST, len(said) - at), 0, -1):
            hits = index.get(said[at : at + length])
            if hits:
                found += [hit for hit in hits if hit not in found]
                at += length
                break
        else:
            at += 1
    return found


def settled(
    query: str, filters: Mapping[str, str], facets: Mapping[str, Iterable[str]], out: Iterable[str] = ()
) -> str:
    """Return a query without the words that its filters, field -> value, say already, and without the values `out`.

    Where a filter's value was among the words, so goes what else of its field was to choose from: "cream maroon wool"
    filtered by maroon is "wool". `facets` are the catalogue's values of each field.
    """
    said = {word: words(word) for word in query.split()}
    covered = {one for value in (*filters.values(), *out) for one in words(value)}
    gone = {word for word, stems in said.items() if {*stems} <= covered}
    for field, value in filters.items():
        if any(stems and {*stems} <= {*words(value)} for stems in said.values()):
            others = {words(other) for other in facets.get(field, ())}
            gone |= {word for word, stems in said.items() if stems in others}
    return " ".join(word for word in query.split() if word not in gone)
