"""A row as turns: what was asked, which tools were to be called, what they told, which reply was to be given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shelftalk.agent.backbones.rendering import WRITTEN
from shelftalk.evals.simulation.dialogue import Step, Turn
from shelftalk.finetune.tuning.rows import Message, Row

if TYPE_CHECKING:
    from langchain_core.messages import AnyMessage

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


def as_sent(messages: Sequence[Message], data: TuningData) -> list[AnyMessage]:
    """Return messages as the live loop sends them: the newest turns and pictures, as its middleware keeps them."""
    from shelftalk.agent.middleware import trim, with_pictures

    built = _built(messages)
    lead = [message for message in built if message.type == "system"]
    rest = [message for message in built if message.type != "system"]
    return [*lead, *with_pictures(trim(rest), data.picture)]


def _built(messages: Sequence[Message]) -> list[AnyMessage]:
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    out: list[AnyMessage] = []
    waiting: list[str] = []  # ids of calls that no tool has answered yet
    number = 0
    for message in messages:
        if message.role == "system":
            out.append(SystemMessage(message.content))
        elif message.role == "user":
            out.append(HumanMessage(message.content, additional_kwargs={"pictures": list(message.pictures)}))
        elif message.role == "assistant":
            calls = []
            for call in message.tool_calls:
                number += 1
                waiting.append(f"call_{number}")
                calls.append({"name": call.name, "args": call.args, "id": waiting[-1], "type": "tool_call"})
            written = {WRITTEN: message.written} if message.written else {}
            out.append(AIMessage(message.content, tool_calls=calls, response_metadata=written))
        else:
            id_ = waiting.pop(0) if waiting else f"call_{number}"
            out.append(ToolMessage(message.content, tool_call_id=id_, name=message.name))
    return out
