"""What pictures say: those that a shopper sent, and products' own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shelftalk.tools.errors import ToolError
from shelftalk.tools.product import Filters
from shelftalk.tools.visit import Visit

if TYPE_CHECKING:
    import numpy as np

NEIGHBOURS = 5  # products whose texts tell what a photo shows
MOST = 8  # pictures in one argument


@dataclass(frozen=True)
class Pictured:
    """Some pictures: their vectors, vectors among product texts, and the products whose own they are."""

    pictures: Sequence[np.ndarray] = ()  # each float32 [pictures_size]
    words: Sequence[np.ndarray] = ()  # each float32 [words_size]; fewer where nothing tells
    ids: frozenset[str] = frozenset()


def pictured(visit: Visit, handles: str) -> Pictured:
    """Return what the pictures behind one handle or several say ("img1, P3"); ToolError where there is none."""
    names = list(dict.fromkeys(re.split(r"[\s,;]+", handles.strip()))) if handles.strip() else []
    names = [name for name in names if name]
    if len(names) > MOST:
        raise ToolError(f"{len(names)} pictures are given; at most {MOST}: give those that matter most.")
    found = [_one(visit, name) for name in names]
    return Pictured(
        [vector for one in found for vector in one.pictures],
        [vector for one in found for vector in one.words],
        frozenset(id_ for one in found for id_ in one.ids),
    )


def _one(visit: Visit, handle: str) -> Pictured:
    store, encoder = visit.shop.store, visit.shop.encoder
    if handle.lstrip("[").upper().startswith("P"):
        product = visit.product(handle)
        vector = store.vectors([product.id], "pictures").get(product.id)
        if vector is None:
            vector = encoder.pictures([visit.picture(handle)])[0]
        # What the picture shows is on record.
        words = store.vectors([product.id], "words").values()
        return Pictured([vector], list(words), frozenset({product.id}))
    vector = encoder.pictures([visit.picture(handle.strip("[]"))])[0]
    return Pictured([vector], _told_by_neighbours(visit, vector))


def _told_by_neighbours(visit: Visit, vector: np.ndarray) -> list[np.ndarray]:
    """Return what the texts of the products that look most like a picture have in common, length 1."""
    import numpy as np

    from shelftalk.tools.composing import unit

    near = visit.shop.store.nearest(vector, "pictures", NEIGHBOURS, Filters(), visit.hidden())
    texts = list(visit.shop.store.vectors([i for i, _ in near], "words").values())
    return [unit(np.mean(texts, axis=0))] if texts else []
