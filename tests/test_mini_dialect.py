"""What a line of the embedded model's means, read with the shopper's turn that it answers."""

from __future__ import annotations

from functools import cache
from typing import Any

import pytest

from shelftalk.agent.backbones.mini_dialect import MiniDialect
from shelftalk.agent.decoding.narrowing import narrow
from shelftalk.agent.decoding.seen import look
from shelftalk.prompts.turn import render_user
from shelftalk.tools.linking import link
from shelftalk.tools.schema import tool_schemas

FACETS = {
    "category": {"shirt": 9, "vase": 3},
    "pattern": {"floral": 2, "striped": 2, "plain": 1},
    "colour": {"red": 1, "blue": 2},
}
TOOLS = tool_schemas(FACETS)


@cache
def dialect() -> MiniDialect:
    from shelftalk.agent.backbones import load_mini

    return MiniDialect(load_mini()[1])


def means(text: str, state: str, line: str) -> dict[str, Any]:
    turn = render_user(text, linked=link(text, FACETS), state_text=state)
    seen = look([{"role": "user", "content": turn}])
    name, arguments = dialect().parse(f"<|call|> {line}", narrow(TOOLS, seen, bool), seen)
    assert name == "search"
    return arguments


@pytest.mark.parametrize(
    ("text", "state", "line", "search"),
    [
        (
            "neither floral nor striped",
            "query: floral striped summer; category: shirt",
            "again<|arg|> not pattern: floral, striped",
            {"query": "summer", "category": "shirt", "exclude": {"pattern": ["floral", "striped"]}},
        ),
        (
            "no striped ones either",
            "category: shirt; not pattern: floral",
            "again<|arg|> not pattern: striped",
            {"category": "shirt", "exclude": {"pattern": ["floral", "striped"]}},
        ),
        (
            "floral after all",
            "category: shirt; not pattern: floral, striped",
            "again<|arg|> pattern: floral",
            {"category": "shirt", "where": {"pattern": "floral"}, "exclude": {"pattern": "striped"}},
        ),
        (
            "it needn't be warm",
            "query: warm; category: shirt",
            "again",
            {"category": "shirt"},
        ),
        ("it needn't be warm", "query: warm soft", "again", {"query": "soft"}),
        ("it needn't be warm", "query: warm", "again", {"query": "warm"}),
        (
            "a warm one in red",
            "query: warm soft",
            "again<|arg|> colour: red",
            {"query": "warm soft", "where": {"colour": "red"}},
        ),
        (
            "blue then",
            "query: red blue; category: vase",
            "again<|arg|> colour: blue",
            {"category": "vase", "where": {"colour": "blue"}},
        ),
    ],
)
def test_a_line_is_read_with_its_turn(text: str, state: str, line: str, search: dict[str, Any]) -> None:
    assert means(text, state, line) == search
