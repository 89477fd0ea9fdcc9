"""What the assistant answers a list: the first of it by handle, now and then what was asked, or what to relax."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from shelftalk.evals.simulation.lexicon import plural
from shelftalk.evals.simulation.replies import found, reply
from shelftalk.tools.linking import words

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
    # An answer that names what it is similar to may put that first.
    me.first = me.listed[0] if me.listed and "p" not in slots else None
    return found(me.rng, [me.handle(product) for product in me.listed], intent, **slots)


def missing_of(lacking: Sequence[str], arguments: Mapping[str, Any]) -> str:
    """Return what of a search the shop lacks, as it was typed, "" where nothing; `lacking` are such nouns.

    As the shop's own search does, where a kind that there is or a picture is asked for it says of nothing else that it
    is missing.
    """
    if "category" in arguments or "image" in arguments:
        return ""
    for noun in lacking:
        stems = set(words(noun))
        query = arguments.get("query", "").split()
        said = [word for word in query if words(word) and stems.issuperset(words(word))]
        if {stem for word in said for stem in words(word)} == stems:
            return " ".join(said)
    return ""


def answer_missing(me: Shopper, missing: str) -> str:
    """Answer a list of what is merely near: say first that the thing itself is not there; now and then, ask."""
    handles = [me.handle(product) for product in me.listed]
    me.asked = me.rng.random() < 0.35
    return found(me.rng, handles, "missing_ask" if me.asked else "missing", w=missing)


def nothing_found(me: Shopper, result: str, missing: str = "") -> str:
    """Answer an empty list: offer what the tool said would be there without one filter.

    Not where the shop lacks the thing itself: with fewer filters there would be other things, no such one.
    """
    if missing:
        me.asked = True
        return reply(me.rng, "missing_none", w=missing)
    _, *relaxed = result.split("; ")
    if not relaxed:
        return reply(me.rng, "none")
    said, _, count = relaxed[0].rpartition(": ")
    return reply(me.rng, "none_relax", relax=said, count=count)
