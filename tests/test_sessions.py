"""Conversations on disk: listed, resumed, killed, locked, damaged, out of space."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from shelftalk.agent.loop import Agent
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop
from shelftalk.agent.session import FILE
from shelftalk.agent.sessions import Sessions
from shelftalk.tools.errors import SessionError, UsageError
from shelftalk.tools.shop import Shop

RED = Image.new("RGB", (24, 24), (210, 30, 40))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = make_small_shop(tmp_path_factory.mktemp("sessions") / "store")
    yield shop
    shop.store.close()


def talk(shop: Shop, folder: Path, *replies: object) -> Agent:
    return Agent(shop, ScriptedModel(replies=replies), folder)


def test_the_list_says_first_words_turns_and_time(shop: Shop, tmp_path: Path) -> None:
    agent = talk(shop, tmp_path, "a.", "b.", "c.")
    agent.ask("a red dress for a wedding", session="one")
    agent.ask("shoes", session="two")
    agent.ask("in blue", session="one")
    agent.close()
    listed = Sessions(tmp_path).all()
    assert [(a.id, a.first_words, a.turns) for a in listed] == [
        ("one", "a red dress for a wedding", 2),
        ("two", "shoes", 1),
    ]
    assert listed[0].updated > listed[1].updated > listed[0].started


def test_words_pictures_and_likes_are_there_after_a_restart(shop: Shop, tmp_path: Path) -> None:
    first = talk(shop, tmp_path, call("search", image="img1"), "[P1].")
    first.ask("like this", [RED], session="trip")
    first.call("trip", "remember", likes=["P1"], size="M")
    before = first.visit("trip").state
    first.close()

    second = talk(shop, tmp_path, call("search", query="blue", image="img1"), "[P1].")
    session = second.sessions.latest()
    assert session.id == "trip" and second.visit(session).state == before
    assert second.history(session)[0].pictures == 1
    reply = second.ask("the same in blue", session=session)
    assert reply.tool_calls[0].arguments["image"] == "img1" and reply.products
    second.close()


def test_ids(shop: Shop, tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    for bad in ("../up", "", "a/b", ".", "-x", "x" * 65, "a b"):
        with pytest.raises(UsageError, match="not a session id"):
            sessions.open(bad, create=True)
    with pytest.raises(SessionError, match="no session to resume"):
        sessions.latest()
    agent = talk(shop, tmp_path, "a.")
    agent.ask("hello", session="20260101-abc")
    agent.close()
    with pytest.raises(SessionError, match="20260101-abc"):
        sessions.open("nothere")
    assert sessions.open("2026").id == "20260101-abc"
    sessions.close()


def test_a_session_in_which_nothing_was_said_leaves_nothing(tmp_path: Path) -> None:
    sessions = Sessions(tmp_path)
    sessions.new()
    sessions.close()
    assert list(tmp_path.iterdir()) == []


SCRIPT = """
import sys, time
from pathlib import Path
from PIL import Image
from shelftalk.agent.loop import Agent
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop
folder = Path(sys.argv[1])
replies = [call("search", category="lamp"), "take [P1].", call("search", category="boot"), "one two three"]
model = ScriptedModel(replies=replies)
agent = Agent(make_small_shop(folder / "store"), model, folder / "sessions")
agent.ask("a lamp", [Image.new("RGB", (9, 9), "red")], session="s")
agent.call("s", "remember", likes=["P1"])
def hang():
    print("now", flush=True)
    time.sleep(60)
model.pause = hang
agent.ask("boots", session="s")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL")
def test_kill_9_in_the_middle_of_a_turn_loses_only_that_turn(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline().strip() == "now"
    with pytest.raises(SessionError, match="open in another program"):
        Sessions(tmp_path / "sessions").open("s")
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    process.stdout.close()

    shop = make_small_shop(tmp_path / "store")
    agent = talk(shop, tmp_path / "sessions", call("search", image="img1"), "here: [P1].")
    session = agent.sessions.latest()
    assert [turn.answer[:5] for turn in agent.history(session)] == ["Take "]
    state = agent.visit(session).state
    assert state.likes == state.shown[:1] and len(state.pictures) == 1
    assert agent.ask("like my picture", session=session).products
    assert agent.sessions.all()[0].turns == 2
    agent.close()
    shop.store.close()


def test_a_damaged_file_is_named_and_others_still_open(shop: Shop, tmp_path: Path) -> None:
    agent = talk(shop, tmp_path, "a.", "b.", "c.")
    for name in ("good", "noise", "holes"):
        agent.ask("hello", session=name)
    agent.close()
    (tmp_path / "noise" / FILE).write_bytes(os.urandom(8192))
    with sqlite3.connect(tmp_path / "holes" / FILE) as connection:
        connection.execute("UPDATE checkpoints SET checkpoint = x'c1c1c1'")
    connection.close()
    (tmp_path / "good" / "about.json").write_text("{")

    agent = talk(shop, tmp_path, "again.")
    with pytest.raises(SessionError, match="damaged"):
        agent.ask("more", session="noise")
    with pytest.raises(SessionError, match="cannot be read"):
        agent.ask("more", session="holes")
    assert agent.ask("more", session="good").text == "Again."
    assert {about.id for about in agent.sessions.all()} == {"good", "noise", "holes"}
    agent.close()


def test_a_full_disk_loses_only_the_turn_that_did_not_fit(shop: Shop, tmp_path: Path) -> None:
    agent = talk(shop, tmp_path, "first.", "x" * 150_000, "third.")
    agent.ask("one", session="s")
    connection = agent.session("s").saver.conn
    pages = connection.execute("PRAGMA page_count").fetchone()[0]
    connection.execute(f"PRAGMA max_page_count = {pages}")
    with pytest.raises(SessionError, match=r"disk is full.*all earlier ones are"):
        agent.ask("two", session="s")
    assert [turn.text for turn in agent.history("s")] == ["one"]
    connection.execute("PRAGMA max_page_count = 1000000")
    assert agent.ask("three", session="s").text == "Third."
    assert [turn.text for turn in agent.history("s")] == ["one", "three"]
    agent.close()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(SessionError, match="SHELFTALK_HOME"):
            Sessions(tmp_path).new()
    finally:
        tmp_path.chmod(0o700)


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "sessions").write_text("")
    with pytest.raises(SessionError, match="SHELFTALK_HOME"):
        Sessions(tmp_path / "sessions").new()


def test_old_states_are_pruned_and_undo_says_so(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shelftalk.agent.session.UNDO_STEPS", 2)
    agent = talk(shop, tmp_path, *["yes."] * 4)
    for number in range(4):
        agent.ask(str(number), session="s")
    assert len(list(agent.session("s").states())) == 2
    assert agent.undo("s") == "3"
    with pytest.raises(UsageError, match="no longer kept"):
        agent.undo("s")
    assert [turn.text for turn in agent.history("s")] == ["0", "1", "2"]
    agent.close()


def test_home_is_where_the_variable_says(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SHELFTALK_HOME", str(tmp_path))
    assert Sessions().folder == tmp_path / "sessions"
