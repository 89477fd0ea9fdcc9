"""What the shopper's likes and dislikes, and everybody's behaviour, say of some candidates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from shelftalk.tools.visit import Visit

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.scores.contract import Scorer, Taste

DISLIKE = 0.5  # what the nearest disliked product weighs beside the nearest liked one


def folded(visit: Visit) -> tuple[Scorer, Taste] | None:
    """Return the scorer and the visit's taste where it knows any of it; else None."""
    scorer = visit.shop.scorer
    if scorer is None:
        return None
    taste = scorer.fold_in(visit.state.likes, visit.state.dislikes)
    return (scorer, taste) if taste else None


def taste_signals(visit: Visit, ids: Sequence[str]) -> dict[str, np.ndarray]:
    """Return "taste" and "popularity", float [ids] each, as far as anything is known.

    Where nobody's behaviour tells of what this shopper liked, taste is likeness to it in text and look.
    """
    import numpy as np

    from shelftalk.tools.scores.contract import Taste

    signals: dict[str, np.ndarray] = {}
    known = folded(visit)
    if known:
        scorer, taste = known
        signals["taste"] = np.array(
            [s if scorer.knows(i) else np.nan for i, s in zip(ids, scorer.score(taste, ids), strict=True)]
        )
    elif visit.state.likes or visit.state.dislikes:
        signals["taste"] = _likeness(visit, ids)
    if visit.shop.scorer is not None:
        # Shares are skewed: a few best sellers would leave all others at the bottom.
        signals["popularity"] = np.sqrt(visit.shop.scorer.score(Taste(), ids))
    return signals


def _likeness(visit: Visit, ids: Sequence[str]) -> np.ndarray:
    import numpy as np

    likes, dislikes = visit.state.likes, visit.state.dislikes
    wanted = list(dict.fromkeys([*ids, *likes, *dislikes]))
    signal = np.zeros(len(ids))
    spaces: tuple[Literal["words", "pictures"], ...] = ("words", "pictures")
    for space in spaces:
        vectors = visit.shop.store.vectors(wanted, space)

        def nearest(others: list[str], vectors: dict[str, np.ndarray] = vectors) -> np.ndarray:
            held = [vectors[other] for other in others if other in vectors]
            if not held:
                return np.zeros(len(ids))
            blank = np.zeros_like(held[0])
            found = np.stack([vectors.get(i, blank) for i in ids]) @ np.stack(held).T
            return np.asarray(found.max(axis=1), dtype=float)

        signal += nearest(likes) - DISLIKE * nearest(dislikes)
    return signal
