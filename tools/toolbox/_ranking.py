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
SPREAD = 2000  # products looked at where there is nothing to choose by


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
    hits = _hits(products, *fuse(signals, weights))
    return sorted(hits, key=lambda hit: -hit.score)


def by_taste(visit: Visit, ids: Sequence[str], weights: Mapping[str, float], keep: int) -> list[Hit]:
    """Return the `keep` of these products that suit the shopper best, best first; no words, no picture.

    Where nothing at all is known of anyone's taste, they are taken evenly from the whole and the best rated
    come first.
    """
    import numpy as np

    signals = taste_signals(visit, ids)
    if not weights.keys() & signals.keys():
        step = max(1, len(ids) // SPREAD) if keep < len(ids) else 1
        products = visit.shop.store.get(ids[::step])
        products.sort(key=lambda product: -(product.rating or 0.0))
        return [Hit(product=product, score=0.0) for product in products[:keep]]
    # A record is read for the best alone: a large catalogue's would take a second.
    scores, parts = fuse(signals, weights)
    best = np.argsort(-scores, kind="stable")[:keep]
    products = visit.shop.store.get([ids[place] for place in best])
    return _hits(products, scores[best], {name: values[best] for name, values in parts.items()})


def _hits(products: Sequence[Product], scores: np.ndarray, parts: Mapping[str, np.ndarray]) -> list[Hit]:
    return [
        Hit(
            product=product,
            score=round(float(scores[i]), 6),
            parts={name: round(float(values[i]), 6) for name, values in parts.items()},
        )
        for i, product in enumerate(products)
    ]


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
