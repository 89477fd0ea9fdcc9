"""Item-kNN: items that the same shoppers took, by cosine similarity, the nearest few for each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.shared import ItemScorer

if TYPE_CHECKING:
    import numpy as np

BLOCK = 512  # items compared with all others at a time: bounds memory


class ItemKNN(ItemScorer):
    """Scores an item by its similarity to the items of the taste; memory grows with items x `neighbours`.

    The similarity of two items is how many shoppers took both, over the geometric mean of how many took each
    plus `shrink`: without it two items that one shopper took would count as alike.
    """

    name: ClassVar[str] = "itemknn"
    arrays: ClassVar[tuple[str, ...]] = ("_near", "_weights", "_starts")
    settings: ClassVar[tuple[str, ...]] = ("neighbours", "shrink")

    _near: np.ndarray  # int32: the places of each item's neighbours, one item's after another's
    _weights: np.ndarray  # float32: their similarities
    _starts: np.ndarray  # int64 [items + 1]: where each item's neighbours begin

    def __init__(self, neighbours: int = 200, shrink: float = 10.0) -> None:
        if neighbours < 1 or not 0 <= shrink < float("inf"):
            raise UsageError(f"neighbours={neighbours}, shrink={shrink}: needed are 1 or more and 0 or more.")
        self.neighbours = neighbours
        self.shrink = shrink

    def learn(self, matrix: Any) -> None:
        """Find each item's neighbours."""
        import numpy as np

        roots = np.sqrt(np.bincount(matrix.indices, minlength=matrix.shape[1])).astype(np.float32)  # [items]
        takers = matrix.T.tocsr()
        near, weights, lengths = [], [], []
        for start in range(0, len(roots), BLOCK):
            both = takers[start : start + BLOCK] @ matrix  # sparse [BLOCK, items]: how many took both
            for row in range(both.shape[0]):
                part = slice(both.indptr[row], both.indptr[row + 1])
                places, counts = both.indices[part], both.data[part]
                others = places != start + row
                places, counts = places[others], counts[others]
                likeness = counts / (roots[start + row] * roots[places] + np.float32(self.shrink))
                if len(places) > self.neighbours:
                    # By place where likeness is equal, so that the same interactions give the same neighbours.
                    best = np.lexsort((places, -likeness))[: self.neighbours]
                    places, likeness = places[best], likeness[best]
                order = np.argsort(places)
                near.append(places[order].astype(np.int32))
                weights.append(likeness[order].astype(np.float32))
                lengths.append(len(places))
        self._near, self._weights = np.concatenate(near), np.concatenate(weights)
        self._starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)

    def spread(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return float32 [items]: the weighted sum of similarities to the items at `places`."""
        import numpy as np

        scores = np.zeros(len(self._starts) - 1, dtype=np.float32)
        for place, weight in zip(places, weights, strict=True):
            part = slice(self._starts[place], self._starts[place + 1])
            scores[self._near[part]] += weight * self._weights[part]  # no neighbour stands twice in one row
        return scores


SCORER = ItemKNN
