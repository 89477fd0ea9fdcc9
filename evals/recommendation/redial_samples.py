"""What a ranker learns from: the targets of each row among some of the other films, the likely ones above all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from shelftalk.evals.recommendation.redial_features import NAMES
from shelftalk.evals.recommendation.redial_rows import Row

FILMS = 600  # of each row, the targets among them
_EVEN = 0.3  # of the chance to be drawn, shared out evenly
# How films are drawn: by a rough guess of how likely they are. It decides what is looked at, not what is learnt.
_GUESS = {
    "spoken of": 0.45,
    "recommended": 0.15,
    "rated": 0.1,
    "new": 0.15,
    "genres": 0.5,
    "plots alike": 0.3,
    "all said": 0.4,
    "itemknn": 0.15,
    "spoken together": 0.15,
    "years apart": -0.3,
    "no link": -0.4,
}


@dataclass(frozen=True)
class Samples:
    """Rows for training: features and numbers of the films drawn, each film's correction, and which are targets."""

    features: np.ndarray  # float32 [rows, FILMS, NAMES], each feature divided by its spread
    films: np.ndarray  # int64 [rows, FILMS]
    corrections: (
        np.ndarray
    )  # float32 [rows, FILMS]: -log of the chance to be drawn, -inf where there is no film
    targets: np.ndarray  # float32 [rows, FILMS]: 1 for a target
    spread: np.ndarray  # float32 [NAMES]

    def of(self, rows: np.ndarray) -> Samples:
        """Return some of the rows."""
        return Samples(
            self.features[rows], self.films[rows], self.corrections[rows], self.targets[rows], self.spread
        )


def spread_of(features: Callable[[int], np.ndarray], rows: int) -> np.ndarray:
    """Return the standard deviation of each feature over all films of some rows: float32 [NAMES]."""
    some = np.concatenate([features(number) for number in range(0, rows, max(1, rows // 60))])
    out: np.ndarray = np.maximum(some.std(axis=0), 1e-3).astype(np.float32)
    return out


def draw(
    rows: Sequence[Row],
    place: Mapping[str, int],
    features: Callable[[int], np.ndarray],
    seed: int = 0,
    tell: Callable[[int], None] | None = None,
) -> Samples:
    """Draw FILMS of each row; `features` returns those of a row by number, float32 [films, NAMES].

    With the corrections added to its scores, the softmax over what was drawn stands for the softmax over all
    films (importance sampling: Bengio and Senécal, Quick Training of Probabilistic Neural Nets by Importance
    Sampling, 2003).
    """
    rng = np.random.default_rng(seed)
    spread = spread_of(features, len(rows))
    guess = np.zeros(len(NAMES), dtype=np.float32)
    for name, weight in _GUESS.items():
        guess[NAMES.index(name)] = weight
    many = min(FILMS, len(place))
    shape = (len(rows), many)
    out = Samples(
        np.zeros((*shape, len(NAMES)), dtype=np.float32),
        np.zeros(shape, dtype=np.int64),
        np.full(shape, -np.inf, dtype=np.float32),
        np.zeros(shape, dtype=np.float32),
        spread,
    )
    for number, row in enumerate(rows):
        own = features(number) / spread  # [films, NAMES]
        targets = [place[film] for film in row.targets]
        likely = np.exp(own @ guess - (own @ guess).max())
        likely = (1 - _EVEN) * likely / likely.sum() + _EVEN / len(likely)
        likely[targets] = 0
        likely[[place[film] for film in row.seen if film in place]] = 0
        chances = inclusion(likely, many - len(targets) - 1)  # one more may be drawn than expected
        drawn = systematic(chances, rng)
        films = np.concatenate([targets, drawn]).astype(np.int64)
        out.films[number, : len(films)] = films
        out.features[number, : len(films)] = own[films]
        out.corrections[number, : len(targets)] = 0
        out.corrections[number, len(targets) : len(films)] = -np.log(chances[drawn])
        out.targets[number, : len(targets)] = 1
        if tell is not None:
            tell(number + 1)
    return out


def inclusion(likely: np.ndarray, n: int) -> np.ndarray:
    """Return each one's chance to be among about `n` drawn, in proportion to `likely` but at most 1: float64."""
    chances = np.zeros(len(likely))
    sure = np.zeros(len(likely), dtype=bool)
    n = min(n, int((likely > 0).sum()))
    while True:
        left = np.where(sure, 0.0, likely)
        rest = n - int(sure.sum())
        if rest <= 0 or not left.sum():
            break
        chances = left / left.sum() * rest
        if not (chances > 1).any():
            break
        sure |= chances >= 1
    out: np.ndarray = np.where(sure, 1.0, np.minimum(chances, 1.0))
    return out


def systematic(chances: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw each with its own chance, their number being the sum of the chances: int64 places in rising order."""
    ends = np.cumsum(chances)
    marks = np.arange(rng.random(), ends[-1], 1.0)
    found = np.unique(np.searchsorted(ends, marks, side="right"))
    return found[(found < len(chances)) & (chances[np.minimum(found, len(chances) - 1)] > 0)]
