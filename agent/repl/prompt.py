"""The line editor: history in a file, completion of commands and of picture paths."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from prompt_toolkit import PromptSession
from prompt_toolkit.completion import CompleteEvent, Completer, Completion, PathCompleter
from prompt_toolkit.document import Document
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.styles import Style

from shelftalk.agent.repl.paths import SUFFIXES

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output


class ChatCompleter(Completer):
    """Completes "/li" to "/like", and after "/image " the paths of folders and pictures."""

    def __init__(self, commands: Sequence[str]) -> None:
        self._commands = commands
        self._paths = PathCompleter(expanduser=True, file_filter=_is_picture)

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterable[Completion]:
        """Yield what the text before the cursor can become."""
        text = document.text_before_cursor
        if text.startswith("/image "):
            path = text.removeprefix("/image ").lstrip()
            yield from self._paths.get_completions(Document(path, len(path)), complete_event)
        elif text.startswith("/") and " " not in text:
            for name in self._commands:
                if name.startswith(text[1:]):
                    yield Completion(f"/{name}", start_position=-len(text))


def _is_picture(name: str) -> bool:
    return Path(name).is_dir() or name.lower().endswith(SUFFIXES)


def make_prompt(
    commands: Sequence[str],
    history: Path,
    status: Callable[[], str],
    source: Input | None = None,
    sink: Output | None = None,
) -> PromptSession[str]:
    """Return the line editor; a history file that cannot be written is done without."""
    return PromptSession(
        "> ",
        history=_history(history),
        completer=ChatCompleter(commands),
        complete_while_typing=False,
        bottom_toolbar=status,
        style=Style.from_dict({"bottom-toolbar": "noreverse fg:ansibrightblack"}),
        input=source,
        output=sink,
    )


def _history(path: Path) -> History:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    except OSError:
        return InMemoryHistory()
    return FileHistory(str(path))
