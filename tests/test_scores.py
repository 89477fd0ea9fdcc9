"""Scorers and the interactions they learn from."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores import scorer_class, scorer_names
from shelftalk.tools.scores.contract import Scorer
from shelftalk.tools.scores.ease import EASE
from shelftalk.tools.scores.ials import IALS
from shelftalk.tools.scores.interactions import make_interactions, read_interactions
from shelftalk.tools.scores.itemknn import ItemKNN
from shelftalk.tools.scores.popularity import Popularity

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.scorer import ScorerContract, two_camps


class TestPopularity(ScorerContract):
    personal = False

    def make(self) -> Scorer:
        return Popularity()


class TestItemKNN(ScorerContract):
    def make(self) -> Scorer:
        return ItemKNN()


class TestEASE(ScorerContract):
    def make(self) -> Scorer:
        return EASE(penalty=5)


class TestIALS(ScorerContract):
    def make(self) -> Scorer:
        return IALS(factors=4)


def test_ease_is_equation_8() -> None:
    interactions = two_camps(seed=3)
    scorer = EASE(penalty=7.0)
    scorer.fit(interactions)
    x = interactions.matrix().toarray().astype(float)
    p = np.linalg.inv(x.T @ x + 7.0 * np.eye(x.shape[1]))
    b = np.eye(x.shape[1]) - p / np.diag(p)
    for place, item in enumerate(interactions.items):
        got = scorer.score(scorer.fold_in([item]), interactions.items)
        np.testing.assert_allclose(got, b[place], atol=2e-6)


def test_ease_refuses_what_does_not_fit_and_names_the_alternative() -> None:
    with pytest.raises(UsageError, match="itemknn"):
        EASE(memory=1000).fit(two_camps())
    with pytest.raises(UsageError, match="penalty"):
        EASE(penalty=0)


def test_itemknn_keeps_the_nearest_few() -> None:
    scorer = ItemKNN(neighbours=2)
    scorer.fit(two_camps())
    scores = scorer.score(scorer.fold_in(["a0"]), scorer.items)
    assert (scores > 1e-3).sum() == 2
    with pytest.raises(UsageError, match="neighbours"):
        ItemKNN(neighbours=0)


def test_scorers_are_found_by_name() -> None:
    assert {"ease", "ials", "itemknn", "popularity"} <= set(scorer_names())
    assert all(scorer_class(name).name == name for name in scorer_names())
    with pytest.raises(UsageError, match="ease, ials, itemknn"):
        scorer_class("svd")


ROWS = [
    {"shopper": "ann", "item": "7", "kind": "purchase", "time": "2024-05-02T10:00:00"},
    {"shopper": "bob", "item": "9", "kind": "view", "time": "2024-05-01"},
    {"shopper": "ann", "item": "9", "kind": "dislike", "time": "2024-05-03"},
    {"shopper": "", "item": "9", "kind": "view", "time": "2024-05-03"},
    {"shopper": "cy", "item": "9", "kind": "stare", "time": "2024-05-03"},
    {"shopper": "cy", "item": "9", "kind": "view", "time": "yesterday"},
]
FAULTS = ["row 4: no shopper", "row 5: kind 'stare' is none of", "row 6: time 'yesterday' is neither"]


@pytest.mark.parametrize("kind", ["parquet", "csv", "jsonl"])
def test_interactions_are_read_sorted_and_bad_rows_named(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"log.{kind}"
    if kind == "parquet":
        pq.write_table(pa.Table.from_pylist(ROWS), path)
    elif kind == "csv":
        head = "shopper,item,kind,time\n"
        path.write_text(head + "".join(",".join(row.values()) + "\n" for row in ROWS), encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    found = read_interactions(path)
    pairs = [(found.shoppers[s], found.items[i]) for s, i in found.rows]
    assert pairs == [("bob", "9"), ("ann", "7")]
    assert [(found.shoppers[s], found.items[i]) for s, i in found.refused] == [("ann", "9")]
    assert len(found.rejected) == 3
    assert all(line.startswith(fault) for line, fault in zip(found.rejected, FAULTS, strict=True))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("log.csv", "user,item\n1,2\n", "lacks the column shopper"),
        ("log.csv", "", "it has none"),
        ("log.csv", "shopper,item\n", "no interaction"),
        ("log.jsonl", "nonsense\n", "row 1: not JSON"),
        ("log.parquet", "PAR1", "not a readable Parquet file"),
        ("log.txt", "x", "allowed: .parquet, .csv, .jsonl"),
    ],
)
def test_a_log_that_cannot_be_used_is_said(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(UsageError, match=message):
        read_interactions(tmp_path / name)


def test_no_such_log(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No file"):
        read_interactions(tmp_path / "log.csv")


def test_kind_and_time_may_be_missing() -> None:
    found = make_interactions([{"shopper": 1, "item": 2.5}, {"shopper": 1, "item": float("nan")}])
    assert found.items == ["2.5"] and found.rejected == ["row 2: no item"]
