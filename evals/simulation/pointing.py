"""How a shopper points at a product on the screen: by place, by handle, by a word of its title, as "it"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shelftalk.evals.simulation.lexicon import singular
from shelftalk.tools.product import Product

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper

# The last of each is kept for evaluation.
_PLACES = tuple(
    (
        f"the {word} one",
        f"the {word}",
        f"number {number}",
        f"number {at}",
        f"#{at}",
        f"the {short} one",
        f"option {at}",
        f"the {word} on the list",
        f"item {at}",
        f"the {word} product",
        f"the {word} of those",
    )
    for at, (word, number, short) in enumerate(
        (
            ("first", "one", "1st"),
            ("second", "two", "2nd"),
            ("third", "three", "3rd"),
            ("fourth", "four", "4th"),
        ),
        1,
    )
)
_SMALL = frozenset("a an the in for with of on and by from one ones it this that last".split())
IT = ("it", "this one", "that one")
_BOTH = ("them", "the two", "both", "these two", "the two of them")
_FIRST_TWO = ("the first two", "the first and the second", "the top two", "number 1 and 2", "1 and 2")
_LAST_TWO = ("the last two", "the last two of them")


def point(me: Shopper, among: Sequence[Product] = (), it: bool = True) -> tuple[str, Product] | None:
    """Return words that point at one product of the last list, and that product; None where nothing is shown.

    `among` limits the choice; without `it`, no words are chosen that could mean the search as well.
    """
    if it and not among and me.focus is not None and me.rng.random() < 0.35:
        return me.rng.choice(IT), me.focus
    if not me.listed:
        return None
    if it and len(me.listed) == 1 and me.rng.random() < 0.5:
        return me.rng.choice(IT), me.listed[0]
    product = me.rng.choice(among or me.listed)
    at = next(i for i, other in enumerate(me.listed) if other.id == product.id)
    draw = me.rng.random()
    if draw < 0.15:
        return me.handle(product).lower(), product
    if draw < 0.25 and at == len(me.listed) - 1 and at > 0:
        return me.rng.choice(("the last one", "the last", "the last on the list")), product
    if draw < 0.45:
        titles = [set(p.title.lower().split()) for p in me.listed]
        own = [
            w
            for w in product.title.lower().split()
            if w.isalpha() and w not in _SMALL and sum(w in t for t in titles) == 1
        ]
        if own:
            return f"the {me.rng.choice(own)} one", product
    if draw < 0.55 and [p.category for p in me.listed].count(product.category) == len(me.listed):
        word = ("first", "second", "third", "fourth")[at] if at < 4 else "last"
        return f"the {word} {singular(product.category.lower())}", product
    places = _PLACES[at][:-1] if me.split == "train" else _PLACES[at]
    return me.rng.choice(places), product


def pair(me: Shopper) -> tuple[str, Product, Product] | None:
    """Return words that point at two products of the last list at once, now and then."""
    if len(me.listed) < 2 or me.rng.random() < 0.7:
        return None
    if len(me.listed) == 2:
        return me.rng.choice(_BOTH), me.listed[0], me.listed[1]
    if me.rng.random() < 0.7:
        return me.rng.choice(_FIRST_TWO), me.listed[0], me.listed[1]
    return me.rng.choice(_LAST_TWO), me.listed[-2], me.listed[-1]
