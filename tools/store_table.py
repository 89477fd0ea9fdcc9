"""The store's records in memory, to be searched: read once, then changed as the records are."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence

import numpy as np

from shelftalk.tools.scan_columns import Facts, closed_fields
from shelftalk.tools.scan_table import Table
from shelftalk.tools.store_records import Entry, Records


def load(records: Records, sizes: Mapping[str, int], count: int) -> Table:
    """Read all records into a table; `count` says about how many there are. sqlite3.Error: one is damaged."""
    table = Table(sizes, room=count + count // 8)
    for rows in records.walk("id, record, words, pictures"):
        seen = [place for place, row in enumerate(rows) if row[3] is not None]
        try:
            facts = [_facts(row[1]) for row in rows]
            words = _matrix([row[2] for row in rows], sizes["words"])
            pictures = _matrix([rows[place][3] for place in seen], sizes["pictures"])
        except ValueError as error:
            raise sqlite3.DatabaseError(f"a record is damaged: {error}") from None
        table.put(
            [row[0] for row in rows],
            facts,
            {"words": (range(len(rows)), words), "pictures": (seen, pictures)},
        )
    return table


def put(table: Table, entries: Sequence[Entry]) -> None:
    """Put into a table what was put into the records."""
    seen = [place for place, entry in enumerate(entries) if entry.pictures is not None]
    found = [entry.pictures for entry in entries if entry.pictures is not None]
    vectors: dict[str, tuple[Sequence[int], np.ndarray]] = {
        "words": (range(len(entries)), np.stack([entry.words for entry in entries]))
    }
    if found:
        vectors["pictures"] = (seen, np.stack(found))
    table.put(
        [entry.product.id for entry in entries], [Facts.of(entry.product) for entry in entries], vectors
    )


def _facts(record: str) -> Facts:
    fields = json.loads(record)
    return Facts(
        closed_fields(fields.get("category", ""), fields.get("attributes", {})),
        fields.get("price"),
        fields.get("rating"),
    )


def _matrix(blobs: Sequence[bytes], size: int) -> np.ndarray:
    return np.frombuffer(b"".join(blobs), dtype="<f4").reshape(-1, size)
