"""What items read and look like, as vectors: what a scorer goes by where behaviour is silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Content:
    """Items with a vector for their text and one for their picture; a row of NaN where an item has none."""

    items: Sequence[str]
    words: np.ndarray  # float32 [items, words_size]
    pictures: np.ndarray  # float32 [items, pictures_size]

    def __post_init__(self) -> None:
        for name in ("words", "pictures"):
            shape = getattr(self, name).shape
            if len(shape) != 2 or shape[0] != len(self.items):
                raise UsageError(f"{name} has shape {shape}; needed is [{len(self.items)} items, size].")
        if len(set(self.items)) != len(self.items):
            raise UsageError("The content names an item twice; give each item once.")
