"""Training rows from what people did: interactions, chat logs, thumbs; and what is said where those cannot be used."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from contracts.tuning_shop import shown, write_catalogue
from hypothesis import given, settings
from hypothesis import strategies as st

from shelftalk.agent.loop import Agent
from shelftalk.agent.repl.commands import run_command
from shelftalk.agent.repl.loop import Chat
from shelftalk.agent.repl.screen import Screen
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop, small_catalogue
from shelftalk.agent.sessions import Sessions
from shelftalk.agent.thumbs import thumbs
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.finetune.tuning.interaction_rows import pseudonym, read_events
from shelftalk.finetune.tuning.make_data import Made, make_data, opened_goods
from shelftalk.finetune.tuning.open_data import open_data
from shelftalk.finetune.tuning.splitting import side_of, split_products
from shelftalk.prompts import system
from shelftalk.tools.errors import UsageError
from shelftalk.tools.product import Product
from shelftalk.tools.shop import Shop


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_catalogue(tmp_path_factory.mktemp("catalogue"))


@pytest.fixture(scope="module")
def goods(catalogue: Path) -> Iterator[Goods]:
    with opened_goods(None, catalogue) as (goods, _):
        yield goods


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


def test_several_calls_of_one_message_come_one_by_one(goods: Goods, tmp_path: Path) -> None:
    both = tool_call("search", category="rug")
    both["tool_calls"].append({**both["tool_calls"][0], "id": "b"})
    results = [{"role": "tool", "tool_call_id": id_, "content": f"0 found {id_}"} for id_ in "ba"]
    last = {"role": "assistant", "content": "Nothing."}
    made = from_chats(goods, tmp_path, chat(goods, {"role": "user", "content": "rugs"}, both, *results, last))
    messages = made.rows["train"][0].messages[5:]
    assert [(m.role, m.learn) for m in messages] == [
        ("user", False), ("assistant", True), ("tool", False),
        ("assistant", True), ("tool", False), ("assistant", True),
    ]  # fmt: skip
    assert [m.content for m in messages if m.role == "tool"] == ["0 found a", "0 found b"]


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
