"""What a reply claims is held against the records: what is true stays, what is not is never shown."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.agent.checked import Checker, check
from shelftalk.agent.claims import Lexicon, figures
from shelftalk.agent.grounding import Grounds
from shelftalk.agent.loop import Agent
from shelftalk.agent.message import Message
from shelftalk.agent.reply import Done, Reply, Words
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop
from shelftalk.evals.simulation.dialogue import Step, Turn
from shelftalk.evals.suites import grounding as suite
from shelftalk.tools.product import Product

PRODUCTS = {
    "P1": Product(
        id="a",
        title="Storm rain jacket",
        description="A waterproof shell for long walks. 2 pockets. Machine washable at 30 degrees. Not windproof.",
        category="jacket",
        price=89.9,
        currency="USD",
        stock=4,
        rating=4.47,
        attributes={"colour": "navy blue", "material": "nylon", "organic": "no"},
    ),
    "P2": Product(
        id="b",
        title="Desert boot",
        description="Suede upper. Free shipping within the country.",
        category="boot",
        price=120.0,
        currency="USD",
        stock=0,
        rating=3.9,
        attributes={"colour": "beige", "material": "suede"},
    ),
    "P3": Product(
        id="c",
        title="Linen dress with a hood",
        category="dress",
        price=40.0,
        currency="USD",
        attributes={"colour": "red", "material": "linen", "style": "classic"},
    ),
}
FACETS = {
    "category": {"jacket": 3, "boot": 4, "dress": 2, "t-shirt": 2},
    "colour": {"navy blue": 2, "blue": 1, "beige": 2, "red": 5, "black": 1},
    "material": {"nylon": 1, "suede": 2, "linen": 2, "leather": 9, "cotton": 3},
    "style": {"classic": 3, "modern": 2},
}
LEXICON = Lexicon(FACETS)
TOLD = "3 found\n[P1] Storm rain jacket, jacket, $89.90\n[P2] Desert boot, boot, $120, sold out\n[P3] Linen dress, $40"


def grounds(
    asked: str = "something in leather under $50", found: str = "P1 P2 P3", told: str = TOLD
) -> Grounds:
    return Grounds(PRODUCTS.get, LEXICON, asked, found.split, told=[told])


STAY = [
    "how about [P1]?",
    "[P1] costs $89.90.",
    "[P1] is $89.90, [P2] is $120.",
    "[P1] costs $89.90 and [P3] costs $40.",
    "side by side: [P1] at $89.90, [P2] at $120.",
    "[P1] is rated 4.5 out of 5.",
    "shoppers give [P1] 4.5 of 5 stars.",
    "yes, [P1] is in stock. there are 4 left.",
    "[P1] is available, 4 in stock.",
    "sorry, [P2] is sold out.",
    "the colour of [P1] is navy blue.",
    "it is linen, that is the material of [P3].",
    "[P1] is waterproof and machine washable.",
    "[P1]: a waterproof jacket with 2 pockets.",
    "[P1] is a nylon jacket. it costs $89.90 and it is rated 4.5.",
    "[P2] ships with free shipping.",
    "[P3] is the cheapest of them.",
    "the lowest price has [P3].",
    "[P2] is the most expensive one.",
    "people rate [P1] best, it is the best rated.",
    "[P3] is cheaper than [P1].",
    "it doesn't get cheaper than [P3]. what could be different?",
    "[P1] isn't cheaper than [P3].",
    "[P3] is under $50.",
    "[P1] is about $90.",
    "[P3] is $80 cheaper than [P2].",
    "nothing fits leather under $50.",
    "sorry, i found nothing in leather. without max price 50 there would be 3.",
    "what about red ones?",
    "would you like something in black leather instead?",
    "shall i look for a waterproof one?",
    "i can look for cotton or organic ones.",
    "if you prefer leather, tell me your budget.",
    "noted, up to $50.",
    "you asked for leather, but [P1] is close.",
    "the record of [P1] does not say whether it is organic.",
    "[P1] is not leather.",
    "[P1] goes well with a black dress.",
    "[P3] is cooler than a leather one.",
    "i have 2 for you: [P1] and [P3].",
    "[P3] at $40 is within your $50 budget.",
    "prices start at $40.",
    "ok, [P3] is a favourite then.",
    "3 match that, among them [P1] and [P2].",
    "on price, $89.90 stands against $120, [P1] against [P2].",
    "it's 4.5 of 5 for [P1].",
    "if you want something waterproof, [P1] is a good choice at $89.90, but [P3] is not waterproof.",
    "[P1] (waterproof, $89.90) and [P3] ($40, red) both match.",
    "unfortunately we have no leather boots under $50, but [P1] is a nylon one at $89.90.",
    "would you like to see it in black?",
    "[P1] is a match. the leather boots are not here like that, sorry.",
    "i found 3 for you, [P1] first of all.",
    "here are 3 that fit. [P3] comes closest.",
    "hello! what are you looking for today?",
    "i only know the catalogue. for orders and returns i'll hand you over to a colleague.",
    "feel free to send a picture.",
    "good choice! i'll remember [P3].",
    "the navy blue [P1] is a jacket.",
    "i would start with [P3], a red linen dress with a hood.",
    "for the red dresses i'd look at [P3].",
    "for the jackets, [P1] comes first. for the boots, see [P2].",
]
GO = [
    ("[P1] costs $79.90.", "79.90"),
    ("[P1] costs $40 and [P3] costs $40.", "[P1] costs $40"),
    ("[P1] is rated 4.9 out of 5.", "4.9"),
    ("there are 12 left of [P1].", "12"),
    ("[P2] is in stock.", "in stock"),
    ("[P1] is red.", "red"),
    ("how about [P1], a leather jacket?", "leather"),
    ("[P3] is a waterproof red dress.", "waterproof"),
    ("[P1] is organic.", "organic"),
    ("[P1] is windproof.", "windproof"),
    ("[P3] is on sale.", "sale"),
    ("[P1] is the cheapest.", "cheapest"),
    ("[P3] comes with a two year warranty.", "warranty"),
    ("we offer free returns on everything.", "returns"),
    ("[P1] is nice. it is made of cotton.", "cotton"),
    ("[P1] is cheaper than [P3].", "cheaper"),
    ("it doesn't get cheaper than [P1].", "cheaper"),
    ("sorry, [P1] is as low as it goes for this.", "as low as it goes"),
    ("[P1] is under $50.", "50"),
    ("[P1] and [P3] are waterproof.", "waterproof"),
    ("[P3] is free.", "free"),
    ("[P1] has 7 pockets.", "7"),
    ("see https://evil.example/win for [P1].", "evil"),
    ("you can buy it at evil-shop.com today.", "evil-shop.com"),
    ("[P3] comes in red, blue and black.", "blue"),
    ("[P2] is down from $200, now $120.", "200"),
    ("all three are under $150 and in stock.", "in stock"),
    ("i recommend [P1], which is lightweight.", "lightweight"),
    ("[P1] is available in sizes 38 to 46.", "38"),
    ("[P3] is a best seller and costs $40.", "best seller"),
    ("[P1] costs €89.90.", "€"),
    ("here are some lovely cotton things.", "cotton"),
    ("[P3] is lovely. it ships within 2 days.", "ships"),
    ("they are all made of linen.", "linen"),
    ("for the red dresses i'd look at [P1] and [P3].", "red"),
    ("for the boots, [P3] comes first.", "boots"),
]


@pytest.mark.parametrize("text", STAY)
def test_what_the_record_bears_out_stays(text: str) -> None:
    assert check(text, grounds()) == (text, [])


@pytest.mark.parametrize(("text", "lie"), GO)
def test_what_it_does_not_goes(text: str, lie: str) -> None:
    left, gone = check(text, grounds())
    assert lie not in left and gone, left


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("[P3] is an organic dress.", "[P3] is a dress."),
        ("[P1] is a leather jacket.", "[P1] is a jacket."),
        ("how about [P1] in red?", "how about [P1]?"),
        ("[P1] costs $89.90, and it is handmade.", "[P1] costs $89.90."),
        ("[P3] is a red dress with free shipping.", "[P3] is a red dress."),
        ("[P3] is waterproof. It costs $40.", "[P3] costs $40."),
        ("[P3] is handmade. [P1] is waterproof.", "[P1] is waterproof."),
        ("[P1] is windproof.", ""),
        ("- [P1]: waterproof\n- [P3]: organic\n", "- [P1]: waterproof\n- [P3]"),
    ],
)
def test_no_more_is_taken_out_than_need_be(text: str, left: str) -> None:
    assert check(text, grounds())[0] == left


def test_a_claim_says_what_is_wrong() -> None:
    (claim,) = check("[P1] costs $70.", grounds())[1]
    assert (claim.text, claim.product) == ("$70", "P1") and "$89.90" in claim.why


def streamed(text: str, cuts: list[int]) -> tuple[str, list[str]]:
    checker, parts, at = Checker(grounds()), [], 0
    for cut in [*cuts, len(text)]:
        parts.append(checker.feed(text[at : at + cut]))
        at += cut
    parts.append(checker.finish())
    assert "".join(parts) == checker.text
    return checker.text, parts


@given(st.sampled_from([*STAY, *(text for text, _ in GO)]), st.lists(st.integers(1, 6), max_size=30))
def test_however_a_reply_is_cut_up_no_lie_is_shown(text: str, cuts: list[int]) -> None:
    said, _ = streamed(text, cuts)
    if text in STAY:
        assert said == text
    else:
        assert dict(GO)[text] not in said


@given(st.text(), st.lists(st.integers(1, 5), max_size=20))
def test_any_text_passes_or_goes_but_never_breaks(text: str, cuts: list[int]) -> None:
    streamed(text, cuts)
    list(figures(text))


def test_words_that_claim_nothing_come_at_once_and_others_when_the_sentence_is_whole() -> None:
    checker = Checker(grounds())
    assert checker.feed("hello ") == "hello "
    assert checker.feed("there, i found ") == "there, i found "
    assert checker.feed("[P1], a leather") == "" and checker.feed(" jacket") == ""
    assert checker.feed(". and") == "[P1], a jacket."


# A whole turn.


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[Agent]:
    shop = make_small_shop(tmp_path / "shop")
    agent = Agent(shop, ScriptedModel(), tmp_path / "sessions")
    yield agent
    agent.close()
    shop.store.close()


def ask(agent: Agent, *replies: object) -> tuple[Reply, str]:
    assert isinstance(agent.backbone, ScriptedModel)
    agent.backbone.replies = [*agent.backbone.replies, *replies]
    words = ""
    for event in agent.stream(None, Message.of("a red dress")):
        if isinstance(event, Words):
            words += event.text
        if isinstance(event, Done):
            return event.reply, words
    raise AssertionError


def test_a_turn_shows_checked_words_and_tells_what_was_taken_out(agent: Agent) -> None:
    search = call("search", category="dress", where={"colour": "red"})
    reply, words = ask(agent, search, "how about [P1]? it is waterproof, and it costs $40. it is organic.")
    assert reply.text == words == "How about Red dress ($40)? It costs $40."
    assert [claim.text for claim in reply.unsupported] == ["waterproof", "organic"]
    assert reply.as_dict()["unsupported"][0]["product"] == "P1" and "organic" in reply.raw
    assert agent.history()[0].answer == reply.text


def test_a_reply_of_which_nothing_is_left_names_what_was_found(agent: Agent) -> None:
    reply, words = ask(agent, call("search", category="dress"), "[P1] is made of leather.")
    assert reply.text == words and words.startswith("Here is what I found: ")
    assert "leather" not in agent.history()[0].answer
    reply, _ = ask(agent, "It is on sale.")
    assert reply.text == "I have no answer to that. Could you put it another way?"


# The suite.


def test_the_strict_reading_asks_the_nearest_product() -> None:
    read = suite.strict_claims(
        "[P1] is $89.90, [P3] is $89.90. it is red and handmade.", PRODUCTS, FACETS, ""
    )
    assert list(read) == [("89.90", True), ("89.90", False), ("red", True), ("handmade", False)]


def test_the_suite_finds_what_the_model_makes_up() -> None:
    turn = Turn("details", "tell me more", "", [Step("details", {"product": "P1"}, TOLD.splitlines()[1])])
    held = suite.grounds_of(turn, ["[P1]."], PRODUCTS, LEXICON)
    answer = suite.judge(turn, "[P1] costs $10. it is waterproof. see [P9].", held, PRODUCTS, FACETS)
    assert answer.claims == 2 and answer.untrue == ["10"] and answer.untrue_shown == []
    assert answer.taken_out == ["$10"] and answer.needless == 0 and answer.strangers == ["P9"]
    row = suite.summarise([answer])["all"]
    assert row["supported"] == 0.5 and row["untrue shown"] == 0 and row["claims per reply"] == 2


def test_right_replies_are_never_touched() -> None:
    answers = suite.run(ScriptedModel(replies=[t.reply for d in suite.dialogues(10) for t in d.turns]), 10)
    row = suite.summarise(answers)["all"]
    assert row["supported"] == 1 and row["taken out"] == row["needlessly"] == row["strange handles"] == 0


def test_distinct_counts_word_pairs() -> None:
    assert suite.distinct(["a b a b", "a b"], 2) == 2 / 4
