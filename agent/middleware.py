"""What stands between the loop and the model: what it sees of the conversation, how often it calls tools."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from langchain.agents.middleware import AgentMiddleware, ModelRequest, ModelResponse
from langchain.agents.middleware.types import ToolCallRequest
from langchain_core.messages import AIMessage, AnyMessage, HumanMessage, ToolMessage
from langgraph.types import Command

from shelftalk.agent.turn import Stopped, Turn
from shelftalk.prompts.turn import IMAGE
from shelftalk.tools.errors import BackboneError, ShelftalkError, ToolError

MOST_TURNS, FEWEST_TURNS = 12, 6  # what the model is shown; half of it goes at once
MOST_PICTURES, FEWEST_PICTURES = 4, 2
PICTURE_SIDE = 1024  # pixels; a larger picture is sent smaller

SPENT = "No more tool calls in this turn. Answer now with what you have."


def trim(
    messages: Sequence[AnyMessage], most: int = MOST_TURNS, fewest: int = FEWEST_TURNS
) -> list[AnyMessage]:
    """Return the newest turns, whole: the first message is the shopper's.

    Past `most` turns, all but `fewest` go at once: were the oldest dropped each time, every prompt would begin
    otherwise, and a model would have to read all of it again.
    """
    starts = [i for i, message in enumerate(messages) if isinstance(message, HumanMessage)]
    if len(starts) <= most:
        return list(messages)
    step = most + 1 - fewest
    gone = ((len(starts) - most - 1) // step + 1) * step
    return list(messages[starts[gone] :])


def with_pictures(
    messages: Sequence[AnyMessage], folder: Path | Callable[[str], Path] | None
) -> list[AnyMessage]:
    """Put the pictures into the turns that have some; past four pictures, older turns keep only their handles.

    `folder` is where they lie under their digests, or says which file one is.

    The saved conversation holds digests, so that a picture is stored once and not in every state. Which turns lose
    theirs changes seldom, like the turns that `trim` leaves out: most sessions never see it.
    """
    shown: list[int] = []  # places of the messages that keep their pictures
    counts = [len(message.additional_kwargs.get("pictures", [])) for message in messages]
    for place, count in enumerate(counts):
        if count and isinstance(messages[place], HumanMessage):
            shown.append(place)
            if sum(counts[i] for i in shown) > MOST_PICTURES:
                while len(shown) > 1 and sum(counts[i] for i in shown) > FEWEST_PICTURES:
                    del shown[0]
    out: list[AnyMessage] = []
    find = folder if callable(folder) else lambda digest: Path(folder or "", f"{digest}.png")
    for place, message in enumerate(messages):
        if counts[place] and isinstance(message, HumanMessage) and folder is not None:
            text = str(message.text)
            if place in shown:
                blocks: list[str | dict[str, Any]] = [{"type": "text", "text": text}]
                blocks += [
                    {"type": "image", "base64": encoded_picture(find(d)), "mime_type": "image/png"}
                    for d in message.additional_kwargs["pictures"]
                ]
                message = message.model_copy(update={"content": blocks})
            else:
                message = message.model_copy(update={"content": text.replace(f": {IMAGE})", ")")})
        out.append(message)
    return out


@lru_cache(maxsize=16)
def encoded_picture(path: Path) -> str:
    """Return a picture as it is sent: a PNG no larger than a model needs, as base64."""
    from shelftalk.tools.picture import open_picture

    image = open_picture(path)
    image.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


class ShopMiddleware(AgentMiddleware[Any, Turn]):
    """Shapes each model call and guards each tool call of a turn."""

    def wrap_model_call(
        self, request: ModelRequest[Turn], handler: Callable[[ModelRequest[Turn]], ModelResponse[Any]]
    ) -> ModelResponse[Any] | AIMessage:
        """Show the model the newest turns; when the turn's calls are spent, have it answer in words."""
        turn = request.runtime.context
        messages = with_pictures(trim(request.messages), turn.visit.pictures)
        spent = turn.spent
        # The tools stay in the prompt: taking them out would make the model read all of it again.
        request = request.override(messages=messages, tool_choice="none" if spent else None)
        if turn.stop.is_set():
            return AIMessage("")
        try:
            response = handler(request)
        except Stopped:
            turn.stopped = True
            return AIMessage(turn.text, id=turn.message_id)
        except ShelftalkError:
            raise
        except Exception as error:
            raise BackboneError(
                f"The language model failed: {type(error).__name__}: {error}. The message was not kept; send "
                "it again, or choose another model with --backbone."
            ) from error
        if spent:
            response.result[:] = [_without_calls(message) for message in response.result]
        return response

    def wrap_tool_call(
        self,
        request: ToolCallRequest,
        handler: Callable[[ToolCallRequest], ToolMessage | Command[Any]],
    ) -> ToolMessage | Command[Any]:
        """Run the calls of one message in order, no more than the turn allows; put errors to the model."""
        turn: Turn = request.runtime.context  # type: ignore[assignment]
        call = request.tool_call
        messages = request.state["messages"]
        asked = next((m for m in reversed(messages) if isinstance(m, AIMessage)), AIMessage(""))
        with turn.in_order(str(call["id"]), [str(c["id"]) for c in asked.tool_calls]):
            if turn.spent or turn.stop.is_set():
                return _error(request, SPENT)
            turn.call(call["name"], dict(call["args"]))
            try:
                return handler(request)
            except ToolError as error:
                return _error(request, str(error))


def _error(request: ToolCallRequest, text: str) -> ToolMessage:
    call = request.tool_call
    return ToolMessage(content=text, name=call["name"], tool_call_id=str(call["id"]), status="error")


def _without_calls(message: Any) -> Any:
    if isinstance(message, AIMessage) and (message.tool_calls or message.invalid_tool_calls):
        return AIMessage(str(message.text), id=message.id)
    return message
