"""The words of a text as the lexical index compares them: sizes as one word, spellings and endings as one."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from shelftalk.tools import sizes

if TYPE_CHECKING:
    from Stemmer import Stemmer

_WORD = re.compile(
    r"\d+(?:\.\d+)?(?:x\d+(?:\.\d+)?)+|(?:size|us|uk|eu)\d+(?:\.\d+)?|\d+(?:\.\d+)?[a-z]*|[^\W_]+"
)
_TSHIRT = re.compile(r"\bt[\s-]?shirt|\btee[\s-]shirt")
_POSSESSIVE = re.compile(r"(?<=[^\W\d_])'s\b")
# What a shopper says around the words that name a product, and what any sentence is held together by.
FILLERS = frozenset(
    """
    a an and any are as at be by do does for from get give had has have i if im in is it its like look
    looking me my need needs of on or please searching show some something that the their them these this those to
    want wanted wants was were will with would you your find buy
    """.split()
)


def spelt(text: str) -> list[str]:
    """Return a text's words in lower case, in order, each size or measure as one of them."""
    text = sizes.normalise(text).replace("grey", "gray").replace("colour", "color")
    if "'" in text:
        text = _POSSESSIVE.sub("", text)
    if "shirt" in text:
        text = _TSHIRT.sub("tshirt", text)
    return _WORD.findall(text)


def terms(word: str) -> tuple[str, ...]:
    """Return what a word from `spelt` is compared by: its stem, or a size and the numbers it is made of."""
    if word.isalpha():
        return (_stem(word),)
    return (word, *sizes.parts(word))


@lru_cache(maxsize=1 << 17)
def _stem(word: str) -> str:
    """Return a word's stem. (Porter's English Snowball stemmer, https://snowballstem.org)"""
    return str(_stemmer().stemWord(word))


@lru_cache(maxsize=1)
def _stemmer() -> Stemmer:
    from Stemmer import Stemmer

    return Stemmer("english", 0)
