"""What every scorer offers: it learns from who took what, and ranks items for a taste.

A scorer never fails on a shopper or an item that is new to it. The fallbacks, the same for all:

- a taste that holds no item the scorer knows is scored by popularity;
- an item the scorer does not know scores 0 and is never recommended;
- `similar` of an unknown item has nothing to go by and raises a `UsageError`.

A scorer that reads content (`take_in`) knows the items it has read or seen, whether or not anybody took them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.scores.content import Content
    from shelftalk.tools.scores.interactions import Interactions

# Told of the steps done and of all there are; what it raises (KeyboardInterrupt) ends the fit.
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Taste:
    """A shopper as a scorer sees one: items liked and disliked, none in both, each known to the scorer.

    `weights` say how much each like counts, in the order of `likes`; where it is empty, each counts 1.
    """

    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()
    weights: tuple[float, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.likes or self.dislikes)


class Scorer(Protocol):
    """Ranks items for a taste; each one is a file in this folder, called by its module's name."""

    name: ClassVar[str]

    @property
    def items(self) -> Sequence[str]:
        """The ids of the items it was fitted on; empty before `fit`."""

    def knows(self, item: str) -> bool:
        """Whether the item was in what the scorer was fitted on."""

    def fit(
        self, interactions: Interactions, content: Content | None = None, progress: Progress | None = None
    ) -> None:
        """Learn from interactions, and from what items read and look like, forgetting what was learnt before."""

    def take_in(self, content: Content) -> int:
        """Read items that are new or changed, so that they get scores before anybody takes them.

        Returns how many of them it knows now that it did not know before; a scorer from behaviour alone
        takes in none.
        """

    def fold_in(
        self,
        likes: Sequence[str],
        dislikes: Sequence[str] = (),
        weights: Mapping[str, float] | None = None,
    ) -> Taste:
        """Make a taste of likes and dislikes; unknown items are left out, one that is in both is disliked.

        `weights` say how much a like counts, 1 where it has none; UsageError where one is not a number above 0.
        """

    def score(self, taste: Taste, candidates: Sequence[str]) -> np.ndarray:
        """Return float32 [candidates], higher is better; scores compare within one taste only."""

    def recommend(
        self, taste: Taste, n: int, exclude: Collection[str] = (), allowed: Collection[str] | None = None
    ) -> list[tuple[str, float]]:
        """Return up to `n` (item, score), best first, without the taste's own items and `exclude`.

        `allowed` limits the answer to these items; None allows all.
        """

    def similar(self, item: str, n: int) -> list[tuple[str, float]]:
        """Return up to `n` (item, score) that the same shoppers took, best first; UsageError if unknown."""

    def save(self, folder: Path) -> None:
        """Write the scorer into `folder`, whole or not at all."""

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read a scorer that `save` wrote; UsageError says what is wrong with the folder."""
