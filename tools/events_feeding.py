"""Feeding a file of events, or lines as they come, into a store's log."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from shelftalk.tools.catalogue_files import Table, read_table
from shelftalk.tools.columns import spaced
from shelftalk.tools.errors import CatalogueError, UsageError
from shelftalk.tools.events import BATCH, BadEvent, Event, EventLog
from shelftalk.tools.events_reading import read_event
from shelftalk.tools.store_about import product_ids
from shelftalk.tools.whole import write_whole

BAD = "bad_events.jsonl"
MAP_HELP = "--map shopper=COLUMN,item=COLUMN,kind=COLUMN,time=COLUMN"
_PARQUET = (".parquet", ".pq")
_ENDINGS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", *_PARQUET)
# Column names by field, the likeliest first, in lower-case words.
_NAMES: dict[str, tuple[str, ...]] = {
    "shopper": (
        "shopper", "shopper id", "user", "user id", "userid", "customer", "customer id", "visitor id", "visitorid",
        "client id", "account id", "session id", "session", "uid",
    ),
    "item": (
        "item", "item id", "itemid", "product", "product id", "productid", "sku", "article id", "movie id", "asin",
        "parent asin", "iid",
    ),
    "kind": ("kind", "event", "event type", "event name", "action", "behaviour", "behavior", "interaction"),
    "time": ("time", "timestamp", "event time", "date", "datetime", "created at", "unix timestamp", "t dat"),
}  # fmt: skip
_BLOCK = 1 << 20  # bytes that are read at once, where so many are there
_TOLD = 20_000  # rows between two words on how far it is
Tell = Callable[[int, int | None], None]


@dataclass
class Fed:
    """What one run took in."""

    read: int = 0
    added: int = 0
    repeated: int = 0  # in the log already
    unknown: int = 0  # of those read, events with items that the store does not have; they are kept
    unknown_items: set[str] = field(default_factory=set)
    bad: list[BadEvent] = field(default_factory=list)
    columns: dict[str, str] = field(default_factory=dict)  # what each field was read from, of a file
    unit: str = "row"  # what a bad row's number counts: "row", or "line" of a text file
    seconds: float = 0.0


def feed(
    path: Path, folder: Path, mapping: Mapping[str, str] | None = None, progress: Tell | None = None
) -> Fed:
    """Take the events of a CSV, JSONL, JSON or Parquet file into the log of the store in `folder`.

    `mapping` says which column is the "shopper", the "item", the "kind" or the "time" where names do not. Rows left
    out are in the report and in `folder/bad_events.jsonl`. What was taken in stays, however a run ends; a second one
    adds nothing twice. UsageError: the file cannot be read, or no row of it can be used.
    """
    start = time.perf_counter()
    _check_file(path)
    try:
        table = read_table(path)
        columns = event_columns(table.columns, mapping or {}, path)
        fed = _Feeding(folder, unit=table.unit)
        fed.report.columns = columns
        with fed.log:
            for number, record in _rows(path, table, columns):
                fed.take(number, record)
                if len(fed.batch) == BATCH:
                    fed.flush()
                if progress is not None and fed.report.read % _TOLD == 0:
                    progress(fed.report.read, table.total)
            fed.flush()
    except CatalogueError as error:
        raise UsageError(str(error)) from error
    if progress is not None:
        progress(fed.report.read, fed.report.read)
    return fed.finished(str(path), start)


def file_records(path: Path, mapping: Mapping[str, str] | None = None) -> Iterator[Mapping[str, Any] | str]:
    """Give each row of a file of events as its fields, or what is wrong with it, without a store.

    UsageError: the file cannot be read.
    """
    _check_file(path)
    try:
        table = read_table(path)
        for _, record in _rows(path, table, event_columns(table.columns, mapping or {}, path)):
            yield record
    except CatalogueError as error:
        raise UsageError(str(error)) from error


def _check_file(path: Path) -> None:
    if not path.is_file():
        raise UsageError(f"There is no file of events at {path}: check the path.")
    if path.suffix.lower() not in _ENDINGS:
        raise UsageError(
            f"{path} is no file of events: give one of {', '.join(_ENDINGS)}, or - for JSON lines."
        )
    if not path.stat().st_size:
        raise UsageError(f"The file of events {path} is empty.")


def feed_lines(
    lines: Iterable[Sequence[str]],
    folder: Path,
    mapping: Mapping[str, str] | None = None,
    tell: Callable[[BadEvent], None] | None = None,
) -> Fed:
    """Take JSON objects, one a line, into the log of the store in `folder`, as many at a time as have come.

    A line without a time happened now. `tell` is told of each line that is left out, at once. UsageError: no line
    could be used.
    """
    start = time.perf_counter()
    _check_fields(mapping or {})
    fed = _Feeding(folder, unit="line")
    number = 0
    with fed.log:
        for several in lines:
            told = len(fed.report.bad)
            for line in several:
                number += 1
                if line.strip():
                    fed.take(number, _parsed(line, mapping or {}))
            fed.flush()
            if tell is not None:
                for bad in fed.report.bad[told:]:
                    tell(bad)
    return fed.finished("the input", start)


def event_columns(columns: list[str], mapping: Mapping[str, str], path: Path) -> dict[str, str]:
    """Return field -> column; UsageError where the shopper or the item has none, or `mapping` names none there is."""
    _check_fields(mapping)
    for name, column in mapping.items():
        if column not in columns:
            raise UsageError(
                f"--map {name}={column}: {path} has no column {column!r}. Columns: {', '.join(columns) or 'none'}."
            )
    by_name: dict[str, str] = {}
    for column in columns:
        by_name.setdefault(spaced(column), column)
    found = dict(mapping)
    for name, known in _NAMES.items():
        there = [
            by_name[words] for words in known if words in by_name and by_name[words] not in found.values()
        ]
        if name not in found and there:
            found[name] = there[0]
    lacking = [name for name in ("shopper", "item") if name not in found]
    if lacking:
        raise UsageError(
            f"No column of {path} is known to hold the {' or the '.join(lacking)}. Columns: "
            f"{', '.join(columns) or 'none'}. Say which: {MAP_HELP}"
        )
    return found


def _check_fields(mapping: Mapping[str, str]) -> None:
    for name in mapping:
        if name not in _NAMES:
            raise UsageError(f"--map {name}={mapping[name]}: an event has no {name!r}; it takes {MAP_HELP}.")


def _rows(
    path: Path, table: Table, columns: Mapping[str, str]
) -> Iterator[tuple[int, Mapping[str, Any] | str]]:
    """Give each row's number and its fields, or what is wrong with it."""
    if path.suffix.lower() in _PARQUET:
        yield from _parquet(path, columns)
        return
    for number, record in table.rows():
        if isinstance(record, str):
            yield number, record
        else:
            yield number, {name: record.get(column) for name, column in columns.items()}


def _parquet(path: Path, columns: Mapping[str, str]) -> Iterator[tuple[int, Mapping[str, Any]]]:
    """Give the rows of a Parquet file, column by column: several times as quick as row by row."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH, columns=list(columns.values())):
                cells = []
                for column in columns.values():
                    values = batch.column(column)
                    if pa.types.is_timestamp(values.type):  # Python has no nanoseconds
                        values = pc.cast(values, pa.timestamp("us", values.type.tz), safe=False)
                    cells.append(values.to_pylist())
                for row in zip(*cells, strict=True):
                    number += 1
                    yield number, dict(zip(columns, row, strict=True))
    except (OSError, pa.ArrowException) as error:
        text = " ".join(str(error).split())[:120]
        raise UsageError(
            f"{path} is damaged after row {number:,} ({text}). The rows before it went in."
        ) from None


def _parsed(line: str, mapping: Mapping[str, str]) -> Mapping[str, Any] | str:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        return f"it is not JSON ({str(error)[:100]})"
    if not isinstance(record, dict):
        return "it is not a JSON object"
    by_name = {spaced(key): key for key in record}
    found: dict[str, Any] = {"time": time.time()}
    for name, known in _NAMES.items():
        key = mapping.get(name) or next((by_name[words] for words in known if words in by_name), None)
        if key is not None and record.get(key) is not None:
            found[name] = record[key]
    return found


class _Feeding:
    """The state of one run."""

    def __init__(self, folder: Path, unit: str) -> None:
        self.report = Fed(unit=unit)
        self.log = EventLog(folder)
        self.batch: list[Event] = []
        self._folder = folder
        self._products = product_ids(folder)

    def take(self, number: int, record: Mapping[str, Any] | str) -> None:
        """Read one record; it is in the log after the next `flush`."""
        report = self.report
        report.read += 1
        event = record if isinstance(record, str) else read_event(record)
        if isinstance(event, str):
            report.bad.append(BadEvent(number, event))
            return
        if event.item not in self._products:
            report.unknown += 1
            report.unknown_items.add(event.item)
        self.batch.append(event)

    def flush(self) -> None:
        """Put what was read into the log."""
        added = self.log.write(self.batch)
        self.report.added += added
        self.report.repeated += len(self.batch) - added
        self.batch = []

    def finished(self, source: str, start: float) -> Fed:
        """Write the list of bad rows and return the report; UsageError where no row could be used."""
        report = self.report
        lines = [json.dumps(asdict(row), ensure_ascii=False) + "\n" for row in report.bad]
        write_whole(self._folder / BAD, "".join(lines).encode("utf-8", "replace"))
        if report.read == len(report.bad):
            first = (
                f"; {report.unit} {report.bad[0].row}, for one: {report.bad[0].problem}" if report.bad else ""
            )
            raise UsageError(f"No event in {source} can be used{first or ': it holds none'}.")
        report.seconds = time.perf_counter() - start
        return report


def stdin_lines() -> Iterator[list[str]]:
    """Give the lines of the standard input, those that are there at once: one by one where they come slowly."""
    # Read past Python's buffer, which would wait until it is full.
    handle, begun = sys.stdin.fileno(), b""
    while block := os.read(handle, _BLOCK):
        *whole, begun = (begun + block).split(b"\n")
        if whole:
            yield [line.decode("utf-8-sig", "replace") for line in whole]
    if begun:
        yield [begun.decode("utf-8-sig", "replace")]
