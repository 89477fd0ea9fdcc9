"""The system prompt."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources

VERSION = 2


@cache
def _text() -> str:
    return (resources.files("shelftalk.prompts") / "texts" / "system.txt").read_text(encoding="utf-8")


def system(fields: Iterable[str]) -> str:
    """Return the system prompt for a catalogue with these closed fields ("category", "colour", ...)."""
    return _text().strip().replace("{fields}", ", ".join(fields) or "none")
