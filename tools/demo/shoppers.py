"""Simulated shoppers: tastes of their own, and the events that come from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from shelftalk.tools.demo.record import DemoProduct

SHOPPERS = 2000
EVENTS = 60_000
COLD_SHOPPERS = 160
COLD_ITEMS = 45
DAYS = 180
START = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
_WEIGHTS = {"category": 2.6, "colour": 1.5, "material": 1.1, "style": 1.4, "pattern": 0.7}
_FAVOURITES = {"category": 4, "colour": 3, "material": 3, "style": 2, "pattern": 2}


@dataclass(frozen=True)
class Event:
    """One thing a shopper did; `kind` is view, like or buy, `time` seconds since 1970."""

    shopper: str
    item: str
    kind: str
    time: int


def _utilities(products: Sequence[DemoProduct], random: np.random.Generator) -> np.ndarray:
    """Return float64 [SHOPPERS, products]: how well each product suits each shopper."""
    suits = np.zeros((SHOPPERS, len(products)))
    for field, weight in _WEIGHTS.items():
        values = sorted({getattr(p, field) for p in products})
        column = np.array([values.index(getattr(p, field)) for p in products])
        taste = random.normal(0.0, 0.25, (SHOPPERS, len(values)))
        for shopper in range(SHOPPERS):
            liked = random.choice(len(values), min(_FAVOURITES[field], len(values) - 1), replace=False)
            taste[shopper, liked] += random.uniform(0.7, 1.3, len(liked))
            if field != "category":
                taste[shopper, random.integers(len(values))] -= 1.0
        suits += weight * taste[:, column]
    # A price band: how dear a thing is within its own kind, against what the shopper is used to.
    dear = np.zeros(len(products))
    for category in {p.category for p in products}:
        rows = [i for i, p in enumerate(products) if p.category == category]
        dear[rows] = np.argsort(np.argsort([products[i].price for i in rows])) / len(rows)
    band = random.beta(1.6, 2.0, (SHOPPERS, 1))
    suits -= 4.0 * (dear[None, :] - band) ** 2
    # Who buys for women rarely buys for men; unisex and the home are for all.
    wears = random.choice(["women", "men"], SHOPPERS, p=[0.58, 0.42])
    genders = np.array([p.gender for p in products])
    other = np.isin(genders, ["women", "men"])[None, :] & (genders[None, :] != wears[:, None])
    return np.asarray(suits - 2.2 * other)


def make_events(products: Sequence[DemoProduct], seed: int) -> list[Event]:
    """Return EVENTS events, oldest first; the same products and seed give the same list."""
    random = np.random.default_rng(seed)
    suits = _utilities(products, random)
    popularity = random.permutation(1.0 / np.arange(1, len(products) + 1) ** 0.8)
    chance = np.exp(suits) * popularity[None, :]
    cold = random.choice(len(products), COLD_ITEMS, replace=False)
    chance[:, cold] = 0.0
    chance /= chance.sum(axis=1, keepdims=True)

    # How many distinct things each shopper looks at; a thing looked at is sometimes liked, then bought.
    activity = random.lognormal(2.75, 0.7, SHOPPERS)
    cold_shoppers = random.choice(SHOPPERS, COLD_SHOPPERS, replace=False)
    is_cold = np.zeros(SHOPPERS, bool)
    is_cold[cold_shoppers] = True
    best = suits.max(axis=1)
    warm: list[Event] = []
    few: list[Event] = []
    for shopper in range(SHOPPERS):
        wanted = random.integers(1, 4) if is_cold[shopper] else int(np.clip(activity[shopper] * 1.9, 6, 170))
        chosen = random.choice(len(products), int(wanted), replace=False, p=chance[shopper])
        first = random.integers(0, DAYS * 86_400)
        kept = few if is_cold[shopper] else warm
        for item in chosen:
            # Most visits fall in the evening, and a shopper comes back over the following weeks.
            day = (first // 86_400 + int(random.exponential(30.0))) % DAYS
            time = START + int(day) * 86_400 + int(np.clip(random.normal(19, 3), 0, 23.5) * 3600)
            time += int(random.integers(0, 1800))
            shopper_id, item_id = f"S{shopper + 1:04d}", products[int(item)].id
            kept.append(Event(shopper_id, item_id, "view", time))
            if is_cold[shopper]:
                continue
            fit = float(1.0 / (1.0 + np.exp(best[shopper] - suits[shopper, item] - 1.5)))
            if random.random() < 0.15 + 0.5 * fit:
                kept.append(Event(shopper_id, item_id, "like", time + int(random.integers(20, 300))))
            if products[int(item)].stock and random.random() < 0.06 + 0.35 * fit:
                kept.append(Event(shopper_id, item_id, "buy", time + int(random.integers(300, 4000))))
    # Thin the warm shoppers to the exact count; a shopper keeps at least the first few events.
    seen: dict[str, int] = {}
    removable = []
    for index, event in enumerate(warm):
        seen[event.shopper] = seen.get(event.shopper, 0) + 1
        if seen[event.shopper] > 4 and event.kind == "view":
            removable.append(index)
    surplus = len(warm) + len(few) - EVENTS
    if not 0 <= surplus <= len(removable):
        raise RuntimeError(f"{len(warm) + len(few)} events drawn, {EVENTS} wanted: change the activity")
    dropped = set(random.choice(removable, surplus, replace=False).tolist())
    events = [event for index, event in enumerate(warm) if index not in dropped] + few
    return sorted(events, key=lambda event: (event.time, event.shopper, event.item, event.kind))
