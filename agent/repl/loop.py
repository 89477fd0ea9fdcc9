"""The chat: a prompt that is there at once, answers that stream, and what is typed between them."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.agent.repl.commands import COMMANDS, run_command
from shelftalk.agent.repl.loading import Loading
from shelftalk.agent.repl.paths import find_pictures
from shelftalk.agent.repl.screen import Screen
from shelftalk.agent.repl.wheel import Wheel
from shelftalk.agent.repl.why import because
from shelftalk.agent.sessions import Sessions
from shelftalk.tools.errors import ShelftalkError

if TYPE_CHECKING:
    from PIL.Image import Image

    from shelftalk.agent.loop import Agent
    from shelftalk.agent.session import Session

TURN = "turn"  # the name of the thread that a turn runs in
SHOW_AGAIN = 3  # turns shown when a session is resumed


class Chat:
    """A conversation at the terminal."""

    def __init__(
        self,
        build: Callable[[], Agent],
        sessions: Sessions,
        screen: Screen,
        resume: str | None = None,
    ) -> None:
        self.sessions, self.screen = sessions, screen
        self.loading = Loading(build)
        self.draft = ""  # what the next prompt starts with
        self._resume = resume
        self._session: Session | None = None
        self._images: list[Image] = []

    # What the slash commands use.

    def agent(self) -> Agent:
        """Return the agent, waiting for it with a note while it loads."""
        if not self.loading.ready and self.loading.error is None:
            self.screen.note(f"Still {self.loading.stage}; this waits for it.")
            with Wheel(self.screen):
                return self.loading.agent()
        return self.loading.agent()

    def session(self) -> Session:
        """Return the conversation at hand, made or resumed at its first use."""
        if self._session is None:
            resume, self._resume = self._resume, None
            self._session = self.sessions.open(resume) if resume else self.sessions.new()
        return self._session

    def session_id(self) -> str | None:
        """Return the id of the conversation at hand, None before its first message."""
        return self._session.id if self._session else self._resume

    def leave_session(self) -> None:
        """Let go of the conversation at hand; the next message starts a new one."""
        if self._session is not None:
            self.sessions.close(self._session)
        self._session, self._resume, self._images = None, None, []

    def resume(self, session_id: str) -> None:
        """Go on with another conversation, showing its last turns."""
        agent = self.agent()
        other = self.sessions.open(session_id)
        if other is not self._session:
            self.leave_session()
            self._session = other
        self.show_past(agent)

    def attach(self, path: Path) -> None:
        """Send a picture with the next message."""
        from shelftalk.tools.picture import open_picture

        image = open_picture(path)
        self._images.append(image)
        self.screen.note(
            f"{path.name}, {image.width} x {image.height}, goes with your next message; "
            "Enter alone sends just the picture."
        )

    def remember(self, **tastes: list[str]) -> None:
        """Note likes or dislikes as the model would."""
        agent = self.agent()
        agent.call(self.session(), "remember", **tastes)
        visit = agent.visit(self.session())
        for name, handles in tastes.items():
            titles = ", ".join(f"{handle} {visit.product(handle).title}" for handle in handles)
            self.screen.note(f"Noted: you {name.removesuffix('s')} {titles}.")

    # One line of the shopper's.

    def take(self, line: str) -> None:
        """Run a command or send a message; EOFError: the shopper leaves."""
        line = line.strip()
        try:
            # A dropped path starts with "/" as well; no command has a second one in its name.
            if line.startswith("/") and "/" not in line.split()[0][1:]:
                run_command(self, line)
            elif line or self._images:
                self.send(line)
        except ShelftalkError as error:
            if error is self.loading.error:
                raise
            self.screen.error(str(error))

    def send(self, line: str) -> None:
        """Send a message and show the answer; a message that fails comes back to the prompt."""
        from shelftalk.agent.message import Message

        text, paths = find_pictures(line)
        self.draft = line
        message = Message.of(text, [*self._images, *paths])
        agent = self.agent()
        session = self.session()
        try:
            self._answer(agent, session, message)
        except KeyboardInterrupt:
            self.screen.end()
            self.screen.note("Stopped.")
        self.draft, self._images = "", []

    def _answer(self, agent: Agent, session: Session, message: Any) -> None:
        from shelftalk.agent.reply import Found, Words

        visit = agent.visit(session)  # before the turn, which holds the session
        events = agent.stream(session, message)
        try:
            with Wheel(self.screen) as wheel:
                for event in events:
                    if isinstance(event, Words):
                        wheel.stop()
                        self.screen.say(event.text, name=bool(event.handle))
                    elif isinstance(event, Found) and event.tool != "remember":
                        wheel.stop()
                        self.screen.show(event.hits, agent.shop.store.picture, visit.state.likes)
                        for line in because(visit, event.hits, event.tool):
                            self.screen.note(line)
                        wheel.start()
        finally:
            self.screen.end()
            events.close()  # type: ignore[attr-defined]

    def show_past(self, agent: Agent) -> None:
        """Write the last turns of the conversation at hand."""
        past = agent.history(self.session())
        if len(past) > SHOW_AGAIN:
            self.screen.note(f"... {len(past) - SHOW_AGAIN} earlier turns")
        for turn in past[-SHOW_AGAIN:]:
            pictures = " (with a picture)" if turn.pictures else ""
            self.screen.note(f"> {turn.text}{pictures}")
            self.screen.say(turn.answer)
            self.screen.end()

    # The program.

    def run(self) -> None:
        """Talk until the shopper leaves; raise what kept the agent from loading."""
        try:
            if sys.stdin.isatty() and sys.stdout.isatty():
                self._run_prompt()
            else:
                self.loading.start()
                for line in sys.stdin:
                    self.take(line)
        except EOFError:
            pass
        finally:
            self.sessions.close()
        if any(thread.name == TURN for thread in threading.enumerate()):
            # A model that was stopped but does not come to its next token would keep the program waiting.
            sys.stdout.flush()
            os._exit(0)

    def _run_prompt(self) -> None:
        from prompt_toolkit.patch_stdout import patch_stdout

        from shelftalk.agent.repl.prompt import make_prompt

        prompt = make_prompt(list(COMMANDS), self.sessions.folder.parent / "history", self._status)
        app = prompt.app

        def failed() -> None:
            if app.is_running and app.loop is not None and self.loading.error is not None:
                error = self.loading.error
                app.loop.call_soon_threadsafe(lambda: app.is_running and app.exit(exception=error))

        def loaded(agent: Agent) -> None:
            if self._resume:
                if self.screen.styled:
                    self.screen.write("\r\x1b[K")  # over a wheel that turns
                self.show_past(agent)

        self.loading.on_failure, self.loading.on_ready = failed, loaded
        self.loading.on_stage = app.invalidate
        # The model is loaded after the prompt is drawn, so that the prompt does not wait for its imports.
        app.after_render += lambda _: self.loading.start()
        while True:
            draft, self.draft = self.draft, ""
            try:
                with patch_stdout(raw=True):
                    line = prompt.prompt(default=draft)
                if self.loading.error is not None:
                    raise self.loading.error
                self.take(line)
            except KeyboardInterrupt:
                self.screen.note("Ctrl-D leaves.")

    def _status(self) -> str:
        if not self.loading.ready:
            return f" {self.loading.stage} ... you can type already"
        agent = self.loading.agent()
        return f" {len(agent.shop.store):,} products · /help"
