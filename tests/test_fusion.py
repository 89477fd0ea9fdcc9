"""One ranking out of several signals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.tools.fusion import fuse

VALUES = st.lists(st.floats(-0.5, 1.5) | st.just(np.nan), min_size=2, max_size=6)


@given(values=VALUES, weight=st.floats(0.1, 3))
def test_a_bounded_signal_is_scaled_by_its_bounds(values: list[float], weight: float) -> None:
    scores, parts = fuse({"words": np.array(values)}, {"words": weight}, {"words": (0.0, 1.0)})
    expected = weight * np.clip(np.nan_to_num(values, nan=0.0), 0, 1)
    np.testing.assert_allclose(parts["words"], expected)
    np.testing.assert_allclose(scores, expected)


def test_what_a_bounded_signal_adds_does_not_hang_on_the_other_candidates() -> None:
    few = fuse({"words": np.array([0.6, 0.5])}, {"words": 1.0}, {"words": (0.0, 1.0)})[0]
    many = fuse({"words": np.array([0.6, 0.5, 0.1, 0.9])}, {"words": 1.0}, {"words": (0.0, 1.0)})[0]
    np.testing.assert_allclose(few, many[:2])
    alone = fuse({"words": np.array([0.6, 0.5])}, {"words": 1.0})[0]
    np.testing.assert_allclose(alone, [1, 0])


def test_the_same_for_all_adds_nothing_unless_it_is_bounded() -> None:
    same = {"words": np.array([0.4, 0.4])}
    assert fuse(same, {"words": 1.0})[0].tolist() == [0, 0]
    assert fuse(same, {"words": 1.0}, {"words": (0.0, 1.0)})[0].tolist() == pytest.approx([0.4, 0.4])
