"""Popularity: the share of shoppers that took an item, whoever asks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.scores.shared import ItemScorer

if TYPE_CHECKING:
    import numpy as np


class Popularity(ItemScorer):
    """Ranks items by how many shoppers took them; the floor that every other scorer must beat."""

    name: ClassVar[str] = "popularity"
    prior: ClassVar[float] = 0.0  # it is all there is

    def learn(self, matrix: Any) -> None:
        """Nothing beyond the counts that every scorer keeps."""

    def spread(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:  # noqa: ARG002
        """Return the popularity of all items, whatever the taste."""
        return self._popularity.copy()


SCORER = Popularity
