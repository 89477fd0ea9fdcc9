"""A dialogue with its right answers: turns, the tool calls of each, what the tools said, the reply."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from shelftalk.prompts.dialect import render_call

GOING_ON = ("refine", "accept")  # kinds of turns that change the last search; others start one of their own


@dataclass
class Step:
    """One tool call and what the tool answered."""

    name: str
    arguments: dict[str, Any]
    result: str


@dataclass
class Turn:
    """One turn: what the model reads of the shopper's, the pictures in it, the right calls, a good reply."""

    kind: str
    user: str  # as rendered for the model
    reply: str
    steps: list[Step] = field(default_factory=list)
    photos: list[int] = field(default_factory=list)  # numbers of the photos, in the order of their places
    so_far: dict[str, Any] = field(default_factory=dict)  # the last search, as it stands in `user`


@dataclass
class Dialogue:
    """The turns of one shopper, and the closed fields of the shop they are in."""

    turns: list[Turn]
    facets: dict[str, dict[str, int]]
    shown: list[str] = field(default_factory=list)  # product ids by handle; the first is P1's

    def messages(self, first: int = 0) -> list[dict[str, str]]:
        """Return the chat messages from turn `first` on, in the form that a chat template takes."""
        return [message for turn in self.turns[first:] for message in turn_messages(turn)]


def written(turn: Turn, step: Step) -> str:
    """Return a turn's tool call as the embedded model is to write it."""
    return render_call(step.name, step.arguments, turn.so_far if turn.kind in GOING_ON else {})


def turn_messages(turn: Turn) -> list[dict[str, str]]:
    """Return one turn's chat messages; a tool call is the text of an assistant message."""
    messages = [{"role": "user", "content": turn.user}]
    for step in turn.steps:
        messages.append({"role": "assistant", "content": written(turn, step)})
        messages.append({"role": "tool", "content": step.result})
    messages.append({"role": "assistant", "content": turn.reply})
    return messages
