"""Taste in a conversation: what shoppers do changes the next list, with the reason, now and when they come back."""

from __future__ import annotations

import io
import logging
import re
import sys
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder, behaviour, catalogue, draw, make_store

from shelftalk.agent.calls import run_tool
from shelftalk.agent.loop import Agent
from shelftalk.agent.repl.loop import Chat
from shelftalk.agent.repl.screen import Screen
from shelftalk.agent.repl.why import because, explain
from shelftalk.agent.reply import Shown
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.sessions import Sessions
from shelftalk.agent.shopper import says_never
from shelftalk.tools.errors import BackboneError, SessionError, StoreError, ToolError, UsageError
from shelftalk.tools.events import Event, EventLog
from shelftalk.tools.fusion import best_first
from shelftalk.tools.product import Product
from shelftalk.tools.scores.ease import EASE
from shelftalk.tools.scores.ials import IALS
from shelftalk.tools.scores.interactions import REFUSED, STRENGTH, make_interactions
from shelftalk.tools.scores.itemknn import ItemKNN
from shelftalk.tools.scores.popularity import Popularity
from shelftalk.tools.shop import Shop
from shelftalk.tools.signals import PAST_ALL, past_of, signals
from shelftalk.tools.store import Store
from shelftalk.tools.toolbox import load_tool, tool_names, tool_schemas
from shelftalk.tools.visit import KINDS, Result, Visit, VisitState

IDS = [product.id for product in catalogue()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("taste") / "store"
    make_store(folder)
    return folder


@pytest.fixture(scope="module")
def shop(folder: Path) -> Iterator[Shop]:
    encoder: Any = BagEncoder()
    with Store.open(folder, encoder) as store:
        yield Shop(store, encoder, behaviour())


@pytest.fixture
def visit(shop: Shop, tmp_path: Path) -> Visit:
    return Visit(shop, pictures=tmp_path)


@pytest.fixture
def logged(shop: Shop, tmp_path: Path) -> Iterator[Shop]:
    """The shop with a log of events of its own."""
    (tmp_path / "log").mkdir()
    with EventLog(tmp_path / "log") as log:
        yield Shop(shop.store, shop.encoder, shop.scorer, log)


Make = Callable[..., Agent]


@pytest.fixture
def make(logged: Shop, tmp_path: Path) -> Iterator[Make]:
    agents: list[Agent] = []

    def make(*replies: Any, **more: Any) -> Agent:
        agents.append(Agent(logged, ScriptedModel(replies=replies), tmp_path / "sessions", **more))
        return agents[-1]

    yield make
    for agent in agents:
        agent.close()


def ids(result: Result) -> list[str]:
    return [hit.product.id for hit in result.hits]


def recommend(visit: Visit, n: int = 4) -> list[str]:
    return ids(load_tool("recommend")(visit, n=n))


# What counts, and how much.


def test_every_kind_of_signal_changes_the_next_list(shop: Shop) -> None:
    before = recommend(Visit(shop), 18)
    for kind in KINDS:
        visit = Visit(shop)
        visit.state.note(kind, "blue-boot-0")
        after = recommend(visit, 18)
        assert after != before, kind
        assert ("blue-boot-0" in after) == (kind == "click")
        if kind in ("like", "click", "buy"):
            assert after[0].startswith("blue"), kind
    visit = Visit(shop)
    visit.state.note("dislike", before[0])
    colour = before[0].split("-")[0]
    assert not recommend(visit)[0].startswith(colour)


def test_three_likes_make_a_strangers_list_personal(shop: Shop) -> None:
    for colour in ("red", "blue"):
        visit = Visit(shop, VisitState(likes=[f"{colour}-lamp-0", f"{colour}-lamp-1", f"{colour}-boot-0"]))
        result = load_tool("recommend")(visit, n=3)
        assert result.text.startswith("for you\n") and all(i.startswith(colour) for i in ids(result))


def test_a_purchase_says_more_than_a_like_and_a_click_less(visit: Visit) -> None:
    for kind, id_ in (("click", "red-boot-0"), ("like", "red-boot-1"), ("buy", "red-lamp-0")):
        visit.state.note(kind, id_)
    found = signals(visit)
    assert found.likes == ("red-boot-0", "red-lamp-0", "red-boot-1")
    click, like, buy = (found.weights[i] for i in ("red-boot-0", "red-boot-1", "red-lamp-0"))
    assert click < like == 1.0 < buy
    visit.state.note("like", "red-boot-0")
    assert signals(visit).weights["red-boot-0"] == 1.0
    visit.state.note("dislike", "red-boot-0")
    assert "red-boot-0" not in signals(visit).likes and visit.state.likes == ["red-boot-1"]
    with pytest.raises(UsageError, match="like, dislike, click, buy, hide"):
        visit.state.note("stare", "red-boot-0")


EVENTS = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.sampled_from(sorted({*STRENGTH, *REFUSED}))), max_size=30
)


@given(EVENTS)
def test_the_past_is_folded_so_that_the_last_word_holds(rows: list[tuple[str, str]]) -> None:
    past = past_of(Event("s", item, kind, float(at)) for at, (item, kind) in enumerate(rows))
    weights = list(past.likes.values())
    assert all(0 < weight <= 1 for weight in weights) and sum(weights) <= PAST_ALL + 1e-9
    assert not set(past.likes) & past.hidden and not set(past.likes) & set(past.dislikes)
    for item in {item for item, _ in rows}:
        kinds = [kind for other, kind in rows if other == item]
        hidden_at = max((at for at, kind in enumerate(kinds) if kind == "hide"), default=-1)
        assert (item in past.hidden) == (hidden_at >= 0 and "like" not in kinds[hidden_at:])
        if kinds[-1] in ("like", "buy") and item not in past.hidden:
            assert item in past.likes
        if kinds[-1] in ("dislike", "return"):
            assert item not in past.likes


def test_this_visit_counts_more_than_the_past(logged: Shop) -> None:
    assert logged.events
    for at in range(40):
        logged.events.append("S1", f"red-{'boot' if at % 2 else 'lamp'}-{at % 4 // 2}", "like", float(at))
        logged.events.append("S1", "red-dress-0", "buy", 50.0 + at)
    visit = Visit(logged, VisitState(shopper="S1"))
    assert visit.signals().verbs["red-dress-0"] == "bought"
    assert recommend(visit)[0].startswith("red")
    visit.state.note("like", "blue-lamp-0")
    visit.state.note("like", "blue-lamp-1")
    found = visit.signals()
    assert sum(w for i, w in found.weights.items() if i.startswith("red")) <= PAST_ALL
    assert recommend(visit)[0].startswith("blue")
    # What the shop's site adds meanwhile counts at once.
    logged.events.append("S1", "blue-dress-0", "hide")
    assert "blue-dress-0" not in recommend(visit, 18)


def test_an_unknown_shopper_is_a_new_one(logged: Shop) -> None:
    new = load_tool("recommend")(Visit(logged), n=5)
    assert load_tool("recommend")(Visit(logged, VisitState(shopper="nobody")), n=5) == new
    without = Shop(logged.store, logged.encoder, logged.scorer)
    assert load_tool("recommend")(Visit(without, VisitState(shopper="nobody")), n=5) == new


def test_a_visit_of_before_is_still_read() -> None:
    old = {"shown": ["a"], "likes": ["a"], "last_hits": [], "last_search": {"query": "x"}, "budget": 5.0}
    state = VisitState.model_validate(old)
    assert state.likes == ["a"] and state.clicks == [] == state.bought and state.shopper == ""


# The weight of taste.


def test_taste_counts_as_much_as_the_caller_says(shop: Shop) -> None:
    search = load_tool("search")

    def found(taste: float, *likes: str) -> list[str]:
        return ids(search(Visit(shop, VisitState(likes=list(likes)), taste=taste), "boot", n=6))

    likes = ["red-lamp-0", "red-lamp-1"]
    assert found(0, *likes) == found(1)
    places = [sum(map(found(taste, *likes).index, ("red-boot-0", "red-boot-1"))) for taste in (0, 1, 3)]
    assert places[0] > places[1] >= places[2]
    hits = search(Visit(shop, VisitState(likes=likes), taste=3), "boot", n=18).hits
    assert max(hit.parts["taste"] for hit in hits) == pytest.approx(0.6)
    for wrong in (-0.1, 3.1, float("nan"), True):
        with pytest.raises(UsageError, match=r"0 \(not at all\) to 3"):
            Visit(shop, taste=wrong)


def test_the_cheapest_of_what_was_asked_for_is_the_same_for_all(shop: Shop) -> None:
    def found(*likes: str) -> set[str]:
        visit = Visit(shop, VisitState(likes=list(likes)), taste=3)
        return set(ids(load_tool("search")(visit, "leather boot", sort="cheapest", n=18)))

    assert found("blue-lamp-0", "blue-dress-0") == found()


def test_taste_weighs_in_the_agent_too(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    assert make(taste=2).visit().taste == 2
    monkeypatch.setenv("SHELFTALK_TASTE", "0.5")
    assert make().visit().taste == 0.5
    with pytest.raises(UsageError):
        make(taste=9)


# Popularity.


@given(
    st.lists(st.tuples(st.integers(-3, 3), st.floats(0, 1) | st.just(np.nan)), min_size=1, max_size=9).map(
        np.array
    )
)
def test_what_settles_ties_never_lifts_a_lower_score(rows: np.ndarray) -> None:
    scores, ties = rows[:, 0].astype(float), rows[:, 1]
    order = best_first(scores, ties)
    assert sorted(order) == list(range(len(rows))) and (np.diff(scores[order]) <= 0).all()
    for a, b in pairwise(order):
        assert scores[a] > scores[b] or not ties[a] < ties[b]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    baskets=st.lists(st.sets(st.sampled_from(IDS), min_size=1, max_size=5), min_size=3, max_size=12),
    best_seller=st.sampled_from(IDS),
    likes=st.lists(st.sampled_from(IDS), min_size=1, max_size=3, unique=True),
    make=st.sampled_from([EASE, ItemKNN]),
)
def test_popularity_never_outranks_a_matching_taste(
    visit: Visit, baskets: list[set[str]], best_seller: str, likes: list[str], make: Callable[[], Any]
) -> None:
    rows = [
        {"shopper": f"s{at}", "item": item} for at, basket in enumerate(baskets) for item in sorted(basket)
    ]
    rows += [{"shopper": f"alone{at}", "item": best_seller} for at in range(200)]
    scorer = make()
    scorer.fit(make_interactions(rows))
    shop = Shop(visit.shop.store, visit.shop.encoder, scorer)
    of = {}
    for tool, asked in (("recommend", {}), ("search", {"max_price": 1000})):
        hits = load_tool(tool)(Visit(shop, VisitState(likes=likes)), n=18, **asked).hits
        of[tool] = [hit.parts.get("taste", 0.0) for hit in hits if tool == "search" or hit.product.stock]
        assert of[tool] == sorted(of[tool], reverse=True)


def test_of_two_alike_in_all_else_the_better_liked_comes_first(tmp_path: Path) -> None:
    encoder: Any = BagEncoder()
    names = ["plain", "seller", "liked"]
    with Store.open(tmp_path / "twins", encoder, create=True) as store:
        twins = [Product(id=name, title="Red boot", category="Boot", price=9.0) for name in names]
        store.put(twins, encoder.words(["red boot"] * 3), [None] * 3)
        store.finish()
    scorer = EASE(penalty=1)
    rows = [{"shopper": f"a{at}", "item": "seller"} for at in range(500)]
    rows += [{"shopper": f"b{at}", "item": item} for at in range(3) for item in ("liked", "plain")]
    scorer.fit(make_interactions(rows))
    with Store.open(tmp_path / "twins", encoder) as store:
        shop = Shop(store, encoder, scorer)
        for tool, given in (
            ("search", {"query": "red boot"}),
            ("similar", {"product": "P1"}),
            ("recommend", {}),
        ):
            visit = Visit(shop, VisitState(shown=["plain"], likes=["plain"]), taste=0.01)
            found = [i for i in ids(load_tool(tool)(visit, **given)) if i != "plain"]
            assert found == ["liked", "seller"], tool
            stranger = ids(load_tool(tool)(Visit(shop, VisitState(shown=["plain"])), **given))
            assert [i for i in stranger if i != "plain"] == ["seller", "liked"], tool


# Reasons.


@pytest.mark.parametrize(
    "scorer", [EASE(penalty=5), ItemKNN(), IALS(factors=4)], ids=["ease", "itemknn", "ials"]
)
def test_the_like_that_brought_a_product_is_named(shop: Shop, scorer: Any) -> None:
    camps = [f"{colour}-{kind}-{n}" for colour in ("red", "blue") for kind in ("boot", "lamp") for n in "01"]
    scorer.fit(
        make_interactions(
            {"shopper": s, "item": item}
            for s in range(40)
            for item in camps
            if item.startswith("red") == (s % 2 > 0)
        )
    )
    for colour, kind, verb in (
        ("red", "like", "liked"),
        ("blue", "buy", "bought"),
        ("red", "click", "looked at"),
    ):
        visit = Visit(Shop(shop.store, shop.encoder, scorer))
        visit.state.note("like", "green-dress-0")  # the scorer knows nothing of it
        visit.state.note(kind, f"{colour}-boot-0")
        hits = [hit for hit in load_tool("recommend")(visit, n=18).hits if hit.because]
        assert {hit.product.id for hit in hits} == {i for i in camps if i.startswith(colour)} - {
            f"{colour}-boot-0"
        }
        assert all(hit.because == [f"{colour}-boot-0"] for hit in hits)
        said = explain(visit, visit.handle(hits[0].product.id))
        # What was only looked at may be recommended, and has a handle then.
        brought = rf"{verb} (P\d+ )?Leather boot in {colour} number 0"
        assert re.search(f"people who {brought} took it", said)
        shown = [Shown(visit.handle(hit.product.id), hit) for hit in hits]
        (line,) = because(visit, shown, "recommend")
        assert re.fullmatch(f"because you {brought}", line)
        assert because(visit, shown, "compare") == []


def test_reasons_stay_those_of_the_list(visit: Visit) -> None:
    load_tool("search")(visit, "red boots", n=2)
    visit.state.note("like", visit.state.shown[0])
    load_tool("recommend")(visit, n=2)
    handle = visit.handle(visit.state.last_hits[0].product.id)
    before = explain(visit, handle)
    assert "people who liked P1 " in before and "took it (taste 1.00)" in before
    visit.state.note("like", "blue-lamp-0")
    assert explain(visit, handle) == before


def test_a_list_is_explained_by_how_it_was_made(visit: Visit) -> None:
    load_tool("search")(visit, "leather boot", where={"colour": "red"}, n=1)
    assert "It passes the filters: colour red." in explain(visit, "P1")
    load_tool("similar")(visit, "P1", n=1)
    said = explain(visit, "P2")
    assert "its text is like P1's" in said and "it looks like P1" in said and "filters" not in said
    load_tool("recommend")(visit, category="lamp", max_price=30, n=3)
    said = explain(visit, visit.handle(visit.state.last_hits[0].product.id))
    assert "many people take it" in said and "It passes the filters: category lamp, up to 30." in said
    load_tool("recommend")(Visit(visit.shop, visit.state), n=1)
    assert "filters" not in explain(visit, visit.handle(visit.state.last_hits[0].product.id))


@pytest.mark.parametrize("scorer", [None, Popularity()], ids=["none", "popularity"])
def test_where_no_behaviour_tells_of_taste_likeness_does(shop: Shop, scorer: Any) -> None:
    if scorer is not None:
        scorer.fit(make_interactions({"shopper": i, "item": i} for i in IDS))
    visit = Visit(
        Shop(shop.store, shop.encoder, scorer), VisitState(shown=["blue-boot-0"], likes=["blue-boot-0"])
    )
    result = load_tool("recommend")(visit, n=1)
    assert ids(result) == ["blue-boot-1"] and result.hits[0].because == ["blue-boot-0"]
    assert "it is like P1 Leather boot in blue number 0, which you liked" in explain(visit, "P2")
    load_tool("search")(visit, "leather boot in blue", n=1)
    assert "you liked it" in explain(visit, "P1")


def test_a_scorer_that_reads_content_says_so(shop: Shop) -> None:
    scorer: Any = behaviour()
    scorer.take_in = lambda content: 0
    reader = type("Reader", (EASE,), {"name": "reader", "take_in": lambda self, content: 0})(penalty=5)
    reader.__dict__.update({k: v for k, v in scorer.__dict__.items() if k != "take_in"})
    visit = Visit(Shop(shop.store, shop.encoder, reader), VisitState(likes=["red-lamp-0"]))
    load_tool("recommend")(visit, n=1)
    assert "by who took what, by text and by look it goes with" in explain(visit, "P1")


def test_refusals_alone_are_said_as_such(visit: Visit) -> None:
    visit.state.note("dislike", "red-lamp-0")
    load_tool("recommend")(visit, n=1)
    assert "it is far from what you do not like" in explain(visit, "P1")
    assert visit.state.last_hits[0].because == []


# Never again.


def hidden_visit(shop: Shop, folder: Path, gone: Product, returning: bool) -> Visit:
    """A visit in which P1 is hidden, by this shopper now or when they were here before."""
    state = VisitState(shown=[gone.id, "red-boot-0", "blue-lamp-0"], likes=["red-boot-0"], shopper="S1")
    visit = Visit(shop, state, folder)
    visit.add_picture(draw("red", "dress"))
    load_tool("search")(visit, gone.title, n=18)
    if returning:
        assert shop.events
        shop.events.append("S1", gone.id, "like")
        shop.events.append("S1", gone.id, "hide")
        visit.state.last_hits = [h for h in visit.state.last_hits if h.product.id != gone.id]
    else:
        visit.state.note("hide", gone.id)
    return visit


@pytest.mark.parametrize("returning", [False, True])
@pytest.mark.parametrize("tool", tool_names())
def test_a_hidden_product_is_in_no_tool(logged: Shop, tmp_path: Path, tool: str, returning: bool) -> None:
    gone = catalogue()[0]
    visit = hidden_visit(logged, tmp_path, gone, returning)
    schemas = {
        s["function"]["name"]: s["function"]["parameters"] for s in tool_schemas(logged.store.facets())
    }
    properties = schemas[tool]["properties"]

    def value(schema: dict[str, Any], handles: list[str]) -> Any:
        if "pattern" in schema:
            return handles[0]
        if schema["type"] == "array":
            return [value(schema["items"], handles[at:]) for at in range(schema.get("minItems", 1))]
        if "enum" in schema:
            return schema["enum"][0]
        return {"string": gone.title, "number": 1000, "object": {}}[schema["type"]]

    required = {name: value(properties[name], ["P2", "P3"]) for name in schemas[tool]["required"]}
    # Whatever names the product is refused.
    for name, schema in properties.items():
        if "pattern" in schema or "pattern" in schema.get("items", {}):
            with pytest.raises(ToolError, match="never to see"):
                run_tool(tool, visit, {**required, name: value(schema, ["P1", "P3"])})
    # Whatever else is asked, in one argument or another, it is in nothing that comes back.
    for name, schema in {"": {}, **properties}.items():
        given = {**required, **({name: value(schema, ["P2", "P3"])} if name else {})}
        if "n" in load_tool(tool).__code__.co_varnames:
            given["n"] = 100
        try:
            result = run_tool(tool, visit, given)
        except ToolError:
            continue
        named = [*result.hits, *result.instead, *visit.state.last_hits]
        assert gone.id not in {hit.product.id for hit in named} | {i for hit in named for i in hit.because}
        assert gone.title not in result.text and "[P1]" not in result.text


def test_counts_and_what_would_be_found_instead_leave_hidden_ones_out(logged: Shop, tmp_path: Path) -> None:
    visit = hidden_visit(logged, tmp_path, catalogue()[0], returning=True)
    result = load_tool("search")(visit, category="dress", where={"colour": "red"})
    assert result.text.startswith("1 found")
    result = load_tool("search")(visit, category="dress", where={"colour": "red"}, max_price=20)
    assert result.text == "0 found; without max price 20: 1"
    assert [hit.product.id for hit in result.instead] == ["red-dress-1"]
    with pytest.raises(ToolError, match="never to see"):
        explain(visit, "P1")
    with pytest.raises(ToolError, match="never to see"):
        visit.picture("P1")
    liked = Visit(logged, visit.state.model_copy(update={"likes": ["red-dress-0"]}))
    assert "red-dress-0" in ids(load_tool("search")(liked, "red dress", n=4))  # it was liked since


@pytest.mark.parametrize(
    ("said", "never"),
    [
        ("never show me the second one again", True),
        ("please don't show me this ever again!", True),
        ("do not suggest P2 any more", True),
        ("I never want to see that one again", True),
        ("never show me this", True),
        ("don’t ever show me that again", True),
        ("show me the second one again", False),
        ("no, show me the red ones again", False),
        ("I do not like it, show me the lamps again", False),
        ("I have never seen a better lamp, show me more", False),
        ("I don't like the second one", False),
        ("not that one. show the lamps again", False),
    ],
)
def test_never_again_is_understood(said: str, never: bool) -> None:
    assert says_never(said) is never


def test_what_the_shopper_says_hides_what_the_model_notes(make: Make) -> None:
    agent = make(
        *(call("search", category="lamp", n=3), "[P1]."),
        *(
            call("remember", dislikes=["P2"]),
            call("search", category="lamp", n=9),
            "[P2] is gone, take [P1].",
        ),
        *(call("remember", dislikes=["P1"]), "noted, as with [P2]."),
        shopper="S1",
    )
    gone = agent.ask("lamps").products[1].hit.product
    reply = agent.ask("never show me the second one again")
    assert gone.id not in [shown.hit.product.id for shown in reply.products]
    assert reply.text.startswith(f"{gone.title} ($") and "is gone" in reply.text  # named as what goes, once
    reply = agent.ask("I don't like the first one")
    assert reply.text == "Noted, as with a product you hid." and reply.products == []
    assert agent.visit().state.hidden == [gone.id]
    assert agent.shop.events is not None
    kept = [(event.item, event.kind) for event in agent.shop.events.of("S1")]
    first = agent.visit().state.shown[0]
    assert kept == [(gone.id, "dislike"), (gone.id, "hide"), (first, "dislike")]
    assert agent.history()[1].answer.startswith("a product you hid is gone")


# The agent.


def test_an_application_notes_what_a_shopper_does(make: Make) -> None:
    agent = make(call("search", category="lamp", n=3), "[P1].", call("recommend", n=3), "[P4].")
    session = agent.session("web-1", shopper="S7")
    agent.ask("lamps", session=session)
    shown = agent.visit(session).state.shown
    assert agent.note(session, "click", "P2").id == shown[1]
    agent.note(session, "like", "[P3]")
    agent.note("web-1", "buy", "green-boot-0")
    agent.note(session, "hide", "green-dress-0")
    state = agent.visit(session).state
    assert (state.clicks, state.likes, state.bought) == ([shown[1]], [shown[2]], ["green-boot-0"])
    assert "green-dress-0" not in [s.hit.product.id for s in agent.ask("for me?", session=session).products]
    assert agent.shop.events is not None
    kept = [(event.item, event.kind) for event in agent.shop.events.of("S7")]
    assert kept == [
        (shown[1], "click"),
        (shown[2], "like"),
        ("green-boot-0", "buy"),
        ("green-dress-0", "hide"),
    ]
    for kind, product in (("stare", "P1"), ("like", "P99"), ("like", "no such thing"), ("like", "")):
        with pytest.raises(UsageError):
            agent.note(session, kind, product)
    assert agent.visit(session).state == agent.visit(session).state and len(agent.shop.events) == 4


def test_only_a_shopper_with_an_id_is_logged(make: Make) -> None:
    agent = make("hi.")
    agent.note(None, "like", "red-boot-0")
    agent.call(None, "remember", size="9")
    assert agent.visit().state.likes == ["red-boot-0"] and not len(agent.shop.events or ())
    agent.session(None, shopper=" S9 ")  # they log in
    agent.note(None, "click", "red-boot-1")
    assert [event.item for event in agent.shop.events.of("S9")] == ["red-boot-1"]  # type: ignore[union-attr]
    with pytest.raises(SessionError, match="another shopper"):
        agent.session(None, shopper="S8")
    for wrong in ("", "  ", "x" * 501, "a\x1bb"):
        with pytest.raises(UsageError, match="shopper is"):
            agent.session(None, shopper=wrong)


def test_a_turn_that_fails_leaves_nothing_in_the_log(make: Make) -> None:
    agent = make(
        call("search", category="lamp"),
        "[P1].",
        call("remember", likes=["P1"]),
        RuntimeError("gone"),
        shopper="S1",
    )
    agent.ask("lamps")
    with pytest.raises(BackboneError):
        agent.ask("I love the first")
    assert agent.visit().state.likes == [] and agent.shop.events is not None and not len(agent.shop.events)


def test_a_log_that_cannot_be_written_does_not_end_a_conversation(
    make: Make, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    agent = make(
        call("search", category="lamp"), "[P1].", call("remember", likes=["P1"]), "noted.", shopper="S1"
    )

    def full(*_: object) -> None:
        raise StoreError("the disk is full")

    agent.ask("lamps")
    monkeypatch.setattr(agent.shop.events, "append", full)
    with caplog.at_level(logging.WARNING):
        assert agent.ask("I love the first").text == "Noted."
    assert "the disk is full" in caplog.text and len(agent.visit().state.likes) == 1
    with pytest.raises(StoreError):
        agent.note(None, "click", "P2")
    assert len(agent.visit().state.clicks) == 1


def test_a_shopper_comes_back_to_their_taste_and_not_to_what_they_hid(make: Make) -> None:
    agent = make(call("search", query="boot", n=6), "[P1].", shopper="S1")
    agent.ask("boots")
    for id_ in ("blue-boot-0", "blue-lamp-0"):
        agent.note(None, "like", id_)
    agent.note(None, "hide", "blue-dress-0")
    agent.close()
    again = make(call("recommend", n=6), "[P1].", shopper="S1")
    products = [shown.hit for shown in again.ask("what would I like?").products]
    assert products[0].product.id.startswith("blue") and set(products[0].because) <= {
        "blue-boot-0",
        "blue-lamp-0",
    }
    assert products[0].because and "blue-dress-0" not in [hit.product.id for hit in products]
    stranger = make(call("recommend", n=6), "[P1].")
    assert not stranger.ask("what would I like?", session="new").products[0].hit.product.id.startswith("blue")


# In the chat.


def test_a_list_changes_after_two_likes_and_says_why(logged: Shop, tmp_path: Path) -> None:
    replies = [
        *(call("search", category="boot", where={"colour": "blue"}, n=2), "[P1]."),
        *(call("recommend", n=3), "[P3]."),
        *(call("recommend", n=3), "[P6]."),
        *(call("search", query="dress", n=3), "[P6]."),
    ]
    out = io.StringIO()
    sessions = Sessions(tmp_path / "chats")
    chat = Chat(
        lambda: Agent(logged, ScriptedModel(replies=replies), sessions),
        sessions,
        Screen("none", False, out, width=100),
    )

    def type_(line: str) -> str:
        out.seek(0)
        out.truncate()
        chat.take(line)
        return out.getvalue()

    type_("blue boots")
    before = type_("what would I like?")
    assert "because" not in before
    for line in ("/like 1", "/like 2"):
        type_(line)
    after = type_("what would I like?")
    assert after.splitlines()[1:4] != before.splitlines()[1:4] and "in blue" in after.splitlines()[1]
    assert "because you liked P1 " in after or "because you liked P2 " in after
    handle = after.splitlines()[1].split()[0]
    assert "people who liked P" in type_(f"/why {handle[1:]}")
    searched = type_("a dress")
    assert "in blue" in searched.splitlines()[1]
    assert type_("/hide 1").endswith("will not be shown again.\n") and "never to see" in type_("/why 1")
    sessions.close()
