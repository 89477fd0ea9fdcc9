"""New films: MovieLens-1M with films that appear in no training pair, ranked by what they read and look like."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import difference
from shelftalk.evals.features import read_columns, word_vectors
from shelftalk.evals.recommendation.films import FILMS, load_films, load_pairs
from shelftalk.evals.recommendation.plain import ials_factors, ridge
from shelftalk.evals.recommendation.protocol import ndcg_at, recall_at
from shelftalk.evals.recommendation.tuning import metric_rows
from shelftalk.evals.report import Row
from shelftalk.tools.indexing_progress import shown
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.ials import IALS
from shelftalk.tools.scores.mmvae import MMVAE

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.scores.interactions import Interactions

TRAIN, VALIDATION, TEST = (f"ml1m_{part}.parquet" for part in ("train", "cold_val", "cold_test"))
NEEDS = (TRAIN, VALIDATION, TEST, FILMS)
K = 20
METRICS = (f"Recall@{K}", f"NDCG@{K}")
FACTS, SENTENCE = "new films", "new films, one vector for all of the text"
MISSING = "new films, one modality missing"
AHEAD = "{}: how far MM-VAE is ahead"
OURS, KNN, MAP = "MM-VAE", "content kNN", "linear map to iALS factors"
POPULARITY, FAME = "popularity (nobody has taken them: in random order)", "popularity by a linear map"
NEIGHBOURS = (20, 100, 500, 0)  # tried; 0: all films
RIDGES = (0.3, 1.0, 3.0, 10.0, 30.0)  # tried: penalties of the linear map
PICTURE_WEIGHTS = (0.0, 0.5, 1.0)  # tried: of a picture beside a text's 1, for content kNN and the linear map
_HOW = (
    "Scorers are fitted on ml1m_train; the films of ml1m_cold_test, which nobody in it took, enter by title, genres, "
    "plot, director, cast and poster alone, and are ranked among themselves for each user by what the user took in "
    f"ml1m_train. Recall's denominator is min({K}, films to be found). Every system reads the same vectors; the "
    "settings were chosen by NDCG on the films of ml1m_cold_val, which are others (MM-VAE's are its defaults). "
    "Content kNN: the similarity (cosine around the "
    "mean) of a film to its nearest films of ml1m_train, summed over those that the user took. Linear map: ridge "
    "regression to the factors that iALS gives the films of ml1m_train; popularity by a linear map: the same to "
    "the logarithm of how many took them."
)
_PAIRED = "The difference for the same users, drawn in pairs."
NOTES = {
    FACTS: f"{_HOW} A film's text is three vectors of the encoder (title and genres; plot; director and cast), a 1 for "
    "each of its genres, and its year.",
    SENTENCE: f"{_HOW} A film's text is one vector of the encoder, for the title, genres, plot, director and cast.",
    MISSING: f"{_HOW} The new films have only a text, or only a poster; the fit has both. Texts as in '{FACTS}'.",
    **{AHEAD.format(title): _PAIRED for title in (FACTS, SENTENCE, MISSING)},
}  # fmt: skip


@dataclass(frozen=True)
class New:
    """New films, and who took which of them; users with none are left out."""

    films: list[str]
    users: np.ndarray  # int64 [users], numbers of the training pairs' shoppers
    wanted: np.ndarray  # bool [users, films]


@dataclass(frozen=True)
class Task:
    """What the films read and look like, who took which, and which are new."""

    train: Interactions
    content: Content
    validation: New
    test: New

    def vectors(self, films: Sequence[str], pictures: float) -> np.ndarray:
        """Return films' text and picture side by side, around the mean of the training films': float64 [films, size].

        The mean squared length of either is 1 over the training films, times `pictures` squared for the pictures;
        what is missing is 0.
        """
        place = {film: number for number, film in enumerate(self.content.items)}
        seen, asked = ([place[film] for film in some] for some in (self.train.items, films))
        parts = []
        for part, weight in ((self.content.words, 1.0), (self.content.pictures, pictures)):
            mean = np.nanmean(part[seen].astype(np.float64), axis=0)
            length = np.sqrt(np.nanmean(np.square(part[seen] - mean).sum(axis=1)))
            parts.append(np.nan_to_num(weight * (part[asked] - mean) / length))
        return np.concatenate(parts, axis=1)


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure MM-VAE on films that nobody took beside what else can rank them; `data` holds the files in NEEDS."""
    films = load_films(data, encoder, progress)
    train = load_pairs([data / TRAIN], "uid", "iid")
    parts = [_new(train, load_pairs([data / name], "uid", "iid")) for name in (VALIDATION, TEST)]
    task = Task(train, replace(films, words=facts(data, encoder, progress)), *parts)
    behaviour = _Behaviour(train, seed)
    rows: list[Row] = []
    for title, one in ((FACTS, task), (SENTENCE, replace(task, content=films))):
        scorer = _fitted(one, seed, title, progress)
        found = _others(one, behaviour, seed) | {OURS: scores(scorer, one, one.test)}
        rows += _rows(title, {name: _quality(own, one.test) for name, own in found.items()}, OURS, seed)
        if title == FACTS:
            rows += _missing(one, scorer, behaviour, seed)
    return rows


def facts(data: Path, encoder: Encoder, progress: bool = False) -> np.ndarray:
    """Return what films read: vectors of title and genres, plot, and people; genres; the year: float32 [films, size].

    Each of the five has the mean squared length 1 around its mean.
    """
    path = data / FILMS
    table = read_columns(path, ["title", "genres", "plot", "director", "cast"])
    genres = [(of or "").split("|") for of in table["genres"]]
    texts = [
        [f"{title}. {', '.join(own)}." for title, own in zip(table["title"], genres, strict=True)],
        [plot or "" for plot in table["plot"]],
        [
            f"Directed by {director or ''}. With {cast or ''}."
            for director, cast in zip(table["director"], table["cast"], strict=True)
        ],
    ]
    names = sorted({genre for own in genres for genre in own})
    years = np.array([float(title.rstrip()[-5:-1]) for title in table["title"]])
    parts = [
        *(word_vectors(path, some, encoder, progress) for some in texts),
        np.array([[genre in own for genre in names] for own in genres], np.float32),
        # Near years alike: how far a year is from each of some years, in steps of six.
        np.exp(-0.5 * ((years[:, None] - np.arange(1920, 2003, 6)) / 6) ** 2),
    ]
    around = [part - part.mean(axis=0) for part in parts]
    scaled = [part / np.sqrt(np.square(part).sum(axis=1).mean()) for part in around]
    return np.concatenate(scaled, axis=1).astype(np.float32)


def scores(scorer: MMVAE, task: Task, new: New, *, words: bool = True, pictures: bool = True) -> np.ndarray:
    """Return what a fitted MM-VAE says of new films once it has taken them in: float32 [users, films]."""
    content = _some(task.content, new.films)
    if not words:
        content = replace(content, words=np.full_like(content.words, np.nan))
    if not pictures:
        content = replace(content, pictures=np.full_like(content.pictures, np.nan))
    scorer.take_in(content)
    matrix = task.train.matrix()
    out = np.empty(new.wanted.shape, np.float32)
    for row, user in enumerate(new.users):
        own = matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]]
        out[row] = scorer.score(scorer.fold_in([task.train.items[place] for place in own]), new.films)
    return out


def _fitted(task: Task, seed: int, title: str, progress: bool) -> MMVAE:
    scorer = MMVAE(seed=seed)
    with shown(f"{title}: {OURS}", progress) as tell:
        scorer.fit(task.train, _some(task.content, task.train.items), tell)
    return scorer


class _Behaviour:
    """The factors that iALS gives users and films, fitted once."""

    def __init__(self, train: Interactions, seed: int) -> None:
        matrix = train.matrix()
        known = [
            matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]].astype(np.int64)
            for user in range(matrix.shape[0])
        ]
        self.users, self.films = ials_factors(train, known, IALS(), seed)
        self.fame = np.log(np.asarray(matrix.sum(axis=0)))[:, None]  # [films, 1]


def _others(task: Task, behaviour: _Behaviour, seed: int, how: str = "both") -> dict[str, np.ndarray]:
    """Score the test films by what MM-VAE must beat, each with its best settings: float [users, films]."""
    shape = task.test.wanted.shape
    weights = {"both": PICTURE_WEIGHTS, "text": (0.0,), "picture": (1.0,)}[how]

    def best(system: object, settings: Sequence[float]) -> np.ndarray:
        assert callable(system)
        tried = [(weight, setting) for weight in weights for setting in settings]
        merits = [_merit(system(task.validation, *one), task.validation) for one in tried]
        found: np.ndarray = system(task.test, *tried[int(np.argmax(merits))])
        return found

    def vectors(films: Sequence[str], pictures: float) -> np.ndarray:
        out = task.vectors(films, pictures)
        if how == "picture":
            out[:, : task.content.words.shape[1]] = 0
        return out

    def by_neighbours(new: New, pictures: float, neighbours: float) -> np.ndarray:
        seen, asked = (_unit(vectors(films, pictures)) for films in (task.train.items, new.films))
        alike = np.maximum(asked @ seen.T, 0)  # [films, training films]
        if neighbours:
            least = np.partition(alike, -int(neighbours), axis=1)[:, -int(neighbours)]
            alike[alike < least[:, None]] = 0
        found: np.ndarray = task.train.matrix()[new.users] @ alike.T
        return found

    def by_map(new: New, pictures: float, penalty: float, wanted: np.ndarray | None = None) -> np.ndarray:
        target = behaviour.films if wanted is None else wanted
        said = ridge(vectors(task.train.items, pictures), target, vectors(new.films, pictures), penalty)
        found: np.ndarray = behaviour.users[new.users] @ said.T if wanted is None else said.T
        return np.broadcast_to(found, new.wanted.shape)

    def by_fame(new: New, pictures: float, penalty: float) -> np.ndarray:
        return by_map(new, pictures, penalty, behaviour.fame)

    return {
        # All alike; the order of the ids would say something: the file's ids go by popularity, roughly.
        POPULARITY: np.random.default_rng(seed).random(shape),
        FAME: best(by_fame, RIDGES),
        KNN: best(by_neighbours, NEIGHBOURS),
        MAP: best(by_map, RIDGES),
    }


def _missing(task: Task, scorer: MMVAE, behaviour: _Behaviour, seed: int) -> list[Row]:
    """Measure films of which only the text is known, or only the picture."""
    rows: list[Row] = []
    for how in ("text", "picture"):
        ours = scores(scorer, task, task.test, words=how == "text", pictures=how == "picture")
        found = _others(task, behaviour, seed, how) | {OURS: ours}
        found.pop(POPULARITY)
        named = {f"{name}, {how} alone": _quality(own, task.test) for name, own in found.items()}
        rows += _rows(MISSING, named, f"{OURS}, {how} alone", seed)
    return rows


def _rows(title: str, found: Mapping[str, np.ndarray], ours: str, seed: int) -> list[Row]:
    rows = metric_rows(title, found, seed, METRICS)
    return rows + [
        Row(AHEAD.format(title), f"of {name}", metric, difference(own, theirs, seed))
        for name, values in found.items()
        if name != ours
        for metric, own, theirs in zip(METRICS, found[ours], values, strict=True)
    ]


def _new(train: Interactions, pairs: Interactions) -> New:
    number = {user: place for place, user in enumerate(train.shoppers)}
    order = np.argsort(pairs.items, kind="stable")  # by id: no order by popularity
    matrix = pairs.matrix()
    kept = [place for place, user in enumerate(pairs.shoppers) if user in number]
    return New(
        [pairs.items[place] for place in order],
        np.array([number[pairs.shoppers[place]] for place in kept]),
        matrix[kept].toarray()[:, order] > 0,
    )


def _some(content: Content, films: Sequence[str]) -> Content:
    place = {film: number for number, film in enumerate(content.items)}
    own = [place[film] for film in films]
    return Content(list(films), content.words[own], content.pictures[own])


def _quality(found: np.ndarray, new: New) -> np.ndarray:
    """Return the METRICS of each user: float64 [metrics, users]."""
    return np.stack([recall_at(found, new.wanted, K), ndcg_at(found, new.wanted, K)])


def _merit(found: np.ndarray, new: New) -> float:
    return float(ndcg_at(found, new.wanted, K).mean())


def _unit(vectors: np.ndarray) -> np.ndarray:
    out: np.ndarray = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return out
