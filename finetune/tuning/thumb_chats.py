"""Conversations from the assistant's own sessions, where shoppers gave thumbs to answers.

A turn with a thumb up is learnt; one with a thumb down, or none, is not. What was undone counts as well: an answer that
was thought bad and the better one that the same words got then make a preference.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from shelftalk.agent.backbones.rendering import WRITTEN
from shelftalk.agent.thumbs import Thumb, thumbs
from shelftalk.finetune.tuning.chat_rows import Conversation, scrubbed
from shelftalk.finetune.tuning.interaction_rows import pseudonym
from shelftalk.finetune.tuning.rows import Message, ToolCall
from shelftalk.prompts.turn import IMAGE

if TYPE_CHECKING:
    from shelftalk.agent.sessions import Sessions


def thumb_chats(
    sessions: Sessions, store: Path, found: Counter[str], left_out: Counter[str]
) -> Iterator[Conversation]:
    """Yield each rated answer of the sessions that were held in `store`, with what led up to it.

    `found` counts the personal data taken out, `left_out` the answers that cannot be used, by reason.
    """
    for about in sessions.all():
        folder = sessions.folder / about.id
        for thumb in thumbs(folder):
            if Path(about.store) != store:
                left_out["was rated in another shop"] += 1
                continue
            pictures = _pictures(thumb, folder)
            if pictures is None:
                left_out["its picture is gone from the session"] += 1
                continue
            messages = scrubbed(_messages(thumb), found, tools=False)
            key = hashlib.sha256(f"{about.id}/{thumb.answer}".encode()).hexdigest()[:16]
            who = pseudonym(thumb.shopper or f"session {about.id}")
            yield Conversation(key, who, messages, thumb.shown, pictures, True, not thumb.good)


def _pictures(thumb: Thumb, folder: Path) -> dict[str, Path] | None:
    """Return the files of the pictures in a rated conversation by name; None where one is missing."""
    found = {}
    for message in thumb.messages:
        for digest in message.additional_kwargs.get("pictures", []):
            path = folder / "pictures" / f"{digest}.png"
            if not path.is_file():
                return None
            found[path.name] = path
    return found


def _messages(thumb: Thumb) -> list[Message]:
    """Return a rated conversation; of its last turn, if that was good, what the model wrote is to be learnt."""
    messages = thumb.messages
    asked = max(at for at, message in enumerate(messages) if isinstance(message, HumanMessage))
    failed = {m.tool_call_id for m in messages if isinstance(m, ToolMessage) and m.status == "error"}
    results = {m.tool_call_id: m for m in messages if isinstance(m, ToolMessage)}
    out: list[Message] = []
    for at, message in enumerate(messages):
        if isinstance(message, HumanMessage):
            names = [f"{digest}.png" for digest in message.additional_kwargs.get("pictures", [])]
            text = str(message.text)
            if text.count(IMAGE) != len(names):
                text = text.replace(f": {IMAGE})", ")")
                names = []
            out.append(Message(role="user", content=text, pictures=names))
        elif isinstance(message, AIMessage):
            learn = thumb.good and at > asked
            for call in message.tool_calls:  # one by one, as the models of this project make them
                made = [ToolCall(name=call["name"], args=call["args"])]
                written = _written(message) if len(message.tool_calls) == 1 else ""
                fine = learn and call["id"] not in failed
                out.append(Message(role="assistant", tool_calls=made, written=written, learn=fine))
                if result := results.get(str(call["id"])):
                    out.append(Message(role="tool", name=result.name or "", content=str(result.text)))
            if not message.tool_calls and str(message.text).strip():
                out.append(Message(role="assistant", content=str(message.text), learn=learn))
    return out


def _written(message: AIMessage) -> str:
    return str(message.response_metadata.get(WRITTEN, "")).strip()
