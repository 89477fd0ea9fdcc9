"""One conversation on disk: a folder with the turns (SQLite), the pictures sent, and a line for the list.

```
<id>/conversation.sqlite   LangGraph's checkpoints, one a turn; held exclusively while the session is open
<id>/pictures/<sha256>.png
<id>/about.json            first words, times, turns
```

A turn is written in one transaction when it is over: a process killed at any point loses at most that turn.
"""

from __future__ import annotations

import errno
import os
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from shelftalk.tools.errors import SessionError

if TYPE_CHECKING:
    from langchain_core.runnables import RunnableConfig
    from langgraph.checkpoint.sqlite import SqliteSaver

FILE = "conversation.sqlite"
UNDO_STEPS = 50  # how many states stay on disk to go back to


class About(BaseModel):
    """A session's line in the list."""

    id: str
    first_words: str = ""
    started: datetime
    updated: datetime
    turns: int = 0
    store: str = ""  # the folder of the shop it is held in


@dataclass
class Session:
    """An open conversation. One turn at a time: whoever works on it holds `busy`."""

    id: str
    folder: Path
    saver: SqliteSaver
    about: About
    shopper: str = ""  # who came into it, for the log of events; saved with the visit
    busy: threading.RLock = field(default_factory=threading.RLock)

    @property
    def pictures(self) -> Path:
        """The folder of the pictures that the shopper sent."""
        return self.folder / "pictures"

    @property
    def config(self) -> RunnableConfig:
        """How LangGraph addresses this conversation."""
        return {"configurable": {"thread_id": self.id, "checkpoint_ns": ""}}

    def head(self) -> str:
        """Return the id of the newest saved state, "" where there is none."""
        with self.saver.cursor(transaction=False) as cursor:
            row = cursor.execute("SELECT max(checkpoint_id) FROM checkpoints").fetchone()
        return str(row[0] or "")

    def forget_after(self, state_id: str) -> None:
        """Drop every state newer than `state_id`; "" drops all."""
        with self.saver.cursor() as cursor:
            cursor.execute("DELETE FROM writes WHERE checkpoint_id > ?", (state_id,))
            cursor.execute("DELETE FROM checkpoints WHERE checkpoint_id > ?", (state_id,))

    def prune(self) -> None:
        """Keep the newest `UNDO_STEPS` states: each holds the whole conversation."""
        newest = f"SELECT checkpoint_id FROM checkpoints ORDER BY checkpoint_id DESC LIMIT {UNDO_STEPS}"
        with self.saver.cursor() as cursor:
            cursor.execute(f"DELETE FROM writes WHERE checkpoint_id NOT IN ({newest})")
            cursor.execute(f"DELETE FROM checkpoints WHERE checkpoint_id NOT IN ({newest})")

    def states(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield (id, values) of each saved state, newest first."""
        for found in self.saver.list(self.config):
            yield found.checkpoint["id"], found.checkpoint["channel_values"]

    def note(self, first_words: str, turns: int) -> None:
        """Write the session's line in the list."""
        self.about = self.about.model_copy(
            update={"first_words": first_words[:80], "turns": turns, "updated": datetime.now(UTC)}
        )
        write_whole(self.folder / "about.json", self.about.model_dump_json(indent=1))

    def close(self) -> None:
        """Let go of the session; one in which nothing was said leaves nothing behind."""
        with explained(self.folder):
            empty = not self.head()
            self.saver.conn.close()
        if empty:
            import shutil

            shutil.rmtree(self.folder, ignore_errors=True)


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all."""
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", dir=path.parent, prefix=path.name, suffix=".part", delete=False
    ) as file:
        try:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        except OSError:
            file.close()
            Path(file.name).unlink(missing_ok=True)
            raise
    Path(file.name).replace(path)


def open_session(folder: Path) -> Session:
    """Open the conversation in `folder`, making it where there is none; hold it until `close`.

    SessionError: open elsewhere, damaged, or the folder cannot be written.
    """
    from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
    from langgraph.checkpoint.sqlite import SqliteSaver

    with explained(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # a conversation is private
        connection = sqlite3.connect(folder / FILE, timeout=1, check_same_thread=False)
        try:
            # The lock is the operating system's: a killed process leaves none behind.
            connection.execute("PRAGMA locking_mode=EXCLUSIVE")
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("BEGIN EXCLUSIVE")
            connection.commit()
            health = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            if health != "ok":
                raise sqlite3.DatabaseError(f"database disk image is malformed: {health}")
            # Only LangChain's own message types are built from the file, whoever wrote it.
            saver = SqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
            saver.setup()
        except BaseException:
            connection.close()
            raise
        return Session(folder.name, folder, saver, read_about(folder))


def read_about(folder: Path) -> About:
    """Read a session's line; one that is missing or damaged is made up from the folder's name and time."""
    try:
        return About.model_validate_json((folder / "about.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        when = datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        return About(id=folder.name, started=when, updated=when)


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn what SQLite, msgpack and the file system raise into a SessionError that says how to mend it."""
    name = folder.name
    file = folder / FILE
    start_anew = "or start a new conversation with /new (shelftalk chat)"
    try:
        yield
    except sqlite3.Error as error:
        said = str(error).lower()
        if "locked" in said or "busy" in said:
            raise SessionError(
                f"Session {name} is open in another program. Close it there, {start_anew}."
            ) from error
        if "full" in said:
            raise _full(folder) from error
        if "readonly" in said or "unable to open" in said:
            raise SessionError(
                f"Session {name} cannot be written at {folder} ({error}). Make the folder writable, or set "
                "SHELFTALK_HOME to a folder that is."
            ) from error
        raise SessionError(
            f"Session {name} is damaged and cannot be read ({error}). Other sessions are not touched. "
            f"Move {file} away to keep it, or restore it from a backup, {start_anew}."
        ) from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full(folder) from error
        raise SessionError(
            f"Session {name} cannot be saved at {folder} ({error.strerror or error}). Make the folder "
            "writable, or set SHELFTALK_HOME to a folder that is."
        ) from error


def _full(folder: Path) -> SessionError:
    return SessionError(
        f"The disk is full: the last turn of session {folder.name} was not saved; all earlier ones are. "
        f"Free some space at {folder} and send the message again."
    )


def damaged(session: Session, error: Exception) -> SessionError:
    """Say that what the session holds cannot be read."""
    return SessionError(
        f"Session {session.id} holds something that cannot be read ({type(error).__name__}: {error}). Other "
        f"sessions are not touched. Move {session.folder} away, or start a new conversation with /new."
    )
