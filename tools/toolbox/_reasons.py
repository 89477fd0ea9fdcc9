"""Which of the shopper's likes speak most for a product: each like is asked alone what it says of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shelftalk.tools.errors import ToolError
from shelftalk.tools.scores.contract import Taste
from shelftalk.tools.signals import LIKED
from shelftalk.tools.toolbox._taste import SPACES, Leaning, leaning
from shelftalk.tools.visit import Visit

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.product import Hit

MOST = 2  # likes named for one product
ASKED = 12  # likes asked: those that weigh most
SAMPLE = 400  # products that what a like says of one is compared with
CLEAR = 0.5  # standard deviations above what a like says of a product on average; less is no reason
BESIDE = 0.5  # a second like is named where it says this much of what the first does


def with_reasons(visit: Visit, hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits, each with the likes that its taste part owes most to, as they are now.

    Scores of two tastes are on scales of their own, so what a like says of a product is measured against what the
    same like says of the catalogue.
    """
    import numpy as np

    lean = leaning(visit)
    at = [place for place, hit in enumerate(hits) if lean.by and hit.parts.get("taste", 0.0) > 0]
    likes = _likes(visit, lean) if at else []
    if not likes:
        return list(hits)
    ids = [hits[place].product.id for place in at]
    weights = np.array([lean.signals.weights[like] for like in likes])
    clear = _clearness(visit, lean, likes, ids)  # [likes, ids]
    said = np.where(clear >= CLEAR, clear * weights[:, None], 0.0)
    found = list(hits)
    for column, place in enumerate(at):
        id_, says = ids[column], said[:, column]
        best = [int(row) for row in np.argsort(-says, kind="stable")[:MOST] if says[row] > 0]
        named = [likes[row] for row in best if likes[row] != id_ and says[row] >= BESIDE * says[best[0]]]
        if lean.signals.verbs.get(id_) == LIKED:
            named = [id_]
        found[place] = hits[place].model_copy(update={"because": named})
    return found


def _likes(visit: Visit, lean: Leaning) -> list[str]:
    """Return the likes to be asked, those that weigh most first, of equals the newest."""
    newest = list(reversed(lean.signals.likes))
    likes: list[str] = []
    for like in sorted(newest, key=lambda like: -lean.signals.weights[like]):
        if len(likes) == ASKED:
            break
        if lean.scorer is None or lean.by == "likeness" or lean.scorer.knows(like):
            try:
                visit.shop.store.get([like])  # what has left the shop cannot be named
            except ToolError:
                continue
            likes.append(like)
    return likes


def _clearness(visit: Visit, lean: Leaning, likes: Sequence[str], ids: Sequence[str]) -> np.ndarray:
    """Return float64 [likes, ids]: what each like alone says of each product, in standard deviations."""
    import numpy as np

    scorer = lean.scorer if lean.by != "likeness" else None
    sampled = scorer.items if scorer else visit.shop.store.ids()
    others = sampled[:: max(1, len(sampled) // SAMPLE)]
    asked = [*ids, *others]
    if scorer:
        rows = np.stack([scorer.score(scorer.fold_in([like]), asked) for like in likes]).astype(float)
        rows = _beyond(rows, scorer.score(Taste(), asked).astype(float))  # [likes, asked]
    else:
        rows = _nearness(visit, likes, asked)
    usual = rows[:, len(ids) :]
    # A like that says nothing of any sampled product may still say something of these.
    spread = np.maximum(usual.std(axis=1, keepdims=True), 1e-3 * rows.std(axis=1, keepdims=True))
    clear = (rows - usual.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    return np.asarray(clear[:, : len(ids)])


def _beyond(rows: np.ndarray, popularity: np.ndarray) -> np.ndarray:
    """Return rows [likes, ids] without what popularity [ids] explains of them: best sellers need no reason."""
    import numpy as np

    from_mean = popularity - popularity.mean()
    variance = float(from_mean @ from_mean)
    if variance <= 0:
        return rows
    slope = np.maximum(rows @ from_mean / variance, 0.0)  # [likes]
    return np.asarray(rows - slope[:, None] * from_mean)


def _nearness(visit: Visit, likes: Sequence[str], ids: Sequence[str]) -> np.ndarray:
    """Return float64 [likes, ids]: cosine similarity in text and in look, added."""
    import numpy as np

    near = np.zeros((len(likes), len(ids)))
    for space in SPACES:
        vectors = visit.shop.store.vectors(list(dict.fromkeys([*likes, *ids])), space)
        if vectors:
            blank = np.zeros_like(next(iter(vectors.values())))
            from_, to = ([vectors.get(id_, blank) for id_ in group] for group in (likes, ids))
            near += np.stack(from_) @ np.stack(to).T
    return near
