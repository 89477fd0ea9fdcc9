"""The measure of words against titles, on a few titles made for the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from contracts.small_shop import BagEncoder

from shelftalk.evals.retrieval import home_depot

TITLES = [
    "Gas lawn mower 21 in.",
    "Dishwasher in steel",
    "2 in. x 4 in. board",
    "White paint 1-gal.",
    "LED lamp",
]
ASKED = [
    ("lawnmower", 0, 3.0),
    ("dish wsher", 1, 2.67),
    ("2x4", 2, 3.0),
    ("led lamp", 4, 2.0),
    ("led lamp", 0, 1.0),
]


def test_the_tool_is_measured_beside_its_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELFTALK_CACHE", str(tmp_path / "cache"))
    titles = {"product": [f"p{i}" for i in range(len(TITLES))], "title": TITLES}
    pq.write_table(pa.table(titles), tmp_path / home_depot.PRODUCTS)
    asked = [
        {"query": q, "product": f"p{at}", "title": TITLES[at], "relevance": grade} for q, at, grade in ASKED
    ]
    pq.write_table(pa.Table.from_pylist(asked), tmp_path / home_depot.QUERIES)
    encoder: Any = BagEncoder()
    rows = home_depot.measure(tmp_path, encoder)
    found = {(row.part, row.system, row.metric): row.value for row in rows}
    best = found[home_depot.SEARCH, "search tool", "NDCG@10"]
    assert best.n == 4 and best.mean > found[home_depot.SEARCH, "BM25", "NDCG@10"].mean
    # One of the five titles judged is of too low a grade to be found.
    assert found[home_depot.SEARCH, "search tool", "Recall@50"].mean == 1.0
    ahead = found[home_depot.AHEAD, "of BM25", "NDCG@10"]
    assert ahead.mean == pytest.approx(best.mean - found[home_depot.SEARCH, "BM25", "NDCG@10"].mean)
