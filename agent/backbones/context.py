"""What fits into a model's context: the newest turns, cut so that consecutive turns agree on the cut.

What a prompt shares with the one before it need not be read again. Were the oldest turn dropped each time, every prompt
would begin otherwise; so half of the room is made free at once, and nothing moves until it is used up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shelftalk.tools.errors import UsageError

RESERVED = 160  # positions kept free for the answer
Chat = list[dict[str, Any]]


def fit_context(
    chat: Sequence[dict[str, Any]],
    size: Callable[[Chat], int],
    limit: int,
    comfort: int | None = None,
) -> Chat:
    """Return the chat without as many of its oldest turns as `size` (in tokens) needs to be within `limit`.

    A turn goes from one message of the shopper's up to the next. System messages and the newest turn stay;
    UsageError where these alone are too long. `comfort` is the length that a model was trained on, where that is
    less than its limit: older turns go until it is met, and only the newest turn may be longer.

    Which turns go depends on the chat alone: its turns are walked from the first, and where they pass the limit, the
    oldest go until the others take half of it. `size` is asked for the whole chat, and where that is too long, once
    more for every turn, beside the system messages, and for what is kept.
    """
    room = limit if comfort is None else min(limit, comfort)
    tokens = size(list(chat))
    if tokens <= room:
        return list(chat)
    system = [message for message in chat if message["role"] == "system"]
    turns = _turns([message for message in chat if message["role"] != "system"])
    first = _first_kept([size([*system, *turn]) for turn in turns], _alone(system, turns, size), room)
    while True:
        kept = [*system, *(message for turn in turns[first:] for message in turn)]
        tokens = size(kept)
        if tokens <= (limit if first == len(turns) - 1 else room):
            return kept
        if first == len(turns) - 1:
            raise UsageError(
                f"The message is too long for this model: {tokens:,} tokens, and it reads at most {limit:,}. "
                "Send a shorter message or fewer pictures."
            )
        first += 1


def _turns(messages: Chat) -> list[Chat]:
    turns: list[Chat] = []
    for message in messages:
        if message["role"] == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns or [[]]


def _alone(system: Chat, turns: list[Chat], size: Callable[[Chat], int]) -> int:
    """Return what every prompt holds whatever its turns: two turns apart hold it twice, together once."""
    if len(turns) < 2:
        return 0
    one, other = turns[0], turns[1]
    return max(0, size([*system, *one]) + size([*system, *other]) - size([*system, *one, *other]))


def _first_kept(sizes: Sequence[int], alone: int, room: int) -> int:
    """Return which turn is the first to be kept; `sizes` are the turns', each with what it is `alone` beside.

    The newest turn's own length has no say in how many go, for it grows while it is answered.
    """
    first, length = 0, alone
    for number, whole in enumerate(sizes):
        own = whole - alone
        if length + own > room:
            while first < number and length > room // 2:
                length -= sizes[first] - alone
                first += 1
        length += own
    return first
