"""What a backbone is tuned on: conversations as the live loop has them, in JSON lines, with their pictures beside them.

A folder of training data holds `tools.json` (the function schemas that the model is offered), `train.jsonl`,
`validation.jsonl` and `test.jsonl` (a `Row` a line), `preferences.jsonl` where there are any (a `Preference` a line),
`pictures/`, and `about.json` (settings, seed, versions, counts). Nothing in it is of one model: rendering is done when
a model is trained, by the code that renders for it in a conversation.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Split = Literal["train", "validation", "test"]
SPLITS: tuple[Split, ...] = ("train", "validation", "test")


class ToolCall(BaseModel):
    """A tool call with whole arguments."""

    model_config = ConfigDict(extra="forbid")

    name: str
    args: dict[str, Any] = Field(default_factory=dict)


class Message(BaseModel):
    """One message; `learn` marks what the model is to write itself.

    `content` of a shopper is what the live loop writes (prompts/turn.py), with "<image>" where each of `pictures`
    (names in `pictures/`) stands. `written` is a call as the embedded model writes it, where that differs from the
    whole arguments.
    """

    model_config = ConfigDict(extra="forbid")

    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    pictures: list[str] = Field(default_factory=list)
    tool_calls: list[ToolCall] = Field(default_factory=list)
    name: str = ""  # of the tool that answers
    written: str = ""
    learn: bool = False


class Row(BaseModel):
    """One conversation to learn from."""

    model_config = ConfigDict(extra="forbid")

    id: str
    source: Literal["simulated", "chat", "interactions"]
    messages: list[Message]
    products: list[str] = Field(default_factory=list)  # ids that it names
    shopper: str = ""
    kinds: list[str] = Field(default_factory=list)  # of its turns, where they are known


class Preference(BaseModel):
    """One conversation with a better and a worse next message."""

    model_config = ConfigDict(extra="forbid")

    id: str
    messages: list[Message]
    chosen: Message
    rejected: Message
    why: str = ""  # "thumbs", or the reward that told them apart
    products: list[str] = Field(default_factory=list)
    shopper: str = ""
