from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from shelftalk.agent.decoding.pictured import of_pictures
from shelftalk.agent.decoding.seen import Newest, look
from shelftalk.evals.simulation.dialogue import Turn, turn_messages
from shelftalk.evals.simulation.lexicon import ADJECTIVES, BROAD, OCCASIONS, THINGS, USES
from shelftalk.evals.simulation.requests import Wish, mistyped, search_arguments
from shelftalk.evals.simulation.shelves import HOSTILE, Shelf, random_shelf
from shelftalk.evals.simulation.shopper import Photo, Shopper, simulate
from shelftalk.evals.simulation.showing import recommend
from shelftalk.evals.simulation.texts import rambling, scruffy
from shelftalk.evals.simulation.wordings import Split, phrases, wordings
from shelftalk.prompts.dialect import parse_call, render_call
from shelftalk.tools.linking import link, words
from shelftalk.tools.product import Product, several
from shelftalk.tools.schema import tool_schemas

PHOTOS = [Photo(0, "dress", "red"), Photo(1, "lamp", "blue")]


def test_the_same_seed_gives_the_same_dialogue() -> None:
    first, again = (simulate(3, random_shelf(random.Random(3)), "train", PHOTOS).messages() for _ in range(2))
    assert first == again
    assert first != simulate(4, random_shelf(random.Random(3)), "train", PHOTOS).messages()


def test_wordings_of_evaluation_are_not_trained_on() -> None:
    for file in ("wordings.toml", "stories.toml"):
        for intent in phrases(file):
            assert wordings(intent, "test", file)
            assert not set(wordings(intent, "test", file)) & set(wordings(intent, "train", file))


@pytest.mark.parametrize("seed", range(40))
def test_every_right_answer_fits_the_tools_and_the_conversation(seed: int) -> None:
    shelf = random_shelf(random.Random(seed))
    dialogue = simulate(seed, shelf, "train", PHOTOS)
    schemas = tool_schemas(dialogue.facets)
    shown = 0
    for turn in dialogue.turns:
        assert turn.reply
        assert turn.user.count("<image>") == len(turn.photos)
        for step in turn.steps:
            # What the dialect cannot write could not be learned.
            assert parse_call(render_call(step.name, step.arguments), schemas) == (step.name, step.arguments)
            handles = [step.arguments.get("product"), *step.arguments.get("products", [])]
            assert all(int(h[1:]) <= shown for h in handles if h)
            numbers = [int(part.split("]")[0]) for part in step.result.split("[P")[1:]]
            shown = max([shown, *numbers])


def test_a_refinement_keeps_what_was_asked_before() -> None:
    kept = 0
    for seed in range(60):
        dialogue = simulate(seed, random_shelf(random.Random(seed)), "train")
        searches = [(t.kind, s.arguments) for t in dialogue.turns for s in t.steps if s.name == "search"]
        for (_, before), (kind, after) in pairwise(searches):
            if kind == "refine":
                changed = {key for key in before if after.get(key) != before[key]}
                if changed >= {"min_price", "max_price"}:
                    changed.remove("min_price")  # one price
                kept += 1
                assert len(changed) <= 2
    assert kept > 20


def shown(newest: Newest) -> bool:
    """Whether a query may name what a picture shows."""
    query = of_pictures("query", {}, None, newest)
    return query is not None


def visits(count: int, split: Split = "train", name: str = "a") -> Iterator[Turn]:
    for seed in range(count):
        shelf = random_shelf(random.Random(seed))
        yield from simulate(f"{name}{seed}", shelf, split, PHOTOS if seed % 3 == 0 else ()).turns


def pairs(filters: dict[str, Any]) -> set[tuple[str, str]]:
    return {(field, value) for field, values in filters.items() for value in several(values)}


@pytest.mark.parametrize("split", ["train", "test"])
def test_every_right_answer_follows_from_what_the_model_reads(split: Split) -> None:
    for seed in range(60):
        shelf = random_shelf(random.Random(seed))
        chat: list[dict[str, str]] = []
        for turn in simulate(f"read {seed}", shelf, split, PHOTOS if seed % 3 == 0 else ()).turns:
            chat.append(turn_messages(turn)[0])
            newest = look(chat).newest
            for step in turn.steps:
                kept = turn.so_far.get("query", "").split()
                for name, value in step.arguments.items():
                    if value == turn.so_far.get(name):
                        continue
                    if name == "query" and not shown(newest):
                        assert set(value.split()) <= {*newest.own_words, *kept}
                    elif name == "category":
                        assert ("category", value) in newest.linked
                    elif name in ("where", "exclude"):
                        assert pairs(value) - pairs(turn.so_far.get(name, {})) <= newest.linked
                    elif name in ("min_price", "max_price", "budget"):
                        assert (
                            f"{value:.2f}".removesuffix(".00") in newest.own_numbers
                            or "budget: " in turn.user
                        )
                    elif name == "product":
                        assert value in (newest.pointed or newest.focus)
            chat += turn_messages(turn)[1:]


def test_what_is_too_vague_is_asked_about_and_nothing_else() -> None:
    told = {word for said, _ in USES for word in [said]} | set(BROAD)
    asked = Counter[bool]()
    for turn in visits(220, name="vague"):
        text = turn.user.partition(" [")[0].lower()
        if turn.kind == "ask":
            assert not turn.steps and "[catalogue: " not in turn.user and "<image>" not in turn.user
            assert not any(re.search(rf"\b{re.escape(said)}\b", text) for said in told)
            assert not re.search(r"\d", text)
        asked[turn.kind == "ask"] += 1
    assert 0.02 < asked[True] / asked.total() < 0.12
    fixed = [w for intent in ("vague", "vague_more") for w in phrases("wordings.toml")[intent]]
    assert not any(set(words(wording)) & set(ADJECTIVES) for wording in fixed)
    assert len(phrases("wordings.toml")["vague"]) >= 60
    assert not {said for said, _ in USES} & {said for said, _ in OCCASIONS} and not set(BROAD) & set(THINGS)


def test_two_wishes_are_two_searches_and_the_last_one_stands() -> None:
    seen = 0
    for seed in range(160):
        turns = simulate(f"two {seed}", random_shelf(random.Random(seed)), "train").turns
        for turn, after in pairwise(turns):
            if turn.kind != "two wishes":
                continue
            seen += 1
            first, second = (step.arguments for step in turn.steps)
            assert first.get("category") != second.get("category")  # one may be something the shop lacks
            key = "category" if "category" in second else "query"
            assert f"{key}: {second[key]}" in after.user.partition("[so far: ")[2]
    assert seen > 5


def test_an_offer_that_is_refused_is_not_carried_out() -> None:
    refused = accepted = 0
    for seed in range(120):
        turns = simulate(f"no {seed}", random_shelf(random.Random(seed)), "train", turns=8).turns
        for before, turn in pairwise(turns):
            offered = any(step.result.startswith("0 found; ") for step in before.steps)
            accepted += turn.kind == "accept"
            assert offered or turn.kind != "accept"
            said = re.sub(r"\W+", " ", turn.user.partition(" [")[0]).lower().strip()
            if offered and said in {re.sub(r"\W+", " ", no).strip() for no in wordings("no", "train")}:
                refused += 1
                assert not turn.steps
    assert refused and accepted


def test_who_wants_a_person_is_handed_over() -> None:
    kinds = {turn.kind: turn for turn in visits(90)}
    assert [(step.name, step.arguments) for step in kinds["hand over"].steps] == [("hand_over", {})]
    assert not kinds["talk"].steps


def test_a_slip_in_a_word_that_matters_is_mended_or_stands_in_the_query_as_typed() -> None:
    shelf = Shelf(
        [
            Product(
                id=str(n), title=f"{c} boot", category="ankle boot", price=10 + n, attributes={"colour": c}
            )
            for n, c in enumerate(("purple", "orange"))
        ]
    )
    wish = Wish("comfortable purple ankle boots please", ["comfortable"], values=["purple", "ankle boot"])
    assert search_arguments(wish, shelf) == {
        "query": "comfortable",
        "category": "ankle boot",
        "where": {"colour": "purple"},
    }
    rng, lost, mended = random.Random(0), Counter[str](), Counter[str]()
    for _ in range(200):
        slipped = mistyped(rng, wish, shelf)
        found = slipped and search_arguments(slipped, shelf)
        if slipped is None or found is None:
            continue
        said = slipped.text.split()
        assert slipped.text != wish.text and set(found["query"].split()) <= set(said)
        if "ankle boots" not in slipped.text:
            known = found.get("category") == "ankle boot"
            (mended if known else lost)["category"] += 1
            slips = [word for word in said if word not in wish.text.split()]
            assert all((word in found["query"].split()) != known for word in slips)
        if "purple" not in said:
            known = found.get("where") == {"colour": "purple"}
            (mended if known else lost)["colour"] += 1
            assert known or len(found["query"].split()) >= 1
    assert min(mended["category"], mended["colour"], lost["category"]) > 5


def test_one_of_two_values_is_no_filter() -> None:
    shelf = Shelf(
        [
            Product(id=c, title=f"{c} boot", category="boot", price=1, attributes={"colour": c})
            for c in ("red", "blue")
        ]
    )
    wish = Wish("red or blue boots", ["red", "blue"], either=("red", "blue"), values=["boot"])
    assert search_arguments(wish, shelf) == {"query": "red blue", "category": "boot"}
    assert search_arguments(Wish("red boots, blue ones", values=["red", "blue", "boot"]), shelf) is None


def test_untidy_words_keep_what_must_be_kept() -> None:
    rng = random.Random(0)
    for _ in range(500):
        text = scruffy(
            rng, "i'd like a turquoise dress for mother's day, under 19.99 please", {"turquoise", "mother"}
        )
        assert "turquoise" in text.lower() and "mother's" in text.lower() and "19.99" in text


def test_a_story_holds_its_wish_and_nothing_that_could_be_searched_for() -> None:
    facets = {
        "colour": dict.fromkeys(("red", "blue", "black"), 1),
        "category": dict.fromkeys(("dress", "sofa"), 1),
    }
    rng = random.Random(0)
    for _ in range(200):
        told = rambling(rng, "a red dress under 50", "train")
        assert "a red dress under 50" in told and len(told) > len("a red dress under 50") + 5
        assert link(told, facets) == [("colour", "red"), ("category", "dress")]
    assert min(len(v) for v in phrases("stories.toml").values()) >= 30
    assert not any(re.search(r"\d", w) for v in phrases("stories.toml").values() for w in v)


def test_texts_that_give_orders_are_read_and_not_followed() -> None:
    read = [
        (turn, step)
        for turn in visits(160, name="hostile")
        for step in turn.steps
        if step.name == "details" and any(order in step.result for order in HOSTILE)
    ]
    assert len(read) > 4
    for turn, _ in read:
        assert [step.name for step in turn.steps] == ["details"]
        assert not any(order.lower() in turn.reply for order in HOSTILE)


def test_visits_are_now_and_then_long_and_shops_are_of_many_kinds() -> None:
    lengths = [len(simulate(f"long {s}", random_shelf(random.Random(s)), "train").turns) for s in range(200)]
    assert max(lengths) >= 10 and sum(lengths) / len(lengths) < 6
    shelves = [random_shelf(random.Random(seed)) for seed in range(200)]
    prices = [price for shelf in shelves for price in shelf.prices()]
    assert min(prices) < 3 and 10_000 < max(prices) <= 20_000
    fields = {name for shelf in shelves for name in shelf.facets}
    assert {"genre", "author", "storage", "screen size", "label", "weight", "frame colour"} <= fields


def test_no_reply_has_a_slot_left_or_a_figure_of_its_own() -> None:
    for turn in visits(90, name="replies"):
        assert "{" not in turn.reply and turn.reply == turn.reply.lower().replace("[p", "[P")
    for intent, replies in phrases("replies.toml").items():
        assert len(set(replies)) == len(replies) >= 5, intent
        assert not any(re.search(r"[0-46-9]", text) for text in replies)


def test_what_no_single_filter_is_to_blame_for_is_offered_without_two() -> None:
    shelf = Shelf([Product(id="1", title="x", category="boot", price=100, attributes={"colour": "red"})])
    shopper = Shopper(random.Random(0), shelf, "train")
    turn = Turn("search", "", "")
    shopper.run_search(turn, {"category": "boot", "where": {"colour": "blue"}, "max_price": 50})
    assert turn.steps[0].result == "0 found; without max price 50 and colour blue: 1"
    assert shopper.relax == {"category": "boot"}
    assert "without max price 50 and colour blue" in turn.reply and "1" in turn.reply


def test_nothing_is_recommended_of_a_kind_that_is_all_disliked() -> None:
    shelf = random_shelf(random.Random(3))
    kind = shelf.products[0].category
    shelf.products = [p for p in shelf.products if p.category != kind or p is shelf.products[0]]
    me = Shopper(random.Random(0), shelf, "train")
    me.disliked = [me.handle(shelf.products[0])]
    turns = [turn for _ in range(300) if (turn := recommend(me)) is not None]
    asked = {step.arguments.get("category") for turn in turns for step in turn.steps}
    assert kind.lower() not in asked and len(asked) > 1
