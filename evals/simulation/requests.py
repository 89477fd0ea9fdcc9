"""A wish as a shopper words it, and the same wish as arguments of a search.

The rule for what can be searched for at all: a kind of product, even a broad one ("furniture"), a value of the
catalogue, a price, an adjective or a use ("for camping"). Where none of them is said, the shopper is asked: a
present, something to wear, for whom or for what feast are not enough.
"""

from __future__ import annotations

import random
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from shelftalk.evals.simulation.lexicon import (
    ADJECTIVES,
    BROAD,
    OCCASIONS,
    ORDERS,
    THINGS,
    USES,
    article,
    plural,
    singular,
)
from shelftalk.evals.simulation.shelves import Shelf
from shelftalk.evals.simulation.texts import slip
from shelftalk.evals.simulation.wordings import Split, say, wordings
from shelftalk.prompts.refinement import ORDER
from shelftalk.tools.linking import link, words
from shelftalk.tools.product import Product
from shelftalk.tools.terms import FILLERS

Arguments = dict[str, Any]
WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


def ordered(arguments: Mapping[str, Any]) -> Arguments:
    """Return search arguments in the order of the tool's signature, fields by name, empty ones left out."""
    return {
        key: dict(sorted(arguments[key].items())) if isinstance(arguments[key], dict) else arguments[key]
        for key in ORDER
        if arguments.get(key) not in (None, "", {})
    }


@dataclass
class Wish:
    """What was said, and what it asks for beyond the values that the catalogue links."""

    text: str
    query: list[str] = field(default_factory=list)
    prices: Arguments = field(default_factory=dict)  # and an order
    either: tuple[str, ...] = ()  # values of one field, of which any will do: words of the query, no filter
    values: list[str] = field(default_factory=list)  # as the wish was made from them
    noun: str = ""  # as it was meant
    bare: bool = False  # nothing but a kind of product


def linked_filters(linked: list[tuple[str, str]]) -> dict[str, str] | None:
    """Return field -> value for the values mentioned, or None where one field was given two values."""
    filters: dict[str, str] = {}
    taken: set[str] = set()
    for name, value in linked:
        if value in taken:
            continue
        if name in filters:
            return None
        filters[name] = value
        taken.add(value)
    return filters


def uncovered(query: list[str], linked: list[tuple[str, str]]) -> str:
    """Return the free words of a wish that no linked value covers."""
    covered = {stem for _, value in linked for stem in words(value)}
    kept = [word for word in query if not set(words(word)) <= covered]
    return " ".join(dict.fromkeys(kept))


def in_order(text: str, wanted: Collection[str]) -> list[str]:
    """Return the wanted words in the order in which a text holds them, each once; all must be in it."""
    said = [word.lower() for word in WORD.findall(text)]
    return [word for word in dict.fromkeys(said) if word in wanted]


def search_arguments(wish: Wish, shelf: Shelf) -> Arguments | None:
    """Return the search that a wish asks for, read as the model must read it; None where it can't be told."""
    linked = link(wish.text, shelf.facets)
    if wish.either:
        linked = [pair for pair in linked if pair[1] not in wish.either]
    where = linked_filters(linked)
    if where is None:
        return None
    query = uncovered(in_order(wish.text, {*wish.query, *_unlinked(wish, linked)}), linked)
    category = where.pop("category", "")
    return ordered({"query": query, "category": category, "where": where, **wish.prices})


def _unlinked(wish: Wish, linked: list[tuple[str, str]]) -> list[str]:
    """Return the words of the wish's values that the catalogue did not recognise, as typed: a year, a slip's rest."""
    held = {value for _, value in linked}
    stems = {stem for value in wish.values if value not in held for stem in words(value)}
    said = (word.lower() for word in WORD.findall(wish.text)) if stems else ()
    return [word for word in said if word not in FILLERS and set(words(word)) and set(words(word)) <= stems]


def amount(rng: random.Random, number: float) -> str:
    """Write a price as people do: 50, $50, 50 dollars, 1,200."""
    return amounts(rng, number)[0]


def amounts(rng: random.Random, *numbers: float) -> list[str]:
    """Write several prices in one currency; of two bounds the first often goes without."""
    forms = (
        "{}",
        "{}",
        "${}",
        "{} dollars",
        "{} euros",
        "€{}",
        "{} bucks",
        "£{}",
        "{}$",
        "{} pounds",
        "rs {}",
    )
    form = rng.choice(forms)
    texts = [f"{number:.2f}".removesuffix(".00") for number in numbers]
    if max(numbers) >= 1000 and rng.random() < 0.4:
        texts = [f"{number:,.2f}".removesuffix(".00") for number in numbers]
    first = "{}" if len(texts) > 1 and rng.random() < 0.5 else form
    return [(form if at == len(texts) - 1 else first).format(text) for at, text in enumerate(texts)]


def round_price(rng: random.Random, price: float) -> float:
    """Return a price bound as people name it: mostly round, now and then to the cent."""
    if rng.random() < 0.12:
        return round(price, 2)
    step = 1 if price < 8 else 5 if price < 60 else 10 if price < 200 else 50 if price < 1000 else 500
    return float(max(step, round(price / step) * step))


def price_phrase(rng: random.Random, shelf: Shelf, split: Split, kind: str = "") -> tuple[str, Arguments]:
    """Return words about a price ("under $50") and the arguments that they mean."""
    prices = shelf.prices(kind)
    low, high = (
        round_price(rng, prices[int(len(prices) * part)])
        for part in (rng.uniform(0, 0.4), rng.uniform(0.3, 0.99))
    )
    draw = rng.random()
    if draw < 0.22 and low < high:
        return say(rng, "between", split, **dict(zip("ab", amounts(rng, low, high), strict=True))), {
            "min_price": low,
            "max_price": high,
        }
    if draw < 0.34:
        return say(rng, "min", split, n=amount(rng, low)), {"min_price": low}
    return say(rng, "max", split, n=amount(rng, high)), {"max_price": high}


_WHOLE = ("my ", "i ", "i'", "the most", "don't", "leave ", "hide ", "skip ")


def price_text(rng: random.Random, words: str, split: Split) -> str:
    """Return words about a price as a message of their own: "under $50" -> "keep it under $50"."""
    # Bare as often as not: "between 40 and 90", "max 50".
    whole = words[0].isdigit() or words[0] in "$€£" or words.startswith(_WHOLE)
    if whole or rng.random() < 0.4:
        return words
    return say(rng, "budget", split, price=words)


_AFTER = {
    "colour": ("in {v}",),
    "material": ("made of {v}", "in {v}"),
    "brand": ("by {v}", "from {v}"),
    "author": ("by {v}",),
    "director": ("by {v}", "directed by {v}"),
    "year": ("of the year {v}", "with the year {v}"),
    "decade": ("from the {v}",),
    "language": ("in {v}",),
    "gender": ("for {v}",),
    "season": ("for {v}",),
    "room": ("for the {v}",),
    "usage": ("for {v}",),
    "country": ("from {v}",),
    "age group": ("for {v}",),
    "level": ("for {v} players", "{v} level"),
    "storage": ("with {v}", "with {v} storage", "with {v} of storage"),
    "screen size": ("with a {v} screen", "{v}"),
    "weight": ("{v}", "of {v}"),
    "main ingredient": ("with {v}", "made with {v}"),
}
_PLAIN = 0.18  # of wishes, that are made to be a noun alone; others happen to be
_NEVER_BEFORE = frozenset(("author", "director", "year", "weight", "country", "main ingredient"))


def after_noun(rng: random.Random, name: str, value: str) -> str:
    """Return a value as it stands behind a noun: "in red", "made of wool"."""
    return rng.choice(_AFTER.get(name, ("with {v} {f}", "{f} {v}", "{v} {f}"))).format(v=value, f=name)


@dataclass
class Parts:
    """What is wished of a noun: words before it and after it, and what they mean to a search."""

    before: list[str] = field(default_factory=list)
    after: list[str] = field(default_factory=list)
    query: list[str] = field(default_factory=list)
    prices: Arguments = field(default_factory=dict)
    values: list[str] = field(default_factory=list)
    either: tuple[str, ...] = ()
    enough: bool = True  # there is something to search by


def _noun(rng: random.Random, target: Product, parts: Parts) -> str:
    draw = rng.random()
    if draw < 0.8:
        parts.values.append(target.category.lower())
        return target.category.lower()
    parts.enough = draw < 0.9
    noun = rng.choice(BROAD if parts.enough else THINGS)
    parts.query += [word for word in noun.split() if word not in ("something", "to", "give")]
    return noun


def _add_values(rng: random.Random, target: Product, parts: Parts) -> None:
    names = [name for name, value in target.attributes.items() if value]
    for name in rng.sample(names, min(len(names), rng.choice((0, 0, 1, 1, 1, 2, 2, 3)))):
        value = target.attributes[name].lower()
        if name not in _NEVER_BEFORE and rng.random() < 0.55:
            parts.before.append(value)
        else:
            parts.after.append(after_noun(rng, name, value))
        parts.values.append(value)


def _either(rng: random.Random, shelf: Shelf, target: Product, parts: Parts) -> None:
    """Ask for one of two values of a field that nothing else was asked of."""
    names = [n for n, v in target.attributes.items() if v and n in ("colour", "material", "pattern")]
    names = [name for name in names if target.attributes[name].lower() not in parts.values]
    if not names:
        return
    values = [value for value in shelf.facets[rng.choice(names)] if " " not in value and value.isalpha()]
    if len(values) > 1:
        parts.either = tuple(rng.sample(values, 2))
        parts.before.append(" or ".join(parts.either))
        parts.query = [*parts.either, *parts.query]


def make_parts(rng: random.Random, shelf: Shelf, target: Product, plain: bool = False) -> tuple[str, Parts]:
    """Return a noun for something like `target`, and what is wished of it: nothing where a `plain` noun is enough."""
    parts = Parts()
    noun = _noun(rng, target, parts)
    if plain and parts.enough:
        return noun, parts
    _add_values(rng, target, parts)
    if rng.random() < 0.04:
        _either(rng, shelf, target, parts)
    if rng.random() < 0.32:
        adjective = rng.choice(ADJECTIVES)
        parts.before.insert(0, adjective)
        parts.query.insert(0, adjective)
    if rng.random() < 0.2:
        said, carried = rng.choice(USES)
        held = link(said, shelf.facets)
        # Half a use as a value of the catalogue and half of it in the query would be neither.
        if not held or (" " not in carried and held[0][0] != "category"):
            parts.after.append(said)
            parts.query += carried.split()
            parts.enough = True
    elif rng.random() < 0.08:
        said, carried = rng.choice(OCCASIONS)
        parts.after.append(said)
        parts.query += carried.split()
    if rng.random() < 0.04:
        said, order = rng.choice(ORDERS)
        parts.before.insert(0, said)
        parts.prices["sort"] = order
    parts.enough |= bool(parts.before or parts.values)
    return noun, parts


def phrase(noun: str, parts: Parts, many: bool) -> str:
    """Return the noun phrase: "red dress with pockets", "something red to wear", in the plural where asked."""
    if noun.startswith("something"):
        rest = noun.removeprefix("something").split()
        return " ".join(["something", *parts.before, *rest, *parts.after])
    return " ".join([*parts.before, plural(noun) if many else noun, *parts.after])


def new_wish(
    rng: random.Random, shelf: Shelf, target: Product, intent: str, split: Split, priced: float = 0.35
) -> Wish | None:
    """Word a wish for something like `target`: its kind or a broader noun, some of its values, wishes, a price.

    None where there is nothing in it to search by.
    """
    plain = rng.random() < _PLAIN
    noun, parts = make_parts(rng, shelf, target, plain)
    more = ""
    if not (plain and parts.enough) and rng.random() < priced:
        more, prices = price_phrase(rng, shelf, split, target.category)
        parts.prices |= prices
        more = f" {more}"
    elif not parts.enough:
        return None
    whole = noun.startswith("something") or noun in BROAD or noun in ("gadgets", "accessories")
    one = phrase(noun if whole else singular(noun), parts, many=False)
    many = one if whole else phrase(noun, parts, many=True)
    slots = {"np": one, "anp": one if whole else article(one), "nps": many, "more": more}
    if rng.random() < 0.05 and (parts.before or parts.after or more):
        text = fragments(rng, noun, parts, more)
    elif noun.startswith("something"):
        text = rng.choice([w for w in wordings(intent, split) if "{anp}" in w]).format(**slots)
    else:
        text = say(rng, intent, split, **slots)
    bare = not (parts.before or parts.after or more)
    return Wish(text, parts.query, parts.prices, parts.either, parts.values, noun, bare)


def fragments(rng: random.Random, noun: str, parts: Parts, more: str) -> str:
    """Return a wish in pieces: "red. dress. under 50"."""
    pieces = [*parts.before, *([noun] if not noun.startswith("something") else noun.split()[2:])]
    if rng.random() < 0.5:
        rng.shuffle(pieces)
    return rng.choice((". ", ", ", " / ", " - ", "... ")).join(
        filter(None, [*pieces, *parts.after, more.strip()])
    )


def _content(text: str, linked: list[tuple[str, str]], query: Collection[str]) -> list[str]:
    """Return the words of a text that its search is made of, as typed."""
    stems = {stem for _, value in linked for stem in words(value)}
    return [w for w in WORD.findall(text) if w.lower() in query or (set(words(w)) and set(words(w)) <= stems)]


def mistyped(rng: random.Random, wish: Wish, shelf: Shelf) -> Wish | None:
    """Return the wish with a slip in a word that matters, or two of them run together.

    What the catalogue no longer knows must stand in the query as it was typed; None where the slip makes another
    value of it.
    """
    linked = link(wish.text, shelf.facets)
    content = [w for w in _content(wish.text, linked, wish.query) if w.isalpha()]
    long = [word for word in content if len(word) > 3]
    pairs = [
        (one, two)
        for one, two in pairwise(content)
        if f" {one} {two} " in f" {wish.text} " and len(one + two) <= 20
    ]
    if pairs and rng.random() < 0.25:
        one, two = rng.choice(pairs)
        old, new, gone = f"{one} {two}", one + two, {one.lower(), two.lower()}
    elif long:
        old = rng.choice(long)
        new, gone = slip(rng, old), {old.lower()}
    else:
        return None
    text = re.sub(rf"\b{re.escape(old)}\b", new, wish.text, count=1)
    after = link(text, shelf.facets)
    if text == wish.text or not set(after) <= set(linked) or words(new) == words(old):
        return None
    query = [word for word in wish.query if word not in gone]
    mended = set(after) == set(linked) and not gone & set(wish.query)
    return replace(wish, text=text, query=query if mended else [*query, new.lower()])
