"""New products of the demo shop: a tenth of those that were taken is hidden, and is ranked for who took them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shelftalk.evals.bootstrap import difference
from shelftalk.evals.recommendation.plain import ials_factors, ridge
from shelftalk.evals.recommendation.protocol import ndcg_at, recall_at
from shelftalk.evals.recommendation.tuning import Tuned, metric_rows
from shelftalk.evals.report import Row
from shelftalk.tools.scores import scorer_class
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.ials import IALS
from shelftalk.tools.scores.interactions import Interactions

COLD = "demo shop, new products"
CONTENT = "content kNN"
AHEAD = f"{COLD}: how far ahead"
HIDDEN = 0.1  # of the products that anybody took
K = 20
METRICS = (f"Recall@{K}", f"NDCG@{K}")
RIDGES = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)  # penalties of the linear map
NOTES = {
    COLD: (
        f"A random tenth of the products that anybody took is hidden: no scorer sees who took them; they are taken in "
        f"by what they read and look like. Of each shopper who took some of them, the other products that the shopper "
        f"took are folded in, and the hidden ones are ranked among themselves. Recall's denominator is min({K}, "
        f"products to be found). Content kNN: the cosine with the mean of what is folded in, words and pictures "
        f"counted alike. Linear map: ridge regression from words and pictures to the factors of iALS, its penalty set "
        f"by cross-validation over the other products."
    ),
    AHEAD: "The difference for the same shoppers, drawn in pairs.",
}


@dataclass(frozen=True)
class Asked:
    """Who is asked: what is folded in of each shopper, and which of the hidden products are to be found."""

    known: Sequence[np.ndarray]  # int64: numbers of products that are not hidden
    wanted: np.ndarray  # bool [shoppers, hidden products]
    hidden: list[str]


def new_products(
    events: Interactions, content: Content, readers: Sequence[Tuned], seed: int = 0
) -> list[Row]:
    """Measure how well hidden products are found, by `readers` too: scorers that take in content."""
    train, asked = hide(events, seed)
    vectors = _joined(content)
    scores = {
        "in random order": np.random.default_rng(seed).random(asked.wanted.shape),
        CONTENT: _by_content(train, asked, vectors),
        "linear map to iALS factors": _by_map(train, asked, vectors, seed),
    }
    for tuned in readers:
        scores[tuned.label] = _by_reader(tuned, train, asked, content)
    found = {
        system: np.stack([recall_at(own, asked.wanted, K), ndcg_at(own, asked.wanted, K)])
        for system, own in scores.items()
    }
    rows = metric_rows(COLD, found, seed, METRICS)
    for tuned in readers:
        others = {name: own for name, own in found.items() if name not in {one.label for one in readers}}
        rows += [
            Row(AHEAD, f"{tuned.label}, of {name}", metric, difference(ours, theirs, seed))
            for name, own in others.items()
            for metric, ours, theirs in zip(METRICS, found[tuned.label], own, strict=True)
        ]
    return rows


def hide(events: Interactions, seed: int = 0) -> tuple[Interactions, Asked]:
    """Return the interactions without the hidden products, and who is asked for them."""
    matrix = events.matrix()  # [shoppers, products]
    taken = np.unique(events.rows[:, 1])
    drawn = np.random.default_rng(seed).choice(taken, max(1, round(HIDDEN * len(taken))), replace=False)
    hidden = np.sort(drawn)
    gone = np.zeros(len(events.items), bool)
    gone[hidden] = True
    number = np.cumsum(~gone) - 1  # among what is not hidden
    kept = ~gone[events.rows[:, 1]]
    rows = events.rows[kept]
    train = Interactions(
        events.shoppers,
        [item for item, hid in zip(events.items, gone, strict=True) if not hid],
        np.stack([rows[:, 0], number[rows[:, 1]]], axis=1),
        strength=None if events.strength is None else events.strength[kept],
    )
    known, wanted = [], []
    for shopper in range(matrix.shape[0]):
        own = matrix.indices[matrix.indptr[shopper] : matrix.indptr[shopper + 1]]
        if gone[own].any() and not gone[own].all():
            known.append(number[own[~gone[own]]])
            wanted.append(np.isin(hidden, own))
    return train, Asked(known, np.array(wanted), [events.items[item] for item in hidden])


def _by_reader(tuned: Tuned, train: Interactions, asked: Asked, content: Content) -> np.ndarray:
    """Score by a scorer that reads the hidden products only once it is fitted: float32 [shoppers, hidden]."""
    hidden = set(asked.hidden)
    scorer = scorer_class(tuned.name)(**tuned.settings)
    scorer.fit(
        train, _some(content, [place for place, item in enumerate(content.items) if item not in hidden])
    )
    scorer.take_in(_some(content, [place for place, item in enumerate(content.items) if item in hidden]))
    tastes = [scorer.fold_in([train.items[item] for item in own]) for own in asked.known]
    return np.stack([scorer.score(taste, asked.hidden) for taste in tastes])


def _some(content: Content, places: Sequence[int]) -> Content:
    own = list(places)
    return Content([content.items[place] for place in own], content.words[own], content.pictures[own])


def _joined(content: Content) -> Mapping[str, np.ndarray]:
    """Return each item's words and picture side by side, each of length 1, zeros where there is none."""
    parts = []
    for part in (content.words, content.pictures):
        filled = np.nan_to_num(part)
        parts.append(filled / np.maximum(np.linalg.norm(filled, axis=1, keepdims=True), 1e-6))
    return dict(zip(content.items, np.concatenate(parts, axis=1), strict=True))


def _by_content(train: Interactions, asked: Asked, vectors: Mapping[str, np.ndarray]) -> np.ndarray:
    hidden = np.stack([vectors[item] for item in asked.hidden])
    seen = np.stack([vectors[item] for item in train.items])
    scores: np.ndarray = np.stack([seen[own].mean(axis=0) for own in asked.known]) @ hidden.T
    return scores


def _by_map(train: Interactions, asked: Asked, vectors: Mapping[str, np.ndarray], seed: int) -> np.ndarray:
    """Score by the factors that ridge regression makes of content, its penalty set on products in the open."""
    shoppers, factors = ials_factors(train, asked.known, IALS(), seed)
    seen = np.stack([vectors[item] for item in train.items])  # [products, size]
    hidden = np.stack([vectors[item] for item in asked.hidden])
    fold = np.random.default_rng(seed).permutation(len(seen)) % 5
    errors = [
        sum(
            np.square(
                factors[fold == one]
                - ridge(seen[fold != one], factors[fold != one], seen[fold == one], penalty)
            ).sum()
            for one in range(5)
        )
        for penalty in RIDGES
    ]
    scores: np.ndarray = shoppers @ ridge(seen, factors, hidden, RIDGES[int(np.argmin(errors))]).T
    return scores
