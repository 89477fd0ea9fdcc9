"""Every product of a store in memory: ids, columns to filter by and vectors to compare, kept in step with it.

A change never touches a row that a reader may be looking at: a product that is put again gets a new row, and its old
one is marked dead. So a reader takes a lock only while it finds out which rows pass, and compares vectors without it.
Rows are copied to new arrays, without the dead ones, when there is no room left.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shelftalk.tools.product import Filters
from shelftalk.tools.scan import Scan
from shelftalk.tools.scan_columns import Columns, Facts

_SPARE = 256  # rows


class _Rows:
    """Arrays that belong together."""

    def __init__(self, sizes: Mapping[str, int], room: int) -> None:
        self.room = room
        self.used = 0
        self.ids: list[str] = []
        self.columns = Columns(room)
        self.scans = {space: Scan(size, room) for space, size in sizes.items()}
        self.alive = np.zeros(room, bool)
        self.seen = {space: np.zeros(room, bool) for space in sizes}  # alive, with a vector in the space
        self.came = np.zeros(room, np.int64)  # rises with the order in which products first came in

    def kept(self, room: int) -> _Rows:
        """Return a copy without the dead rows, in the order in which the products first came in."""
        rows = np.flatnonzero(self.alive)
        rows = rows[np.argsort(self.came[rows], kind="stable")]
        other = _Rows({}, room)
        other.used = len(rows)
        other.ids = [self.ids[row] for row in rows]
        other.columns = self.columns.kept(rows, room)
        other.scans = {space: scan.kept(rows, room) for space, scan in self.scans.items()}
        other.alive[: len(rows)] = True
        other.came[: len(rows)] = self.came[rows]
        for space, seen in self.seen.items():
            other.seen[space] = np.zeros(room, bool)
            other.seen[space][: len(rows)] = seen[rows]
        return other


@dataclass(frozen=True)
class _View:
    """What a reader works on: rows as they were at one moment, and which of them pass."""

    rows: _Rows
    passing: np.ndarray  # bool [used]

    def in_order(self) -> np.ndarray:
        """Return the rows that pass, in the order in which the products first came in."""
        places = np.flatnonzero(self.passing)
        came = self.rows.came[places]
        return places if (came[1:] > came[:-1]).all() else places[np.argsort(came, kind="stable")]


class Table:
    """Products to be searched; safe to use from several threads."""

    def __init__(self, sizes: Mapping[str, int], room: int = 0) -> None:
        """Make an empty one, with spaces of these sizes, and room for `room` products before it must grow."""
        self._rows = _Rows(sizes, room + _SPARE)
        self._row: dict[str, int] = {}
        self._next = 0
        self._lock = threading.Lock()  # held for what must be seen whole, never while vectors are compared
        self._writing = threading.Lock()

    def __len__(self) -> int:
        """Return how many products there are."""
        return len(self._row)

    def put(
        self,
        ids: Sequence[str],
        facts: Sequence[Facts],
        vectors: Mapping[str, tuple[Sequence[int], np.ndarray]],
    ) -> None:
        """Add products or change them; a reader sees all of the change or nothing of it.

        `vectors`: space -> (which of `ids` have a vector there, their vectors float32 [n, size]).
        """
        last = {id_: place for place, id_ in enumerate(ids)}
        if len(last) < len(ids):
            raise ValueError("a product is put twice at once")
        with self._writing:
            self._make_room(len(ids))
            rows, start = self._rows, self._rows.used
            end = start + len(ids)
            rows.columns.write(start, facts)
            for space, (places, found) in vectors.items():
                whole = np.zeros((len(ids), rows.scans[space].size), np.float32)
                whole[places] = found
                rows.scans[space].write(start, whole)
                rows.seen[space][start:end] = False
                rows.seen[space][start + np.asarray(places, dtype=np.intp)] = True
            with self._lock:
                for row, id_ in enumerate(ids, start):
                    old = self._row.get(id_)
                    if old is None:
                        rows.came[row] = self._next
                        self._next += 1
                    else:
                        rows.came[row] = rows.came[old]
                        self._bury(old)
                    self._row[id_] = row
                rows.ids.extend(ids)
                rows.alive[start:end] = True
                rows.used = end

    def remove(self, ids: Iterable[str]) -> None:
        """Remove products; ids that are not there are passed over."""
        with self._writing, self._lock:
            for id_ in ids:
                row = self._row.pop(id_, None)
                if row is not None:
                    self._bury(row)

    def _bury(self, row: int) -> None:
        self._rows.alive[row] = False
        for seen in self._rows.seen.values():
            seen[row] = False

    def _make_room(self, more: int) -> None:
        rows = self._rows
        if rows.used + more <= rows.room:
            return
        # Room for an eighth more, so that a growing shop is seldom copied and little memory lies idle.
        fresh = rows.kept((len(self._row) + more) * 9 // 8 + _SPARE)
        with self._lock:
            self._rows = fresh
            self._row = {id_: row for row, id_ in enumerate(fresh.ids)}

    def _view(self, filters: Filters, hidden: Collection[str] = (), space: str | None = None) -> _View:
        with self._lock:
            rows = self._rows
            among = (rows.alive if space is None else rows.seen[space])[: rows.used]
            passing = rows.columns.passing(filters, among)
            gone = [self._row[id_] for id_ in hidden if id_ in self._row]
        passing[gone] = False
        return _View(rows, passing)

    def nearest(
        self, vector: np.ndarray, space: str, n: int, filters: Filters, hidden: Collection[str] = ()
    ) -> list[tuple[str, float]]:
        """Return the `n` (id, cosine similarity) nearest to `vector`, float32 [size], nearest first; exact."""
        view = self._view(filters, hidden, space)
        if n < 1:
            return []
        ids = view.rows.ids
        rows, scores = view.rows.scans[space].nearest(vector, n, len(view.passing), view.passing)
        return [(ids[row], float(score)) for row, score in zip(rows, scores, strict=True)]

    def similarities(self, ids: Sequence[str], vector: np.ndarray, space: str) -> np.ndarray:
        """Return the cosine similarity of each product to `vector`: float32 [ids], NaN where it has no vector."""
        with self._lock:
            rows = self._rows
            places = np.fromiter((self._row.get(id_, -1) for id_ in ids), np.intp, len(ids))
            there = (places >= 0) & rows.seen[space][places]
        result = np.full(len(ids), np.nan, np.float32)
        result[there] = rows.scans[space].scores(places[there], vector)
        return result

    def count(self, filters: Filters) -> int:
        """Return how many products pass the filters."""
        return int(np.count_nonzero(self._view(filters).passing))

    def passing(self, ids: Sequence[str], filters: Filters) -> np.ndarray:
        """Say of each product whether it passes the filters: bool [ids]; an unknown one does not."""
        with self._lock:
            rows = self._rows
            passing = rows.columns.passing(filters, rows.alive[: rows.used])
            places = np.fromiter((self._row.get(id_, -1) for id_ in ids), np.intp, len(ids))
        result: np.ndarray = np.append(passing, False)[places]
        return result

    def matching(self, filters: Filters, n: int | None = None) -> list[str]:
        """Return the ids that pass the filters, at most `n`, in the order in which they first came in."""
        view = self._view(filters)
        ids = view.rows.ids
        return [ids[row] for row in view.in_order()[:n].tolist()]

    def sorted_by(
        self,
        field: Literal["price", "rating"],
        descending: bool,
        n: int,
        filters: Filters,
        hidden: Collection[str] = (),
    ) -> list[str]:
        """Return the first `n` ids by price or rating; equals by when they came in, those without one last."""
        view = self._view(filters, hidden)
        rows = view.in_order()
        values = view.rows.columns.numbers(field, rows)
        order = np.argsort(-values if descending else values, kind="stable")  # NaN comes last
        ids = view.rows.ids
        return [ids[row] for row in rows[order[: max(n, 0)]].tolist()]
