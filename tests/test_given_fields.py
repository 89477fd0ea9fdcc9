"""A sentence that names a field with a value says that the record has it there, and in no other field."""

from __future__ import annotations

import pytest

from shelftalk.agent.checked import check
from shelftalk.agent.claims import Lexicon
from shelftalk.agent.grounding import Grounds
from shelftalk.tools.product import Product

PRODUCTS = {
    "P1": Product(
        id="a",
        title="Lamp Fenna",
        category="table lamp",
        price=24.9,
        rating=3.9,
        attributes={"colour": "grey", "style": "modern", "material": "cotton"},
    ),
    "P2": Product(id="b", title="Drill", category="drill", attributes={"power": "mains", "colour": "red"}),
}
FACETS = {
    "category": {"table lamp": 1, "drill": 1},
    "colour": {"grey": 1, "red": 2, "navy": 1},
    "style": {"modern": 1, "classic": 1},
    "material": {"cotton": 1, "wool": 1},
    "room": {"kitchen": 1, "office": 2},
    "power": {"mains": 1},
}
TOLD = "[P1] Lamp Fenna, table lamp, $24.90; colour: grey; style: modern; material: cotton; rating: 3.9"


def grounds() -> Grounds:
    return Grounds(PRODUCTS.get, Lexicon(FACETS), "what room is it for?", lambda: ["P1"], told=[TOLD])


@pytest.mark.parametrize(
    "text",
    [
        "the colour of [P1] is grey.",
        "[P1]: its style is modern.",
        "it is cotton, that is the material of [P1].",
        "[P1] has cotton as its material.",
        "[P1] comes with colour grey.",
        "the colour? grey, for [P1].",
        "[P2] is a power drill.",
        "[P1] is modern, and its colour is grey.",
        "[P1] is a modern one in cotton, whatever the room.",
        "is the room of [P1] the kitchen?",
    ],
)
def test_a_value_in_its_own_field_stays(text: str) -> None:
    assert check(text, grounds()) == (text, [])


@pytest.mark.parametrize(
    ("text", "said", "why"),
    [
        ("the catalogue gives cotton as the room of [P1].", "cotton", "it is no room"),
        ("it says modern, for the room of [P1].", "modern", "it is no room"),
        ("the room of [P1]: grey.", "grey", "it is no room"),
        ("[P1]: its style is cotton.", "cotton", "its style is modern"),
        ("the colour? navy, for [P1].", "navy", "its colour is grey"),
        ("[P1] comes with colour red.", "red", "its colour is grey"),
    ],
)
def test_a_value_of_another_field_goes(text: str, said: str, why: str) -> None:
    left, (claim,) = check(text, grounds())
    assert said not in left
    assert (claim.text, claim.product, claim.why) == (said, "P1", why)


def test_a_price_is_no_rating() -> None:
    said = "[P1], then. it is rated 24.90."
    left, (claim,) = check(said, grounds())
    assert left == "[P1], then." and claim.why == "its rating is 3.9"
    assert check("[P1], then. it is rated 3.9.", grounds())[1] == []
