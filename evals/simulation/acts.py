"""What a simulated shopper does next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shelftalk.evals.simulation import lacking, pictured, refining, showing, talking, wishing

if TYPE_CHECKING:
    from shelftalk.evals.simulation.dialogue import Turn
    from shelftalk.evals.simulation.shopper import Shopper

Act = Callable[["Shopper"], "Turn | None"]


# What training sees more often than visits have it: short turns of many meanings, which are learnt last.
OFTENER: dict[Act, float] = {
    talking.talk: 2.2,
    wishing.vague: 2.0,
    talking.facts_about_me: 1.8,
    showing.like: 1.6,
    talking.hand_over: 1.6,
    showing.details: 2.2,
    wishing.two: 1.6,
    lacking.ask_for: 1.5,
    lacking.two: 1.5,
}


def _choices(me: Shopper) -> list[tuple[Act, float]]:
    """Return what can be done now, each with its weight."""
    photos = bool(me.photos)
    if me.restarted:
        return [(wishing.first_search, 1)]
    asked: list[tuple[Act, float]] = [(pictured.want, 60)] if me.looked_at else []
    if me.asked:
        asked += [(wishing.answer, 400), (wishing.price_only, 30), (showing.you_choose, 40)]
        if me.search:
            return asked
    if not me.search:
        return [
            *asked,
            (wishing.first_search, 50),
            (wishing.two, 20),
            (wishing.rule_out, 5),
            (lacking.ask_for, 11),
            (lacking.two, 20),
            (pictured.send, 34 * photos),
            (wishing.vague, 11 if photos else 8),
            (talking.talk, 9),
            (talking.hand_over, 2.5),
            (showing.recommend, 8),
            (talking.facts_about_me, 4),
            (pictured.ask, 14 * photos),
        ]
    return [
        *asked,
        (refining.refine, 75),
        (wishing.switch, 22),
        (wishing.just_one, 200),  # seldom possible
        (wishing.within, 200),  # seldom possible
        (wishing.two, 17),
        (lacking.ask_for, 9),
        (lacking.two, 20),
        (wishing.accept, 60 if me.relax else 0),
        (wishing.refuse, 20 if me.relax else 0),
        (wishing.vague, 3.5),
        (wishing.start_over, 1.5),
        (showing.similar, 13),
        (showing.details, 15),
        (showing.compare, 9),
        (talking.still_dear, 70 if me.by_price else 0),
        (talking.either, 25 if me.compared else 0),
        (showing.like, 12),
        (talking.facts_about_me, 2),
        (showing.recommend, 6),
        (pictured.send, 11 * photos),
        (pictured.ask, 5 * photos),
        (talking.talk, 5),
        (talking.hand_over, 2.5),
    ]


def next_turn(me: Shopper) -> Turn | None:
    """Choose what to do next; None where the choice cannot be done here, to be tried again."""
    acts, weights = zip(*_choices(me), strict=True)
    if me.split == "train":
        weights = tuple(w * OFTENER.get(act, 1.0) for act, w in zip(acts, weights, strict=True))
    act = me.rng.choices(acts, weights)[0]
    offered = me.relax
    was = (me.asked, me.restarted, me.compared, me.looked_at)
    both = me.both
    me.asked = me.compared = False
    if act is not pictured.want:
        me.looked_at = None
    turn: Turn | None = act(me)
    if turn is None:
        me.asked, me.restarted, me.compared, me.looked_at = was
        return None
    if me.both is both:
        me.both = []
    if me.relax is offered:
        me.relax = {}  # an offer is answered at once, or never
    if act is not wishing.start_over:
        me.restarted = False
    me.compared = act is showing.compare
    if act is pictured.want:
        me.looked_at = None
    return turn
