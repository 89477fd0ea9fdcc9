"""What a "no" belongs to, and which order words ask for: a search may not read them the other way round."""

from __future__ import annotations

import pytest

from shelftalk.agent.decoding.orders import asks_for_cheaper, order_due, orders
from shelftalk.agent.decoding.scope import may_be_ruled_out, must_be_ruled_out


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("a red rug, but no wool please", "wool"),
        ("anything except floral", "floral"),
        ("wool is a deal-breaker", "wool"),
        ("nothing with stripes or checked ones", "checked"),
        ("i can't wear linen", "linen"),
        ("velvet gives me the creeps", "velvet"),
        ("wihtout leather", "leather"),
    ],
)
def test_a_no_reaches_what_stands_near_it(said: str, value: str) -> None:
    assert may_be_ruled_out(said, value)


@pytest.mark.parametrize(
    ("said", "value"),
    [
        ("i'm on the hunt for a yellow cutting board", "yellow"),
        ("a plain jacket in formal style for rainy walks, nothing over 30", "formal"),
        ("something like this but in suede", "suede"),
        ("mine went to the charity shop. a brown chair", "brown"),
        ("you wouldn't happen to have a beige shoe", "beige"),
        ("a green hat no more than 40 dollars", "green"),
    ],
)
def test_what_is_wished_for_is_not_ruled_out(said: str, value: str) -> None:
    assert not may_be_ruled_out(said, value)
    assert not must_be_ruled_out(said, value)


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("boots, nothing with geometric", True),
        ("a lamp without wool", True),
        ("wool is a deal-breaker", True),
        ("not floral", True),
        ("not floral enough", False),
        ("why not floral", False),
        ("not so floral", False),
        ("floral or nothing", False),
        ("floral, not floral, i don't know", False),
    ],
)
def test_a_plain_no_is_told_from_a_doubtful_one(said: str, plain: bool) -> None:
    value = next(value for value in ("geometric", "wool", "floral") if value in said)
    assert must_be_ruled_out(said, value) == plain


@pytest.mark.parametrize(
    ("said", "order"),
    [
        ("cheapest to dearest", "cheapest"),
        ("from low to high", "cheapest"),
        ("high to low", "most expensive"),
        ("rather expensive, isn't it", "cheapest"),
        ("too pricey", "cheapest"),
        ("the dearest first", "most expensive"),
        ("an inexpensive scarf", "cheapest"),
        ("highly rated mugs", "top rated"),
        ("sort by stars descending", "top rated"),
        ("the best reviewed but also cheap", None),
        ("cheaper than 50", None),
        ("55 or cheaper", None),
        ("a red scarf", None),
    ],
)
def test_an_order_that_is_named_is_due(said: str, order: str | None) -> None:
    assert order_due(said) == order
    assert order is None or orders(said) == {order}


@pytest.mark.parametrize(
    ("said", "asks"),
    [
        ("thanks. anything cheaper?", True),
        ("do you have any that are less expensive", True),
        ("i saw one cheaper elsewhere", False),
        ("anything cheaper than 50", False),
        ("too dear", False),
    ],
)
def test_a_wish_for_something_cheaper_is_one_after_thanks_too(said: str, asks: bool) -> None:
    assert asks_for_cheaper(said) == asks
