"""One ranking out of several: each signal is brought to 0..1, weighed and added.

What a signal added to a candidate's score is kept under the signal's name, so the score is the sum of its
parts, and why one product stands above another can be read off them. (A convex combination of scores brought to
one scale, rather than of ranks: Bruch, Gai and Ingber, An Analysis of Fusion Functions for Hybrid Retrieval,
arXiv 2210.11934, eq. 3 and section 4)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

Bounds = Mapping[str, tuple[float, float]]


def fuse(
    signals: Mapping[str, np.ndarray], weights: Mapping[str, float], bounds: Bounds | None = None
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the candidates' scores and their parts by name, float64 [candidates]; parts add up to scores.

    `signals` are float [candidates], higher is better, on any scale; NaN is "says nothing of this one" and
    counts as the lowest. A signal in `bounds` is scaled by the least and the most that it can be, so that what it
    adds does not hang on which candidates came along; any other by its own range over the candidates, and adds
    nothing where it is the same for all. A signal without a weight is left out; at least one must remain.
    """
    import numpy as np

    limits = bounds or {}
    parts = {
        name: weight * _unit(signals[name], limits.get(name))
        for name, weight in weights.items()
        if name in signals
    }
    return np.sum(list(parts.values()), axis=0), parts


def best_first(scores: np.ndarray, ties: np.ndarray | None = None) -> np.ndarray:
    """Return int64 [candidates]: their places, the highest score first, of equal scores the highest in `ties`.

    What only settles ties can never put a candidate before one with a higher score, however high it is; NaN in
    `ties` is the lowest, and of equals in both the earlier comes first.
    """
    import numpy as np

    if ties is None:
        return np.argsort(-scores, kind="stable")
    return np.lexsort((-np.nan_to_num(ties, nan=-np.inf), -scores))


def _unit(values: np.ndarray, limits: tuple[float, float] | None) -> np.ndarray:
    import numpy as np

    values = np.asarray(values, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return np.zeros_like(values)
    low, high = limits or (values[known].min(), values[known].max())
    if high - low < 1e-9:
        return np.zeros_like(values)
    return np.where(known, np.clip((values - low) / (high - low), 0.0, 1.0), 0.0)


def blend(base: np.ndarray, change: np.ndarray, weight: float) -> np.ndarray:
    """Return `base` moved towards `change` by `weight`, both float32 [size]; the answer has length 1."""
    import numpy as np

    moved = base + weight * change
    length = float(np.linalg.norm(moved))
    return (moved / length).astype(np.float32) if length > 1e-6 else base
