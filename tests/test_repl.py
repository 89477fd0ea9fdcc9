"""The chat at the terminal: what is typed and what is seen."""

from __future__ import annotations

import io
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from prompt_toolkit.completion import CompleteEvent
from prompt_toolkit.document import Document

from shelftalk.agent.loop import Agent
from shelftalk.agent.repl.commands import COMMANDS
from shelftalk.agent.repl.loading import Loading
from shelftalk.agent.repl.loop import Chat
from shelftalk.agent.repl.prompt import ChatCompleter, make_prompt
from shelftalk.agent.repl.screen import Screen
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop
from shelftalk.agent.sessions import Sessions
from shelftalk.tools.errors import StoreError
from shelftalk.tools.shop import Shop


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    shop = make_small_shop(tmp_path_factory.mktemp("repl") / "store")
    yield shop
    shop.store.close()


class Terminal:
    """A chat without a terminal: `type` a line, get what it printed."""

    def __init__(self, shop: Shop, folder: Path, replies: tuple[Any, ...], resume: str | None = None) -> None:
        self.out = io.StringIO()
        self.model = ScriptedModel(replies=replies)
        self.sessions = Sessions(folder)
        screen = Screen("none", False, self.out, width=80)
        self.chat = Chat(lambda: Agent(shop, self.model, self.sessions), self.sessions, screen, resume)
        self.chat.loading.start()
        self.chat.loading.agent()

    def type(self, line: str) -> str:
        self.out.seek(0)
        self.out.truncate()
        self.chat.take(line)
        return self.out.getvalue()


@pytest.fixture
def terminal(shop: Shop, tmp_path: Path) -> Iterator[Callable[..., Terminal]]:
    made: list[Terminal] = []

    def make(*replies: Any, resume: str | None = None) -> Terminal:
        made.append(Terminal(shop, tmp_path / "sessions", replies, resume))
        return made[-1]

    yield make
    for one in made:
        one.sessions.close()


Make = Callable[..., Terminal]


def test_an_answer_comes_with_its_products(terminal: Make) -> None:
    t = terminal(call("search", category="boot", sort="cheapest", n=2), "i would take [P2].")
    assert t.type("boots please") == (
        "\n  P1  Red boot  $90  ★ 3.5\n  P2  Blue boot  $95  ★ 4.0\n\nI would take Blue boot ($95).\n"
    )


def test_likes_reasons_and_hiding(terminal: Make) -> None:
    t = terminal(call("search", query="dress"), "[P1].", call("search", query="dress"), "[P2].")
    assert "needs the number" in t.type("/like") and "needs the number" in t.type("/why the red one")
    assert "no product 'P1'" in t.type("/like 1")
    t.type("a dress")
    name = t.chat.agent().visit(t.chat.session()).product("P1").title
    assert t.type("/like 1") == f"Noted: you like P1 {name}.\n"
    assert t.type("/dislike P2, [P3]").startswith("Noted: you dislike P2 ")
    state = t.chat.agent().visit(t.chat.session()).state
    assert state.likes == state.shown[:1] and state.dislikes == state.shown[1:3]
    reason = t.type("/why 1")
    assert reason.startswith(f"P1, {name}: number 1 of 4, score ")
    assert sum(map(int, re.findall(r"(\d+)%", reason))) in range(97, 103)
    assert "its text means what was asked for" in reason
    assert t.type("/hide 1") == f"P1, {name}, will not be shown again.\n"
    assert f" {name} " not in t.type("a dress")


def test_undo_puts_the_message_back_at_the_prompt(terminal: Make) -> None:
    t = terminal("yes.", "no.")
    assert "nothing to undo" in t.type("/undo")
    t.type("first")
    t.type("second")
    assert t.type("/undo").startswith("Taken back") and t.chat.draft == "second"
    assert [turn.text for turn in t.chat.agent().history(t.chat.session())] == ["first"]


def test_sessions_are_left_listed_and_resumed(terminal: Make) -> None:
    t = terminal("one.", "two.", "three.")
    assert t.type("/sessions") == "No conversation yet.\n"
    t.type("a red dress")
    first = t.chat.session_id()
    assert t.type("/new") == "A new conversation.\n"
    t.type("a lamp")
    listed = t.type("/sessions").splitlines()
    assert len(listed) == 2 and listed[0].startswith("* ") and listed[0].endswith("1 turn  a lamp")
    assert listed[1].endswith("1 turn  a red dress")
    assert t.type("/resume") == "> a red dress\nOne.\n" and t.chat.session_id() == first
    assert "There is no session" in t.type("/resume nosuch")
    t.sessions.close()

    again = terminal("four.", resume=first)
    again.type("and shoes")
    assert [turn.text for turn in again.chat.agent().history(first)] == ["a red dress", "and shoes"]


def test_pictures_by_command_and_by_path(terminal: Make, tmp_path: Path) -> None:
    path = tmp_path / "my photo.png"
    Image.new("RGB", (10, 12), "red").save(path)
    t = terminal(call("search", image="img1"), "[P1].", "ok.", "ok.")
    assert "10 x 12" in t.type(f"/image {path}")
    assert "Red" in t.type("") and t.chat.agent().visit(t.chat.session()).state.pictures
    t.type(f"like this '{path}' in blue")
    turn = t.chat.agent().history(t.chat.session())[-1]
    assert (turn.text, turn.pictures) == ("like this in blue", 1)
    t.type(str(path).replace(" ", "\\ "))
    assert t.chat.agent().history(t.chat.session())[-1].pictures == 1


def test_mistakes_are_one_message_and_nothing_is_lost(terminal: Make, tmp_path: Path) -> None:
    (tmp_path / "no.png").write_text("not a picture")
    t = terminal(RuntimeError("gone"), "back.")
    assert "There is no command /buy; there are /image" in t.type("/buy 2").replace("\n", " ")
    assert "path" in t.type("/image") and "gone.png" in t.type(f"/image {tmp_path}/gone.png")
    assert "no.png" in t.type(f"look at {tmp_path}/no.png")
    assert t.chat.draft == f"look at {tmp_path}/no.png"
    assert "at most 4,000" in t.type("x" * 100_000).replace("\n", " ")
    assert t.model.seen == []
    assert "gone" in t.type("a lamp") and t.chat.draft == "a lamp"
    assert t.type("a lamp") == "Back.\n" and t.chat.draft == ""


def test_help_names_every_command(terminal: Make) -> None:
    said = terminal().type("/help")
    assert all(f"/{name}" in said for name in COMMANDS) and "Ctrl-C" in said
    with pytest.raises(EOFError):
        terminal().type("/quit")


def test_a_shop_that_cannot_be_opened_ends_the_chat(tmp_path: Path) -> None:
    def broken() -> Agent:
        raise StoreError("the store is locked")

    chat = Chat(broken, Sessions(tmp_path), Screen("none", False, io.StringIO(), 80))
    with pytest.raises(StoreError, match="locked"):
        chat.take("hello")


def test_loading_begins_when_told(tmp_path: Path) -> None:
    began: list[int] = []
    loading = Loading(lambda: began.append(1))  # type: ignore[arg-type,return-value,func-returns-value]
    time.sleep(0.05)
    assert began == []
    loading.start()
    loading.start()
    while not began:
        time.sleep(0.01)


def test_completion_knows_commands_and_picture_paths(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").touch()
    (tmp_path / "a.txt").touch()

    def complete(text: str) -> list[str]:
        found = ChatCompleter(list(COMMANDS)).get_completions(Document(text), CompleteEvent())
        return [one.text for one in found]

    assert complete("/li") == ["/like"] and complete("/s") == ["/sessions"]
    assert complete(f"/image {tmp_path}/a") == [".jpg"]
    assert complete("a red dress") == [] and complete("/like ") == []


def test_a_history_that_cannot_be_written_is_done_without(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    from prompt_toolkit.input import create_pipe_input
    from prompt_toolkit.output import DummyOutput

    with create_pipe_input() as source:
        prompt = make_prompt([], tmp_path / "file" / "history", str, source, DummyOutput())
        source.send_text("hello\n")
        assert prompt.prompt() == "hello"


def test_words_break_at_the_width_however_they_are_cut() -> None:
    for size in (1, 3, 1000):
        out = io.StringIO()
        screen = Screen("none", True, out, width=20)
        text = "The quick brown fox jumps over the lazy dog.\n\nAgain and again."
        for at in range(0, len(text), size):
            screen.say(text[at : at + size])
        screen.end()
        assert out.getvalue() == "The quick brown fox\njumps over the lazy\ndog.\n\nAgain and again.\n"


SCRIPT = """
import sys, time
from pathlib import Path
from shelftalk.agent.repl.loop import Chat
from shelftalk.agent.repl.screen import Screen
from shelftalk.agent.sessions import Sessions
folder = Path(sys.argv[1])
sessions = Sessions(folder / "sessions")
def build():
    while not (folder / "go").exists():
        time.sleep(0.05)
    from shelftalk.agent.loop import Agent
    from shelftalk.agent.scripted import ScriptedModel, call
    from shelftalk.agent.scripted_shop import make_small_shop
    replies = [call("search", category="lamp", n=2), "hello there", "one two three", "bye now"]
    model = ScriptedModel(replies=replies)
    def pause():
        if len(model.seen) == 3:
            (folder / "answering").touch()
            time.sleep(60)
    model.pause = pause
    return Agent(make_small_shop(folder / "store"), model, sessions)
Chat(build, sessions, Screen("truecolor", True)).run()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="pexpect needs a pseudo-terminal")
def test_at_a_real_terminal(tmp_path: Path) -> None:
    pexpect = pytest.importorskip("pexpect")
    environment = {
        "PROMPT_TOOLKIT_NO_CPR": "1",  # nobody here answers where the cursor is
        "TERM": "xterm-256color",
        "PATH": "/usr/bin:/bin",
        "HOME": str(tmp_path),
    }
    child = pexpect.spawn(
        sys.executable,
        ["-c", SCRIPT, str(tmp_path)],
        env=environment,
        dimensions=(40, 100),
        timeout=30,
        encoding="utf-8",
    )
    child.expect(">")  # the prompt is there while the agent is not
    child.send("a lamp\r")
    child.expect("Still loading")
    (tmp_path / "go").touch()
    child.expect("▀")
    child.expect("P1")
    child.expect("Hello there")
    child.expect(">")
    child.send("more\r")
    while not (tmp_path / "answering").exists():
        time.sleep(0.05)
    child.sendintr()  # stops the answer, not the program
    child.expect("Stopped")
    child.expect(">")
    child.send("/sess\t")
    child.expect("ions")
    child.send("\r")
    child.expect(r"\* \d{8}-\d{6}-\w{4} .*a lamp")
    child.sendintr()
    child.expect("Ctrl-D leaves")
    child.expect("\\?2004h.*>")  # the next prompt reads keys
    child.sendeof()
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0
    assert Sessions(tmp_path / "sessions").all()[0].first_words == "a lamp"
