"""Shares of turns, and how far they may be trusted: the bootstrap draws whole conversations, not turns.

Turns of one conversation stand or fall together, so that turns drawn one by one would make intervals too narrow.
(Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8)
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from shelftalk.evals.bootstrap import Interval

DRAWS = 2000
FEWEST = 5  # conversations that an interval is drawn from: with fewer, it would be as narrow as it is wrong
Pair = tuple[float, float]  # of one conversation: how many were right, of how many


def share(pairs: Sequence[Pair], seed: int = 0, level: float = 0.95) -> Interval | None:
    """Return what share was right over all conversations, with its interval; None where there was nothing to count.

    `pairs` [conversations]; the interval's n is how many turns were counted, and 0 where there are too few
    conversations for an interval.
    """
    found = np.asarray(pairs, np.float64).reshape(-1, 2)  # [conversations, 2]
    if not len(found) or found[:, 1].sum() == 0:
        return None
    drawn = _drawn(len(found), seed)  # [draws, conversations]
    return _interval(_ratio(found.sum(0)), _ratio(drawn @ found), found, level)


def change(
    after: Sequence[Pair], before: Sequence[Pair], seed: int = 0, level: float = 0.95
) -> Interval | None:
    """Return how much a share rose over the same conversations, with its interval; conversations are drawn in pairs.

    ValueError: not the same number of conversations. As `share` otherwise.
    """
    new, old = (np.asarray(pairs, np.float64).reshape(-1, 2) for pairs in (after, before))
    if new.shape != old.shape:
        raise ValueError(f"the same conversations are wanted twice, not {len(new)} and {len(old)}")
    if not len(new) or new[:, 1].sum() == 0 or old[:, 1].sum() == 0:
        return None
    drawn = _drawn(len(new), seed)
    rose = _ratio(new.sum(0)) - _ratio(old.sum(0))
    return _interval(rose, _ratio(drawn @ new) - _ratio(drawn @ old), np.minimum(new, old), level)


def _drawn(count: int, seed: int) -> np.ndarray:
    """Return how often each conversation is drawn: [draws, conversations]."""
    rng = np.random.default_rng(seed)
    drawn: np.ndarray = rng.multinomial(count, np.full(count, 1 / count), size=DRAWS)
    return drawn


def _ratio(sums: np.ndarray) -> np.ndarray:
    """Return right / counted, [..., 2] -> [...]; NaN where a draw has nothing to count."""
    counted = sums[..., 1]
    out: np.ndarray = np.divide(sums[..., 0], counted, out=np.full_like(counted, np.nan), where=counted > 0)
    return out


def _interval(mean: np.ndarray, draws: np.ndarray, pairs: np.ndarray, level: float) -> Interval:
    middle, counted = float(mean), pairs[:, 1]
    if (counted > 0).sum() < FEWEST:
        return Interval(middle, middle, middle, 0)
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return Interval(middle, min(float(low), middle), max(float(high), middle), int(counted.sum()))
