"""Scorers on conversations: fitted on MovieLens and dialogues together, asked with the films mentioned so far."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.ranking import ranked
from shelftalk.evals.recommendation.redial_films import RATINGS, Film
from shelftalk.evals.recommendation.redial_rows import Dialogue, Row
from shelftalk.tools.scores.interactions import make_interactions

if TYPE_CHECKING:
    from shelftalk.tools.scores.contract import Scorer
    from shelftalk.tools.scores.interactions import Interactions

LIKED = 4.0  # stars from which a rated film counts as taken, as in the paper of Mult-VAE
LATELY = 1_506_816_000  # October 2017: about when ReDial's dialogues were held, and since
KS = (1, 5, 10, 20)


def popularity(data: Path) -> dict[str, tuple[int, int, int]]:
    """Return how often each film of MovieLens is rated, with LIKED stars or more, and since LATELY."""
    import pyarrow.parquet as pq

    times = pq.read_table(data / RATINGS, columns=["timestamp"]).column("timestamp").to_pylist()
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for (_, film, rating), time in zip(_ratings(data), times, strict=True):
        counts[film][0] += 1
        counts[film][1] += rating >= LIKED
        counts[film][2] += time >= LATELY
    return {film: (every, liked, lately) for film, (every, liked, lately) in counts.items()}


def on_movielens(data: Path, films: Sequence[Film]) -> Iterator[dict[str, str]]:
    """Give who gave a film LIKED stars or more in MovieLens, as records; films with no link are left out."""
    linked = {film.movielens: film.id for film in films if film.movielens}
    for user, film, rating in _ratings(data):
        if rating >= LIKED and film in linked:
            yield {"shopper": f"user {user}", "item": linked[film]}


def _ratings(data: Path) -> Iterator[tuple[int, str, float]]:
    import pyarrow.parquet as pq

    table = pq.read_table(data / RATINGS, columns=["userId", "Id", "rating"])
    users, films, stars = (table.column(name).to_pylist() for name in ("userId", "Id", "rating"))
    yield from zip(users, map(str, films), stars, strict=True)


def mentioned(dialogues: Sequence[Dialogue]) -> Iterator[dict[str, str]]:
    """Give every film of each dialogue as a record: those who speak of one film often speak of the other."""
    for dialogue in dialogues:
        for film in dialogue.films:
            yield {"shopper": f"dialogue {dialogue.id}", "item": film}


def interactions(data: Path | None, films: Sequence[Film], dialogues: Sequence[Dialogue]) -> Interactions:
    """Return what plain scorers are fitted on: films liked in MovieLens, if `data` is given, and of dialogues."""
    return make_interactions([*(on_movielens(data, films) if data else ()), *mentioned(dialogues)])


def scores_of(scorer: Scorer, rows: Sequence[Row], ids: Sequence[str]) -> np.ndarray:
    """Score all films for the films seen in each row, as likes: float32 [rows, ids]."""
    return np.stack([scorer.score(scorer.fold_in(row.seen), ids) for row in rows])


def hits(scores: np.ndarray, rows: Sequence[Row], ids: Sequence[str], k: int) -> np.ndarray:
    """Say of each target of each row whether it is among the first k that were not seen: float64 [targets].

    scores [rows, ids] are left as they are. Their mean is the Recall@k of He et al. (arXiv 2308.10053): each target
    counts once, so a row with two counts twice. A target that is none of `ids` is a miss.
    """
    place = {id_: number for number, id_ in enumerate(ids)}
    out: list[float] = []
    for own, row in zip(scores, rows, strict=True):
        left = own.astype(np.float64)
        left[_places(row.seen, place)] = -np.inf
        found = set(ranked(left[None], k)[0].tolist())
        out += [float(place.get(target, -2) in found) for target in row.targets]
    return np.array(out)


def _places(ids: Collection[str], place: dict[str, int]) -> list[int]:
    return [place[id_] for id_ in ids if id_ in place]
