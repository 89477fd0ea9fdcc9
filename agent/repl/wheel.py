"""A small turning wheel where the answer will come."""

from __future__ import annotations

import itertools
import threading
from types import TracebackType
from typing import Self

from shelftalk.agent.repl.screen import Screen

PATIENCE = 0.3  # seconds; nothing is shown where it is quicker


class Wheel:
    """Turns from `start` to `stop`; as a context manager, for the block. Does nothing where no style is."""

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._over = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Turn, unless it turns already."""
        if self._screen.styled and self._thread is None:
            self._over.clear()
            self._thread = threading.Thread(target=self._turn, name="wheel", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop and leave an empty line."""
        thread, self._thread = self._thread, None
        if thread is not None:
            self._over.set()
            thread.join()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _turn(self) -> None:
        if self._over.wait(PATIENCE):
            return
        for frame in itertools.cycle("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"):
            self._screen.write(f"\r{frame} ")
            if self._over.wait(0.1):
                break
        self._screen.write("\r\x1b[K")
