"""What is known of a shopper's taste: this visit's likes, clicks and purchases, and what they did before.

A visit's own signals count in full. What the log of events holds of a returning shopper counts less, the newest
most, and all of it together no more than a few likes of today: whoever looks for a lamp now is not outvoted by a
year of shoes. What was hidden then stays hidden.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shelftalk.tools.scores.interactions import REFUSED, STRENGTH

if TYPE_CHECKING:
    from shelftalk.tools.events import Event
    from shelftalk.tools.visit import Opinion, Visit, VisitState

BOUGHT = 1.5  # a purchase beside a like's 1
CLICKED = STRENGTH["click"]
CLICKS = 6  # the newest count; a shopper who looks around clicks on much
PAST = 0.5  # an earlier like beside one of this visit
PAST_ALL = 2.0  # all earlier ones together
PAST_LIKES, PAST_DISLIKES = 50, 4  # the newest count
HALVED = 10  # so many likes later, an earlier one counts half
LIKED, BOUGHT_IT, LOOKED = "liked", "bought", "looked at"
_VERBS = {"like": LIKED, "rating": LIKED, "buy": BOUGHT_IT, "purchase": BOUGHT_IT}


@dataclass(frozen=True)
class Past:
    """What the log tells of a shopper, oldest first: product ids."""

    likes: Mapping[str, float] = field(default_factory=dict)  # id -> how much it says, above 0
    verbs: Mapping[str, str] = field(default_factory=dict)
    dislikes: tuple[str, ...] = ()
    hidden: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Signals:
    """A visit's taste as a scorer takes it, product ids throughout; nothing hidden is among the likes.

    `weights` say how much each like counts beside a like of this visit, `verbs` what was done with it: "liked",
    "bought" or "looked at".
    """

    likes: tuple[str, ...] = ()  # the newest last
    dislikes: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    verbs: Mapping[str, str] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @property
    def settled(self) -> frozenset[str]:
        """What needs no suggesting: it was liked, bought, refused or hidden."""
        known = (id_ for id_, verb in self.verbs.items() if verb != LOOKED)
        return self.hidden.union(known, self.dislikes)

    def __bool__(self) -> bool:
        """Whether anything is known of the taste."""
        return bool(self.likes or self.dislikes)


def signals(visit: Visit) -> Signals:
    """Return what is known of the shopper now; StoreError where the log of events cannot be read."""
    state, past = visit.state, visit.past()
    refused = set(state.dislikes)
    weights = {id_: weight for id_, weight in past.likes.items() if id_ not in refused}
    # What was bought long ago, too long to weigh, needs no suggesting either.
    verbs = {id_: verb for id_, verb in past.verbs.items() if id_ not in refused}
    for ids, weight, verb in (
        (state.clicks[-CLICKS:], CLICKED, LOOKED),
        (state.bought, BOUGHT, BOUGHT_IT),
        (state.likes, 1.0, LIKED),
    ):
        for id_ in ids:
            if id_ not in refused:
                weights[id_] = max(weight, weights.pop(id_, 0.0))
                verbs[id_] = verbs.get(id_, verb) if verb == LOOKED else verb
    hidden = past.hidden.difference(state.likes).union(state.hidden)
    likes = tuple(id_ for id_ in weights if id_ not in hidden)
    earlier = (id_ for id_ in past.dislikes if id_ not in weights)
    return Signals(
        likes,
        tuple(dict.fromkeys([*earlier, *state.dislikes])),
        {id_: weights[id_] for id_ in likes},
        verbs,
        hidden,
    )


def past_of(events: Iterable[Event]) -> Past:
    """Fold a shopper's events, oldest first: of two that contradict each other, the later holds.

    A hidden product stays so until it is liked; one that was refused stays so until it is liked or taken.
    """
    taken: dict[str, float] = {}
    verbs: dict[str, str] = {}
    refused: dict[str, None] = {}
    hidden: set[str] = set()
    for event in events:
        if event.kind == "hide":
            hidden.add(event.item)
        elif event.kind in REFUSED:
            refused[event.item] = None
            taken.pop(event.item, None)
        elif event.kind in _VERBS or event.item not in refused:
            refused.pop(event.item, None)
            if event.kind == "like":
                hidden.discard(event.item)
            weight = BOUGHT if _VERBS.get(event.kind) == BOUGHT_IT else STRENGTH.get(event.kind, 0.0)
            taken[event.item] = max(weight, taken.pop(event.item, 0.0))  # now the newest
            verbs[event.item] = _VERBS.get(event.kind) or verbs.get(event.item, LOOKED)
    newest = [id_ for id_ in taken if id_ not in hidden][-PAST_LIKES:]
    weights = {
        id_: PAST * taken[id_] * 0.5 ** (age / HALVED)
        for age, id_ in zip(range(len(newest) - 1, -1, -1), newest, strict=True)
    }
    scale = min(1.0, PAST_ALL / total) if (total := sum(weights.values())) else 1.0
    return Past(
        {id_: scale * weight for id_, weight in weights.items()},
        verbs={id_: verb for id_, verb in verbs.items() if id_ in taken},
        dislikes=tuple(refused)[-PAST_DISLIKES:],
        hidden=frozenset(hidden),
    )


def new_opinions(before: VisitState, after: VisitState) -> list[Opinion]:
    """Return what a shopper came to say between two states of a visit and still holds at the end, oldest first."""
    had, has = ({"like": s.likes, "dislike": s.dislikes, "hide": s.hidden} for s in (before, after))
    said = {(one.kind, one.item): one for one in after.opinions[len(before.opinions) :]}
    return [one for (kind, id_), one in said.items() if id_ in has[kind] and id_ not in had[kind]]
