"""New films: what is asked, what others are compared with, and the facts that films read; all on data made here."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from shelftalk.evals.recommendation import cold_items, load_part, part_names
from shelftalk.evals.recommendation.cold_items import (
    AHEAD,
    FACTS,
    KNN,
    MAP,
    MISSING,
    OURS,
    POPULARITY,
    SENTENCE,
)
from shelftalk.tools.encoder import load_encoder
from shelftalk.tools.scores.mmvae import MMVAE

KINDS = ("Comedy", "Horror")


def poster(kind: int) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (24, 36), (240, 220, 40) if kind == 0 else (20, 0, 30)).save(buffer, "WEBP")
    return buffer.getvalue()


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Users who watch comedies or horror; films 40 to 49 are new in validation, 50 to 59 in the test."""
    monkeypatch.setenv("SHELFTALK_CACHE", str(tmp_path / "cache"))
    random = np.random.default_rng(0)
    films = [
        {
            "iid": film,
            "title": f"{('Laughing Days', 'The Dark House')[film % 2]} {film} ({1980 + film % 20})",
            "genres": KINDS[film % 2],
            "plot": ("Friends joke at a merry wedding.", "A ghost kills at night in the woods.")[film % 2],
            "director": "Ann Day" if film % 3 else None,
            "cast": "Bo Ek" if film % 3 else None,
            "poster": poster(film % 2) if film % 5 else None,
            "width": 24 if film % 5 else 0,
        }
        for film in range(60)
    ]
    pq.write_table(pa.Table.from_pylist(films), tmp_path / "ml1m_items.parquet")
    pairs: dict[str, list[dict[str, int]]] = {"train": [], "cold_val": [], "cold_test": []}
    for user in range(60):
        taken = [film for film in range(60) if random.random() < (0.5 if film % 2 == user % 2 else 0.03)]
        for film in taken:
            name = "train" if film < 40 else "cold_val" if film < 50 else "cold_test"
            pairs[name].append({"uid": user, "iid": film})
    for name, rows in pairs.items():
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / f"ml1m_{name}.parquet")
    return tmp_path


def test_new_films_are_found_by_what_they_read_and_look_like(
    data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cold_items, "NEIGHBOURS", (5, 0))
    monkeypatch.setattr(cold_items, "RIDGES", (1.0,))
    monkeypatch.setattr(cold_items, "PICTURE_WEIGHTS", (0.5,))
    monkeypatch.setattr(cold_items, "MMVAE", small)
    rows = cold_items.measure(data, load_encoder())
    value = {(row.part, row.system, row.metric): row.value for row in rows}
    assert {row.part for row in rows} == cold_items.NOTES.keys()
    for title in (FACTS, SENTENCE):
        ours, chance = (value[title, name, "NDCG@20"] for name in (OURS, POPULARITY))
        assert ours.low > chance.high and ours.n == value[title, KNN, "Recall@20"].n > 50
        assert value[AHEAD.format(title), f"of {POPULARITY}", "NDCG@20"].low > 0
        # Fewer than twenty films are new: all of them are found, in whatever order.
        assert value[title, OURS, "Recall@20"].mean == value[title, MAP, "Recall@20"].mean == 1
    for how in ("text", "picture"):
        assert value[MISSING, f"{OURS}, {how} alone", "NDCG@20"].mean > 0.6


def small(seed: int) -> MMVAE:
    return MMVAE(takers=3.0, seed=seed, latent=8, hidden=16, epochs=20, rate=1e-2)


def test_the_part_is_found_by_its_name() -> None:
    assert "cold_items" in part_names()
    assert load_part("cold_items").NEEDS == cold_items.NEEDS
