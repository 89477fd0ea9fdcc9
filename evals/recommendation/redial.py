"""ReDial: does the list hold the film that a person recommended next? Without a language model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.recommendation.redial_films import FACTS, MOVIELENS, RATINGS, Film, read_films
from shelftalk.evals.recommendation.redial_rows import Row as Conversation
from shelftalk.evals.recommendation.redial_rows import read_dialogues, read_test
from shelftalk.evals.recommendation.redial_scorers import KS, hits, interactions, scores_of
from shelftalk.evals.report import Row
from shelftalk.tools.indexing_progress import shown
from shelftalk.tools.scores import scorer_class

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder

TEST = "dialogues/redial_test.jsonl"
VALID = "dialogues/redial_valid.jsonl"
RESOURCES = "dialogues/redial_entity2id.json"
ITEMS = "dialogues/redial_item_ids.json"
NEEDS = (TEST, VALID, RESOURCES, ITEMS, FACTS, MOVIELENS, RATINGS)
PLAIN = ("popularity", "itemknn", "ease", "ials", "multvae")
TABLE, COVERAGE = "ReDial", "ReDial: links by title and year"
NOTES = {
    TABLE: (
        "The rows of He et al. (arXiv 2308.10053): a recommender's turn, the conversation before it, the films it "
        "names. Films mentioned before are taken out of targets and lists; each target counts once. Candidates are "
        "all films of the data set. Published for GPT-4, without training: Recall@1 .050, @5 .140, @10 .201, @20 .268."
    ),
    COVERAGE: "The share of targets, and of films mentioned before, that are linked to MovieLens and to film facts.",
}


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure the plain scorers and the combination on the test rows; `data` holds the files in NEEDS."""
    del encoder
    films = read_films(data, _json(data / RESOURCES), _json(data / ITEMS))
    rows = read_test(data / TEST, films)
    dialogues = read_dialogues(data / VALID, films)
    taken = interactions(data, films, dialogues)
    ids = [film.id for film in films]
    out = []
    with shown("ReDial: scorers", progress) as tell:
        for number, name in enumerate(PLAIN, 1):
            scorer = scorer_class(name)()
            scorer.fit(taken)
            out += recall_rows(name, scores_of(scorer, rows, ids), rows, ids, seed)
            if tell is not None:
                tell(number, len(PLAIN))
    return [*out, *coverage_rows(films, rows, seed)]


def _json(path: Path):  # type: ignore[no-untyped-def]
    return json.loads(path.read_text("utf-8"))


def recall_rows(
    system: str, scores: np.ndarray, rows: Sequence[Conversation], ids: Sequence[str], seed: int
) -> list[Row]:
    """Return Recall at each K, with its interval over targets."""
    return [Row(TABLE, system, f"Recall@{k}", interval(hits(scores, rows, ids, k), seed)) for k in KS]


def coverage_rows(films: Sequence[Film], rows: Sequence[Conversation], seed: int) -> list[Row]:
    """Return the share of targets and of mentions that a link was found for."""
    by_id = {film.id: film for film in films}
    groups = {
        "targets": [by_id[id_] for row in rows for id_ in row.targets if id_ in by_id],
        "mentions": [by_id[id_] for row in rows for id_ in row.seen],
        "candidates": list(films),
    }
    return [
        Row(COVERAGE, group, what, interval([float(bool(link(film))) for film in found], seed))
        for group, found in groups.items()
        for what, link in (
            ("MovieLens", lambda film: film.movielens),
            ("film facts", lambda film: film.redial),
        )
    ]
