"""How far a mean over queries may be trusted: percentile bootstrap intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

_AT_ONCE = 4_000_000  # drawn indices held in memory at a time


@dataclass(frozen=True)
class Interval:
    """A mean over `n` queries and the interval it lies in; a figure taken from elsewhere has low == high, n = 0."""

    mean: float
    low: float
    high: float
    n: int

    def __str__(self) -> str:
        """Return "0.612 (0.598 to 0.626)", or the mean alone where there is no interval."""
        if not self.n:
            return f"{self.mean:.3f}"
        return f"{self.mean:.3f} ({self.low:.3f} to {self.high:.3f})"


def interval(
    values: Sequence[float] | np.ndarray, seed: int = 0, draws: int = 2000, level: float = 0.95
) -> Interval:
    """Return the mean of one value a query, with its percentile bootstrap interval.

    `values` [queries] are drawn with replacement `draws` times; the interval holds `level` of the means. ValueError:
    no values, one that is not finite, draws below 1 or a level outside 0 to 1. (Efron and Tibshirani, An
    Introduction to the Bootstrap, 1993, section 13.3)
    """
    found = np.asarray(values, np.float64)
    if found.ndim != 1 or not len(found) or not np.isfinite(found).all():
        raise ValueError(f"one finite value a query is wanted, not an array of shape {found.shape}")
    if draws < 1 or not 0 < level < 1:
        raise ValueError(f"draws from 1 and a level between 0 and 1 are wanted, not {draws} and {level}")
    mean = float(found.mean())
    if (found == found[0]).all():
        return Interval(float(found[0]), float(found[0]), float(found[0]), len(found))
    means = _means(found, np.random.default_rng(seed), draws)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    # Rounding aside, the mean lies between them but where a few values are extreme.
    return Interval(mean, min(float(low), mean), max(float(high), mean), len(found))


def difference(
    a: Sequence[float] | np.ndarray,
    b: Sequence[float] | np.ndarray,
    seed: int = 0,
    draws: int = 2000,
    level: float = 0.95,
) -> Interval:
    """Return the mean of a - b over the same queries, with its interval; the queries are drawn in pairs.

    a is ahead of b beyond the interval where `low` is above 0. ValueError: not the same number of values.
    """
    first, second = np.asarray(a, np.float64), np.asarray(b, np.float64)
    if first.shape != second.shape:
        raise ValueError(f"the same queries are wanted twice, not {first.shape} and {second.shape}")
    return interval(first - second, seed, draws, level)


def _means(values: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Return the means of `draws` samples of `values`, drawn with replacement: [draws]."""
    n = len(values)
    # Where few values differ (hit or miss), how often each is drawn says all: quicker than drawing queries.
    distinct, counts = np.unique(values, return_counts=True)
    if len(distinct) <= 256:
        out: np.ndarray = rng.multinomial(n, counts / n, size=draws) @ distinct / n
        return out
    means = np.empty(draws)
    step = max(1, _AT_ONCE // n)
    for start in range(0, draws, step):
        drawn = rng.integers(0, n, size=(min(step, draws - start), n), dtype=np.int32)
        means[start : start + len(drawn)] = values[drawn].mean(axis=1)
    return means
