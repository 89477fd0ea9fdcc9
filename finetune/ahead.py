"""Work made ahead in a process of its own, so that whoever uses it need not wait."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable, Iterator
from typing import Any

DEPTH = 64  # pieces that wait at most


def ahead(make: Callable[..., Iterator[Any]], *arguments: Any) -> Iterator[Any]:
    """Yield what `make(*arguments)` yields, made in another process; what it raises is raised here as RuntimeError.

    `make` is a module's own function, and arguments and pieces can be sent to a process.
    """
    context = multiprocessing.get_context("spawn")
    pieces: Any = context.Queue(DEPTH)
    worker = context.Process(target=_work, args=(pieces, make, arguments), daemon=True)
    worker.start()
    try:
        while True:
            try:
                done, piece = pieces.get(timeout=5)
            except queue.Empty:
                if not worker.is_alive():
                    raise RuntimeError("The process that makes training rows ahead has died.") from None
                continue
            if isinstance(piece, str) and done:
                if piece:
                    raise RuntimeError(f"The process that makes training rows ahead failed: {piece}")
                return
            yield piece
    finally:
        worker.terminate()
        worker.join()


def _work(pieces: Any, make: Callable[..., Iterator[Any]], arguments: tuple[Any, ...]) -> None:
    try:
        for piece in make(*arguments):
            _put(pieces, (False, piece))
        _put(pieces, (True, ""))
    except KeyboardInterrupt:  # it is the parent that says so
        return
    except Exception as error:  # noqa: BLE001  (passed on whole to the parent)
        _put(pieces, (True, f"{type(error).__name__}: {error}"))


def _put(pieces: Any, piece: tuple[bool, Any]) -> None:
    """Hand a piece over; end this process where nobody is left to take it."""
    parent = multiprocessing.parent_process()
    while True:
        try:
            pieces.put(piece, timeout=5)
        except queue.Full:
            if parent is not None and not parent.is_alive():
                raise SystemExit from None
        else:
            return
