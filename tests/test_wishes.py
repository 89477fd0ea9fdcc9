"""Two wishes in one message are told apart before the model searches for either."""

from __future__ import annotations

import pytest

from shelftalk.agent.decoding.narrowing import narrow
from shelftalk.agent.decoding.newest import hold_to_newest
from shelftalk.agent.decoding.seen import look
from shelftalk.agent.decoding.wishes import wishes
from shelftalk.prompts.turn import render_user
from shelftalk.tools.linking import link
from shelftalk.tools.schema import tool_schemas

FACETS = {
    "category": {"jeans": 3, "shirt": 4, "mug": 2, "plate": 2},
    "colour": {"black": 3, "white": 3},
    "brand": {"quill & kiln": 2},
}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("black jeans and a white shirt", ("black jeans", "a white shirt")),
        ("i need jeans. i also need a shirt", ("i need jeans", "a shirt")),
        ("jeans + a black shirt under 40", ("jeans", "a black shirt under 40")),
        ("jeans and a shirt, both under 50", ("jeans both under 50", "a shirt, both under 50")),
        ("quill & kiln mugs as well as white plates", ("quill & kiln mugs", "white plates")),
        ("black dungarees and a white shirt", ("black dungarees", "a white shirt")),
        ("a white shirt and a nice bowl please", ("a white shirt", "a nice bowl please")),
        ("i need jeans and new bowls", ("i need jeans", "new bowls")),
        ("a shirt for under 20 and a pair of dungarees", ("a shirt for under 20", "a pair of dungarees")),
        ("shirts and prices please", ()),
        ("a shirt and some help please", ()),
        ("a shirt and then something black", ()),
        ("a shirt and a cheaper one", ()),
        ("a shirt, and make it black", ()),
        ("a shirt with a collar and a belt", ()),  # the belt may be the shirt's
        ("something black and a white shirt", ()),
        ("oh and i need a white shirt", ()),
        ("maybe, also a white shirt", ()),
        ("that's done. i also need a white shirt", ()),
        ("black and white jeans", ()),  # one kind of thing
        ("a shirt", ()),
        ("shirts and black and white jeans", ()),  # black shirts, or not
    ],
)
def test_a_message_is_cut_where_the_second_thing_begins(text: str, parts: tuple[str, ...]) -> None:
    assert wishes(text, link(text, FACETS)) == parts


def test_each_search_of_a_turn_is_held_to_its_own_wish() -> None:
    text = "black jeans for 30 and a nice white shirt for 20"
    chat = [{"role": "user", "content": render_user(text, (), link(text, FACETS), "budget: 99")}]
    wanted = [("jeans", "black", {"30", "99"}, "nice"), ("shirt", "white", {"20", "99"}, "jeans")]
    for kind, colour, prices, absent in wanted:
        tools = hold_to_newest(narrow(tool_schemas(FACETS), look(chat)), look(chat).newest)
        search = next(
            t["function"]["parameters"]["properties"] for t in tools if t["function"]["name"] == "search"
        )
        assert search["category"]["enum"] == [kind]
        assert search["where"]["properties"] == {"colour": {"enum": [colour]}}
        assert set(search["max_price"]["enum"]) == prices
        assert absent not in search["query"]["x-words"]
        chat += [
            {"role": "assistant", "content": "", "tool_calls": []},
            {"role": "tool", "name": "search", "content": "1 found\n[P1] Something | $10.00"},
        ]
    assert look(chat).newest.wish is None


def test_a_picture_that_was_asked_about_can_be_looked_for_in_the_next_turn() -> None:
    chat = [
        {"role": "user", "content": render_user("what is this?", ["img1"])},
        {"role": "assistant", "content": "i think it is a t-shirt."},
        {"role": "user", "content": render_user("got one like it?")},
    ]
    assert look(chat).newest.pictures == ("img1",)
    chat += [
        {"role": "tool", "name": "search", "content": "1 found\n[P1] A shirt | $10.00"},
        {"role": "user", "content": render_user("thanks")},
    ]
    assert not look(chat).newest.pictures


def test_the_second_of_two_wishes_is_due_before_a_reply() -> None:
    text = "a shirt and a pair of jeans"
    chat = [{"role": "user", "content": render_user(text, (), link(text, FACETS))}]
    assert not look(chat).newest.due
    chat.append({"role": "tool", "name": "search", "content": "1 found\n[P1] A shirt, shirt, $10"})
    assert look(chat).newest.due
    chat.append({"role": "tool", "name": "search", "content": "1 found\n[P2] Jeans, jeans, $20"})
    assert not look(chat).newest.due
