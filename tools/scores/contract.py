"""What every scorer offers: it learns from who took what, and ranks items for a taste.

A scorer never fails on a shopper or an item that is new to it. The fallbacks, the same for all:

- a taste that holds no item the scorer knows is scored by popularity;
- an item the scorer does not know scores 0 and is never recommended;
- `similar` of an unknown item has nothing to go by and raises a `UsageError`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.scores.interactions import Interactions


@dataclass(frozen=True)
class Taste:
    """A shopper as a scorer sees one: items liked and disliked, none in both, each known to the scorer."""

    likes: tuple[str, ...] = ()
    dislikes: tuple[str, ...] = ()

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

    def fit(self, interactions: Interactions) -> None:
        """Learn from interactions, forgetting what was learnt before."""

    def fold_in(self, likes: Sequence[str], dislikes: Sequence[str] = ()) -> Taste:
        """Make a taste of likes and dislikes; unknown items are left out, one that is in both is disliked."""

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
