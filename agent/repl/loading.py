"""The agent, loaded in the background while the shopper already types."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shelftalk.agent.loop import Agent


class Loading:
    """Runs `build` in a thread of its own, once `start` is called; `agent` waits for what it returns."""

    def __init__(self, build: Callable[[], Agent]) -> None:
        self._build = build
        self._agent: Agent | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._work, name="loading", daemon=True)
        self.stage = "loading"  # what `build` is at, as it tells; for the status line
        self.error: BaseException | None = None
        self.on_stage: Callable[[], None] | None = None  # these three are called in the loading thread
        self.on_failure: Callable[[], None] | None = None
        self.on_ready: Callable[[Agent], None] | None = None

    def start(self) -> None:
        """Begin, unless it has begun."""
        if not self._thread.is_alive() and not self._over.is_set():
            self._thread.start()

    def tell(self, stage: str) -> None:
        """Say what `build` is at."""
        self.stage = stage
        if self.on_stage:
            self.on_stage()

    @property
    def ready(self) -> bool:
        """Whether the agent is there."""
        return self._agent is not None

    def agent(self) -> Agent:
        """Wait for the agent and return it; raise what went wrong with it."""
        self.start()
        while not self._over.wait(timeout=0.5):  # a bounded wait: Ctrl-C reaches Windows only between two
            pass
        if self._agent is None:
            assert self.error is not None
            raise self.error
        return self._agent

    def _work(self) -> None:
        try:
            agent = self._build()
            if self.on_ready:  # before anybody who waits goes on
                self.on_ready(agent)
            self._agent = agent
        except BaseException as error:  # noqa: BLE001 raised again where the agent is wanted
            self.error = error
        self._over.set()
        tell = self.on_failure if self._agent is None else self.on_stage
        if tell:
            tell()
