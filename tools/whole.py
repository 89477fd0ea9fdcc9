"""Files that are written whole or not at all: under another name first, then renamed."""

from __future__ import annotations

import errno
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from shelftalk.tools.errors import StoreError


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """Open a file that takes the place of `path` once it is written, making its folder; StoreError where that fails."""
    # Not tempfile's: its files are for their owner alone, and a service may run as somebody else.
    temporary = path.with_name(f".part-{secrets.token_hex(6)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("xb") as file:
                yield file
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        hint = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "check the folder"
        raise StoreError(
            f"Cannot write {path}: {error.strerror or error}. Nothing was lost; {hint}."
        ) from None


def write_whole(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, making its folder; StoreError where that fails."""
    with whole_file(path) as file:
        file.write(data)
