"""From the model's chunks to the words that are shown: checked against the records, then presented."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from langchain_core.messages import AIMessage

from shelftalk.agent.checked import Checker
from shelftalk.agent.claims import Claim
from shelftalk.agent.grounding import Grounds
from shelftalk.agent.present import Piece, Presenter
from shelftalk.agent.reply import Event, Words


class Speaker:
    """Emits the words as they come; one presenter a message, a paragraph between messages."""

    def __init__(
        self, emit: Callable[[Event], None], name_of: Callable[[str], str | None], grounds: Grounds
    ) -> None:
        self.emit, self.name_of, self.grounds = emit, name_of, grounds
        self.checker, self.presenter = Checker(grounds), Presenter(name_of)
        self.at: str | None = None
        self.shown = ""
        self._gap = False  # a blank line is due before the next words
        self.named: list[str] = []
        self.unknown: list[str] = []
        self.unsupported: list[Claim] = []
        self.mended: dict[str, str] = {}  # message id -> its words without what no record bears out

    def say(self, message: AIMessage) -> None:
        """Show a chunk; a chunk of another message starts a new paragraph."""
        if message.id != self.at:
            self.finish()
            self.at = message.id
        self._show(self.presenter.feed(self.checker.feed(str(message.text))))

    def finish(self) -> None:
        """Show what the message at hand still holds back."""
        self._show(self.presenter.feed(self.checker.finish()))
        self._show(self.presenter.finish())
        self.named += [handle for handle in self.presenter.named if handle not in self.named]
        self.unknown += self.presenter.unknown
        if self.checker.unsupported and self.at is not None:
            self.unsupported += self.checker.unsupported
            self.mended[self.at] = self.checker.text.strip()
        self.checker, self.presenter = Checker(self.grounds), Presenter(self.name_of)
        self._gap = bool(self.shown)

    def _show(self, pieces: Sequence[Piece]) -> None:
        if pieces and self._gap:
            pieces = [Piece("\n\n"), *pieces]
            self._gap = False
        for piece in pieces:
            self.shown += piece.text
            self.emit(Words(piece.text, piece.handle))
