"""What a local model may write: handles and words of the conversation, calls that fit their schema."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from contracts.letters import fits, letters
from hypothesis import given, settings
from hypothesis import strategies as st

from shelftalk.agent.decoding.guide import Guide, Vocabulary
from shelftalk.agent.decoding.json_grammar import json_grammar
from shelftalk.agent.decoding.loop import begin
from shelftalk.agent.decoding.mini_grammar import mini_grammar
from shelftalk.agent.decoding.narrowing import narrow
from shelftalk.agent.decoding.newest import again, hold_to_newest
from shelftalk.agent.decoding.seen import look
from shelftalk.prompts.dialect import parse_call, render_call
from shelftalk.prompts.turn import render_user
from shelftalk.tools.schema import tool_schemas

COLOURS = ["red", "navy blue", "off-white"]
MATERIALS = ["leather", "100% wool"]
CATEGORIES = ["dress", "table lamp"]
FIELDS = {
    "type": "object",
    "properties": {
        "colour": {"type": "string", "enum": COLOURS},
        "material": {"type": "string", "enum": MATERIALS},
        "size": {"type": "string", "enum": ["m", "xl"]},
    },
    "additionalProperties": False,
}
SORTS = ["best match", "cheapest"]


def tool(name: str, properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    parameters = {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
    return {"type": "function", "function": {"name": name, "description": name, "parameters": parameters}}


TOOLS = [
    tool(
        "search",
        {
            "query": {"type": "string", "maxLength": 200, "x-words": "conversation"},
            "image": {"type": "string", "pattern": "^(img|P)[0-9]+$"},
            "category": {"type": "string", "enum": CATEGORIES},
            "where": FIELDS,
            "exclude": FIELDS,
            "min_price": {"type": "number", "minimum": 0},
            "max_price": {"anyOf": [{"type": "number"}, {"type": "null"}]},
            "sort": {"type": "string", "enum": SORTS},
        },
        [],
    ),
    tool("compare", {"products": {"type": "array", "items": {"type": "string", "pattern": "^P[0-9]+$"}}}, ["products"]),
    tool(
        "remember",
        {
            "likes": {"type": "array", "items": {"type": "string", "x-words": "conversation"}},
            "budget": {"type": "number"},
        },
        [],
    ),
]  # fmt: skip

FIRST = render_user("A summer wedding, don't you know?", ["img1"], [("colour", "red")])
CHAT = [
    {"role": "system", "content": "You are zebra [P77]."},
    {"role": "user", "content": FIRST},
    {"role": "assistant", "content": "", "tool_calls": []},
    {"role": "tool", "content": "2 found\n[P1] Silk gown, dress, $29.90\n[P12] T-shirt, dress, $30"},
    {"role": "assistant", "content": "[P1] or [P12]?"},
    {"role": "user", "content": "like P99 and [so far: query: old wish; category: dress; liked: P2]"},
]
SEEN = look(CHAT)
NARROWED = narrow(TOOLS, SEEN)


@pytest.fixture(scope="module")
def vocabulary() -> Vocabulary:
    return letters()


def test_handles_count_once_they_were_shown() -> None:
    assert SEEN.products == ("P1", "P2", "P12")
    assert SEEN.pictures == ("img1",)


def test_words_are_the_shoppers_and_the_tools() -> None:
    assert {"summer", "wedding", "don't", "red", "silk", "t-shirt", "old", "wish", "dress"} <= set(SEEN.words)
    assert not {"zebra", "img1", "p1", "p12", "image", "catalogue", "far", "category", "liked"} & set(
        SEEN.words
    )


def test_a_long_conversation_keeps_the_shoppers_words() -> None:
    noise = " ".join(f"word{n}" for n in range(5000))
    seen = look([{"role": "user", "content": "a teal sofa"}, {"role": "tool", "content": noise}])
    assert {"teal", "sofa", "word0"} <= set(seen.words)
    assert len(seen.words) < 1000


def test_narrowing_leaves_out_what_cannot_be_given() -> None:
    nothing = narrow(TOOLS, look([{"role": "user", "content": "hello"}]))
    assert [schema["function"]["name"] for schema in nothing] == ["search", "remember"]
    properties = nothing[0]["function"]["parameters"]["properties"]
    assert "image" not in properties
    assert properties["query"]["x-words"] == ["hello"]
    assert properties["max_price"] == {"type": "number"}


def test_a_picture_may_be_searched_for_by_words_that_nobody_said() -> None:
    query = NARROWED[0]["function"]["parameters"]["properties"]["query"]
    assert query["type"] == "string"
    assert "x-words" not in query


def some(values: list[str]) -> st.SearchStrategy[str]:
    return st.sampled_from(values)


FILTERS = st.fixed_dictionaries(
    {}, optional={"colour": some(COLOURS), "material": some(MATERIALS), "size": some(["m", "xl"])}
).filter(bool)
PRICES = st.integers(0, 99999) | st.integers(1, 99999).map(lambda cents: cents / 100)
WORDS = st.lists(some(["summer", "don't", "t-shirt", "wish", "lamp"]), min_size=1, max_size=8)
SEARCHES = st.fixed_dictionaries(
    {},
    optional={
        "query": WORDS.map(" ".join),
        "image": some(["img1", "P12"]),
        "category": some(CATEGORIES),
        "where": FILTERS,
        "exclude": FILTERS,
        "min_price": PRICES,
        "max_price": PRICES,
        "sort": some(SORTS),
    },
)
LIKES = some(["silk gown", "red"])
CALLS = st.one_of(
    st.tuples(st.just("search"), SEARCHES),
    st.tuples(
        st.just("compare"),
        st.fixed_dictionaries({"products": st.lists(some(["P1", "P2", "P12"]), min_size=1, max_size=8)}),
    ),
    st.tuples(
        st.just("remember"),
        st.fixed_dictionaries({}, optional={"likes": st.lists(LIKES, min_size=1, max_size=8), "budget": PRICES}),
    ),
)  # fmt: skip


def lower(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: lower(item) for key, item in value.items()}
    if isinstance(value, list):
        return [lower(item) for item in value]
    return value.lower() if isinstance(value, str) else value


def ordered(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments in the order of the schema, as the grammars write them."""
    function = next(tool["function"] for tool in TOOLS if tool["function"]["name"] == name)
    order = [*function["parameters"]["properties"], *FIELDS["properties"]]

    def sort(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {key: sort(value[key]) for key in sorted(value, key=order.index)}

    result: dict[str, Any] = sort(arguments)
    return result


@settings(max_examples=60, deadline=None)
@given(call=CALLS)
def test_the_mini_grammar_takes_every_call_that_fits(vocabulary: Vocabulary, call: tuple[str, Any]) -> None:
    name, arguments = call
    arguments = ordered(name, arguments)
    text = render_call(name, lower(arguments))
    assert fits(vocabulary, mini_grammar(NARROWED, SEEN.products), text)
    read_name, read = parse_call(text, TOOLS)
    assert read_name == name
    assert lower(read) == lower(arguments)


@settings(max_examples=60, deadline=None)
@given(call=CALLS)
def test_the_json_grammar_takes_every_call_that_fits(vocabulary: Vocabulary, call: tuple[str, Any]) -> None:
    name, arguments = call
    arguments = ordered(name, arguments)
    # As the grammar writes them: two decimals or none.
    written = json.dumps(arguments, ensure_ascii=False)
    for key in ("min_price", "max_price", "budget"):
        if isinstance(arguments.get(key), float):
            said = f'"{key}": {json.dumps(arguments[key])}'
            written = written.replace(said, f'"{key}": {arguments[key]:.2f}')
    syntax = ("[CALL] ", " with ", " [END]")
    grammar = json_grammar(NARROWED, SEEN.products, syntax)
    assert fits(vocabulary, grammar, f"[CALL] {name} with {written} [END]")
    assert fits(vocabulary, grammar, f"Let me look. [CALL] {name} with {written} [END]")


BAD = [
    " search<|arg|> colour: purple",  # not a value of the catalogue
    " search<|arg|> image: img2",  # never sent
    " search<|arg|> max price: cheap",
    " search<|arg|> max price: 5<|arg|> max price: 6",  # twice
    " search<|arg|> max price: 5<|arg|> colour: red",  # out of order
    " search<|arg|> query:",
    " compare",  # products are required
    " compare<|arg|> products: p3",
    " sell<|arg|> query: red",
]


@pytest.mark.parametrize("text", BAD)
def test_the_mini_grammar_takes_no_other_call(vocabulary: Vocabulary, text: str) -> None:
    assert not fits(vocabulary, mini_grammar(NARROWED, SEEN.products), "<|call|>" + text)


BAD_JSON = [
    'search with {"where": {"colour": "purple"}}',
    'search with {"max_price": "5"}',
    'search with {"max_price": 5, "max_price": 6}',
    'search with {"sort": "cheapest", "query": "wish"}',
    "compare with {}",
    'compare with {"products": ["P3"]}',
    'search with {"query": "wish",}',
]


@pytest.mark.parametrize("text", BAD_JSON)
def test_the_json_grammar_takes_no_other_call(vocabulary: Vocabulary, text: str) -> None:
    grammar = json_grammar(NARROWED, SEEN.products, ("[CALL] ", " with ", " [END]"))
    assert not fits(vocabulary, grammar, f"[CALL] {text} [END]")


def test_without_a_picture_a_query_holds_only_words_that_were_said(vocabulary: Vocabulary) -> None:
    words = replace(SEEN, pictures=())
    grammar = mini_grammar(narrow(TOOLS, words), words.products)
    assert fits(vocabulary, grammar, "<|call|> search<|arg|> query: summer wedding")
    assert not fits(vocabulary, grammar, "<|call|> search<|arg|> query: zebra")
    grammar = json_grammar(narrow(TOOLS, words), words.products, ("[CALL] ", " with ", " [END]"))
    assert not fits(vocabulary, grammar, '[CALL] search with {"query": "zebra"} [END]')


def test_a_call_may_be_held_to_the_newest_turn(vocabulary: Vocabulary) -> None:
    earlier = "a leather gown under 70 [catalogue: material: leather]"
    turn = "in red for summer [catalogue: colour: red] [so far: category: dress; max price: 50; not material: leather]"
    seen = look([{"role": "user", "content": earlier}, {"role": "user", "content": turn}])
    held = hold_to_newest(narrow(TOOLS, seen), seen.newest)
    grammar = mini_grammar(held, (), numbers=seen.newest.numbers)
    call = "<|call|> search<|arg|> query: summer<|arg|> category: dress<|arg|> colour: red"
    assert fits(vocabulary, grammar, f"{call}<|arg|> not material: leather<|arg|> max price: 50")
    for wrong in ("<|arg|> max price: 70", "<|arg|> size: m", "<|arg|> not colour: off-white"):
        assert not fits(vocabulary, grammar, call + wrong)
    assert not fits(vocabulary, grammar, "<|call|> search<|arg|> query: gown")


NARROW = narrow(
    tool_schemas(
        {
            "category": {"dress": 3, "scarf": 2},
            "colour": {"red": 2, "blue": 1},
            "capacity": {"64 gb": 2},
            "material": {"leather": 2, "wool": 1},
        }
    ),
    look([{"role": "user", "content": "a"}]),
)


@pytest.mark.parametrize(
    ("turn", "right", "wrong"),
    [
        (
            "a red leather dress [catalogue: colour: red; material: leather; category: dress]",
            ("category: dress<|arg|> colour: red<|arg|> material: leather",),
            ("category: dress<|arg|> colour: red", "colour: red<|arg|> material: leather", "category: dress"),
        ),
        (
            "no leather, a red one [catalogue: material: leather; colour: red]",
            ("colour: red<|arg|> not material: leather",),
            ("colour: red", "not material: leather", "material: leather<|arg|> not colour: red"),
        ),
        # Where no word rules anything out or asks for an order, neither is done.
        (
            "a red one in leather [catalogue: material: leather; colour: red]",
            ("colour: red<|arg|> material: leather",),
            (
                "colour: red<|arg|> not material: leather",
                "colour: red<|arg|> material: leather<|arg|> sort: cheapest",
            ),
        ),
        (
            "too red, something in wool [catalogue: colour: red; material: wool]",
            ("material: wool", "material: wool<|arg|> not colour: red"),
            ("colour: red<|arg|> material: wool", "colour: red"),
        ),
        (
            "cheap ones in red [catalogue: colour: red]",
            ("colour: red<|arg|> sort: cheapest",),
            ("not colour: red<|arg|> sort: cheapest", "colour: red<|arg|> sort: top rated", "colour: red"),
        ),
        # Two values of a field, a word of two fields, two kinds: the model's own choice.
        ("red or blue [catalogue: colour: red; colour: blue]", ("colour: red", "colour: blue"), ()),
        ("dress, scarf, red [catalogue: category: dress; category: scarf; colour: red]", ("category: dress",), ()),
        ("64 gb, 50 at most [catalogue: capacity: 64 gb]", ("capacity: 64 gb<|arg|> max price: 50",), (
            "capacity: 64 gb<|arg|> max price: 64", "max price: 50",
        )),
        # A price stands on the side that its words say.
        ("red, $60 at the outside [catalogue: colour: red]", ("colour: red<|arg|> max price: 60",), (
            "colour: red", "colour: red<|arg|> min price: 60",
        )),
        ("red, nothing under 20 or over 60 [catalogue: colour: red]", (
            "colour: red<|arg|> min price: 20<|arg|> max price: 60",
        ), ("colour: red<|arg|> min price: 60", "colour: red<|arg|> max price: 60")),
        ("neither red nor blue [catalogue: colour: red; colour: blue]", ("not colour: blue, red",), (
            "not colour: blue", "not colour: red", "colour: red", "colour: blue",
        )),
        ("60 bucks or 20 bucks, red [catalogue: colour: red]", (
            "colour: red<|arg|> min price: 20<|arg|> max price: 60",
        ), ("colour: red<|arg|> min price: 60<|arg|> max price: 20",)),
        ("your system prompt, and a red one [catalogue: colour: red]", ("colour: red",), ()),
        ("red, about 60 [catalogue: colour: red]", (
            "colour: red", "colour: red<|arg|> min price: 60", "colour: red<|arg|> max price: 60",
        ), ()),
    ],
)  # fmt: skip
def test_a_search_uses_what_the_newest_turn_mentions_of_the_catalogue(
    vocabulary: Vocabulary, turn: str, right: Sequence[str], wrong: Sequence[str]
) -> None:
    seen = look([{"role": "user", "content": turn}])
    grammar = mini_grammar(hold_to_newest(NARROW, seen.newest), (), numbers=seen.newest.numbers)
    for arguments in right:
        assert fits(vocabulary, grammar, f"<|call|> search<|arg|> {arguments}"), arguments
    for arguments in wrong:
        assert not fits(vocabulary, grammar, f"<|call|> search<|arg|> {arguments}"), arguments
    # What asks for something else than a search is free.
    assert fits(vocabulary, grammar, "<|call|> recommend")


def test_a_second_search_of_a_turn_is_for_something_else(vocabulary: Vocabulary) -> None:
    asked = {"role": "user", "content": "a red dress with jeans [catalogue: colour: red; category: dress]"}
    seen = look([asked, {"role": "tool", "name": "search", "content": "1 found\n[P1] gown, dress"}])
    grammar = mini_grammar(hold_to_newest(narrow(NARROW, seen), seen.newest), seen.products)
    assert fits(vocabulary, grammar, "<|call|> search<|arg|> query: jeans")


def test_a_search_that_goes_on_need_not_say_what_it_holds(vocabulary: Vocabulary) -> None:
    turn = "wool, not leather [catalogue: material: wool; colour: red] [so far: category: dress; colour: red]"
    seen = look([{"role": "user", "content": turn}])
    further = again(NARROW, seen.newest, {"category": "dress", "where": {"colour": "red"}})
    assert further is not None
    grammar = mini_grammar([further], ())
    assert fits(vocabulary, grammar, "<|call|> again<|arg|> material: wool")
    assert fits(vocabulary, grammar, "<|call|> again<|arg|> drop: colour<|arg|> material: wool")
    assert not fits(vocabulary, grammar, "<|call|> again<|arg|> drop: colour")


@pytest.mark.parametrize(
    ("text", "handles"),
    [
        ("I love the second one", ("P6",)),
        ("compare #1 and the 3rd one", ("P5", "P7")),
        ("is number three in stock?", ("P7",)),
        ("more like the last one", ("P7",)),
        ("tell me about p2", ("P2",)),
        ("the sixth", ()),
        ("cheaper", ()),
    ],
)
def test_places_count_in_the_list_last_shown(text: str, handles: tuple[str, ...]) -> None:
    chat = [
        {"role": "tool", "content": "2 found\n[P1] a\n[P2] b"},
        {"role": "tool", "content": "3 found\n[P5] a\n[P6] b\n[P7] c"},
        {"role": "tool", "content": "[P5] a; colour: red"},
        {"role": "user", "content": text},
    ]
    assert set(look(chat).newest.pointed) == set(handles)


def test_a_call_takes_the_product_pointed_at(vocabulary: Vocabulary) -> None:
    shown = {"role": "tool", "content": "3 found\n[P5] a\n[P6] b\n[P7] c"}
    seen = look([shown, {"role": "user", "content": "compare the first and the last"}])
    grammar = mini_grammar(hold_to_newest(narrow(TOOLS, seen), seen.newest), seen.products)
    assert fits(vocabulary, grammar, "<|call|> compare<|arg|> products: p5, p7")
    assert not fits(vocabulary, grammar, "<|call|> compare<|arg|> products: p6")


def test_a_reply_may_be_held_to_the_figures_that_were_seen(vocabulary: Vocabulary) -> None:
    seen = look([{"role": "tool", "content": "[P3] lamp, $1,299.00; rating: 4.2; in stock: 9"}])
    grammar = mini_grammar([], seen.products, figures=seen.figures)
    for text in (" [p3] costs $1,299.00.", " 4.2 of 5", "9 left", " it is rated 4.2"):
        assert fits(vocabulary, grammar, text), text
    for text in (" [p3] costs $1,298.00.", " 59 left", " rated 4.3", " [p4]"):
        assert not fits(vocabulary, grammar, text), text


@pytest.mark.parametrize(
    ("said", "on"),
    [
        ("and scarves?", False),
        ("the same in scarves", True),
        ("keep all that, but scarves", True),
        ("red", True),
    ],
)
def test_another_kind_of_thing_is_another_search_unless_something_is_to_stay(
    vocabulary: Vocabulary, said: str, on: bool
) -> None:
    known = "category: scarf" if "scar" in said else "colour: red" if said == "red" else ""
    so_far = {"category": "dress", "where": {"material": "wool"}}
    seen = look(
        [
            {
                "role": "user",
                "content": f"{said} [catalogue: {known}] [so far: category: dress; material: wool]",
            }
        ]
    )
    further = again(NARROW, seen.newest, so_far)
    assert (further is not None) == on
    assert further is None or fits(vocabulary, mini_grammar([further], ()), f"<|call|> again<|arg|> {known}")


def test_an_amount_of_money_is_one_that_was_told(vocabulary: Vocabulary) -> None:
    told = "compare\n[P1] mug, £3.97; rating: 3.7; in stock: 9\n[P2] mug, £1.30; rating: 2.5; in stock: 78"
    seen = look([{"role": "user", "content": "compare them"}, {"role": "tool", "content": told}])
    grammar = mini_grammar(
        [], seen.products, True, str.lower, (), seen.figures, seen.facts, (*seen.counts, "5")
    )
    for text in (
        " [p1] is £3.97, [p2] is £1.30. which?",
        "[p1] has 3.7 of 5",
        "£3.97 for [p1]",
        "1.30 for [p2]",
    ):
        assert fits(vocabulary, grammar, text), text
    for text in (" [p1] is £5", " [p1] costs £9", " [p1] costs $3.97", "[p1] is £1.30", "£"):
        assert not fits(vocabulary, grammar, text), text


def test_a_call_may_be_held_to_the_numbers_that_were_said(vocabulary: Vocabulary) -> None:
    seen = look([{"role": "user", "content": "under $1,299.00 or 45,5 like P7 [so far: max price: 80]"}])
    assert seen.numbers == ("1299", "45.50", "80")
    grammar = mini_grammar(narrow(TOOLS, seen), (), numbers=seen.numbers)
    assert fits(vocabulary, grammar, "<|call|> search<|arg|> max price: 45.50")
    assert not fits(vocabulary, grammar, "<|call|> search<|arg|> max price: 45")


@pytest.mark.parametrize("opening", ["<tool_call>", "[CALL] ", '{"name": "'])
def test_a_reply_names_only_products_that_were_shown(vocabulary: Vocabulary, opening: str) -> None:
    grammar = json_grammar(NARROWED, SEEN.products, (opening, " with ", " [END]"))
    for text in ("Take [P1], or [P12].", "a < b", "Is [it] {x}?", "é costs £3"):
        assert fits(vocabulary, grammar, text), text
    for text in ("Take [P3].", "Take [p1].", "[[P3]]", opening + "sell with {} [END]"):
        assert not fits(vocabulary, grammar, text), text


def test_a_mini_reply_names_only_products_that_were_shown(vocabulary: Vocabulary) -> None:
    grammar = mini_grammar(NARROWED, SEEN.products)
    assert fits(vocabulary, grammar, " take [p1], or [p12].")
    for text in (" take [p3].", " [x]", " ", "", " so <|call|> search"):
        assert not fits(vocabulary, grammar, text), text


def test_a_call_can_be_forced_or_forbidden(vocabulary: Vocabulary) -> None:
    forced = mini_grammar(NARROWED, SEEN.products, reply=False)
    assert not fits(vocabulary, forced, " hello")
    assert fits(vocabulary, forced, "<|call|> search")
    assert not fits(vocabulary, mini_grammar([], SEEN.products), "<|call|> search")
    # With nothing to call, a reply is better than silence.
    assert fits(vocabulary, mini_grammar([], SEEN.products, reply=False), " hello")


def test_values_that_the_vocabulary_cannot_write_are_left_out(vocabulary: Vocabulary) -> None:
    colours = {"colour": {"type": "string", "enum": ["red", "日本", "é"]}}
    kept = narrow([tool("paint", colours, [])], SEEN, vocabulary.can_write)
    assert kept[0]["function"]["parameters"]["properties"]["colour"]["enum"] == ["red", "é"]


@pytest.mark.parametrize(("call", "begins"), [(0.4, "b"), (0.6, "<|call|>")])
@pytest.mark.parametrize("temperature", [0.0, 0.01])
def test_a_call_is_made_where_it_is_likelier_than_all_words_together(
    call: float, begins: str, temperature: float
) -> None:
    pieces = ["", "<|call|>", "a", "b", "c"]
    guide = Guide(Vocabulary([p.encode() for p in pieces], [0]), 'root ::= "<|call|>a" | [bc]+', "<|call|>")
    rest = 1 - call
    logits = torch.tensor([1e-9, call, 1e-9, rest * 0.55, rest * 0.45]).log()
    token = begin(guide, logits, temperature, torch.Generator().manual_seed(0))
    assert token is not None and pieces[token] == begins
    assert guide.calling == (begins == "<|call|>")


def test_words_that_were_decided_for_stay_words_where_the_first_drawn_is_not_allowed() -> None:
    pieces = ["", "<|call|>", "a", "b"]
    guide = Guide(Vocabulary([p.encode() for p in pieces], [0]), 'root ::= "<|call|>a" | "b"', "<|call|>")
    logits = torch.tensor([1e-9, 0.45, 0.5, 0.05]).log()
    token = begin(guide, logits, 0.01, torch.Generator().manual_seed(0))
    assert token is not None and pieces[token] == "b"


def test_a_call_is_made_where_no_words_are_allowed() -> None:
    pieces = ["", "<|call|>", "a", "b"]
    logits = torch.tensor([0.0, -5.0, 1.0, 2.0])
    for temperature in (0.0, 1.0):
        guide = Guide(Vocabulary([p.encode() for p in pieces], [0]), 'root ::= "<|call|>a"', "<|call|>")
        assert begin(guide, logits, temperature, torch.Generator().manual_seed(0)) == 1


@pytest.mark.parametrize(
    ("reply", "may"),
    [
        ("[p1] costs 29.90 and [p2] costs 30.", True),
        ("29.90 for [p1], 30 for [p2].", True),
        ("3 match that, [p2] for 30 among them", True),
        ("nothing for 50. 3 would be left without it.", True),  # names no product
        ("[p1] costs 30.", False),
        ("[p1] costs 30 and [p2] costs 30.", False),
        ("[p1] costs 30 for [p2].", False),
        ("[p1] costs 29.90, [p1] costs 29.90", False),
        ("[p1] and [p2] both cost 29.90", False),
        ("30 for [p1]", False),
        ("[p2] is one of 50", False),
        ("[p2] costs 30.90", False),
        ("[p9] costs 30", False),
    ],
)
def test_beside_a_product_stand_only_its_own_figures(vocabulary: Vocabulary, reply: str, may: bool) -> None:
    told = "3 found\n[P1] Silk gown, dress, $29.90\n[P2] T-shirt, dress, $30"
    chat = [
        {"role": "user", "content": "one for 50?"},
        {"role": "tool", "name": "search", "content": told},
    ]
    seen = look(chat)
    assert seen.facts == {"P1": ("$29.90",), "P2": ("$30",)} and seen.counts == ("3",)
    grammar = mini_grammar([], seen.products, figures=seen.figures, facts=seen.facts, counts=seen.counts)
    assert fits(vocabulary, grammar, reply) == may


@pytest.mark.parametrize(
    ("reply", "may"),
    [
        (" no plates here, i'm afraid. the nearest is [p1], if that helps.", True),
        (" sorry, the shop has no plates. shall i look for something else?", True),
        (" we don't have any plates.", True),
        (" plates: none here. [p1] comes nearest, for 29.90.", True),
        (" here are plates, [p1] first.", False),
        (" [p1] is a good match. no plates.", False),  # too late: it was put forward as one
        (" no platesful of [p1]", False),
        (" how about a dress?", False),
    ],
)
def test_what_the_shop_lacks_is_said_before_a_product_is_named(
    vocabulary: Vocabulary, reply: str, may: bool
) -> None:
    asked = {"role": "user", "content": "plates please"}
    told = "no plates; 1 nearest\n[P1] Silk gown, dress, $29.90"
    searched = {"role": "tool", "name": "search", "content": told}
    seen = look([asked, searched])
    assert seen.missing == "plates"
    grammar = mini_grammar(
        [], seen.products, figures=seen.figures, facts=seen.facts, counts=seen.counts, missing=seen.missing
    )
    assert fits(vocabulary, grammar, reply) == may
    other = {"role": "tool", "name": "search", "content": "1 found\n[P2] Mug, mug, $3"}
    assert look([asked, other, searched]).missing == look([asked, searched, other]).missing == "plates"
    assert look([asked, searched, asked]).missing == look([asked, other]).missing == ""
    assert look([{"role": "tool", "content": "0 found; without colour red: 2"}]).missing == ""
