"""Products found by their words: the lexical index, with typos and sizes."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contracts.small_shop import BagEncoder, catalogue
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.tools.lexical import LexicalIndex, lexical_index
from shelftalk.tools.product import Product
from shelftalk.tools.spelling import Speller
from shelftalk.tools.store import Store

TITLES = {
    "tv": "55 in. Class LED TV with remote",
    "tv-small": "32-inch LED TV",
    "board": "2 in. x 4 in. x 8 ft. pine board",
    "mower": "Gas lawn mower, 21 in. deck",
    "washer": "Dishwasher in stainless steel",
    "paint": "Interior paint, 1-gal. white",
    "tier": "3-tier wire shelf",
    "boot": "Women's leather boots, size 9",
    "trail": "Biking gloves",
}


@pytest.fixture(scope="module")
def index() -> LexicalIndex:
    return LexicalIndex((id_, title, "") for id_, title in TITLES.items())


def found(index: LexicalIndex, text: str, **named: Any) -> list[str]:
    return [id_ for id_, _ in index.nearest(index.read(text), 5, **named)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ('tv 55"', "tv"),
        ("32in led", "tv-small"),
        ("2x4", "board"),
        ("8 foot pine", "board"),
        ("woman boot", "boot"),
        ("boots US 9", "boot"),
        ("one gallon paints", "paint"),
        ("i am looking for a shelf please", "tier"),
        # Typos, and words that are written together or apart.
        ("stainles dishwaser", "washer"),
        ("dish washer", "washer"),
        ("lawnmower", "mower"),
        ("3 teir shlef", "tier"),
    ],
)
def test_words_sizes_and_typos_find_what_they_mean(index: LexicalIndex, query: str, first: str) -> None:
    assert found(index, query)[0] == first


def test_what_was_read_as_another_word_is_said(index: LexicalIndex) -> None:
    query = index.read("Whte paynt, lawnmower")
    assert query.mended == {"whte": "white", "paynt": "paint", "lawnmower": "lawn mower"}
    assert index.read("white paynt").text == "white paint"
    assert index.held(query, "paint") == ["white", "paint"] and index.held(query, "mower") == [
        "lawn",
        "mower",
    ]


@pytest.mark.parametrize("word", ["hiking", "2x6", "56in", "r13", "1234", "zzzzzz", "tvs", "ab"])
def test_what_is_no_typo_is_left_alone(index: LexicalIndex, word: str) -> None:
    # Hiking is a word, though this catalogue has only biking.
    assert index.read(word).mended == {} and index.read(word).text == word


def test_only_what_is_asked_for_is_returned(index: LexicalIndex) -> None:
    assert set(found(index, "led tv")) == {"tv", "tv-small"}
    assert found(index, "led tv", passing=lambda ids: np.array([i != "tv" for i in ids])) == ["tv-small"]
    assert found(index, "led tv", hidden=["tv"]) == ["tv-small"]
    assert found(index, "zzzzzz") == [] and found(index, "?!") == []
    assert found(index, "tv", passing=lambda ids: np.zeros(len(ids), bool)) == []
    query = index.read("led tv")
    scores = dict(index.nearest(query, 9))
    assert index.scores(query, ["paint", "tv", "gone"]).tolist() == pytest.approx([0, scores["tv"], 0])


@given(
    kept=st.sets(st.integers(0, 199)),
    n=st.integers(1, 20),
    words=st.lists(st.integers(0, 9), min_size=1, max_size=3),
)
def test_a_filter_leaves_the_best_of_those_that_pass(kept: set[int], n: int, words: list[int]) -> None:
    many = _many()
    query = many.read(" ".join(f"kind{word}" for word in words))
    everything = [pair for pair in many.nearest(query, 200) if int(pair[0]) in kept]
    passing = many.nearest(query, n, lambda ids: np.array([int(i) in kept for i in ids]))
    assert passing == everything[:n]


@cache
def _many() -> LexicalIndex:
    return LexicalIndex((str(i), f"kind{i % 10} kind{i % 7}", "kind3 " * (i % 4)) for i in range(200))


@given(query=st.text(max_size=60), n=st.integers(0, 12))
def test_scores_are_shares_in_order(index: LexicalIndex, query: str, n: int) -> None:
    hits = index.nearest(index.read(query), n)
    scores = [score for _, score in hits]
    assert len(hits) <= n and scores == sorted(scores, reverse=True) and all(0 < s <= 1 for s in scores)


def test_an_empty_catalogue_has_nothing() -> None:
    empty = LexicalIndex([])
    assert empty.nearest(empty.read("boots"), 3) == [] and empty.scores(
        empty.read("boots"), ["a"]
    ).tolist() == [0]


def test_a_word_of_the_title_counts_more() -> None:
    index = LexicalIndex(
        [("a", "Blue chair", "goes with any lamp at all"), ("b", "Lamp", "goes with any blue chair")]
    )
    assert found(index, "lamp") == ["b", "a"]


def test_the_index_follows_the_store(tmp_path: Path) -> None:
    encoder: Any = BagEncoder()
    with Store.open(tmp_path / "store", encoder, create=True) as store:
        products = catalogue()
        store.put(products, encoder.words([product.title for product in products]))
        index = lexical_index(store)
        assert lexical_index(store) is index
        assert found(index, "silk dress")[0].endswith("dress-1")
        new = Product(id="new", title="Trumpet", attributes={"size": "9"}, category="Brass")
        store.put([new], encoder.words([new.title]))
        assert found(lexical_index(store), "trumpets") == ["new"] and found(index, "trumpets") == []
        assert found(lexical_index(store), "brass size 9") == ["new"]
        store.remove(["new"])
        assert found(lexical_index(store), "trumpets") == []


@given(st.sampled_from(["sneakers", "dishwasher", "lamp", "refrigerator", "cushion"]), st.data())
def test_one_slip_is_mended(word: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(1, len(word) - 1))
    slips = [
        word[:at] + word[at + 1 :],
        word[:at] + word[at - 1] + word[at:],
        word[:at] + "q" + word[at + 1 :],
    ]
    slip = data.draw(st.sampled_from(slips))
    speller = Speller({"sneakers": 5, "dishwasher": 3, "lamp": 9, "refrigerator": 2, "cushion": 4})
    if len(slip) >= 4 and slip != word and slip.isalpha():
        assert speller.correct(slip) == (word,)


def test_of_two_words_as_near_the_more_common_is_meant() -> None:
    assert Speller({"boots": 50, "boats": 2, "bolts": 9}).correct("bosts") == ("boots",)
    assert Speller({"soots": 50, "bootx": 2}).correct("bootz") == ("bootx",)  # not in the first letter
