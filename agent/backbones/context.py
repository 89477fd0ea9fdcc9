"""What fits into a model's context."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shelftalk.tools.errors import UsageError

RESERVED = 160  # positions kept free for the answer


def fit_context(
    chat: Sequence[dict[str, Any]],
    size: Callable[[list[dict[str, Any]]], int],
    limit: int,
    comfort: int | None = None,
) -> list[dict[str, Any]]:
    """Return the chat without as many of its oldest turns as `size` (in tokens) needs to be within `limit`.

    A turn goes from one message of the shopper's up to the next. System messages and the newest turn stay;
    UsageError where these alone are too long. `comfort` is the length that a model was trained on, where that is
    less than its limit: older turns go until it is met, and only the newest turn may be longer.
    """
    system = [message for message in chat if message["role"] == "system"]
    rest = [message for message in chat if message["role"] != "system"]
    starts = [index for index, message in enumerate(rest) if message["role"] == "user"] or [0]
    if starts[0] != 0:
        starts.insert(0, 0)
    for start in starts:
        kept = [*system, *rest[start:]]
        tokens = size(kept)
        if tokens <= (limit if comfort is None or start == starts[-1] else min(limit, comfort)):
            return kept
    raise UsageError(
        f"The message is too long for this model: {tokens:,} tokens, and it reads at most {limit:,}. "
        "Send a shorter message or fewer pictures."
    )
