"""Rows made by comparing phrases with photos: what several parts share."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.ranking import first_hit, hit_at, hits, precision_at, ranked, recall_at, reciprocal_rank
from shelftalk.evals.report import Row

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder

K = 10
_AT_ONCE = 256  # queries scored at a time
NO_VALUE = ("", "NA", "None")


def system_name(encoder: Encoder) -> str:
    """Return what an encoder is called in a table."""
    from shelftalk.tools.encoder import SHIPPED

    return "shelftalk" if Path(encoder.name) == SHIPPED else encoder.name


def by_value(values: Iterable[str]) -> dict[str, list[int]]:
    """Return the places at which each value stands."""
    places: dict[str, list[int]] = {}
    for place, value in enumerate(values):
        places.setdefault(value, []).append(place)
    return places


def title_rows(
    part: str, system: str, queries: np.ndarray, photos: np.ndarray, relevant: Sequence[list[int]], seed: int
) -> list[Row]:
    """Measure queries [queries, size] against photos [photos, size], of which `relevant` are to be found."""
    rankings, firsts = [], []
    for start in range(0, len(queries), _AT_ONCE):
        scores = queries[start : start + _AT_ONCE] @ photos.T
        rankings.append(ranked(scores, K))
        firsts.append(first_hit(scores, relevant[start : start + _AT_ONCE]))
    ranking = np.concatenate(rankings)
    values = {
        "Recall@1": recall_at(ranking, relevant, 1),
        "Recall@10": recall_at(ranking, relevant, K),
        "MRR@10": reciprocal_rank(ranking, relevant),
        "Hit@10": hit_at(ranking, relevant, K),
        "MRR": 1 / np.concatenate(firsts),
    }
    return [Row(part, system, metric, interval(value, seed)) for metric, value in values.items()]


def value_row(
    part: str,
    system: str,
    metric: str,
    encoder: Encoder,
    photos: np.ndarray,
    values: Sequence[str],
    seed: int,
    full: bool = True,
) -> Row:
    """Measure, for each distinct value in lower case, how many of the first ten photos [photos, size] have it.

    `full` false: where fewer than ten have a value, precision is taken at as many places.
    """
    places = {value: at for value, at in by_value(values).items() if value not in NO_VALUE}
    scores = encoder.phrases([value.lower() for value in places]) @ photos.T
    ranking, relevant = ranked(scores, K), list(places.values())
    precision = precision_at(ranking, relevant, K) if full else precision_within(ranking, relevant, K)
    return Row(part, system, metric, interval(precision, seed))


def precision_within(ranking: np.ndarray, relevant: Sequence[Sequence[int]], k: int) -> np.ndarray:
    """Return the precision at k places, or at as many as are relevant where they are fewer: float64 [queries]."""
    least = np.array([min(k, max(1, len(wanted))) for wanted in relevant])
    found = hits(ranking[:, :k], relevant) & (np.arange(min(k, ranking.shape[1])) < least[:, None])
    out: np.ndarray = found.sum(axis=1) / least
    return out


def naming_row(
    part: str,
    system: str,
    metric: str,
    encoder: Encoder,
    photos: np.ndarray,
    own: Sequence[str],
    names: Sequence[str],
    seed: int,
) -> Row:
    """Measure how often the nearest of `names`, in plain lower case, is the photo's own."""
    words = [name.lower().replace("-", " ").replace("t shirt", "t-shirt") for name in names]
    nearest = ranked(photos @ encoder.phrases(words).T, 1)[:, 0]
    right = [names[place] == name for place, name in zip(nearest, own, strict=True)]
    return Row(part, system, metric, interval(np.array(right, np.float64), seed))
