"""Shopper cold start: how good a list is after no like at all, one, three, five and ten."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.recommendation import movielens
from shelftalk.evals.recommendation.films import FILMS
from shelftalk.evals.recommendation.protocol import METRICS, predict, quality
from shelftalk.evals.recommendation.tuning import DataSet, Tuned, fitted, tune_all
from shelftalk.evals.report import Row

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder

NEEDS = (*movielens.PAIRS, FILMS)
LIKES = (0, 1, 3, 5, 10)
SHOWN = ("NDCG@100", "Recall@20")
HOW = (
    f"The test users with {max(LIKES)} items or more to fold in, of whom the first few, in random order, are folded "
    f"in as likes. What is to be found, and what is ranked, are the same for every number of likes: what is folded in "
    f"of the user in the full measure is left out of the ranking. Settings as tuned on full histories."
)


def title(data: str, metric: str) -> str:
    """Return what the table of a metric is called."""
    return f"{data}, new shoppers: {metric}"


NOTES = {title(movielens.LARGE, metric): HOW for metric in SHOWN}


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure every scorer on MovieLens-1M; `data` holds the files in NEEDS."""
    found = movielens.large(data, encoder, seed, progress)
    return after_likes(found, tune_all(found, progress), seed, progress)


def after_likes(data: DataSet, chosen: Sequence[Tuned], seed: int = 0, progress: bool = False) -> list[Row]:
    """Return a row for each scorer and number of likes, in one table a metric."""
    rows = []
    for tuned in chosen:
        asked: dict[int, list[np.ndarray]] = {likes: [] for likes in LIKES}
        for fold, split in enumerate(data.splits):
            scorer = fitted(data, fold, tuned, progress)
            held = split.test.with_known(max(LIKES))
            for likes, parts in asked.items():
                parts.append(quality(predict(scorer, held, split.items, likes), held.wanted))
        for likes, parts in asked.items():
            values = np.concatenate(parts, axis=1)  # [metrics, users]
            for metric in SHOWN:
                value = interval(values[METRICS.index(metric)], seed)
                column = f"{likes} like{'s' * (likes != 1)}"
                rows.append(Row(title(data.title, metric), tuned.label, column, value))
    return sorted(rows, key=lambda row: [title(data.title, metric) for metric in SHOWN].index(row.part))
