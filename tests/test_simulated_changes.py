from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator

from shelftalk.evals.simulation import questions, talking, wishing
from shelftalk.evals.simulation.dialogue import Turn
from shelftalk.evals.simulation.lexicon import ORDERS
from shelftalk.evals.simulation.refining import refine
from shelftalk.evals.simulation.requests import amounts, new_wish, price_phrase
from shelftalk.evals.simulation.shelves import Shelf, random_shelf
from shelftalk.evals.simulation.shopper import Shopper
from shelftalk.evals.simulation.wordings import phrases, wordings
from shelftalk.tools.product import Product


def shelf() -> Shelf:
    return Shelf(
        [
            Product(
                id=f"{kind}{n}",
                title=f"{colour} {kind}",
                category=kind,
                price=10.0 + 7 * n,
                attributes={"colour": colour, "material": cloth} if n else {"colour": colour},
            )
            for kind in ("rug", "cushion", "mug")
            for n, (colour, cloth) in enumerate(
                (("red", "wool"), ("blue", "linen"), ("green", "silk"), ("pink", "jute"))
            )
        ]
    )


def shoppers(count: int) -> Iterator[Shopper]:
    for seed in range(count):
        yield Shopper(random.Random(seed), shelf(), "train")


def said(turn: Turn) -> str:
    return turn.user.partition(" [")[0].lower()


def test_the_answer_to_a_question_holds_what_was_asked_for() -> None:
    counts = Counter[str]()
    for me in shoppers(300):
        product = me.rng.choice(me.shelf.products)
        asked = questions.ask_field(me, "the red one", product)
        assert asked is not None
        text, _, answer = asked
        about = "material" if "material" in answer else "colour" if "colour" in answer else "nothing"
        counts[about] += 1
        if about == "nothing":
            assert not any(value in answer for value in product.attributes.values())
        else:
            assert product.attributes[about] in answer and "the red one" in text
    assert min(counts.values()) > 10


def test_whether_a_thing_is_of_a_value_is_answered_from_its_record() -> None:
    counts = Counter[bool]()
    for me in shoppers(300):
        product = me.rng.choice(me.shelf.products)
        asked = questions.ask_value(me, "it", product)
        if asked is not None:
            text, (_, value), answer = asked
            so = value in product.attributes.values()
            counts[so] += 1
            assert value in text and (value in answer) == so
            assert any(own in answer for own in product.attributes.values())
            assert not (so and re.match(r"no\b|not\b|it isn't", answer))
    assert min(counts[True], counts[False]) > 50


def test_what_a_description_names_is_there_and_nothing_else() -> None:
    product = Product(id="1", title="rug", category="rug", description="A rug. With pockets and a hood.")
    counts = Counter[bool]()
    for me in shoppers(200):
        asked = questions.ask_feature(me, "it", product)
        if asked is not None:
            _, (_, feature), answer = asked
            counts[feature in answer] += 1
            assert (feature in answer) == (feature in ("pockets", "a hood"))
    assert min(counts.values()) > 20


def test_each_field_can_be_asked_about_in_words_that_are_held_out() -> None:
    every = phrases("questions.toml")
    assert {"material", "colour", "brand", "size"} <= every.keys()
    for key, ways in every.items():
        assert wordings(key, "test", "questions.toml") and all("{h}" in way for way in ways)
        assert len(set(ways)) == len(ways)


def test_what_is_ruled_out_first_still_holds_for_what_is_asked_for_next() -> None:
    kept = 0
    for me in shoppers(200):
        first = wishing.rule_out(me)
        if first is None:
            continue
        (step,) = first.steps
        assert step.arguments.keys() == {"exclude"}
        after = wishing.within(me)
        if after is not None:
            kept += 1
            assert after.kind == "refine" and after.steps[0].arguments["exclude"] == step.arguments["exclude"]
            excluded = step.arguments["exclude"].items()
            assert not excluded & after.steps[0].arguments.get("where", {}).items()
    assert kept > 50


def test_the_cheapest_too_dear_still_is_no_search_unless_a_price_is_named() -> None:
    named = told = 0
    for me in shoppers(400):
        turn = me.turn("search", "the cheapest rugs")
        me.run_search(turn, {"category": "rug", "sort": "cheapest"}, fresh=True)
        dear = talking.still_dear(me)
        assert dear is not None and not dear.steps
        assert f"[{me.handle(me.listed[0])}]" in dear.reply
        told += 1
        again = refine(me)
        named += again is not None and again.steps[0].arguments.keys() == {"category", "max_price", "sort"}
    assert told == 400 and named > 20
    me.run_search(me.turn("search", "mugs"), {"category": "mug"}, fresh=True)
    assert talking.still_dear(me) is None


def test_one_of_two_wishes_goes_on_alone() -> None:
    firsts = seconds = 0
    for me in shoppers(400):
        two = wishing.two(me)
        if two is None:
            continue
        before, last = (step.arguments for step in two.steps)
        turn = wishing.just_one(me)
        if turn is None:
            continue
        (step,) = turn.steps
        if turn.kind == "switch":
            firsts += 1
            assert step.arguments["category"] == before["category"] and not turn.so_far
            assert before.get("where", {}).items() <= step.arguments.get("where", {}).items()
            assert all(value in said(turn) for value in step.arguments.get("where", {}).values())
        else:
            seconds += 1
            assert step.arguments["category"] == last["category"] and step.arguments != last
    assert min(firsts, seconds) > 10


def test_both_bounds_of_a_price_are_set_and_in_one_currency() -> None:
    rng = random.Random(0)
    both = 0
    for _ in range(400):
        low, high = amounts(rng, 40, 90)
        assert re.sub("40", "", low) in ("", re.sub("90", "", high))
        words, prices = price_phrase(rng, shelf(), "train")
        if len(re.findall(r"\d+", words)) > 1:
            both += 1
            assert prices.keys() == {"min_price", "max_price"}
    assert both > 30


def test_no_wish_is_sorted_without_a_word_for_it() -> None:
    words = [word for word, _ in ORDERS]
    plain = 0
    for seed in range(600):
        rng = random.Random(seed)
        goods = random_shelf(rng, 20)
        wish = new_wish(rng, goods, rng.choice(goods.products), "search", "train")
        if wish is not None:
            assert "sort" not in wish.prices or any(word in wish.text for word in words)
            plain += "sort" not in wish.prices
    assert plain > 400
