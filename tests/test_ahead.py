"""Work made ahead in another process: the same pieces in the same order, and its failures told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from shelftalk.finetune.ahead import ahead


def counted(end: int) -> Iterator[int]:
    yield from range(end)


def failing() -> Iterator[int]:
    yield 1
    raise ValueError("no more rows")


def test_pieces_come_in_order_and_end() -> None:
    assert list(ahead(counted, 200)) == list(range(200))


def test_a_failure_is_told_after_what_was_made_before_it() -> None:
    pieces = ahead(failing)
    assert next(pieces) == 1
    with pytest.raises(RuntimeError, match="ValueError: no more rows"):
        next(pieces)
