"""MovieLens: who rated which film, and what the films read and look like."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.evals.features import photo_vectors, read_columns, word_vectors
from shelftalk.tools.scores.content import Content

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.scores.interactions import Interactions

FILMS = "ml1m_items.parquet"
TITLES = "ml100k_items.parquet"


def load_films(data: Path, encoder: Encoder, progress: bool = False) -> Content:
    """Return the films of MovieLens-1M as `data`/ml1m_items.parquet has them, their vectors kept in the cache.

    Ids are str(iid). A film's text is its title, genres, plot, director and cast; its picture the poster, a row of
    NaN where it has none. UsageError: the file cannot be read.
    """
    path = data / FILMS
    table = read_columns(path, ["iid", "title", "genres", "plot", "director", "cast", "width"])
    texts = [
        " ".join(f"{part.strip().rstrip('.')}." for part in parts if part and part.strip())
        for parts in zip(
            table["title"],
            [_listed(genres) for genres in table["genres"]],
            table["plot"],
            [_said("Directed by", names) for names in table["director"]],
            [_said("With", names) for names in table["cast"]],
            strict=True,
        )
    ]
    shown = [row for row, width in enumerate(table["width"]) if width]
    return Content(
        [str(iid) for iid in table["iid"]],
        word_vectors(path, texts, encoder, progress),
        _spread(photo_vectors(path, encoder, progress, shown), shown, len(texts)),
    )


def load_titles(data: Path, encoder: Encoder, progress: bool = False) -> Content:
    """Return the films of MovieLens-100K, of which titles and genres are known and no pictures; as `load_films`."""
    import numpy as np

    path = data / TITLES
    table = read_columns(path, ["item", "title", "genres"])
    texts = [
        f"{title}. {_listed(genres)}." for title, genres in zip(table["title"], table["genres"], strict=True)
    ]
    words = word_vectors(path, texts, encoder, progress)
    nothing = np.full((len(texts), encoder.pictures_size), np.nan, np.float32)
    return Content([str(item) for item in table["item"]], words, nothing)


def load_pairs(paths: Sequence[Path], shopper: str, item: str) -> Interactions:
    """Return the pairs in these Parquet files' columns `shopper` and `item`, in their order; every id as a string."""
    import numpy as np

    from shelftalk.tools.scores.interactions import Interactions

    tables = [read_columns(path, [shopper, item]) for path in paths]
    shoppers, shopper_at = np.unique(
        np.concatenate([table[shopper] for table in tables]), return_inverse=True
    )
    items, item_at = np.unique(np.concatenate([table[item] for table in tables]), return_inverse=True)
    return Interactions(
        [str(id_) for id_ in shoppers],
        [str(id_) for id_ in items],
        np.stack([shopper_at, item_at], axis=1).astype(np.int64),
    )


def _listed(genres: str | None) -> str:
    return (genres or "").replace("|", ", ")


def _said(what: str, names: str | None) -> str:
    return f"{what} {names}" if names else ""


def _spread(vectors: np.ndarray, rows: Sequence[int], count: int) -> np.ndarray:
    """Return float32 [count, size] with the vectors at `rows` and NaN elsewhere."""
    import numpy as np

    out = np.full((count, vectors.shape[1]), np.nan, np.float32)
    out[list(rows)] = vectors
    return out
