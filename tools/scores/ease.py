"""EASE: a linear model from items to items in closed form (Steck, arXiv 1905.03375)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.shared import ItemScorer

if TYPE_CHECKING:
    import numpy as np

# float64 for the inverse, then float32 for the weights beside it.
BYTES_PER_CELL = 8 + 4
BLOCK = 1024


class EASE(ItemScorer):
    """Scores an item by a weighted sum over the items of the taste; memory grows with items squared.

    `penalty` is the L2 regularisation (the paper's lambda). `memory` is how many bytes the fit may take; None
    is half of this machine's.
    """

    name: ClassVar[str] = "ease"
    arrays: ClassVar[tuple[str, ...]] = ("_weights",)
    settings: ClassVar[tuple[str, ...]] = ("penalty",)

    _weights: np.ndarray  # float32 [items, items]: row j is what taking item j says of every item

    def __init__(self, penalty: float = 200.0, memory: int | None = None) -> None:
        if not 0 < penalty < float("inf"):
            raise UsageError(f"penalty={penalty}: EASE needs a positive one, often 100 to 1,000.")
        self.penalty = penalty
        self.memory = memory

    def learn(self, matrix: Any) -> None:
        """Solve for the weights: equation (8) of the paper, by a Cholesky factor in place."""
        import numpy as np
        from scipy.linalg import lapack

        count = matrix.shape[1]
        allowed = self.memory if self.memory is not None else half_of_memory()
        needed = BYTES_PER_CELL * count**2
        if needed > allowed:
            raise UsageError(
                f"EASE over {count:,} items needs {needed / 1e9:.1f} GB and may take {allowed / 1e9:.1f} GB; "
                f"use the scorer itemknn, whose memory grows with the items, not their square."
            )
        columns = matrix.tocsc()
        takers = matrix.T.tocsr()
        inverse = np.empty((count, count), dtype=np.float64, order="F")
        for start in range(0, count, BLOCK):
            inverse[:, start : start + BLOCK] = (takers @ columns[:, start : start + BLOCK]).toarray()
        inverse[np.diag_indices(count)] += self.penalty
        inverse, fault = lapack.dpotrf(inverse, lower=1, overwrite_a=1)
        if not fault:
            inverse, fault = lapack.dpotri(inverse, lower=1, overwrite_c=1)
        if fault:
            raise UsageError(f"penalty={self.penalty}: too small for EASE to solve; raise it to 100 or more.")
        scale = -1 / np.diag(inverse)
        weights = np.empty((count, count), dtype=np.float32)
        for place in range(count):
            # Only the lower triangle was solved; the inverse is symmetric.
            weights[place, :place] = inverse[place, :place]
            weights[place, place:] = inverse[place:, place]
        weights *= scale.astype(np.float32)
        weights[np.diag_indices(count)] = 0
        self._weights = weights

    def spread(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return float32 [items]: the weighted sum of the rows at `places`."""
        scores: np.ndarray = weights @ self._weights[places]
        return scores


def half_of_memory() -> int:
    """Return half of this machine's memory in bytes; 4 GB where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return 4 * 10**9


SCORER = EASE
