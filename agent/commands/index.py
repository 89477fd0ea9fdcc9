"""`shelftalk index`."""

from __future__ import annotations


def run() -> None:
    """To be written."""
