"""What the shopper's likes and dislikes, and everybody's behaviour, say of some candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from shelftalk.tools.scores.contract import Taste
from shelftalk.tools.signals import LIKED, Signals
from shelftalk.tools.visit import Visit

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.scores.contract import Scorer

DISLIKE = 0.5  # what the nearest disliked product weighs beside the nearest liked one
NEAR = 20  # the likes that likeness is taken to: the newest
_TOP = 100  # where taste moves nothing among so many, it says nothing
Space = Literal["words", "pictures"]
SPACES: tuple[Space, ...] = ("words", "pictures")
# What taste is read off: nothing; who took what; that and what products read and look like; the latter alone.
By = Literal["", "behaviour", "content", "likeness"]


@dataclass(frozen=True)
class Leaning:
    """A visit's taste: its signals, what it is read off, and the scorer with the taste folded in where there is one."""

    signals: Signals
    by: By = ""
    scorer: Scorer | None = None
    taste: Taste | None = None


def leaning(visit: Visit) -> Leaning:
    """Return what the visit's taste is now; where no behaviour tells of it, it goes by likeness in text and look."""
    signals, scorer = visit.signals(), visit.shop.scorer
    known = visit.leaning
    if known is None or known.signals != signals or known.scorer is not scorer:
        known = visit.leaning = _lean(signals, scorer)
    return known if visit.taste else Leaning(signals, "", scorer)


def _lean(signals: Signals, scorer: Scorer | None) -> Leaning:
    if not signals:
        return Leaning(signals, "", scorer)
    if scorer is not None:
        from shelftalk.tools.fitted import reads_content

        taste = scorer.fold_in(signals.likes, signals.dislikes, signals.weights)
        if taste and _is_personal(scorer, taste):
            return Leaning(signals, "content" if reads_content(scorer) else "behaviour", scorer, taste)
    return Leaning(signals, "likeness", scorer)


def _is_personal(scorer: Scorer, taste: Taste) -> bool:
    """Whether the taste tells products apart in any other way than their popularity does."""
    import numpy as np

    own = scorer.recommend(taste, _TOP)
    everybodys = scorer.recommend(Taste(), _TOP, exclude={*taste.likes, *taste.dislikes})
    if [id_ for id_, _ in own] != [id_ for id_, _ in everybodys]:
        return True
    scores = np.array([[score for _, score in found] for found in (own, everybodys)], dtype=float)  # [2, top]
    spread = np.ptp(scores, axis=1, keepdims=True) if scores.size else np.zeros((2, 1))
    scaled = (scores - scores[:, -1:]) / np.where(spread > 0, spread, 1.0)
    return not np.allclose(scaled[0], scaled[1], atol=1e-3)


def taste_signals(visit: Visit, ids: Sequence[str]) -> dict[str, np.ndarray]:
    """Return "taste" and "popularity", float [ids] each, as far as anything is known.

    What the shopper said of a candidate itself stands above and below all that others' behaviour says.
    """
    import numpy as np

    signals: dict[str, np.ndarray] = {}
    lean = leaning(visit)
    if lean.scorer is not None:
        # Shares are skewed: a few best sellers would leave all others at the bottom.
        signals["popularity"] = np.sqrt(np.maximum(lean.scorer.score(Taste(), ids), 0.0))
    if not lean.by:
        return signals
    if lean.scorer is None or lean.taste is None:
        taste = _likeness(visit, ids, lean.signals)
    else:
        scores = lean.scorer.score(lean.taste, ids)
        known = np.array([lean.scorer.knows(id_) for id_ in ids], dtype=bool)
        taste = np.where(known, scores, np.nan).astype(float)
    said = taste[np.isfinite(taste)]
    if len(said):
        refused = set(lean.signals.dislikes)
        taste[[lean.signals.verbs.get(id_) == LIKED for id_ in ids]] = said.max()
        taste[[id_ in refused for id_ in ids]] = said.min()
    signals["taste"] = taste
    return signals


def _likeness(visit: Visit, ids: Sequence[str], signals: Signals) -> np.ndarray:
    """Return float [ids]: how near each is, in text and look, to what was liked and not to what was refused."""
    import numpy as np

    likes, dislikes = signals.likes[-NEAR:], signals.dislikes[-NEAR:]
    wanted = list(dict.fromkeys([*ids, *likes, *dislikes]))
    signal = np.zeros(len(ids))
    for space in SPACES:
        vectors = visit.shop.store.vectors(wanted, space)

        def nearest(others: Sequence[str], vectors: dict[str, np.ndarray] = vectors) -> np.ndarray:
            held = [vectors[other] for other in others if other in vectors]
            if not held:
                return np.zeros(len(ids))
            blank = np.zeros_like(held[0])
            found = np.stack([vectors.get(i, blank) for i in ids]) @ np.stack(held).T  # [ids, held]
            return np.asarray(found.max(axis=1), dtype=float)

        signal += nearest(likes) - DISLIKE * nearest(dislikes)
    return signal
