"""Two words that rule out undo each other, idioms rule out too, and a complaint of a low price is a wish for a high."""

from __future__ import annotations

import pytest

from shelftalk.agent.decoding.cues import asks_for_order
from shelftalk.agent.decoding.orders import order_due, orders
from shelftalk.agent.decoding.scope import (
    is_all_that_will_do,
    may_be_ruled_out,
    must_all_be_ruled_out,
    must_be_ruled_out,
)


@pytest.mark.parametrize(
    "said",
    [
        "not without velvet",
        "i can't do without velvet",
        "it mustn't be anything other than velvet",
        "don't show me anything but velvet",
        "if it's not velvet i don't want it",
        "anything that isn't velvet is out",
        "no velvet, no deal",
        "i wouldn't say no to velvet",
    ],
)
def test_what_nothing_else_will_do_for_may_be_asked_for(said: str) -> None:
    assert not must_be_ruled_out(said, "velvet")


@pytest.mark.parametrize(
    ("said", "all_that_will_do"),
    [
        ("anything that isn't velvet is out", True),
        ("if it's not velvet i don't want it", True),
        ("don't show me anything but velvet", True),
        ("anything in velvet is out", False),
        ("if possible no velvet", False),
        ("velvet", False),
    ],
)
def test_what_alone_will_do_cannot_be_ruled_out(said: str, all_that_will_do: bool) -> None:
    assert is_all_that_will_do(said, "velvet") is all_that_will_do


@pytest.mark.parametrize(
    ("said", "both"),
    [
        ("neither floral nor striped", True),
        ("no floral or striped ones", True),
        ("nothing striped, and no floral please", True),
        ("not floral but striped", False),
        ("floral or striped", False),
        ("no floral", False),
    ],
)
def test_a_no_may_reach_several_values(said: str, both: bool) -> None:
    assert must_all_be_ruled_out(said, ["floral", "striped"]) is both


@pytest.mark.parametrize("said", ["anything but velvet", "without velvet", "not velvet", "velvet is out"])
def test_a_single_no_still_rules_out(said: str) -> None:
    assert must_be_ruled_out(said, "velvet")


@pytest.mark.parametrize(
    "said",
    [
        "i draw the line at velvet",
        "velvet leaves me cold",
        "strike velvet from the list",
        "quit showing me velvet",
    ],
)
def test_an_idiom_may_rule_out(said: str) -> None:
    assert may_be_ruled_out(said, "velvet")


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("least expensive first", "cheapest"),
        ("the expensive ones last please", "cheapest"),
        ("cheap ones at the bottom please", "most expensive"),
        ("from most to least expensive", "most expensive"),
        ("rating: high to low", "top rated"),
        ("these are too cheap", "most expensive"),
        ("they all look cheap to me, pricier please", "most expensive"),
    ],
)
def test_an_order_may_be_asked_for_by_its_other_end(said: str, order: str) -> None:
    assert asks_for_order(said)
    assert order in orders(said)


def test_any_price_is_no_order() -> None:
    assert order_due("cheap or dear, show me all") is None
