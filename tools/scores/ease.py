"""EASE: a linear model from items to items in closed form (Steck, arXiv 1905.03375)."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.shared import ItemScorer

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.scores.contract import Progress

# float64 for the inverse, in whose place the float32 weights are then put.
BYTES_PER_CELL = 8
BLOCK = 512


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
        cells = room.reshape(count, count)
        takers = matrix.T.tocsr()
        for start in range(0, count, BLOCK):
            cells[start : start + BLOCK] = (takers[start : start + BLOCK] @ matrix).toarray()
        cells[np.diag_indices(count)] += self.penalty
        try:
            _invert(cells, self._progress)
        except np.linalg.LinAlgError:
            raise UsageError(
                f"penalty={self.penalty}: too small for EASE to solve; raise it to 100 or more."
            ) from None
        del cells
        self._weights = _weights_in_place(room, count)

    def spread(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return float32 [items]: the weighted sum of the rows at `places`."""
        scores: np.ndarray = weights @ self._weights[places]
        return scores


def _invert(cells: np.ndarray, progress: Progress | None = None) -> None:
    """Put minus the inverse of float64 [n, n], symmetric and positive definite, in its place: the lower triangle.

    Gauss and Jordan's elimination, a block of rows at a time: as quick as a Cholesky factor and the inverse from it,
    but each product is small. OpenBLAS's own factor of 20,000 rows, with two threads or more, has been seen to write
    past the end of a buffer, which ends the process. LinAlgError: not positive definite.
    """
    import numpy as np

    count = len(cells)
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        size = stop - start
        own = cells[start:stop, start:stop]
        own[:] = np.tril(own) + np.tril(own, -1).T
        np.linalg.cholesky(own)  # the check
        inverse = np.linalg.inv(own)  # [size, size]
        # The block's column, of which the lower triangle holds the upper part as a row.
        column = np.concatenate(
            [cells[start:stop, :start].T, cells[stop:, start:stop]]
        )  # [count - size, size]
        solved = column @ inverse
        for top in range(0, count, BLOCK):
            end = min(top + BLOCK, count)
            if top < start:
                cells[top:end, :end] -= solved[top:end] @ column[:end].T
            elif top > start:
                rows = solved[top - size : end - size]
                cells[top:end, :start] -= rows @ column[:start].T
                cells[top:end, start:stop] = rows
                cells[top:end, stop:end] -= rows @ column[start : end - size].T
        cells[start:stop, :start] = solved[:start].T
        cells[start:stop, start:stop] = -inverse
        if progress is not None:
            progress(stop, count)


def _weights_in_place(room: np.ndarray, count: int) -> np.ndarray:
    """Return float32 [count, count], the weights, where the inverse's lower triangle was; `room` is cut to half.

    A weight takes 4 bytes where the inverse took 8, so that no row is written before it was read.
    """
    import numpy as np

    inverse = room.reshape(count, count)
    for start in range(0, count, BLOCK):
        stop = min(start + BLOCK, count)
        inverse[:start, start:stop] = inverse[start:stop, :start].T
        block = inverse[start:stop, start:stop]
        block[:] = np.tril(block) + np.tril(block, -1).T
    scale = -1 / np.diag(inverse)  # [count]; that the inverse stands there with a minus cancels out
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
