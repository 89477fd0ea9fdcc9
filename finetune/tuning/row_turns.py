"""A row as turns: what was asked, which tools were to be called, what they told, which reply was to be given."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shelftalk.agent.backbones.rendering import WRITTEN
from shelftalk.evals.simulation.dialogue import Step, Turn
from shelftalk.finetune.tuning.rows import Message, Row

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

    from shelftalk.finetune.tuning.open_data import TuningData

WORDS = "words"  # the kind of a turn that calls no tool, where the row does not say kinds


@dataclass
class RowTurn:
    """One turn of a row: as the suites read a turn, the places of its messages, those that are learnt, its pictures."""

    number: int
    turn: Turn
    places: list[int] = field(default_factory=list)
    points: list[int] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)


def turns_of(row: Row) -> list[RowTurn]:
    """Return a row's turns in order; each begins with the shopper's message.

    A turn's kind is the row's own where it has one a turn, else the name of the first tool that is called.
    """
    found: list[RowTurn] = []
    for place, message in enumerate(row.messages):
        if message.role == "user":
            turn = Turn("", message.content, "")
            found.append(RowTurn(len(found), turn, pictures=list(message.pictures)))
        if not found:
            continue  # what stands before the first turn is read by all
        found[-1].places.append(place)
        if message.role == "assistant":
            if message.learn:
                found[-1].points.append(place)
            if message.content and not message.tool_calls:
                found[-1].turn.reply = message.content
    for one in found:
        one.turn.steps = _steps([row.messages[place] for place in one.places])
    kinds: Sequence[str] = row.kinds if len(row.kinds) == len(found) else [""] * len(found)
    for one, kind in zip(found, kinds, strict=True):
        one.turn.kind = kind or (one.turn.steps[0].name if one.turn.steps else WORDS)
    return found


def _steps(messages: Sequence[Message]) -> list[Step]:
    calls = [call for message in messages for call in message.tool_calls]
    results = [message.content for message in messages if message.role == "tool"]
    results += [""] * (len(calls) - len(results))
    return [Step(call.name, call.args, result) for call, result in zip(calls, results, strict=False)]


def langchain_messages(row: Row, data: TuningData) -> list[BaseMessage]:
    """Return a row's messages as the live loop sends them, one for one; pictures as base64 where they stand."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    out: list[BaseMessage] = []
    waiting: list[str] = []  # ids of calls that no tool has answered yet
    number = 0
    for message in row.messages:
        if message.role == "system":
            out.append(SystemMessage(message.content))
        elif message.role == "user":
            blocks: list[str | dict[str, Any]] = [{"type": "text", "text": message.content}]
            blocks += [_picture(data, name) for name in message.pictures]
            out.append(HumanMessage(content=blocks))
        elif message.role == "assistant":
            calls = []
            for call in message.tool_calls:
                number += 1
                calls.append(
                    {"name": call.name, "args": call.args, "id": f"call_{number}", "type": "tool_call"}
                )
            waiting += [str(call["id"]) for call in calls]
            written = {WRITTEN: message.written} if calls else {}
            out.append(AIMessage(content=message.content, tool_calls=calls, response_metadata=written))
        else:
            id_ = waiting.pop(0) if waiting else f"call_{number}"
            out.append(ToolMessage(content=message.content, tool_call_id=id_, name=message.name))
    return out


def _picture(data: TuningData, name: str) -> dict[str, Any]:
    encoded = base64.b64encode(data.picture(name).read_bytes()).decode()
    kind = mimetypes.guess_type(name)[0] or "image/png"
    return {"type": "image", "base64": encoded, "mime_type": kind}
