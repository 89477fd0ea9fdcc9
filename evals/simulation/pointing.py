"""How a shopper points at a product on the screen: by place, by handle, by a word of its title, as "it"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shelftalk.tools.product import Product

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper

_PLACES = (
    ("the first one", "the first", "number one", "number 1", "#1", "the 1st one", "the first one you showed"),
    ("the second one", "the second", "number two", "number 2", "#2", "the 2nd one", "the second product"),
    ("the third one", "the third", "number three", "number 3", "#3", "the 3rd one", "the third item"),
    ("the fourth one", "the fourth", "number four", "number 4", "#4", "the 4th one", "the fourth of those"),
)


def point(me: Shopper) -> tuple[str, Product] | None:
    """Return words that point at one product of the last list, and that product; None where nothing is shown."""
    if me.focus is not None and me.rng.random() < 0.35:
        return me.rng.choice(("it", "this one", "that one")), me.focus
    if not me.listed:
        return None
    if len(me.listed) == 1 and me.rng.random() < 0.5:
        return me.rng.choice(("it", "this one", "that one")), me.listed[0]
    at = me.rng.randrange(len(me.listed))
    product = me.listed[at]
    draw = me.rng.random()
    if draw < 0.15:
        return me.handle(product).lower(), product
    if draw < 0.25 and at == len(me.listed) - 1 and at > 0:
        return me.rng.choice(("the last one", "the last")), product
    if draw < 0.45:
        titles = [set(p.title.lower().split()) for p in me.listed]
        own = [w for w in product.title.lower().split() if w.isalpha() and sum(w in t for t in titles) == 1]
        if own:
            return f"the {me.rng.choice(own)} one", product
    places = _PLACES[at][:-1] if me.split == "train" else _PLACES[at]
    return me.rng.choice(places), product
