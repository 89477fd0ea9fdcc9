"""Which product of a list a shopper means: by place from either end, by price, by what its line says."""

from __future__ import annotations

import random

import pytest

from shelftalk.agent.decoding.pointing import listed, pointed, titles
from shelftalk.evals.simulation.shelves import random_shelf
from shelftalk.evals.simulation.shopper import simulate
from shelftalk.evals.simulation.wordings import Split

SHOWN = """4 found
[P5] Dotted yellow handbag, handbag, $21.10
[P6] Striped yellow clutch by Kestrel & Pine, handbag, $30
[P7] Nalstap dotted brown suitcase, suitcase, $26.54, sold out
[P8] Striped handbag, handbag, $1,299"""


def meant(said: str, shown: str = SHOWN) -> str:
    return " ".join(pointed(said, listed(shown), titles(shown)))


@pytest.mark.parametrize(
    ("said", "product"),
    [
        ("tell me about the second", "P6"),
        ("item 4 is navy, isn't it", "P8"),
        ("the last one", "P8"),
        ("what about the bottom one", "P8"),
        ("the one at the top is lovely", "P5"),
        ("is the second to last one waterproof", "P7"),
        ("the one before last", "P7"),
        ("i hate the last but one", "P7"),
        ("the third from the end", "P6"),
        ("more like the $30 one", "P6"),
        ("the 30 dollar one", "P6"),
        ("the one that costs 1,299", "P8"),
        ("the one for $26.54", "P7"),
        ("the dotted yellow one", "P5"),
        ("the one in brown", "P7"),
        ("the one from kestrel & pine", "P6"),
        ("what is the colour of the brown suitcase", "P7"),
    ],
)
def test_one_product_is_told_from_the_others(said: str, product: str) -> None:
    assert meant(said) == product


@pytest.mark.parametrize(
    ("said", "products"),
    [
        ("which of the last two", "P7 P8"),
        ("compare the first two", "P5 P6"),
        ("number 1 and 3", "P5 P7"),
        ("the second one or the last", "P6 P8"),
    ],
)
def test_several_are_pointed_at_at_once(said: str, products: str) -> None:
    assert meant(said) == products


def test_both_are_the_two_that_are_shown() -> None:
    two = "\n".join(SHOWN.splitlines()[:3])
    assert meant("which of the two is better", two) == "P5 P6"
    assert meant("which of the two is better") == ""


def test_the_middle_is_one_of_three_and_not_of_four() -> None:
    assert meant("the one in the middle", "\n".join(SHOWN.splitlines()[:4])) == "P6"
    assert meant("the one in the middle") == ""


@pytest.mark.parametrize(
    "said",
    [
        "the striped one",
        "the $99 one",
        "is it 2 or 3 cm wide",
        "something between 1.5 and 2",
        "the red dress",
    ],
)
def test_what_tells_no_single_product_points_at_none(said: str) -> None:
    assert meant(said) == ""


@pytest.mark.parametrize("split", ["train", "test"])
def test_simulated_shoppers_point_at_what_they_mean(split: Split) -> None:
    told = 0
    for seed in range(60):
        shown = ""
        for turn in simulate(f"point {seed}", random_shelf(random.Random(seed)), split).turns:
            for step in turn.steps:
                product = step.arguments.get("product")
                if product and shown and (found := meant(turn.user.partition(" [")[0], shown)):
                    assert found == product, (turn.user, shown)
                    told += 1
                shown = step.result if listed(step.result) else shown
    assert told > 20
