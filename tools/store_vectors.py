"""The store's two Chroma collections, which other programs read: products by words and by picture."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.tools.product import Product
from shelftalk.tools.scan_columns import closed_fields

if TYPE_CHECKING:
    from shelftalk.tools.store_records import Space

SPACES: tuple[Space, Space] = ("words", "pictures")
_BATCH = 1000
# The graph is written to disk every `sync_threshold` rows; rows since then are replayed at the next opening.
_HNSW = {
    "space": "cosine",
    "ef_construction": 100,
    "ef_search": 200,
    "max_neighbors": 16,
    "batch_size": 1000,
    "sync_threshold": 5000,
}


def metadata(product: Product) -> dict[str, str | float]:
    """Return what Chroma can filter a product by: its price and, lower case, its closed fields."""
    fields = closed_fields(product.category, product.attributes)
    found: dict[str, str | float] = {f"is {name}": value for name, value in fields.items()}
    if product.price is not None:
        found["price"] = float(product.price)
    return found or {"price of": "nothing"}  # Chroma takes no empty metadata


class VectorIndex:
    """The Chroma folder with its collections "words" and "pictures"."""

    def __init__(self, folder: Path) -> None:
        """Open the folder, making it where it is missing; ChromaError where it is damaged."""
        self.folder = folder
        self._sums: dict[tuple[str, int, int], int] = {}
        self._open()

    def _open(self) -> None:
        import chromadb
        from chromadb.api.shared_system_client import SharedSystemClient
        from chromadb.config import Settings
        from chromadb.errors import ChromaError

        settings = Settings(anonymized_telemetry=False)
        try:
            client: Any = chromadb.PersistentClient(str(self.folder), settings=settings)
        except (ChromaError, ValueError, AttributeError) as error:
            # Chroma keeps the half-started system for this folder, and would hand it out at the next try.
            SharedSystemClient._identifier_to_system.pop(str(self.folder), None)
            SharedSystemClient._identifier_to_refcount.pop(str(self.folder), None)
            raise _first(error) from error
        self._client = client
        self._spaces: dict[str, Any] = {
            name: self._client.get_or_create_collection(
                name,
                embedding_function=None,
                configuration={"hnsw": _HNSW},
            )
            for name in SPACES
        }

    def close(self) -> None:
        """Let go of the folder."""
        self._client.close()

    def clear(self) -> None:
        """Throw everything away and begin anew."""
        self.close()
        shutil.rmtree(self.folder, ignore_errors=True)
        self._open()

    def checksum(self) -> str:
        """Return a checksum of the graphs on disk; a graph half written when its process died has another."""
        return checksum(self.folder, self._sums)

    def count(self, space: Space) -> int:
        """Return how many vectors a space holds."""
        return int(self._spaces[space].count())

    def ids(self, space: Space) -> list[str]:
        """Return the ids in a space."""
        return list(self._spaces[space].get(include=[])["ids"])

    def put(
        self, space: Space, products: Sequence[Product], vectors: Sequence[np.ndarray], new: bool
    ) -> None:
        """Add products, or change those that are there (`new` says that none is)."""
        collection = self._spaces[space]
        ids = [product.id for product in products]
        if not new:
            collection.delete(ids=ids)  # an update would keep the old fields that the new record lacks
        for start in range(0, len(ids), _BATCH):
            part = slice(start, start + _BATCH)
            collection.upsert(
                ids=ids[part],
                embeddings=np.stack(vectors[part]).astype(np.float32),
                metadatas=[metadata(product) for product in products[part]],
            )

    def delete(self, space: Space, ids: Iterable[str]) -> None:
        """Delete products; ids that are not there are passed over."""
        wanted = list(ids)
        for start in range(0, len(wanted), _BATCH):
            self._spaces[space].delete(ids=wanted[start : start + _BATCH])


def _first(error: Exception) -> Exception:
    """Return what went wrong inside Chroma first; its clean-up fails too and hides it."""
    from chromadb.errors import ChromaError, InternalError

    found: BaseException | None = error
    first: Exception = InternalError(str(error))
    while found is not None:
        if isinstance(found, ChromaError):
            first = found
        found = found.__context__
    return first


def checksum(folder: Path, known: dict[tuple[str, int, int], int] | None = None) -> str:
    """Return a checksum of the graphs in a Chroma folder; `known` remembers files that have not changed."""
    sums: Mapping[tuple[str, int, int], int] = known if known is not None else {}
    result = {}
    for path in sorted(folder.glob("*/*")):
        state = path.stat()
        key = (f"{path.parent.name}/{path.name}", state.st_size, state.st_mtime_ns)
        if key not in sums:
            total = 0
            with path.open("rb") as file:
                while chunk := file.read(1 << 20):
                    total = zlib.crc32(chunk, total)
            if known is not None:
                known[key] = total
        else:
            total = sums[key]
        result[key[0]] = [state.st_size, total]
    return json.dumps(result)
