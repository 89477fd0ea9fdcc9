"""A reply read while it is written: what no tool told is found at a sentence's end, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from functools import cache

from shelftalk.agent.checked import claims_nothing, sentence_end
from shelftalk.agent.claims import HANDLE, Claim, Mention
from shelftalk.agent.given_fields import given_field
from shelftalk.agent.grounding import Grounds, named, unsupported
from shelftalk.tools.linking import stem, words
from shelftalk.tools.product import Product
from shelftalk.tools.spelling import common_words

TRIES = 6  # for one reply; then it is left to whoever checks what is shown
_UNTOLD = ("best_rated",)  # a list sorted by rating does not tell the ratings
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_WORD = re.compile(r"(?<![^\W_])[^\W\d_]{3,}(?![^\W_]|['’-])")
ALIKE = 3  # letters in which a misspelt word is like what it was copied from


@dataclass(frozen=True)
class Fault:
    """Where a reply goes wrong, in characters, with what, and what would be right there."""

    start: int
    word: str
    right: tuple[str, ...] = ()


class Proof:
    """Reads one reply; `stands` is how many of its characters will not be written again."""

    def __init__(self, grounds: Grounds, spelt: Collection[str] = (), heard: Callable[[], str] = str) -> None:
        """`spelt` are words that the model writes whole, empty where it may write any; `heard` returns all others
        that it can have from its shop and its chat. A small model now and then misspells what it copies.
        """
        self.grounds = grounds
        self._spelt = spelt
        self._heard = cache(lambda: frozenset(words(heard())))
        self.stands = 0
        self._sentence = 0  # where the sentence at hand begins
        self._carried: list[str] = []  # what "it" stands for
        self._tries = 0

    def read(self, text: str, ended: bool = False) -> Fault | None:
        """Read a reply as far as it is written, `ended` where it is whole; return its first fault."""
        while True:
            rest = text[self._sentence :]
            end = sentence_end(rest)
            if end is None and ended and rest.strip():
                end = len(rest)
            if end is None:
                break
            fault = self._fault(rest[:end]) if self._tries < TRIES else None
            if fault is not None:
                self._tries += 1
                return fault
            self._carried = named(rest[:end]) or self._carried
            self._sentence = self.stands = self._sentence + end
        shown = self.stands - self._sentence
        if self._tries >= TRIES or claims_nothing(rest, shown, self.grounds.lexicon):
            self.stands = len(text)
        return None

    def _wrong(self, sentence: str) -> list[tuple[Mention, Claim]]:
        found = unsupported(sentence, self.grounds, self._carried)
        return [(mention, claim) for mention, claim in found if mention.kind not in _UNTOLD]

    def _fault(self, sentence: str) -> Fault | None:
        wrong = self._wrong(sentence)
        if wrong:
            mention, claim = wrong[0]
            right = tuple(self._right(sentence, mention, claim.product))
            fault = self._other_product(sentence, mention, claim.product)
            fault = fault or (None if right else self._other_field(sentence, mention, claim.product))
            fault = fault or Fault(mention.start, mention.text, right)
        else:
            fault = self._no_word(sentence)
        if fault is None:
            return None
        fault = replace(fault, start=self._sentence + fault.start)
        return fault if fault.start >= self.stands else None

    def _no_word(self, sentence: str) -> Fault | None:
        """Return the fault of a word that there is not where it begins like one that was told, as a slip of copying."""
        if not self._spelt:
            return None
        for match in _WORD.finditer(HANDLE.sub(lambda handle: " " * len(handle[0]), sentence)):
            word = match[0].lower()
            if _is_word(word, self._spelt) or not self._heard().isdisjoint(
                [*words(word), word.removesuffix("s")]
            ):
                continue
            said = " ".join([*self.grounds.told, self.grounds.asked]).lower()
            right = dict.fromkeys(one for one in _WORD.findall(said) if one[:ALIKE] == word[:ALIKE])
            if right:
                return Fault(match.start(), match[0], tuple(right))
        return None

    def _other_product(self, sentence: str, mention: Mention, handle: str) -> Fault | None:
        """Return the fault of naming a wrong product, where what is said is true of others that were found."""
        # "[P2] is the cheapest": of several one is, and it may be named before.
        first = 0 if mention.kind in ("cheapest", "dearest") else mention.end
        for match in HANDLE.finditer(sentence, first):
            before = match.start() < mention.start
            if match[1].upper() != handle or (not before and handle in named(sentence[: mention.start])):
                continue
            lead, rest = sentence[: match.start(1)], sentence[match.end(1) :]
            shown = self.grounds.found() or [product.id for product in self.grounds.listed()]
            others = [other for other in shown if other != handle and not self._wrong(lead + other + rest)]
            right = tuple(f"[{other}]" for other in others)
            return Fault(match.start(), match[0], right) if right else None
        return None

    def _other_field(self, sentence: str, mention: Mention, handle: str) -> Fault | None:
        """Return the fault of naming a field that nothing is told of; right are those that the product has."""
        name = given_field(sentence, mention, self.grounds.lexicon) if mention.kind == "value" else ""
        product = self.grounds.record(handle)
        start = sentence.lower().rfind(name, 0, mention.start) if name else -1
        if start < 0 or product is None:
            return None
        right = [other for other in product.attributes if other != name and self._known(product.field(other))]
        return Fault(start, sentence[start : start + len(name)], tuple(right))

    def _known(self, value: str) -> bool:
        """Whether a value is one of the catalogue's: what else stands in a record may be anything, orders too."""
        found = next(self.grounds.lexicon.words(value), None)
        return found is not None and found.kind == "value" and found.end - found.start == len(value)

    def _right(self, sentence: str, mention: Mention, handle: str) -> Iterable[str]:
        """Yield what may stand for a wrong value or figure: what is told of the product in its field."""
        product = self.grounds.record(handle)
        for right in dict.fromkeys(_told(product, mention) if product else ()):
            if mention.kind == "value" and not self._known(right):
                continue
            if not self._wrong(sentence[: mention.start] + right + sentence[mention.end :]):
                yield right


def _is_word(word: str, spelt: Collection[str]) -> bool:
    """Whether a word, or what it begins with ("cheap" of "cheapest"), is one of the language or of a model's own."""
    known = common_words()
    return stem(word) in spelt or any(
        word[:end] in spelt or word[:end] in known for end in range(4, len(word) + 1)
    )


def _told(product: Product, mention: Mention) -> Iterable[str]:
    if mention.kind == "value":
        for field, _ in mention.values:
            if field != "category" and product.field(field):
                yield product.field(field)
    known = {
        "rating": product.rating and f"{product.rating:.1f}",
        "stock": product.stock and str(product.stock),
    }
    if figure := known.get(mention.kind):
        yield _NUMBER.sub(figure, mention.text, count=1)
