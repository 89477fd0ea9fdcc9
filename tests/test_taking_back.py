"""What is undone in a conversation is taken back in the shop's log of events: nothing learns from it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder, make_store

from shelftalk.agent.loop import Agent
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.tools.errors import SessionError, StoreError
from shelftalk.tools.events import Event, EventLog
from shelftalk.tools.fitted import Fitted
from shelftalk.tools.fitting import SCORER, fit
from shelftalk.tools.shop import Shop
from shelftalk.tools.store import Store

Talk = Callable[..., Agent]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_store(tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def talk(folder: Path, tmp_path: Path) -> Iterator[Talk]:
    encoder: Any = BagEncoder()
    store = Store.open(folder, encoder)
    shop = Shop(store, encoder, Fitted(folder / SCORER, store, every=0), EventLog(folder))
    agents: list[Agent] = []

    def talk(*replies: Any, **more: Any) -> Agent:
        agents.append(Agent(shop, ScriptedModel(replies=replies), tmp_path / "sessions", **more))
        return agents[-1]

    yield talk
    for agent in agents:
        agent.close()
    shop.close()


def said(folder: Path, shopper: str = "S1") -> list[tuple[str, str]]:
    """What another process reads of a shopper in the log."""
    with EventLog(folder) as log:
        return [(event.kind, event.item) for event in log.of(shopper)]


LAMPS = (call("search", category="lamp", n=3), "[P1].")


# In the conversation.


@pytest.mark.parametrize("argument", ["likes", "dislikes"])
def test_an_opinion_of_an_undone_turn_leaves_the_log(talk: Talk, folder: Path, argument: str) -> None:
    agent = talk(*LAMPS, call("remember", **{argument: ["P1"]}), "noted.", shopper="S1")
    agent.ask("lamps")
    agent.ask("about the first one")
    shown = agent.visit().state.shown
    assert said(folder) == [(argument.removesuffix("s"), shown[0])] and agent.visit().signals()
    assert agent.undo() == "about the first one"
    assert said(folder) == [] and not agent.visit().signals()
    assert agent.undo() == "lamps" and said(folder) == []


def test_what_followed_the_message_goes_with_it_and_what_came_before_stays(talk: Talk, folder: Path) -> None:
    agent = talk(*LAMPS, call("remember", likes=["P2"]), "noted.", *LAMPS, shopper="S1")
    agent.ask("lamps")
    agent.call(None, "remember", likes=["P1"])  # as /like 1
    agent.ask("I like the second one")
    agent.ask("more lamps")
    agent.note(None, "dislike", "[P1]")
    agent.hide(None, "P3")
    one, two, three = agent.visit().state.shown[:3]
    assert said(folder) == [("like", one), ("like", two), ("dislike", one), ("hide", three)]
    agent.undo()
    assert said(folder) == [("like", one), ("like", two)]
    assert three not in agent.visit().hidden() and agent.visit().signals().likes == (one, two)
    agent.undo()
    assert said(folder) == [("like", one)]


def test_never_again_is_taken_back_whole(talk: Talk, folder: Path) -> None:
    agent = talk(*LAMPS, call("remember", dislikes=["P2"]), "gone.", shopper="S1")
    agent.ask("lamps")
    agent.ask("never show me the second one again")
    assert [kind for kind, _ in said(folder)] == ["dislike", "hide"] and agent.visit().hidden()
    agent.undo()
    assert said(folder) == [] and not agent.visit().hidden()


def test_what_a_shopper_did_stays(talk: Talk, folder: Path) -> None:
    agent = talk(*LAMPS, shopper="S1")
    agent.ask("lamps")
    agent.note(None, "click", "red-lamp-0")
    agent.note(None, "buy", "red-lamp-0")
    agent.undo()
    assert said(folder) == [("click", "red-lamp-0"), ("buy", "red-lamp-0")]


def test_the_same_like_said_elsewhere_stays(talk: Talk, folder: Path) -> None:
    agent = talk(*LAMPS, shopper="S1")
    agent.note("first", "like", "red-lamp-0")
    agent.ask("lamps", session="second")
    agent.note("second", "like", "red-lamp-0")
    assert len(said(folder)) == 2
    agent.undo("second")
    assert said(folder) == [("like", "red-lamp-0")]
    agent.note("second", "like", "red-lamp-0")  # and again, later
    assert len(said(folder)) == 2


def test_it_holds_in_a_session_that_is_resumed(talk: Talk, folder: Path) -> None:
    agent = talk(*LAMPS, call("remember", likes=["P1"]), "noted.", shopper="S1")
    agent.ask("lamps", session="s")
    agent.ask("I like the first one", session="s")
    agent.close()
    assert said(folder)
    again = talk()  # whose visit it is, the session knows
    again.undo("s")
    assert said(folder) == [] and again.visit("s").state.likes == []


def test_nobody_s_opinions_are_not_looked_for(talk: Talk, folder: Path) -> None:
    agent = talk(*LAMPS)
    agent.ask("lamps")
    agent.note(None, "like", "red-lamp-0")
    agent.undo()
    assert agent.visit().state.likes == [] and said(folder) == []


def test_where_the_log_cannot_be_written_nothing_is_undone(
    talk: Talk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = talk(*LAMPS, shopper="S1")
    agent.ask("lamps")
    agent.note(None, "like", "red-lamp-0")

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(EventLog, "take_back", full)
        with pytest.raises(StoreError, match="full"):
            agent.undo()
    assert agent.visit().state.likes == ["red-lamp-0"] and said(folder)
    assert agent.undo() == "lamps" and said(folder) == []


def test_an_undo_that_was_killed_half_way_can_be_done_again(
    talk: Talk, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = talk(*LAMPS, shopper="S1")
    session = agent.session("s")
    agent.ask("lamps", session=session)
    agent.note(session, "like", "red-lamp-0")

    def killed(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(session, "forget_after", killed)
        with pytest.raises(KeyboardInterrupt):
            agent.undo(session)
    assert said(folder) == [] and agent.visit(session).state.likes == ["red-lamp-0"]
    assert agent.undo(session) == "lamps"
    assert said(folder) == [] and agent.visit(session).state.likes == []


def test_another_shop_s_session_is_not_undone(talk: Talk, folder: Path, tmp_path: Path) -> None:
    agent = talk(*LAMPS, shopper="S1")
    agent.ask("lamps", session="s")
    agent.note("s", "like", "red-lamp-0")
    agent.close()
    make_store(tmp_path / "other")
    encoder: Any = BagEncoder()
    with Store.open(tmp_path / "other", encoder) as store:
        shop = Shop(store, encoder, None, EventLog(tmp_path / "other"))
        with (
            Agent(shop, ScriptedModel(replies=()), tmp_path / "sessions") as other,
            pytest.raises(SessionError, match="another shop"),
        ):
            other.undo("s")
    assert said(folder)


def test_no_scorer_learns_from_it(talk: Talk, folder: Path) -> None:
    with EventLog(folder) as log:
        log.extend(
            {"shopper": f"s{n}", "item": f"{colour}-{thing}-{n % 2}", "kind": "buy", "time": n}
            for n in range(12)
            for colour in [("red", "blue")[n % 2]]
            for thing in ("lamp", "boot")
        )
    before = fit(folder, "itemknn")
    agent = talk(*LAMPS, shopper="S1")
    agent.ask("lamps")
    for item in ("red-lamp-0", "blue-dress-1"):
        agent.note(None, "like", item)
    agent.note(None, "dislike", "green-boot-0")
    liked = fit(folder, "itemknn")
    assert (liked.shoppers, liked.taken, liked.refused) == (before.shoppers + 1, before.taken + 2, 1)
    agent.undo()
    after = fit(folder, "itemknn")
    assert (after.shoppers, after.taken, after.refused) == (before.shoppers, before.taken, 0)
    scorer = agent.shop.scorer
    assert scorer is not None and not scorer.knows("blue-dress-1")


# In the log.


def test_what_is_taken_back_is_read_by_nobody_and_does_not_come_again(folder: Path) -> None:
    with EventLog(folder) as log:
        log.extend({"shopper": "ann", "item": item, "kind": "like", "time": 1} for item in "ab")
        log.append("ann", "a", "like", 2)
        log.append("ann", "a", "buy", 1)
        entries = len(log)
        assert log.take_back([Event("ann", "a", "like", 1.0), Event("bob", "a", "like", 1.0)]) == 1
        assert log.take_back([Event("ann", "a", "like", 1.0)]) == log.take_back([]) == 0
        log.append("ann", "a", "like", 1)  # a file that is fed again
        left = [("a", "buy", 1.0), ("b", "like", 1.0), ("a", "like", 2.0)]
        assert sorted((e.item, e.kind, e.time) for e in log.of("ann")) == sorted(left)
        found = log.interactions()
        assert (len(found.rows), found.rejected) == (3, []) and len(log) == entries + 1
    with EventLog(folder.parent / "nowhere") as none:
        assert none.take_back([Event("ann", "a", "like", 1.0)]) == 0 and not none.path.exists()


TAKING = """
import sys
from pathlib import Path
from shelftalk.tools.events import Event, EventLog
log, name = EventLog(Path(sys.argv[1])), sys.argv[2]
for number in range(int(sys.argv[3])):
    events = [Event(name, f"{number} {item}", "like", float(number)) for item in "ab"]
    log.write(events)
    assert log.take_back(events) == 2
    print(number, flush=True)
"""


def taking(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", TAKING, str(folder), name, str(count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


def test_what_was_taken_back_survives_a_kill(folder: Path) -> None:
    with taking(folder, "ann", 10**6) as process:
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        os.kill(process.pid, signal.SIGKILL)
        told = 20 + sum(line.endswith("\n") for line in process.stdout)
    with EventLog(folder) as log:
        left = log.of("ann")
        assert len(left) in (0, 2), "both events of a pair were taken back, or neither"
        assert all(event.time >= told for event in left)


def test_several_processes_take_back_at_once(folder: Path) -> None:
    processes = [taking(folder, f"s{number}", 20) for number in range(3)]
    for process in processes:
        process.communicate(timeout=100)
        assert process.returncode == 0
    with EventLog(folder) as log:
        assert len(log) == 240 and not len(log.interactions().rows)
