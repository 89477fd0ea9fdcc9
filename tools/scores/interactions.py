"""Who took what and when, read from a table of (shopper, item, kind, time)."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

COLUMNS = ("shopper", "item", "kind", "time")
TAKEN = frozenset(("view", "click", "like", "cart", "buy", "purchase", "rating"))
REFUSED = frozenset(("dislike", "hide", "return"))


@dataclass
class Interactions:
    """Interactions in time order, and the rows that could not be read.

    `rows` are (index into `shoppers`, index into `items`) of what was taken; `refused` the same of what was
    refused, which no scorer learns from yet.
    """

    shoppers: list[str]
    items: list[str]
    rows: np.ndarray  # int64 [n, 2]
    refused: np.ndarray  # int64 [m, 2]
    rejected: list[str] = field(default_factory=list)  # "row 7: no item"

    def matrix(self) -> csr_array:
        """Return float32 [shoppers, items]: 1 where the shopper took the item at least once."""
        import numpy as np
        from scipy.sparse import csr_array

        shape = (len(self.shoppers), len(self.items))
        pairs = np.unique(self.rows, axis=0)
        ones = np.ones(len(pairs), dtype=np.float32)
        return csr_array((ones, (pairs[:, 0], pairs[:, 1])), shape=shape)


def read_interactions(path: Path) -> Interactions:
    """Read a Parquet, CSV or JSONL file with the columns shopper, item, kind and time; sorted by time.

    `kind` may be missing or empty (then it is a view) and so may `time` (then the file's order holds). A row
    that cannot be read is listed in `rejected` and the rest are kept. UsageError: no such file, another type,
    a column missing, no row that can be read.
    """
    if not path.is_file():
        raise UsageError(f"No file {path}; interactions are read from a .parquet, .csv or .jsonl file.")
    readers = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"Cannot read interactions from {path.name}; allowed: {', '.join(readers)}.")
    found = make_interactions(reader(path))
    if not len(found.rows):
        why = f" ({'; '.join(found.rejected[:3])})" if found.rejected else ""
        raise UsageError(f"{path} holds no interaction that can be learnt from{why}.")
    return found


def make_interactions(records: Iterable[Mapping[str, Any] | str]) -> Interactions:
    """Collect records with the keys shopper, item, kind and time; a str in place of one is its fault."""
    import numpy as np

    shoppers: dict[str, int] = {}
    items: dict[str, int] = {}
    taken: list[tuple[float, int, int]] = []
    refused: list[tuple[float, int, int]] = []
    rejected: list[str] = []
    for number, record in enumerate(records, 1):
        fault = record if isinstance(record, str) else _fault(record)
        if fault or isinstance(record, str):
            rejected.append(f"row {number}: {fault}")
            continue
        shopper = shoppers.setdefault(str(record["shopper"]), len(shoppers))
        item = items.setdefault(str(record["item"]), len(items))
        kind = str(record.get("kind") or "view").lower()
        (taken if kind in TAKEN else refused).append((_seconds(record.get("time")), shopper, item))

    def in_order(rows: list[tuple[float, int, int]]) -> np.ndarray:
        rows.sort(key=lambda row: row[0])
        return np.array([row[1:] for row in rows], dtype=np.int64).reshape(-1, 2)

    return Interactions(list(shoppers), list(items), in_order(taken), in_order(refused), rejected)


def _fault(record: Mapping[str, Any]) -> str:
    for name in ("shopper", "item"):
        value = record.get(name)
        if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
            return f"no {name}"
    kind = str(record.get("kind") or "view").lower()
    if kind not in TAKEN | REFUSED:
        return f"kind {kind!r} is none of {', '.join(sorted(TAKEN | REFUSED))}"
    if math.isnan(_seconds(record.get("time"))):
        return f"time {record.get('time')!r} is neither a number nor a date like 2024-05-31T12:00:00"
    return ""


def _seconds(value: Any) -> float:
    """Return a time as seconds, NaN if it cannot be read; a missing one is 0, so sorting keeps its place."""
    if value is None or value == "":
        return 0.0
    if isinstance(value, datetime):
        return value.timestamp()
    try:
        return float(value)
    except (TypeError, ValueError):
        pass
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return math.nan


def _check_columns(path: Path, names: Iterable[str]) -> None:
    names = list(names)
    missing = [name for name in COLUMNS[:2] if name not in names]
    if missing:
        raise UsageError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {' and '.join(missing)}; "
            f"it has {', '.join(names) or 'none'}, needed are {', '.join(COLUMNS)}."
        )


def _parquet(path: Path) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names)
            columns = [name for name in COLUMNS if name in file.schema_arrow.names]
            for batch in file.iter_batches(columns=columns):
                yield from batch.to_pylist()
    except pa.ArrowException as error:
        raise UsageError(f"{path} is not a readable Parquet file: {error}") from error


def _csv(path: Path) -> Iterator[dict[str, Any]]:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        reader = csv.DictReader(file)
        _check_columns(path, reader.fieldnames or ())
        yield from reader


def _jsonl(path: Path) -> Iterator[dict[str, Any] | str]:
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except ValueError as error:
                yield f"not JSON ({error})"
                continue
            yield record if isinstance(record, dict) else "not a JSON object"
