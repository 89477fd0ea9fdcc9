"""People's own requests: read in two halves, worded, asked of a model, and what it finds compared with the sentence."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.agent.decoding.seen import look
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.evals import real_words
from shelftalk.evals.real_captions import cleaned, worded
from shelftalk.evals.report import table, write_report
from shelftalk.evals.suites import requests as suite
from shelftalk.evals.titles_shop import titles_shop
from shelftalk.finetune.meant import head, meant, stems
from shelftalk.finetune.real_requests import real_dialogues
from shelftalk.finetune.real_wishes import content, kind_of
from shelftalk.prompts.dialect import render_call
from shelftalk.tools.errors import UsageError
from shelftalk.tools.opening import open_shop
from shelftalk.tools.shop import Shop

INSTRUCTIONS = [
    f"{lead} {colour} {noun} {rest}"
    for lead in ("i am looking for a", "i need a", "find me a", "im interested in a")
    for colour in ("red", "long lasting", "machine washable", "grey wool")
    for noun in ("rug", "sneaker", "perfume", "dress", "desk lamp", "backpack")
    for rest in ("that is easy to clean", "for my living room", "with a wide strap")
]
CAPTIONS = [
    f"is {a} with {b}" for a in ("darker", "more formal", "shinier") for b in ("longer sleeves", "a bow")
]
CAPTIONS += [
    f"{a} and {b}" for a in ("black", "sleeveless") for b in ("flowery", "much shorter", "less plain")
]
SAID = [
    f"{a}{b}"
    for a in ("thanks", "thank you", "ok thanks", "great, thanks")
    for b in (".", "!", " a lot", " bye")
]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a few requests of every kind, and a few titles."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "text").mkdir()

    def write(name: str, rows: list[dict[str, Any]]) -> None:
        pq.write_table(pa.Table.from_pylist(rows), folder / name)

    write(f"text/{real_words.INSTRUCTIONS}", [{"instruction": text} for text in INSTRUCTIONS])
    kinds = ("dress", "shirt", "toptee")
    more = [f"{caption} {number}" for caption in CAPTIONS for number in range(8)]
    write(
        f"text/{real_words.FASHION}",
        [{"category": kinds[n % 3], "captions": [text]} for n, text in enumerate(more)],
    )
    shoes = [
        {"reference": f"img_womens_boots_{n}.jpg", "caption": f"are {text}"} for n, text in enumerate(more)
    ]
    write(f"text/{real_words.SHOES}", shoes)
    turns = [{"speaker": "USER", "text": f"{said}", "acts": ["THANK_YOU"], "call": ""} for said in SAID]
    turns += [
        {"speaker": "USER", "text": t, "acts": ["AFFIRM"], "call": ""} for t in ("yes please", "sure", "ok")
    ]
    turns += [{"speaker": "SYSTEM", "text": "thanks", "acts": ["THANK_YOU"], "call": ""}]
    write(f"text/{real_words.DIALOGUES}", [{"turns": turns}])
    write(
        "fashion.parquet", [{"productDisplayName": f"{text} {n}"} for n, text in enumerate(INSTRUCTIONS[:40])]
    )
    return folder


@pytest.fixture(scope="module")
def demo(home: Path) -> Iterator[Shop]:
    shop = open_shop()
    yield shop
    shop.close()


def test_every_text_is_in_one_half_and_a_tenth_is_held_back(data: Path) -> None:
    train, test = (real_words.instructions(data, split) for split in ("train", "test"))
    assert not set(train) & set(test)
    assert len(train) + len(test) == len(INSTRUCTIONS)
    assert 0 < len(test) < len(INSTRUCTIONS) / 4


def test_a_folder_without_requests_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="webshop_instructions"):
        real_words.instructions(tmp_path, "test")
    with pytest.raises(UsageError, match="--data"):
        suite.run(ScriptedModel(replies=[]), 1)


@pytest.mark.parametrize(
    ("text", "field", "value", "right"),
    [
        ("i need a grey wool rug for my living room", "category", "rug", True),
        ("i need a rug cleaner", "category", "rug", False),
        ("i need a case for my phone", "category", "phone", False),
        ("a pair of jeans that last", "category", "jeans", True),
        ("a low sodium, sugar free coffee", "category", "sodium", False),
        ("shoes made of leather", "material", "leather", True),
        ("shoes of faux leather", "material", "leather", False),
        ("a boot with a rubber sole", "material", "rubber", False),
        ("face cream for dry skin", "colour", "cream", False),
        ("a cream colored chair", "colour", "cream", True),
        ("a chair that is not red", "colour", "red", False),
        ("jeans in a slim fit", "fit", "slim", True),
        ("a slim wallet", "fit", "slim", False),
    ],
)
def test_a_value_is_meant_only_where_its_neighbours_leave_no_doubt(
    text: str, field: str, value: str, right: bool
) -> None:
    assert meant(stems(text), field, value) is right


def test_a_request_is_about_its_noun() -> None:
    assert kind_of("i want a long lasting women's perfume, and price lower than 50 dollars") == "perfume"
    assert kind_of("i need a pair of knee high boots that are black") == "boot"
    assert kind_of("find me something gluten free") == ""


@given(st.text(max_size=80))
def test_a_head_lies_within_its_sentence(text: str) -> None:
    said = stems(text)
    start, end = head(said)
    assert 0 <= start <= end <= len(said)


@given(st.text(max_size=80))
def test_the_words_of_a_query_are_said_each_once(text: str) -> None:
    words = content(text)
    assert len(set(words)) == len(words)
    assert all(word in text.lower() for word in words)


def test_captions_are_said_of_a_product_or_left_out() -> None:
    assert cleaned("The dress is red with stripes.") == "is red with stripes"
    assert cleaned("is identical to the provided image") == ""
    rng = random.Random(0)
    for split in ("train", "test"):
        said = worded(rng, "is darker with a bow", "the second one", split)
        assert "the second one" in said
        assert "is darker with a bow" in said
    assert "like it" in worded(rng, "darker", "it", "train") or "to it" in worded(
        rng, "darker", "it", "train"
    )


def test_training_dialogues_are_the_same_for_a_seed_and_made_of_what_was_said(data: Path) -> None:
    first, again = (list(islice(real_dialogues(data, 3), 60)) for _ in range(2))
    assert first == again
    held_back = set(real_words.instructions(data, "test"))
    kinds = {turn.kind for dialogue in first for turn in dialogue.turns}
    assert {"search", "similar", "talk"} <= kinds
    for dialogue in first:
        for turn in dialogue.turns:
            assert not any(text in turn.user.lower() for text in held_back)
            assert turn.reply
            words = set(look([{"role": "user", "content": turn.user}]).newest.words)
            for step in turn.steps:
                assert render_call(step.name, step.arguments, turn.so_far)
                if step.name == "similar" or (step.name == "search" and not turn.so_far):
                    assert set(step.arguments.get("query", "").split()) <= words


def whole_sentence(messages: list[Any]) -> dict[str, Any]:
    """Call what finds all that the sentence finds: the sentence itself, of the product that it points at."""
    text = str(messages[-1].content).partition(" [")[0]
    for number, place in enumerate(suite.PLACES, 1):
        if place in text:
            return call("similar", product=f"P{number}", query=" ".join(text.split()[-6:]))
    words, _, price = text.partition(", and price lower than ")
    bound = {"max_price": float(price.split()[0])} if price else {}
    return call("search", query=words, **bound)


def test_the_sentence_itself_finds_all_that_it_finds(data: Path, demo: Shop, tmp_path: Path) -> None:
    answers = suite.run(ScriptedModel(replies=[whole_sentence], cycle=True), 8, data=data)
    assert {a.shop for a in answers} == {"demo shop", "titles"}
    assert {a.source for a in answers} == {"instructions", "fashion-iq", "shoes"}
    asked = [a for a in answers if a.source == "instructions"]
    assert all(a.same == a.query == 1.0 and abs(a.near - 1) < 1e-5 for a in asked)
    assert all(a.price_right for a in asked if a.price is not None)
    assert not any(a.invented for a in answers)
    summary = suite.summarise(answers)
    assert summary["instructions, demo shop"]["same"] == 1.0
    assert summary["shoes, titles"]["right tool"] == 1.0
    assert "price" not in summary["shoes, titles"]
    assert table(summary).row_count == 6
    write_report(tmp_path / "report.json", "requests", {"seed": 0}, summary, answers)  # type: ignore[arg-type]
    assert json.loads((tmp_path / "report.json").read_text())["summary"] == summary


def test_words_alone_and_words_never_said_are_counted(data: Path) -> None:
    model = ScriptedModel(replies=["what do you mean?", call("search", query="purple elephant")], cycle=True)
    answers = suite.run(model, 4, data=data)
    silent, other = answers[0], answers[1]
    assert (silent.tool, silent.same, silent.near) == ("", 0.0, 0.0)
    assert other.invented == 2
    row = suite.summarise(answers)["instructions, demo shop"]
    assert row["calls"] == 0.5
    assert row["no new words"] == 0.5


def test_a_shop_of_titles_holds_some_of_each_file_with_prices(data: Path, demo: Shop, tmp_path: Path) -> None:
    with titles_shop(data, demo.encoder, each=10) as shop:
        assert shop is not None
        assert len(shop.store) == 10
        assert all(product.price for product in shop.store.get(shop.store.ids()))
    with titles_shop(tmp_path, demo.encoder) as none:
        assert none is None
