"""What shoppers did, kept beside a store's products: one SQLite file that is only ever added to.

An event is kept when `append` returns, whatever kills the process then. Several processes may add at once, while others
read. The same (shopper, item, kind, time) is kept once, so that feeding a file a second time changes nothing. What is
taken back stays in the file, with an entry that says so, and is read by nobody.
"""

from __future__ import annotations

import sqlite3
import threading
import time as clock
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import StoreError, UsageError
from shelftalk.tools.events_reading import BadEvent, Event, read_event, shipped_of
from shelftalk.tools.store_faults import is_full

if TYPE_CHECKING:
    from shelftalk.tools.scores.interactions import Interactions

__all__ = ["FILE", "BadEvent", "Event", "EventLog"]

FILE = "events.sqlite"
FORMAT = 1
BACK = "undo "  # before the kind of an event: the entry that takes it back, with its shopper, item and time
BATCH = 100_000  # in one commit; smaller ones write the pages of the index again and again
_PATIENCE = 30.0  # seconds to wait for other writers; each holds the file for milliseconds
_SCHEMA = """
create table events (
    number integer primary key,  -- counts from 1, in the order in which they came
    shopper text not null,
    item text not null,
    kind text not null,
    time real not null  -- seconds since 1970, UTC; 0 where nobody said when
);
create unique index events_once on events (shopper, item, kind, time);
create trigger events_stay before delete on events
    begin select raise(abort, 'events are never deleted'); end;
create trigger events_hold before update on events
    begin select raise(abort, 'events are never changed'); end;
"""
_ADD = "insert or ignore into events (shopper, item, kind, time) "
_IS_EVENT = f"substr(kind, 1, {len(BACK)}) <> '{BACK}'"
# Entries are unique, so that taking back twice changes nothing.
_TAKE_BACK = f"""{_ADD} select shopper, item, '{BACK}' || kind, time from events
    where shopper = ? and item = ? and kind = ? and time = ?"""
_OF_ONE = f"""select shopper, item, kind, time from events as it where shopper = ? and {_IS_EVENT} and not exists (
    select 1 from events as back where back.shopper = it.shopper and back.item = it.item
        and back.kind = '{BACK}' || it.kind and back.time = it.time
) order by time, number"""
# What was taken back is found once, by its entries, which are few; "cross" keeps them the outer loop.
_ALL = f"""select shopper, item, kind, time from events where {_IS_EVENT} and number not in (
    select it.number from events as back cross join events as it
    where substr(back.kind, 1, {len(BACK)}) = '{BACK}' and it.shopper = back.shopper and it.item = back.item
        and it.kind = substr(back.kind, {len(BACK) + 1}) and it.time = back.time
) order by number"""


class EventLog:
    """The log in a store's folder, `events.sqlite`; made at the first event, safe in threads and processes."""

    def __init__(self, folder: Path, shipped: Path | None = None) -> None:
        """Name the store's folder; nothing is opened before it is needed.

        `shipped` is a Parquet file of events that came before those of the log, for `of` alone.
        """
        self.path = Path(folder) / FILE
        self._shipped = shipped
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._close: weakref.finalize[Any, Any] | None = None

    def __enter__(self) -> EventLog:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; the log opens it again where it is used again."""
        with self._lock:
            if self._close is not None:
                self._close()
            self._connection = self._close = None

    def append(self, shopper: str, item: str, kind: str, time: float | None = None) -> None:
        """Add one event, safely on disk on return; `time` in seconds since 1970, None: now.

        UsageError: the shopper or the item is missing, the kind is none of those known. StoreError: the file
        cannot be written.
        """
        moment = clock.time() if time is None else time
        event = read_event({"shopper": shopper, "item": item, "kind": kind, "time": moment})
        if isinstance(event, str):
            raise UsageError(f"The event ({shopper!r}, {item!r}, {kind!r}) cannot be kept: {event}.")
        self.write([event])

    def extend(self, records: Iterable[Mapping[str, Any] | str]) -> list[BadEvent]:
        """Add records with the keys shopper, item, kind and time, batch by batch; return those left out.

        `kind` may be missing (a view) and so may `time`. A str in place of a record is what is wrong with it.
        Rows count from 1.
        """
        bad: list[BadEvent] = []
        batch: list[Event] = []
        for number, record in enumerate(records, 1):
            event = record if isinstance(record, str) else read_event(record)
            if isinstance(event, str):
                bad.append(BadEvent(number, event))
                continue
            batch.append(event)
            if len(batch) == BATCH:
                self.write(batch)
                batch = []
        self.write(batch)
        return bad

    def write(self, events: Sequence[Event]) -> int:
        """Add events, all or none; return how many of them were not in the log yet."""
        if not events:
            return 0
        return self._write(f"{_ADD} values (?, ?, ?, ?)", events)

    def take_back(self, events: Sequence[Event]) -> int:
        """Take events back, all or none, as if they had never come; return how many of them counted until now.

        What is not in the log, or was taken back before, is passed over; the same event fed again stays taken back.
        """
        return self._write(_TAKE_BACK, events) if events and self._is_there() else 0

    def _write(self, statement: str, events: Sequence[Event]) -> int:
        """Execute a statement that adds an entry for each event, in one commit; return how many it added."""
        rows = [(event.shopper, event.item, event.kind, event.time) for event in events]
        with self._explained(), self._lock:
            connection = self._open(make=True)
            before = connection.total_changes
            connection.execute("begin immediate")
            try:
                connection.executemany(statement, rows)
                connection.execute("commit")
            except BaseException:
                if connection.in_transaction:  # a full disk may have rolled it back by itself
                    connection.execute("rollback")
                raise
            return connection.total_changes - before

    def __len__(self) -> int:
        """Return how many entries there are, those that take an event back among them; it only ever grows."""
        return int(self._rows("select coalesce(max(number), 0) from events")[0][0]) if self._is_there() else 0

    def __bool__(self) -> bool:
        """Return True, as of any object: an empty log is a log."""
        return True

    def of(self, shopper: str) -> list[Event]:
        """Return what a shopper did, oldest first, without what was taken back."""
        earlier = shipped_of(self._shipped, shopper) if self._shipped is not None else ()
        later = self._rows(_OF_ONE, (shopper,)) if self._is_there() else []
        return [*earlier, *(Event(*row) for row in later)]

    def interactions(self) -> Interactions:
        """Return all that scorers learn from, oldest first, without what was taken back."""
        import pyarrow as pa

        from shelftalk.tools.scores.interactions import columns_to_interactions

        kinds = (pa.string(), pa.string(), pa.string(), pa.float64())
        parts: list[list[Any]] = [[] for _ in kinds]  # as Arrow's, which take a tenth of Python's room
        if self._is_there():
            with self._explained(), self._lock:
                # In the order in which they came; they are sorted by time where they are learnt from.
                rows = self._open().execute(_ALL)
                while several := rows.fetchmany(BATCH):
                    for part, kind, column in zip(parts, kinds, zip(*several, strict=True), strict=True):
                        part.append(pa.array(column, kind))
        columns = (pa.chunked_array(part, kind) for part, kind in zip(parts, kinds, strict=True))
        return columns_to_interactions(*columns)

    def _rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._explained(), self._lock:
            return self._open().execute(statement, values).fetchall()

    def _is_there(self) -> bool:
        """Return whether anything was ever written; reading makes no file."""
        return self._connection is not None or self.path.is_file()

    def _open(self, make: bool = False) -> sqlite3.Connection:
        if self._connection is not None:
            return self._connection
        if make and not self.path.parent.is_dir():
            raise StoreError(
                f"There is no store at {self.path.parent}. Make one: shelftalk index CATALOGUE "
                f"--store {self.path.parent}"
            )
        connection = sqlite3.connect(
            self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
        )
        try:
            _prepare(connection, self.path)
        except BaseException:
            connection.close()
            raise
        self._connection = connection
        self._close = weakref.finalize(self, connection.close)
        return connection

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sqlite3.Error) as error:
            raise StoreError(_fault(self.path, error)) from error


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    """Make the tables where they are missing, and see that a commit is on the disk when it returns."""
    end = clock.monotonic() + _PATIENCE
    while True:  # the change to a write-ahead log does not wait for others by itself
        try:
            connection.execute("pragma journal_mode = wal")
            break
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or clock.monotonic() > end:
                raise
            clock.sleep(0.02)
    connection.execute("pragma synchronous = full")
    connection.execute("pragma cache_size = -65536")  # KiB; the index of a large log is read at random
    if _version(connection) == 0:
        connection.execute("begin immediate")
        try:
            if _version(connection) == 0:  # another process may have been first
                for statement in _SCHEMA.split(";\n"):
                    connection.execute(statement)
                connection.execute(f"pragma user_version = {FORMAT}")
            connection.execute("commit")
        except BaseException:
            if connection.in_transaction:
                connection.execute("rollback")
            raise
    if (found := _version(connection)) != FORMAT:
        raise StoreError(
            f"{path} has format {found}, this version reads {FORMAT}: use the version of shelftalk that wrote it."
        )


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("pragma user_version").fetchone()[0])


def _fault(path: Path, error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    if is_full(path.parent, error):
        return (
            f"The disk that holds the events {path} is full. What was taken in before is safe: free some space "
            "and do the same again."
        )
    if isinstance(error, PermissionError) or "readonly" in text.lower() or "unable to open" in text.lower():
        return f"The events {path} may not be written ({text}): check the permissions of the folder."
    if "locked" in text or "busy" in text:
        return f"The events {path} are being written by another process for too long ({text}): try again."
    return (
        f"The events {path} cannot be read or written ({text}). If the file is damaged, put a copy of it back, or "
        "move it away and feed the events again: shelftalk events PATH"
    )
