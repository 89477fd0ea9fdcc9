"""Metrics of ranked lists against their plain definitions, and bootstrap intervals."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.evals.bootstrap import difference, interval
from shelftalk.evals.ranking import (
    first_hit,
    hit_at,
    ndcg_at,
    precision_at,
    ranked,
    recall_at,
    reciprocal_rank,
)

DOCUMENTS = 7
SCORE = st.sampled_from([0.0, 0.25, 0.5, 1.0, -1.0, float("nan"), float("-inf")])
SCORES = st.lists(SCORE, min_size=DOCUMENTS, max_size=DOCUMENTS)
RELEVANT = st.sets(st.integers(0, DOCUMENTS - 1))
K = st.integers(1, DOCUMENTS + 2)


def in_order(scores: list[float]) -> list[int]:
    real = [d for d, score in enumerate(scores) if score > -math.inf]  # false of NaN too
    return sorted(real, key=lambda d: (-scores[d], d))


@given(SCORES, st.integers(1, DOCUMENTS + 2))
def test_ranked_sorts_by_score_then_number(scores: list[float], n: int) -> None:
    found = ranked(np.array([scores]), n)
    wanted = in_order(scores)[:n]
    assert found.tolist() == [wanted + [-1] * (min(n, DOCUMENTS) - len(wanted))]


@given(st.lists(st.tuples(SCORES, RELEVANT), min_size=1, max_size=4), K)
def test_metrics_are_what_they_are_called(queries: list[tuple[list[float], set[int]]], k: int) -> None:
    ranking = ranked(np.array([scores for scores, _ in queries]), DOCUMENTS)
    relevant = [wanted for _, wanted in queries]
    recall, precision = recall_at(ranking, relevant, k), precision_at(ranking, relevant, k)
    hit, reciprocal = hit_at(ranking, relevant, k), reciprocal_rank(ranking, relevant)
    for query, (scores, wanted) in enumerate(queries):
        order = in_order(scores)
        found = [d for d in order[:k] if d in wanted]
        places = [place for place, d in enumerate(order, 1) if d in wanted]
        assert recall[query] == pytest.approx(len(found) / len(wanted) if wanted else 0)
        assert precision[query] == pytest.approx(len(found) / k)
        assert hit[query] == bool(found)
        assert reciprocal[query] == pytest.approx(1 / places[0] if places else 0)


@given(SCORES, RELEVANT)
def test_first_hit_puts_a_tie_last(scores: list[float], wanted: set[int]) -> None:
    real = {d: s for d, s in enumerate(scores) if s > -math.inf}
    best = max((real[d] for d in wanted if d in real), default=None)
    place = first_hit(np.array([scores]), [wanted])[0]
    if best is None:
        assert place == math.inf
    else:
        assert place == 1 + sum(s >= best for d, s in real.items() if d not in wanted)


@given(SCORES, st.dictionaries(st.integers(0, DOCUMENTS - 1), st.sampled_from([0.0, 1.0, 2.33, 3.0])), K)
def test_ndcg(scores: list[float], gains: dict[int, float], k: int) -> None:
    def dcg(values: list[float]) -> float:
        return sum(value / math.log2(place + 1) for place, value in enumerate(values, 1))

    best = dcg(sorted(gains.values(), reverse=True)[:k])
    got = dcg([gains.get(d, 0.0) for d in in_order(scores)[:k]])
    found = ndcg_at(ranked(np.array([scores]), DOCUMENTS), [gains], k)[0]
    assert found == pytest.approx(got / best if best else 0)
    assert 0 <= found <= 1 + 1e-9


def test_queries_without_their_relevant_documents_are_refused() -> None:
    with pytest.raises(ValueError, match="2 queries"):
        recall_at(np.zeros((2, 3), np.int64), [{1}], 1)


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=30), st.integers(0, 9))
def test_an_interval_holds_the_mean_and_is_seeded(values: list[float], seed: int) -> None:
    found = interval(values, seed, draws=50)
    assert found.low <= found.mean <= found.high and found.n == len(values)
    assert found.mean == pytest.approx(np.mean(values))
    assert found == interval(values, seed, draws=50)
    assert min(values) - 1e-9 <= found.low and found.high <= max(values) + 1e-9


def test_constant_values_give_no_width() -> None:
    found = interval([0.1] * 37)
    assert (found.low, found.mean, found.high) == (0.1, 0.1, 0.1)
    assert str(found) == "0.100 (0.100 to 0.100)"


@pytest.mark.parametrize("kind", ["hit or miss", "continuous"])
def test_coverage(kind: str) -> None:
    """95% intervals hold the true mean about 95 times in 100."""
    rng = np.random.default_rng(5)
    held, times = 0, 300
    for seed in range(times):
        if kind == "hit or miss":
            values, truth = (rng.random(400) < 0.3).astype(float), 0.3
        else:
            values, truth = rng.exponential(2.0, 400), 2.0
        found = interval(values, seed, draws=400)
        held += found.low <= truth <= found.high
    assert 0.90 <= held / times <= 0.985


def test_pairs_tell_what_separate_intervals_do_not() -> None:
    rng = np.random.default_rng(0)
    hard = rng.random(500)
    better = difference(hard + 0.02 + rng.normal(0, 0.01, 500), hard)
    assert 0.01 < better.low < better.mean < better.high < 0.03
    assert interval(hard + 0.02).low < interval(hard).high


@pytest.mark.parametrize("values", [[], [float("nan")], [[1.0, 2.0]]])
def test_values_that_are_no_values(values: list[float]) -> None:
    with pytest.raises(ValueError, match="one finite value a query"):
        interval(values)
