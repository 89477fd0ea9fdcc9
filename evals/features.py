"""Vectors of a data set's photos and titles, computed once for each encoder and kept.

They lie in the folder that SHELFTALK_CACHE names, else in the user's cache folder; all of it can be deleted.
"""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.tools.errors import UsageError
from shelftalk.tools.indexing_progress import shown
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    import numpy as np
    from pyarrow.parquet import ParquetFile

    from shelftalk.tools.encoder import Encoder

_PICTURES = ("image", "picture", "poster")  # what a column of pictures is called
_AT_ONCE = 256  # pictures decoded, or texts tokenised, at a time


def cache_folder() -> Path:
    """Return the folder where vectors are kept."""
    named = os.environ.get("SHELFTALK_CACHE")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("shelftalk", appauthor=False)) / "features"


def photo_vectors(
    path: Path, encoder: Encoder, progress: bool = False, rows: Sequence[int] | None = None
) -> np.ndarray:
    """Return the photos of a Parquet file in the joint space: float32 [rows, pictures_size], in the file's order.

    The photos are the encoded pictures in its column `image`, `picture` or `poster`; `rows`, in rising order, takes
    some of them only. UsageError: the file cannot be read, or one of its pictures.
    """
    import numpy as np

    from shelftalk.tools.picture import open_picture

    wanted = None if rows is None else set(rows)
    total = _open(path).metadata.num_rows if wanted is None else len(wanted)

    def make(tell: Callable[[int], None]) -> np.ndarray:
        parts = []
        done = 0
        for some in _batches(path, wanted):
            parts.append(encoder.pictures([open_picture(data) for data in some]))
            done += len(some)
            tell(done)
        return np.concatenate(parts)

    key = "all" if rows is None else _hash(str(list(rows)))
    return _kept(path, "photos", key, encoder, (total, encoder.pictures_size), make, progress)


def phrase_vectors(path: Path, texts: Sequence[str], encoder: Encoder, progress: bool = False) -> np.ndarray:
    """Return texts that were read from `path` in the joint space: float32 [texts, pictures_size]."""
    return _texts(path, "texts", texts, encoder, encoder.phrases, encoder.pictures_size, progress)


def word_vectors(path: Path, texts: Sequence[str], encoder: Encoder, progress: bool = False) -> np.ndarray:
    """Return texts that were read from `path` in the space of product texts: float32 [texts, words_size]."""
    return _texts(path, "words", texts, encoder, encoder.words, encoder.words_size, progress)


def _texts(
    path: Path,
    what: str,
    texts: Sequence[str],
    encoder: Encoder,
    encode: Callable[[Sequence[str]], np.ndarray],
    size: int,
    progress: bool,
) -> np.ndarray:
    import numpy as np

    def make(tell: Callable[[int], None]) -> np.ndarray:
        out = np.empty((len(texts), size), np.float32)
        for start in range(0, len(texts), _AT_ONCE):
            some = texts[start : start + _AT_ONCE]
            out[start : start + len(some)] = encode(some)
            tell(start + len(some))
        return out

    return _kept(path, what, _hash("\n".join(texts)), encoder, (len(texts), size), make, progress)


def read_columns(path: Path, columns: Sequence[str]) -> dict[str, list[str]]:
    """Return columns of a Parquet file as lists; UsageError where it cannot be read or lacks one of them."""
    import pyarrow.parquet as pq

    file = _open(path)
    missing = [name for name in columns if name not in file.schema_arrow.names]
    if missing:
        raise UsageError(f"{path} has no column {missing[0]!r}, only {', '.join(file.schema_arrow.names)}.")
    found: dict[str, list[str]] = pq.read_table(path, columns=list(columns)).to_pydict()
    return found


def _open(path: Path) -> ParquetFile:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise UsageError(f"{path} cannot be read as Parquet ({str(error)[:200]}): fetch it again.") from None


def _batches(path: Path, wanted: set[int] | None) -> Iterator[list[bytes]]:
    file = _open(path)
    column = next((name for name in _PICTURES if name in file.schema_arrow.names), None)
    if column is None:
        raise UsageError(f"{path} has no column of pictures: {', '.join(_PICTURES)}.")
    at = 0
    for batch in file.iter_batches(_AT_ONCE, columns=[column]):
        some = [
            data for row, data in enumerate(batch[column].to_pylist(), at) if wanted is None or row in wanted
        ]
        at += batch.num_rows
        if some:
            yield some


def _kept(
    path: Path,
    what: str,
    key: str,
    encoder: Encoder,
    shape: tuple[int, int],
    make: Callable[[Callable[[int], None]], np.ndarray],
    progress: bool,
) -> np.ndarray:
    """Return the vectors kept for this file (told by its size), this encoder and this key; or make and keep them."""
    import numpy as np

    name = f"{path.stem}-{path.stat().st_size}-{what}-{key}-{encoder.fingerprint}.npy"
    file = cache_folder() / name
    try:
        found: np.ndarray = np.load(file, allow_pickle=False)
        if found.shape == shape:
            return found
    except (OSError, ValueError, EOFError):
        pass  # not there, or not whole: it is made again
    with shown(f"{path.stem}: {what}", progress) as bar:
        made = make(lambda done: bar(done, shape[0]) if bar is not None else None)
    buffer = io.BytesIO()
    np.save(buffer, made, allow_pickle=False)
    write_whole(file, buffer.getvalue())
    return made


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]
