"""What our scorers are checked against: EASE in plain NumPy, iALS by `implicit` called directly, ridge regression."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from shelftalk.evals.recommendation.protocol import Held, Split
    from shelftalk.tools.scores.ials import IALS
    from shelftalk.tools.scores.interactions import Interactions


def plain_ease(split: Split, held: Held, penalty: float) -> np.ndarray:
    """Return the scores of EASE in five lines: float64 [users, items], -inf what is known.

    (Steck, Embarrassingly Shallow Autoencoders for Sparse Data, arXiv 1905.03375, equation 8)
    """
    taken = split.train.matrix().toarray().astype(np.float64)
    known = _matrix(held.known, taken.shape[1]).toarray()
    inverse = np.linalg.inv(taken.T @ taken + penalty * np.eye(taken.shape[1]))  # [items, items]
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.where(known > 0, -np.inf, known @ weights)


def plain_ials(split: Split, held: Held, ours: IALS, seed: int = 0) -> np.ndarray:
    """Return the scores of iALS as `implicit` fits and folds in: float32 [users, items], -inf what is known."""
    users, items = ials_factors(split.train, held.known, ours, seed)
    known = _matrix(held.known, len(items)).toarray()
    return np.where(known > 0, -np.inf, users @ items.T)


def ials_factors(
    train: Interactions, known: Sequence[np.ndarray], ours: IALS, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Return the factors of users of whom some items are known, and of the items: [users, factors], [items, factors].

    `implicit` fits and folds in, with the settings of `ours` (its penalty is stated for each thing that a factor
    vector has to explain), from factors that `implicit` draws; every interaction counts 1.
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix
    from threadpoolctl import threadpool_limits

    taken = csr_matrix(train.matrix())
    users, items = taken.shape
    weight = ours.alpha * taken.sum()
    with threadpool_limits(1, "blas"):
        model = AlternatingLeastSquares(
            factors=ours.factors,
            alpha=ours.alpha,
            regularization=ours.penalty * float(np.sqrt((items + weight / users) * (users + weight / items))),
            iterations=ours.iterations,
            random_state=seed,
        )
        model.fit(taken, show_progress=False)
        return model.recalculate_user(np.arange(len(known)), _matrix(known, items)), model.item_factors


def _matrix(known: Sequence[np.ndarray], items: int) -> csr_matrix:
    """Return float32 [users, items]: 1 where an item is known."""
    from scipy.sparse import csr_matrix

    users = np.repeat(np.arange(len(known)), [len(own) for own in known])
    ones = np.ones(len(users), np.float32)
    return csr_matrix((ones, (users, np.concatenate(known))), shape=(len(known), items))


def ridge(x: np.ndarray, y: np.ndarray, new: np.ndarray, penalty: float) -> np.ndarray:
    """Return what ridge regression from x [n, size] to y [n, outputs] says of new [m, size]: [m, outputs]."""
    mean, centre = x.mean(axis=0), y.mean(axis=0)
    gram = (x - mean).T @ (x - mean) + penalty * np.eye(x.shape[1])
    out: np.ndarray = (new - mean) @ np.linalg.solve(gram, (x - mean).T @ (y - centre)) + centre
    return out
