"""The demo shop's shipped vectors: the shipped encoder's own, and used only with it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shelftalk.tools.catalogue import Catalogue, Row
from shelftalk.tools.demo import shop_path
from shelftalk.tools.demo.vectors import recalled
from shelftalk.tools.encoder import load_encoder
from shelftalk.tools.indexing import product_text
from shelftalk.tools.picture import open_picture


class Counting:
    """An encoder that counts what it is asked for, with the fingerprint of another."""

    name = "counting"
    words_size = pictures_size = 384

    def __init__(self, fingerprint: str) -> None:
        self.fingerprint = fingerprint
        self.asked: list[Any] = []

    def words(self, inputs: Sequence[Any]) -> np.ndarray:
        self.asked += inputs
        return np.full((len(inputs), 384), 384**-0.5, np.float32)

    pictures = words


@pytest.fixture(scope="module")
def rows() -> list[Row]:
    return [row for row in Catalogue(shop_path()) if isinstance(row, Row)]


@pytest.fixture(scope="module")
def encoder() -> Any:
    return load_encoder()


def test_they_are_the_shipped_encoders(rows: list[Row], encoder: Any) -> None:
    """If this fails, run `python -m shelftalk.tools.demo.vectors`: the encoder or the shop has changed."""
    counting: Any = Counting(encoder.fingerprint)
    memory = recalled(counting)
    assert memory is not counting and memory.fingerprint == encoder.fingerprint
    memory.words([product_text(row.product) for row in rows])
    memory.pictures([open_picture(row.picture, longest=256) for row in rows if row.picture])
    assert counting.asked == []

    texts = [product_text(row.product) for row in rows[:20]]
    images = [open_picture(row.picture) for row in rows[:20] if row.picture]
    assert np.sum(memory.words(texts) * encoder.words(texts), axis=1).min() > 0.999
    assert np.sum(memory.pictures(images) * encoder.pictures(images), axis=1).min() > 0.999
    assert np.linalg.norm(memory.words(texts), axis=1) == pytest.approx(1, abs=1e-5)


def test_what_is_new_is_encoded(rows: list[Row], encoder: Any) -> None:
    counting: Any = Counting(encoder.fingerprint)
    memory = recalled(counting)
    found = memory.words(["something new", product_text(rows[3].product)])
    assert counting.asked == ["something new"] and found[0] == pytest.approx(384**-0.5)
    memory.pictures([Image.new("RGB", (8, 8), "red")])
    assert len(counting.asked) == 2


def test_another_encoder_takes_nothing(tmp_path: Path, encoder: Any) -> None:
    other: Any = Counting("another")
    assert recalled(other) is other
    broken: Any = Counting(encoder.fingerprint)
    assert recalled(broken, tmp_path / "none.safetensors") is broken
    (tmp_path / "broken.safetensors").write_bytes(b"half of it")
    assert recalled(broken, tmp_path / "broken.safetensors") is broken
