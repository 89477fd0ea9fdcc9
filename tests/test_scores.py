"""Scorers and the interactions they learn from."""

from __future__ import annotations

import csv
import json
import sys
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores import scorer_class, scorer_names
from shelftalk.tools.scores.contract import Scorer, Taste
from shelftalk.tools.scores.ease import EASE
from shelftalk.tools.scores.ials import IALS
from shelftalk.tools.scores.interactions import (
    Interactions,
    columns_to_interactions,
    make_interactions,
    read_interactions,
)
from shelftalk.tools.scores.itemknn import ItemKNN
from shelftalk.tools.scores.popularity import Popularity
from shelftalk.tools.scores.shared import FADING, PRIOR, ItemScorer

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


@pytest.mark.usefixtures("taste_alone")
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


@pytest.mark.parametrize("count", [1, 2, 511, 512, 513, 1100])
@pytest.mark.usefixtures("taste_alone")
def test_ease_puts_its_weights_where_the_inverse_was(count: int) -> None:
    random = np.random.default_rng(count)
    rows = np.stack([random.integers(0, 50, 4 * count), random.integers(0, count, 4 * count)], axis=1)
    interactions = Interactions([f"s{n}" for n in range(50)], [f"i{n}" for n in range(count)], rows)
    scorer = EASE(penalty=3.0)
    scorer.fit(interactions)
    x = interactions.matrix().toarray().astype(float)
    p = np.linalg.inv(x.T @ x + 3.0 * np.eye(count))
    b = np.eye(count) - p / np.diag(p)
    taste = scorer.fold_in(scorer.items[:3])
    np.testing.assert_allclose(scorer.score(taste, scorer.items), b[:3].sum(axis=0), atol=4e-6)


def test_ease_refuses_what_does_not_fit_and_names_the_alternative() -> None:
    with pytest.raises(UsageError, match="ials or itemknn"):
        EASE(memory=1000).fit(two_camps())
    with pytest.raises(UsageError, match="penalty"):
        EASE(penalty=0)


@pytest.mark.usefixtures("taste_alone")
def test_itemknn_keeps_the_nearest_few() -> None:
    scorer = ItemKNN(neighbours=2)
    scorer.fit(two_camps())
    scores = scorer.score(scorer.fold_in(["a0"]), scorer.items)
    assert (scores > 1e-3).sum() == 2
    with pytest.raises(UsageError, match="neighbours"):
        ItemKNN(neighbours=0)


@pytest.mark.usefixtures("taste_alone")
def test_itemknn_is_the_shrunk_cosine() -> None:
    interactions = two_camps(seed=5)
    scorer = ItemKNN(neighbours=99, shrink=3.0)
    scorer.fit(interactions)
    x = interactions.matrix().toarray().astype(float)
    both, counts = x.T @ x, x.sum(axis=0)
    likeness = both / (np.sqrt(np.outer(counts, counts)) + 3.0)
    np.fill_diagonal(likeness, 0)
    for place, item in enumerate(interactions.items):
        got = scorer.score(scorer.fold_in([item]), interactions.items)
        np.testing.assert_allclose(got, likeness[place], atol=2e-6)


@pytest.mark.usefixtures("taste_alone")
def test_ials_folds_in_as_implicit_does() -> None:
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    scorer = IALS(factors=6, alpha=4.0)
    scorer.fit(two_camps())
    items = list(scorer.items)
    theirs = AlternatingLeastSquares(factors=6, alpha=4.0, regularization=0.7)
    theirs.item_factors = scorer._factors
    scorer._gram = theirs.YtY + 0.7 * np.eye(6)
    likes = csr_matrix(([1.0, 2.5], ([0, 0], [items.index("a1"), items.index("b3")])), shape=(1, len(items)))
    right = theirs.item_factors @ theirs.recalculate_user(0, likes)
    taste = scorer.fold_in(["a1", "b3"], weights={"b3": 2.5})
    np.testing.assert_allclose(scorer.score(taste, items), right, atol=1e-5)


def test_ials_learns_the_same_with_any_number_of_threads() -> None:
    one, two = IALS(factors=8, threads=1), IALS(factors=8, threads=2)
    one.fit(two_camps())
    two.fit(two_camps())
    taste = one.fold_in(["a1"])
    np.testing.assert_array_equal(one.score(taste, one.items), two.score(taste, one.items))


def test_ials_believes_a_purchase_more_than_a_view() -> None:
    def score(kind: str) -> float:
        camps = two_camps()
        rows = [(camps.shoppers[s], camps.items[i], "view") for s, i in camps.rows]
        rows += [(f"t{n}", item, kind) for n in range(8) for item in ("a1", "new")]
        rows += [("u", "b9", "buy")]  # what is strongest is so in both
        scorer = IALS(factors=6)
        scorer.fit(columns_to_interactions(*map(list, zip(*rows, strict=True))))
        return float(scorer.score(scorer.fold_in(["a1"]), ["new"])[0])

    assert score("buy") > score("view")


@pytest.mark.parametrize(
    "settings",
    [{"factors": 0}, {"alpha": 0.0}, {"penalty": float("nan")}, {"iterations": 0}, {"threads": -1}],
)
def test_ials_settings_that_cannot_be_are_said(settings: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(settings))}="):
        IALS(**settings)  # type: ignore[arg-type]


MANY = 3000


@pytest.fixture(scope="module")
def large() -> Popularity:
    """A catalogue of many items, about half of which nobody took: many scores are equal."""
    random = np.random.default_rng(0)
    rows = np.stack([random.integers(0, 90, MANY), (MANY * random.random(MANY) ** 2).astype(int)], axis=1)
    scorer = Popularity()
    scorer.fit(Interactions([f"s{n}" for n in range(90)], [f"i{n}" for n in range(MANY)], rows))
    return scorer


@settings(max_examples=60, deadline=None)
@given(
    n=st.integers(0, MANY + 5),
    few=st.booleans(),
    seed=st.integers(0, 10**6),
    share=st.one_of(st.none(), st.floats(0, 1)),
    kind=st.sampled_from([set, list]),
)
def test_the_best_are_those_that_sorting_all_gives(
    large: Popularity, n: int, few: bool, seed: int, share: float | None, kind: type
) -> None:
    random = np.random.default_rng(seed)
    n = n % 20 if few else n
    exclude = [f"i{place}" for place in random.integers(0, MANY, 30)] + ["zebra"]
    allowed = None
    if share is not None:
        allowed = kind(f"i{place}" for place in np.flatnonzero(random.random(MANY) < share))
    scores = large.score(Taste(), large.items)
    places = [
        place
        for place in np.argsort(-scores, kind="stable")
        if f"i{place}" not in exclude and (allowed is None or f"i{place}" in allowed)
    ]
    right = [(f"i{place}", float(scores[place])) for place in places[:n]]
    assert large.recommend(Taste(), n, exclude=exclude, allowed=allowed) == right


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
        ("log.csv", "shopper,item\n" + "x" * 200_000 + ",a\n", "field larger than field limit"),
        ("log.jsonl", "[" * 100_000, "row 1: not JSON"),
        ("log.jsonl", "[1]\n", "row 1: not a JSON object"),
        ("log.txt", "x", "allowed: .parquet, .csv, .jsonl"),
    ],
)
def test_a_log_that_cannot_be_used_is_said(name: str, content: str, message: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text(content, encoding="utf-8")
    limit = csv.field_size_limit(131_072)  # Python's own; whoever reads a catalogue in this process raises it
    try:
        with pytest.raises(UsageError, match=message):
            read_interactions(tmp_path / name)
    finally:
        csv.field_size_limit(limit)


LINES = st.dictionaries(
    st.sampled_from(["shopper", "item", "kind", "time"]),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=4),
        st.sampled_from(["buy", "VIEW", "hide", "2024-05-31", "1e9", ""]),
        st.lists(st.integers(), max_size=2),
        st.datetimes(),
    ),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(LINES, max_size=8))
def test_whatever_the_records_each_is_read_or_named(records: list[dict[str, object]]) -> None:
    found = make_interactions(records)
    assert len(found.rows) + len(found.refused) + len(found.rejected) == len(records)
    assert sorted({*found.rows[:, 0], *found.refused[:, 0]}) == list(range(len(found.shoppers)))
    assert sorted({*found.rows[:, 1], *found.refused[:, 1]}) == list(range(len(found.items)))
    # One at a time they are judged as they are together.
    alone = [make_interactions([record]).rejected for record in records]
    assert len(found.rejected) == sum(map(len, alone))


def test_rows_are_put_in_the_order_of_their_times() -> None:
    times = [
        "2024-05-02T01:00:00+02:00",
        "1714600000",
        1714600001.5,
        None,
        datetime(2024, 5, 1),
        "2024-05-01",
    ]
    found = make_interactions([{"shopper": "s", "item": n, "time": time} for n, time in enumerate(times)])
    # 1,714,600,000 is 2024-05-01T21:46:40 in UTC; what has no time comes first, equal times as they came.
    assert [found.items[item] for _, item in found.rows] == ["3", "4", "5", "1", "2", "0"]


def test_parquet_columns_of_any_type(tmp_path: Path) -> None:
    table = pa.table(
        {
            "shopper": pa.array(["x", "y", None, "x"]).dictionary_encode(),
            "item": pa.array([7.0, 8.5, 1.0, float("nan")]),
            "kind": pa.array([None, "Cart", "buy", "buy"]),
            "time": pa.array([datetime(2024, 5, 2), datetime(2024, 5, 1), None, None]),
        }
    )
    pq.write_table(table, tmp_path / "log.parquet")
    found = read_interactions(tmp_path / "log.parquet")
    assert [(found.shoppers[s], found.items[i]) for s, i in found.rows] == [("y", "8.5"), ("x", "7")]
    assert found.rejected == ["row 3: no shopper", "row 4: no item"]
    assert found.strength is not None and found.strength.tolist() == [0.75, 0.25]


def test_the_strongest_kind_of_a_pair_counts() -> None:
    kinds = ["view", "buy", "view", "click", "dislike"]
    found = columns_to_interactions(["x", "x", "y", "x", "x"], ["a", "a", "a", "b", "c"], kinds)
    assert found.strengths().toarray().tolist() == [[1.0, 0.5, 0.0], [0.25, 0.0, 0.0]]
    assert found.matrix().toarray().tolist() == [[1.0, 1.0, 0.0], [1.0, 0.0, 0.0]]
    assert found.refused.tolist() == [[0, 2]]


@pytest.mark.parametrize(
    ("rows", "strength", "message"),
    [
        ([[0, 2]], None, "outside the lists"),
        ([[-1, 0]], None, "outside the lists"),
        ([[0, 1, 1]], None, "needed is"),
        ([[0, 1]], [1.0, 1.0], "needed is"),
        ([[0, 1]], [float("nan")], "above 0"),
        ([[0, 1]], [0.0], "above 0"),
        ([[0, 1]], [float("inf")], "above 0"),
    ],
)
def test_arrays_that_do_not_fit_are_said(
    rows: list[list[int]], strength: list[float] | None, message: str
) -> None:
    given = None if strength is None else np.array(strength, dtype=np.float32)
    with pytest.raises(UsageError, match=message):
        Interactions(["x"], ["a", "b"], np.array(rows), strength=given)


def test_no_such_log(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No file"):
        read_interactions(tmp_path / "log.csv")


def test_kind_and_time_may_be_missing() -> None:
    found = make_interactions([{"shopper": 1, "item": 2.5}, {"shopper": 1, "item": float("nan")}])
    assert found.items == ["2.5"] and found.rejected == ["row 2: no item"]


def best_sellers() -> Interactions:
    """Nearly everybody takes the best seller and its twin; a few keep to three things of their own."""
    rows = [(f"m{n}", item) for n in range(40) for item in ("best", "twin")]
    rows += [(f"f{n}", item) for n in range(4) for item in ("left", "right", "middle")[: 3 - n % 2]]
    return make_interactions({"shopper": shopper, "item": item} for shopper, item in rows)


@pytest.mark.parametrize("scorer", [EASE(penalty=1.0), ItemKNN(), IALS(factors=4)])
def test_popularity_alone_never_outranks_a_matching_taste(scorer: Scorer) -> None:
    scorer.fit(best_sellers())
    found = [item for item, _ in scorer.recommend(scorer.fold_in(["left"]), 4)]
    assert found[:2] == ["right", "middle"]


@given(likes=st.integers(1, 20), seed=st.integers(0, 99))
def test_popularity_counts_less_with_each_like(likes: int, seed: int) -> None:
    scorer = ItemKNN()
    scorer.fit(two_camps(seed=seed))
    known = sorted(scorer.items)
    taste = scorer.fold_in(known[:likes])
    with_it = scorer.score(taste, known)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ItemScorer, "prior", 0.0)
        without = scorer.score(taste, known)
    least = scorer.score(Taste(), known).min() / scorer.score(Taste(), known).max()
    power = PRIOR * np.exp((1 - likes) / FADING)
    assert (with_it <= without + 1e-6).all()
    assert (with_it >= without * least**power - 1e-6).all()
