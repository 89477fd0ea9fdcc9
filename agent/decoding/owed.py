"""What a reply owes a shopper who asked for one field of a product: its value, or that the record has none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from shelftalk.agent.decoding.ebnf import either, literal
from shelftalk.agent.decoding.told import Fields, products
from shelftalk.tools.linking import words

# How people ask for a field without naming it, by the last word of its name; only what can mean no other.
_ASKED = {
    "material": r"\bmade (?:of|from|out of)\b|\bfabric|\bcloth\b|\bmaterial|\bcomposition|\bconsist",
    "colour": r"\bcolou?rs?\b|\bshade\b|\bhue\b",
    "brand": r"\bbrand\b|\bwho (?:makes|produces)\b|\bmaker\b|\bmanufactur",
    "pattern": r"\bpattern(?:ed)?\b|\bprint(?:ed)?\b",
    "style": r"\bstyle\b|\bwhat (?:sort of )?look\b",
    "season": r"\bseason\b|\btime of (?:the )?year\b",
    "room": r"\broom\b|\bin (?:the|a|my) (?:house|home)\b",
    "country": r"\bcountry\b|\borigin\b|\bwhere (?:is|was) \w+ (?:made|produced)\b",
    "language": r"\blanguage\b",
    "genre": r"\bgenre\b",
}
_OTHER = re.compile(
    r"\b(?:pric|cost|pay|cheap|expens|stock|availab|left|sold|rat(?:ed|ing)|review|stars?\b)", re.IGNORECASE
)
# Whole beginnings, so that no small model wanders off before it has said so.
_LEADS = (
    "", "yes, ", "yes. ", "no, ", "no. ", "it is: ", "it isn't: ", "that's right, ", "indeed, ", "gladly. ", "sure, ",
)  # fmt: skip
_KNOWN = (
    "the {f} of {h} is {v}", "{h}: its {f} is {v}", "it is {v}, that is the {f} of {h}", "{f} of {h}: {v}",
    "for {h} the {f} is {v}", "{h} has {v} as its {f}", "the record says {v}, for the {f} of {h}",
    "{v}. that's the {f} of {h}", "the {f}? {v}, for {h}", "the catalogue gives {v} as the {f} of {h}",
    "{h} comes with {f} {v}", "that would be {v}, the {f} of {h}", "{v} is the {f} of {h}", "{h} is {v}",
    "the record of {h} says {f}: {v}", "its {f} is {v}, says the record of {h}",
)  # fmt: skip
_UNKNOWN = (
    "the record of {h} does not say that", "i don't know that about {h}, the catalogue does not say",
    "that isn't in the record of {h}", "the catalogue is silent on that for {h}",
    "i can't tell, it isn't given for {h}", "no word about that in the record of {h}, sorry",
    "for {h} that is not stated", "i'd have to guess, and i'd rather not: the record of {h} doesn't say",
)  # fmt: skip


@dataclass(frozen=True)
class Owed:
    """A product's value in the field that was asked for; "" where its record has none."""

    handle: str
    field: str
    value: str


def owed(own: str, detail: str, fields: Fields) -> Owed | None:
    """Return what the answer to a shopper's own words owes them; None where they ask for no one field.

    `detail` is what a tool told of a single product. Where the field is empty but one of its values stands in the
    product's text, the answer is the model's.
    """
    product = next(iter(products(detail)), None)
    name = _asked(own, [name for name, _ in fields if name != "category"])
    if product is None or not name or _OTHER.search(own):
        return None
    value = product.attributes.get(name, "")
    text = f" {' '.join(words(f'{product.title} {product.description}'))} "
    known = (" ".join(words(one)) for field, values in fields if field == name for one in values)
    if not value and any(f" {one} " in text for one in known):
        return None
    if value and value.lower() not in (
        one.lower() for field, values in fields if field == name for one in values
    ):
        return None  # what else stands in a record may be anything, orders too
    return Owed(product.id, name, value)


def _asked(own: str, names: Sequence[str]) -> str:
    """Return the one field that a shopper's words name or ask for in other words; "" where there is none, or two."""
    said = f" {' '.join(words(own))} "
    named = [name for name in names if f" {' '.join(words(name))} " in said]
    named = [name for name in named if not any(name != other and name in other for other in named)]
    keys = [key for key, ways in _ASKED.items() if re.search(ways, own, re.IGNORECASE)]
    meant = [name for name in names if name.split()[-1] in keys]
    if len(named) == 1 and {*meant} <= {*named}:
        return named[0]
    return meant[0] if not named and len(keys) == len(meant) == 1 else ""


def owing(handle: str, field: str, value: str, rest: str) -> str:
    """Return the expression of a reply that names a product ("[p3]") with its value, or says that there is none.

    `rest` is the expression of what may follow.
    """
    if value:
        begun = f"{either(map(literal, _LEADS))} {either(_filled(_KNOWN, handle, field, value))}"
    else:
        begun = either(_filled(_UNKNOWN, handle, field, value))
    return f'" "? {begun} ([ .,:;!?] ({rest})?)?'


def _filled(ways: Sequence[str], handle: str, field: str, value: str) -> list[str]:
    return [literal(way.format(h=handle, f=field, v=value)) for way in ways]
