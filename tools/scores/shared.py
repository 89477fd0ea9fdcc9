"""What scorers over a fixed list of items share: the list, popularity, ranking, and the file they live in."""

from __future__ import annotations

import json
import math
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence, Set
from itertools import repeat
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.contract import Taste
from shelftalk.tools.whole import whole_file

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.scores.content import Content
    from shelftalk.tools.scores.contract import Progress
    from shelftalk.tools.scores.interactions import Interactions

FILE = "scorer.npz"
VERSION = 1
# What a disliked item weighs in a taste beside a liked one's 1.
DISLIKE = -0.5
# Popularity decides between items of which the taste says the same.
TIE_BREAK = 1e-6
# How much popularity counts beside a taste of one like, and how many likes more it takes to count a third of that: one
# or two likes say little, and among all that goes with them, what more people take is the better guess.
PRIOR = 0.2
FADING = 6.0
NO_POWER = 0.01
MOST = 1000  # allowed items that are looked up one by one without a second thought
BLOCK = 256  # scores whose maximum is looked at for the best few


class ItemScorer(ABC):
    """A scorer that holds one list of items and a popularity for each; a subclass adds what it learns.

    A subclass says how to learn (`learn`), how to score all items for weighted items (`spread`), and which of
    its attributes are saved: `arrays` (NumPy arrays) and `settings` (what it was made with, plain values). One that
    learns in steps tells `_progress` of them.
    """

    name: ClassVar[str]
    arrays: ClassVar[tuple[str, ...]] = ()
    settings: ClassVar[tuple[str, ...]] = ()
    prior: ClassVar[float] = PRIOR  # 0 for one that learns for itself how much few likes say
    graded: ClassVar[bool] = False  # whether `learn` wants how much each pair says, in place of ones

    _items: Sequence[str] = ()
    _place: Mapping[str, int] = MappingProxyType({})
    _popularity: np.ndarray  # float32 [items]: the share of shoppers that took the item
    _progress: Progress | None = None  # while it is fitted

    @abstractmethod
    def learn(self, matrix: Any) -> None:
        """Learn from a sparse float32 [shoppers, items] matrix of zeros and ones (if `graded`, of strengths)."""

    @abstractmethod
    def spread(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return float32 [items]: what the items at `places`, each with its weight, say of every item.

        The weights of disliked items are below 0. The array is the caller's to change.
        """

    @property
    def items(self) -> Sequence[str]:
        """The ids of the items it was fitted on; empty before `fit`."""
        return self._items

    def knows(self, item: str) -> bool:
        """Whether the item was in what the scorer was fitted on."""
        return item in self._place

    def fit(
        self,
        interactions: Interactions,
        content: Content | None = None,  # noqa: ARG002 (for scorers that read it)
        progress: Progress | None = None,
    ) -> None:
        """Learn from interactions, forgetting what was learnt before; UsageError if there are none."""
        import numpy as np

        if not len(interactions.rows):
            raise UsageError("There are no interactions to learn from; give at least one.")
        matrix = interactions.strengths() if self.graded else interactions.matrix()
        before = dict(self.__dict__)
        self._progress = progress
        try:
            self.learn(matrix)
            self._list(interactions.items)
            takers = np.bincount(matrix.indices, minlength=matrix.shape[1])
            self._popularity = (takers / matrix.shape[0]).astype(np.float32)
            if progress is not None:
                progress(1, 1)
        except BaseException:  # an interrupted fit leaves what was learnt before, not half of each
            self.__dict__ = before
            raise
        self._progress = None

    def take_in(self, content: Content) -> int:  # noqa: ARG002
        """Take in nothing: what an item reads and looks like tells this scorer nothing."""
        return 0

    def _list(self, items: Sequence[str]) -> None:
        self._items = list(items)
        self._place = {item: place for place, item in enumerate(self._items)}

    def fold_in(
        self,
        likes: Sequence[str],
        dislikes: Sequence[str] = (),
        weights: Mapping[str, float] | None = None,
    ) -> Taste:
        """Make a taste of likes and dislikes; unknown items are left out, one that is in both is disliked.

        `weights` say how much a like counts, 1 where it has none; UsageError where one is not a number above 0.
        """
        refused = dict.fromkeys(item for item in dislikes if self.knows(item))
        liked = tuple(dict.fromkeys(item for item in likes if self.knows(item) and item not in refused))
        for item, weight in (weights or {}).items():
            if not 0 < weight < float("inf"):
                raise UsageError(f"The weight of {item!r} is {weight}; give a number above 0.")
        return Taste(
            liked, tuple(refused), tuple(float(weights.get(i, 1.0)) for i in liked) if weights else ()
        )

    def _all(self, taste: Taste) -> np.ndarray:
        """Score every item: float32 [items], the caller's to change."""
        import numpy as np

        if not self.items:
            raise UsageError(f"The scorer {self.name} has not been fitted; call fit first, or load one.")
        weights_of = dict(zip(taste.likes, taste.weights, strict=True)) if taste.weights else None
        taste = self.fold_in(taste.likes, taste.dislikes, weights_of)
        if not taste:
            return self._popularity.copy()
        places = np.array([self._place[item] for item in (*taste.likes, *taste.dislikes)])
        weights = np.full(len(places), DISLIKE, dtype=np.float32)
        weights[: len(taste.likes)] = taste.weights or 1.0
        scores = self.spread(places, weights)
        likes = float(weights[: len(taste.likes)].sum())
        power = self.prior * math.exp(min(0.0, (1.0 - likes) / FADING)) if likes else 0.0
        if power > NO_POWER:
            # A factor, not a summand: what does not go with the taste is lifted above nothing that does.
            share = np.maximum(self._popularity / self._popularity.max(), TIE_BREAK)
            scores = np.where(scores > 0, scores * share**power, scores)
        scores += TIE_BREAK * self._popularity
        return scores

    def _places(self, items: Collection[str]) -> np.ndarray:
        """Return int64 [items]: where each is, -1 where it is unknown."""
        import numpy as np

        return np.fromiter(map(self._place.get, items, repeat(-1)), dtype=np.int64, count=len(items))

    def score(self, taste: Taste, candidates: Sequence[str]) -> np.ndarray:
        """Return float32 [candidates], higher is better; 0 for an item that is not known."""
        scores = self._all(taste)
        places = self._places(candidates)
        found: np.ndarray = scores[places]
        found[places < 0] = 0
        return found

    def recommend(
        self, taste: Taste, n: int, exclude: Collection[str] = (), allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return up to `n` (item, score), best first, without the taste's own items and `exclude`."""
        import numpy as np

        scores = self._all(taste)
        for gone in (taste.likes, taste.dislikes, exclude):
            places = self._places(gone)
            scores[places[places >= 0]] = -np.inf
        if allowed is None:
            return self._best(scores, n)
        if isinstance(allowed, Set) and MOST < len(allowed) > len(scores) / 8:
            # To look up each of so many would take longer than to ask of the best whether they are among them.
            asked = 8 * n
            while asked < len(scores):
                found = [pair for pair in self._best(scores, asked) if pair[0] in allowed]
                if len(found) >= n:
                    return found[:n]
                asked *= 8
        shut = np.ones(len(scores) + 1, dtype=bool)  # the last is for what is unknown
        shut[self._places(allowed)] = False
        scores[shut[:-1]] = -np.inf
        return self._best(scores, n)

    def _best(self, scores: np.ndarray, n: int) -> list[tuple[str, float]]:
        """Return the `n` best that are not -inf, best first; of equal ones, the one earlier in the list."""
        import numpy as np

        n = max(0, min(n, len(scores)))
        if not n:
            return []
        # Sorting or partitioning all of a large catalogue for ten items would cost more than scoring it. The n
        # best of its blocks' maxima are n scores, so the n-th of those is no higher than the n-th best score.
        blocks = len(scores) // BLOCK
        tops = scores
        if n < blocks:
            tops = scores[: blocks * BLOCK].reshape(blocks, BLOCK).max(axis=1)  # [blocks]
        least = np.partition(tops, len(tops) - n)[len(tops) - n]
        places = np.flatnonzero((scores >= least) & (scores > -np.inf))
        places = places[np.argsort(-scores[places], kind="stable")][:n]
        return [(self._items[int(place)], float(scores[place])) for place in places]

    def similar(self, item: str, n: int) -> list[tuple[str, float]]:
        """Return up to `n` (item, score) that the same shoppers took, best first; UsageError if unknown."""
        self._check_known(item)
        return self.recommend(Taste(likes=(item,)), n)

    def _check_known(self, item: str) -> None:
        if not self.knows(item):
            raise UsageError(
                f"The scorer {self.name} does not know the item {item!r}: nobody took it before the fit."
            )

    def save(self, folder: Path) -> None:
        """Write the scorer into `folder`/scorer.npz, whole or not at all."""
        import numpy as np

        if not self.items:
            raise UsageError(f"The scorer {self.name} has not been fitted; there is nothing to save.")
        about = {
            "version": VERSION,
            "name": self.name,
            "items": list(self._items),
            "settings": {key: getattr(self, key) for key in self.settings},
        }
        arrays = {key: getattr(self, key) for key in (*self.arrays, "_popularity")}
        arrays["about"] = np.frombuffer(json.dumps(about).encode(), dtype=np.uint8)
        with whole_file(folder / FILE) as file:
            np.savez(file, allow_pickle=False, **arrays)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a scorer that `save` wrote; UsageError says what is wrong with the folder."""
        about, arrays = read_file(folder)
        if about["name"] != cls.name:
            raise UsageError(f"{folder} holds a scorer {about['name']!r}, not {cls.name!r}.")
        scorer = cls(**about["settings"])
        missing = {*scorer.arrays, "_popularity"} - arrays.keys()
        if missing:
            raise UsageError(f"{folder / FILE} lacks {', '.join(sorted(missing))}; fit the scorer again.")
        for key in (*scorer.arrays, "_popularity"):
            setattr(scorer, key, arrays[key])
        scorer._list(about["items"])
        return scorer


def read_file(folder: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what a saved scorer says about itself, and its arrays; UsageError if it cannot be read."""
    import numpy as np

    path = folder / FILE
    if not path.is_file():
        raise UsageError(f"{folder} holds no scorer: there is no {FILE} in it.")
    try:
        with path.open("rb") as opened, np.load(opened, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
        about = json.loads(arrays.pop("about").tobytes())
        if about["version"] != VERSION:
            raise UsageError(f"{path} has version {about['version']}, expected {VERSION}; fit it again.")
        about["name"], about["items"], about["settings"]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path} is not a readable scorer ({error}); fit the scorer again.") from error
    return about, arrays
