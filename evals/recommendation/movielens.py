"""MovieLens-1M and 100K by held-out users, and our EASE and iALS beside the plainest code that does the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.recommendation.films import FILMS, TITLES, load_films, load_pairs, load_titles
from shelftalk.evals.recommendation.plain import plain_ease, plain_ials
from shelftalk.evals.recommendation.protocol import quality, split_users
from shelftalk.evals.recommendation.tuning import (
    BASE,
    DataSet,
    ahead_rows,
    metric_rows,
    on_test,
    tune_all,
)
from shelftalk.tools.scores.ials import IALS

if TYPE_CHECKING:
    from shelftalk.evals.report import Row
    from shelftalk.tools.encoder import Encoder

PAIRS = ("ml1m_train.parquet", "ml1m_cold_val.parquet", "ml1m_cold_test.parquet")
RATINGS = "ml100k_ratings.parquet"
NEEDS = (*PAIRS, FILMS, RATINGS, TITLES)
LARGE, SMALL = "MovieLens-1M", "MovieLens-100K"
HELD_OUT, HELD_OUT_SMALL, FOLDS = 750, 150, 3
_AHEAD = "{}: ahead of " + BASE
_PROTOCOL = (
    "Held-out users as in Mult-VAE's paper: a scorer is fitted on the other users, 80% of what a test user took is "
    "folded in and left out of the ranking, the rest is to be found among all films. Recall's denominator is "
    "min(K, films to be found). Settings were chosen by NDCG@100 on validation users, who are neither trained on nor "
    "tested; the test users were scored once."
)
_PAIRED = "The difference for the same test users, drawn in pairs."
NOTES = {
    LARGE: f"{_PROTOCOL} {HELD_OUT} users are tested and {HELD_OUT} validated on. Every rating counts as taken.",
    _AHEAD.format(LARGE): _PAIRED,
    SMALL: (
        f"{_PROTOCOL} {FOLDS} splits of the users, each with {HELD_OUT_SMALL} to test and {HELD_OUT_SMALL} to "
        f"validate; nobody is held out twice, and one setting is chosen for all splits. Every rating counts as taken. "
        f"The films have titles and genres, no posters."
    ),
    _AHEAD.format(SMALL): _PAIRED,
}


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure every scorer on both data sets; `data` holds the files in NEEDS."""
    return [
        row
        for found in (large(data, encoder, seed, progress), small(data, encoder, seed, progress))
        for row in _rows(found, seed, progress)
    ]


def large(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> DataSet:
    """Return MovieLens-1M in one split."""
    pairs = load_pairs([data / name for name in PAIRS], "uid", "iid")
    return DataSet(LARGE, [split_users(pairs, HELD_OUT, seed)], load_films(data, encoder, progress))


def small(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> DataSet:
    """Return MovieLens-100K in a few splits that hold out different users."""
    pairs = load_pairs([data / RATINGS], "user", "item")
    splits = [split_users(pairs, HELD_OUT_SMALL, seed, fold) for fold in range(FOLDS)]
    return DataSet(SMALL, splits, load_titles(data, encoder, progress))


def _rows(data: DataSet, seed: int, progress: bool) -> list[Row]:
    chosen = tune_all(data, progress)
    found = {tuned.label: on_test(data, tuned, progress) for tuned in chosen}
    base = next(tuned for tuned in chosen if tuned.name == BASE)
    rows = ahead_rows(_AHEAD.format(data.title), found, base.label, seed)
    penalty = float(base.settings["penalty"])
    found["EASE in plain NumPy, the same penalty"] = np.concatenate(
        [quality(plain_ease(split, split.test, penalty), split.test.wanted) for split in data.splits], axis=1
    )
    ials = next((IALS(**tuned.settings) for tuned in chosen if tuned.name == IALS.name), None)
    if ials is not None:
        found["iALS by implicit, the same settings"] = np.concatenate(
            [quality(plain_ials(split, split.test, ials, seed), split.test.wanted) for split in data.splits],
            axis=1,
        )
    return metric_rows(data.title, found, seed) + rows
