"""How a shopper points at a product on the screen: by place, by handle, by a word of its title, as "it"."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shelftalk.evals.simulation.lexicon import singular
from shelftalk.tools.product import Product
from shelftalk.tools.render import money

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
# Told by where it stands from an end or in the middle, and by its price: here too the last is kept for evaluation.
_TOP = ("the top one", "the first on the list", "the one at the top")
_MIDDLE = ("the middle one", "the one in the middle")
_BEFORE_LAST = (
    "the second to last one",
    "the one before last",
    "the last but one",
    "the next to last one",
    "the second last one",
    "the penultimate one",
)
_LAST = (
    "the last one",
    "the last",
    "the last on the list",
    "the bottom one",
    "the very last one",
    "the one at the bottom",
)
_PRICED = (
    "the {m} one",
    "the one for {m}",
    "the one that costs {m}",
    "the one priced at {m}",
    "the one that's {m}",
    "the one at {m}",
)
_UNITS = {
    "USD": ("dollar", "buck"),
    "EUR": ("euro",),
    "GBP": ("pound", "quid"),
    "INR": ("rupee",),
    "JPY": ("yen",),
}
# By a word of its title: any, of a kind that the title names too, a colour, a brand.
_TITLED = ("the {w} one",)
_OF_KIND = ("the {w} one", "the {w} {k}")
_COLOURED = ("the {w} one", "the one in {w}")
_BRANDED = ("the {w} one", "the one from {w}", "the one by {w}")
_BOTH = ("them", "the two", "both", "these two", "the two of them")
_FIRST_TWO = (
    "the first two",
    "the first and the second",
    "the top two",
    "number 1 and 2",
    "1 and 2",
    "the first couple",
)
_LAST_TWO = ("the last two", "the bottom two", "the last two of them")


def point(
    me: Shopper, among: Sequence[Product] = (), it: bool = True, price: bool = True
) -> tuple[str, Product] | None:
    """Return words that point at one product of the last list, and that product; None where nothing is shown.

    `among` limits the choice; without `it`, no words are chosen that could mean the search as well; without `price`,
    none that tell the product by what it costs.
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
    if draw < 0.12:
        return me.handle(product).lower(), product
    if draw < 0.24 and (from_end := _from_end(len(me.listed), at)):
        return _one(me, from_end), product
    if draw < 0.31 and price and (priced := _priced(me, product)):
        return priced, product
    if draw < 0.5 and (told := _told(me, product)):
        return told, product
    if draw < 0.58 and [p.category for p in me.listed].count(product.category) == len(me.listed):
        word = ("first", "second", "third", "fourth")[at] if at < 4 else "last"
        return f"the {word} {singular(product.category.lower())}", product
    return _one(me, _PLACES[at]), product


def _one(me: Shopper, ways: Sequence[str]) -> str:
    return me.rng.choice(ways[:-1] if me.split == "train" else ways)


def _from_end(length: int, at: int) -> tuple[str, ...]:
    """Return how to tell a place of a list that is at an end, next to the last or in the middle."""
    if length < 2:
        return ()
    if at == length - 1:
        return _LAST
    if at == length - 2 and length > 2:
        return _BEFORE_LAST
    return _TOP if at == 0 else _MIDDLE if at == length // 2 and length % 2 else ()


def _priced(me: Shopper, product: Product) -> str:
    """Return words that tell a product by its price, "" where it has none or another costs the same."""
    if product.price is None or [p.price for p in me.listed].count(product.price) > 1:
        return ""
    amount = money(product.price, None)
    units = _UNITS.get(product.currency or "", ())
    if units and "." not in amount and me.rng.random() < 0.5:
        return f"the {amount} {me.rng.choice(units)} one"
    said = money(product.price, product.currency) if product.currency in _UNITS else amount
    return _one(me, _PRICED).format(m=said)


def _told(me: Shopper, product: Product) -> str:
    """Return words that tell a product by what stands in its title and in no other's, "" where nothing does."""
    titles = [set(p.title.lower().split()) for p in me.listed]
    own = [
        w
        for w in product.title.lower().split()
        if w.isalpha() and w not in _SMALL and sum(w in t for t in titles) == 1
    ]
    if not own:
        return ""
    word = me.rng.choice(own)
    kind = singular(product.category.lower())
    ways: tuple[str, ...] = (
        _OF_KIND if kind in product.title.lower() and word not in kind.split() else _TITLED
    )
    for name, value in product.attributes.items():
        if value.lower() == word:
            ways = _COLOURED if "colour" in name else _BRANDED if "brand" in name else ways
    return me.rng.choice(ways).format(w=word, k=kind)


def pair(me: Shopper) -> tuple[str, Product, Product] | None:
    """Return words that point at two products of the last list at once, now and then."""
    if len(me.listed) < 2 or me.rng.random() < 0.7:
        return None
    if len(me.listed) == 2:
        return me.rng.choice(_BOTH), me.listed[0], me.listed[1]
    if me.rng.random() < 0.7:
        return _one(me, _FIRST_TWO), me.listed[0], me.listed[1]
    return _one(me, _LAST_TWO), me.listed[-2], me.listed[-1]
