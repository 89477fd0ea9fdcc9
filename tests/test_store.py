"""The product store: a real one, on disk."""

from __future__ import annotations

import io
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from shelftalk.tools.errors import PictureError, StoreError, ToolError
from shelftalk.tools.product import Filters, Product
from shelftalk.tools.store import Store

COLOURS = ("red", "blue", "green")
KINDS = ("dress", "shoe")


class Plain:
    """An encoder's name and sizes; the store needs no more of it."""

    name = "plain"
    words_size = 16
    pictures_size = 8

    def __init__(self, fingerprint: str = "f" * 40) -> None:
        self.fingerprint = fingerprint

    def words(self, texts: Sequence[str]) -> np.ndarray:
        raise AssertionError

    pictures = phrases = words


def units(n: int, size: int, seed: int = 0) -> np.ndarray:
    vectors = np.random.default_rng(seed).normal(size=(n, size)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def webp(colour: str = "red", size: tuple[int, int] = (20, 30)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", size, colour).save(buffer, "WEBP")
    return buffer.getvalue()


def product(i: int, picture: str | None = None) -> Product:
    return Product(
        id=f"id {i}",
        title=f"Thing {i}",
        category=KINDS[i % 2].title(),
        price=None if i % 10 == 9 else float(i),
        currency="EUR",
        attributes={"colour": COLOURS[i % 3].upper(), "code": f"X{i}"}
        | ({"age": "Old"} if i % 4 == 0 else {}),
        picture=picture,
    )


def mirrored(folder: Path) -> dict[str, set[str]]:
    """What another program finds in the store's Chroma collections."""
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(str(folder / "chroma"), settings=Settings(anonymized_telemetry=False))
    try:
        found = {name: client.get_collection(name) for name in ("words", "pictures")}
        return {name: set(collection.get(include=[])["ids"]) for name, collection in found.items()}
    finally:
        client.close()


def held(store: Store) -> dict[str, set[str]]:
    """What the collections should hold."""
    return {
        "words": set(store.ids()),
        "pictures": {p.id for p in store.get(store.ids()) if p.picture is not None},
    }


def fill(store: Store, n: int = 60) -> None:
    digests = [store.keep_picture(webp(colour))[0] for colour in COLOURS]
    products = [product(i, digests[i % 3] if i % 2 else None) for i in range(n)]
    store.put(products, units(n, 16), units(n, 8, 1), hashes=[f"h{i}" for i in range(n)])
    store.finish()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made") / "store"
    with Store.open(folder, Plain(), create=True) as store:
        fill(store)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """A store of its own, to be spoiled."""
    return Path(shutil.copytree(made, tmp_path / "store"))


@pytest.fixture
def store(made: Path) -> Iterator[Store]:
    with Store.open(made, Plain()) as store:
        yield store


def test_gives_back_what_was_put(store: Store) -> None:
    assert len(store) == 60
    assert store.ids()[:3] == ["id 0", "id 1", "id 2"]
    got = store.get(["id 7", "id 3", "id 7"])
    assert [p.title for p in got] == ["Thing 7", "Thing 3", "Thing 7"]
    assert got[0] == product(7, got[0].picture)
    with pytest.raises(ToolError, match="no product with the id 'nope'"):
        store.get(["id 1", "nope"])
    picture = store.picture(got[0])
    assert picture is not None and picture.size == (20, 30)
    assert store.picture(product(0)) is None
    assert np.array_equal(store.vectors(["id 3"], "words")["id 3"], units(60, 16)[3])
    assert set(store.vectors(["id 3", "id 4", "?"], "pictures")) == {"id 3"}


FILTERS = [
    Filters(),
    Filters(where={"colour": "Red"}),
    Filters(where={"category": "SHOE", "colour": " red "}),
    Filters(exclude={"colour": "red"}),
    Filters(exclude={"age": "old"}),
    Filters(min_price=10, max_price=20),
    Filters(max_price=20.5, where={"category": "dress"}, exclude={"colour": "blue", "age": "old"}),
    Filters(where={"colour": "mauve"}),
    Filters(where={"nothing": "like it"}),
]


def passes(p: Product, filters: Filters) -> bool:
    if filters.min_price is not None and (p.price is None or p.price < filters.min_price):
        return False
    if filters.max_price is not None and (p.price is None or p.price > filters.max_price):
        return False
    return all(p.field(k).lower() == v.lower().strip() for k, v in filters.where.items()) and not any(
        p.field(k).lower() == v.lower() for k, v in filters.exclude.items()
    )


@pytest.mark.parametrize("filters", FILTERS)
def test_filters_come_before_the_nearest(store: Store, filters: Filters) -> None:
    expected = [i for i in range(60) if passes(product(i), filters)]
    assert store.matching(filters) == [f"id {i}" for i in expected]
    assert store.matching(filters, 2) == [f"id {i}" for i in expected[:2]]
    assert store.count(filters) == len(expected)
    for space, size, seed, among in (
        ("words", 16, 0, expected),
        ("pictures", 8, 1, [i for i in expected if i % 2]),
    ):
        vector = units(1, size, 7)[0]
        scores = units(60, size, seed) @ vector
        order = sorted(among, key=lambda i: -scores[i])
        found = store.nearest(vector, space, 5, filters)  # type: ignore[arg-type]
        assert [id_ for id_, _ in found] == [f"id {i}" for i in order[:5]]
        assert [score for _, score in found] == pytest.approx([scores[i] for i in order[:5]], abs=1e-5)
        hidden = {f"id {i}" for i in order[:3]}
        assert (
            [id_ for id_, _ in store.nearest(vector, space, 2, filters, hidden)]
            == [  # type: ignore[arg-type]
                f"id {i}" for i in order[3:5]
            ]
        )


def test_facets_are_the_closed_fields(store: Store) -> None:
    assert store.facets() == {
        "category": {"dress": 30, "shoe": 30},
        "colour": {"red": 20, "blue": 20, "green": 20},
        "age": {"old": 15},
    }
    assert next(iter(store.facets())) == "category"


def test_changing_and_removing(folder: Path) -> None:
    with Store.open(folder, Plain(), create=True) as store:
        changed = Product(id="id 1", title="New", category="hat")
        store.put([changed], units(1, 16, 5), None, hashes=["new"])
        store.remove(["id 3", "no such id"])
        store.finish()
    with Store.open(folder, Plain()) as store:
        assert len(store) == 59
        assert store.get(["id 1"]) == [changed]
        assert store.ids()[1] == "id 1"
        assert store.matching(Filters(where={"category": "hat"})) == ["id 1"]
        # The old record's fields are gone with it.
        assert "id 1" not in store.matching(Filters(where={"colour": "blue"}))
        assert "id 1" not in store.matching(Filters(max_price=5))
        everything = {id_ for id_, _ in store.nearest(units(1, 8)[0], "pictures", 100, Filters())}
        assert "id 1" not in everything and "id 3" not in everything and "id 5" in everything
        assert store.facets()["category"] == {"dress": 30, "shoe": 28, "hat": 1}
        assert store.known()["id 1"].hash == "new"
        expected = held(store)
    assert mirrored(folder) == expected


def test_searches_follow_changes_at_once(folder: Path) -> None:
    """The first search reads all products; what is put and removed after it is searched too."""
    with Store.open(folder, Plain(), create=True) as store:
        before = store.version
        assert store.nearest(units(60, 16)[7], "words", 1, Filters())[0][0] == "id 7"
        assert store.version == before
        new = product(100).model_copy(update={"price": 0.5, "rating": 5.0})
        store.put([new, product(7)], units(2, 16, 9))
        changed = store.version
        assert changed != before
        assert store.nearest(units(2, 16, 9)[0], "words", 1, Filters())[0][0] == "id 100"
        assert store.nearest(units(2, 16, 9)[1], "words", 1, Filters())[0][0] == "id 7"
        assert "id 7" not in {id_ for id_, _ in store.nearest(units(1, 8)[0], "pictures", 99, Filters())}
        assert store.matching(Filters(max_price=0.5)) == ["id 0", "id 100"]
        assert store.sorted_by("rating", True, 1, Filters()) == ["id 100"]
        store.remove(["id 100"])
        assert store.version not in (before, changed)
        assert store.matching(Filters(max_price=0.5)) == ["id 0"]
        assert store.ids() == [f"id {i}" for i in range(60)]


def test_similarities_order_and_texts(store: Store) -> None:
    vector = units(1, 8, 3)[0]
    asked = ["id 3", "id 4", "no such id", "id 1"]
    found = store.similarities(asked, vector, "pictures")
    assert found.dtype == np.float32
    scores = units(60, 8, 1) @ vector
    assert found == pytest.approx([scores[3], np.nan, np.nan, scores[1]], abs=1e-5, nan_ok=True)
    red = Filters(where={"colour": "red"})
    assert store.sorted_by("price", True, 3, red, hidden=["id 57"]) == ["id 54", "id 51", "id 48"]
    assert store.sorted_by("price", False, 3, red) == ["id 0", "id 3", "id 6"]
    assert store.sorted_by("price", False, 99, red)[-2:] == ["id 9", "id 39"]  # they have no price
    texts = dict(store.texts())
    assert list(texts) == store.ids()
    assert texts["id 4"] == "Thing 4. Dress, BLUE, X4, Old"


def test_threads_search_while_another_writes(folder: Path) -> None:
    """Readers see whole batches, and what they find is what they asked for."""
    wrong: list[object] = []
    with Store.open(folder, Plain(), create=True) as store:
        done = threading.Event()

        def read() -> None:
            try:
                while not done.is_set():
                    ids = [
                        id_ for id_, _ in store.nearest(units(1, 16)[0], "words", 500, Filters(min_price=100))
                    ]
                    if len(ids) % 9 or sorted(ids) != sorted(set(ids)):
                        wrong.append(ids)
                    store.count(Filters(where={"colour": "red"}))
            except Exception as error:
                wrong.append(error)
                raise

        readers = [threading.Thread(target=read) for _ in range(2)]
        for reader in readers:
            reader.start()
        for start in range(100, 200, 10):
            store.put(
                [product(i) for i in range(start, start + 10)], units(10, 16, start)
            )  # one has no price
        store.remove([f"id {i}" for i in range(100, 110)])
        done.set()
        for reader in readers:
            reader.join()
        assert store.count(Filters(min_price=100)) == 81
    assert not wrong


def test_pictures_no_longer_used_are_swept(folder: Path) -> None:
    with Store.open(folder, Plain(), create=True) as store:
        store.remove([f"id {i}" for i in range(60) if i % 3 == 1])
        store.finish()
    assert len(list((folder / "pictures").rglob("*.webp"))) == 2


def test_large_and_turned_pictures_are_kept_small(folder: Path) -> None:
    with Store.open(folder, Plain(), create=True) as store:
        small = webp("blue")
        digest, image = store.keep_picture(small)
        assert image.size == (20, 30)
        assert (folder / "pictures" / digest[:2] / f"{digest}.webp").read_bytes() == small
        large, image = store.keep_picture(webp("blue", (1200, 600)))
        assert image.size == (256, 128)
        kept = store.picture(Product(id="a", title="a", picture=large))
        assert kept is not None and kept.size == (256, 128)
        with pytest.raises(PictureError):
            store.keep_picture(b"no picture")


def test_missing_and_unwritable(tmp_path: Path, made: Path) -> None:
    with pytest.raises(StoreError, match=r"There is no store at .*shelftalk index CATALOGUE --store"):
        Store.open(tmp_path / "gone", Plain())
    (tmp_path / "mine.txt").write_text("keep me")
    with pytest.raises(StoreError, match="holds other files"):
        Store.open(tmp_path, Plain(), create=True)
    with Store.open(made) as store, pytest.raises(StoreError, match="opened for reading"):
        store.put([product(1)], units(1, 16))


def test_made_by_another_encoder(made: Path) -> None:
    with pytest.raises(StoreError, match=r"made by the encoder plain \(f+\), not by plain \(0+\).*--rebuild"):
        Store.open(made, Plain("0" * 40))
    Store.open(made).close()  # whoever does not encode need not care


def test_readers_together_a_writer_alone(folder: Path) -> None:
    with Store.open(folder, Plain()) as one, Store.open(folder, Plain()) as two:
        assert one.ids() == two.ids()
        with pytest.raises(StoreError, match="is in use by another process"):
            Store.open(folder, Plain(), create=True)
        assert read_in_another_process(folder) == "60"
    with Store.open(folder, Plain(), create=True):
        with pytest.raises(StoreError, match=f"is being written by process {os.getpid()}"):
            Store.open(folder, Plain())
        assert "is being written by process" in read_in_another_process(folder)
    Store.open(folder, Plain()).close()


def read_in_another_process(folder: Path) -> str:
    code = f"""
        from pathlib import Path
        from shelftalk.tools.store import Store
        from shelftalk.tools.errors import StoreError
        try:
            print(len(Store.open(Path({str(folder)!r}))))
        except StoreError as error:
            print(error)
    """
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True, check=True
    ).stdout.strip()


@pytest.mark.skipif(sys.platform == "win32", reason="no kill -9 there")
def test_a_killed_writer_leaves_whole_batches_and_no_lock(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    code = f"""
        import os, signal, sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        from pathlib import Path
        from test_store import Plain, product, units
        from shelftalk.tools.store import Store
        from shelftalk.tools.store_records import Records
        store = Store.open(Path({str(folder)!r}), Plain(), create=True)
        store.put([product(i) for i in range(10)], units(10, 16))
        # Dies between Chroma and the records.
        Records.write = lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL)
        store.put([product(i) for i in range(10, 20)], units(10, 16, 2))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    with Store.open(folder, Plain()) as store:
        assert len(store) == 10
        found = store.nearest(units(10, 16, 2)[0], "words", 10, Filters())
        assert sorted(id_ for id_, _ in found) == sorted(store.ids())
        assert store.count(Filters(max_price=1000)) == 9
    with Store.open(folder, Plain(), create=True) as store:
        assert len(store) == 10
    assert mirrored(folder)["words"] == {f"id {i}" for i in range(10)}
    with Store.open(folder, Plain(), create=True) as store:
        store.put([product(i) for i in range(10, 20)], units(10, 16, 2))
        assert store.count(Filters(max_price=1000)) == 18
    assert mirrored(folder)["words"] == {f"id {i}" for i in range(20)}


def graphs(folder: Path) -> list[Path]:
    return sorted((folder / "chroma").glob("*/*.bin"))


def cut_graphs(folder: Path) -> None:
    for path in graphs(folder):
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_chroma(folder: Path) -> None:
    (folder / "chroma" / "chroma.sqlite3").write_bytes(b"garbage" * 1000)


def delete_chroma(folder: Path) -> None:
    shutil.rmtree(folder / "chroma")


@pytest.mark.parametrize("spoil", [cut_graphs, spoil_chroma, delete_chroma])
def test_spoilt_collections_are_made_again(folder: Path, spoil: object) -> None:
    spoil(folder)  # type: ignore[operator]
    for _ in range(2):
        with Store.open(folder, Plain()) as store:
            assert store.nearest(units(60, 16)[7], "words", 1, Filters())[0][0] == "id 7"
            assert len(store.nearest(units(1, 8)[0], "pictures", 99, Filters())) == 30
            assert store.count(Filters(where={"colour": "red"})) == 20
            expected = held(store)
        assert mirrored(folder) == expected


@pytest.mark.parametrize("name", ["records.sqlite", "store.json"])
def test_a_damaged_store_says_how_to_mend_it(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"garbage" * 1000)
    with pytest.raises(StoreError, match=r"damaged.*--rebuild"):
        Store.open(folder, Plain())


def test_a_full_disk_keeps_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(folder, Plain(), create=True) as store:
        with monkeypatch.context() as patch:

            def full(*_: object, **__: object) -> None:
                raise sqlite3.OperationalError("database or disk is full")

            patch.setattr(store._records, "write", full)
            with pytest.raises(StoreError, match=r"is full\. What was taken in is safe"):
                store.put([product(100)], units(1, 16))
        assert len(store) == 60
        store.put([product(100)], units(1, 16))
        assert len(store) == 61
