"""Scorers on conversations: fitted on MovieLens and dialogues together, asked with the films mentioned so far."""

from __future__ import annotations

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
KS = (1, 5, 10, 20)


def rated(data: Path, films: Sequence[Film], stars: float = LIKED) -> list[dict[str, str]]:
    """Return who gave a film `stars` or more in MovieLens, as records; films with no link are left out."""
    import pyarrow.parquet as pq

    linked = {film.movielens: film.id for film in films if film.movielens}
    table = pq.read_table(data / RATINGS, columns=["userId", "Id", "rating"])
    columns = (table.column(name).to_pylist() for name in ("userId", "Id", "rating"))
    return [
        {"shopper": f"user {user}", "item": linked[str(film)]}
        for user, film, rating in zip(*columns, strict=True)
        if rating >= stars and str(film) in linked
    ]


def mentioned(dialogues: Sequence[Dialogue]) -> Iterator[dict[str, str]]:
    """Give every film of each dialogue as a record: those who speak of one film often speak of the other."""
    for dialogue in dialogues:
        for film in dialogue.films:
            yield {"shopper": f"dialogue {dialogue.id}", "item": film}


def interactions(data: Path, films: Sequence[Film], dialogues: Sequence[Dialogue]) -> Interactions:
    """Return what plain scorers are fitted on: films liked in MovieLens, and films of the dialogues."""
    return make_interactions([*rated(data, films), *mentioned(dialogues)])


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
