"""Which pictures a search may take, and which words may be in its query, as the shopper's newest turn has it."""

from __future__ import annotations

from typing import Any

import pytest
from contracts.letters import writes

from shelftalk.agent.decoding.narrowing import narrow
from shelftalk.agent.decoding.newest import hold_to_newest
from shelftalk.agent.decoding.seen import look
from shelftalk.prompts.turn import render_user
from shelftalk.tools.linking import link
from shelftalk.tools.schema import tool_schemas

FACETS = {"category": {"vase": 3, "boot": 2}, "colour": {"red": 2, "navy": 2}}
HITS = {"role": "tool", "name": "search", "content": "2 found\n[P1] A vase | $10\n[P2] A boot | $20"}
LOOKED_AT = [
    {"role": "user", "content": render_user("do you have this?", ["img1"])},
    {"role": "assistant", "content": "", "tool_calls": []},
    HITS,
    {"role": "assistant", "content": "i have [P1] and [P2]."},
]
ASKED_ABOUT = [
    {"role": "user", "content": render_user("what colour is this?", ["img1"])},
    {"role": "assistant", "content": "it looks navy."},
]


def search(before: list[dict[str, Any]], text: str, pictures: list[str] | None = None) -> dict[str, Any]:
    """Return the search tool as it is offered to a turn that follows `before`."""
    seen = look([*before, turn(text, pictures)])
    tools = hold_to_newest(narrow(tool_schemas(FACETS), seen), seen.newest)
    return next(tool for tool in tools if tool["function"]["name"] == "search")


def turn(text: str, pictures: list[str] | None = None) -> dict[str, Any]:
    return {"role": "user", "content": render_user(text, pictures or (), link(text, FACETS))}


@pytest.mark.parametrize(
    ("before", "text", "pictures", "handles"),
    [
        (LOOKED_AT, "never mind those, find me modern vases", [], []),
        (LOOKED_AT, "boots and a vase", [], []),
        (LOOKED_AT, "i like this", ["img2"], ["img2"]),
        (LOOKED_AT, "back to my photo, in red", [], ["img1"]),
        (LOOKED_AT, "something like the second one under 15", [], ["P2"]),
        (LOOKED_AT, "the best first", [], []),
        (ASKED_ABOUT, "got one like it?", [], ["img1"]),
    ],
)
def test_a_search_takes_a_picture_where_the_turn_speaks_of_one(
    before: list[dict[str, Any]], text: str, pictures: list[str], handles: list[str]
) -> None:
    properties = search(before, text, pictures)["function"]["parameters"]["properties"]
    assert properties.get("image", {}).get("enum", []) == handles
    assert "unlike" not in properties


def test_a_search_keeps_away_from_what_the_turn_wants_nothing_like() -> None:
    properties = search(LOOKED_AT, "boots, but nothing like the second one")["function"]["parameters"][
        "properties"
    ]
    assert properties["unlike"]["enum"] == ["P2"]


@pytest.mark.parametrize(
    ("before", "text", "right"),
    [
        (LOOKED_AT, "show me some cute drazzseshquoonds", "cute drazzseshquoonds"),
        (ASKED_ABOUT, "a beautiful boot", "beautiful<|arg|> category: boot"),
        (ASKED_ABOUT, "i'm leaning towards sensible sportswear", "sensible sportswear"),
    ],
)
def test_a_query_holds_only_words_that_were_said(before: list[dict[str, Any]], text: str, right: str) -> None:
    tool = search(before, text)
    assert writes(tool, f"<|call|> search<|arg|> query: {right}")
    for wrong in ("sencious", "drazz start", "cute drazzsesh"):
        assert not writes(tool, f"<|call|> search<|arg|> query: {wrong}")


@pytest.mark.parametrize(
    ("before", "text", "pictures"), [(ASKED_ABOUT, "got one?", []), (LOOKED_AT, "", ["img2"])]
)
def test_a_query_names_what_a_picture_shows(
    before: list[dict[str, Any]], text: str, pictures: list[str]
) -> None:
    tool = search(before, text, pictures)
    handle = (pictures or ["img1"])[0]
    assert writes(tool, f"<|call|> search<|arg|> query: table lamp<|arg|> image: {handle}")
    assert not writes(
        tool, f"<|call|> search<|arg|> query: start with that's not pattern<|arg|> image: {handle}"
    )
