"""How a model is asked and how it writes a tool call: the interface, and which dialect a model speaks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Protocol

from shelftalk.agent.backbones.rendering import Chat
from shelftalk.agent.decoding.seen import Seen


class Shown(Protocol):
    """Turns the pieces of an answer into what is shown of them."""

    def add(self, text: str) -> str:
        """Take a piece and return what can be shown."""

    def end(self) -> str:
        """Return what was held back."""


class Dialect(Protocol):
    """One way of writing prompts, tool calls and replies."""

    opening: str  # how a tool call begins
    raw: bool  # whether tokens are read as text with "▁" for a space

    def spell(self, text: str) -> str:
        """Return a text as the model's tokenizer reads it."""

    def words(self, pieces: Sequence[bytes]) -> Collection[str]:
        """Return the words that tokens write whole, where a reply is held to them; none where it may hold any."""

    def prompt(self, chat: Chat, tools: Sequence[dict[str, Any]]) -> str:
        """Return the text that asks for the next answer; `tools` are the schemas as they were bound."""

    def grammar(self, tools: Sequence[dict[str, Any]], seen: Seen, reply: bool) -> str:
        """Return the grammar of the next answer; `tools` are narrowed schemas."""

    def parse(self, text: str, tools: Sequence[dict[str, Any]], seen: Seen) -> tuple[str, dict[str, Any]]:
        """Return name and arguments of the call that a text holds; ValueError where it does not parse."""

    def written(self, chat: Chat, tools: Sequence[dict[str, Any]]) -> str:
        """Return a chat's last message, an answer with one call or none, as the model is to write it."""

    def shown(self) -> Shown:
        """Return a new display for one reply."""


def choose_dialect(processor: Any) -> Dialect:
    """Return the dialect of a processor's (or tokenizer's) chat template; BackboneError where it has none."""
    from shelftalk.agent.backbones.json_dialect import JsonDialect
    from shelftalk.agent.backbones.mini_dialect import MiniDialect

    tokenizer = getattr(processor, "tokenizer", processor)
    template = str(
        getattr(processor, "chat_template", None) or getattr(tokenizer, "chat_template", None) or ""
    )
    if tokenizer.init_kwargs.get("shelftalk_dialect") == "mini" or "<|call|>" in template:
        return MiniDialect(processor)
    return JsonDialect.of(processor)
