"""Turns with a picture: find this, this but in blue, what is this?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shelftalk.evals.simulation.lexicon import article, plural
from shelftalk.evals.simulation.replies import reply
from shelftalk.evals.simulation.requests import linked_filters, price_phrase
from shelftalk.evals.simulation.wordings import say
from shelftalk.tools.linking import link

if TYPE_CHECKING:
    from shelftalk.evals.simulation.dialogue import Turn
    from shelftalk.evals.simulation.shopper import Photo, Shopper

# What there is some of, rather than one.
MASS = frozenset(
    "milk,juice,yoghurt,sour cream,garlic,ginger,asparagus,perfume,foundation,face powder,face cream".split(
        ","
    )
)


def send(me: Shopper) -> Turn | None:
    """Send a picture and ask for the like, now and then with a change or a budget.

    The search carries the picture itself, and as its query the kind of thing that the picture shows.
    """
    photo = me.rng.choice(me.photos)
    return _like(me, photo, f"img{me.pictures + 1}", "picture", [photo])


def want(me: Shopper) -> Turn | None:
    """Want the like of a picture that was only asked about the turn before."""
    photo = me.looked_at
    return _like(me, photo, f"img{me.pictures}", "picture_then", []) if photo else None


def _like(me: Shopper, photo: Photo, handle: str, intent: str, sent: list[Photo]) -> Turn | None:
    arguments: dict[str, Any] = {"query": photo.kind, "image": handle}
    draw = me.rng.random()
    keep: list[str] = []
    if draw < 0.12 and sent:
        text = ""
    elif draw < 0.65:
        text = say(me.rng, intent, me.split)
    elif draw < 0.85:
        names = [name for name in me.shelf.facets if name != "category"]
        if not names:
            return None
        value = me.rng.choice(list(me.shelf.facets[me.rng.choice(names)]))
        text = say(me.rng, f"{intent}_but", me.split, x=me.rng.choice((f"in {value}", value)))
        keep = [value]
    else:
        phrase, prices = price_phrase(me.rng, me.shelf, me.split)
        text = say(me.rng, f"{intent}_but", me.split, x=phrase)
        arguments |= prices
    where = linked_filters(link(text, me.shelf.facets))
    if where is None or "category" in where:
        return None
    arguments["where"] = where
    turn = me.turn("picture", text, keep, sent)
    me.run_search(turn, arguments, fresh=True)
    return turn


def ask(me: Shopper) -> Turn | None:
    """Ask what a picture shows, or its colour: answered from sight, with no tool."""
    photo = me.looked_at = me.rng.choice(me.photos)
    if photo.colour and me.rng.random() < 0.4:
        text = say(me.rng, "looks_colour", me.split)
        turn = me.turn("looks", text, photos=[photo])
        turn.reply = reply(me.rng, "looks_colour", c=photo.colour)
        return turn
    turn = me.turn("looks", say(me.rng, "looks", me.split), photos=[photo])
    turn.reply = reply(me.rng, "looks", x=_one(photo))
    return turn


def _one(photo: Photo) -> str:
    """Return what a photo shows with its article: "a red dress", "a pair of blue jeans"."""
    said = f"{photo.colour} {photo.kind}".strip()
    if photo.kind in MASS:
        return f"some {said}"
    return f"a pair of {said}" if plural(photo.kind) == photo.kind else article(said)
