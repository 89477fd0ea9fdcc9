"""ReDial and INSPIRED: does the list hold the film that a person recommended next? Without a language model."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.recommendation.redial_features import GROUPS, NAMES, Evidence, Spoken
from shelftalk.evals.recommendation.redial_films import FACTS, MOVIELENS, RATINGS, Film, read_films
from shelftalk.evals.recommendation.redial_precedents import Precedents
from shelftalk.evals.recommendation.redial_ranker import Ranker, fit
from shelftalk.evals.recommendation.redial_rows import (
    Dialogue,
    read_dialogues,
    read_test,
    spoken_names,
)
from shelftalk.evals.recommendation.redial_rows import Row as Conversation
from shelftalk.evals.recommendation.redial_samples import draw
from shelftalk.evals.recommendation.redial_scorers import (
    KS,
    hits,
    interactions,
    on_movielens,
    popularity,
    scores_of,
)
from shelftalk.evals.recommendation.redial_words import Words, film_vectors, read_words, shown_titles
from shelftalk.evals.report import Row
from shelftalk.tools.indexing_progress import shown
from shelftalk.tools.scores import scorer_class
from shelftalk.tools.scores.interactions import make_interactions

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.scores.interactions import Interactions

VALID = "dialogues/redial_valid.jsonl"
PLAIN = ("popularity", "itemknn", "ease", "ials", "multvae")
COMBINED = "combination"


@dataclass(frozen=True)
class Suite:
    """One set of test rows, its candidates, and what its tables are called."""

    title: str
    rows: str
    resources: str
    items: str

    @property
    def coverage(self) -> str:
        """What the table of links is called."""
        return f"{self.title}: links by title and year"


SUITES = tuple(
    Suite(
        title,
        *(f"dialogues/{title.lower()}_{name}" for name in ("test.jsonl", "entity2id.json", "item_ids.json")),
    )
    for title in ("ReDial", "INSPIRED")
)
NEEDS = (
    *(name for suite in SUITES for name in (suite.rows, suite.resources, suite.items)),
    VALID,
    FACTS,
    MOVIELENS,
    RATINGS,
)
_HOW = (
    "The rows of He et al. (arXiv 2308.10053): a recommender's turn, what was said before it, the films it names. "
    "Films mentioned before are taken out of targets and lists; each target counts once; all films of the data set are "
    "candidates. The scorers take the films mentioned so far as likes and are fitted on films rated 4 or more in "
    "MovieLens and on the films of ReDial's 901 validation dialogues, or on these alone. The combination weighs "
    "behaviour, content, words and popularity with what it learnt on the validation dialogues; no language model."
)
_GPT = "Published for GPT-4, which saw no training rows: Recall@1 .050, @5 .140, @10 .201, @20 .268."
_LINKS = "The share of targets, of films mentioned before, and of all films, that have a link."
NOTES = {
    SUITES[0].title: f"{_HOW} {_GPT}",
    SUITES[
        1
    ].title: f"{_HOW} Nothing was fitted or chosen on INSPIRED: the same way of working, on other people.",
} | {suite.coverage: _LINKS for suite in SUITES}


@dataclass(frozen=True)
class World:
    """What is read for one set of rows."""

    films: list[Film]
    rows: list[Conversation]
    dialogues: list[Dialogue]

    @property
    def ids(self) -> list[str]:
        """The ids of all films, which are the candidates."""
        return [film.id for film in self.films]

    @property
    def valid(self) -> list[Conversation]:
        """The rows that are learnt from."""
        return [row for dialogue in self.dialogues for row in dialogue.rows]


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure plain scorers and the combination on both sets of rows; `data` holds the files in NEEDS."""
    out = []
    for suite in SUITES:
        world = read_world(data, suite)
        out += _plain(suite, world, data, seed, progress)
        for system, scores in combined(suite, world, data, encoder, seed, progress).items():
            out += recall_rows(suite.title, system, scores, world, seed)
        out += coverage_rows(suite, world, seed)
    order = [title for suite in SUITES for title in (suite.title, suite.coverage)]
    return sorted(out, key=lambda row: order.index(row.part))


def read_world(data: Path, suite: Suite) -> World:
    """Read films, test rows and validation dialogues; the dialogues are always ReDial's."""
    films = read_films(data, _json(data / suite.resources), _json(data / suite.items))
    return World(films, read_test(data / suite.rows, films), read_dialogues(data / VALID, films))


def _json(path: Path) -> Any:
    return json.loads(path.read_text("utf-8"))


def _plain(suite: Suite, world: World, data: Path, seed: int, progress: bool) -> list[Row]:
    """Measure every scorer fitted on both sources, and those from neighbours on the dialogues alone."""
    both = interactions(data, world.films, world.dialogues)
    alone = interactions(None, world.films, world.dialogues)
    fits: list[tuple[str, str, Interactions]] = [(name, name, both) for name in PLAIN]
    fits += [(f"{name}, dialogues alone", name, alone) for name in ("popularity", "itemknn", "ease")]
    out = []
    with shown(f"{suite.title}: scorers", progress) as tell:
        for number, (system, name, taken) in enumerate(fits, 1):
            scorer = scorer_class(name)()
            scorer.fit(taken)
            scores = scores_of(scorer, world.rows, world.ids)
            out += recall_rows(suite.title, system, scores, world, seed)
            if tell is not None:
                tell(number, len(fits))
    return out


def combined(
    suite: Suite, world: World, data: Path, encoder: Encoder, seed: int = 0, progress: bool = False
) -> dict[str, np.ndarray]:
    """Learn the combination, and those without one kind of evidence: float32 [rows, films] of each system."""
    titles = shown_titles(world.films, _json(data / FACTS))
    valid = world.valid
    words = read_words(data / VALID, valid, titles, encoder, progress)
    evidence = make_evidence(suite, world, words, data, encoder, progress)
    with shown(f"{suite.title}: evidence", progress) as tell:
        samples = draw(
            valid,
            evidence.place,
            lambda number: evidence.of(valid[number], words, number),
            seed,
            (lambda done: tell(done, len(valid))) if tell is not None else None,
        )
    rankers: dict[str, Ranker] = {}
    with shown(f"{suite.title}: learning", progress) as tell:
        for number, (system, used) in enumerate(_systems().items(), 1):
            rankers[system] = fit(samples, valid, used, seed)
            if tell is not None:
                tell(number, len(_systems()))
    del samples
    words = read_words(data / suite.rows, world.rows, titles, encoder, progress)
    return _scores(suite, rankers, world.rows, evidence, words, progress)


def _systems() -> dict[str, np.ndarray]:
    """Return which features each system has: all, and all but one kind's."""
    every = {COMBINED: np.ones(len(NAMES), dtype=bool)}
    return every | {f"{COMBINED} without {group}": ~np.isin(NAMES, names) for group, names in GROUPS.items()}


def make_evidence(
    suite: Suite, world: World, words: Words, data: Path, encoder: Encoder, progress: bool = False
) -> Evidence:
    """Collect what is known of the films; scorers are fitted on MovieLens alone, `words` are of validation rows."""
    taken = make_interactions(on_movielens(data, world.films))
    scorers = {"ease": scorer_class("ease")(), "itemknn": scorer_class("itemknn")()}
    for scorer in scorers.values():
        scorer.fit(taken)
    place = {id_: number for number, id_ in enumerate(world.ids)}
    return Evidence(
        world.films,
        spoken_names(world.films, _json(data / FACTS)),
        film_vectors(data / suite.items, world.films, encoder, progress),
        Spoken(world.dialogues, place),
        scorers,
        popularity(data),
        Precedents(world.dialogues, words, place),
    )


def _scores(
    suite: Suite,
    rankers: dict[str, Ranker],
    rows: Sequence[Conversation],
    evidence: Evidence,
    words: Words,
    progress: bool,
) -> dict[str, np.ndarray]:
    out = {system: np.empty((len(rows), len(evidence.ids)), dtype=np.float32) for system in rankers}
    with shown(f"{suite.title}: ranking", progress) as tell:
        for number, row in enumerate(rows):
            features = evidence.of(row, words, number)
            for system, ranker in rankers.items():
                out[system][number] = ranker.score(features, row)
            if tell is not None:
                tell(number + 1, len(rows))
    return out


def recall_rows(part: str, system: str, scores: np.ndarray, world: World, seed: int) -> list[Row]:
    """Return Recall at each K, with its interval over targets."""
    return [
        Row(part, system, f"Recall@{k}", interval(hits(scores, world.rows, world.ids, k), seed)) for k in KS
    ]


def coverage_rows(suite: Suite, world: World, seed: int) -> list[Row]:
    """Return the share of targets, mentions and candidates that a link was found for."""
    by_id = {film.id: film for film in world.films}
    groups = {
        "targets": [by_id[id_] for row in world.rows for id_ in row.targets if id_ in by_id],
        "mentions": [by_id[id_] for row in world.rows for id_ in row.seen],
        "all films": world.films,
    }
    rows = []
    for group, found in groups.items():
        links = {
            "MovieLens": [float(bool(film.movielens)) for film in found],
            "film facts": [float(bool(film.redial)) for film in found],
        }
        rows += [Row(suite.coverage, group, what, interval(has, seed)) for what, has in links.items()]
    return rows
