"""What the assistant answers a list: the first of it by handle, now and then what was asked, or what to relax."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shelftalk.evals.simulation.lexicon import plural
from shelftalk.evals.simulation.replies import found, reply

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper

_SAID = ("style", "pattern", "colour", "material")  # values that stand before a noun


def wish_words(arguments: Mapping[str, Any]) -> str:
    """Name what a search asked for, by its kind and the values that stand before a noun: "red leather boots"."""
    if "category" not in arguments:
        return ""
    where = arguments.get("where", {})
    return " ".join([*(where[name] for name in _SAID if name in where), plural(arguments["category"])])


def answer_list(me: Shopper, intent: str, **slots: str) -> str:
    """Answer a list of hits, by the handles of its first two."""
    return found(me.rng, [me.handle(product) for product in me.listed], intent, **slots)


def nothing_found(me: Shopper, result: str) -> str:
    """Answer an empty list: offer what the tool said would be there without one filter."""
    _, *relaxed = result.split("; ")
    if not relaxed:
        return reply(me.rng, "none")
    said, _, count = relaxed[0].rpartition(": ")
    return reply(me.rng, "none_relax", relax=said, count=count)
