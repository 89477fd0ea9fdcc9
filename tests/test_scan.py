"""The exact search in memory: what it finds is what comparing everything finds."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelftalk.tools.product import Filters, Product
from shelftalk.tools.scan import Scan
from shelftalk.tools.scan_columns import Facts
from shelftalk.tools.scan_table import Table

SIZES = {"words": 24, "pictures": 8}
COLOURS = ("Red", "dark  Blue", "green")
KINDS = ("dress", "Shoe")


@dataclass
class Thing:
    """A product and its vectors, as the test knows them."""

    product: Product
    words: np.ndarray
    pictures: np.ndarray | None


@st.composite
def things(draw: st.DrawFn) -> list[Thing]:
    """Some products with ids from a small stock, so that they are changed as often as added."""
    numbers = draw(st.lists(st.integers(0, 60), unique=True, min_size=1, max_size=25))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    centre = rng.normal(size=SIZES["words"])
    made = []
    for number in numbers:
        attributes = {"colour": str(rng.choice(COLOURS))} if rng.random() < 0.8 else {}
        if rng.random() < 0.3:
            attributes["age"] = "old"
        made.append(
            Thing(
                Product(
                    id=f"p{number}",
                    title="a thing",
                    category=str(rng.choice(KINDS)),
                    price=round(float(rng.integers(1, 9)), 2) if rng.random() < 0.8 else None,
                    rating=float(rng.integers(0, 6)) if rng.random() < 0.7 else None,
                    attributes=attributes,
                ),
                # Near to each other, as the texts of one shop are.
                (centre + 0.2 * rng.normal(size=SIZES["words"])).astype(np.float32),
                rng.normal(size=SIZES["pictures"]).astype(np.float32) if rng.random() < 0.7 else None,
            )
        )
    return made


filters = st.builds(
    Filters,
    min_price=st.none() | st.floats(0, 6),
    max_price=st.none() | st.floats(3, 9),
    where=st.dictionaries(
        st.sampled_from(["colour", "category", " Colour", "nothing"]),
        st.sampled_from(["red", " DARK blue", "dress", "mauve", " "]),
        max_size=2,
    ),
    exclude=st.dictionaries(
        st.sampled_from(["colour", "age", "nothing"]), st.sampled_from(["Red", "old"]), max_size=2
    ),
)


def plain(value: str) -> str:
    return " ".join(value.lower().split())


def passes(product: Product, wanted: Filters) -> bool:
    if wanted.min_price is not None and not (product.price is not None and product.price >= wanted.min_price):
        return False
    if wanted.max_price is not None and not (product.price is not None and product.price <= wanted.max_price):
        return False

    def has(field: str, value: str) -> bool:
        return plain(product.field(plain(field))) == plain(value)

    return all(has(f, v) for f, v in wanted.where.items() if v.strip()) and not any(
        has(f, v) for f, v in wanted.exclude.items() if v.strip()
    )


def put(table: Table, some: Sequence[Thing]) -> None:
    seen = [place for place, thing in enumerate(some) if thing.pictures is not None]
    pictures = np.array([some[place].pictures for place in seen]).reshape(-1, SIZES["pictures"])
    table.put(
        [thing.product.id for thing in some],
        [Facts.of(thing.product) for thing in some],
        {"words": (range(len(some)), np.stack([t.words for t in some])), "pictures": (seen, pictures)},
    )


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def agree(table: Table, held: Mapping[str, Thing], wanted: Filters, n: int, seed: int) -> None:
    """Check every question to the table against the answer found by looking at each product."""
    rng = np.random.default_rng(seed)
    passing = [id_ for id_, thing in held.items() if passes(thing.product, wanted)]
    assert table.matching(wanted) == passing
    assert table.matching(wanted, n) == passing[:n]
    assert table.count(wanted) == len(passing)
    hidden = {id_ for id_ in held if rng.random() < 0.2} | {"never there"}
    shown = [id_ for id_ in passing if id_ not in hidden]
    for field in ("price", "rating"):
        for sign in (1, -1):
            values = {id_: getattr(held[id_].product, field) for id_ in shown}
            expected = sorted(shown, key=lambda id_: np.inf if values[id_] is None else sign * values[id_])
            assert table.sorted_by(field, sign < 0, n, wanted, hidden) == expected[:n]
    for space, size in SIZES.items():
        query = rng.normal(size=size).astype(np.float32)
        vectors = {id_: getattr(thing, space) for id_, thing in held.items()}
        scores = {id_: cosine(v, query) for id_, v in vectors.items() if v is not None}
        found = table.nearest(query, space, n, wanted, hidden)
        best = sorted((scores[id_] for id_ in shown if id_ in scores), reverse=True)[:n]
        assert [score for _, score in found] == pytest.approx(best, abs=1e-5)
        assert [scores[id_] for id_, _ in found] == pytest.approx(best, abs=1e-5)
        assert len({id_ for id_, _ in found}) == len(found) and {id_ for id_, _ in found} <= set(shown)
        asked = [*held, "never there"]
        assert table.similarities(asked, query, space) == pytest.approx(
            [scores.get(id_, np.nan) for id_ in asked], abs=1e-5, nan_ok=True
        )


steps = st.lists(st.one_of(things(), st.sets(st.integers(0, 60), max_size=30)), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(steps, filters, st.integers(1, 12), st.integers(0, 2**32 - 1))
def test_the_same_as_looking_at_each(
    some: list[list[Thing] | set[int]], wanted: Filters, n: int, seed: int
) -> None:
    """Whatever was put, changed and removed, and whatever is asked for."""
    table, held = Table(SIZES), {}
    for step in some:
        if isinstance(step, set):
            table.remove([f"p{number}" for number in step])
            for number in step:
                held.pop(f"p{number}", None)
        else:
            put(table, step)
            for thing in step:
                held[thing.product.id] = thing
    assert len(table) == len(held)
    agree(table, held, wanted, n, seed)


def crowd(n: int, size: int, seed: int, spread: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(20, size))
    vectors = centres[rng.integers(0, 20, n)] + spread * rng.normal(size=(n, size))
    return vectors.astype(np.float32)


@pytest.mark.parametrize("spread", [2.0, 0.05, 0.001, 0.0])
@pytest.mark.parametrize("share", [1.0, 0.6, 0.1, 0.01, 0.0])
def test_many_rows_however_alike(spread: float, share: float) -> None:
    """Rows by the ten thousand, where the quick pass has its say; the fewest differ by less than it can tell."""
    vectors = crowd(70_000, 32, 3, spread)
    scan = Scan(32, len(vectors))
    scan.write(0, vectors[:40_000])
    scan.write(40_000, vectors[40_000:])
    passing = np.random.default_rng(4).random(len(vectors)) < share
    lengths = np.linalg.norm(vectors.astype(float), axis=1)
    for query in crowd(3, 32, 5, 1.0):
        exact = vectors.astype(float) @ query / lengths / np.linalg.norm(query)
        for n in (1, 10, 3000):
            best = np.sort(exact[passing])[::-1][:n]
            rows, scores = scan.nearest(query, n, len(vectors), passing)
            assert passing[rows].all() and len(set(rows.tolist())) == len(rows) == len(best)
            np.testing.assert_allclose(exact[rows], best, atol=2e-6)
            np.testing.assert_allclose(scores, best, atol=2e-6)


def test_a_vector_of_zeros_is_like_nothing() -> None:
    scan = Scan(8, 3)
    scan.write(0, np.stack([np.zeros(8), np.ones(8), -np.ones(8)]))
    rows, scores = scan.nearest(np.full(8, 2.0), 3, 3)
    assert rows.tolist() == [1, 0, 2] and scores == pytest.approx([1, 0, -1])
    assert scan.nearest(np.zeros(8), 3, 3)[1] == pytest.approx([0, 0, 0])


def test_readers_see_whole_changes() -> None:
    """One thread puts pairs of products and takes them away; others never see half a pair."""
    table, stop, wrong = Table({"words": 8}), threading.Event(), []
    vectors = crowd(2, 8, 1, 1.0)

    def pair(number: int, turn: int) -> None:
        facts = [Facts({"turn": str(turn)}, price=float(turn))] * 2
        table.put([f"a{number}", f"b{number}"], facts, {"words": ([0, 1], vectors)})

    def read() -> None:
        turn = 0
        while not stop.is_set():
            turn += 1
            wanted = Filters(where={"turn": str(turn % 4)})
            found = [id_ for id_, _ in table.nearest(vectors[0], "words", 5000, wanted)]
            for ids in (found, table.matching(wanted), table.sorted_by("price", False, 5000, wanted)):
                if {i[1:] for i in ids if i[0] == "a"} != {i[1:] for i in ids if i[0] == "b"}:
                    wrong.append(ids)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for turn in range(1500):
        pair(turn % 300, turn % 4)
        if turn % 3 == 0:
            gone = (turn * 7) % 300
            table.remove([f"a{gone}", f"b{gone}"])
    stop.set()
    for reader in readers:
        reader.join()
    assert not wrong
    assert len(table) == len(table.matching(Filters())) == len(set(table.matching(Filters())))


def test_a_put_that_fails_leaves_no_trace() -> None:
    table = Table({"words": 4})
    with pytest.raises(ValueError):
        table.put(["a"], [Facts({"colour": "red"})], {"words": ([0], np.ones((1, 5), np.float32))})
    assert len(table) == 0 and table.count(Filters()) == 0
    table.put(["b"], [Facts({})], {"words": ([0], np.ones((1, 4), np.float32))})
    assert table.matching(Filters()) == ["b"]
    assert table.matching(Filters(where={"colour": "red"})) == []
