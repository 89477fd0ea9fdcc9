"""What a failing disk, a damaged file or Chroma raise, told as a StoreError that says how to mend it."""

from __future__ import annotations

import errno
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shelftalk.tools.errors import StoreError

_LITTLE = 1 << 20  # bytes; with less free than this nothing works
_FULL = ("disk is full", "no space left", "disk quota")


@contextmanager
def explained(folder: Path) -> Iterator[None]:
    """Turn faults of the store in `folder` into StoreError; anything else passes."""
    try:
        yield
    except (OSError, sqlite3.Error) as error:
        raise _store_error(folder, error) from error
    except BaseException as error:
        if not _is_chromas(error):
            raise
        raise _store_error(folder, error) from error


def _is_chromas(error: BaseException) -> bool:
    # Where Chroma was never imported it raised nothing; importing it takes half a second.
    errors = sys.modules.get("chromadb.errors")
    if errors is not None and isinstance(error, errors.ChromaError):
        return True
    # A panic in Chroma's Rust code reaches Python as a BaseException of a class it does not export.
    return type(error).__name__ == "PanicException"


def is_full(folder: Path, error: BaseException) -> bool:
    """Return whether a full disk is behind an error, which Chroma does not always say."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)):
        return True
    if any(sign in str(error).lower() for sign in _FULL):
        return True
    try:
        return shutil.disk_usage(folder).free < _LITTLE
    except OSError:
        return False


def _store_error(folder: Path, error: BaseException) -> StoreError:
    text = " ".join(str(error).split())[:200]
    if is_full(folder, error):
        return StoreError(
            f"The disk that holds the store {folder} is full. What was taken in is safe: free some space "
            "and run the same command again to go on."
        )
    if isinstance(error, PermissionError) or "readonly" in text.lower():
        return StoreError(f"The store {folder} may not be written ({text}): check its permissions.")
    return StoreError(
        f"The store {folder} is damaged or cannot be read ({text}). Make it anew from the catalogue: "
        f"shelftalk index CATALOGUE --store {folder} --rebuild"
    )
