"""What speaks for each film in a conversation: one number a film for each kind of evidence.

Evidence from behaviour: scorers fitted on MovieLens, and which films are spoken of together in other dialogues. From
content: how alike the films seen are in plot, genres, people, titles and years. From words: what was said, beside what
is known of the film. From the film alone: how often it is rated and spoken of, and how new it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.recommendation.redial_films import Film
from shelftalk.evals.recommendation.redial_precedents import Precedents, genres_said
from shelftalk.evals.recommendation.redial_rows import Dialogue, Row, mentions, sharing
from shelftalk.evals.recommendation.redial_titles import plain
from shelftalk.evals.recommendation.redial_words import Words

if TYPE_CHECKING:
    from scipy.sparse import csr_array

    from shelftalk.tools.scores.contract import Scorer

GROUPS: dict[str, tuple[str, ...]] = {
    "popularity": (
        "spoken of", "recommended", "spoken of then", "recommended then", "never spoken of",
        "rated", "liked", "rated lately", "rated for its year", "no ratings",
        "year", "new", "since 2017", "since 2018", "no year", "no genres", "no plot", "no link",
    ),
    "behaviour": (
        "ease", "ease, last", "ease, seeker", "itemknn", "itemknn, last", "itemknn, seeker",
        "spoken together", "spoken together, seeker", "spoken after", "spoken after, last", "spoken after, seeker",
    ),
    "content": (
        "plots alike", "plots alike, last", "genres", "genres, last", "directors", "stars", "titles", "titles, last",
        "years apart", "no years",
    ),
    "words": (
        "genres said", "genres not said", "precedents", "precedents, genres", "precedents, plots",
        "all said", "last said", "last turns", "star named", "director named", "title said",
    ),
}  # fmt: skip
NAMES = tuple(name for names in GROUPS.values() for name in names)
_RECENT = 2017  # the dialogues were held in that year and the next
_COMMON = frozenset("the a an of and in to on at for ii iii iv 2 3 part my me i you it is with from".split())
_LEAST_SHARED = 5.0  # dialogues added to how many name a film, before shares of them are taken
_SHRINK = 3.0
_LATELY = 0.15  # of the time over which the dialogues were held


class Spoken:
    """How often films are spoken of, and together, apart from dialogues in which one of the same people speaks."""

    def __init__(self, dialogues: Sequence[Dialogue], place: Mapping[str, int]) -> None:
        """Count over dialogues; `place` is each film's number."""
        self.size = len(place)
        self._near = sharing(dialogues)
        self._number = {dialogue.id: number for number, dialogue in enumerate(dialogues)}
        self._when = np.array([dialogue.when for dialogue in dialogues])
        self._films = {dialogue.id: [place[film] for film in dialogue.films] for dialogue in dialogues}
        self._held = self._matrix(self._films[dialogue.id] for dialogue in dialogues)
        self._named = self._matrix(
            [place[film] for row in dialogue.rows for film in row.targets] for dialogue in dialogues
        )
        self._together: csr_array = (self._held.T @ self._held).tocsr()

    def _matrix(self, films: Iterable[Sequence[int]]) -> csr_array:
        """Return how often each dialogue holds each film: float32 [dialogues, films]."""
        from scipy.sparse import csr_array

        pairs = [(number, film) for number, own in enumerate(films) for film in own]
        at = np.array(pairs, dtype=np.int64).reshape(-1, 2)
        shape = (len(self._when), self.size)
        return csr_array((np.ones(len(at), dtype=np.float32), (at[:, 0], at[:, 1])), shape=shape)

    def counts(self, row: Row) -> dict[str, np.ndarray]:
        """Return how often other people speak of and recommend each film, ever and at about that time: [films]."""
        weights = np.ones((2, len(self._when)), dtype=np.float32)
        weights[1] = np.exp(-np.abs(self._when - row.when) / _LATELY)
        weights[:, [self._number[near] for near in self._near.get(row.dialogue, ())]] = 0
        spoken, recommended = weights @ self._held, weights @ self._named
        names = ("spoken of", "spoken of then", "recommended", "recommended then")
        return dict(zip(names, (*spoken, *recommended), strict=True))

    def beside(self, film: int, dialogue: str) -> np.ndarray:
        """Return in how many dialogues of other people each film is spoken of beside `film`: float32 [films]."""
        out = np.zeros(self.size, dtype=np.float32)
        start, end = self._together.indptr[film : film + 2]
        out[self._together.indices[start:end]] = self._together.data[start:end]
        for near in self._near.get(dialogue, ()):
            own = self._films[near]
            if film in own:
                out[own] -= 1
        out[film] = 0
        return out


class Evidence:
    """Everything known of the films, from which the features of rows are made."""

    def __init__(
        self,
        films: Sequence[Film],
        names: Mapping[str, Sequence[str]],
        vectors: np.ndarray,
        spoken: Spoken,
        scorers: Mapping[str, Scorer],
        ratings: Mapping[str, tuple[int, int, int]],
        precedents: Precedents,
    ) -> None:
        """Take each film's spoken names, vector [films, size], and how often it is rated, liked and rated lately."""
        self.films, self.names, self.spoken, self.scorers = films, names, spoken, scorers
        self.precedents = precedents
        self.ids = [film.id for film in films]
        self.place = {id_: number for number, id_ in enumerate(self.ids)}
        self.vectors = vectors
        self.years = np.array([film.year or 0 for film in films])
        from scipy.sparse import csr_array

        self._genres, self._genre = _marks(films, lambda film: film.genres)
        self._directors, self._director = _marks(films, lambda film: film.directors)
        self._stars, self._star = _marks(films, lambda film: film.stars)
        self._titles, self._word = _marks(films, lambda film: set(film.title.split()))
        rare = np.log(len(films) / np.maximum(1, np.asarray(self._titles.sum(axis=0)).ravel()))
        self._titles = _unit(csr_array(self._titles * rare[None]))
        self._genres = _unit(self._genres)
        self._own = self._alone(ratings)

    def _alone(self, ratings: Mapping[str, tuple[int, int, int]]) -> dict[str, np.ndarray]:
        counts = np.array([ratings.get(film.movielens, (0, 0, 0)) for film in self.films], dtype=np.float32)
        known = self.years > 0
        years = np.where(known, self.years, 1995)
        rated = np.log1p(counts[:, 0])
        usual = np.bincount(years, rated) / np.maximum(1, np.bincount(years))
        flags = {
            "no ratings": counts[:, 0] == 0,
            "since 2017": years >= _RECENT,
            "since 2018": years > _RECENT,
            "no year": ~known,
            "no genres": np.array([not film.genres for film in self.films]),
            "no plot": np.array([not film.plot for film in self.films]),
            "no link": np.array([not film.redial for film in self.films]),
        }
        return {name: flag.astype(np.float32) for name, flag in flags.items()} | {
            "rated": rated,
            "rated lately": np.log1p(counts[:, 2]),
            "rated for its year": rated - usual[years],
            "liked": np.log1p(counts[:, 1]),
            "year": ((years - 2000) / 20).astype(np.float32),
            "new": (np.clip(years - _RECENT + 7, 0, 8) / 8).astype(np.float32),
        }

    def of(self, row: Row, words: Words, number: int) -> np.ndarray:
        """Return the features of one row, the `number`-th of `words`: float32 [films, NAMES]."""
        found = mentions(row, self.names)
        seen = [self.place[mention.film] for mention in found]
        by_seeker = [self.place[mention.film] for mention in found if not mention.system]
        parts = dict(self._own)
        parts |= self._behaviour(row, seen, by_seeker)
        parts |= self._content(seen)
        parts |= self._said(words.texts[number])
        parts |= self._alike(seen, words, number)
        parts |= self._before(row, words, number)
        return np.stack([np.asarray(parts[name], dtype=np.float32) for name in NAMES], axis=1)

    def _behaviour(self, row: Row, seen: list[int], by_seeker: list[int]) -> dict[str, np.ndarray]:
        often = self.spoken.counts(row)
        counts = often["spoken of"]
        out = {name: np.log1p(count) for name, count in often.items()} | {"never spoken of": counts == 0}
        for name, some in (("", seen), (", last", seen[-1:]), (", seeker", by_seeker)):
            for scorer in ("ease", "itemknn"):
                out[scorer + name] = self._scores(self.scorers[scorer], some)
            together, after = np.zeros((2, len(self.ids)), dtype=np.float32)
            for film in some:
                beside = self.spoken.beside(film, row.dialogue)
                together += beside / (np.sqrt(counts[film] * np.maximum(counts, 0)) + _SHRINK)
                after += beside / (counts[film] + _LEAST_SHARED)
            out["spoken together" + name], out["spoken after" + name] = together, after
        return out

    def _scores(self, scorer: Scorer, some: list[int]) -> np.ndarray:
        taste = scorer.fold_in([self.ids[film] for film in some])
        # Without a film it knows, a scorer falls back on popularity, which has features of its own.
        return scorer.score(taste, self.ids) if taste else np.zeros(len(self.ids), dtype=np.float32)

    def _content(self, seen: list[int]) -> dict[str, np.ndarray]:
        zeros = np.zeros(len(self.ids), dtype=np.float32)
        if not seen:
            return dict.fromkeys(GROUPS["content"], zeros) | {"no years": zeros + 1}
        out: dict[str, np.ndarray] = {}
        for name, some in (("", seen), (", last", seen[-1:])):
            out["genres" + name] = _shared(self._genres, some) / len(some)
            out["titles" + name] = _shared(self._titles, some)
        out["directors"] = np.minimum(_shared(self._directors, seen), 3)
        out["stars"] = np.minimum(_shared(self._stars, seen), 3)
        dated = [self.years[film] for film in seen if self.years[film]]
        known = (self.years > 0) & bool(dated)
        apart = np.abs(self.years - (np.mean(dated) if dated else 0)) / 10
        out["years apart"], out["no years"] = np.where(known, apart, 0), ~known
        return out

    def _alike(self, seen: list[int], words: Words, number: int) -> dict[str, np.ndarray]:
        """Compare what films read with what was said and with the films seen, in one product."""
        ways = {
            "all said": words.all_said[number],
            "last said": words.last_said[number],
            "last turns": words.last_turns[number],
        }
        if seen:
            ways["plots alike"] = self.vectors[seen].mean(axis=0)
            ways["plots alike, last"] = self.vectors[seen[-1]]
        found = np.stack(list(ways.values())) @ self.vectors.T  # [ways, films]
        return dict(zip(ways, found, strict=True))

    def _before(self, row: Row, words: Words, number: int) -> dict[str, np.ndarray]:
        films = self.precedents.of(row, words, number)
        some = np.flatnonzero(films)
        return {
            "precedents": np.log1p(films * 100),
            "precedents, genres": self._genres @ (self._genres[some].T @ films[some]),
            "precedents, plots": self.vectors @ (films[some] @ self.vectors[some]),
        }

    def _said(self, text: str) -> dict[str, np.ndarray]:
        tokens = plain(text).split()
        runs = {" ".join(tokens[at : at + n]) for n in (2, 3) for at in range(len(tokens) - n + 1)}
        asked = [self._genre[genre] for genre in map(plain, genres_said(text)) if genre in self._genre]
        held = _holding(self._genres, asked)
        found_genres = {"genres said": held, "genres not said": (held == 0) & bool(asked)}
        return found_genres | {
            name: _holding(marks, [place[word] for word in found if word in place])
            for name, marks, place, found in (
                ("star named", self._stars, self._star, runs),
                ("director named", self._directors, self._director, runs),
                ("title said", self._titles, self._word, set(tokens)),
            )
        }


def _marks(
    films: Sequence[Film], of: Callable[[Film], Sequence[str] | set[str]]
) -> tuple[csr_array, dict[str, int]]:
    """Return which film has which mark, float32 [films, marks], and each mark's number by its plain name."""
    from scipy.sparse import csr_array

    place: dict[str, int] = {}
    at: list[tuple[int, int]] = []
    for number, film in enumerate(films):
        for name in sorted({plain(part) for part in of(film)} - _COMMON):
            at.append((number, place.setdefault(name, len(place))))
    rows, columns = np.array(at, dtype=np.int64).reshape(-1, 2).T
    shape = (len(films), max(1, len(place)))
    return csr_array((np.ones(len(rows), dtype=np.float32), (rows, columns)), shape=shape), place


def _unit(marks: csr_array) -> csr_array:
    """Return the rows of length 1; a row of zeros stays one."""
    from scipy.sparse import csr_array, diags_array

    norms = np.sqrt(np.asarray((marks * marks).sum(axis=1)).ravel())
    return csr_array((diags_array(1 / np.maximum(norms, 1e-9)) @ marks).astype(np.float32))


def _shared(marks: csr_array, some: Sequence[int]) -> np.ndarray:
    """Return how much of what `some` films have each film has too, summed; 0 for themselves: float32 [films]."""
    out: np.ndarray = marks @ np.asarray(marks[list(some)].sum(axis=0)).ravel()
    return out


def _holding(marks: csr_array, wanted: Sequence[int]) -> np.ndarray:
    """Return how many of the wanted marks each film has: float32 [films]."""
    if not wanted:
        return np.zeros(marks.shape[0], dtype=np.float32)
    each = np.zeros(marks.shape[1], dtype=np.float32)
    each[list(wanted)] = 1
    out: np.ndarray = marks @ each
    return out
