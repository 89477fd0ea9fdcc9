"""A thing that the shop does not have is said to be missing, and none that it has."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from shelftalk.agent.checked import check
from shelftalk.agent.claims import Lexicon
from shelftalk.agent.grounding import Grounds
from shelftalk.tools.missing import missing
from shelftalk.tools.product import Product
from shelftalk.tools.shop import Shop
from shelftalk.tools.store import Store
from shelftalk.tools.toolbox.search import search
from shelftalk.tools.visit import Visit

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder

PRODUCTS = [
    Product(id="1", title="White cotton shirt", category="shirt", price=30, attributes={"colour": "white"}),
    Product(id="2", title="Oak table", description="Room for ten plates.", category="table", price=200),
    Product(id="3", title="Red chair", category="chair", price=80, attributes={"colour": "red"}),
    Product(id="4", title="Wool pullover", category="knitwear", price=60, attributes={"colour": "white"}),
    Product(id="5", title="Mug in blue", category="mug", price=9, attributes={"colour": "blue"}),
    Product(id="6", title="Case for a phone", category="accessory", price=9),
]


def open_shop(folder: Path, products: list[Product], encoder: Any) -> Shop:
    with Store.open(folder, encoder, create=True) as store:
        texts = [f"{p.title} {p.category} {' '.join(p.attributes.values())}" for p in products]
        store.put(products, encoder.words(texts), encoder.phrases(texts))
        store.finish()
    return Shop(Store.open(folder, encoder), encoder)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    opened = open_shop(tmp_path_factory.mktemp("shop") / "store", PRODUCTS, BagEncoder())
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("new plates", "plates"),  # a description that names them is no plate
        ("i need new plates, ideally white", "plates"),
        ("looking for a set of plates", "plates"),
        ("Frying pans", "frying pans"),
        ("bike helmets in green", "bike helmets"),
        ("plates and bowls", "plates"),
        ("guitar for a beginner", "guitar"),
        ("knives", "knives"),
    ],
)
def test_what_no_product_is_called_is_missing(shop: Shop, query: str, word: str) -> None:
    assert missing(shop, query) == word


@pytest.mark.parametrize(
    "query",
    [
        "",
        "shirts",
        "jumper",  # it has a pullover
        "armchair",  # it has chairs
        "teacup",  # and mugs
        "dining tables",
        "comfy",
        "gift for a wedding",
        "furniture",
        "bedding",
        "footwear",
        "something white for my wife",
        "zorb",  # of a word that nobody knows nothing is said
        "mug for tea",
        "a shirt and plates",  # something of it is there
        "table with a vase",
        "gift for a guitar player",
        "phone holder",  # titles say phone
        "plaets",
    ],
)
def test_what_may_be_there_is_not_denied(shop: Shop, query: str) -> None:
    assert missing(shop, query) == ""


def test_the_search_says_first_what_is_missing(shop: Shop) -> None:
    visit = Visit(shop)
    result = search(visit, "new plates", n=3)
    assert result.text.startswith("no plates; 3 nearest\n[P1] ") and result.missing == "plates"
    result = search(visit, "plates", where={"colour": "white"})
    assert result.text.startswith("no plates; 2 nearest\n")
    result = search(visit, "plates", max_price=1)
    assert (result.text, result.instead) == ("0 found; no plates", [])
    # Beside a kind that there is, a word may only tell more of it.
    result = search(visit, "plates", category="table")
    assert result.text.startswith("1 found\n") and not result.missing
    assert search(visit, "shirts", n=2).text.startswith("2 best matches\n")


def test_a_shop_in_another_language_is_denied_nothing(tmp_path: Path) -> None:
    kinds = ("Schüssel", "Hemd", "Stehlampe", "Kerzenständer")
    products = [Product(id=kind, title=f"{kind} in Blau", category=kind) for kind in kinds]
    opened = open_shop(tmp_path / "store", products, BagEncoder())
    assert missing(opened, "bowls") == ""
    opened.close()


def test_a_kind_that_means_nearly_the_same_is_not_denied(tmp_path: Path) -> None:
    from shelftalk.tools.encoder import load_encoder

    products = [Product(id=kind, title=f"Red {kind}", category=kind) for kind in ("dress", "sandal")]
    opened = open_shop(tmp_path / "store", products, load_encoder())
    assert missing(opened, "plates") == "plates"
    assert missing(opened, "wardrobe") == ""  # what one wears, perhaps
    opened.close()


@pytest.mark.parametrize(
    "said",
    [
        "No plates here, I'm afraid. The nearest is [P1], if that helps.",
        "Sorry, no plates. If another thing can do the job, [P1] is the nearest.",
        "The shop has no plates. Is there something else I can look for?",
        "No plates here, sorry, but for the shirts there is [P1].",
    ],
)
def test_saying_that_there_are_none_is_no_untrue_claim(shop: Shop, said: str) -> None:
    visit = Visit(shop)
    search(visit, "shirts", n=1)
    result = search(visit, "plates", n=2)
    grounds = Grounds(
        record=lambda handle: visit.product(handle),
        lexicon=Lexicon(shop.store.facets()),
        asked="i need plates",
        found=lambda: ["P1", "P2"],
        told=[result.text],
    )
    assert check(said, grounds) == (said, [])
