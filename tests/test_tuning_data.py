"""Training rows: what they teach, what is kept apart, and what is said where the data cannot be used."""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contracts.tuning_shop import shown, write_catalogue
from hypothesis import given, settings
from hypothesis import strategies as st

from shelftalk.finetune.tuning.chat_rows import Fitting
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.finetune.tuning.make_data import Made, make_data, opened_goods
from shelftalk.finetune.tuning.open_data import TuningData, open_data
from shelftalk.finetune.tuning.rows import SPLITS, Row
from shelftalk.finetune.tuning.splitting import split_products
from shelftalk.prompts import system
from shelftalk.prompts.dialect import parse_call
from shelftalk.prompts.turn import read_state
from shelftalk.tools.errors import UsageError
from shelftalk.tools.product import Product

VISITS = 80


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="module")
def goods(catalogue: Path) -> Iterator[Goods]:
    with opened_goods(None, catalogue) as (goods, _):
        yield goods


@pytest.fixture(scope="module")
def made(goods: Goods, tmp_path_factory: pytest.TempPathFactory) -> Made:
    return make_data(goods, tmp_path_factory.mktemp("made") / "data", source="shop", visits=VISITS)


@pytest.fixture(scope="module")
def data(made: Made) -> TuningData:
    return open_data(made.folder)


def all_rows(data: TuningData) -> list[Row]:
    return [row for split in SPLITS for row in data.rows(split)]


def test_visits_are_as_the_live_loop_has_them(data: TuningData, goods: Goods) -> None:
    assert [len(data.rows(split)) for split in SPLITS] == [64, 8, 8]
    fits = Fitting(data.tools)
    for row in all_rows(data):
        first, second = row.messages[:2]
        assert (
            first.role == "system" and first.content == system(list(goods.facets)) and second.role == "user"
        )
        for before, message in zip(row.messages, row.messages[1:], strict=False):
            assert message.learn is (message.role == "assistant")
            assert all(fits(made.name, made.args) for made in message.tool_calls)
            assert (message.role == "tool") is bool(before.tool_calls)
        assert row.messages[-1].content
        for name in [name for message in row.messages for name in message.pictures]:
            assert data.picture(name).is_file()
    assert any(message.pictures for row in data.rows("train") for message in row.messages)
    assert {"search", "remember", "recommend", "similar", "details"} <= {
        made.name for row in all_rows(data) for message in row.messages for made in message.tool_calls
    }


def test_what_the_embedded_model_writes_means_the_whole_search(data: TuningData) -> None:
    changes = 0
    for row in all_rows(data):
        state: dict[str, Any] = {}
        for message in row.messages:
            if message.role == "user":
                noted = re.search(r"\[so far: (.*)\]$", message.content)
                state = read_state(noted[1] if noted else "", data.tools)
            elif message.written:
                changes += "again" in message.written
                (made,) = message.tool_calls
                assert parse_call(message.written, data.tools, state) == (made.name, made.args)
    assert changes > 10


def test_the_same_seed_makes_the_same_rows(goods: Goods, data: TuningData, tmp_path: Path) -> None:
    again = make_data(goods, tmp_path / "again", source="shop", visits=VISITS)
    assert open_data(again.folder).digest == data.digest
    other = make_data(goods, tmp_path / "again", source="shop", visits=10, seed=1)
    assert open_data(other.folder).digest != data.digest and len(other.rows["train"]) == 8


def test_no_product_and_no_shopper_is_on_two_sides(data: TuningData) -> None:
    for key in ("products", "lists", "shoppers", "pictures"):
        seen: list[set[str]] = []
        for split in SPLITS:
            rows = data.rows(split)
            found = {
                "products": {id_ for row in rows for id_ in row.products},
                "lists": shown(rows),
                "shoppers": {row.shopper for row in rows},
                "pictures": {name for row in rows for message in row.messages for name in message.pictures},
            }[key]
            assert found and not any(found & others for others in seen)
            seen.append(found)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(80, 160))
def test_products_of_one_title_or_one_picture_are_on_one_side(seed: int, count: int) -> None:
    rng = random.Random(seed)
    products = [
        Product(
            id=f"p{at}",
            title=f"Title {rng.randrange(count)}" if at % 3 else "T-shirt",
            picture=rng.choice((None, "placeholder", str(rng.randrange(count)))),
        )
        for at in range(count)
    ]
    sides = split_products(products)
    assert set(sides) == {product.id for product in products} and set(sides.values()) == set(SPLITS)
    for one in products:
        for other in products:
            titled = one.title == other.title != "T-shirt"
            if titled or (one.picture and one.picture == other.picture != "placeholder"):
                assert sides[one.id] == sides[other.id]


@pytest.fixture
def copy(made: Made, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made.folder, tmp_path / "copy"))


def changed(path: Path, row: int, change: Callable[[dict[str, Any]], object]) -> None:
    """Change one row of a file, counted from 1."""
    lines = path.read_text().splitlines(keepends=True)
    record = json.loads(lines[row - 1])
    change(record)
    lines[row - 1] = json.dumps(record) + "\n"
    path.write_text("".join(lines))


def a_call(record: dict[str, Any]) -> dict[str, Any]:
    return next(made for message in record["messages"] for made in message.get("tool_calls", ()))


WRONG: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "picture": (
        lambda r: r["messages"][1].update(content="(img1: <image>)", pictures=["gone.png"]),
        r"train.jsonl, row 7 names picture gone.png, which is not in .*pictures",
    ),
    "path": (
        lambda r: r["messages"][1].update(content="(img1: <image>)", pictures=["../about.json"]),
        "row 7 names picture '../about.json'; a name",
    ),
    "places": (lambda r: r["messages"][1].update(content="<image> <image>"), "2 places for pictures"),
    "tool": (lambda r: a_call(r).update(name="find"), r"row 7, message \d+ calls the tool 'find'; .*search"),
    "argument": (lambda r: a_call(r).update(args={"colour": "red"}), "with 'colour'; it takes"),
    "learn": (lambda r: [m.pop("learn", None) for m in r["messages"]], "row 7 teaches nothing"),
    "role": (lambda r: r["messages"][1].update(role="shopper"), r"row 7: messages.1.role: Input should be"),
    "key": (lambda r: r.update(weight=2), "row 7: weight: Extra inputs"),
    "user": (lambda r: r["messages"][1].update(learn=True), "only the assistant's messages are learnt"),
    "nobody": (lambda r: r.update(messages=r["messages"][:1]), "nobody asks anything"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_row_that_cannot_be_used_is_named(copy: Path, name: str) -> None:
    change, message = WRONG[name]
    lines = (copy / "train.jsonl").read_text().splitlines()
    with_call = next(at for at, line in enumerate(lines) if "tool_calls" in line)
    lines[6], lines[with_call] = lines[with_call], lines[6]
    (copy / "train.jsonl").write_text("\n".join(lines) + "\n")
    changed(copy / "train.jsonl", 7, change)
    with pytest.raises(UsageError, match=message):
        open_data(copy)


def test_a_line_that_breaks_off_is_named(copy: Path) -> None:
    text = (copy / "test.jsonl").read_text()
    (copy / "test.jsonl").write_text(text[: len(text) // 2].rsplit("\n", 1)[0] + "\n" + text[-400:-200])
    with pytest.raises(UsageError, match=r"test.jsonl, row \d is not JSON.*breaks off"):
        open_data(copy)


def test_a_picture_that_is_none_is_named(copy: Path) -> None:
    next((copy / "pictures").iterdir()).write_bytes(b"no picture")
    with pytest.raises(UsageError, match=r"row .* names picture .*, which cannot be read"):
        open_data(copy)


def test_data_that_is_tested_with_what_it_taught_is_refused(copy: Path) -> None:
    taught = json.loads((copy / "train.jsonl").read_text().splitlines()[0])
    changed(copy / "test.jsonl", 2, lambda record: record.update(shopper=taught["shopper"]))
    with pytest.raises(UsageError, match=r"test.jsonl, row 2 has the shopper .*, as train.jsonl, row 1"):
        open_data(copy)


def test_missing_and_empty_data_say_how_to_make_some(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no training data at .*nowhere.* finetune data"):
        open_data(tmp_path / "nowhere")
    (copy / "train.jsonl").write_text("")
    with pytest.raises(UsageError, match="no rows: there is nothing to learn"):
        open_data(copy)
    (copy / "tools.json").unlink()
    with pytest.raises(UsageError, match=r"there is no tools.json in it"):
        open_data(copy)


def test_nothing_else_is_written_over(goods: Goods, tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "diary.txt").write_text("dear diary")
    with pytest.raises(UsageError, match="holds something that is no training data"):
        make_data(goods, tmp_path / "notes", source="shop", visits=5)
    assert [path.name for path in tmp_path.rglob("*")] == ["notes", "diary.txt"]


def test_the_command_makes_data_of_a_catalogue(
    catalogue: Path, tmp_path: Path, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    out = tmp_path / "data"
    code, said, _ = command_line("finetune", "data", "--catalogue", catalogue, "--out", out, "--visits", 20)
    assert code == 0 and said.count("\ntrain-visit-") == 3 and "16 simulated visits" in said
    assert f"shelftalk finetune lora --data {out}" in said and len(open_data(out).rows("train")) == 16
    for wrong, message in (
        (("--store", tmp_path / "none"), "no store at"),
        (("--store", tmp_path, "--catalogue", catalogue), "not both"),
        (("--catalogue", catalogue, "--sessions"), "Sessions were held in a store"),
        (("--catalogue", catalogue, "--chats", tmp_path / "none.jsonl"), "no file of chats"),
        (("--catalogue", catalogue, "--interactions", tmp_path / "none.csv"), "no file of events"),
    ):
        code, _, error = command_line("finetune", "data", "--out", out, "--visits", 10, *wrong)
        assert code in (2, 3) and message in error
    assert len(open_data(out).rows("train")) == 16  # what was there stays
