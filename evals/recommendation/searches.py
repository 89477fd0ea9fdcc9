"""The demo shop, searched by shoppers who liked a few things: how much their taste should count in a search."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.report import Row

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.product import Product
    from shelftalk.tools.scores.interactions import Interactions
    from shelftalk.tools.shop import Shop
    from shelftalk.tools.store import Store

NEEDS: tuple[str, ...] = ()
KIND = "demo shop: search for a kind"
COLOUR = "demo shop: search for a kind and a colour"
WEIGHTS = (0.0, 0.5, 1.0, 1.5, 2.0, 3.0)
HELD_OUT, LIKES, K, SHOWN = 300, 3, 10, 4
_HOW = (
    f"{HELD_OUT} simulated shoppers that EASE was not fitted on, by the weight of taste that the caller sets (1 is the "
    f"default); the {LIKES} products that they liked or bought before their last one are the likes, and the last one "
    f'is to be found. "Names hold" is the share of the {SHOWN} products shown that are what was asked for.'
)
NOTES = {
    KIND: f'{_HOW} Query: the kind ("boot").',
    COLOUR: f'{_HOW} Query: the kind with its colour ("red boot"); few products are both, fewer than {SHOWN} for many.',
}


@dataclass(frozen=True)
class _Case:
    """One shopper: what they liked, oldest first, and what they took next."""

    likes: list[str]
    wanted: Product


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure the search tool with each weight of taste; `data` is not read."""
    del data
    rows: list[Row] = []
    with _store(encoder, progress) as store:
        shop, cases = _shop(store, encoder, seed)
        for part in (KIND, COLOUR):
            rows += [row for weight in WEIGHTS for row in _rows(part, shop, cases, weight, seed)]
    return rows


@contextmanager
def _store(encoder: Encoder, progress: bool) -> Iterator[Store]:
    from shelftalk.tools.demo import shop_path
    from shelftalk.tools.demo.vectors import recalled
    from shelftalk.tools.indexing import index
    from shelftalk.tools.indexing_progress import shown
    from shelftalk.tools.store import Store

    with tempfile.TemporaryDirectory(prefix="shelftalk-eval-", ignore_cleanup_errors=True) as folder:
        with shown("demo shop", progress) as tell:
            index(shop_path(), Path(folder) / "shop", recalled(encoder), progress=tell)
        with Store.open(Path(folder) / "shop", encoder) as store:
            yield store


def _shop(store: Store, encoder: Encoder, seed: int) -> tuple[Shop, list[_Case]]:
    """Return the shop with a scorer that knows nothing of the held-out shoppers, and these."""
    from shelftalk.tools.demo import events_path
    from shelftalk.tools.scores.ease import EASE
    from shelftalk.tools.scores.interactions import Interactions, read_interactions
    from shelftalk.tools.shop import Shop

    events = read_interactions(events_path())
    liked = _liked(events)
    able = [shopper for shopper, items in liked.items() if len(items) > LIKES]
    drawn = np.random.default_rng(seed).choice(able, min(HELD_OUT, len(able)), replace=False)
    scorer = EASE()
    rows = events.rows[~np.isin(events.rows[:, 0], drawn)]  # [interactions, 2]
    scorer.fit(Interactions(events.shoppers, events.items, rows))
    products = {product.id: product for product in store.get(store.ids())}
    cases = [
        _Case(liked[shopper][-LIKES - 1 : -1], products[liked[shopper][-1]])
        for shopper in sorted(map(int, drawn))
    ]
    return Shop(store, encoder, scorer), cases


def _liked(events: Interactions) -> dict[int, list[str]]:
    """Return what each shopper liked or bought, each product once, in the order of time."""
    liked: dict[int, dict[str, None]] = {}
    strength = np.ones(len(events.rows)) if events.strength is None else events.strength
    for shopper, item in events.rows[strength >= 1]:
        liked.setdefault(int(shopper), {})[events.items[item]] = None
    return {shopper: list(items) for shopper, items in liked.items()}


def _rows(part: str, shop: Shop, cases: Sequence[_Case], weight: float, seed: int) -> list[Row]:
    from shelftalk.tools.toolbox.search import search
    from shelftalk.tools.visit import Visit, VisitState

    gain, shown, held = (np.zeros(len(cases)) for _ in range(3))
    for at, case in enumerate(cases):
        asked = ("category", "colour") if part == COLOUR else ("category",)
        query = " ".join(filter(None, (case.wanted.field(field) for field in reversed(asked))))
        visit = Visit(shop, VisitState(likes=case.likes), taste=weight)
        found = [hit.product for hit in search(visit, query, n=K).hits]
        place = next((place for place, product in enumerate(found) if product.id == case.wanted.id), None)
        gain[at] = 0.0 if place is None else 1 / np.log2(place + 2)
        shown[at] = place is not None and place < SHOWN
        held[at] = np.mean(
            [all(product.field(f) == case.wanted.field(f) for f in asked) for product in found[:SHOWN]]
        )
    system = f"taste {weight:g}"
    values = {f"NDCG@{K}": gain, f"Hit@{SHOWN}": shown, "names hold": held}
    return [Row(part, system, metric, interval(value, seed)) for metric, value in values.items()]
