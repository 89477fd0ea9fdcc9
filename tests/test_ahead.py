"""Work made ahead in another process: the same pieces in the same order, and its failures told."""

from __future__ import annotations

import pytest

from shelftalk.finetune.ahead import ahead


def test_pieces_come_in_order_and_end() -> None:
    assert list(ahead(iter, range(200))) == list(range(200))


def test_a_failure_is_told_after_what_was_made_before_it() -> None:
    pieces = ahead(map, int, ["1", "two"])
    assert next(pieces) == 1
    with pytest.raises(RuntimeError, match="ValueError: invalid literal"):
        next(pieces)
