"""The shop that ships: its table, its pictures, its shoppers."""

from __future__ import annotations

import io
from collections import Counter, defaultdict
from typing import Any

import pyarrow.parquet as pq
import pytest

from shelftalk.tools.demo import events_path, shop_path
from shelftalk.tools.demo.catalogue import HOSTILE, KINDS, make_catalogue
from shelftalk.tools.demo.make import COLUMNS, event_table
from shelftalk.tools.demo.values import COLOURS, HOME_BRANDS, MATERIALS, PATTERNS, STYLES, WEAR_BRANDS


@pytest.fixture(scope="module")
def rows() -> list[dict[str, Any]]:
    return pq.read_table(shop_path()).to_pylist()


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return pq.read_table(events_path()).to_pylist()


def test_the_table_is_a_thousand_full_records(rows: list[dict[str, Any]]) -> None:
    assert len(rows) == 1000
    assert set(rows[0]) == {*COLUMNS, "picture"}
    assert len({row["id"] for row in rows}) == len({row["title"] for row in rows}) == 1000
    for row in rows:
        assert all(row[name] for name in ("title", "description", "category", "brand")), row["id"]
        assert row["price"] > 0
        assert row["currency"] == "USD"
        assert row["stock"] >= 0
        assert 2.5 <= row["rating"] <= 5
    assert any(row["stock"] == 0 for row in rows)
    assert shop_path().stat().st_size < 9_000_000


def test_values_are_closed(rows: list[dict[str, Any]]) -> None:
    closed = {
        "category": {kind.category for kind in KINDS},
        "colour": set(COLOURS),
        "material": set(MATERIALS),
        "pattern": set(PATTERNS),
        "style": set(STYLES),
        "brand": {*WEAR_BRANDS, *HOME_BRANDS},
        "gender": {"women", "men", "unisex", ""},
        "room": {"living room", "dining room", "bedroom", "office", "kitchen", "garden", ""},
    }
    for name, allowed in closed.items():
        assert {row[name] for row in rows} <= allowed, name
    assert len(closed["category"]) >= 14
    assert all(bool(row["gender"]) != bool(row["room"]) for row in rows)


def test_every_kind_comes_in_most_colours(rows: list[dict[str, Any]]) -> None:
    colours = defaultdict(set)
    for row in rows:
        colours[row["category"]].add(row["colour"])
    assert min(len(found) for found in colours.values()) >= 12


def test_every_picture_opens_at_its_size(rows: list[dict[str, Any]]) -> None:
    from PIL import Image

    for row in rows:
        with Image.open(io.BytesIO(row["picture"])) as image:
            image.load()
            assert (image.format, image.size, image.mode) == ("WEBP", (256, 256), "RGB"), row["id"]
    assert len({row["picture"] for row in rows}) == 1000


def test_words_are_true_of_the_record(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        title = row["title"].lower().split()
        named = {colour for colour in COLOURS if colour in title}
        assert named == {row["colour"]}, row["title"]
        assert not {m for m in MATERIALS if m in title} - {row["material"]}, row["title"]
        assert not {p for p in PATTERNS if p in title} - {row["pattern"]}, row["title"]
        assert "{" not in row["title"]
        if "<tool_call>" not in row["description"]:
            assert "{" not in row["description"]


def test_six_products_carry_hostile_text(rows: list[dict[str, Any]]) -> None:
    carriers = [row for row in rows if any(row["description"].endswith(text) for text in HOSTILE)]
    assert len(carriers) == len(HOSTILE) == 6


def test_events_are_time_ordered_with_cold_items_and_shoppers(
    rows: list[dict[str, Any]], events: list[dict[str, Any]]
) -> None:
    assert len(events) == 60_000
    assert {event["kind"] for event in events} == {"view", "like", "buy"}
    times = [event["time"] for event in events]
    assert times == sorted(times)
    ids = {row["id"] for row in rows}
    seen = Counter(event["item"] for event in events)
    assert set(seen) <= ids
    assert len(ids - set(seen)) >= 20
    counts = Counter(event["shopper"] for event in events)
    assert 1900 <= len(counts) <= 2000
    assert sum(1 for count in counts.values() if count <= 3) >= 100
    # Long-tailed: the best tenth of the items draws far more than a tenth of the events.
    top = sum(count for _, count in seen.most_common(100))
    assert top > 0.3 * len(events)


@pytest.mark.parametrize("field", ["category", "colour", "style"])
def test_tastes_are_in_the_events(
    field: str, rows: list[dict[str, Any]], events: list[dict[str, Any]]
) -> None:
    value = {row["id"]: row[field] for row in rows}
    half = len(events) // 2
    base = Counter(value[event["item"]] for event in events)
    early: dict[str, Counter[str]] = defaultdict(Counter)
    late: dict[str, Counter[str]] = defaultdict(Counter)
    for index, event in enumerate(events):
        (early if index < half else late)[event["shopper"]][value[event["item"]]] += 1
    expected = found = total = 0.0
    for shopper, counts in early.items():
        later = late.get(shopper)
        if later is None or sum(counts.values()) < 8:
            continue
        # The favourite of the first half is looked at again in the second, beyond its base rate.
        favourite = counts.most_common(1)[0][0]
        found += later[favourite]
        expected += base[favourite] / len(events) * sum(later.values())
        total += 1
    assert total > 200
    assert found > {"category": 2.0, "colour": 1.25, "style": 1.1}[field] * expected


def test_the_same_seed_gives_the_same_table(rows: list[dict[str, Any]]) -> None:
    products = make_catalogue()
    assert products == make_catalogue()
    assert [{name: getattr(p, name) for name in COLUMNS} for p in products] == [
        {name: row[name] for name in COLUMNS} for row in rows
    ]
    assert make_catalogue(seed=1) != products


def test_the_same_seed_gives_the_same_events() -> None:
    products = make_catalogue()
    assert event_table(products).equals(event_table(products))
    assert event_table(products).schema == pq.read_schema(events_path())


def test_drawing_twice_gives_the_same_picture() -> None:
    pytest.importorskip("skia")
    from shelftalk.tools.demo.draw import draw_product

    products = make_catalogue()[:3]
    assert [draw_product(p) for p in products] == [draw_product(p) for p in products]
