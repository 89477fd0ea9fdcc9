"""The product store: records, vectors and pictures in one folder.

```
store.json      the encoder that made it, sizes, versions; for people too
records.sqlite  every product, its vectors and content hash: the truth, written batch by batch
chroma/         the collections "words" and "pictures", for other programs; made again from the records if damaged
pictures/       one small WebP for each picture, by SHA-256
lock            many readers or one writer, between processes
```

Searches are answered from memory, exactly: the records are read at the first one, and kept in step from then on.
"""

from __future__ import annotations

import json
import threading
import weakref
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from shelftalk.tools import store_table
from shelftalk.tools.errors import StoreError, ToolError
from shelftalk.tools.locking import FolderLock
from shelftalk.tools.picture import open_picture
from shelftalk.tools.product import Filters, Product
from shelftalk.tools.scan_columns import normal
from shelftalk.tools.scan_table import Table
from shelftalk.tools.store_about import about, check, is_free, take_lock
from shelftalk.tools.store_faults import explained
from shelftalk.tools.store_mirror import Mirror
from shelftalk.tools.store_pictures import keep_picture, picture_path, sweep_pictures
from shelftalk.tools.store_records import Entry, Known, Records, Space
from shelftalk.tools.store_text import product_text
from shelftalk.tools.store_vectors import SPACES
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

    from shelftalk.tools.encoder import Encoder

MOST_VALUES = 400  # a field with more values than this is not closed
FEW_VALUES = 12  # a field with so few is closed even if each product has its own


class Store:
    """A folder of products; open it with `Store.open`, close it with `close` or a `with` block."""

    folder: Path

    def __init__(self, folder: Path, lock: FolderLock, writable: bool) -> None:
        """Use `Store.open`."""
        self.folder = folder
        self.about: dict[str, Any] = json.loads((folder / "store.json").read_text(encoding="utf-8"))
        self.writable = writable
        held = [lock]
        self._records = Records(folder / "records.sqlite")
        self._mirror = Mirror(folder / "chroma", self._records)
        self._close = weakref.finalize(self, _close, self._records, self._mirror, held)
        self._facets: dict[str, dict[str, int]] | None = None
        self._version = 0
        self._searched: Table | None = None
        self._reading = threading.RLock()  # the table is made once, and changes with the records
        try:
            self._load(held)
        except BaseException:
            self.close()
            raise

    def _load(self, held: list[FolderLock]) -> None:
        def alone() -> None:
            if not self.writable:
                held[0].release()
                held[0] = take_lock(self.folder, exclusive=True)

        if not self._mirror.is_current():
            self._mirror.mend(self.writable, alone)
            if not self.writable:
                held[0].share()
        self._position: dict[str, None] = dict.fromkeys(self._records.ids())
        self._pictured = set(self._records.with_picture())

    @classmethod
    def open(cls, folder: Path, encoder: Encoder | None = None, create: bool = False) -> Store:
        """Open a store: to read, beside other readers; with `create`, to write, alone, making it if missing.

        StoreError: there is none, it is in use, damaged, or was made by another encoder than the one given.
        """
        folder = Path(folder)
        if not (folder / "store.json").is_file():
            if not create or encoder is None:
                raise StoreError(
                    f"There is no store at {folder}. Make one: shelftalk index CATALOGUE --store {folder}"
                )
            if folder.exists() and not is_free(folder):
                raise StoreError(f"{folder} holds other files, not a store: choose an empty or new folder.")
        with explained(folder):
            if create:
                folder.mkdir(parents=True, exist_ok=True)
            lock = take_lock(folder, exclusive=create)
            try:
                if not (folder / "store.json").is_file() and encoder is not None:
                    write_whole(folder / "store.json", about(encoder))
                check(folder, encoder)
                return cls(folder, lock, writable=create)
            except BaseException:
                lock.release()
                raise

    def __len__(self) -> int:
        """Return how many products there are."""
        return len(self._position)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files and give the lock back; a second call does nothing."""
        self._close()

    def ids(self) -> list[str]:
        """Return every id, in the order in which products first came in."""
        return list(self._position)

    def get(self, ids: Sequence[str]) -> list[Product]:
        """Return products in the order asked for; ToolError on an unknown id."""
        with explained(self.folder):
            found = self._records.products(ids)
        unknown = [id_ for id_ in ids if id_ not in found]
        if unknown:
            raise ToolError(f"The store has no product with the id {unknown[0]!r}.")
        return [found[id_] for id_ in ids]

    def picture(self, product: Product) -> Image | None:
        """Return the product's picture, RGB, at most 256 pixels a side; None where it has none."""
        path = self.picture_file(product)
        return open_picture(path) if path else None

    def picture_file(self, product: Product) -> Path | None:
        """Return the file with the product's picture, None where it has none."""
        if product.picture is None:
            return None
        path = picture_path(self.folder / "pictures", product.picture)
        return path if path.is_file() else None

    def has_picture(self, digest: str) -> bool:
        """Return whether the picture's file is there."""
        return picture_path(self.folder / "pictures", digest).is_file()

    def nearest(
        self, vector: np.ndarray, space: Space, n: int, filters: Filters, hidden: Collection[str] = ()
    ) -> list[tuple[str, float]]:
        """Return up to `n` (id, cosine similarity), nearest first; filters are applied before the choice.

        `vector`: float32 [size of the space]. `hidden`: ids never to be returned.
        """
        return self._table().nearest(vector, space, n, filters, hidden)

    def similarities(self, ids: Sequence[str], vector: np.ndarray, space: Space) -> np.ndarray:
        """Return each product's cosine similarity to `vector`: float32 [ids], NaN where it has none there."""
        return self._table().similarities(ids, vector, space)

    def vectors(self, ids: Sequence[str], space: Space) -> dict[str, np.ndarray]:
        """Return the vectors there are among `ids`, each float32 [size of the space]."""
        with explained(self.folder):
            return self._records.vectors(ids, space)

    def count(self, filters: Filters) -> int:
        """Return how many products pass the filters."""
        return len(self) if filters == Filters() else self._table().count(filters)

    def passing(self, ids: Sequence[str], filters: Filters) -> np.ndarray:
        """Say of each product whether it passes the filters: bool [ids]; an unknown one does not."""
        return self._table().passing(ids, filters)

    def matching(self, filters: Filters, n: int | None = None) -> list[str]:
        """Return the ids that pass the filters, at most `n`, in the order in which they first came in."""
        return self.ids()[:n] if filters == Filters() else self._table().matching(filters, n)

    def sorted_by(
        self,
        field: Literal["price", "rating"],
        descending: bool,
        n: int,
        filters: Filters,
        hidden: Collection[str] = (),
    ) -> list[str]:
        """Return up to `n` ids that pass the filters, by price or rating; those without one come last.

        Equals stay in the order in which they first came in.
        """
        return self._table().sorted_by(field, descending, n, filters, hidden)

    def texts(self) -> Iterator[tuple[str, str]]:
        """Give every product's id and the words by which it is found, in the order of `ids`."""
        with explained(self.folder):
            for rows in self._records.walk("id, record"):
                for id_, record in rows:
                    yield id_, product_text(Product.model_validate_json(record))

    @property
    def version(self) -> int:
        """A number that changes with every change of a product, for what is derived from them."""
        return self._version

    def _table(self) -> Table:
        """Return the products in memory, read at the first call."""
        if (table := self._searched) is not None:  # nobody waits for a writer's disk
            return table
        with self._reading, explained(self.folder):
            if self._searched is None:
                made_by = self.about["encoder"]
                sizes: dict[str, int] = {space: made_by[f"{space}_size"] for space in SPACES}
                self._searched = store_table.load(self._records, sizes, len(self))
            return self._searched

    def facets(self) -> dict[str, dict[str, int]]:
        """Return closed field -> value (lower case) -> how many products have it; "category" comes first.

        A field with more than 400 values, or whose values are mostly unique, is not closed and is left out.
        """
        if self._facets is None:
            with explained(self.folder):
                kept = self._records.note("facets")
                self._facets = json.loads(kept) if kept else self._count_facets()
        return self._facets

    def _count_facets(self) -> dict[str, dict[str, int]]:
        counts: dict[str, Counter[str]] = {"category": Counter()}
        for fields in self._records.facts():
            for name, value in fields.items():
                if value:
                    counts.setdefault(name, Counter())[normal(value)] += 1
        return {
            name: dict(counter.most_common())
            for name, counter in counts.items()
            if 0 < len(counter) <= max(FEW_VALUES, min(MOST_VALUES, counter.total() // 2))
        }

    # What follows needs a store opened with `create`.

    def keep_picture(self, data: bytes) -> tuple[str, Image]:
        """Keep a picture's file; return its SHA-256, for `Product.picture`, and the RGB image as kept."""
        return keep_picture(self.folder / "pictures", data)

    def put(
        self,
        products: Sequence[Product],
        words: np.ndarray,
        pictures: np.ndarray | None = None,
        hashes: Sequence[str] | None = None,
        problems: Sequence[str] | None = None,
    ) -> None:
        """Add products or change them, all or none, whatever kills the process.

        `words`: float32 [n, words_size]; `pictures`: float32 [n, pictures_size], whose rows count where the
        product has a picture. `hashes` tell later whether a row changed, `problems` what was wrong with it.
        """
        self._must_write()
        entries = [
            Entry(
                product,
                words[i],
                None if pictures is None or product.picture is None else pictures[i],
                hashes[i] if hashes else "",
                problems[i] if problems else "",
            )
            for i, product in enumerate(products)
        ]
        with explained(self.folder):
            blind = [e.product.id for e in entries if e.pictures is None and e.product.id in self._pictured]
            self._mirror.put(entries, not any(e.product.id in self._position for e in entries), blind)
            with self._reading:
                self._records.write(entries, **self._mirror.notes(), facets=None)
                table, self._searched = self._searched, None  # where this fails, it is read again
                if table is not None:
                    store_table.put(table, entries)
                self._searched = table
                for entry in entries:
                    self._position.setdefault(entry.product.id)
                    (self._pictured.discard if entry.pictures is None else self._pictured.add)(
                        entry.product.id
                    )
                self._facets = None
                self._version += 1

    def remove(self, ids: Collection[str]) -> None:
        """Remove products; ids that are not there are passed over."""
        self._must_write()
        gone = [id_ for id_ in ids if id_ in self._position]
        with explained(self.folder):
            self._mirror.remove(gone)
            with self._reading:
                self._records.delete(gone, **self._mirror.notes(), facets=None)
                if self._searched is not None:
                    self._searched.remove(gone)
                for id_ in gone:
                    self._position.pop(id_, None)
                self._pictured.difference_update(gone)
                self._facets = None
                self._version += 1

    def known(self) -> dict[str, Known]:
        """Return what tells whether a row of the catalogue has changed, for every product."""
        with explained(self.folder):
            return self._records.known()

    def note(self, name: str) -> str | None:
        """Return a note that was made with `set_notes`."""
        with explained(self.folder):
            return self._records.note(name)

    def set_notes(self, **notes: str | None) -> None:
        """Make notes that stay with the store; None strikes one out."""
        self._must_write()
        with explained(self.folder):
            self._records.set_notes(**notes)

    def finish(self) -> None:
        """Tidy up after writing: count the facets for the next opening, delete pictures no longer used."""
        self._must_write()
        with explained(self.folder):
            self._facets = self._count_facets()
            self._records.set_notes(facets=json.dumps(self._facets, ensure_ascii=False))
            sweep_pictures(
                self.folder / "pictures", {k.picture for k in self._records.known().values() if k.picture}
            )

    def _must_write(self) -> None:
        if not self.writable:
            raise StoreError(f"The store {self.folder} was opened for reading: open it with create=True.")


def _close(records: Records, mirror: Mirror, locks: list[FolderLock]) -> None:
    mirror.close()
    records.close()
    for lock in locks:
        lock.release()
