"""Ranking: candidates from both vector spaces, every signal for every candidate, one score."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shelftalk.tools.fusion import fuse
from shelftalk.tools.linking import words as stems
from shelftalk.tools.product import Filters, Hit, Product
from shelftalk.tools.toolbox._taste import taste_signals
from shelftalk.tools.visit import Visit

if TYPE_CHECKING:
    import numpy as np

POOL = 50  # candidates taken from each space


@dataclass(frozen=True)
class Wish:
    """What is looked for: text, its vector among product texts, and a vector among pictures."""

    text: str = ""
    words: np.ndarray | None = None  # float32 [words_size]
    pictures: np.ndarray | None = None  # float32 [pictures_size]


def rank(
    visit: Visit,
    wish: Wish,
    filters: Filters,
    weights: Mapping[str, float],
    pool: int = POOL,
    without: Collection[str] = (),
    also: Iterable[str] = (),
) -> list[Hit]:
    """Return the candidates, best first, each with its parts.

    Candidates are the `pool` nearest of each space that pass the filters, and `also`; products in `without`
    and those the shopper has hidden are never among them.
    """
    gone = {*without, *visit.state.hidden}
    near: dict[str, dict[str, float]] = {}
    ids = dict.fromkeys(i for i in also if i not in gone)
    for name, space, vector in _sides(wish):
        found = visit.shop.store.nearest(vector, space, pool, filters, gone)
        near[name] = dict(found)
        ids.update(dict.fromkeys(near[name]))
    candidates = list(ids)
    if not candidates:
        return []
    products = visit.shop.store.get(candidates)
    signals = {
        name: _similarities(visit, candidates, near[name], space, vector)
        for name, space, vector in _sides(wish)
    }
    if wish.text:
        signals["lexical"] = overlap(wish.text, products)
    signals.update(taste_signals(visit, candidates))
    return scored(products, signals, weights)


def scored(
    products: Sequence[Product], signals: Mapping[str, np.ndarray], weights: Mapping[str, float]
) -> list[Hit]:
    """Return one hit a product, best first; equals keep their order."""
    used = {name: signals[name] for name in weights if name in signals}
    if not used:
        return [Hit(product=product, score=0.0) for product in products]
    scores, parts = fuse(used, weights)
    hits = [
        Hit(product=product, score=round(float(score), 6), parts={k: round(v, 6) for k, v in part.items()})
        for product, score, part in zip(products, scores, parts, strict=True)
    ]
    return sorted(hits, key=lambda hit: -hit.score)


def _sides(wish: Wish) -> list[tuple[str, Literal["words", "pictures"], np.ndarray]]:
    sides: list[tuple[str, Literal["words", "pictures"], np.ndarray]] = []
    if wish.words is not None:
        sides.append(("words", "words", wish.words))
    if wish.pictures is not None:
        sides.append(("picture", "pictures", wish.pictures))
    return sides


def _similarities(
    visit: Visit,
    ids: Sequence[str],
    found: Mapping[str, float],
    space: Literal["words", "pictures"],
    vector: np.ndarray,
) -> np.ndarray:
    """Return each candidate's cosine similarity, NaN where it has no vector; `found` are known already."""
    import numpy as np

    missing = [i for i in ids if i not in found]
    vectors = visit.shop.store.vectors(missing, space) if missing else {}
    others = {i: float(v @ vector) for i, v in vectors.items()}
    return np.array([found[i] if i in found else others.get(i, np.nan) for i in ids])


def overlap(text: str, products: Sequence[Product]) -> np.ndarray:
    """Return the share of the text's words that each product's record holds, rarer words counting more."""
    import numpy as np

    wanted = list(dict.fromkeys(stems(text)))
    held = [set(stems(_record(product))) for product in products]
    has = np.array([[word in words for word in wanted] for words in held], dtype=float)
    has = has.reshape(len(products), len(wanted))
    rarity = np.log((1 + len(products)) / (1 + has.sum(axis=0))) + 0.1
    shares: np.ndarray = has @ rarity / max(float(rarity.sum()), 1e-9)
    return shares


def _record(product: Product) -> str:
    return " ".join([product.title, product.category, *product.attributes.values(), product.description])
