"""Metrics of a ranked list: one value a query, to be averaged with `bootstrap.interval`.

A ranking is [queries, places]: the documents' numbers, best first, -1 for a place that is empty. What is relevant is
given as one set of document numbers a query, or as gains, one mapping a query from document number to gain.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import numpy as np

Relevant = Sequence[Collection[int]]
Gains = Sequence[Mapping[int, float]]


def ranked(scores: np.ndarray, n: int) -> np.ndarray:
    """Return the best `n` documents of each query, best first: [queries, documents] -> int64 [queries, n].

    Equal scores are put in the order of the documents' numbers. A score of NaN or minus infinity ranks nothing: its
    place is -1.
    """
    scores = np.where(np.isnan(scores), -np.inf, scores)
    n = min(n, scores.shape[1])
    if n < scores.shape[1]:
        # Everything that reaches the n-th best score, so that ties at the edge are settled by number too.
        edge = np.partition(scores, -n, axis=1)[:, -n, None]
        out = np.empty((len(scores), n), np.int64)
        for row, (own, least) in enumerate(zip(scores, edge, strict=True)):
            at = np.flatnonzero(own >= least)
            out[row] = at[np.argsort(-own[at], kind="stable")[:n]]
    else:
        out = np.argsort(-scores, axis=1, kind="stable")
    out[np.take_along_axis(scores, out, axis=1) == -np.inf] = -1
    return out


def first_hit(scores: np.ndarray, relevant: Relevant) -> np.ndarray:
    """Return the place, from 1, of each query's best relevant document among all: float64 [queries].

    scores [queries, documents]. Among equal scores the relevant document is placed last, so that a system that
    tells nothing apart gains nothing; infinite where nothing is relevant or it has no score (NaN, minus infinity).
    """
    _same(len(scores), relevant)
    out = np.full(len(scores), np.inf)
    for query, (own, wanted) in enumerate(zip(scores, relevant, strict=True)):
        at = np.fromiter(wanted, np.int64, len(wanted))
        found = own[at]
        found = found[~np.isnan(found)]
        if len(found) and (best := found.max()) > -np.inf:
            # Its equals count as ahead of it, but for the other relevant ones.
            out[query] = 1 + np.count_nonzero(own >= best) - np.count_nonzero(found == best)
    return out


def hits(ranking: np.ndarray, relevant: Relevant) -> np.ndarray:
    """Say of each place whether its document is relevant: bool, the ranking's shape."""
    _same(len(ranking), relevant)
    rows = [
        np.isin(own, [d for d in wanted if d >= 0]) for own, wanted in zip(ranking, relevant, strict=True)
    ]
    out: np.ndarray = np.array(rows, bool).reshape(ranking.shape)
    return out


def hit_at(ranking: np.ndarray, relevant: Relevant, k: int) -> np.ndarray:
    """Return 1 where any of the first k documents is relevant, else 0: float64 [queries]."""
    out: np.ndarray = np.any(hits(ranking[:, :k], relevant), axis=1).astype(np.float64)
    return out


def recall_at(ranking: np.ndarray, relevant: Relevant, k: int) -> np.ndarray:
    """Return the share of a query's relevant documents that are among its first k: float64 [queries].

    0 where nothing is relevant.
    """
    found = hits(ranking[:, :k], relevant).sum(axis=1)
    out: np.ndarray = found / np.array([max(1, len(set(wanted))) for wanted in relevant], np.float64)
    return out


def precision_at(ranking: np.ndarray, relevant: Relevant, k: int) -> np.ndarray:
    """Return the share of the first k places that hold a relevant document: float64 [queries].

    An empty place is a miss.
    """
    out: np.ndarray = hits(ranking[:, :k], relevant).sum(axis=1) / float(k)
    return out


def reciprocal_rank(ranking: np.ndarray, relevant: Relevant) -> np.ndarray:
    """Return 1 / the place of the first relevant document, 0 where there is none: float64 [queries]."""
    found = hits(ranking, relevant)
    if not found.shape[1]:
        return np.zeros(len(found))
    out: np.ndarray = np.where(found.any(axis=1), 1 / (1 + found.argmax(axis=1)), 0.0)
    return out


def ndcg_at(ranking: np.ndarray, gains: Gains, k: int) -> np.ndarray:
    """Return the normalised discounted cumulative gain of the first k places: float64 [queries].

    sum of gain / log2(place + 1), over the same for the best order of the query's documents; gains are taken as they
    are, not as 2^gain - 1. 0 where a query has no gain above 0. (Järvelin and Kekäläinen, Cumulated Gain-Based
    Evaluation of IR Techniques, ACM TOIS 2002)
    """
    _same(len(ranking), gains)
    discount = 1 / np.log2(np.arange(2, k + 2))
    out = np.zeros(len(ranking))
    for query, (own, gain) in enumerate(zip(ranking, gains, strict=True)):
        best = np.sort(np.array([g for g in gain.values() if g > 0], np.float64))[::-1][:k]
        if len(best):
            got = np.array([max(0.0, gain.get(int(d), 0.0)) if d >= 0 else 0.0 for d in own[:k]])
            out[query] = got @ discount[: len(got)] / (best @ discount[: len(best)])
    return out


def _same(queries: int, relevant: Sequence[object]) -> None:
    if queries != len(relevant):
        raise ValueError(f"{queries} queries are ranked, and {len(relevant)} have relevant documents")
