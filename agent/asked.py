"""What was asked in a conversation: as messages for the model, and as turns to be shown again."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from langchain_core.messages import AIMessage, HumanMessage

from shelftalk.agent.message import Message
from shelftalk.agent.present import present
from shelftalk.prompts.turn import render_state, render_user
from shelftalk.tools.linking import link
from shelftalk.tools.visit import Visit


@dataclass(frozen=True)
class PastTurn:
    """A turn as it was shown, to be shown again when a session is resumed."""

    text: str
    pictures: int
    answer: str


def human(message: Message, visit: Visit, facets: Mapping[str, Mapping[str, int]]) -> HumanMessage:
    """Return a shopper's message with what the session knows, its pictures kept in the visit's folder."""
    state, hidden = visit.state, visit.hidden()
    known = render_state(
        state.last_search,
        [visit.handle(i) for i in state.likes if i not in hidden],
        [visit.handle(i) for i in state.dislikes if i not in hidden],
        state.size,
        state.budget,
    )
    handles = [visit.add_picture(image) for image in message.images]
    text = render_user(message.text, handles, link(message.text, facets), known)
    digests = [state.pictures[int(handle.removeprefix("img")) - 1] for handle in handles]
    return HumanMessage(text, additional_kwargs={"text": message.text, "pictures": digests})


def text_of(message: Any) -> str:
    """Return the words of a model's message, "" for any other."""
    return str(message.text) if isinstance(message, AIMessage) else ""


def asked(values: Mapping[str, Any]) -> list[HumanMessage]:
    """Return the shopper's messages among a session's values."""
    return [message for message in values.get("messages", []) if isinstance(message, HumanMessage)]


def since_asked(messages: Sequence[Any]) -> Sequence[Any]:
    """Return the messages after the shopper's last."""
    last = max(i for i, message in enumerate(messages) if isinstance(message, HumanMessage))
    return messages[last + 1 :]


def past_turns(messages: Sequence[Any], name_of: Callable[[str], str | None]) -> list[PastTurn]:
    """Return the turns of a conversation as they were shown, products by the names they have now."""
    turns: list[PastTurn] = []
    for message in messages:
        if isinstance(message, HumanMessage):
            kept = message.additional_kwargs
            turns.append(PastTurn(str(kept.get("text", "")), len(kept.get("pictures", [])), ""))
        elif isinstance(message, AIMessage) and turns and message.text:
            last = turns[-1]
            said = f"{last.answer}\n\n{present(str(message.text), name_of)}".strip()
            turns[-1] = PastTurn(last.text, last.pictures, said)
    return turns
