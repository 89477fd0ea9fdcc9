"""A refinement is written as its change, and the change leads back to the whole search."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shelftalk.evals.simulation.requests import ordered
from shelftalk.prompts.dialect import parse_call, render_call
from shelftalk.prompts.refinement import changes, merged
from shelftalk.prompts.turn import read_state, render_state
from shelftalk.tools.schema import tool_schemas

FACETS = {
    "category": {"boot": 3, "dress": 2},
    "colour": {"red": 2, "navy blue": 1, "grey": 1},
    "material": {"wool": 1, "linen": 2},
    "size": {"s": 1, "m": 1},
}
SCHEMAS = tool_schemas(FACETS)


def filters() -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries(
        {}, optional={f: st.sampled_from(sorted(FACETS[f])) for f in ("colour", "material", "size")}
    )


@st.composite
def searches(draw: st.DrawFn) -> dict[str, Any]:
    where, one, another = draw(filters()), draw(filters()), draw(filters())
    out = {f: sorted({v for v in (one.get(f), another.get(f)) if v and v != where.get(f)}) for f in FACETS}
    prices = draw(st.lists(st.integers(1, 50), max_size=2, unique=True).map(sorted))
    names = (
        draw(st.permutations(["min_price", "max_price"])) if len(prices) == 1 else ["min_price", "max_price"]
    )
    return ordered(
        {
            "query": " ".join(
                draw(st.lists(st.sampled_from(["warm", "soft", "office"]), max_size=2, unique=True))
            ),
            "category": draw(st.sampled_from(["", "boot", "dress"])),
            "where": where,
            "exclude": {f: values if len(values) > 1 else values[0] for f, values in out.items() if values},
            **dict(zip(names, prices, strict=False)),
            "sort": draw(st.sampled_from(["", "cheapest", "top rated"])),
        }
    )


@given(searches(), searches())
def test_a_change_leads_to_the_search_that_was_wanted(so_far: dict[str, Any], wanted: dict[str, Any]) -> None:
    change = changes(so_far, wanted)
    if change is not None:
        assert merged(so_far, change) == wanted


@given(searches(), searches())
def test_a_call_reads_back_whatever_stood_before_it(so_far: dict[str, Any], wanted: dict[str, Any]) -> None:
    text = render_call("search", wanted, so_far)
    assert parse_call(text, SCHEMAS, so_far) == ("search", wanted)


@given(searches())
def test_the_state_in_a_turn_reads_back(search: dict[str, Any]) -> None:
    state = render_state(search, liked=["P2"], size="m", budget=50)
    assert read_state(state, SCHEMAS) == search


def test_a_refinement_says_only_what_changed() -> None:
    so_far = {"category": "boot", "where": {"colour": "red"}, "max_price": 50}
    wanted = {"category": "boot", "where": {"colour": "navy blue"}, "max_price": 50}
    assert render_call("search", wanted, so_far) == "<|call|> again<|arg|> colour: navy blue"
    assert render_call("search", {"category": "boot", "where": {"colour": "red"}}, so_far) == (
        "<|call|> again<|arg|> drop: price"
    )


def test_another_wish_is_written_whole() -> None:
    so_far = {"category": "boot", "where": {"colour": "red"}, "max_price": 50}
    assert render_call("search", {"category": "dress"}, so_far) == "<|call|> search<|arg|> category: dress"
    picture = {"image": "img1", "where": {"colour": "red"}, "max_price": 50}
    assert render_call("search", picture, so_far).startswith("<|call|> search<|arg|> image: img1")


def test_a_state_that_cannot_be_read_is_no_search() -> None:
    assert read_state("shape: a; b; liked: P1", SCHEMAS) == {}
    assert read_state("", SCHEMAS) == {}
