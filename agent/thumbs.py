"""Thumbs that a shopper gives to answers: kept beside the session, for a model to be tuned by.

`<session>/thumbs.jsonl` has a line for each: which message was answered, whether the answer was good, and the
conversation up to it, since what is undone later is gone from the session. The last thumb of an answer counts.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langchain_core.messages import AIMessage, BaseMessage, messages_from_dict, messages_to_dict

from shelftalk.agent.asked import asked, since_asked
from shelftalk.agent.middleware import trim
from shelftalk.agent.session import explained, write_whole
from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from shelftalk.agent.session import Session

FILE = "thumbs.jsonl"


@dataclass(frozen=True)
class Thumb:
    """One answer and what the shopper thought of it."""

    asked: str  # the id of the shopper's message that was answered
    answer: str  # of the answer's last message: an answer given again after /undo is another
    good: bool
    messages: list[BaseMessage]  # the newest turns, this one the last
    shown: list[str]  # product ids by handle; the first is P1's
    shopper: str = ""  # whom the log of events knows


def rate(session: Session, good: bool) -> None:
    """Keep a thumb, up or down, for the last answer of a session; a second one takes the place of the first.

    UsageError: nothing has been answered yet. SessionError: it cannot be written.
    """
    with session.busy, explained(session.folder):
        values = next((values for _, values in session.states()), {})
        if not asked(values) or not any(isinstance(m, AIMessage) for m in since_asked(values["messages"])):
            raise UsageError("There is no answer to rate yet: ask something first.")
        messages, visit = trim(values["messages"]), values.get("visit") or {}
        line = {
            "asked": str(asked(values)[-1].id),
            "answer": str(messages[-1].id),
            "good": good,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "shown": visit.get("shown", []),
            "shopper": visit.get("shopper", ""),
            "messages": messages_to_dict(messages),
        }
        kept = [old for old in _lines(session.folder) if old.get("answer") != line["answer"]]
        text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in [*kept, line])
        write_whole(session.folder / FILE, text)


def thumbs(folder: Path) -> list[Thumb]:
    """Return the thumbs given in the session that lies in `folder`, oldest first; damaged lines are left out."""
    found: list[Thumb] = []
    for line in _lines(folder):
        try:
            messages = messages_from_dict(line["messages"])
            shown = [str(id_) for id_ in line["shown"]]
            who, good = str(line.get("shopper") or ""), line["good"] is True
            found.append(Thumb(str(line["asked"]), str(line["answer"]), good, messages, shown, who))
        except (KeyError, TypeError, ValueError):
            continue
    return found


def _lines(folder: Path) -> Sequence[dict[str, Any]]:
    """Return the lines of a session's thumbs that can be read."""
    if not (folder / FILE).is_file():
        return []
    found = []
    for line in (folder / FILE).read_text(encoding="utf-8", errors="replace").split("\n"):
        try:
            one = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(one, dict):
            found.append(one)
    return found
