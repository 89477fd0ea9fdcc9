"""Keeping the Chroma collections the same as the records, whatever killed a writer or spoilt a file.

Searches are not answered from them, so they are opened only to be written or mended. Two notes beside the records
tell whether they are as the last batch left them: a checksum of their graphs, and how far their log had come.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Collection, Sequence
from contextlib import closing, suppress
from pathlib import Path

from shelftalk.tools.store_faults import is_full
from shelftalk.tools.store_records import Entry, Records, Space
from shelftalk.tools.store_vectors import SPACES, VectorIndex, checksum

_BATCH = 2000


class Mirror:
    """The folder with the collections "words" and "pictures"."""

    def __init__(self, folder: Path, records: Records) -> None:
        self.folder = folder
        self._records = records
        self._opened: VectorIndex | None = None

    @property
    def _index(self) -> VectorIndex:
        if self._opened is None:
            self._opened = VectorIndex(self.folder)
        return self._opened

    def close(self) -> None:
        """Let go of the folder."""
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def is_current(self) -> bool:
        """Return whether the collections are as the last batch left them; they are not opened for that."""
        log = _log(self.folder)
        return bool(log) and self._records.note("log") == log and self._has_its_graphs()

    def _has_its_graphs(self) -> bool:
        return self._records.note("graphs") == checksum(self.folder)

    def mend(self, writable: bool, alone: Callable[[], None]) -> None:
        """Make the collections hold what the records hold; one who only reads may leave what is too much.

        `alone` is called before anything is changed, and makes sure that nobody else has the store open.
        """
        import chromadb.errors

        sound = self._has_its_graphs()
        if not sound:
            # Chroma crashes the whole process on a graph that a killed writer left half written, so it never
            # gets to see one: the collections are made again from the records.
            alone()
            shutil.rmtree(self.folder, ignore_errors=True)
        try:
            index = self._index
        except chromadb.errors.ChromaError as error:
            if is_full(self.folder.parent, error):
                raise  # making it again would need more room still
            sound = False
            alone()
            shutil.rmtree(self.folder, ignore_errors=True)
            index = self._index
        known = {"words": self._records.ids(), "pictures": self._records.with_picture()}
        strays = [index.count(space) - len(known[space]) for space in SPACES]
        if writable or not sound or min(strays) < 0:
            alone()
            for space in SPACES:
                self._repair(space, known[space])
            self._records.set_notes(**self.notes())
        elif max(strays) == 0:
            with suppress(sqlite3.Error):  # it may not be written; the next one to open it looks again
                self._records.set_notes(log=_log(self.folder))

    def _repair(self, space: Space, known: Sequence[str]) -> None:
        index = self._index
        there = set(index.ids(space)) if index.count(space) else set()
        index.delete(space, there.difference(known))
        lacking = [id_ for id_ in known if id_ not in there]
        for start in range(0, len(lacking), _BATCH):
            part = lacking[start : start + _BATCH]
            vectors, products = self._records.vectors(part, space), self._records.products(part)
            index.put(space, [products[i] for i in part], [vectors[i] for i in part], new=True)

    def notes(self) -> dict[str, str | None]:
        """Return the notes that tell how the collections are now."""
        return {"graphs": self._index.checksum(), "log": _log(self.folder)}

    def put(self, entries: Sequence[Entry], new: bool, blind: Collection[str]) -> None:
        """Put in products (`new` says that none is there), and take out the pictures of the `blind`."""
        self._index.put("words", [e.product for e in entries], [e.words for e in entries], new)
        seen = [e for e in entries if e.pictures is not None]
        if seen:
            vectors = [e.pictures for e in seen if e.pictures is not None]
            self._index.put("pictures", [e.product for e in seen], vectors, new)
        self._index.delete("pictures", blind)

    def remove(self, ids: Collection[str]) -> None:
        """Take products out of both collections."""
        for space in SPACES:
            self._index.delete(space, ids)


def _log(folder: Path) -> str:
    """Return how far the log of Chroma's own database has come, "" where that cannot be told."""
    path = folder / "chroma.sqlite3"
    if not path.is_file():
        return ""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute(
                "select (select max(id) from embeddings), (select max(seq_id) from max_seq_id)"
            ).fetchone()
    except sqlite3.Error:
        return ""  # damaged, or of a version with other tables
    return f"{found[0] or 0} {found[1] or 0}"
