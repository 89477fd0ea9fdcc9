"""EASE: a linear model from items to items in closed form (Steck, arXiv 1905.03375)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.shared import ItemScorer

if TYPE_CHECKING:
    import numpy as np

# float64 for the inverse, in whose place the float32 weights are then put.
BYTES_PER_CELL = 8
BLOCK = 256


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
        """Solve for the weights: equation (8) of the paper."""
        import numpy as np

        count = matrix.shape[1]
        allowed = self.memory if self.memory is not None else half_of_memory()
        needed = BYTES_PER_CELL * count**2
        if needed > allowed:
            raise UsageError(
                f"EASE over {count:,} items needs {needed / 1e9:.1f} GB and may take {allowed / 1e9:.1f} GB; "
                f"use the scorer ials or itemknn, whose memory grows with the items, not their square."
            )
        room = np.empty(count * count, dtype=np.float64)
        if not _inverse(room, matrix, self.penalty):
            raise UsageError(f"penalty={self.penalty}: too small for EASE to solve; raise it to 100 or more.")
        self._weights = _weights_in_place(room, count)

    def spread(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return float32 [items]: the weighted sum of the rows at `places`."""
        scores: np.ndarray = weights @ self._weights[places]
        return scores


def _inverse(room: np.ndarray, matrix: Any, penalty: float) -> bool:
    """Put the inverse of the items' Gram matrix, its lower triangle, into `room`; False where there is none.

    `room` is float64 [items * items], column after column.
    """
    import numpy as np
    from scipy.linalg import lapack

    count = matrix.shape[1]
    gram = room.reshape(
        count, count
    ).T  # a column's cells side by side, as LAPACK wants them to work in place
    columns = matrix.tocsc()
    takers = matrix.T.tocsr()
    for start in range(0, count, BLOCK):
        gram[:, start : start + BLOCK] = (takers @ columns[:, start : start + BLOCK]).toarray()
    gram[np.diag_indices(count)] += penalty
    gram, fault = lapack.dpotrf(gram, lower=1, overwrite_a=1)
    if not fault:
        _, fault = lapack.dpotri(gram, lower=1, overwrite_c=1)
    return not fault


def _weights_in_place(room: np.ndarray, count: int) -> np.ndarray:
    """Return float32 [count, count], the weights, where the inverse was; `room` is cut to half its length.

    A weight takes 4 bytes where the inverse took 8, so that no row is written before it was read.
    """
    import numpy as np

    inverse = room.reshape(count, count)  # its columns as rows: solved from the diagonal to the right
    for start in range(0, count, BLOCK):
        # It is symmetric: what lies left of the diagonal is filled in, a block of rows at a time.
        stop = min(start + BLOCK, count)
        inverse[start:stop, :start] = inverse[:start, start:stop].T
        block = inverse[start:stop, start:stop]
        block[:] = np.triu(block) + np.triu(block, 1).T
    scale = -1 / np.diag(inverse)  # [count]
    weights = room.view(np.float32)[: count * count].reshape(count, count)
    for row in range(count):
        weights[row] = inverse[row] * scale
        weights[row, row] = 0
    del inverse, block, weights  # nothing else may look at the room when it is cut
    room.resize((count * count + 1) // 2, refcheck=False)
    return room.view(np.float32)[: count * count].reshape(count, count)


def half_of_memory() -> int:
    """Return half of this machine's memory in bytes; 4 GB where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, ValueError, OSError):  # Windows has no sysconf
        return 4 * 10**9


SCORER = EASE
