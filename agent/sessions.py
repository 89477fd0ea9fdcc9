"""The conversations of one user: listed, opened, resumed."""

from __future__ import annotations

import re
import secrets
from datetime import UTC, datetime
from pathlib import Path

from shelftalk.agent.session import About, Session, explained, open_session, read_about
from shelftalk.tools.errors import SessionError, UsageError

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Sessions:
    """A folder of sessions; None: the user's data folder."""

    def __init__(self, folder: Path | str | None = None) -> None:
        if folder is None:
            from shelftalk.tools.opening import home

            folder = home() / "sessions"
        self.folder = Path(folder)
        self._open: dict[str, Session] = {}

    def new(self) -> Session:
        """Start a session under a fresh id that sorts by time."""
        stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
        return self.open(f"{stamp}-{secrets.token_hex(2)}", create=True)

    def open(self, session_id: str, create: bool = False) -> Session:
        """Open a session by its id, or by the start of it where only one fits.

        UsageError: not an id. SessionError: no such session (unless `create`), open elsewhere, damaged.
        """
        if not _ID.fullmatch(session_id):
            raise UsageError(
                f"{session_id!r} is not a session id: use up to 64 letters, digits, '-', '_' and '.', "
                "starting with a letter or a digit."
            )
        if session_id not in self._open and not (self.folder / session_id).is_dir():
            fitting = [about.id for about in self.all() if about.id.startswith(session_id)]
            if len(fitting) == 1 and not create:
                session_id = fitting[0]
            elif not create:
                known = ", ".join(fitting or [about.id for about in self.all()[:5]]) or "none yet"
                raise SessionError(f"There is no session {session_id!r}. Sessions: {known}.")
        if session_id not in self._open:
            self._open[session_id] = open_session(self.folder / session_id)
        return self._open[session_id]

    def latest(self) -> Session:
        """Open the session that was last used; SessionError where there is none."""
        found = self.all()
        if not found:
            raise SessionError("There is no session to resume yet. Start one with: shelftalk chat")
        return self.open(found[0].id)

    def all(self) -> list[About]:
        """Return every session in which something was said, the last used first."""
        with explained(self.folder):
            if not self.folder.is_dir():
                return []
            folders = [path for path in self.folder.iterdir() if (path / "about.json").exists()]
        return sorted(map(read_about, folders), key=lambda about: (about.updated, about.id), reverse=True)

    def store_of(self, session_id: str) -> Path | None:
        """Return the folder of the shop that a session is held in; None: no such session, or the demo shop."""
        from shelftalk.tools.opening import DEMO, store_folder

        if not _ID.fullmatch(session_id) or not (self.folder / session_id).is_dir():
            return None
        store = read_about(self.folder / session_id).store
        return Path(store) if store and Path(store) != store_folder(DEMO) else None

    def close(self, session: Session | None = None) -> None:
        """Let go of one session, or of all that are open."""
        for one in [session] if session else list(self._open.values()):
            if one.busy.acquire(timeout=2):
                try:
                    one.close()
                finally:
                    one.busy.release()
            self._open.pop(one.id, None)
