"""The conversation as a caller sees it: a scripted model, a real store, real session files."""

from __future__ import annotations

import base64
import io
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shelftalk.agent.loop import Agent
from shelftalk.agent.message import MAX_CHARACTERS, Message
from shelftalk.agent.present import Presenter, harmless, present
from shelftalk.agent.reply import Done, Found, Reply, ToolCalled, Words
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop, small_catalogue
from shelftalk.tools.errors import BackboneError, PictureError, SessionError, UsageError
from shelftalk.tools.shop import Shop

RED = Image.new("RGB", (24, 24), (210, 30, 40))
BLUE = Image.new("RGB", (24, 24), (30, 60, 200))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    hostile = small_catalogue()[0].model_copy(
        update={"id": "hostile", "title": "Red \x1b[31mvase\x07 [P1] [bold]", "category": "vase"}
    )
    shop = make_small_shop(tmp_path_factory.mktemp("agent") / "store", [*small_catalogue(), hostile])
    yield shop
    shop.store.close()


Make = Callable[..., tuple[Agent, ScriptedModel]]


@pytest.fixture
def make(shop: Shop, tmp_path: Path) -> Iterator[Make]:
    agents: list[Agent] = []

    def make(*replies: Any, **more: Any) -> tuple[Agent, ScriptedModel]:
        model = ScriptedModel(replies=replies)
        agents.append(Agent(shop, model, tmp_path / "sessions", **more))
        return agents[-1], model

    yield make
    for agent in agents:
        agent.close()


def test_a_turn_streams_calls_hits_and_words_with_the_catalogues_names(make: Make) -> None:
    agent, _ = make(call("search", query="dress", category="dress", max_price=45), "try [P1] or [P99] today.")
    events = list(agent.stream(None, Message.of("a dress under 45")))
    assert [type(e) for e in events[:2]] == [ToolCalled, Found]
    found = events[1]
    assert isinstance(found, Found) and [s.handle for s in found.hits] == ["P1", "P2"]
    title = found.hits[0].hit.product.title
    done = events[-1]
    assert isinstance(done, Done)
    words = [e for e in events if isinstance(e, Words)]
    assert "".join(w.text for w in words) == done.reply.text
    assert [w.handle for w in words if w.handle] == ["P1"]
    assert done.reply.text.startswith(f"Try {title} ($4") and "P99" not in done.reply.text
    assert done.reply.unknown_handles == ["P99"]
    assert done.reply.raw == "try [P1] or [P99] today."
    plain = done.reply.as_dict()
    assert plain["products"][0]["parts"] and plain["tool_calls"][0]["arguments"]["max_price"] == 45


def test_the_library_is_five_lines(make: Make) -> None:
    agent, _ = make("hello.", "again.")
    assert agent.ask("hi").text == "Hello."
    agent.ask("and")
    assert [turn.text for turn in agent.history()] == ["hi", "and"]


def test_what_the_model_sees_of_a_turn(make: Make) -> None:
    agent, model = make(call("search", query="boots", image="img1"), "[P1].", "ok.")
    agent.ask("red boots like this", [RED])
    agent.call(None, "remember", likes=["P1"], budget=80)
    agent.ask("cheaper")
    first, second = model.seen[0], model.seen[-1]
    assert first[0].type == "system" and "category, colour" in str(first[0].content)
    words, picture = first[1].content
    assert words["text"].startswith(
        "red boots like this (img1: <image>) [catalogue: colour: red; category: boot"
    )
    assert picture["mime_type"] == "image/png"
    assert Image.open(io.BytesIO(base64.b64decode(picture["base64"]))).getpixel((0, 0)) == (210, 30, 40)
    assert "[so far: query: boots; image: img1; liked: P1; budget: 80]" in str(second[-1].content)


def test_only_the_newest_pictures_and_turns_go_to_the_model(make: Make) -> None:
    agent, model = make(*["ok."] * 16)
    for number in range(16):
        agent.ask(f"number {number}", [RED if number % 2 else BLUE] if number < 5 else [])
    shoppers = [message for message in model.seen[4] if message.type == "human"]
    with_blocks = [m for m in shoppers if isinstance(m.content, list)]
    assert [m.content[0]["text"][:8] for m in with_blocks] == ["number 3", "number 4"]  # type: ignore[index]
    assert all("<image>" not in m.content for m in shoppers[:3])
    assert "(img1)" in str(shoppers[0].content)
    turns = [[str(m.content) for m in seen if m.type == "human"] for seen in model.seen]
    assert all(6 <= len(seen) <= 12 for seen in turns[5:])
    assert turns[-1][-1].startswith("number 15")
    # What goes, goes at once: most prompts begin as the one before did.
    assert len({seen[0] for seen in turns[5:]}) == 2


def test_two_calls_in_one_message_both_count_in_their_order(make: Make) -> None:
    both = [
        call("search", query="red", category="boot", n=2),
        call("search", query="lamp", category="lamp", n=2),
    ]
    agent, _ = make(both, "there.")
    reply = agent.ask("boots and a lamp")
    assert [s.handle for s in reply.products] == ["P1", "P2", "P3", "P4"]
    assert [s.hit.product.category for s in reply.products] == ["boot", "boot", "lamp", "lamp"]
    assert agent.visit().state.shown == [s.hit.product.id for s in reply.products]
    assert agent.visit().state.last_search["category"] == "lamp"


def test_a_tools_error_goes_to_the_model_which_may_try_again(make: Make) -> None:
    agent, model = make(
        call("search", query="x", category="spaceship"),
        call("search", query="x", max_price="cheap"),
        call("search", colour="red"),
        call("search", query=None, category="lamp", where=None),
        "[P1].",
    )
    reply = agent.ask("a lamp", session="errors")
    errors = [m for m in model.seen[-1] if m.type == "tool" and m.status == "error"]
    assert len(errors) == 3 and "spaceship" in errors[0].text and "max_price" in errors[1].text
    assert "colour" in errors[2].text and "where" in errors[2].text
    assert reply.products and len(reply.tool_calls) == 4


@pytest.mark.parametrize("cap", [1, 4])
def test_calls_are_capped_and_an_answer_is_made_all_the_same(make: Make, cap: int) -> None:
    agent, model = make(*[call("search", query="lamp")] * 20, max_tool_calls=cap)
    reply = agent.ask("a lamp")
    assert len(reply.tool_calls) == cap and len(model.seen) == cap + 1
    assert model.choices[-1] == "none" and model.choices[:-1] == [None] * cap
    assert reply.text.startswith("Here is what I found: ") and "$" in reply.text


def test_more_calls_in_one_message_than_allowed_are_refused_one_by_one(make: Make) -> None:
    agent, _ = make([call("search", query="lamp")] * 9, "done.", max_tool_calls=2)
    reply = agent.ask("a lamp")
    assert len(reply.tool_calls) == 2 and reply.text == "Done."


def test_a_call_of_no_tool_and_silence_do_not_break_a_turn(make: Make) -> None:
    agent, _ = make(call("buy", product="P1"), "")
    assert agent.ask("buy it").text == "I have no answer to that. Could you put it another way?"


def test_a_failed_turn_is_not_kept_and_the_session_goes_on(make: Make) -> None:
    agent, _ = make("first.", call("search", query="lamp"), RuntimeError("the server is gone"), "third.")
    agent.ask("one")
    with pytest.raises(BackboneError, match="the server is gone"):
        agent.ask("two")
    assert [turn.text for turn in agent.history()] == ["one"] and agent.visit().state.shown == []
    agent.ask("three")
    assert [turn.answer for turn in agent.history()] == ["First.", "Third."]


def test_leaving_the_stream_stops_the_answer_and_keeps_what_was_said(make: Make) -> None:
    gone = threading.Event()
    agent, model = make(call("search", query="lamp"), "one two three four", "after.")
    model.pause = lambda: gone.wait(10)
    events = agent.stream(None, Message.of("a lamp"))
    for event in events:
        if isinstance(event, Words):
            break
    events.close()  # type: ignore[attr-defined]
    gone.set()
    history = agent.history()  # waits for the turn
    assert history[0].answer in ("One", "One two") and agent.visit().state.shown
    model.pause = None
    assert agent.ask("go on").text == "After."


def test_a_stop_before_anything_was_said_leaves_no_turn(make: Make) -> None:
    go = threading.Event()

    def slow(_messages: Any) -> str:
        go.wait(10)
        return "too late."

    agent, _ = make("first.", slow)
    agent.ask("one")
    events = agent.stream(None, Message.of("two"))
    waiting = threading.Thread(target=lambda: next(events, None))
    waiting.start()
    while len(agent.backbone.seen) < 2:  # type: ignore[attr-defined]
        pass
    threading.Timer(0.1, go.set).start()
    waiting.join()
    events.close()  # type: ignore[attr-defined]
    # The word that was first may have come before the stop was seen; nothing else may.
    assert [turn.text for turn in agent.history()] in (["one"], ["one", "two"])


def test_undo_takes_back_a_whole_turn_with_all_it_changed(make: Make) -> None:
    agent, _ = make(
        call("search", query="lamp"), "[P1].", call("search", query="boot"), "[P5].", "once more."
    )
    agent.ask("a lamp")
    agent.call(None, "remember", likes=["P1"])
    before = agent.visit().state
    agent.ask("boots", [RED])
    assert agent.visit().state.pictures
    assert agent.undo() == "boots"
    assert agent.visit().state == before
    assert agent.undo() == "a lamp"
    assert agent.history() == [] and agent.visit().state.shown == []
    with pytest.raises(UsageError, match="nothing to undo"):
        agent.undo()
    assert agent.ask("hello").text == "Once more."


def test_likes_and_hidden_products_outlive_the_turn(make: Make) -> None:
    agent, _ = make(call("search", category="lamp"), "[P1].", call("search", category="lamp"), "[P2].")
    first = agent.ask("lamps").products[0].hit.product
    assert agent.hide(None, "P1") == first.title
    again = agent.ask("lamps").products
    assert again and first.id not in [s.hit.product.id for s in again]


def test_hostile_text_is_only_text(make: Make) -> None:
    agent, _ = make(call("search", category="vase"), "\x1b]0;owned\x07take [P1]! [bold]now[/bold]")
    reply = agent.ask("a vase")
    assert reply.text == "Take Red vase [P1] [bold] ($40)! [bold]now[/bold]"


def test_a_session_of_another_shop_is_refused(make: Make, shop: Shop, tmp_path: Path) -> None:
    agent, _ = make("hi.")
    agent.ask("hello", session="here")
    agent.close()
    other = make_small_shop(tmp_path / "other")
    elsewhere = Agent(other, ScriptedModel(replies=["hi."]), tmp_path / "sessions")
    try:
        with pytest.raises(SessionError, match="--store"):
            elsewhere.ask("hello", session="here")
    finally:
        elsewhere.close()
        other.store.close()


# Messages.


def test_a_message_is_checked_once_at_the_edge(make: Make, tmp_path: Path) -> None:
    agent, model = make("ok.")
    with pytest.raises(UsageError, match=r"100,000 characters; at most 4,000"):
        agent.ask("x" * 100_000)
    with pytest.raises(UsageError, match="empty"):
        agent.ask(" \n ")
    with pytest.raises(UsageError, match="at most 4"):
        agent.ask("see", [RED] * 5)
    with pytest.raises(PictureError):
        agent.ask("see", [tmp_path / "missing.png"])
    with pytest.raises(PictureError):
        agent.ask("see", [b"not a picture"])
    assert model.seen == [] and agent.history() == []
    assert len(Message.of("y" * MAX_CHARACTERS).text) == MAX_CHARACTERS
    assert agent.ask("", [RED]).text == "Ok."


# What is shown.


def name_of(handle: str) -> str | None:
    return f"Product {handle[1:]}" if 1 <= int(handle[1:]) <= 9 else None


@given(
    st.lists(
        st.sampled_from(["[P1]", "[P", "]", "12", "[", "P3]", " ", "a", ".", "[p2]", "[ P4 ]", "[P77]"])
    ),
    st.lists(st.integers(1, 5)),
)
def test_chunks_make_no_difference(parts: list[str], sizes: list[int]) -> None:
    text = "".join(parts)
    presenter = Presenter(name_of)
    shown, at = "", 0
    for size in [*sizes, len(text)]:
        shown += "".join(piece.text for piece in presenter.feed(text[at : at + size]))
        at += size
    shown += "".join(piece.text for piece in presenter.finish())
    assert shown == present(text, name_of)


def test_handles_become_names_and_sentences_start_with_a_capital() -> None:
    assert present("the [P1] is nice. [p2]? yes! it costs 3.5 in all", name_of) == (
        "The Product 1 is nice. Product 2? Yes! It costs 3.5 in all"
    )


@given(st.text())
def test_no_control_character_is_left(text: str) -> None:
    left = harmless(text + "\x1b[2J\x1b]8;;http://x\x1b\\\x9b31m\u202e")
    assert all(c == "\n" or (c >= " " and not "\x7f" <= c <= "\x9f") for c in left)
    assert "[2J" not in left[len(text) :] and "http" not in left[len(text) :]


def test_help_does_not_wait_for_langchain() -> None:
    import subprocess

    code = "import sys, shelftalk.agent.cli; print([m for m in ('langchain', 'torch') if m in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"


def test_replies_without_a_search_name_their_products(make: Make) -> None:
    agent, _ = make(call("search", category="lamp"), "[P1].", "i meant [P2].")
    agent.ask("lamps")
    reply: Reply = agent.ask("which?")
    assert [s.handle for s in reply.products] == ["P2"] and reply.products[0].hit.parts
