"""Ranking: candidates by meaning, by look and by their very words, every signal for every candidate, one score."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Literal

from shelftalk.tools.fusion import Bounds, best_first, fuse
from shelftalk.tools.lexical import Query, lexical_index
from shelftalk.tools.product import Filters, Hit, Product
from shelftalk.tools.toolbox._filters import any_filter
from shelftalk.tools.toolbox._taste import taste_signals
from shelftalk.tools.visit import Visit

if TYPE_CHECKING:
    import numpy as np

POOL = 100  # candidates taken from each side
SPREAD = 2000  # products looked at where there is nothing to choose by
# A cosine to what was said, and the share of a query's words that a product has, mean the same for every query.
# What a picture or its neighbours are near to has no such scale, and is compared among the candidates.
BOUNDS = {"words": (0.0, 1.0), "lexical": (0.0, 1.0)}
BOUNDS_OF_PICTURES = {"lexical": (0.0, 1.0)}


@dataclass(frozen=True)
class Wish:
    """What is looked for: words to be found, a vector among product texts, and a vector among pictures."""

    said: Query | None = None
    words: np.ndarray | None = None  # float32 [words_size]
    pictures: np.ndarray | None = None  # float32 [pictures_size]
    pictured: bool = False  # the vectors come from a picture or a product, not from words alone


def rank(
    visit: Visit,
    wish: Wish,
    filters: Filters,
    weights: Mapping[str, float],
    pool: int = POOL,
    without: Collection[str] = (),
    also: Iterable[str] = (),
) -> list[Hit]:
    """Return the best `pool` candidates, best first, each with its parts.

    Candidates are the `pool` nearest of each side that pass the filters, and `also`; products in `without`
    and those the shopper has hidden are never among them.
    """
    store = visit.shop.store
    gone = {*without, *visit.hidden()}
    ids = dict.fromkeys(i for i in also if i not in gone)
    for _, space, vector in _sides(wish):
        ids.update((i, None) for i, _ in store.nearest(vector, space, pool, filters, gone))
    index = lexical_index(store) if wish.said else None
    if index and wish.said:
        passing = partial(store.passing, filters=filters) if any_filter(filters) else None
        ids.update((i, None) for i, _ in index.nearest(wish.said, pool, passing, gone))
    candidates = list(ids)
    if not candidates:
        return []
    signals = {name: store.similarities(candidates, vector, space) for name, space, vector in _sides(wish)}
    if index and wish.said:
        signals["lexical"] = index.scores(wish.said, candidates)
    signals.update(taste_signals(visit, candidates))
    bounds = BOUNDS_OF_PICTURES if wish.pictured else BOUNDS
    scores, parts, best = _weighed(visit, signals, weights, bounds)
    return _hits(visit, candidates, best[:pool], scores, parts)


def by_taste(visit: Visit, ids: Sequence[str], weights: Mapping[str, float], keep: int) -> list[Hit]:
    """Return the `keep` of these products that suit the shopper best, best first; no words, no picture.

    Where nothing at all is known of anyone's taste, they are taken evenly from the whole and the best rated
    come first.
    """
    signals = taste_signals(visit, ids)
    if not weights.keys() & signals.keys():
        step = max(1, len(ids) // SPREAD) if keep < len(ids) else 1
        products = visit.shop.store.get(ids[::step])
        products.sort(key=lambda product: -(product.rating or 0.0))
        return [Hit(product=product, score=0.0) for product in products[:keep]]
    scores, parts, best = _weighed(visit, signals, weights)
    return _hits(visit, ids, best[:keep], scores, parts)


def _weighed(
    visit: Visit,
    signals: Mapping[str, np.ndarray],
    weights: Mapping[str, float],
    bounds: Bounds | None = None,
) -> tuple[np.ndarray, dict[str, np.ndarray], np.ndarray]:
    """Return the candidates' scores, their parts by name, and their places, best first.

    Where the shopper's taste tells candidates apart, popularity adds nothing and only settles ties: of two alike
    in all else, no number of others puts the one they would like less first.
    """
    import numpy as np

    weights = {name: weight * visit.taste if name == "taste" else weight for name, weight in weights.items()}
    scores, parts = fuse(signals, weights, bounds)
    ties = None
    if "popularity" in parts and "taste" in parts and np.ptp(parts["taste"]) > 0:
        ties = signals["popularity"]
        scores, parts = fuse(signals, {n: w for n, w in weights.items() if n != "popularity"}, bounds)
    return scores, parts, best_first(scores, ties)


def _hits(
    visit: Visit, ids: Sequence[str], best: np.ndarray, scores: np.ndarray, parts: Mapping[str, np.ndarray]
) -> list[Hit]:
    # A record is read for the best alone: all candidates' would take longer than the rest of a search.
    products: list[Product] = visit.shop.store.get([ids[place] for place in best])
    return [
        Hit(
            product=product,
            score=round(float(scores[place]), 6),
            parts={name: round(float(values[place]), 6) for name, values in parts.items()},
        )
        for product, place in zip(products, best, strict=True)
    ]


def _sides(wish: Wish) -> list[tuple[str, Literal["words", "pictures"], np.ndarray]]:
    sides: list[tuple[str, Literal["words", "pictures"], np.ndarray]] = []
    if wish.words is not None:
        sides.append(("words", "words", wish.words))
    if wish.pictures is not None:
        sides.append(("picture", "pictures", wish.pictures))
    return sides
