"""Exact nearest vectors: a quick pass over 8-bit codes, then the true score of every row that may be among them.

A row x of length 1 is kept as it is and as s c + e, with c whole numbers from -127 to 127 and e what is left. The
query v is written t p + f in the same way. Then x.v = s t (c.p) + s c.f + e.v, so that by Cauchy and Schwarz the
first term, whose c.p is exact in whole numbers, is off by at most (1 + |e|) |f| + |e| |v|. Rows whose first term
falls short of the n-th best by more than twice that cannot be among the nearest; all the others are scored in full.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import numpy as np

CODES = 127  # a component is kept as a whole number up to this
_FEW = 1024  # so many rows are scored in full at once
_NARROW = 4  # where fewer than one row in this many passes, those are gathered first
_CHUNK = 8192  # rows whose codes and scores stay in a core's cache
_SPLIT = 1 << 16  # from so many rows on the pass is shared among threads
_MOST_THREADS = 4  # more wait for memory
_BLOCK = 64
_ROUNDING = 1e-5  # float32 sums of unit vectors are off by less


class Scan:
    """Vectors of one space in rows that are written once, one after the other; readers need no lock for them."""

    def __init__(self, size: int, room: int) -> None:
        """Make room for `room` vectors of `size` numbers; memory is taken as rows are written."""
        self.size = size
        self.room = room
        self._vectors = np.empty((room, size), np.float32)
        self._codes = np.empty((room, size), np.int8)
        self._scales = np.empty(room, np.float32)
        self._left = 0.0  # the longest e of any row

    def write(self, start: int, vectors: np.ndarray) -> None:
        """Write vectors [n, size] to the rows from `start` on, brought to length 1 (zeros stay zeros)."""
        for at in range(0, len(vectors), _CHUNK):
            part = unit(vectors[at : at + _CHUNK])
            codes, scales, left = _coded(part)
            rows = slice(start + at, start + at + len(part))
            self._vectors[rows], self._codes[rows], self._scales[rows] = part, codes, scales
            self._left = max(self._left, float(left.max()))

    def kept(self, rows: np.ndarray, room: int) -> Scan:
        """Return another with room for `room` vectors, that starts with these rows."""
        other = Scan(self.size, room)
        for at in range(0, len(rows), _CHUNK):
            part, to = rows[at : at + _CHUNK], slice(at, min(at + _CHUNK, len(rows)))
            other._vectors[to] = self._vectors[part]
            other._codes[to] = self._codes[part]
            other._scales[to] = self._scales[part]
        other._left = self._left
        return other

    def scores(self, rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """Return the cosine similarity of each of these rows to a vector [size]: float32 [rows]."""
        query = unit(vector[None])[0]
        result = np.empty(len(rows), np.float32)
        for at in range(0, len(rows), _CHUNK):
            result[at : at + _CHUNK] = self._vectors[rows[at : at + _CHUNK]] @ query
        return result

    def nearest(
        self, vector: np.ndarray, n: int, used: int, passing: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the rows of the `n` most similar, best first, and their cosine similarities, float32.

        Looked at are the first `used` rows where `passing`, bool [used], is true; None: all of them. Equals come
        in the order of their rows.
        """
        among = None
        count = used if passing is None else int(np.count_nonzero(passing))
        if passing is not None and (count <= _FEW or count * _NARROW < used):
            among, passing = np.flatnonzero(passing), None
        elif count == used:
            among, passing = (np.arange(used) if count <= _FEW else None), None
        if among is None or count > _FEW:
            places = self._promising(vector, n, used, passing, among)
            among = places if among is None else among[places]
        scores = self.scores(among, vector)
        best = _best(scores, n)
        return among[best], scores[best]

    def _promising(
        self,
        vector: np.ndarray,
        n: int,
        used: int,
        passing: np.ndarray | None,
        among: np.ndarray | None,
    ) -> np.ndarray:
        """Return places, in `among` or else of rows, that hold the `n` nearest and little else."""
        import numkong

        query = unit(vector[None])
        code, scale, left = _coded(query)
        count = used if among is None else len(among)
        rough = np.empty(count, np.float32)  # the first term, divided by the query's scale

        def score(start: int, end: int) -> None:
            for at in range(start, end, _CHUNK):
                part = slice(at, min(at + _CHUNK, end))
                rows = part if among is None else among[part]
                # Sums of whole numbers; float32 is what it gives quickest, and rounds none below 1,040 numbers a row.
                numkong.cdist(code, self._codes[rows], "dot", out=rough[None, part])
                rough[part] *= self._scales[rows]
                if passing is not None:
                    np.copyto(rough[part], -np.inf, where=~passing[part])

        _share(score, count)
        off = ((1 + self._left) * float(left[0]) + self._left + _ROUNDING) / max(float(scale[0]), 1e-12)
        least = max(
            _reached_by(rough, n) - 2 * off, float(np.finfo(np.float32).min)
        )  # never those masked out
        return np.flatnonzero(rough >= least)


def unit(vectors: np.ndarray) -> np.ndarray:
    """Return vectors [n, size] as float32 of length 1; zeros stay zeros."""
    plain = np.asarray(vectors, dtype=np.float32)
    length = np.linalg.norm(plain, axis=1, keepdims=True)
    result: np.ndarray = plain / np.where(length > 0, length, 1)
    return result


def _coded(vectors: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return whole numbers, int8 [n, size], their scales [n], and the length of what is left [n]."""
    scales = np.abs(vectors).max(axis=1) / CODES
    whole = np.rint(vectors / np.where(scales > 0, scales, 1)[:, None])
    left = np.linalg.norm(vectors - whole * scales[:, None], axis=1)
    return whole.astype(np.int8), scales, left


def _reached_by(scores: np.ndarray, n: int) -> float:
    """Return a score that at least `n` rows reach, at best the n-th highest."""
    if len(scores) >= 16 * n * _BLOCK:  # the best of each block tell nearly as much, and are fewer
        whole = len(scores) // _BLOCK * _BLOCK
        scores = scores[:whole].reshape(-1, _BLOCK).max(axis=1)
    return float(np.partition(scores, len(scores) - n)[len(scores) - n]) if n < len(scores) else -np.inf


def _best(scores: np.ndarray, n: int) -> np.ndarray:
    """Return the places of the `n` highest scores, highest first, equals in order."""
    if n < len(scores):
        least = np.partition(scores, len(scores) - n)[len(scores) - n]
        places = np.flatnonzero(scores >= least)
    else:
        places = np.arange(len(scores))
    return places[np.argsort(-scores[places], kind="stable")][:n]


def _share(work: Callable[[int, int], None], count: int) -> None:
    """Do work on [start, end) of `count` rows, in several threads where there are many."""
    threads = _threads() if count >= _SPLIT else 1
    if threads == 1:
        work(0, count)
        return
    ends = [count * part // threads for part in range(threads + 1)]
    others = [_pool().submit(work, *ends[part : part + 2]) for part in range(1, threads)]
    try:
        work(*ends[:2])
    finally:
        for other in others:
            other.result()


def _threads() -> int:
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(ours, _MOST_THREADS)


@lru_cache(1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(_MOST_THREADS - 1, "shelftalk-scan")


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # a child has none of its parent's threads
