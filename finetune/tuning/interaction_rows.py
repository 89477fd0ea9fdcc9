"""Rows from what shoppers did: they like what they took, ask what else they would like, and get what they took later.

A row's first list holds things that a shopper took; they like them, and ask. What is recommended is ranked by an
item-kNN that was fitted on other shoppers, so that a model learns to choose from such a list as the shop makes; the
answer names what this shopper took next.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.evals.simulation.dialogue import Dialogue, Step, Turn
from shelftalk.evals.simulation.lexicon import article, plural, singular
from shelftalk.evals.simulation.pointing import point
from shelftalk.evals.simulation.replies import found, reply
from shelftalk.evals.simulation.shopper import Shopper
from shelftalk.evals.simulation.wordings import say
from shelftalk.finetune.tuning.catalogue_rows import visit_row
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.finetune.tuning.rows import Row, Split
from shelftalk.finetune.tuning.shop_shelf import ShopShelf, whole_shelf
from shelftalk.finetune.tuning.splitting import side_of
from shelftalk.tools.errors import UsageError
from shelftalk.tools.linking import link
from shelftalk.tools.product import Product

if TYPE_CHECKING:
    from shelftalk.tools.scores.contract import Scorer
    from shelftalk.tools.scores.interactions import Interactions

STRONG = (
    0.75  # what counts as taken: put into a cart, liked, rated, bought; views where there is nothing else
)
PAGE = 4  # products of a list
NEAR = 12  # what was taken later is learnt where the ranking has it among so many
MOST_LIKES, MOST_LATER = 3, 2
KIND, TOO = 0.4, 0.4  # how often they ask for a kind of thing; how often they like what was named, too


def read_events(path: Path, mapping: Mapping[str, str] | None = None) -> Interactions:
    """Read a file of events as `shelftalk events` does; UsageError: it cannot be read, or holds nothing."""
    from shelftalk.tools.events_feeding import file_records
    from shelftalk.tools.scores.interactions import make_interactions

    events = make_interactions(file_records(path, mapping))
    if not len(events.rows):
        why = f" ({'; '.join(events.rejected[:3])})" if events.rejected else ""
        raise UsageError(f"{path} holds nothing that a shopper took{why}.")
    return events


def pseudonym(shopper: str) -> str:
    """Return what stands for a shopper's id, which may be an address or a name: part of its SHA-256."""
    return f"shopper-{hashlib.sha256(shopper.encode()).hexdigest()[:16]}"


@dataclass
class Histories:
    """What each shopper took, in order, of each side of the split."""

    taken: dict[str, list[str]]  # by pseudonym; product ids in the order in which they were taken, each once
    sides: Mapping[str, Split]  # of products
    unknown: int = 0  # items that the shop does not have
    _scorers: list[Scorer] = field(default_factory=list)

    @classmethod
    def of(cls, events: Interactions, sides: Mapping[str, Split]) -> Histories:
        """Read events; UsageError where none of their items is a product of the shop."""
        strength = events.strength
        strong = strength >= STRONG if strength is not None else None
        rows = events.rows[strong] if strong is not None and strong.any() else events.rows
        taken: dict[str, dict[str, None]] = {}
        for shopper, item in rows.tolist():
            taken.setdefault(events.shoppers[shopper], {})[events.items[item]] = None
        unknown = sum(item not in sides for item in events.items)
        if unknown == len(events.items):
            raise UsageError(
                f"None of the {unknown:,} items in the interactions is a product of the shop: {events.items[0]!r}, for "
                f"one, beside {next(iter(sides))!r}. Use the catalogue's ids."
            )
        known = {
            pseudonym(shopper): [item for item in items if item in sides] for shopper, items in taken.items()
        }
        return cls(known, sides, unknown)

    def of_side(self, split: Split) -> dict[str, list[str]]:
        """Return the shoppers of one side who took at least two of its products, and these products."""
        own = {
            shopper: [item for item in items if self.sides[item] == split]
            for shopper, items in self.taken.items()
            if side_of(shopper) == split
        }
        return {shopper: items for shopper, items in sorted(own.items()) if len(items) > 1}

    def ranking(self, shopper: str, likes: Sequence[str], candidates: Sequence[str]) -> list[str]:
        """Return candidates, best first, for `shopper` who likes `likes`: by shoppers of training, not themselves."""
        import numpy as np

        if not self._scorers:
            self._scorers = [self._fitted(half) for half in (0, 1)]
        scorer = self._scorers[_half(shopper)]
        scores = scorer.score(scorer.fold_in(likes), candidates)
        return [candidates[place] for place in np.argsort(-scores, kind="stable")]

    def _fitted(self, half: int) -> Scorer:
        """Fit on the shoppers of training who are not in this half."""
        from shelftalk.tools.scores.interactions import make_interactions
        from shelftalk.tools.scores.itemknn import ItemKNN

        scorer = ItemKNN()
        scorer.fit(
            make_interactions(
                {"shopper": shopper, "item": item, "kind": "like"}
                for shopper, items in self.taken.items()
                if side_of(shopper) == "train" and _half(shopper) != half
                for item in items
            )
        )
        return scorer


def _half(shopper: str) -> int:
    return int(hashlib.sha256(f"half/{shopper}".encode()).hexdigest()[0], 16) % 2


def interaction_rows(
    goods: Goods, histories: Histories, split: Split, most: int, seed: int
) -> Iterator[tuple[Row, dict[str, Path]]]:
    """Yield a row for each shopper of one side whom something can be learnt from, at most `most`, drawn at random.

    It holds products of that side alone; the shopper stands in it under a pseudonym.
    """
    rng = random.Random(f"interactions/{seed}/{split}")
    own = histories.of_side(split)
    shelf = whole_shelf([goods.product(id_) for id_, side in histories.sides.items() if side == split], goods)
    made = 0
    for shopper in rng.sample(sorted(own), len(own)):
        if made == most:
            return
        taken = [goods.product(id_) for id_ in own[shopper]]
        visit = _visit(random.Random(f"{seed}/{shopper}"), shelf, histories, shopper, taken, split)
        made_of = visit_row(visit, shelf, goods, f"{split}-taken-{shopper[8:]}", {}) if visit else None
        if visit is None or made_of is None or len(made_of[0].kinds) < len(visit.turns):
            continue
        made += 1
        yield made_of[0].model_copy(update={"source": "interactions", "shopper": shopper}), {}


def _visit(
    rng: random.Random,
    shelf: ShopShelf,
    histories: Histories,
    shopper: str,
    taken: Sequence[Product],
    split: Split,
) -> Dialogue | None:
    """Have one shopper like what they took and ask what else; None where nothing of it can be learnt."""
    if len(taken) < 2:
        return None
    cut = rng.randint(1, len(taken) - 1)
    likes = taken[max(0, cut - rng.randint(1, MOST_LIKES)) : cut]
    before, later = {product.id for product in taken[:cut]}, {product.id for product in taken[cut:]}
    me = Shopper(rng, shelf, "test" if split == "test" else "train", page=PAGE)
    new = {product.id: product for product in shelf.products if product.id not in before}
    turns = [_opening(me, likes, [product for id_, product in new.items() if id_ not in later])]
    turns += [_like(me, product) for product in likes]
    kind = taken[cut].category.lower() if rng.random() < KIND else ""
    ranked = histories.ranking(
        shopper, [p.id for p in likes], [id_ for id_, p in new.items() if kind in ("", p.category.lower())]
    )
    chosen = [id_ for id_ in ranked[:NEAR] if id_ in later and new[id_].stock != 0][:MOST_LATER]
    if not chosen:
        return None
    rest = [id_ for id_ in ranked if id_ not in later][: PAGE - len(chosen)]
    listed = _sold_out_last([new[id_] for id_ in ranked if id_ in {*chosen, *rest}])
    turns.append(_asked(me, kind, listed, [new[id_] for id_ in chosen]))
    if rng.random() < TOO:
        turns.append(_like(me, new[chosen[0]]))
    made = [turn for turn in turns if turn is not None]
    return Dialogue(made, shelf.facets, me.shown) if len(made) == len(turns) else None


def _opening(me: Shopper, likes: Sequence[Product], others: Sequence[Product]) -> Turn | None:
    """See what the shopper comes to like among others: by a search for their kind, or among what is popular."""
    kinds = {product.category.lower() for product in likes}
    kind = next(iter(kinds)) if len(kinds) == 1 and me.rng.random() < 0.5 else ""
    if kind:
        one = singular(kind)
        text = say(me.rng, "search", me.split, np=one, anp=article(one), nps=plural(kind), more="")
        others = [product for product in others if product.category.lower() == kind]
    else:
        text = say(me.rng, "recommend", me.split)
    if link(text, me.shelf.facets) != ([("category", kind)] if kind else []):
        return None
    page = [*likes, *me.rng.sample(list(others), min(PAGE - len(likes), len(others)))]
    me.rng.shuffle(page)
    page = page if kind else _sold_out_last(page)
    turn = me.turn("search" if kind else "recommend", text)
    if kind:
        me.search = {"category": kind}
        total = sum(product.category.lower() == kind for product in me.shelf.products)
        turn.steps.append(Step("search", {"category": kind}, me.listing(f"{total} found", page)))
        turn.reply = found(me.rng, [me.handle(product) for product in page], wish=plural(kind))
    else:
        turn.steps.append(Step("recommend", {}, me.listing("popular", page)))
        turn.reply = found(me.rng, [me.handle(product) for product in page], "popular")
    return turn


def _sold_out_last(products: Sequence[Product]) -> list[Product]:
    """Return products as a recommendation lists them."""
    return sorted(products, key=lambda product: product.stock == 0)


def _like(me: Shopper, product: Product) -> Turn | None:
    """Like a product of the last list."""
    pointed = point(me, [product], it=False)
    if pointed is None:
        return None
    said, handle = pointed[0], me.handle(product)
    turn = me.turn("remember", say(me.rng, "like", me.split, h=said), [said])
    turn.steps.append(Step("remember", {"likes": [handle]}, f"noted: likes [{handle}]"))
    turn.reply = reply(me.rng, "liked", h=f"[{handle}]")
    me.liked.append(handle)
    return turn


def _asked(me: Shopper, kind: str, listed: Sequence[Product], chosen: Sequence[Product]) -> Turn | None:
    """Ask what one would like, of a kind or of any; the answer names what was chosen."""
    if kind:
        text = say(me.rng, "recommend_kind", me.split, nps=plural(kind), anp=article(singular(kind)))
    else:
        text = say(me.rng, "recommend", me.split)
    if link(text, me.shelf.facets) != ([("category", kind)] if kind else []):
        return None
    turn = me.turn("recommend", text)
    arguments = {"category": kind} if kind else {}
    turn.steps.append(Step("recommend", arguments, me.listing("for you", listed)))
    turn.reply = found(me.rng, [me.handle(product) for product in chosen], "for_you")
    return turn
