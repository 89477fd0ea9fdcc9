"""One query vector from pictures, words and pictures to keep away from."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

# How much of a sum of unit vectors is the picture's: about the best for edits of colour, gender and kind. Pictures are
# nearer to each other than words are to them, so that the words need more.
PICTURE_SHARE = 0.3
AWAY = 1.0  # how far a query moves from what it should not be like

Combine = Callable[[np.ndarray, np.ndarray], np.ndarray]


def add(pictures: np.ndarray, phrases: np.ndarray, share: float = PICTURE_SHARE) -> np.ndarray:
    """Return weighted sums of pictures [n, size] and phrases [n, size], L2-normalised."""
    return unit(share * pictures + (1 - share) * phrases)


def blend(
    pictures: np.ndarray, phrase: np.ndarray | None, unlike: np.ndarray, combine: Combine = add
) -> np.ndarray:
    """Make one query vector, float32 [size], L2-normalised.

    `pictures` [n, size], `phrase` [size] or None, `unlike` [m, size], all L2-normalised; not all of them may be
    missing. Several pictures count as their mean. The query moves away from what sets the mean of `unlike` apart
    from it, the further the more alike they are, and keeps what both share (after Rocchio, Relevance Feedback in
    Information Retrieval, in The SMART Retrieval System, 1971).
    """
    wanted = unit(pictures.mean(0)) if len(pictures) else None
    if wanted is not None and phrase is not None:
        query = combine(wanted[None], phrase[None])[0]
    elif wanted is not None:
        query = wanted
    elif phrase is not None:
        query = phrase
    else:
        return unit(-unlike.mean(0))
    if len(unlike):
        away = unit(unlike.mean(0))
        alike = max(float(away @ query), 0.0)
        query = unit(query - AWAY * alike**2 * (away - alike * query))
    return np.asarray(query, np.float32)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors [..., size] with length one; a vector of zeros stays one."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-12), np.float32)
