"""The demo shop's own shoppers: what they did in the events that ship counts when they come back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from shelftalk.agent.loop import Agent
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.tools.demo import events_path
from shelftalk.tools.errors import StoreError
from shelftalk.tools.events import Event, EventLog
from shelftalk.tools.opening import open_shop
from shelftalk.tools.scores.interactions import read_interactions
from shelftalk.tools.shop import Shop
from shelftalk.tools.signals import signals
from shelftalk.tools.visit import Visit, VisitState


@pytest.fixture(scope="module")
def shop() -> Iterator[Shop]:
    shop = open_shop()
    yield shop
    shop.close()


def shoppers_by_events() -> list[str]:
    """The shoppers that ship, those with the most events first."""
    names = pq.read_table(events_path())["shopper"].value_counts().to_pylist()
    return [one["values"] for one in sorted(names, key=lambda one: (-one["counts"], one["values"]))]


def listed(shop: Shop, folder: Path, shopper: str | None) -> list[str]:
    model = ScriptedModel(replies=(call("recommend", n=6), "[P1]."))
    with Agent(shop, model, folder, shopper=shopper) as agent:
        return [shown.hit.product.id for shown in agent.ask("what would I like?").products]


def test_a_shopper_that_ships_has_a_past(shop: Shop, tmp_path: Path) -> None:
    who = shoppers_by_events()[0]
    assert shop.events is not None
    past = shop.events.of(who)
    everything = read_interactions(events_path())
    assert len(past) > 20 and {event.shopper for event in past} == {who} <= set(everything.shoppers)
    assert [event.time for event in past] == sorted(event.time for event in past)
    bought = {event.item for event in past if event.kind in ("buy", "like")}
    theirs, stranger = listed(shop, tmp_path, who), listed(shop, tmp_path, "nobody we know")
    assert theirs != stranger == listed(shop, tmp_path, None)
    assert bought and not bought & set(theirs), "what they have needs no suggesting"


def test_what_they_do_now_comes_after_it(shop: Shop, tmp_path: Path) -> None:
    who = shoppers_by_events()[1]
    log = EventLog(tmp_path, events_path())  # not the demo shop's own, which other tests read
    shop = Shop(shop.store, shop.encoder, shop.scorer, log)
    past = log.of(who)
    loved = next(event.item for event in past if event.kind in ("like", "buy"))
    with Agent(shop, ScriptedModel(replies=("hello.",)), tmp_path, shopper=who) as agent:
        agent.ask("hi")
        agent.note(None, "dislike", loved)
        assert [event.kind for event in log.of(who)] == [*(event.kind for event in past), "dislike"]
        assert loved in signals(agent.visit()).dislikes and loved not in signals(agent.visit()).likes
        agent.undo()
        assert log.of(who) == past and loved not in signals(agent.visit()).dislikes
    assert log.take_back(past) == 0, "what ships is not the log's to take back"
    assert len(log) == 2 and signals(Visit(shop, VisitState(shopper=who))).likes
    log.close()


def test_a_search_in_the_demo_shop_follows_it(command_line: Callable[..., tuple[int, str, str]]) -> None:
    def found(*more: str) -> list[str]:
        _, out, _ = command_line("search", "dress", "-n", "20", "--json", *more)
        return [hit["product"]["id"] for hit in json.loads(out)["hits"]]

    assert found("--shopper", shoppers_by_events()[0]) != found() == found("--shopper", "nobody we know")


def test_a_file_that_ships_damaged_is_said(tmp_path: Path) -> None:
    file = tmp_path / "events.parquet"
    columns = {"shopper": ["a", "b", "a"], "item": ["x", "y", "z"], "kind": ["buy", "buy", "cough"]}
    pq.write_table(pa.table(columns | {"time": [2.0, 1.0, 1.0]}), file)
    log = EventLog(tmp_path, file)
    assert log.of("a") == [Event("a", "x", "buy", 2.0)] and log.of("c") == [] and len(log) == 0
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 not at all")
    with pytest.raises(StoreError, match="install shelftalk again"):
        EventLog(tmp_path, tmp_path / "bad.parquet").of("a")
