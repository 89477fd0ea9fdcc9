"""What a good assistant answers: short, varied, and nothing that the tool did not say."""

from __future__ import annotations

import random
import string
from collections.abc import Sequence
from functools import cache

from shelftalk.evals.simulation.wordings import phrases
from shelftalk.tools.product import Product
from shelftalk.tools.render import money


@cache
def _fitting(intent: str, slots: frozenset[str]) -> list[str]:
    """Return the wordings of an intent that need no other slots than these."""
    parse = string.Formatter().parse
    every = phrases("replies.toml")[intent]
    return [w for w in every if {name for _, name, _, _ in parse(w) if name} <= slots]


def reply(rng: random.Random, intent: str, **slots: str) -> str:
    """Return one wording of a reply, filled in; a wording that names a slot not given, or empty, is not chosen."""
    given = {name: value for name, value in slots.items() if value}
    return rng.choice(_fitting(intent, frozenset(given))).format(**given)


def found(rng: random.Random, handles: Sequence[str], intent: str = "found", **slots: str) -> str:
    """Answer a list of hits by naming the first one or two."""
    named = {"h": f"[{handles[0]}]"} | ({"g": f"[{handles[1]}]"} if len(handles) > 1 else {})
    if intent == "found" and len(handles) == 1:
        intent = "found_one"
    return reply(rng, intent, **named, **slots)


def fact(rng: random.Random, product: Product) -> str:
    """State one or two facts of a record."""
    facts = [f"the {name} is {value.lower()}" for name, value in product.attributes.items() if value]
    if product.price is not None:
        facts.append(f"it costs {money(product.price, product.currency)}")
    if product.rating is not None:
        facts.append(f"it is rated {product.rating:.1f}")
    if not facts:
        return "that is all the catalogue says."
    return " and ".join(rng.sample(facts, min(len(facts), rng.choice((1, 2))))) + "."
