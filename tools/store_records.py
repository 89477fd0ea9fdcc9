"""The store's records: every product, its vectors and its content hash in one SQLite file, batch by batch.

This file is the truth. A batch is in it whole or not at all, whatever kills the process; the Chroma
collections beside it can be made from it again.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from shelftalk.tools.product import Product

Space = Literal["words", "pictures"]
_CHUNK = 500  # SQLite takes a limited number of variables in one statement
_WALK = 2000
_SCHEMA = """
create table if not exists notes (name text primary key, value text not null);
create table if not exists products (
    position integer primary key autoincrement,
    id text not null unique,
    hash text not null,
    record text not null,
    picture text,
    problem text not null
);
create index if not exists products_by_picture on products (picture);
create table if not exists vectors (
    position integer primary key references products (position) on delete cascade,
    words blob not null,
    pictures blob
);
"""


@dataclass(frozen=True)
class Entry:
    """A product as it is kept: its record, vectors (float32, the picture's where it has one) and hash."""

    product: Product
    words: np.ndarray  # [words_size]
    pictures: np.ndarray | None = None  # [pictures_size]
    hash: str = ""  # of the catalogue's row and picture; tells whether the row changed
    problem: str = ""  # what was wrong with the row's picture, to be told again in later runs


@dataclass(frozen=True)
class Known:
    """What tells whether a row of the catalogue has changed since it was taken in."""

    hash: str
    picture: str | None
    problem: str


class Records:
    """The SQLite file; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Open the file, making its tables where it is new; sqlite3.Error where it is damaged."""
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._lock = threading.RLock()
        try:
            self._connection.execute("pragma foreign_keys = on")
            self._connection.execute("pragma synchronous = normal")
            self._connection.executescript(_SCHEMA)
        except sqlite3.Error:
            self._connection.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def _rows_in(self, statement: str, ids: Sequence[str]) -> Iterator[Any]:
        for start in range(0, len(ids), _CHUNK):
            part = ids[start : start + _CHUNK]
            yield from self._rows(statement.replace("(?)", f"({','.join('?' * len(part))})"), part)

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._connection.execute("begin immediate")
            try:
                yield self._connection
                self._connection.execute("commit")
            except BaseException:
                if self._connection.in_transaction:  # a full disk may have rolled it back by itself
                    self._connection.execute("rollback")
                raise

    def note(self, name: str) -> str | None:
        """Return a note, None where it was never made."""
        rows = self._rows("select value from notes where name = ?", (name,))
        return rows[0][0] if rows else None

    def set_notes(self, **notes: str | None) -> None:
        """Make notes, all or none; None strikes one out."""
        with self._transaction() as connection:
            _set_notes(connection, notes)

    def ids(self) -> list[str]:
        """Return every id, in the order in which products first came in."""
        return [row[0] for row in self._rows("select id from products order by position")]

    def with_picture(self) -> list[str]:
        """Return the ids of products that have a picture."""
        return [row[0] for row in self._rows("select id from products where picture is not null")]

    def known(self) -> dict[str, Known]:
        """Return what tells whether a row has changed, for every product."""
        return {
            row[0]: Known(*row[1:]) for row in self._rows("select id, hash, picture, problem from products")
        }

    def products(self, ids: Sequence[str]) -> dict[str, Product]:
        """Return the products there are among `ids`."""
        found = self._rows_in("select id, record from products where id in (?)", ids)
        return {id_: Product.model_validate_json(record) for id_, record in found}

    def vectors(self, ids: Sequence[str], space: Space) -> dict[str, np.ndarray]:
        """Return the vectors there are among `ids`, each float32 [size of the space]."""
        found = self._rows_in(
            f"select id, {space} from products join vectors using (position) where id in (?)", ids
        )
        return {id_: np.frombuffer(blob, dtype="<f4") for id_, blob in found if blob is not None}

    def walk(self, columns: str) -> Iterator[list[tuple[Any, ...]]]:
        """Give these columns of every product, a few thousand rows at a time, in the order they came in."""
        last = 0
        while rows := self._rows(
            f"select position, {columns} from products join vectors using (position) "
            "where position > ? order by position limit ?",
            (last, _WALK),
        ):
            last = rows[-1][0]
            yield [row[1:] for row in rows]

    def facts(self) -> Iterator[dict[str, str]]:
        """Return the closed fields of every product: "category" and its attributes."""
        for (record,) in self._rows("select record from products order by position"):
            fields = json.loads(record)
            yield {"category": fields.get("category", ""), **fields.get("attributes", {})}

    def write(self, entries: Sequence[Entry], **notes: str | None) -> None:
        """Write products, new or changed, and notes, all or none."""
        with self._transaction() as connection:
            for entry in entries:
                product, seen = entry.product, entry.pictures
                record = product.model_dump_json(exclude_defaults=True)
                connection.execute(
                    "insert into products (id, hash, record, picture, problem) values (?, ?, ?, ?, ?) "
                    "on conflict (id) do update set hash = excluded.hash, record = excluded.record, "
                    "picture = excluded.picture, problem = excluded.problem",
                    (product.id, entry.hash, record, product.picture, entry.problem),
                )
                connection.execute(
                    "insert or replace into vectors (position, words, pictures) "
                    "select position, ?, ? from products where id = ?",
                    (_blob(entry.words), None if seen is None else _blob(seen), product.id),
                )
            _set_notes(connection, notes)

    def delete(self, ids: Sequence[str], **notes: str | None) -> None:
        """Delete products and make notes, all or none."""
        with self._transaction() as connection:
            connection.executemany("delete from products where id = ?", [(id_,) for id_ in ids])
            _set_notes(connection, notes)

    def unused(self, pictures: Sequence[str]) -> list[str]:
        """Return those pictures that no product has."""
        found = self._rows_in("select distinct picture from products where picture in (?)", pictures)
        return sorted(set(pictures) - {row[0] for row in found})


def _set_notes(connection: sqlite3.Connection, notes: dict[str, str | None]) -> None:
    for name, value in notes.items():
        if value is None:
            connection.execute("delete from notes where name = ?", (name,))
        else:
            connection.execute("insert or replace into notes (name, value) values (?, ?)", (name, value))


def _blob(vector: np.ndarray) -> bytes:
    return np.ascontiguousarray(vector, dtype="<f4").tobytes()
