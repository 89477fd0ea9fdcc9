"""Reading the files that catalogues come in, row by row, so that memory stays flat however long they are."""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from shelftalk.tools.errors import CatalogueError

Record = dict[str, Any]
ALLOWED = (
    "a catalogue is a CSV, TSV, JSONL, JSON or Parquet file, a folder of Parquet files or of pictures, or a "
    "dataset folder that `datasets` saved"
)
PICTURE_ENDINGS = frozenset((".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp", ".tif", ".tiff", ".avif"))
SAMPLE = 300  # rows that are looked at to tell what a column holds
_BATCH = 256
_CELL = 1 << 24  # characters
_UNCLOSED = 500  # lines; a cell that runs over so many was opened by a quote that nobody closed
_NESTED = frozenset(("attributes", "attrs", "properties", "specs", "specifications", "features", "options"))


@dataclass
class Table:
    """A catalogue as its file states it.

    `rows` starts anew at each call and gives (number, record), or (number, reason) for one it cannot read.
    Numbers count from 1; in CSV and JSONL they are the file's lines.
    """

    columns: list[str]
    rows: Callable[[], Iterator[tuple[int, Record | str]]]
    total: int | None  # rows; a text file's lines, so at most a few too many
    folder: Path  # what paths in the table are relative to
    unit: str = "row"

    def sample(self) -> list[Record]:
        """Return the first rows that can be read."""
        return [record for _, record in islice(self.rows(), SAMPLE) if isinstance(record, dict)]


def read_table(path: Path) -> Table:
    """Open a catalogue; CatalogueError: there is none, it is empty, or of no kind that is read here."""
    if not path.exists():
        raise CatalogueError(f"There is no catalogue at {path}: check the path.")
    if path.is_dir():
        return _folder(path)
    with path.open("rb") as file:
        start = file.read(64)
    if not start:
        raise CatalogueError(f"The catalogue {path} is empty.")
    ending = path.suffix.lower()
    if start.startswith(b"PAR1") or ending in (".parquet", ".pq"):
        return _parquet([path])
    if start.startswith(b"ARROW1") or ending == ".arrow":
        return _arrow([path])
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise CatalogueError(
            f"{path} is a workbook or an archive: save the sheet as CSV. {_capital(ALLOWED)}."
        )
    if ending == ".json" or start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"["):
        return _json(path)
    if ending in (".jsonl", ".ndjson") or start.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
        return _jsonl(path)
    if ending in (".csv", ".tsv", ".tab", ".txt", "") or b"\0" not in start:
        return _csv(path)
    raise CatalogueError(f"{path} is no catalogue: {ALLOWED}.")


def _folder(path: Path) -> Table:
    if (path / "dataset_dict.json").is_file():
        splits = json.loads((path / "dataset_dict.json").read_text(encoding="utf-8"))["splits"]
        return _arrow([file for split in splits for file in _arrow_files(path / split)])
    if (path / "dataset_info.json").is_file() and (path / "state.json").is_file():
        return _arrow(_arrow_files(path))
    for name in ("metadata.csv", "metadata.jsonl"):
        if (path / name).is_file():
            return read_table(path / name)
    if tables := sorted(path.glob("*.parquet")):
        return _parquet(tables)
    pictures = sorted(p for p in path.rglob("*") if p.suffix.lower() in PICTURE_ENDINGS and p.is_file())
    if not pictures:
        raise CatalogueError(f"The folder {path} holds no pictures and no table; {ALLOWED}.")

    def rows() -> Iterator[tuple[int, Record | str]]:
        for number, picture in enumerate(pictures, 1):
            inside = picture.relative_to(path)
            kind = inside.parent.name
            record = {"id": inside.with_suffix("").as_posix(), "picture": inside.as_posix()}
            yield number, record | {"title": _words(picture.stem), "category": _words(kind)}

    return Table(["id", "title", "category", "picture"], rows, len(pictures), path)


def _words(name: str) -> str:
    return " ".join(name.replace("_", " ").replace("-", " ").split())


def _parquet(paths: Sequence[Path]) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        files = [pq.ParquetFile(path) for path in paths]
    except (OSError, pa.ArrowInvalid) as error:
        raise CatalogueError(f"{paths[0]} is not a whole Parquet file ({_brief(error)}).") from None
    schema = files[0].schema_arrow
    total = sum(file.metadata.num_rows for file in files)

    def batches() -> Iterator[Any]:
        for path in paths:
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=_BATCH)

    return Table(schema.names, lambda: _arrow_rows(batches(), schema, paths[0]), total, paths[0].parent)


def _arrow_files(folder: Path) -> list[Path]:
    try:
        state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
        return [folder / file["filename"] for file in state["_data_files"]]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise CatalogueError(f"The dataset folder {folder} is damaged ({_brief(error)}).") from None


def _arrow(paths: Sequence[Path]) -> Table:
    import pyarrow as pa

    if not paths:
        raise CatalogueError("The dataset folder holds no rows.")

    def batches() -> Iterator[Any]:
        for path in paths:
            with pa.memory_map(str(path)) as source:
                opened = pa.ipc.open_stream(source)
                for batch in opened:
                    for start in range(0, batch.num_rows, _BATCH):
                        yield batch.slice(start, _BATCH)

    try:
        with pa.memory_map(str(paths[0])) as source:
            schema = pa.ipc.open_stream(source).schema
        total = sum(batch.num_rows for batch in batches())
    except (OSError, pa.ArrowInvalid) as error:
        raise CatalogueError(f"{paths[0]} is not a whole Arrow stream ({_brief(error)}).") from None
    return Table(schema.names, lambda: _arrow_rows(batches(), schema, paths[0]), total, paths[0].parent)


def _arrow_rows(batches: Iterator[Any], schema: Any, path: Path) -> Iterator[tuple[int, Record | str]]:
    import pyarrow as pa

    labels = _label_names(schema)
    number = 0
    try:
        for batch in batches:
            for record in batch.to_pylist(maps_as_pydicts="lossy"):
                number += 1
                for column, names in labels.items():
                    value = record.get(column)
                    if isinstance(value, int) and 0 <= value < len(names):
                        record[column] = names[value]
                yield number, _flat(record)
    except (OSError, pa.ArrowInvalid) as error:
        raise CatalogueError(
            f"{path} is damaged after row {number:,} ({_brief(error)}). The rows before it went in."
        ) from None


def _label_names(schema: Any) -> dict[str, list[str]]:
    """Return column -> names of the classes that it numbers, as `datasets` notes them in the schema."""
    try:
        features = json.loads(schema.metadata[b"huggingface"])["info"]["features"]
        return {c: f["names"] for c, f in features.items() if isinstance(f, dict) and "names" in f}
    except (KeyError, ValueError, TypeError):
        return {}


def _json(path: Path) -> Table:
    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        if path.suffix.lower() == ".json":
            with path.open("rb") as file:
                first = file.readline().strip()
            if first.startswith(b"{") and first.endswith(b"}"):
                return _jsonl(path)  # one object a line, under a wrong ending
        raise CatalogueError(f"{path} is not whole JSON ({_brief(error)}).") from None
    if isinstance(data, dict):
        lists = [value for value in data.values() if isinstance(value, list) and value]
        data = lists[0] if len(lists) == 1 else [data]
    if not isinstance(data, list):
        raise CatalogueError(f"{path} holds no list of products: {ALLOWED}.")
    records: list[Record | str] = [
        _flat(item) if isinstance(item, dict) else "it is not a JSON object" for item in data
    ]
    columns = list(dict.fromkeys(key for r in records if isinstance(r, dict) for key in r))
    return Table(columns, lambda: iter(list(enumerate(records, 1))), len(records), path.parent)


def _jsonl(path: Path) -> Table:
    def rows() -> Iterator[tuple[int, Record | str]]:
        with path.open(encoding="utf-8-sig", errors="replace") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    record = json.loads(line)
                except (ValueError, RecursionError) as error:
                    yield number, f"it is not JSON ({_brief(error)})"
                    continue
                yield number, _flat(record) if isinstance(record, dict) else "it is not a JSON object"

    seen = [record for _, record in islice(rows(), SAMPLE) if isinstance(record, dict)]
    columns = list(dict.fromkeys(key for record in seen for key in record))
    with path.open("rb") as file:
        total = sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
    return Table(columns, rows, total, path.parent, "line")


def _csv(path: Path) -> Table:
    encoding, total = _encoding(path)
    with path.open(encoding=encoding, errors="replace", newline="") as file:
        start = file.read(1 << 16)
    delimiter = _delimiter(start)
    csv.field_size_limit(max(csv.field_size_limit(), _CELL))
    header = next(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), [])
    columns = [name.strip() or f"column {place}" for place, name in enumerate(header, 1)]
    twice = sorted({name for name in columns if columns.count(name) > 1})
    if twice:
        raise CatalogueError(
            f"The header of {path} names the column {twice[0]!r} more than once: rename one."
        )

    def rows() -> Iterator[tuple[int, Record | str]]:
        with path.open(encoding=encoding, errors="replace", newline="") as file:
            reader = csv.reader(file, delimiter=delimiter)
            next(reader, None)
            while True:
                line = reader.line_num + 1
                try:
                    cells = next(reader)
                except StopIteration:
                    return
                except csv.Error as error:
                    yield line, f"it cannot be read ({_brief(error)})"
                    continue
                if reader.line_num - line > _UNCLOSED:
                    yield line, f'a quote (") opened here is not closed, up to line {reader.line_num}'
                elif len(cells) > len(columns) and any(cells[len(columns) :]):
                    yield line, f"it has {len(cells)} cells, the header {len(columns)}: is a quote missing?"
                elif any(cells):
                    yield line, _flat(dict(zip(columns, cells, strict=False)))

    return Table(columns, rows, max(0, total - 1), path.parent, "line")


def _encoding(path: Path) -> tuple[str, int]:
    """Return a text file's encoding and how many lines it has."""
    with path.open("rb") as file:
        start = file.read(4)
        if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return "utf-16", start.count(b"\n") + file.read().count(b"\n")
        file.seek(0)
        decoder, encoding, lines = codecs.getincrementaldecoder("utf-8")(), "utf-8-sig", 0
        last = b"\n"
        for chunk in iter(lambda: file.read(1 << 20), b""):
            lines += chunk.count(b"\n")
            last = chunk[-1:]
            if encoding != "cp1252":
                try:
                    decoder.decode(chunk)
                except UnicodeDecodeError:
                    encoding = "cp1252"  # what spreadsheets in the West write
    return encoding, lines + (last != b"\n")


def _delimiter(start: str) -> str:
    """Return the delimiter under which the first rows agree best on a number of cells."""

    def agreement(delimiter: str) -> tuple[float, int]:
        rows = [
            row for row in islice(csv.reader(io.StringIO(start, newline=""), delimiter=delimiter), 50) if row
        ]
        width = len(rows[0]) if rows else 0
        if width < 2:
            return 0.0, 0
        return sum(len(row) == width for row in rows) / len(rows), width

    best = max(",;\t|", key=agreement)
    return best if agreement(best)[1] else ","


def _flat(record: Record) -> Record:
    """Lift nested objects one level: {"attributes": {"colour": "red"}} becomes {"colour": "red"}."""
    flat: Record = {}
    nested: list[tuple[str, Record]] = []
    for key, value in record.items():
        inner = value
        if isinstance(value, str) and key.lower() in _NESTED and value.lstrip().startswith("{"):
            try:
                inner = json.loads(value)
            except ValueError:
                inner = value
        if isinstance(inner, dict) and not ("bytes" in inner or "path" in inner):
            nested.append((key, inner))
        else:
            flat[key] = value
    for key, inner in nested:
        for name, value in inner.items():
            if value is not None and not isinstance(value, dict):
                flat.setdefault(str(name) if key.lower() in _NESTED else f"{key} {name}", value)
    return flat


def _brief(error: BaseException) -> str:
    return " ".join(str(error).split())[:120]


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
