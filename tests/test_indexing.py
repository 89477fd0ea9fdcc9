"""Taking catalogues into a store, again and again, killed and spoilt."""

from __future__ import annotations

import hashlib
import io
import json
import signal
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from test_store import mirrored

from shelftalk.tools.errors import CatalogueError, StoreError
from shelftalk.tools.indexing import index, product_text
from shelftalk.tools.product import Filters, Product
from shelftalk.tools.store import Store


class Hashed:
    """A stand-in encoder: words by their hash, pictures by their mean colour; it counts what it is given."""

    name = "hashed"
    words_size = 64
    pictures_size = 3

    def __init__(self, fingerprint: str = "a" * 40) -> None:
        self.fingerprint = fingerprint
        self.texts = 0
        self.images = 0

    def words(self, texts: Sequence[str]) -> np.ndarray:
        self.texts += len(texts)
        vectors = np.zeros((len(texts), self.words_size), np.float32)
        for row, text in enumerate(texts):
            for word in text.lower().replace(".", " ").replace(",", " ").split():
                vectors[row, hashlib.sha256(word.encode()).digest()[0] % self.words_size] += 1
        return _units(vectors)

    def pictures(self, images: Sequence[Image.Image]) -> np.ndarray:
        self.images += len(images)
        return _units(np.stack([np.asarray(im, np.float32).mean((0, 1)) + 1 for im in images]))

    def phrases(self, texts: Sequence[str]) -> np.ndarray:
        raise AssertionError


def _units(vectors: np.ndarray) -> np.ndarray:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


COLOURS = ("red", "lime", "blue")


def png(colour: str, seed: int = 0) -> bytes:
    image = Image.new("RGB", (24, 32), colour)
    for bit in range(10):  # so that each seed has a picture of its own, even after WebP
        if seed >> bit & 1:
            image.paste("black", (4 * (bit % 5), 16 * (bit // 5), 4 * (bit % 5) + 4, 16 * (bit // 5) + 8))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def rows(n: int) -> list[dict[str, Any]]:
    return [
        {
            "id": f"p{i}",
            "title": f"{COLOURS[i % 3]} thing {i}",
            "price": f"${i}.50",
            "colour": COLOURS[i % 3],
            "picture": png(COLOURS[i % 3], i),
        }
        for i in range(n)
    ]


def parquet(path: Path, records: list[dict[str, Any]]) -> Path:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.Table.from_pylist(records), path)
    return path


def test_takes_in_a_catalogue_and_finds_its_products(tmp_path: Path) -> None:
    told: list[tuple[int, int | None]] = []
    path = parquet(tmp_path / "shop.parquet", rows(300))
    report = index(path, tmp_path / "store", Hashed(), progress=lambda *at: told.append(at))
    assert (report.added, report.changed, report.unchanged, report.bad) == (300, 0, 0, [])
    assert told == [(256, 300), (300, 300)]
    with Store.open(tmp_path / "store", Hashed()) as store:
        assert len(store) == 300
        assert store.note("unfinished") is None
        red = Filters(where={"colour": "red"}, max_price=30)
        found = store.nearest(Hashed().words(["blue thing 4"])[0], "words", 3, red)
        assert len(found) == 3 and all(int(id_[1:]) % 3 == 0 for id_, _ in found)
        by_picture = store.nearest(_units(np.array([[0, 0, 255]]))[0], "pictures", 5, Filters())
        assert {p.attributes["colour"] for p in store.get([id_ for id_, _ in by_picture])} == {"blue"}
        assert store.facets() == {"colour": {"red": 100, "lime": 100, "blue": 100}}


def test_a_second_run_takes_in_only_what_changed(tmp_path: Path) -> None:
    folder, records = tmp_path / "store", rows(30)
    index(parquet(tmp_path / "a.parquet", records), folder, Hashed())
    encoder = Hashed()
    report = index(tmp_path / "a.parquet", folder, encoder)
    assert (report.added, report.changed, report.unchanged) == (0, 0, 30)
    assert encoder.texts == encoder.images == 0

    records[3]["title"] = "another title"
    records[4]["picture"] = png("white")
    del records[5]
    records.append({"id": "new", "title": "new one"})
    report = index(parquet(tmp_path / "a.parquet", records), folder, encoder)
    assert (report.added, report.changed, report.unchanged, report.missing) == (1, 2, 28 - 1, 1)
    assert (encoder.texts, encoder.images) == (3, 2)
    with Store.open(folder, Hashed()) as store:
        assert len(store) == 31
        assert store.get(["p3"])[0].title == "another title"

    report = index(tmp_path / "a.parquet", folder, encoder, drop_missing=True)
    assert (report.removed, report.missing, report.unchanged) == (1, 0, 30)
    with Store.open(folder, Hashed()) as store:
        assert len(store) == 30 and "p5" not in store.ids()
    assert len(list((folder / "pictures").rglob("*.webp"))) == 29


def test_bad_rows_are_named_and_the_rest_go_in(tmp_path: Path) -> None:
    folder, records = tmp_path / "store", rows(8)
    records[1]["picture"] = b"no picture"
    records[2]["picture"] = records[2]["picture"][:60]
    records[3]["title"] = None
    records[4]["id"] = "p0"
    records[5]["price"] = "a lot"
    records[6]["id"] = ""
    expected = [
        (2, "p1", "is not a picture", True),
        (3, "p2", "truncated or damaged", True),
        (4, "p3", "no title", False),
        (5, "p0", "used before, in row 1", False),
        (6, "p5", "'a lot' holds no number", True),
        (7, "", "no id", False),
    ]
    path = parquet(tmp_path / "a.parquet", records)
    for run in range(2):  # the second run names them again
        report = index(path, folder, Hashed(), drop_missing=True)
        assert [(b.row, b.id, b.kept) for b in report.bad] == [(r, i, k) for r, i, _, k in expected], run
        assert all(words in b.problem for b, (_, _, words, _) in zip(report.bad, expected, strict=True))
        assert report.taken == 5 and report.dropped == 3
    lines = (folder / "bad_rows.jsonl").read_text().splitlines()
    assert json.loads(lines[2]) == {"row": 4, "id": "p3", "problem": report.bad[2].problem, "kept": False}
    with Store.open(folder, Hashed()) as store:
        assert store.ids() == ["p0", "p1", "p2", "p5", "p7"]
        assert [p.picture is None for p in store.get(["p0", "p1", "p2"])] == [False, True, True]
        assert store.get(["p5"])[0].price is None


def test_a_lost_picture_file_is_made_again(tmp_path: Path) -> None:
    path, folder = parquet(tmp_path / "a.parquet", rows(4)), tmp_path / "store"
    index(path, folder, Hashed())
    next((folder / "pictures").rglob("*.webp")).unlink()
    report = index(path, folder, Hashed())
    assert (report.changed, report.unchanged) == (1, 3)
    assert len(list((folder / "pictures").rglob("*.webp"))) == 4


def test_a_catalogue_of_nothing_leaves_the_store_as_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    index(parquet(tmp_path / "a.parquet", rows(4)), folder, Hashed())
    useless = parquet(tmp_path / "b.parquet", [{"id": f"{i}", "title": ""} for i in range(3)])
    with pytest.raises(CatalogueError, match=r"No row of .* can be used; row 1, for one: it has no title"):
        index(useless, folder, Hashed(), drop_missing=True)
    with Store.open(folder, Hashed()) as store:
        assert len(store) == 4


def test_another_encoder_needs_a_rebuild(tmp_path: Path) -> None:
    path, folder = parquet(tmp_path / "a.parquet", rows(4)), tmp_path / "store"
    index(path, folder, Hashed())
    other = Hashed("b" * 40)
    with pytest.raises(StoreError, match="made by the encoder hashed") as caught:
        index(path, folder, other)
    assert f"shelftalk index {path} --store {folder} --rebuild" in str(caught.value)
    assert index(path, folder, other, rebuild=True).added == 4
    Store.open(folder, other).close()


def test_an_encoder_that_fails_leaves_whole_batches(tmp_path: Path) -> None:
    class Failing(Hashed):
        def pictures(self, images: Sequence[Image.Image]) -> np.ndarray:
            if self.images:
                raise KeyboardInterrupt
            return super().pictures(images)

    path, folder = parquet(tmp_path / "a.parquet", rows(300)), tmp_path / "store"
    with pytest.raises(KeyboardInterrupt):
        index(path, folder, Failing())
    with Store.open(folder, Hashed()) as store:
        assert len(store) == 256 and store.note("unfinished") == str(path.resolve())
    report = index(path, folder, Hashed())
    assert (report.added, report.unchanged) == (44, 256)


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9 there")
@pytest.mark.parametrize("when", [1, 2])
def test_a_killed_run_goes_on(tmp_path: Path, when: int) -> None:
    path, folder = parquet(tmp_path / "a.parquet", rows(200)), tmp_path / "store"
    code = f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_indexing import Hashed
        from shelftalk.tools import indexing, store_vectors
        indexing.BATCH = 64
        store_vectors._HNSW["sync_threshold"] = 50  # so that graphs are written all the time
        calls = []
        put = store_vectors.VectorIndex.put
        def dying(self, space, *rest, **more):
            put(self, space, *rest, **more)
            calls.append(space)
            if len(calls) == 2 * {when} + 1:  # words are in Chroma, pictures and records are not
                os.kill(os.getpid(), signal.SIGKILL)
        store_vectors.VectorIndex.put = dying
        indexing.index(Path({str(path)!r}), Path({str(folder)!r}), Hashed())
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with Store.open(folder, Hashed()) as store:  # usable as it is
        assert len(store) == 64 * when
        found = store.nearest(Hashed().words(["red thing 190"])[0], "words", 200, Filters())
        assert len(found) == 64 * when
    report = index(path, folder, Hashed())
    assert (report.added, report.unchanged) == (200 - 64 * when, 64 * when)
    with Store.open(folder, Hashed()) as store:
        assert len(store.nearest(_units(np.ones((1, 3)))[0], "pictures", 500, Filters())) == 200
        assert len(store.nearest(Hashed().words(["thing"])[0], "words", 500, Filters())) == 200
        assert store.count(Filters(where={"colour": "lime"})) == 67
        expected = set(store.ids())
    assert mirrored(folder) == {"words": expected, "pictures": expected}


def test_the_text_of_a_product() -> None:
    product = Product(
        id="1",
        title="Red dress",
        category="Dress",
        attributes={"colour": "red", "material": "silk", "fit": "silk"},
        description="Light.",
    )
    assert product_text(product) == "Red dress. silk. Light."
