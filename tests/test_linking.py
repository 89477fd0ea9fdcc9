from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.tools.linking import link, settled, stem

FACETS = {
    "category": {"dress": 1, "casual shoes": 1, "tshirts": 1, "scarf": 1},
    "colour": {"red": 1, "blue": 1, "navy blue": 1, "grey": 1, "orange": 1},
    "flavour": {"orange": 1},
    "size": {"9": 1, "all": 1},
}


def test_plurals_case_hyphens_and_spelling_link() -> None:
    text = "Two RED Dresses, some scarves, a T-shirt, gray casual shoe"
    assert link(text, FACETS) == [
        ("colour", "red"),
        ("category", "dress"),
        ("category", "scarf"),
        ("category", "tshirts"),
        ("colour", "grey"),
        ("category", "casual shoes"),
    ]


def test_longest_value_wins() -> None:
    assert link("a navy-blue dress", FACETS) == [("colour", "navy blue"), ("category", "dress")]


def test_shared_value_is_returned_for_each_field() -> None:
    assert link("orange", FACETS) == [("colour", "orange"), ("flavour", "orange")]


@pytest.mark.parametrize(
    ("text", "linked"),
    [
        ("a brwon talbe", [("colour", "brown"), ("category", "table")]),
        ("a filing cabient in bruwn", [("category", "filing cabinet"), ("colour", "brown")]),
        # Words of the language are meant as they stand, however near a value is.
        ("a cable, a brow, crown moulding", []),
        ("tabel lapms", [("category", "table lamp")]),
    ],
)
def test_slips_of_the_keyboard_link(text: str, linked: list[tuple[str, str]]) -> None:
    facets = {"category": {"table": 2, "table lamp": 1, "filing cabinet": 1}, "colour": {"brown": 3}}
    assert link(text, facets) == linked


def test_a_pattern_links_by_what_a_thing_has_of_it() -> None:
    facets = {"pattern": {"striped": 2, "dotted": 1, "checked": 1}}
    assert link("nothing with stripes please", facets) == [("pattern", "striped")]
    assert link("striped or dotted", facets) == [("pattern", "striped"), ("pattern", "dotted")]
    assert link("can you check for dots", facets) == [("pattern", "dotted")]


def test_a_decade_links_though_a_number_does_not() -> None:
    facets = {"decade": {"1990s": 3}, "pack": {"10": 2, "6s": 1}}
    assert link("a comedy from the 1990s", facets) == [("decade", "1990s")]
    assert link("10 of them, or 6", facets) == []


def test_everyday_words_and_bare_numbers_do_not_link() -> None:
    assert link("under 9, all of them", FACETS) == []


@given(st.text())
def test_any_text_links_only_to_values_there_are(text: str) -> None:
    assert all(value in FACETS[field] for field, value in link(text, FACETS))


@given(st.from_regex(r"[a-z]{4,10}", fullmatch=True))
def test_a_stem_is_never_empty(word: str) -> None:
    assert stem(word)


@pytest.mark.parametrize(
    ("query", "filters", "left"),
    [
        ("red dress summer", {"category": "dress"}, "red summer"),
        ("red blue summer", {"colour": "red"}, "summer"),  # red or blue, then red
        ("orange juice", {"colour": "blue"}, "orange juice"),  # none of the query's words was chosen
        ("navy coat", {"colour": "navy blue"}, "coat"),
        ("summer", {}, "summer"),
    ],
)
def test_a_query_need_not_say_what_filters_say(query: str, filters: dict[str, str], left: str) -> None:
    assert settled(query, filters, FACETS) == left


def test_a_query_does_not_name_what_is_ruled_out() -> None:
    assert settled("red blue summer", {}, FACETS, ["red", "navy blue"]) == "summer"
