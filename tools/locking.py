"""A lock on a folder between processes: many readers or one writer; it ends when its process does."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path

_SLOTS = 64  # Windows has no shared locks: there a reader takes one of this many bytes, a writer all of them


class FolderLock:
    """Holds `folder/lock` until `release`; BlockingIOError where another holder is in the way."""

    def __init__(self, folder: Path, exclusive: bool) -> None:
        """Take the lock at once or raise BlockingIOError; OSError where the file cannot be made."""
        self._path = folder / "lock"
        self._handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            _take(self._handle, exclusive)
        except OSError:
            os.close(self._handle)
            raise
        if exclusive:
            # For the message that the next one gets; behind the bytes that Windows locks.
            os.lseek(self._handle, _SLOTS, os.SEEK_SET)
            os.write(self._handle, f"{os.getpid():<20}".encode())

    def share(self) -> None:
        """Let readers in beside this holder."""
        _take(self._handle, exclusive=False)

    def release(self) -> None:
        """Give the lock back; a second call does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def last_writer(folder: Path) -> int | None:
    """Return the process id of the last process that held the lock alone."""
    with suppress(OSError, ValueError):
        return int((folder / "lock").read_bytes()[_SLOTS:])
    return None


if sys.platform == "win32":
    import msvcrt

    def _take(handle: int, exclusive: bool) -> None:
        for slot in range(_SLOTS):  # what this handle holds already
            os.lseek(handle, slot, os.SEEK_SET)
            with suppress(OSError):
                msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
        os.lseek(handle, 0, os.SEEK_SET)
        with suppress(OSError):
            msvcrt.locking(handle, msvcrt.LK_UNLCK, _SLOTS)
        slots = [(0, _SLOTS)] if exclusive else [(slot, 1) for slot in range(_SLOTS)]
        for start, length in slots:
            os.lseek(handle, start, os.SEEK_SET)
            with suppress(OSError):
                msvcrt.locking(handle, msvcrt.LK_NBLCK, length)
                return
        raise BlockingIOError("the lock is held")

else:
    import fcntl

    def _take(handle: int, exclusive: bool) -> None:
        fcntl.flock(handle, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
