"""The tools as a caller sees them, over a real store of a few products."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelftalk.tools.errors import ToolError, UsageError
from shelftalk.tools.fusion import blend, fuse
from shelftalk.tools.scores.ease import EASE
from shelftalk.tools.scores.interactions import make_interactions
from shelftalk.tools.shop import Shop
from shelftalk.tools.store import Store
from shelftalk.tools.toolbox import load_tool, tool_names, tool_schemas
from shelftalk.tools.visit import Result, Visit

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder, behaviour, catalogue, draw, make_store


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    encoder: Any = BagEncoder()
    folder = tmp_path_factory.mktemp("shop") / "store"
    make_store(folder)
    with Store.open(folder, encoder) as store:
        yield Shop(store, encoder, behaviour())


@pytest.fixture
def visit(shop: Shop, tmp_path: Path) -> Visit:
    return Visit(shop, pictures=tmp_path)


def call(visit: Visit, tool: str, *given: Any, **named: Any) -> Result:
    return load_tool(tool)(visit, *given, **named)


def ids(result: Result) -> list[str]:
    return [hit.product.id for hit in result.hits]


# Search.


def test_words_find_what_they_name_and_the_list_is_numbered(visit: Visit) -> None:
    result = call(visit, "search", "red leather boots", n=2)
    assert ids(result)[0] == "red-boot-0"
    assert result.text.splitlines()[0] == "2 best matches"
    assert result.text.splitlines()[1] == "[P1] Leather boot in red number 0, boot, $90"
    assert visit.state.shown[0] == "red-boot-0" and visit.state.last_hits == result.hits


def test_a_hits_parts_add_up_to_its_score(visit: Visit) -> None:
    assert set(call(visit, "search", "red boots").hits[0].parts) >= {"lexical", "popularity"}
    visit.state.likes.append("blue-lamp-0")
    for hit in call(visit, "search", "red boots").hits:
        assert set(hit.parts) == {"words", "picture", "lexical", "taste"}  # popularity settles ties alone
        assert sum(hit.parts.values()) == pytest.approx(hit.score, abs=1e-5)


def test_filters_hold_and_the_total_is_of_all_that_pass(visit: Visit) -> None:
    result = call(visit, "search", category="dress", where={"colour": "red"}, max_price=45)
    assert ids(result) == ["red-dress-0"] and result.text.startswith("1 found\n")
    result = call(visit, "search", "boots", where={"colour": "red"}, exclude={"material": "leather"}, n=2)
    assert result.text.startswith("5 found\n") and "red-boot-0" not in ids(result)
    assert all(hit.product.attributes["colour"] == "Red" for hit in result.hits)


@pytest.mark.parametrize(
    "named",
    [
        {"category": "BOOTS", "where": {"colour": "RED"}},
        {"category": "boot", "where": {"color": "red"}},
        {"where": {"Colour": " red ", "category": "boot"}},
    ],
)
def test_spelling_of_filters_is_forgiven(visit: Visit, named: dict[str, Any]) -> None:
    assert sorted(ids(call(visit, "search", **named))) == ["red-boot-0", "red-boot-1"]


def test_where_nothing_passes_the_tool_says_which_filter_to_leave_out(visit: Visit) -> None:
    result = call(visit, "search", category="dress", where={"colour": "red"}, max_price=30)
    assert result.text == "0 found; without max price 30: 2; without category dress: 1"
    assert not result.hits and visit.state.last_search["max_price"] == 30
    result = call(visit, "search", exclude={"colour": "red"}, where={"colour": "red"})
    assert result.text == "0 found; without colour red: 12; without not colour red: 6"
    result = call(visit, "search", category="lamp", where={"material": "silk"}, max_price=1.5)
    assert result.text == (
        "0 found; without max price 1.50 and material silk: 6; without category lamp and max price 1.50: 3"
    )


def test_where_nothing_passes_there_is_what_would_without_that_filter(visit: Visit) -> None:
    result = call(visit, "search", "silk", category="dress", where={"colour": "red"}, max_price=30, n=3)
    assert not result.hits and not visit.state.shown and not visit.state.last_hits
    assert ids(Result(text="", hits=result.instead)) == ["red-dress-1", "red-dress-0"]
    assert all(hit.score > 0 and hit.parts for hit in result.instead)
    result = call(visit, "search", category="lamp", where={"material": "silk"}, sort="cheapest")
    assert {hit.product.attributes["material"] for hit in result.instead} == {"metal", "glass"}
    assert [hit.product.price for hit in result.instead] == [25, 25, 25, 35]
    visit.state.hidden += ["blue-dress-0", "blue-dress-1"]
    result = call(visit, "recommend", category="dress", max_price=20, n=9)
    assert {hit.product.id for hit in result.instead} == {
        f"{c}-dress-{n}" for c in ("red", "green") for n in "01"
    }


@pytest.mark.parametrize(
    ("sort", "first"),
    [("cheapest", "red-lamp-0"), ("most expensive", "red-boot-1"), ("top rated", "red-dress-1")],
)
def test_sorting_all_that_pass(visit: Visit, sort: str, first: str) -> None:
    found = ids(call(visit, "search", where={"colour": "red"}, sort=sort, n=6))
    assert len(found) == 6
    prices = {p.id: p.price for p in catalogue()}
    if sort == "top rated":
        assert all(i.endswith("1") for i in found[:3])
    else:
        assert found[0] == first and [prices[i] for i in found] == sorted(
            (prices[i] for i in found), reverse=sort == "most expensive"
        )


def test_sorting_keeps_to_what_was_asked_for(visit: Visit) -> None:
    # A lamp is cheaper than any boot, and no boot.
    assert ids(call(visit, "search", "leather boots", sort="cheapest", n=1))[0].split("-")[1] == "boot"


def test_a_picture_finds_its_kind_and_colour(visit: Visit) -> None:
    handle = visit.add_picture(draw("green", "boot"))
    assert handle == "img1"
    assert sorted(ids(call(visit, "search", image="img1", n=2))) == ["green-boot-0", "green-boot-1"]


def test_the_same_in_blue(visit: Visit) -> None:
    visit.add_picture(draw("red", "dress"))
    by_words = ids(call(visit, "search", "blue", image="img1", n=2))
    by_filter = ids(call(visit, "search", image="img1", where={"colour": "blue"}, n=2))
    assert sorted(by_filter) == ["blue-dress-0", "blue-dress-1"]
    assert all("dress" in i for i in by_words)


def test_a_products_own_picture_does_not_find_itself(visit: Visit) -> None:
    call(visit, "search", "leather boot in red", n=1)
    found = ids(call(visit, "search", image="P1", n=18))
    assert found[0] == "red-boot-1" and "red-boot-0" not in found and len(found) == 17
    assert ids(call(visit, "search", image="p1", n=1)) == ["red-boot-1"]


def test_several_pictures_are_one_query(visit: Visit) -> None:
    for kind in ("boot", "lamp"):
        visit.add_picture(draw("green", kind))
    found = ids(call(visit, "search", image="img1, img2", n=4))
    assert {i.rpartition("-")[0] for i in found[:4]} >= {"green-boot", "green-lamp"}
    call(visit, "search", "red leather boot", n=1)
    mixed = ids(call(visit, "search", image="[P1],img2", n=17))
    assert visit.state.shown[0] not in mixed and len(mixed) == 17
    with pytest.raises(ToolError, match="no picture 'img3'"):
        call(visit, "search", image="img1, img3")
    with pytest.raises(ToolError, match="at most 8"):
        call(visit, "search", image=", ".join(f"img{i}" for i in range(9)))


def test_what_it_should_not_look_like_goes_down(visit: Visit) -> None:
    visit.add_picture(draw("red", "dress"))
    plain = ids(call(visit, "search", "dress", n=6))
    away = ids(call(visit, "search", "dress", unlike="img1", n=6))
    assert visit.state.last_search == {"query": "dress", "unlike": "img1"}
    assert sum(map(away.index, [i for i in away if "red" in i])) > sum(
        map(plain.index, [i for i in plain if "red" in i])
    ) or {*away[4:]} == {"red-dress-0", "red-dress-1"}
    handle = visit.handle("red-dress-0")
    assert "red-dress-0" not in ids(call(visit, "search", category="dress", unlike=handle, n=6))
    alone = ids(call(visit, "search", unlike="img1", n=17))
    assert "red-dress-1" not in alone[:9]


def test_typos_and_sizes_are_read_as_they_were_meant(visit: Visit) -> None:
    result = call(visit, "search", "leathr boots in grean", n=1)
    assert ids(result) == ["green-boot-0"]
    assert result.mended == {"leathr": "leather", "grean": "green"}
    assert call(visit, "search", "hiking boots").mended == {}  # a word, though not one of this shop's
    call(visit, "search", "leather boot in red", n=1)
    assert call(visit, "similar", "P2", "bleu").mended == {"bleu": "blue"}


def test_very_words_bring_in_what_is_far_in_meaning(visit: Visit) -> None:
    hits = call(visit, "search", "number 1", n=6).hits
    assert all(hit.product.id.endswith("1") and hit.parts["lexical"] > 0 for hit in hits)


@pytest.mark.parametrize("query", ["red", "Red dresses", "in red please", "dress"])
def test_a_query_that_repeats_the_filters_changes_nothing(visit: Visit, query: str) -> None:
    named: dict[str, Any] = {"category": "dress", "where": {"colour": "red"}}
    for sort in ("best match", "most expensive"):
        plain = call(visit, "search", **named, sort=sort)
        again = call(visit, "search", query, **named, sort=sort)
        assert again.hits == plain.hits and again.text == plain.text


def test_the_last_search_is_kept_as_it_was_called(visit: Visit) -> None:
    call(
        visit, "search", "silk", category="DRESS", where={"color": "Red"}, max_price=99, sort="cheapest", n=3
    )
    assert visit.state.last_search == {
        "query": "silk",
        "category": "DRESS",
        "where": {"color": "Red"},
        "max_price": 99,
        "sort": "cheapest",
    }
    call(visit, "search", "lamp", where={}, exclude=None)
    assert visit.state.last_search == {"query": "lamp"}
    with pytest.raises(ToolError):
        call(visit, "search", category="spoon")
    assert visit.state.last_search == {"query": "lamp"}


@pytest.mark.parametrize(
    ("named", "message"),
    [
        ({}, "at least one of query, image"),
        ({"query": "  "}, "at least one of query, image"),
        ({"category": "bots"}, "There is no category 'bots'; did you mean boot"),
        ({"category": "zzz"}, "allowed: boot, dress, lamp"),
        ({"where": {"colour": "scarlet"}}, "There is no colour 'scarlet'; allowed: "),
        ({"where": {"taste": "sour"}}, "There is no field 'taste'"),
        ({"exclude": {"colour": "rd"}}, "did you mean red"),
        ({"where": "red"}, "give fields with one value each"),
        ({"category": "boot", "where": {"category": "lamp"}}, "differ"),
        ({"min_price": 9, "max_price": 5}, "min_price 9 is above max_price 5"),
        ({"max_price": float("nan")}, "max_price is nan"),
        ({"max_price": -1}, "max_price is -1"),
        ({"query": "x" * 100_000}, "query has 100000 characters; at most 200"),
        ({"query": "x", "sort": "newest"}, "allowed: best match, cheapest"),
        ({"query": "x", "n": 0}, "give 1 to 100"),
        ({"image": "img1"}, "the shopper has sent no picture"),
        ({"image": "P7"}, "search first"),
    ],
)
def test_what_search_cannot_use_is_said(visit: Visit, named: dict[str, Any], message: str) -> None:
    with pytest.raises(ToolError, match=re.escape(message)):
        call(visit, "search", **named)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(query=st.text(max_size=200))
def test_any_text_is_searched_or_refused(visit: Visit, query: str) -> None:
    try:
        result = call(visit, "search", query)
    except ToolError:
        assert not query.strip()
    else:
        assert len(result.hits) == 4 and all(np.isfinite(hit.score) for hit in result.hits)


# The other tools.


def test_similar_products(visit: Visit) -> None:
    call(visit, "search", "leather boot in red", n=1)
    result = call(visit, "similar", "P1", n=3)
    assert result.text.startswith("similar to [P1]\n[P2] ")
    assert ids(result)[0] == "red-boot-1" and "red-boot-0" not in ids(result)
    assert ids(call(visit, "similar", "[p1]", "blue", n=2))[0].startswith("blue-boot")


def test_two_likes_change_what_is_recommended(visit: Visit) -> None:
    before = call(visit, "recommend", n=3)
    assert before.text.startswith("popular\n")
    visit.state.likes += ["green-lamp-0", "green-boot-0"]
    after = call(visit, "recommend", n=3)
    assert after.text.startswith("for you\n") and ids(after) != ids(before)
    assert ids(after)[0].startswith("green") and not {"green-lamp-0", "green-boot-0"} & set(ids(after))
    assert all("taste" in hit.parts for hit in after.hits)


def test_recommend_keeps_to_its_filters_and_leaves_out_what_was_refused(visit: Visit) -> None:
    visit.state.dislikes.append("red-dress-0")
    visit.state.hidden.append("blue-dress-0")
    found = ids(call(visit, "recommend", category="dress", max_price=45, n=10))
    assert found == ["green-dress-0"]
    result = call(visit, "recommend", category="dress", max_price=20)
    assert result.text == "0 found; without max price 20: 5" and not visit.state.last_hits


def test_what_is_sold_out_is_recommended_last(visit: Visit) -> None:
    found = ids(call(visit, "recommend", n=18))
    assert set(found[-3:]) == {"green-dress-1", "green-boot-1", "green-lamp-1"}


def test_taste_works_without_behaviour(shop: Shop) -> None:
    visit = Visit(Shop(shop.store, shop.encoder, None))
    assert call(visit, "recommend", n=1).text.startswith("top rated\n")
    visit.state.likes.append("blue-boot-0")
    result = call(visit, "recommend", n=1)
    assert result.text.startswith("for you\n") and ids(result) == ["blue-boot-1"]


def test_a_scorer_of_another_catalogue_does_no_harm(shop: Shop) -> None:
    scorer = EASE()
    scorer.fit(make_interactions([{"shopper": "s", "item": "film-7"}, {"shopper": "s", "item": "film-8"}]))
    visit = Visit(Shop(shop.store, shop.encoder, scorer))
    visit.state.likes.append("blue-boot-0")
    assert ids(call(visit, "recommend", n=1)) == ["blue-boot-1"]
    assert ids(call(visit, "search", "green glass lamp", n=1)) == ["green-lamp-1"]


def test_details_and_compare_state_the_record(visit: Visit) -> None:
    call(visit, "search", "leather boot in red", n=2)
    result = call(visit, "details", "P1")
    assert result.text == (
        "[P1] Leather boot in red number 0, boot, $90; colour: Red; material: leather; rating: 4.0; "
        'in stock: 5\n"A boot for every day."'
    )
    assert result.hits[0].parts == visit.state.last_hits[0].parts
    lines = call(visit, "compare", ["P2", "P1"]).text.splitlines()
    assert lines[0] == "compare" and lines[1].startswith("[P2] ") and lines[2].startswith("[P1] ")
    assert len(lines) == 3
    for given_ in (["P1"], ["P1", "P1"], "P1"):
        with pytest.raises(ToolError):
            call(visit, "compare", given_)


def test_remember_notes_what_was_said_now(visit: Visit) -> None:
    call(visit, "search", "boots", n=3)
    result = call(visit, "remember", ["P2"], ["P3"], "9", 50)
    assert result.text == "noted: likes [P2]; dislikes [P3]; size 9; budget 50"
    assert visit.state.likes == visit.state.shown[1:2] and visit.state.dislikes == visit.state.shown[2:3]
    assert visit.state.size == "9" and visit.state.budget == 50
    assert call(visit, "remember", likes=["P3", "P1"]).text == "noted: likes [P3], [P1]"
    assert visit.state.dislikes == [] and len(visit.state.likes) == 3


def test_of_like_and_dislike_the_last_wins(visit: Visit) -> None:
    call(visit, "search", "boots", n=2)
    assert call(visit, "remember", ["P1", "P2"], ["P1"]).text == "noted: likes [P2]; dislikes [P1]"
    assert visit.state.likes == visit.state.shown[1:] and visit.state.dislikes == visit.state.shown[:1]
    for named in ({}, {"budget": 0}, {"budget": float("inf")}, {"likes": "P1"}, {"likes": ["P9"]}):
        with pytest.raises(ToolError):
            call(visit, "remember", **named)


def test_a_hidden_product_appears_nowhere(visit: Visit) -> None:
    call(visit, "search", "leather boot in red", n=1)
    visit.state.hidden.append("red-boot-0")
    everywhere = [
        call(visit, "search", "leather boot in red", n=18),
        call(visit, "search", max_price=1000, n=18),
        call(visit, "search", category="boot", where={"colour": "red"}, n=18),
        call(visit, "recommend", n=18),
    ]
    assert [len(result.hits) for result in everywhere] == [17, 17, 1, 17]
    assert everywhere[2].text.startswith("1 found")
    assert not any("red-boot-0" in ids(result) for result in everywhere)
    for tool, handles in (
        ("details", "P1"),
        ("similar", "P1"),
        ("compare", ["P1", "P2"]),
        ("remember", ["P1"]),
    ):
        with pytest.raises(ToolError, match="never to see"):
            call(visit, tool, handles)
    with pytest.raises(ToolError, match="never to see"):
        call(visit, "search", image="P1")


# Schemas.


def test_tools_are_found_by_name() -> None:
    assert tool_names() == ["compare", "details", "hand_over", "recommend", "remember", "search", "similar"]
    with pytest.raises(UsageError, match="compare, details"):
        load_tool("buy")


def test_a_person_can_be_called_with_or_without_a_reason(visit: Visit) -> None:
    assert (
        call(visit, "hand_over").text
        == call(visit, "hand_over", "a refund").text
        == "handed over to a person"
    )
    with pytest.raises(ToolError, match="201 characters"):
        call(visit, "hand_over", "x" * 201)


def test_schemas_hold_the_catalogues_values(shop: Shop) -> None:
    schemas = {s["function"]["name"]: s["function"] for s in tool_schemas(shop.store.facets())}
    assert sorted(schemas) == tool_names()
    search = schemas["search"]["parameters"]["properties"]
    order = ["query", "image", "category", "where", "exclude", "min_price", "max_price", "sort", "unlike"]
    assert list(search) == order
    assert sorted(search["category"]["enum"]) == ["boot", "dress", "lamp"]
    for name in ("where", "exclude"):
        fields = search[name]["properties"]
        assert sorted(fields) == ["colour", "material"] and search[name]["additionalProperties"] is False
        assert sorted(fields["colour"]["enum"]) == ["blue", "green", "red"]
    assert search["query"]["x-words"] == "conversation" and search["query"]["maxLength"] == 200
    assert search["image"]["pattern"] == "^(img|P)[0-9]+(, *(img|P)[0-9]+)*$"
    assert search["sort"]["enum"] == ["best match", "cheapest", "most expensive", "top rated"]
    assert schemas["similar"]["parameters"]["required"] == ["product"]
    assert schemas["details"]["parameters"]["properties"]["product"]["pattern"] == "^P[0-9]+$"
    assert schemas["compare"]["parameters"]["properties"]["products"]["items"]["pattern"] == "^P[0-9]+$"
    for schema in schemas.values():
        assert "n" not in schema["parameters"]["properties"] and schema["description"]
        assert all(s["description"] for s in schema["parameters"]["properties"].values())


def test_schemas_of_a_bare_catalogue_have_no_filters() -> None:
    search = tool_schemas({})[tool_names().index("search")]["function"]["parameters"]["properties"]
    assert list(search) == ["query", "image", "min_price", "max_price", "sort", "unlike"]


def test_a_wide_catalogue_offers_the_fields_most_products_have_by_name() -> None:
    facets = {"category": {"a": 3}, **{f"f{i:02}": {"Yes": i, "yes": 1} for i in range(20)}}
    search = tool_schemas(facets)[tool_names().index("search")]["function"]["parameters"]["properties"]
    assert list(search["where"]["properties"]) == [f"f{i:02}" for i in range(8, 20)]
    assert search["where"]["properties"]["f19"]["enum"] == ["yes"]


# Fusion.


@given(
    st.lists(st.lists(st.floats(-1e6, 1e6) | st.just(np.nan), min_size=3, max_size=3), min_size=1, max_size=4)
)
def test_fused_parts_add_up_and_stay_within_their_weights(rows: list[list[float]]) -> None:
    signals = {f"s{i}": np.array(row) for i, row in enumerate(rows)}
    weights = {name: i + 1.0 for i, name in enumerate(signals)}
    scores, parts = fuse(signals, {**weights, "other": 9.0})
    np.testing.assert_allclose(scores, sum(parts.values()))
    for name, part in parts.items():
        assert (part >= 0).all() and (part <= weights[name] + 1e-9).all()


def test_a_blend_has_length_1() -> None:
    a, b = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    np.testing.assert_allclose(blend(a, b, 1.0), [2**-0.5, 2**-0.5], rtol=1e-6)
    np.testing.assert_array_equal(blend(a, -a, 1.0), a)


def test_several_values_of_a_field_are_ruled_out_together(visit: Visit) -> None:
    left = call(visit, "search", exclude={"colour": ["red", "Blue"]}, n=100)
    assert left.hits and not {hit.product.field("colour") for hit in left.hits} & {"red", "blue"}
    assert visit.state.last_search["exclude"] == {"colour": ["red", "Blue"]}
    call(visit, "search", exclude={"colour": ["red"]})
    assert visit.state.last_search["exclude"] == {"colour": "red"}
    with pytest.raises(ToolError, match="did you mean red"):
        call(visit, "search", exclude={"colour": ["rd", "blue"]})
