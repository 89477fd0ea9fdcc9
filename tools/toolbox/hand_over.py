"""The tool that calls a person."""

from __future__ import annotations

from shelftalk.tools.errors import ToolError
from shelftalk.tools.schema import MAX_QUERY, Words
from shelftalk.tools.visit import Result, Visit


def hand_over(visit: Visit, reason: Words = "") -> Result:  # noqa: ARG001  (every tool takes the visit first)
    """Hand the conversation to a person of the shop's team.

    Args:
        reason: What it is about, in the shopper's words.
    """
    if len(reason) > MAX_QUERY:
        raise ToolError(f"reason has {len(reason)} characters; at most {MAX_QUERY}: give the main words.")
    return Result(text="handed over to a person")
