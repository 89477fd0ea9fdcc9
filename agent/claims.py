"""What a sentence says that a catalogue can bear out or not: figures, catalogue values, property words, links.

Words are compared as `shelftalk.tools.linking` compares them. What counts as a property word stands in claims.toml.
"""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from shelftalk.tools.linking import LONGEST, words

HANDLE = re.compile(r"\[\s?(P\d{1,5})\s?\]", re.IGNORECASE)
LINK = re.compile(
    r"(?:https?://|www\.)[^\s\]\[<>\"']+|\b[\w.+-]+@[\w-]+\.[a-z]{2,}\b|"
    r"\b[\w-]+(?:\.[\w-]+)*\.(?:com|net|org|io|shop|store|info|biz|example|test|co|ru|cn|de|uk|xyz)\b(?:/\S*)?",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\bt[\s-]?shirts?\b|% off|[^\W_]+(?:['’][^\W_]+)?", re.IGNORECASE)
# Values that are also everyday words of an answer; as a claim they would be found where none is made.
_EVERYDAY = frozenset(
    "a all any the no none not yes other others new one two same like other more less na i you it is this that for "
    "good great best nice top free fine well look match found find fit help need want sure of on in at to be do "
    "here".split()
)
_NUMBER = r"\d{1,3}(?:[,\u202f]\d{3})+(?:\.\d+)?|\d+(?:[.,]\d+)?"
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "₹": "INR", "¥": "JPY"}
_CURRENCIES = {"dollar": "USD", "buck": "USD", "euro": "EUR", "pound": "GBP", "rupee": "INR", "yen": "JPY"}
_BOUND = (
    r"(?:(?P<bound>(?i:under|below|less than|up to|within|at most|not more than|no more than|over|above|more than|"
    r"at least|around|about|almost|nearly|roughly|just under|just over|approximately))\s+)?"
)
_CODES = r"dollars?|bucks?|euros?|pounds?|rupees?|yen|[A-Z]{3}\b"
_MONEY = re.compile(
    rf"{_BOUND}(?:(?P<symbol>[$€£₹¥])\s?(?P<a>{_NUMBER})|(?P<b>{_NUMBER})\s?(?P<code>{_CODES}|[€£₹¥])"
    rf"|(?P<verb>\b(?i:costs?|priced at|price is|price of)\s+)(?P<c>{_NUMBER})(?!\s*(?:%|star|out of)))"
)
_RATING = re.compile(
    rf"{_BOUND}(?:(?:rated|rating of|rating is|rating:|scores?)\s+(?P<a>{_NUMBER})"
    rf"(?:\s*(?:out of|of|/)\s*5)?(?:\s*stars?)?"
    rf"|(?P<b>{_NUMBER})\s*(?:out of|of|/)\s*5\b(?:\s*stars?)?"
    rf"|(?P<c>{_NUMBER})[\s-]*stars?\b(?:\s*(?:out of|of|/)\s*5\b)?)",
    re.IGNORECASE,
)
_STOCK = re.compile(
    rf"(?P<a>{_NUMBER})\s+(?:(?:of (?:them|these|it)|pieces?|units?|pairs?|items?)\s+)?(?:are\s+|is\s+)?"
    rf"(?:left|in stock|available|remaining)\b"
    rf"|(?:only|just|last|have)\s+(?P<b>{_NUMBER})\s+(?:of|pieces?|units?|left)\b",
    re.IGNORECASE,
)
_PLAIN = re.compile(rf"{_BOUND}(?P<a>{_NUMBER})", re.IGNORECASE)
_UNITS = r"stars?|years?|months?|weeks?|days?|hours?|pockets?|pieces?|left|in stock"
_WORDS = {w: n for n, w in enumerate("two three four five six seven eight nine ten eleven twelve".split(), 2)}
_SPELT = re.compile(rf"\b({'|'.join(_WORDS)})[\s-](?:{_UNITS})\b", re.IGNORECASE)
_PLACE = re.compile(
    r"(?:#|\b(?:number|option|no\.|img)\s?)$|(?:^|\n)\s*$", re.IGNORECASE
)  # before a number that counts


@dataclass(frozen=True)
class Claim:
    """Something that a reply said and its product's record does not: what, of which product ("P3"), why it went."""

    text: str
    product: str
    why: str


@dataclass(frozen=True)
class Mention:
    """A stretch of a sentence that may claim something; `start` and `end` are characters."""

    kind: str  # "money", "rating", "stock", "number", "value", "product", "shop", "link", or a name under [figure]
    text: str
    start: int
    end: int
    number: float = 0.0
    bound: str = ""  # "under", "about"
    currency: str = ""
    values: tuple[tuple[str, str], ...] = ()  # of kind "value": (field, value)
    wordings: tuple[tuple[str, ...], ...] = ()  # stems that bear it out


Stems = tuple[str, ...]


@cache
def _phrases() -> dict[Stems, tuple[str, tuple[Stems, ...]]]:
    text = (resources.files("shelftalk.agent") / "claims.toml").read_text(encoding="utf-8")
    found: dict[Stems, tuple[str, tuple[Stems, ...]]] = {}
    for section, groups in tomllib.loads(text).items():
        for name, phrases in groups.items():
            wordings = tuple(stems(phrase) for phrase in phrases)
            found |= dict.fromkeys(wordings, (name if section == "figure" else section, wordings))
    return found


def tokens(text: str) -> list[tuple[str, int, int]]:
    """Return the stems of a text's words, each with where the word starts and ends; handles are no words."""
    hidden = HANDLE.sub(lambda match: "\x00" * len(match[0]), text)
    found = []
    for match in _TOKEN.finditer(hidden):
        stem = "".join(words(match[0].replace("’", "'"))) if match[0] != "% off" else match[0]
        if stem:
            found.append((stem, match.start(), match.end()))
    return found


def stems(text: str) -> Stems:
    """Return the stems of a text's words."""
    return tuple(stem for stem, _, _ in tokens(text))


class Lexicon:
    """The values of a catalogue's closed fields, and the property words, ready to be found in a sentence."""

    def __init__(self, facets: Mapping[str, Mapping[str, int]]) -> None:
        """`facets` maps a closed field to its values and their counts."""
        self._values: dict[Stems, list[tuple[str, str]]] = {}
        self.fields = {stems(name): name for name in facets if name != "category"}
        self.longest_field = max(map(len, self.fields), default=0)
        for name, counts in facets.items():
            for value in counts:
                key = stems(value)
                plain = len(key) == 1 and (key[0] in _EVERYDAY or key[0].isdigit() or len(key[0]) < 2)
                if key and len(key) <= LONGEST and not plain:
                    self._values.setdefault(key, []).append((name, value))
        keys = [*self._values, *_phrases()]
        self.longest = max(map(len, keys))
        self._starts = sorted({" ".join(key[:length]) for key in keys for length in range(1, len(key) + 1)})

    def may_begin(self, text: str) -> bool:
        """Whether the end of a text, its last word perhaps not whole yet, may be the beginning of a claim."""
        said = tokens(text)[-self.longest :]
        whole = not text[-1:].isalnum()
        for at in range(len(said)):
            front = "".join(f"{stem} " for stem, _, _ in said[at:-1])
            stem, start, end = said[-1]
            if self._has(front + stem) or self._has(front + stem + " ", part=True):
                return True
            last = text[start:end].lower()
            # "dresse" is not whole, but will be more of "dress".
            if not whole and (
                self._has(front + last, part=True)
                or any(self._has(front + last[:n]) for n in range(3, len(last)))
            ):
                return True
        return False

    def _has(self, key: str, part: bool = False) -> bool:
        at = bisect_left(self._starts, key)
        if at == len(self._starts):
            return False
        return self._starts[at].startswith(key) if part else self._starts[at] == key

    def words(self, text: str) -> Iterator[Mention]:
        """Yield the values and property words that a text mentions, the longest at each place."""
        said = tokens(text)
        at = 0
        while at < len(said):
            for length in range(min(self.longest, len(said) - at), 0, -1):
                key = tuple(stem for stem, _, _ in said[at : at + length])
                values, phrase = self._values.get(key), _phrases().get(key)
                if values is None and phrase is None:
                    continue
                start, end = said[at][1], said[at + length - 1][2]
                if "\x00" in HANDLE.sub("\x00", text[start:end]):  # a handle between two words parts them
                    continue
                if values is not None:
                    wordings = phrase[1] if phrase and phrase[0] == "product" else (key,)
                    yield Mention(
                        "value", text[start:end], start, end, values=tuple(values), wordings=(key, *wordings)
                    )
                elif phrase is not None:
                    yield Mention(phrase[0], text[start:end], start, end, wordings=phrase[1])
                at += length
                break
            else:
                at += 1


def figures(text: str) -> Iterator[Mention]:
    """Yield the prices, ratings, stock counts and other figures of a text, and the links in it."""
    left = HANDLE.sub(lambda match: "\x00" * len(match[0]), text)
    for match in LINK.finditer(left):
        yield Mention(
            "link", match[0].rstrip(".,!?)"), match.start(), match.start() + len(match[0].rstrip(".,!?)"))
        )
    left = LINK.sub(lambda match: "\x00" * len(match[0]), left)
    for kind, pattern in (("rating", _RATING), ("stock", _STOCK), ("money", _MONEY), ("number", _PLAIN)):
        for match in list(pattern.finditer(left)):
            said = match.groupdict()
            digits = said.get("a") or said.get("b") or said.get("c") or ""
            if kind == "number" and _PLACE.search(left[: match.start("a")]):
                continue
            start = match.start("c") if said.get("verb") and kind == "money" else match.start()
            yield Mention(
                kind,
                text[start : match.end()].strip(),
                start,
                match.end(),
                amount(digits),
                (said.get("bound") or "").lower(),
                _currency(said.get("symbol") or said.get("code") or ""),
            )
        left = pattern.sub(lambda match: "\x00" * len(match[0]), left)
    for match in _SPELT.finditer(left):
        yield Mention("number", match[0], match.start(), match.end(), float(_WORDS[match[1].lower()]))


def amount(digits: str) -> float:
    """Return the number that digits write: "1,299.50", "29,90"."""
    if re.fullmatch(r"\d{1,3}(?:[,\u202f]\d{3})+(?:\.\d+)?", digits):
        return float(re.sub(r"[,\u202f]", "", digits))
    return float(digits.replace(",", "."))


def numbers(text: str) -> set[float]:
    """Return every number that stands in a text, however it is written there."""
    found = re.findall(_NUMBER, HANDLE.sub(" ", text))
    spelt = [_WORDS[word] for word in re.findall(r"[a-z]+", text.lower()) if word in _WORDS]
    return {amount(digits) for digits in found} | {float(n) for n in spelt}


def _currency(mark: str) -> str:
    return _SYMBOLS.get(mark) or _CURRENCIES.get(mark.lower().removesuffix("s")) or mark.upper()
