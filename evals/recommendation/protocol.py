"""Held-out users: a scorer sees most of what each took, and is asked for the rest.

The protocol and the metrics of Liang, Krishnan, Hoffman and Jebara, Variational Autoencoders for Collaborative
Filtering (arXiv 1802.05814), section 4.2: users are split into train, validation and test; a scorer is fitted on the
train users' interactions; 80% of what a held-out user took, drawn at random, is folded in, the rest is to be found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.evals.ranking import ranked
from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from shelftalk.tools.scores.contract import Scorer
    from shelftalk.tools.scores.interactions import Interactions

FOLDED_IN = 0.8  # of what a held-out user took
FEWEST = 5  # items that a user who is held out took at least, as in the paper
METRICS = ("Recall@20", "Recall@50", "NDCG@100")


@dataclass(frozen=True)
class Held:
    """Held-out users: what is folded in of each, in random order, and what is to be found; numbers of items."""

    known: Sequence[np.ndarray]  # int64 [items] of each user
    wanted: np.ndarray  # bool [users, items]

    def with_known(self, fewest: int) -> Held:
        """Return the users of whom so many items or more can be folded in."""
        kept = [user for user, own in enumerate(self.known) if len(own) >= fewest]
        return Held([self.known[user] for user in kept], self.wanted[kept])


@dataclass(frozen=True)
class Split:
    """Interactions split by user; `items` are those that train users took, in the order of their ids."""

    train: Interactions
    validation: Held
    test: Held

    @property
    def items(self) -> list[str]:
        """The ids of the items that are ranked."""
        return list(self.train.items)

    @property
    def fingerprint(self) -> str:
        """Tells one split of one data set from another."""
        digest = hashlib.sha256("\n".join(self.items).encode())
        parts = [self.train.rows, *self.validation.known, *self.test.known]
        if self.train.strength is not None:
            parts.append(self.train.strength)
        for part in parts:
            digest.update(np.ascontiguousarray(part).tobytes())
        for held in (self.validation, self.test):
            digest.update(np.packbits(held.wanted).tobytes())
        return digest.hexdigest()[:16]


def split_users(interactions: Interactions, held_out: int, seed: int = 0, fold: int = 0) -> Split:
    """Split users at random: `held_out` for validation, as many for test, the others to train on.

    Folds of one seed hold out different users, so that more of them can be tested where there are few. Only users who
    took at least FEWEST items are held out. Items that no train user took are left out everywhere, and then held-out
    users of whom nothing is left to fold in or to find. UsageError: too few users.
    """
    from shelftalk.tools.scores.interactions import Interactions

    matrix = interactions.matrix()  # [users, items]
    rng = np.random.default_rng(seed)
    many = np.flatnonzero(np.diff(matrix.indptr) >= FEWEST)
    both = 2 * held_out
    if held_out < 1 or fold < 0 or len(many) < (fold + 1) * both or matrix.shape[0] <= both:
        raise UsageError(
            f"{held_out} users to validate and as many to test are wanted {fold + 1} times, of {matrix.shape[0]} "
            f"users, {len(many)} of whom took {FEWEST} items or more: give more interactions, or hold out fewer users."
        )
    drawn = rng.permutation(many)[fold * both : (fold + 1) * both]
    trained = np.setdiff1d(np.arange(matrix.shape[0]), drawn)
    taken = np.flatnonzero(np.asarray(matrix[trained].sum(axis=0)) > 0)
    # By id: an order by popularity would break ties in favour of what is popular.
    order = np.array(sorted(taken, key=lambda place: interactions.items[int(place)]), np.int64)
    number = np.full(matrix.shape[1], -1, np.int64)
    number[order] = np.arange(len(order))
    place = np.full(matrix.shape[0], -1, np.int64)
    place[trained] = np.arange(len(trained))
    own = place[interactions.rows[:, 0]] >= 0
    kept = interactions.rows[own]
    train = Interactions(
        [interactions.shoppers[user] for user in trained],
        [interactions.items[item] for item in order],
        np.stack([place[kept[:, 0]], number[kept[:, 1]]], axis=1),
        strength=None if interactions.strength is None else interactions.strength[own],
    )

    def held(users: np.ndarray) -> Held:
        known, wanted = [], []
        for user in users:
            own = number[matrix.indices[matrix.indptr[user] : matrix.indptr[user + 1]]]
            own = rng.permutation(np.sort(own[own >= 0]))
            cut = round(FOLDED_IN * len(own))
            if 0 < cut < len(own):
                known.append(own[:cut])
                row = np.zeros(len(order), bool)
                row[own[cut:]] = True
                wanted.append(row)
        return Held(known, np.array(wanted, bool).reshape(-1, len(order)))

    return Split(train, held(drawn[:held_out]), held(drawn[held_out:]))


def predict(scorer: Scorer, held: Held, items: Sequence[str], likes: int | None = None) -> np.ndarray:
    """Return what a fitted scorer says of every item, user by user: float32 [users, items], -inf what is known.

    `likes`: only so many of a user's known items are folded in; the others are left out of the ranking all the same,
    so that every number of likes is asked the same question.
    """
    out = np.empty((len(held.known), len(items)), np.float32)
    for user, known in enumerate(held.known):
        taste = scorer.fold_in([items[item] for item in known[:likes]])
        out[user] = scorer.score(taste, items)
        out[user, known] = -np.inf
    return out


def quality(scores: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Return the METRICS of each user: float64 [metrics, users], of scores and wanted [users, items]."""
    return np.stack(
        [recall_at(scores, wanted, 20), recall_at(scores, wanted, 50), ndcg_at(scores, wanted, 100)]
    )


def recall_at(scores: np.ndarray, relevant: Any, k: int) -> np.ndarray:
    """Return the share of a user's relevant items that are among the first k: float64 [users].

    scores: float [users, items], what the user has seen at -inf; relevant: bool or sparse [users, items]. The
    denominator is min(k, relevant items), so that a perfect ranking reaches 1; 0 where nothing is relevant. Equal
    scores rank in the order of the items. (Liang et al., arXiv 1802.05814, section 4.2)
    """
    wanted = _dense(scores, relevant, k)
    hits = _hits(scores, wanted, k).sum(axis=1)  # [users]
    out: np.ndarray = hits / np.clip(wanted.sum(axis=1), 1, k)
    return out


def ndcg_at(scores: np.ndarray, relevant: Any, k: int) -> np.ndarray:
    """Return the discounted gain of the first k items over that of the best order: float64 [users].

    Shapes as in `recall_at`. A relevant item at place r gains 1 / log2(r + 1); the best order has min(k, relevant)
    of them first; 0 where nothing is relevant. (Liang et al., arXiv 1802.05814, section 4.2)
    """
    wanted = _dense(scores, relevant, k)
    hits = _hits(scores, wanted, k)  # [users, places]
    discount = 1 / np.log2(np.arange(2, max(k, 1) + 2))
    best = np.concatenate([[0.0], np.cumsum(discount)])[np.minimum(wanted.sum(axis=1), k)]
    out: np.ndarray = hits @ discount[: hits.shape[1]] / np.where(best > 0, best, 1)
    return out


def _dense(scores: np.ndarray, relevant: Any, k: int) -> np.ndarray:
    wanted = np.asarray(relevant.toarray() if hasattr(relevant, "toarray") else relevant) > 0
    if wanted.shape != scores.shape or k < 1:
        raise ValueError(
            f"scores {scores.shape}, relevant {wanted.shape}: needed are the same; k={k}: 1 or more"
        )
    return wanted


def _hits(scores: np.ndarray, wanted: np.ndarray, k: int) -> np.ndarray:
    """Say of each user's first k places whether its item is wanted: bool [users, min(k, items)]."""
    ranking = ranked(scores, k)  # -1: an empty place
    out: np.ndarray = np.take_along_axis(wanted, np.maximum(ranking, 0), axis=1) & (ranking >= 0)
    return out
