"""What is alive during one turn and gone after it: the visit, the calls made, the wish to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from langchain_core.callbacks import BaseCallbackHandler
from langchain_core.outputs import ChatGenerationChunk

from shelftalk.agent.reply import Event, Shown, ToolCalled
from shelftalk.tools.errors import ToolError
from shelftalk.tools.product import Hit
from shelftalk.tools.visit import Visit

NO_ANSWER = "I have no answer to that. Could you put it another way?"


class Stopped(BaseException):
    """The shopper stopped the answer. Not an Exception: no handler between model and loop may swallow it."""


@dataclass
class Turn:
    """The run's context, which every node and tool of the graph sees."""

    visit: Visit
    emit: Callable[[Event], None]
    max_calls: int
    stop: threading.Event = field(default_factory=threading.Event)
    calls: list[ToolCalled] = field(default_factory=list)
    found: list[Shown] = field(default_factory=list)
    stopped: bool = False
    never: bool = False  # the shopper asked never to see something again: what they dislike now is hidden
    text: str = ""  # what the model has written of the message it is at
    message_id: str | None = None
    _done: set[str] = field(default_factory=set)
    _one: threading.Condition = field(default_factory=threading.Condition)

    @property
    def spent(self) -> bool:
        """Whether the turn has used up its tool calls."""
        return len(self.calls) >= self.max_calls

    def call(self, name: str, arguments: dict[str, Any]) -> None:
        """Count a tool call and tell of it."""
        self.calls.append(ToolCalled(name, arguments))
        self.emit(self.calls[-1])

    @contextmanager
    def in_order(self, call_id: str, all_ids: Sequence[str]) -> Iterator[None]:
        """Let the calls of one message run one after the other, in the message's order.

        LangGraph starts them together, and each would work on, and write back, a visit of its own.
        """
        before = set(all_ids[: all_ids.index(call_id)]) if call_id in all_ids else set()
        with self._one:
            self._one.wait_for(lambda: before <= self._done)
            try:
                yield
            finally:
                self._done.add(call_id)
                self._one.notify_all()

    def named(self, handles: Sequence[str]) -> list[Shown]:
        """Return the products behind handles that a reply named; those that the shopper has hidden are left out."""
        known = {hit.product.id: hit for hit in self.visit.state.last_hits}
        shown: list[Shown] = []
        for handle in handles:
            with suppress(ToolError):  # hidden
                product = self.visit.product(handle)
                shown.append(Shown(handle, known.get(product.id) or Hit(product=product, score=0.0)))
        return shown

    def last_word(self) -> str:
        """Return what is said where the model said nothing."""
        names = [f"[{shown.handle}]" for shown in self.found[:4]]
        if names:
            return f"Here is what I found: {', '.join(names)}."
        return "Noted." if any(call.name == "remember" for call in self.calls) else NO_ANSWER


class StopAtToken(BaseCallbackHandler):
    """Ends a generation at its next token once the turn is to stop; keeps what was written so far."""

    raise_error = True
    run_inline = True

    def __init__(self, turn: Turn) -> None:
        self.turn = turn

    def on_chat_model_start(self, *_args: Any, **_kwargs: Any) -> None:
        """Begin a new answer."""
        self.turn.text, self.turn.message_id = "", None

    def on_llm_new_token(self, *_args: Any, chunk: Any = None, **_kwargs: Any) -> None:
        """Note the token, or stop."""
        if self.turn.stop.is_set():
            raise Stopped
        if isinstance(chunk, ChatGenerationChunk):
            self.turn.text += str(chunk.message.text)
            self.turn.message_id = chunk.message.id or self.turn.message_id
