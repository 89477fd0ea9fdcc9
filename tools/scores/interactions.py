"""Who took what and when, read from a table of (shopper, item, kind, time)."""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from scipy.sparse import csr_array

COLUMNS = ("shopper", "item", "kind", "time")
# How much each kind says of a shopper's taste, beside a purchase's 1.
STRENGTH: Mapping[str, float] = MappingProxyType(
    {"view": 0.25, "click": 0.5, "cart": 0.75, "like": 1.0, "rating": 1.0, "buy": 1.0, "purchase": 1.0}
)
TAKEN = frozenset(STRENGTH)
REFUSED = frozenset(("dislike", "hide", "return"))


def _none() -> np.ndarray:
    import numpy as np

    return np.empty((0, 2), dtype=np.int64)


@dataclass
class Interactions:
    """Interactions in time order, and the rows that could not be read.

    `rows` are (index into `shoppers`, index into `items`) of what was taken, `strength` how much each of them says
    (None: each 1); `refused` are the rows of what was refused. An item may stand in no row: it is scored all the
    same. UsageError: a row that points outside the lists, a strength that is not a number above 0.
    """

    shoppers: Sequence[str]
    items: Sequence[str]
    rows: np.ndarray  # int64 [n, 2]
    refused: np.ndarray = field(default_factory=_none)  # int64 [m, 2]
    rejected: list[str] = field(default_factory=list)  # "row 7: no item"
    strength: np.ndarray | None = None  # float32 [n]

    def __post_init__(self) -> None:
        for name in ("rows", "refused"):
            rows = getattr(self, name)
            if rows.ndim != 2 or rows.shape[1] != 2:
                raise UsageError(
                    f"{name} has shape {rows.shape}; needed is [n, 2]: a shopper and an item a row."
                )
            if len(rows) and (
                rows.min() < 0 or (rows.max(axis=0) >= (len(self.shoppers), len(self.items))).any()
            ):
                raise UsageError(
                    f"{name} points outside the lists of {len(self.shoppers):,} shoppers and "
                    f"{len(self.items):,} items."
                )
        if self.strength is not None:
            if self.strength.shape != (len(self.rows),):
                raise UsageError(f"strength has shape {self.strength.shape}; needed is [{len(self.rows)}].")
            if not ((self.strength > 0) & (self.strength < math.inf)).all():
                raise UsageError("A strength is not a number above 0.")

    def matrix(self) -> csr_array:
        """Return float32 [shoppers, items]: 1 where the shopper took the item at least once."""
        matrix = self.strengths()
        matrix.data[:] = 1
        return matrix

    def strengths(self) -> csr_array:
        """Return float32 [shoppers, items]: the most that any of the shopper's interactions with the item says."""
        import numpy as np
        from scipy.sparse import csr_array

        cells = self.rows[:, 0] * len(self.items) + self.rows[:, 1]
        if self.strength is None:
            cells = np.sort(cells)
            strength = np.ones(len(cells), dtype=np.float32)
        else:
            order = np.lexsort((-self.strength, cells))  # the strongest of a pair comes first
            cells, strength = cells[order], self.strength[order].astype(np.float32)
        first = np.ones(len(cells), dtype=bool)
        first[1:] = cells[1:] != cells[:-1]
        shoppers, items = np.divmod(cells[first], max(1, len(self.items)))
        starts = np.zeros(len(self.shoppers) + 1, dtype=np.int64)
        np.cumsum(np.bincount(shoppers, minlength=len(self.shoppers)), out=starts[1:])
        # 32-bit places where they suffice: other libraries take no others.
        width = np.int32 if len(cells) < 2**31 else np.int64
        shape = (len(self.shoppers), len(self.items))
        return csr_array((strength[first], items.astype(width), starts.astype(width)), shape=shape)


def read_interactions(path: Path) -> Interactions:
    """Read a Parquet, CSV or JSONL file with the columns shopper, item, kind and time; sorted by time.

    `kind` may be missing or empty (then it is a view) and so may `time` (then the file's order holds; a date
    without a zone is UTC). A row that cannot be read is listed in `rejected` and the rest are kept. UsageError: no
    such file, another type, a column missing, no row that can be read.
    """
    if not path.is_file():
        raise UsageError(f"No file {path}; interactions are read from a .parquet, .csv or .jsonl file.")
    readers = {".parquet": _parquet, ".csv": _csv, ".jsonl": _jsonl}
    reader = readers.get(path.suffix.lower())
    if reader is None:
        raise UsageError(f"Cannot read interactions from {path.name}; allowed: {', '.join(readers)}.")
    try:
        found = reader(path)
    except (OSError, csv.Error) as error:
        raise UsageError(f"Cannot read interactions from {path}: {error}") from error
    if not len(found.rows):
        why = f" ({'; '.join(found.rejected[:3])})" if found.rejected else ""
        raise UsageError(f"{path} holds no interaction that can be learnt from{why}.")
    return found


def make_interactions(records: Iterable[Mapping[str, Any] | str]) -> Interactions:
    """Collect records with the keys shopper, item, kind and time; a str in place of one is its fault."""
    rows = list(records)
    faults = {number: row for number, row in enumerate(rows) if isinstance(row, str)}
    columns = [[None if isinstance(row, str) else row.get(name) for row in rows] for name in COLUMNS]
    shopper, item, kind, time = columns
    return columns_to_interactions(shopper, item, kind, time, faults)


def columns_to_interactions(
    shopper: Any, item: Any, kind: Any = None, time: Any = None, faults: Mapping[int, str] | None = None
) -> Interactions:
    """Make interactions of columns, each a list or a pyarrow array of one length; this is the quick way.

    `kind` and `time` may be None: all are views, and in order. `faults` are the rows known to be bad, by their
    number from 0, and why.
    """
    import numpy as np

    count = len(shopper)
    shoppers, shopper_of = _ids(shopper)  # shopper_of int64 [count], -1 where there is none
    items, item_of = _ids(item)
    names, kind_of = _encode([None] * count if kind is None else kind)
    kinds = [_kind(name) for name in names]
    said = np.array([STRENGTH.get(name, 0.0) for name in kinds], dtype=np.float32)[kind_of]  # 0: refused
    known = np.array([name in TAKEN or name in REFUSED for name in kinds], dtype=bool)[kind_of]
    seconds = np.zeros(count) if time is None else _times(time)
    good = (shopper_of >= 0) & (item_of >= 0) & known & ~np.isnan(seconds)
    faults = faults or {}
    good[list(faults)] = False
    rejected = []
    for row in map(int, np.flatnonzero(~good)):
        record = [_plain(column, row) for column in (shopper, item, kind, time)]
        rejected.append(f"row {row + 1}: {faults.get(row) or _fault(*record)}")

    order = np.argsort(seconds, kind="stable")
    order = order[good[order]]
    rows = np.stack([shopper_of[order], item_of[order]], axis=1)
    said = said[order]
    for column, ids in enumerate((shoppers, items)):
        # Whoever stands in bad rows alone is left out.
        present = np.bincount(rows[:, column], minlength=len(ids)) > 0
        rows[:, column] = (np.cumsum(present) - 1)[rows[:, column]]
        ids[:] = [id_ for id_, is_present in zip(ids, present, strict=True) if is_present]
    taken = said > 0
    return Interactions(shoppers, items, rows[taken], rows[~taken], rejected, said[taken])


def _as_arrow(values: Any) -> Any:
    """Return a list as a pyarrow array where its values are of one type; otherwise, as it is."""
    import pyarrow as pa

    if not isinstance(values, list) or len({type(value) for value in values} - {type(None)}) != 1:
        return values
    try:
        return pa.array(values)
    except (pa.ArrowException, ValueError, TypeError, OverflowError):
        return values


def _encode(values: Any) -> tuple[list[Any], np.ndarray]:
    """Return the distinct values in the order in which they come, and int64 [n]: which one each value is."""
    import numpy as np
    import pyarrow as pa

    values = _as_arrow(values)
    if isinstance(values, pa.Array | pa.ChunkedArray):
        if pa.types.is_dictionary(values.type):
            values = values.cast(values.type.value_type)
        try:
            encoded = values.dictionary_encode(null_encoding="encode")
        except pa.ArrowNotImplementedError:  # lists and structures, which are no ids
            return _encode(tuple(values.to_pylist()))
        encoded = encoded.combine_chunks() if isinstance(encoded, pa.ChunkedArray) else encoded
        return encoded.dictionary.to_pylist(), encoded.indices.to_numpy().astype(np.int64)
    number: dict[Any, int] = {}
    distinct: list[Any] = []
    codes = np.empty(len(values), dtype=np.int64)
    for row, value in enumerate(values):
        # 1, 1.0, True and "1" are told apart; a list, which no dict takes as a key, goes by its text.
        key = value if type(value) is str else (type(value), str(value))
        code = number.setdefault(key, len(distinct))
        if code == len(distinct):
            distinct.append(value)
        codes[row] = code
    return distinct, codes


def _ids(values: Any) -> tuple[list[str], np.ndarray]:
    """Return the distinct ids, and int64 [n]: which one each value is, -1 where it is none."""
    import numpy as np

    distinct, codes = _encode(values)
    number: dict[str, int] = {}
    places = [number.setdefault(id_, len(number)) if (id_ := _id(value)) else -1 for value in distinct]
    return list(number), np.array(places, dtype=np.int64)[codes]


def _id(value: Any) -> str:
    """Return an id as a catalogue writes it (7.0 as 7), or "" where there is none."""
    if value is None or isinstance(value, bool | bytes | dict | list):
        return ""
    if isinstance(value, float):
        return "" if math.isnan(value) else str(int(value) if value.is_integer() else value)
    return str(value).strip()


def _kind(value: Any) -> str:
    return "view" if value is None or value == "" else str(value).strip().lower()


def _times(values: Any) -> np.ndarray:
    """Return float64 [n] seconds; NaN for what cannot be read, 0 for what is missing."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    values = _as_arrow(values)
    if isinstance(values, pa.Array | pa.ChunkedArray):
        plain = values
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            plain = _times_of_texts(values)
        if pa.types.is_timestamp(plain.type):
            ticks = pc.cast(pc.cast(plain, pa.timestamp("us"), safe=False), pa.int64())
            plain = pc.divide(pc.cast(ticks, pa.float64(), safe=False), 1e6)
        if (
            pa.types.is_integer(plain.type)
            or pa.types.is_floating(plain.type)
            or pa.types.is_null(plain.type)
        ):
            seconds = pc.fill_null(pc.cast(plain, pa.float64(), safe=False), 0.0).to_numpy(
                zero_copy_only=False
            )
            return np.asarray(np.where(np.isfinite(seconds), seconds, np.nan))
    distinct, codes = _encode(values)
    seconds = np.array([_seconds(value) for value in distinct], dtype=np.float64)[codes]
    return np.asarray(seconds)


def _times_of_texts(values: Any) -> Any:
    """Return texts as numbers or timestamps where all can be read as the one or the other; otherwise as they are."""
    import pyarrow as pa
    import pyarrow.compute as pc

    filled = pc.if_else(pc.equal(values, ""), pa.scalar(None, values.type), values)
    for kind in (pa.float64(), pa.timestamp("us"), pa.timestamp("us", "UTC")):
        try:
            return pc.cast(filled, kind)
        except pa.ArrowInvalid:
            continue
    return values


def _seconds(value: Any) -> float:
    """Return a time as seconds, NaN if it cannot be read; a missing one is 0, so sorting keeps its place."""
    if value is None or value == "":
        return 0.0
    try:
        seconds = float(value)
        return seconds if math.isfinite(seconds) else math.nan
    except (TypeError, ValueError, OverflowError):
        pass
    try:
        moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return math.nan


def _plain(column: Any, row: int) -> Any:
    value: Any = None if column is None else column[row]
    return value.as_py() if hasattr(value, "as_py") else value


def _fault(shopper: Any, item: Any, kind: Any, time: Any) -> str:
    for name, value in (("shopper", shopper), ("item", item)):
        if not _id(value):
            return f"no {name}"
    if _kind(kind) not in TAKEN | REFUSED:
        return f"kind {_kind(kind)[:40]!r} is none of {', '.join(sorted(TAKEN | REFUSED))}"
    return f"time {str(time)[:40]!r} is neither a number nor a date like 2024-05-31T12:00:00"


def _check_columns(path: Path, names: Iterable[str]) -> None:
    names = list(names)
    missing = [name for name in COLUMNS[:2] if name not in names]
    if missing:
        raise UsageError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {' and '.join(missing)}; "
            f"it has {', '.join(names) or 'none'}, needed are {', '.join(COLUMNS)}."
        )


def _parquet(path: Path) -> Interactions:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            _check_columns(path, file.schema_arrow.names)
            table = file.read(columns=[name for name in COLUMNS if name in file.schema_arrow.names])
            return columns_to_interactions(*(table[n] if n in table.column_names else None for n in COLUMNS))
    except pa.ArrowException as error:
        raise UsageError(f"{path} is not a readable Parquet file: {error}") from error


def _csv(path: Path) -> Interactions:
    with path.open(encoding="utf-8-sig", errors="replace", newline="") as file:
        lines = csv.reader(file)
        header = next(lines, [])
        _check_columns(path, header)
        places = [header.index(name) if name in header else None for name in COLUMNS]
        rows = [line for line in lines if line]
    shopper, item, kind, time = (
        None if at is None else [row[at] if at < len(row) else "" for row in rows] for at in places
    )
    return columns_to_interactions(shopper, item, kind, time)


def _jsonl(path: Path) -> Interactions:
    records: list[Mapping[str, Any] | str] = []
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for line in file:
            if not line.strip():
                continue
            try:
                record = json.loads(line)
            except (ValueError, RecursionError) as error:
                record = f"not JSON ({error})"
            else:
                record = record if isinstance(record, dict) else "not a JSON object"
            records.append(record)
    return make_interactions(records)
