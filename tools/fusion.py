"""One ranking out of several: each signal is brought to 0..1 over the candidates, weighed and added.

What a signal added to a candidate's score is kept under the signal's name, so the score is the sum of its
parts, and why one product stands above another can be read off them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


def fuse(
    signals: Mapping[str, np.ndarray], weights: Mapping[str, float]
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return the candidates' scores and their parts by name, float64 [candidates]; parts add up to scores.

    `signals` are float [candidates], higher is better, on any scale; NaN is "says nothing of this one" and
    counts as the lowest. A signal that is the same for all candidates adds nothing, one without a weight is
    left out; at least one must remain.
    """
    import numpy as np

    parts = {name: weight * _unit(signals[name]) for name, weight in weights.items() if name in signals}
    return np.sum(list(parts.values()), axis=0), parts


def _unit(values: np.ndarray) -> np.ndarray:
    import numpy as np

    values = np.asarray(values, dtype=np.float64)
    known = np.isfinite(values)
    if not known.any():
        return np.zeros_like(values)
    low, high = values[known].min(), values[known].max()
    if high - low < 1e-9:
        return np.zeros_like(values)
    return np.where(known, (values - low) / (high - low), 0.0)


def blend(base: np.ndarray, change: np.ndarray, weight: float) -> np.ndarray:
    """Return `base` moved towards `change` by `weight`, both float32 [size]; the answer has length 1."""
    import numpy as np

    moved = base + weight * change
    length = float(np.linalg.norm(moved))
    return (moved / length).astype(np.float32) if length > 1e-6 else base
