"""A wish as a shopper words it, and the same wish as arguments of a search."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from shelftalk.evals.simulation.lexicon import ADJECTIVES, BROAD, PURPOSES, article, plural, singular
from shelftalk.evals.simulation.shelves import Shelf
from shelftalk.evals.simulation.wordings import Split, say
from shelftalk.tools.linking import link, words
from shelftalk.tools.product import Product

Arguments = dict[str, Any]
ORDER = ("query", "image", "category", "where", "exclude", "min_price", "max_price", "sort")


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
    prices: Arguments = field(default_factory=dict)


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


def amount(rng: random.Random, number: float) -> str:
    """Write a price as people do: 50, $50, 50 dollars."""
    text = f"{number:.2f}".removesuffix(".00")
    return rng.choice(
        (text, text, f"${text}", f"{text} dollars", f"{text} euros", f"€{text}", f"{text} bucks")
    )


def round_price(rng: random.Random, price: float) -> float:
    """Return a price bound as people name it: mostly round, now and then to the cent."""
    if rng.random() < 0.12:
        return round(price, 2)
    step = 5 if price < 60 else 10 if price < 200 else 50 if price < 1000 else 500
    return float(max(step, round(price / step) * step))


def price_phrase(rng: random.Random, shelf: Shelf, split: Split, kind: str = "") -> tuple[str, Arguments]:
    """Return words about a price ("under $50") and the arguments that they mean."""
    prices = sorted(p.price for p in shelf.products if p.price is not None and kind in ("", p.category))
    if not prices:
        prices = [10.0, 40.0, 90.0]
    low, high = (
        round_price(rng, prices[int(len(prices) * part)])
        for part in (rng.uniform(0, 0.4), rng.uniform(0.3, 0.99))
    )
    draw = rng.random()
    if draw < 0.14 and low < high:
        return say(rng, "between", split, a=amount(rng, low), b=amount(rng, high)), {
            "min_price": low,
            "max_price": high,
        }
    if draw < 0.26:
        return say(rng, "min", split, n=amount(rng, low)), {"min_price": low}
    return say(rng, "max", split, n=amount(rng, high)), {"max_price": high}


_AFTER = {
    "colour": ("in {v}",),
    "material": ("made of {v}", "in {v}"),
    "brand": ("by {v}", "from {v}"),
    "gender": ("for {v}",),
    "season": ("for {v}",),
    "room": ("for the {v}",),
    "usage": ("for {v}",),
    "country": ("from {v}",),
}


def _noun_phrase(noun: str, before: list[str], after: list[str], many: bool) -> str:
    return " ".join([*before, plural(noun) if many else noun, *after])


def new_wish(rng: random.Random, shelf: Shelf, target: Product, intent: str, split: Split) -> Wish:
    """Word a wish for something like `target`: its kind or a broader noun, some of its values, wishes, a price."""
    if rng.random() < 0.82:
        noun, query = target.category.lower(), []
    else:
        noun = rng.choice(BROAD)
        query = [word for word in noun.split() if word not in ("a", "an", "something", "to")]
    before: list[str] = []
    after: list[str] = []
    names = [name for name, value in target.attributes.items() if value]
    for name in rng.sample(names, min(len(names), rng.choice((0, 0, 1, 1, 1, 2, 2, 3)))):
        value = target.attributes[name].lower()
        if rng.random() < 0.55:
            before.append(value)
        else:
            after.append(
                rng.choice(_AFTER.get(name, ("with {v} {f}", "{f} {v}", "{v} {f}"))).format(v=value, f=name)
            )
    if rng.random() < 0.25:
        adjective = rng.choice(ADJECTIVES)
        before.insert(0, adjective)
        query.insert(0, adjective)
    if rng.random() < 0.22:
        said, carried = rng.choice(PURPOSES)
        after.append(said)
        query += carried.split()
    more = ""
    prices: Arguments = {}
    if rng.random() < 0.35:
        more, prices = price_phrase(rng, shelf, split, target.category)
        more = f" {more}"
    one = _noun_phrase(noun if noun in BROAD else singular(noun), before, after, many=False)
    many = _noun_phrase(noun, before, after, many=True)
    if noun in BROAD:
        many = one
    anp = one if noun in BROAD else article(one)
    text = say(rng, intent, split, np=one, anp=anp, nps=many, more=more)
    return Wish(text, query, prices)


_LEADS = ("please ", "ok, ", "hmm, ", "well ", "so ", "hey, ", "um ", "great. ", "and ", "alright, ")
_TAILS = (" please", " thanks", "!", " thank you", "...", " :)", " if possible", ", ok?", " :-)", "!!")


def scruffy(rng: random.Random, text: str, keep: set[str]) -> str:
    """Make a text a little less tidy: leads, tails, a slip in a word that is not in `keep`, shouting."""
    if rng.random() < 0.12:
        text = rng.choice(_LEADS) + text
    if rng.random() < 0.12:
        text = text.rstrip("?.! ") + rng.choice(_TAILS)
    if rng.random() < 0.08:
        parts = text.split(" ")
        able = [
            i
            for i, part in enumerate(parts)
            if part.isalpha() and len(part) > 3 and not set(words(part)) <= keep
        ]
        if able:
            at = rng.choice(able)
            word = parts[at]
            cut = rng.randrange(1, len(word) - 1)
            slips = (
                word[:cut] + word[cut + 1 :],
                word[:cut] + word[cut] + word[cut:],
                word[: cut - 1] + word[cut] + word[cut - 1] + word[cut + 1 :],
            )
            parts[at] = rng.choice(slips)
            text = " ".join(parts)
    return text


def kept_words(shelf: Shelf, query: list[str], text: str) -> set[str]:
    """Return the stems that a slip must not touch: linked values and the words a search carries."""
    return {stem for _, value in link(text, shelf.facets) for stem in words(value)} | {
        s for w in query for s in words(w)
    }
