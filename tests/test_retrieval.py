"""`shelftalk eval retrieval`: words against photos, in small data sets made here."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shelftalk.evals.bootstrap import Interval
from shelftalk.evals.features import photo_vectors
from shelftalk.evals.report import Row, row_tables
from shelftalk.evals.retrieval import check_data, load_part, measurable, notes
from shelftalk.evals.retrieval.pictures import CLOTHES, GROCERIES, KINDS, NEEDS, TITLES, measure
from shelftalk.evals.retrieval.shop import misspelt
from shelftalk.evals.simulation.splits import held_out
from shelftalk.tools.errors import UsageError

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import COLOURS, BagEncoder, draw, png
from contracts.small_shop import KINDS as SHAPES

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder


class Counting(BagEncoder):
    """Counts the pictures it is given."""

    def __init__(self) -> None:
        self.seen = 0

    def pictures(self, images: Sequence[Image.Image]) -> np.ndarray:
        self.seen += len(images)
        return super().pictures(images)


class Colours(BagEncoder):
    """Sees no more of a picture than whether it is mostly red, blue or green."""

    def pictures(self, images: Sequence[Image.Image]) -> np.ndarray:
        return super().pictures([image.resize((10, 10)) for image in images])


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHELFTALK_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def keys(template: str, count: int, percent: int) -> list[str]:
    """The first held-out names of a form, and as many that are not."""
    names = [template.format(n) for n in range(1000)]
    return [n for n in names if held_out(n, percent)][:count] + [
        n for n in names if not held_out(n, percent)
    ][:count]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    looks = [(colour, kind) for colour in COLOURS for kind in SHAPES]
    # A title is its photo's words and a number, which the encoder takes as a word of its own.
    fashion: list[dict[str, Any]] = [
        {
            "productDisplayName": f" {colour} {kind} {number} ",
            "subCategory": kind.capitalize(),
            "articleType": f"{colour} {kind}",
            "baseColour": colour.capitalize(),
            "image": png(draw(colour, kind)),
        }
        for number in range(20)
        for colour, kind in looks
    ]
    fashion += [dict(fashion[0], baseColour="NA")]
    clothing = [
        {"id": key, "label": "Skip" if n % 4 == 3 else kind.capitalize(), "image": png(draw("red", kind))}
        for n, (key, kind) in enumerate(zip(keys("c{}", 12, 15), [*SHAPES] * 8, strict=True))
    ]
    grocery = [
        {"id": key, "split": "test" if n % 2 else "train", "label": f"Red-{kind}", "coarse": kind,
         "image": png(draw("red", kind))}
        for n, (key, kind) in enumerate(zip(keys("g{}", 12, 30), [*SHAPES] * 8, strict=True))
    ]  # fmt: skip
    for name, rows in (("fashion", fashion), ("clothing_cc0", clothing), ("grocery", grocery)):
        pq.write_table(pa.Table.from_pylist(rows), folder / f"{name}.parquet")
    return folder


def test_pictures(data: Path) -> None:
    encoder: Any = Counting()
    rows = measure(data, encoder)
    own = {(row.part, row.metric): row.value for row in rows if row.system.startswith("bag")}
    found = {(row.part, row.metric, row.system): row.value for row in rows}

    unseen = [f"{c} {k} {n}" for n in range(20) for c in COLOURS for k in SHAPES]
    unseen = [title for title in unseen if held_out(title, 10)]
    titles = own[TITLES, "Hit@10"]
    assert titles.n == len(unseen) and 0 < titles.mean < 1  # twenty look alike, ten are taken
    assert own[TITLES, "MRR"].mean == pytest.approx(
        1 / 20, abs=0.002
    )  # all look alike: the last of its equals
    assert found[KINDS, "sub-category P@10", "bag, photo alone, all"] == Interval(1, 1, 1, len(SHAPES))
    assert found[KINDS, "colour P@10", "bag, photo alone, held-out"].n <= len(COLOURS)  # NA is no colour
    assert found[KINDS, "fine category P@10", "bag, 0.9 photo + 0.1 title, held-out"].mean == 1
    assert own[CLOTHES, "top-1 of 17 garments"].mean == 1
    assert own[CLOTHES, "top-1 of all 20 labels"].mean == 0.75
    assert own[GROCERIES, "top-1 of the classes"] == Interval(1, 1, 1, 6)

    published = [row for row in rows if "published" in row.system]
    assert {row.part for row in published} == {TITLES, KINDS}
    assert all(row.value.n == 0 and row.value.low == row.value.high for row in published)
    assert rows == measure(data, encoder)  # the same seed


def test_vectors_are_kept_whole(data: Path, cache: Path) -> None:
    encoder: Any = Counting()
    path = data / "fashion.parquet"
    first = photo_vectors(path, encoder)
    assert encoder.seen == len(first) == 181
    assert np.array_equal(photo_vectors(path, encoder), first) and encoder.seen == 181
    assert np.array_equal(photo_vectors(path, encoder, rows=[2, 180]), first[[2, 180]])

    kept = max(cache.iterdir(), key=lambda file: file.stat().st_size)
    kept.write_bytes(kept.read_bytes()[:1000])
    encoder.seen = 0
    assert np.array_equal(photo_vectors(path, encoder), first) and encoder.seen == 181
    encoder.fingerprint = "another"
    assert photo_vectors(path, encoder).shape == first.shape and encoder.seen == 362


def test_a_table_holds_means_and_intervals() -> None:
    rows = [
        Row("p", "ours", "MRR", Interval(0.612, 0.598, 0.626, 2766)),
        Row("p", "ours", "P@10", Interval(0.5, 0.4, 0.6, 44)),
        Row("p", "theirs", "MRR", Interval(0.293, 0.293, 0.293, 0)),
        Row("q", "ours", "MRR", Interval(1, 1, 1, 3)),
    ]
    tables = row_tables(rows)
    assert list(tables) == ["p", "q"]
    cells = [list(column.cells) for column in tables["p"].columns]
    assert cells == [
        ["ours", "theirs"],
        ["0.612 (0.598 to 0.626)", "0.293"],
        ["0.500 (0.400 to 0.600)", ""],
        ["2,766 / 44", ""],
    ]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, command_line: Any) -> Any:
    monkeypatch.setattr("shelftalk.tools.encoder.load_encoder", lambda *_: BagEncoder())
    return partial(command_line, "eval")


def test_the_command(run: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    code, said, _ = run(
        "retrieval", "--data", str(data), "--part", "pictures", "--seed", "3", "--out", str(out)
    )
    assert code == 0 and "title to photo" in said and "0.489" in said and "Marqo-FashionSigLIP" in said
    report = json.loads(out.read_text("utf8"))
    assert report["settings"] == {"parts": ["pictures"], "seed": 3}
    assert report["encoder"] == {"name": "bag", "fingerprint": "bag"} and "torch" in report["versions"]
    assert set(report["notes"]) == {TITLES, KINDS, CLOTHES, GROCERIES}
    assert report["rows"][0].keys() == {"part", "system", "metric", "value"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--part", "teeth"], "there are: "),
        (["--part", "pictures"], "fashion.parquet"),
        (["--part", "pictures", "--data", "nowhere"], "nowhere does not hold fashion.parquet"),
        (["--part", "shop", "--out", "nowhere/report.json"], "check the folder nowhere"),
    ],
)
def test_what_is_missing_is_one_line(run: Any, arguments: list[str], message: str) -> None:
    code, said, error = run("retrieval", *arguments)
    assert (code, said) == (2, "") and message in error and error.count("\n") == 1


def test_a_damaged_file_is_named(run: Any, data: Path, tmp_path: Path) -> None:
    for name in NEEDS:
        (tmp_path / name).write_bytes(b"not a table" if name == "fashion.parquet" else b"")
    code, _, error = run("retrieval", "--part", "pictures", "--data", str(tmp_path))
    assert code == 2 and "fashion.parquet" in error and error.count("\n") == 1


def test_without_data_the_parts_that_need_none_run(data: Path) -> None:
    assert "shop" in measurable(None) and "pictures" not in measurable(None)
    assert {"pictures", "shop"} <= set(measurable(data))
    check_data("shop", None)
    with pytest.raises(UsageError, match=r"parts that need no more: .*shop"):
        check_data("pictures", Path(os.devnull))


def test_the_demo_shop_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shelftalk.tools.demo import shop_path

    pq.write_table(pq.read_table(shop_path()).slice(0, 150), tmp_path / "shop.parquet")
    monkeypatch.setattr("shelftalk.tools.demo.shop_path", lambda: tmp_path / "shop.parquet")
    shop, encoder = load_part("shop"), cast("Encoder", Colours())
    rows = shop.measure(Path(), encoder)
    found = {(row.metric, row.system): row.value for row in rows}
    kept = sum(held_out(id_, 10) for id_ in pq.read_table(tmp_path / "shop.parquet")["id"].to_pylist())
    assert found["Recall@1", "bag, held-out products"].n == found["Recall@1", "bag, all products"].n == kept
    assert 0.5 < found["colour + kind", "search tool, all products"].mean <= 1
    assert {row.part for row in rows} == set(notes("shop"))


@given(st.lists(st.text("abcdefgh", min_size=3, max_size=8), min_size=1, max_size=3), st.integers(0, 5))
def test_a_slip_changes_one_word_a_little(words: list[str], seed: int) -> None:
    slipped = misspelt(" ".join(words), seed)
    assert slipped == misspelt(" ".join(words), seed)
    changed = [(old, new) for old, new in zip(words, slipped.split(), strict=True) if old != new]
    assert len(changed) <= 1  # "aaa" without its second letter is another word; "aab" swapped may be itself
    for old, new in changed:
        assert abs(len(old) - len(new)) <= 1 and old[0] == new[0]
        assert len(old) != len(new) or sorted(old) == sorted(new)
