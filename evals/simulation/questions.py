"""Questions about one field of a product: by the field's name or in other words, or whether it has a value."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shelftalk.evals.simulation.lexicon import FEATURES
from shelftalk.evals.simulation.replies import reply
from shelftalk.evals.simulation.wordings import phrases, say
from shelftalk.tools.linking import link

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper
    from shelftalk.tools.product import Product

Asked = tuple[str, list[str], str]  # the words, those of them that a slip must not touch, the answer
# What shoppers ask about though many a shop's records do not hold it.
_SELDOM = ("material", "size", "weight", "country")


def _key(field: str) -> str:
    """Return which of the questions ask for a field: "frame colour" is a colour; "" where none do."""
    last = field.split()[-1] if field else ""
    return last if last in phrases("questions.toml") else ""


def ask_field(me: Shopper, said: str, product: Product) -> Asked | None:
    """Ask what a product's record says in one field; the answer holds its value, or that there is none."""
    h = f"[{me.handle(product)}]"
    names = [name for name in me.shelf.facets if name != "category"]
    if me.rng.random() < 0.1 and not product.description:
        # With no description either, the record is silent for sure.
        absent = [key for key in _SELDOM if not any(_key(name) == key for name in names)]
        if absent:
            return _worded(me, me.rng.choice(absent), said), [said], reply(me.rng, "no_field", h=h)
    if not names:
        return None
    name = me.rng.choice(names)
    key = _key(name)
    alone = [_key(other) for other in names].count(key) == 1
    by_name = not key or not alone or me.rng.random() < 0.3
    text = say(me.rng, "details_field", me.split, h=said, f=name) if by_name else _worded(me, key, said)
    value = product.attributes.get(name, "").lower()
    return text, [said, name], reply(me.rng, "field" if value else "no_field", h=h, f=name, v=value)


def _worded(me: Shopper, key: str, said: str) -> str:
    return say(me.rng, key, me.split, file="questions.toml", h=said)


def ask_value(me: Shopper, said: str, product: Product) -> Asked | None:
    """Ask whether a product is of one value; the answer says what its record has in that field."""
    names = [name for name, value in product.attributes.items() if value and name in me.shelf.facets]
    if not names:
        return None
    name = me.rng.choice(names)
    own = product.attributes[name].lower()
    value = own if me.rng.random() < 0.5 else me.rng.choice(list(me.shelf.facets[name]))
    text = say(me.rng, "details_value", me.split, h=said, v=value)
    # A value of two fields would leave open which of them is meant.
    if link(text, me.shelf.facets) != [(name, value)]:
        return None
    intent = "is_so" if value == own else "is_not_so"
    return text, [said, value], reply(me.rng, intent, h=f"[{me.handle(product)}]", f=name, v=own)


def ask_feature(me: Shopper, said: str, product: Product) -> Asked | None:
    """Ask whether a product comes with something that only its description can tell."""
    told = re.findall(r"With ([^.]*)\.", product.description)
    held = [feature for feature in " and ".join(told).split(" and ") if feature in FEATURES]
    feature = me.rng.choice(held if held and me.rng.random() < 0.7 else FEATURES)
    text = say(me.rng, "details_feature", me.split, h=said, x=feature)
    if feature not in held and feature.split()[-1] in product.description.lower():
        return None
    intent = "has_feature" if feature in held else "no_field"
    return text, [said, feature], reply(me.rng, intent, h=f"[{me.handle(product)}]", x=feature)
