"""EASE in plain NumPy, and iALS by `implicit` called directly: what our scorers are checked against in the same run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

    from shelftalk.evals.recommendation.protocol import Held, Split
    from shelftalk.tools.scores.ials import IALS


def plain_ease(split: Split, held: Held, penalty: float) -> np.ndarray:
    """Return the scores of EASE in five lines: float64 [users, items], -inf what is known.

    (Steck, Embarrassingly Shallow Autoencoders for Sparse Data, arXiv 1905.03375, equation 8)
    """
    taken, known = _taken(split).toarray().astype(np.float64), _known(held).toarray()
    inverse = np.linalg.inv(taken.T @ taken + penalty * np.eye(taken.shape[1]))  # [items, items]
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0)
    return np.where(known > 0, -np.inf, known @ weights)


def plain_ials(split: Split, held: Held, ours: IALS, seed: int = 0) -> np.ndarray:
    """Return the scores of iALS as `implicit` fits and folds in: float32 [users, items], -inf what is known.

    It takes the settings of `ours`, whose penalty is stated for each thing that a factor vector has to explain, and
    begins from factors that `implicit` draws.
    """
    from implicit.cpu.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    taken, known = _taken(split), _known(held)
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
        factors = model.recalculate_user(np.arange(len(held.known)), known)  # [users, factors]
    return np.where(known.toarray() > 0, -np.inf, factors @ model.item_factors.T)


def _taken(split: Split) -> csr_matrix:
    """Return float32 [users, items]: 1 where a train user took an item."""
    from scipy.sparse import csr_matrix

    return csr_matrix(split.train.matrix())


def _known(held: Held) -> csr_matrix:
    """Return float32 [users, items]: 1 where an item is folded in."""
    from scipy.sparse import csr_matrix

    users = np.repeat(np.arange(len(held.known)), [len(own) for own in held.known])
    ones = np.ones(len(users), np.float32)
    return csr_matrix((ones, (users, np.concatenate(held.known))), shape=held.wanted.shape)
