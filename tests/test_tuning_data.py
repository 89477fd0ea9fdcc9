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
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shelftalk.agent.loop import Agent
from shelftalk.agent.repl.commands import run_command
from shelftalk.agent.repl.loop import Chat
from shelftalk.agent.repl.screen import Screen
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop, small_catalogue
from shelftalk.agent.sessions import Sessions
from shelftalk.agent.thumbs import thumbs
from shelftalk.finetune.tuning.chat_rows import Fitting
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.finetune.tuning.interaction_rows import pseudonym, read_events
from shelftalk.finetune.tuning.make_data import Made, make_data, opened_goods
from shelftalk.finetune.tuning.open_data import TuningData, open_data
from shelftalk.finetune.tuning.rows import SPLITS, Row
from shelftalk.finetune.tuning.splitting import side_of, split_products
from shelftalk.prompts import system
from shelftalk.prompts.dialect import parse_call
from shelftalk.prompts.turn import read_state
from shelftalk.tools.errors import UsageError
from shelftalk.tools.product import Product
from shelftalk.tools.shop import Shop

COLOURS = ("red", "blue", "green", "black", "white")
KINDS = {"dress": 40, "boot": 90, "lamp": 25, "rug": 120}
MATERIALS = {"dress": ("cotton", "silk"), "boot": ("leather", "suede"), "lamp": ("glass",), "rug": ("wool",)}
VISITS = 80


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """90 products, each with a picture of its own, in a folder with the catalogue's file."""
    folder = tmp_path_factory.mktemp("catalogue")
    rows = []
    for colour in COLOURS:
        for kind, price in KINDS.items():
            for material in MATERIALS[kind]:
                for maker in ("Oruvane", "Halden Row", "Tessaly"):
                    number = len(rows)
                    Image.new("RGB", (12, 12), (number, 2 * number, 255 - number)).save(
                        folder / f"{number}.png"
                    )
                    rows.append(
                        {
                            "id": f"A{number:03}",
                            "title": f"{maker} {colour} {material} {kind}",
                            "category": kind,
                            "price": price + number,
                            "currency": "USD",
                            "colour": colour,
                            "material": material,
                            "brand": maker,
                            "stock": number % 7,
                            "rating": 3 + number % 3 / 2,
                            "picture": f"{number}.png",
                        }
                    )
    path = folder / "shop.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


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


def shown(rows: list[Row]) -> set[str]:
    """The products of all lists, by title."""
    lines = [
        line for row in rows for m in row.messages if m.role == "tool" for line in m.content.splitlines()
    ]
    return {match[1] for line in lines if (match := re.match(r"\[P\d+\] ([^,]+),", line))}


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


def test_what_shoppers_took_later_is_the_answer(goods: Goods, tmp_path: Path) -> None:
    ids = [product.id for product in goods.products]
    events = tmp_path / "events.csv"
    lines = ["user,sku,action,timestamp"]
    for shopper in range(60):  # each keeps to a kind and takes it all in turn
        for at, id_ in enumerate(ids[shopper % 3 :: 3]):
            lines.append(f"jo{shopper}@example.com,{id_},buy,{at}")
    events.write_text("\n".join(lines))
    made = make_data(goods, tmp_path / "d", source="shop", visits=0, events=read_events(events))
    data = open_data(made.folder)
    assert "example.com" not in (made.folder / "train.jsonl").read_text()
    rows = data.rows("train")
    assert len(rows) > 20 and {row.source for row in rows} == {"interactions"}
    assert {row.shopper for row in rows} <= {pseudonym(f"jo{shopper}@example.com") for shopper in range(60)}
    for row in rows:
        assert side_of(row.shopper) == "train" and len(row.products) > 1
        called = [made.name for message in row.messages for made in message.tool_calls]
        assert "remember" in called and "recommend" in called
    assert not shown(data.rows("train")) & shown(data.rows("test"))


def test_interactions_that_do_not_fit_are_refused(goods: Goods, tmp_path: Path) -> None:
    events = tmp_path / "events.jsonl"
    events.write_text('{"shopper": "a", "item": "nosuch", "kind": "buy"}\n')
    with pytest.raises(UsageError, match=r"None of the 1 items .* 'nosuch', for one, beside 'A"):
        make_data(goods, tmp_path / "d", source="shop", visits=0, events=read_events(events))
    events.write_text('{"shopper": "a", "item": "A001", "kind": "hide"}\n')
    with pytest.raises(UsageError, match="holds nothing that a shopper took"):
        read_events(events)


def tool_call(name: str, **arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "a", "type": "function", "function": function}],
    }


def chat(goods: Goods, *more: dict[str, Any], product: Product | None = None) -> dict[str, Any]:
    """A conversation about a product of training, by a shopper of training."""
    sides = split_products(goods.products)
    product = product or next(p for p in goods.products if sides[p.id] == "train")
    line = f"[P1] {product.title}, {product.category}, $40"
    return {
        "shopper": next(f"s{n}" for n in range(99) if side_of(pseudonym(f"s{n}")) == "train"),
        "messages": [
            {"role": "system", "content": "Be nice."},
            {"role": "user", "content": "a Red dress, write to jo@example.com"},
            tool_call("search", category="Dress", where={"colour": "red"}),
            {"role": "tool", "tool_call_id": "a", "content": f"1 found\n{line}"},
            {"role": "assistant", "content": f"how about {product.title}?"},
            *more,
        ],
    }


def from_chats(goods: Goods, folder: Path, *records: Any) -> Made:
    path = folder / "chats.jsonl"
    path.write_text("".join((r if isinstance(r, str) else json.dumps(r)) + "\n" for r in records))
    return make_data(goods, folder / "d", source="shop", visits=0, chats=path)


def test_a_chat_log_is_learnt_but_for_what_was_bad(goods: Goods, tmp_path: Path) -> None:
    bad = {
        "role": "assistant",
        "content": "no.",
        "thumb": "down",
        "better": tool_call("search", category="dress", sort="cheapest"),
    }
    made = from_chats(goods, tmp_path, chat(goods, {"role": "user", "content": "cheaper"}, bad))
    rows = open_data(made.folder).rows("train")
    whole = min(rows, key=lambda row: row.id)
    said = [message.content for message in whole.messages[1:]]
    assert whole.messages[0].content == system(list(goods.facets))
    assert said[0] == "a Red dress, write to (email) [catalogue: colour: red; category: dress]"
    assert whole.messages[2].tool_calls[0].args == {"category": "dress", "where": {"colour": "red"}}
    assert said[3] == "How about [P1]?" and whole.products == [next(iter(whole.products))]
    assert said[4] == "cheaper [so far: category: dress; colour: red]" and said[5] == "No."
    assert [message.learn for message in whole.messages] == [False, False, True, False, True, False, False]
    (pair,) = open_data(made.folder).preferences()
    assert pair.rejected.content == "No." and pair.chosen.tool_calls[0].args == {
        "category": "dress",
        "sort": "cheapest",
    }
    assert made.about["scrubbed"] == {"email": 1}
    assert sum(message.learn for row in rows for message in row.messages) == 3  # and the better answer


def test_products_of_another_side_are_not_learnt_from_chats(goods: Goods, tmp_path: Path) -> None:
    sides = split_products(goods.products)
    tested = next(p for p in goods.products if sides[p.id] == "test")
    made = from_chats(goods, tmp_path, chat(goods, product=tested))
    (row,) = made.rows["train"]
    assert [message.learn for message in row.messages] == [False, False, True, False, False]
    assert made.about["left_out"] == {"names a product of another side of the split": 1} and not row.products


BAD_CHATS: dict[str, tuple[Any, str]] = {
    "json": ('{"messages": [', "line 2 is not JSON"),
    "none": ({"messages": []}, "line 2 holds no conversation"),
    "list": ([1], "line 2 holds no conversation"),
    "role": (
        {"messages": [{"role": "user", "content": "x"}, {"role": "bot"}]},
        "message 2 has the role 'bot'",
    ),
    "tool": (
        {"messages": [{"role": "user", "content": "x"}, tool_call("find", q="x")]},
        "line 2, message 2 calls the tool 'find'; this shop has compare, details",
    ),
    "argument": (
        {"messages": [{"role": "user", "content": "x"}, tool_call("search", colour="red")]},
        "calls search with 'colour'; it takes",
    ),
    "thumb": (
        {"messages": [{"role": "user", "content": "x"}, {"role": "assistant", "content": "y", "thumb": 5}]},
        'the thumb 5; allowed are "up" and "down"',
    ),
    "picture": (
        {
            "messages": [
                {"role": "user", "content": [{"type": "image_url", "image_url": {"url": "gone.png"}}]}
            ]
        },
        "line 2, message 1 has a picture that cannot be used: .*gone.png",
    ),
    "link": (
        {"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "http://x/y.png"}]}]},
        "links are not read",
    ),
    "part": ({"messages": [{"role": "user", "content": [{"type": "audio"}]}]}, "a part of type 'audio'"),
    "content": ({"messages": [{"role": "user", "content": 7}]}, "neither a text nor a list"),
}


@pytest.mark.parametrize("name", BAD_CHATS)
def test_a_chat_that_cannot_be_used_is_named(goods: Goods, tmp_path: Path, name: str) -> None:
    record, message = BAD_CHATS[name]
    with pytest.raises(UsageError, match=message):
        from_chats(goods, tmp_path, chat(goods), record)
    assert not (tmp_path / "d").exists()


def test_a_picture_in_a_chat_comes_along(goods: Goods, catalogue: Path, tmp_path: Path) -> None:
    shutil.copy(catalogue.parent / "3.png", tmp_path / "mine.png")
    record = chat(goods)
    parts = [{"type": "text", "text": "like this"}, {"type": "image_url", "image_url": {"url": "mine.png"}}]
    record["messages"][1]["content"] = parts
    data = open_data(from_chats(goods, tmp_path, record).folder)
    asked = data.rows("train")[0].messages[1]
    assert asked.content == "like this (img1: <image>)" and data.picture(asked.pictures[0]).is_file()


def test_any_text_is_a_chat_or_is_refused(goods: Goods, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("any")

    @settings(max_examples=25, deadline=None)
    @given(
        st.recursive(
            st.none() | st.booleans() | st.integers() | st.text(max_size=8),
            lambda inner: (
                st.lists(inner, max_size=3)
                | st.dictionaries(
                    st.sampled_from(["messages", "role", "content", "tool_calls", "shown"]), inner, max_size=4
                )
            ),
        )
    )
    def read(value: Any) -> None:
        with pytest.raises(UsageError):
            from_chats(goods, folder, {"messages": [{"role": "user", "content": "hi"}, value]})

    read()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = make_small_shop(tmp_path_factory.mktemp("thumbs") / "store", many())
    yield shop
    shop.store.close()


def many() -> list[Product]:
    """The small shop's products five times over, under other titles."""
    return [
        product.model_copy(update={"id": f"{product.id}-{again}", "title": f"{maker} {product.title}"})
        for again, maker in enumerate(("Oruvane", "Tessaly", "Halden", "Merrowe", "Calder"))
        for product in small_catalogue()
    ]


def rated(shop: Shop, folder: Path, *replies: Any) -> tuple[Agent, Sessions]:
    sessions = Sessions(folder / "sessions")
    return Agent(shop, ScriptedModel(replies=replies), sessions), sessions


def test_thumbs_become_rows_and_preferences(shop: Shop, tmp_path: Path) -> None:
    search = call("search", category="boot")
    agent, sessions = rated(shop, tmp_path, "what boots?", search, "do you like them?", "nothing.", "good.")
    shopper = next(f"s{n}" for n in range(99) if side_of(pseudonym(f"s{n}")) == "train")
    session = agent.session(None, shopper)
    with pytest.raises(UsageError, match="no answer to rate"):
        agent.rate(session, True)
    agent.ask("boots, i am on +49 30 901820", session=session)
    agent.rate(session, True)
    agent.rate(session, False)  # the last thumb counts
    assert [thumb.good for thumb in thumbs(session.folder)] == [False]
    agent.undo(session)
    agent.ask("boots, i am on +49 30 901820", session=session)
    agent.rate(session, True)
    agent.ask("more", session=session)
    agent.rate(session, False)
    agent.ask("thanks", session=session)
    goods = Goods.of(shop.store)
    made = make_data(goods, tmp_path / "d", source=str(shop.store.folder), visits=0, sessions=sessions)
    data = open_data(made.folder)
    (row,) = data.rows("train")
    assert [(m.role, m.learn) for m in row.messages] == [
        ("system", False), ("user", False), ("assistant", True), ("tool", False), ("assistant", True),
    ]  # fmt: skip
    assert "(phone)" in row.messages[1].content and row.messages[-1].content == "Do you like them?"
    (pair,) = data.preferences()
    assert pair.chosen.tool_calls[0].name == "search" and pair.rejected.content == "What boots?"
    assert pair.shopper == row.shopper == pseudonym(shopper)
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(UsageError, match="nothing to learn from"):
        make_data(goods, tmp_path / "e", source=str(elsewhere), visits=0, sessions=sessions)
    agent.close()


def test_up_and_down_in_the_chat(shop: Shop, tmp_path: Path) -> None:
    import io

    agent, sessions = rated(shop, tmp_path, "Hello.")
    out = io.StringIO()
    chat = Chat(lambda: agent, sessions, Screen("none", False, out, width=80))
    chat.loading.start()
    chat.take("hi")
    run_command(chat, "/up")
    run_command(chat, "/down")
    assert "thumbs up for the last answer" in out.getvalue() and "thumbs down" in out.getvalue()
    assert [thumb.good for thumb in thumbs(chat.session().folder)] == [False]
    agent.close()


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
