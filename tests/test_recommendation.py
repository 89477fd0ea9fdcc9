"""Held-out users: the metrics, the split, tuning, and the command; all on data made here."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from shelftalk.evals.recommendation import tuning
from shelftalk.evals.recommendation.plain import plain_ease, plain_ials
from shelftalk.evals.recommendation.protocol import (
    METRICS,
    Split,
    ndcg_at,
    predict,
    recall_at,
    split_users,
)
from shelftalk.evals.recommendation.shop_cold import AHEAD, COLD, hide, new_products
from shelftalk.evals.recommendation.tuning import DataSet, Tuned, fitted, on_test, on_validation, tune
from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.ease import EASE
from shelftalk.tools.scores.ials import IALS
from shelftalk.tools.scores.interactions import Interactions, make_interactions
from shelftalk.tools.scores.popularity import Popularity


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHELFTALK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def camps(shoppers: int = 90, items: int = 30, seed: int = 0) -> Interactions:
    """Two camps of shoppers, each with items of its own."""
    random = np.random.default_rng(seed)
    return make_interactions(
        {"shopper": f"s{shopper}", "item": f"{'ab'[shopper % 3 == 0]}{item:02d}"}
        for shopper in range(shoppers)
        for item in random.permutation(items)[: random.integers(5, 15)]
    )


def slow_recall(scores: list[float], wanted: set[int], k: int) -> float:
    order = sorted((i for i, score in enumerate(scores) if score > -math.inf), key=lambda i: (-scores[i], i))
    return len(wanted & set(order[:k])) / min(k, len(wanted)) if wanted else 0.0


def slow_ndcg(scores: list[float], wanted: set[int], k: int) -> float:
    order = sorted((i for i, score in enumerate(scores) if score > -math.inf), key=lambda i: (-scores[i], i))
    gain = sum(1 / math.log2(place + 2) for place, item in enumerate(order[:k]) if item in wanted)
    best = sum(1 / math.log2(place + 2) for place in range(min(k, len(wanted))))
    return gain / best if wanted else 0.0


scored = st.integers(1, 12).flatmap(
    lambda items: st.lists(
        st.tuples(
            st.lists(st.sampled_from([-math.inf, -1.0, 0.0, 0.5, 2.0]), min_size=items, max_size=items),
            st.sets(st.integers(0, items - 1)),
        ),
        min_size=1,
        max_size=5,
    )
)


@given(scored, st.integers(1, 14), st.booleans())
@settings(deadline=None)
def test_the_metrics_are_what_a_slow_reading_gives(
    users: list[tuple[list[float], set[int]]], k: int, sparse: bool
) -> None:
    scores = np.array([own for own, _ in users])
    relevant: Any = np.zeros(scores.shape, bool)
    for user, (_, wanted) in enumerate(users):
        relevant[user, list(wanted)] = True
    if sparse:
        relevant = csr_array(relevant)
    np.testing.assert_allclose(recall_at(scores, relevant, k), [slow_recall(s, w, k) for s, w in users])
    np.testing.assert_allclose(ndcg_at(scores, relevant, k), [slow_ndcg(s, w, k) for s, w in users])


def test_a_perfect_order_reaches_one_and_k_bounds_the_denominator() -> None:
    wanted = np.array([[True, True, True, False], [False, False, False, True]])
    assert recall_at(wanted * 1.0, wanted, 2).tolist() == [1, 1]
    assert ndcg_at(wanted * 1.0, wanted, 2).tolist() == [1, 1]
    assert ndcg_at(np.array([[0.0, 0, 0, 1], [3.0, 2, 1, 0]]), wanted, 3)[1] == 0
    with pytest.raises(ValueError, match="the same"):
        recall_at(np.zeros((2, 3)), wanted, 1)
    with pytest.raises(ValueError, match="1 or more"):
        ndcg_at(np.zeros((2, 4)), wanted, 0)


@given(st.integers(0, 1000), st.integers(1, 15), st.integers(0, 2))
@settings(max_examples=25, deadline=None)
def test_nothing_held_out_is_trained_on(seed: int, held_out: int, fold: int) -> None:
    whole = camps(seed=seed)
    split = split_users(whole, held_out, seed, fold)
    taken = {(whole.shoppers[u], whole.items[i]) for u, i in whole.rows}
    own = {(split.train.shoppers[u], split.items[i]) for u, i in split.train.rows}
    assert own <= taken and len(split.train.shoppers) == 90 - 2 * held_out
    assert split.items == sorted(split.items) and {item for _, item in own} == set(split.items)
    for held in (split.validation, split.test):
        assert len(held.known) == len(held.wanted) <= held_out
        for known, wanted in zip(held.known, held.wanted, strict=True):
            assert not wanted[known].any() and wanted.any() and len(known)
            assert len(known) == round(0.8 * (len(known) + wanted.sum()))
            baskets = {split.items[i] for i in [*known, *np.flatnonzero(wanted)]}
            assert baskets <= {item for _, item in taken - own}  # somebody else's than a train user's
    again = split_users(whole, held_out, seed, fold)
    assert again.fingerprint == split.fingerprint
    assert split_users(whole, held_out, seed + 1, fold).fingerprint != split.fingerprint


def test_folds_hold_out_different_users() -> None:
    trained = [set(split_users(camps(), 10, 0, fold).train.shoppers) for fold in range(4)]
    held = [{f"s{n}" for n in range(90)} - own for own in trained]
    assert all(len(own) == 20 for own in held) and len(set.union(*held)) == 80
    with pytest.raises(UsageError, match="fewer users"):
        split_users(camps(), 10, 0, 4)


def test_few_likes_are_asked_the_same_question() -> None:
    split = split_users(camps(300), 60)
    scorer = EASE(5.0)
    scorer.fit(split.train)
    full, none = predict(scorer, split.test, split.items), predict(scorer, split.test, split.items, 0)
    assert ((full == -np.inf) == (none == -np.inf)).all()
    popular = Popularity()
    popular.fit(split.train)
    # No likes: popularity for everybody.
    np.testing.assert_allclose(none, predict(popular, split.test, split.items), rtol=1e-5)
    few = split.test.with_known(6)
    assert 0 < len(few.known) < 60 and all(len(own) >= 6 for own in few.known)
    gained = ndcg_at(full, split.test.wanted, 20) - ndcg_at(none, split.test.wanted, 20)
    assert gained.mean() > 0.05


@pytest.mark.usefixtures("taste_alone")
def test_ease_is_what_plain_numpy_gives() -> None:
    split = split_users(camps(), 12)
    scorer = EASE(20.0)
    scorer.fit(split.train)
    ours, plain = predict(scorer, split.test, split.items), plain_ease(split, split.test, 20.0)
    finite = np.isfinite(plain)
    assert (finite == np.isfinite(ours)).all()
    np.testing.assert_allclose(ours[finite], plain[finite], atol=2e-5)


@pytest.mark.usefixtures("taste_alone")
def test_ials_is_what_implicit_gives() -> None:
    split = split_users(camps(300), 40)
    scorer = IALS(factors=2)  # as many as there are camps
    scorer.fit(split.train)
    ours, plain = predict(scorer, split.test, split.items), plain_ials(split, split.test, scorer)
    finite = np.isfinite(plain)
    assert (finite == np.isfinite(ours)).all()
    # They begin from other factors, and end at much the same scores.
    assert np.corrcoef(ours[finite], plain[finite])[0, 1] > 0.99


@pytest.fixture
def data() -> DataSet:
    return DataSet("camps", [split_users(camps(), 10, 0, fold) for fold in range(2)])


def test_settings_are_chosen_on_validation_users(data: DataSet, monkeypatch: pytest.MonkeyPatch) -> None:
    grid = [{"penalty": 1e7}, {"penalty": 20.0}]
    monkeypatch.setitem(tuning.GRIDS, "ease", grid)
    means = [on_validation(data, Tuned("ease", one))[METRICS.index("NDCG@100")].mean() for one in grid]
    assert tune(data, "ease") == Tuned("ease", grid[int(np.argmax(means))])
    assert tune(data, "popularity") == Tuned("popularity", {})
    assert on_test(data, tune(data, "ease")).shape == (3, sum(len(s.test.known) for s in data.splits))


def test_a_broken_off_measurement_goes_on(
    data: DataSet, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fits = []

    def counting(self: EASE, matrix: Any, learn: Any = EASE.learn) -> None:
        fits.append(self.penalty)
        if len(fits) == 3:
            raise KeyboardInterrupt
        learn(self, matrix)

    monkeypatch.setattr(EASE, "learn", counting)
    monkeypatch.setitem(tuning.GRIDS, "ease", [{"penalty": 10.0}, {"penalty": 20.0}])
    with pytest.raises(KeyboardInterrupt):
        tune(data, "ease")
    best = tune(data, "ease")
    assert fits == [10.0, 10.0, 20.0, 20.0, 20.0]  # two splits: the third fit was broken off
    first = on_test(data, best)
    assert tune(data, "ease") == best and len(fits) == 5
    for file in cache.rglob("*.npy"):
        file.write_bytes(file.read_bytes()[:100])
    np.testing.assert_array_equal(on_test(data, best), first)
    assert len(fits) == 5  # the scorer that won was kept
    assert fitted(data, 0, best).recommend(fitted(data, 0, best).fold_in(["a01"]), 3)


def test_other_data_is_measured_anew(data: DataSet) -> None:
    tuned = Tuned("popularity", {})
    other = DataSet("camps", [split_users(camps(seed=1), 10)])
    assert not np.array_equal(on_test(data, tuned)[:, :10], on_test(other, tuned)[:, :10])
    assert isinstance(other.splits[0], Split) and len(set(data.fingerprints + other.fingerprints)) == 3


def test_hidden_products_are_found_by_what_they_are_like() -> None:
    events = camps(200)
    train, asked = hide(events, seed=3)
    assert len(asked.hidden) == 6 and not set(asked.hidden) & set(train.items)
    assert len(train.rows) < len(events.rows) and len(asked.known) == len(asked.wanted)
    assert asked.wanted.any(axis=1).all() and all(len(own) for own in asked.known)

    random = np.random.default_rng(0)
    near = np.array([[item.startswith("a"), item.startswith("b")] for item in events.items], np.float32)
    words = near + 0.1 * random.random(near.shape, np.float32)
    pictures = np.where(random.random((60, 1)) < 0.3, np.nan, words).astype(np.float32)
    rows = new_products(events, Content(events.items, words, pictures), [Tuned("popularity", {})], seed=3)
    found = {(row.part, row.system): row.value for row in rows if row.metric == "NDCG@20"}
    chance = found[COLD, "in random order"]
    for system in ("content kNN", "linear map to iALS factors"):
        assert found[COLD, system].low > chance.high
    # Popularity knows nothing of what nobody took.
    assert found[AHEAD, "popularity, of content kNN"].high < 0
