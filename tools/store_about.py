"""What a store says of itself: the encoder that made it, its format, who holds it."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing, suppress
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import StoreError
from shelftalk.tools.locking import FolderLock, last_writer

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder

FORMAT = 1
# What `empty` deletes: all that can be made again from the catalogue. What shoppers did cannot, nor what was learnt.
_PARTS = (
    "store.json",
    "records.sqlite",
    "records.sqlite-journal",
    "chroma",
    "pictures",
    "bad_rows.jsonl",
)
_KEPT = ("lock", "events.sqlite", "events.sqlite-wal", "events.sqlite-shm", "bad_events.jsonl", "scorer")


class StoreInUseError(StoreError):
    """Another process holds the store; it may be free later."""


def is_free(folder: Path) -> bool:
    """Return whether a new store may be made in an existing folder: it holds nothing, or what `empty` left."""
    return folder.is_dir() and all(p.name in _KEPT or p.name.startswith(".part-") for p in folder.iterdir())


def empty(folder: Path) -> None:
    """Delete the store in a folder, but not its events and its scorer; StoreError where it is in use."""
    if not any((folder / part).exists() for part in _PARTS[:2]):
        return
    lock = take_lock(folder, exclusive=True)
    try:
        for part in _PARTS:
            path = folder / part
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)
    finally:
        lock.release()


def take_lock(folder: Path, exclusive: bool) -> FolderLock:
    """Take the store's lock at once; StoreError says who is in the way."""
    try:
        return FolderLock(folder, exclusive)
    except BlockingIOError:
        reason = f"is being written by process {last_writer(folder)}. Wait until it is done"
        if exclusive:
            reason = "is in use by another process: a chat, a service or another run of index. Close it"
        raise StoreInUseError(f"The store {folder} {reason} and try again.") from None


def about(encoder: Encoder) -> bytes:
    """Return the contents of store.json for a new store."""
    facts = {
        "format": FORMAT,
        "encoder": {
            "name": encoder.name,
            "fingerprint": encoder.fingerprint,
            "words_size": encoder.words_size,
            "pictures_size": encoder.pictures_size,
        },
        "made": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {name: version(name) for name in ("shelftalk", "chromadb")},
    }
    return (json.dumps(facts, indent=2) + "\n").encode()


def check(folder: Path, encoder: Encoder | None) -> None:
    """Raise StoreError where the store is of another format or made by another encoder."""
    facts = peek(folder)
    try:
        form, made_by = facts["format"], facts["encoder"]
        name, fingerprint = made_by["name"], made_by["fingerprint"]
    except (KeyError, TypeError):
        raise StoreError(f"{folder / 'store.json'} is damaged. {_again(folder)}") from None
    again = _again(folder, facts["notes"].get("catalogue", "CATALOGUE"))
    if form != FORMAT:
        raise StoreError(f"The store {folder} has format {form}, this version reads {FORMAT}. {again}")
    if encoder is not None and encoder.fingerprint != fingerprint:
        raise StoreError(
            f"The store {folder} was made by the encoder {name} ({fingerprint[:12]}), not by "
            f"{encoder.name} ({encoder.fingerprint[:12]}): their vectors do not compare. Open it with that "
            f"encoder. {again}"
        )


def peek(folder: Path) -> dict[str, Any]:
    """Return what store.json and the store's notes say, without opening the store; {} where there is none.

    The notes are under "notes"; a count of products is under "products". StoreError: it is damaged.
    """
    try:
        facts: dict[str, Any] = json.loads((folder / "store.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise StoreError(f"{folder / 'store.json'} is damaged ({error}). {_again(folder)}") from None
    facts |= {"notes": {}, "products": 0}
    # Where the file is missing or damaged, opening the store tells.
    with suppress(sqlite3.Error):
        address = f"{(folder / 'records.sqlite').resolve().as_uri()}?mode=ro"
        connection = sqlite3.connect(address, uri=True)
        try:
            facts["notes"] = dict(connection.execute("select name, value from notes").fetchall())
            facts["products"] = connection.execute("select count(*) from products").fetchone()[0]
        finally:
            connection.close()
    return facts


def product_ids(folder: Path) -> set[str]:
    """Return the ids of a store's products, without opening the store; StoreError where they cannot be read."""
    try:
        address = f"{(folder / 'records.sqlite').resolve().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True)) as connection:
            return {row[0] for row in connection.execute("select id from products")}
    except sqlite3.Error as error:
        raise StoreError(f"The products of {folder} cannot be read ({error}). {_again(folder)}") from None


def _again(folder: Path, catalogue: str = "CATALOGUE") -> str:
    return f"Make it anew: shelftalk index {catalogue} --store {folder} --rebuild"
