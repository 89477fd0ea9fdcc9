"""Reading one event as others write it: which shopper, which item, what was done, when."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from shelftalk.tools.columns import is_blank
from shelftalk.tools.errors import StoreError
from shelftalk.tools.scores.interactions import REFUSED, TAKEN

KINDS = TAKEN | REFUSED
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST = 500  # characters of an id
_MILLISECONDS = 1e11  # as seconds this is the year 5138, as milliseconds 1973
_FINER = ("milliseconds", "microseconds", "nanoseconds")


@dataclass(frozen=True)
class Event:
    """One thing that a shopper did with an item."""

    shopper: str
    item: str
    kind: str  # one of KINDS
    time: float  # seconds since 1970, UTC; 0 where nobody said when


@dataclass(frozen=True)
class BadEvent:
    """A row that was left out, and why."""

    row: int
    problem: str


def read_event(record: Mapping[str, Any]) -> Event | str:
    """Read a record with the keys shopper, item, kind and time; return what is wrong with it where that fails.

    A kind that is missing is a view. A time is a number of seconds (or milli-, micro- or nanoseconds) since
    1970 or an ISO 8601 date, UTC where it names no zone; one that is missing is 0.
    """
    shopper, item = _id(record.get("shopper")), _id(record.get("item"))
    if not shopper or not item:
        return "no item" if shopper else "no shopper"
    if len(shopper) > _LONGEST or len(item) > _LONGEST:
        return f"the {'item' if len(item) > _LONGEST else 'shopper'} has more than {_LONGEST} characters"
    kind = record.get("kind")
    kind = "view" if kind is None else _kind(str(kind))
    if kind not in KINDS:
        return f"kind {kind[:40]!r} is none of {', '.join(sorted(KINDS))}"
    time = _seconds(record.get("time"))
    if time is None:
        asked = str(record.get("time"))[:40]
        return f"time {asked!r} is neither a number nor a date like 2024-05-31T12:00:00"
    return Event(shopper, item, kind, time)


@lru_cache(maxsize=64)  # a conversation asks at every turn
def shipped_of(path: Path, shopper: str) -> tuple[Event, ...]:
    """Return a shopper's events of a Parquet file that a shop ships with, oldest first; StoreError: it is damaged."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            table = file.read()
        table = table.filter(pc.equal(table["shopper"], shopper))
    except (OSError, pa.ArrowException) as error:
        raise StoreError(
            f"The shop's events {path} cannot be read ({' '.join(str(error).split())[:120]}): install shelftalk again."
        ) from error
    events = (read_event(record) for record in table.to_pylist())
    return tuple(sorted((one for one in events if isinstance(one, Event)), key=lambda one: one.time))


def _id(value: Any) -> str:
    """Return an id as the catalogue's are written: one line, 7.0 as 7; "" where there is none."""
    if isinstance(value, str):
        return _one_line(value)
    if value is None or isinstance(value, bool | bytes | bytearray | dict | list):
        return ""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        value = int(value)
    return _one_line(str(value))


@lru_cache(maxsize=1 << 16)  # the same few come again and again
def _one_line(text: str) -> str:
    if is_blank(text):
        return ""
    if not text.isprintable():
        text = _CONTROL.sub(" ", text.encode("utf-8", "replace").decode())
    return " ".join(text.split())


@lru_cache(maxsize=1 << 8)
def _kind(text: str) -> str:
    return "view" if is_blank(text) else text.strip().lower()


def _seconds(value: Any) -> float | None:
    """Return a time in seconds since 1970, 0 for a missing one, None for one that cannot be read."""
    if is_blank(value):
        return 0.0
    try:
        seconds = float(value)
    except OverflowError:
        return None
    except (TypeError, ValueError):
        try:
            moment = datetime.fromisoformat(str(value).strip())
        except ValueError:
            return None
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if not math.isfinite(seconds):
        return None
    for _ in _FINER:
        if abs(seconds) < _MILLISECONDS:
            break
        seconds /= 1000
    return seconds if abs(seconds) < _MILLISECONDS else None
