"""Which products a shopper points at: by place, by handle, by a word of a title, as "it"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from shelftalk.tools.render import SIGNS

_PLACES = ("first", "second", "third", "fourth", "fifth", "sixth")
_NUMBERS = ("one", "two", "three", "four", "five", "six")
_BY_WORD = re.compile(rf"\b({'|'.join(_PLACES)})\b", re.IGNORECASE)
_BY_FIGURE = re.compile(
    r"\b([1-6])(?:st|nd|rd|th)\b|(?:#|\b(?:number|item|option)\s)([1-6])\b", re.IGNORECASE
)
_BY_NUMBER = re.compile(rf"\bnumber ({'|'.join(_NUMBERS)})\b", re.IGNORECASE)
_LAST = re.compile(
    r"\bthe (?:very )?last\b|\bthe (?:bottom|final) (?:one|product|item|of)\b|\bthe one at the (?:bottom|end)\b",
    re.IGNORECASE,
)
_TOP = re.compile(r"\bthe top (?:one|product|item)\b|\bthe one at the top\b", re.IGNORECASE)
_MIDDLE = re.compile(r"\b(?:the|in the) middle\b", re.IGNORECASE)
# Taken out of the words once read: "the second to last" is neither the second nor the last.
_FROM_END = re.compile(
    r"\b(?:(second|third)(?:[- ]to)?[- ]last|(second|third) from (?:the )?(?:last|end|bottom)|last but (one|two)|"
    r"(next[- ]to[- ]last|(?:one )?before (?:the )?last|penultimate))\b",
    re.IGNORECASE,
)
_STEPS = {"second": 2, "third": 3, "one": 2, "two": 3}
_SEVERAL = re.compile(r"\bthe (?:(first|top)|(?:last|bottom|final)) (two|2|couple|three|3)\b", re.IGNORECASE)
_TWO = re.compile(r"\b(?:both|the two|th[eo]se two|the pair|them)\b", re.IGNORECASE)
_FIGURES = re.compile(
    r"(?:#|(?<![\d.,])\b)([1-6]) (?:and|or|vs\.?|versus|with|to|&) "
    r"(?:number |item |option |#)?([1-6])\b(?![.,]?\d)",
    re.IGNORECASE,
)
_HANDLE = re.compile(r"\bp(\d+)\b", re.IGNORECASE)
_LISTED = re.compile(r"^\[P(\d+)\]", re.MULTILINE)
_LINE = re.compile(r"^\[P(\d+)\] (.*)", re.MULTILINE)
_A_WORD = r"(?!the\b|ones?\b)(?:[^\W_]|[-'’&])+"
_TITLED = re.compile(rf"\bthe ((?:{_A_WORD}\s+){{1,4}})ones?\b", re.IGNORECASE)
_KIND = re.compile(rf"\bthe ((?:{_A_WORD}\s+){{1,3}}{_A_WORD})", re.IGNORECASE)
_THAT_HAS = re.compile(
    rf"\bthe one (?:in|from|by|with|made of|of) ((?:{_A_WORD}\s+){{0,2}}{_A_WORD})", re.IGNORECASE
)
_SIGN = rf"[{SIGNS}]?\s?"
_AMOUNT = r"(\d+(?:,\d{3})*(?:\.\d{1,2})?)"
_MONEY = r"(?:\s?(?:dollars?|bucks|euros?|pounds?|quid|rupees?|yen|francs?|usd|eur|gbp|inr|jpy|chf))"
_PRICED = re.compile(
    rf"\bthe {_SIGN}{_AMOUNT}{_MONEY}? one\b|"
    rf"\bthe one (?:for|at|(?:that|which) costs|costing|priced at|that is|that['’]s) {_SIGN}{_AMOUNT}(?!\w)",
    re.IGNORECASE,
)
_PRICE = re.compile(rf", [{SIGNS}]?{_AMOUNT}(?: [A-Z]{{3}})?(?:, sold out)?$")
_FEW = frozenset("a an and & with in of for the by from".split())
_IT = re.compile(r"\b(?:it|its|this|that)\b", re.IGNORECASE)
# "anything similar" is like what was spoken of last.
_LIKE_IT = re.compile(
    r"\b(?:any|some)thing (?:else )?(?:similar|alike|comparable|along those lines)\b|\b(?:similar|comparable) ones?\b",
    re.IGNORECASE,
)
_NOTED = re.compile(r"\[P(\d+)\]")
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def listed(tool_text: str) -> tuple[str, ...]:
    """Return the handles of a tool's list in order; none where the text is no list to point into."""
    head = tool_text.partition("\n")[0]
    if head == "compare" or head.startswith("[P"):
        return ()
    return tuple(f"P{number}" for number in _LISTED.findall(tool_text))


def titles(tool_text: str) -> dict[str, frozenset[str]]:
    """Return handle -> the words of its line, lower case, and its price ("=29.9"), for each product of a list."""
    return {f"P{number}": frozenset(_words_of(line)) for number, line in _LINE.findall(tool_text)}


def _words_of(line: str) -> Iterable[str]:
    yield from _WORD.findall(line.lower())
    if price := _PRICE.search(line):
        yield _price(price[1])


def _price(amount: str) -> str:
    return f"={float(amount.replace(',', '')):g}"


def focus_of(tool_text: str) -> tuple[str, ...]:
    """Return the one product that a tool's answer is about; none where it is about several, or about none."""
    found = dict.fromkeys(
        _NOTED.findall(tool_text.partition("\n")[0] if tool_text.startswith("[P") else tool_text)
    )
    return tuple(f"P{number}" for number in found) if len(found) == 1 else ()


def says_it(text: str) -> bool:
    """Whether a shopper speaks of something as "it" or "this", or wants something similar."""
    return _IT.search(text) is not None or _LIKE_IT.search(text) is not None


def pointed(
    text: str, last: Sequence[str], lines: Mapping[str, frozenset[str]] | None = None
) -> tuple[str, ...]:
    """Return the handles that a shopper's words point at: by place in the list last shown, from its end as well; by
    words or a price that only one of its lines has ("the striped one", "the $30 one"); or by handle.
    `lines`: see `titles`.
    """
    counted = _from_end(text, len(last))
    found = [last[place] for place in [*counted, *_places(_FROM_END.sub(" ", text), len(last))]]
    for words in _said(text):
        having = [handle for handle, line in (lines or {}).items() if words <= line]
        found += having if len(having) == 1 else []
    found += [f"P{number}" for number in _HANDLE.findall(text)]
    if not found and len(last) == 2 and _TWO.search(text):
        found = [*last]
    return tuple(dict.fromkeys(found))


def _from_end(text: str, length: int) -> list[int]:
    steps = [_STEPS.get((a or b or c).lower(), 2) for a, b, c, _ in _FROM_END.findall(text)]
    return [length - step for step in steps if step <= length]


def _places(text: str, length: int) -> list[int]:
    places = [_PLACES.index(word.lower()) for word in _BY_WORD.findall(text)]
    places += [int(one or other) - 1 for one, other in _BY_FIGURE.findall(text)]
    places += [_NUMBERS.index(word.lower()) for word in _BY_NUMBER.findall(text)]
    if not says_it(text):  # "is it 2 or 3 cm wide" counts no products
        places += [int(figure) - 1 for two in _FIGURES.findall(text) for figure in two]
    for top, said in _SEVERAL.findall(text):
        many = min(3 if said.lower() in ("three", "3") else 2, length)
        places += range(many) if top else range(length - many, length)
    places += [0] if _TOP.search(text) else []
    places += [length // 2] if length % 2 and _MIDDLE.search(text) else []
    places += [length - 1] if _LAST.search(text) and length else []
    return [place for place in places if place < length]


def _said(text: str) -> Iterable[frozenset[str]]:
    """Yield the words, or the price, by which a shopper tells one product from the others."""
    for one, other in _PRICED.findall(text):
        yield frozenset({_price(one or other)})
    for words in _TITLED.findall(text):
        yield _telling(words.split())
    for found, least in ((_THAT_HAS, 1), (_KIND, 2)):
        for words in found.findall(text):
            said = words.split()
            for most in range(len(said), least - 1, -1):
                if len(_telling(said[:most])) >= least:
                    yield _telling(said[:most])


def _telling(words: Sequence[str]) -> frozenset[str]:
    kept = frozenset(word.lower() for word in words) - _FEW
    return kept or frozenset({""})  # what tells nothing is in no line
