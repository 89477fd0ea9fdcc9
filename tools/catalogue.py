"""A catalogue as products: each row read into a `Product` and its picture, or named with what is wrong."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shelftalk.tools.catalogue_files import PICTURE_ENDINGS, Record, read_table
from shelftalk.tools.columns import Columns, attribute_name, is_blank, is_link, map_columns
from shelftalk.tools.errors import CatalogueError, UsageError
from shelftalk.tools.prices import CURRENCIES, parse_price
from shelftalk.tools.product import Product

_LONGEST_TITLE = 500  # characters
_LONGEST_DESCRIPTION = 10_000
_LONGEST_VALUE = 120  # an attribute's; what is longer is free text
_LARGEST_PICTURE = 1 << 28  # bytes of a picture's file
_OUT_OF = re.compile(r"^(\d+(?:[.,]\d+)?)\s*(?:/|out of|of|von|sur)\s*(\d+)(?:\s*stars?)?$", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!][^<>]*>")


@dataclass(frozen=True)
class BadRow:
    """A row that has something wrong; `kept` says whether its product goes in all the same."""

    row: int
    id: str
    problem: str
    kept: bool


@dataclass(frozen=True)
class Row:
    """A row that can be used: its product, still without picture, and where the picture's bytes come from."""

    number: int
    product: Product
    picture: bytes | Path | None
    problems: tuple[str, ...]  # what could not be read and was left out


class Catalogue:
    """A catalogue file or folder; iterate over it for its rows, from the start each time."""

    def __init__(
        self,
        path: Path,
        mapping: Mapping[str, str] | None = None,
        pictures: Path | None = None,
        currency: str | None = None,
    ) -> None:
        """Open a catalogue.

        `mapping`: field or attribute -> column, where names alone do not tell. `pictures`: a folder where a
        product's picture has its id as name. `currency`: of prices that name none, ISO 4217.
        CatalogueError: it cannot be read, holds no rows, or no column is known to hold titles.
        """
        if currency is not None and currency.upper() not in CURRENCIES:
            raise UsageError(f"{currency!r} is no currency: give its ISO 4217 code, USD or EUR for instance.")
        self.path = path
        self.currency = currency.upper() if currency else None
        self._table = read_table(path)
        self._pictures = _picture_folder(pictures) if pictures else {}
        self._roots = [root.resolve() for root in (self._table.folder, pictures) if root]
        sample = self._table.sample()
        if not sample and next(self._table.rows(), None) is None:
            raise CatalogueError(f"The catalogue {path} holds no products, only a header perhaps.")
        self._seen = list(dict.fromkeys([*self._table.columns, *(key for row in sample for key in row)]))
        self.columns: Columns = map_columns(self._seen, sample, mapping, bool(pictures))
        self._attributes = dict(self.columns.attributes)

    @property
    def total(self) -> int | None:
        """How many rows there are at most."""
        return self._table.total

    @property
    def unit(self) -> str:
        """What row numbers count: "row", or "line" in a text file."""
        return self._table.unit

    def __iter__(self) -> Iterator[Row | BadRow]:
        first: dict[str, int] = {}
        repeats: dict[str, int] = {}
        for number, record in self._table.rows():
            if isinstance(record, str):
                yield BadRow(number, "", record, False)
                continue
            self._learn(record)
            title = _text(self._cell(record, "title"), _LONGEST_TITLE)
            id_ = self._id(record, title, repeats)
            if not id_:
                yield BadRow(number, "", f"it has no id ({self.columns.first('id')} is empty)", False)
            elif id_ in first:
                problem = f"its id {id_!r} was used before, in {self.unit} {first[id_]}"
                yield BadRow(number, id_, problem, False)
            elif not title:
                first[id_] = number
                yield BadRow(number, id_, f"it has no title ({self.columns.first('title')} is empty)", False)
            else:
                first[id_] = number
                yield self._row(number, id_, title, record)

    def _learn(self, record: Record) -> None:
        """Take up columns that only later rows have, as JSONL may."""
        for column in record:
            if column not in self._seen:
                self._seen.append(column)
                name = attribute_name(column, self._attributes, [record[column]])
                if name is not None:
                    self._attributes[name] = column

    def _cell(self, record: Record, field: str) -> Any:
        for column in self.columns.fields.get(field, ()):
            if not is_blank(record.get(column)):
                return record[column]
        return None

    def _id(self, record: Record, title: str, repeats: dict[str, int]) -> str:
        if self.columns.first("id") is not None:
            return _text(self._cell(record, "id"), _LONGEST_TITLE)
        # No column for it: the title's hash stays the same when rows are added or moved.
        made = hashlib.sha256(title.encode()).hexdigest()[:12]
        repeats[made] = repeats.get(made, 0) + 1
        return made if repeats[made] == 1 else f"{made}-{repeats[made]}"

    def _row(self, number: int, id_: str, title: str, record: Record) -> Row:
        problems: list[str] = []
        price, currency = self._price(record, problems)
        url = _text(self._cell(record, "url"), 2000)
        picture = self._picture(id_, record, problems)
        product = Product(
            id=id_,
            title=title,
            description=_plain(_text(self._cell(record, "description"), _LONGEST_DESCRIPTION, lines=True)),
            category=_text(self._cell(record, "category"), _LONGEST_VALUE),
            price=price,
            currency=currency,
            stock=_read("stock", _stock, self._cell(record, "stock"), problems),
            rating=_read("rating", _rating, self._cell(record, "rating"), problems),
            attributes={
                name: value
                for name, column in self._attributes.items()
                if (value := _text(record.get(column), _LONGEST_VALUE + 1)) and len(value) <= _LONGEST_VALUE
            },
            url=url if url.startswith(("http://", "https://")) else None,
        )
        return Row(number, product, picture, tuple(problems))

    def _price(self, record: Record, problems: list[str]) -> tuple[float | None, str | None]:
        columns = self.columns.fields.get("price", ())
        currency = self.currency
        named = _text(self._cell(record, "currency"), 20)
        if named:
            try:
                found = parse_price(f"0 {named}", self.currency)
                currency = found.currency if found else currency
            except ValueError:
                problems.append(f"currency: {named!r} is no currency known here")
        for column in columns:
            try:
                price = parse_price(record.get(column), currency)
            except ValueError as error:
                problems.append(f"price ({column}): {error}")
                continue
            if price is not None:
                return price.amount, price.currency
        if columns and not any(problem.startswith("price") for problem in problems):
            problems.append(f"price: {' and '.join(columns)} {'are' if len(columns) > 1 else 'is'} empty")
        return None, None

    def _picture(self, id_: str, record: Record, problems: list[str]) -> bytes | Path | None:
        """Find the picture's bytes, or its file inside the catalogue's folder or the one of pictures."""
        value = self._cell(record, "picture")
        if isinstance(value, list):
            value = value[0] if value else None
        if isinstance(value, dict):
            value = value.get("bytes") or value.get("path")
        if isinstance(value, bytes | bytearray):
            return bytes(value)
        if isinstance(value, str) and value.strip() and not is_link(value):
            return self._inside(value.strip(), problems)
        if id_ in self._pictures:
            return self._pictures[id_]
        if isinstance(value, str) and is_link(value):
            problems.append("picture: it is a link, and nothing is fetched; give the files with --pictures")
        elif self._pictures:
            problems.append(f"picture: the folder of pictures has none named {id_!r}")
        elif value is not None:
            problems.append(f"picture: {type(value).__name__} is neither bytes nor a path")
        return None

    def _inside(self, value: str, problems: list[str]) -> Path | None:
        for root in self._roots:
            path = (root / value).resolve()
            # A feed comes from outside: it must not put any file of this machine on show.
            if not any(path.is_relative_to(allowed) for allowed in self._roots):
                problems.append(
                    f"picture: {value!r} lies outside the catalogue's folder; give its folder with --pictures"
                )
                return None
            if path.is_file():
                return path
        problems.append(f"picture: there is no file {value!r} beside the catalogue")
        return None


def picture_bytes(source: bytes | Path) -> bytes:
    """Return a picture's bytes; OSError where its file cannot be read or is over 256 MiB."""
    if isinstance(source, bytes):
        return source
    if source.stat().st_size > _LARGEST_PICTURE:
        raise OSError(f"{source.name} is over {_LARGEST_PICTURE >> 20} MiB")
    return source.read_bytes()


def _picture_folder(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise CatalogueError(f"--pictures {folder}: there is no such folder.")
    found = {p.stem: p for p in sorted(folder.rglob("*")) if p.suffix.lower() in PICTURE_ENDINGS}
    if not found:
        raise CatalogueError(f"--pictures {folder}: the folder holds no pictures.")
    return found


def _text(value: Any, limit: int, lines: bool = False) -> str:
    """Return a cell as text: blank cells empty, numbers without needless digits, no control characters."""
    if is_blank(value) or isinstance(value, bytes | bytearray | dict):
        return ""
    if isinstance(value, bool) or (isinstance(value, str) and value in ("True", "False")):
        return "yes" if value in (True, "True") else "no"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else f"{value:.6g}"
    if isinstance(value, list | tuple):
        return ", ".join(filter(None, (_text(item, limit) for item in value)))[:limit]
    text = str(value).encode("utf-8", "replace").decode()
    if lines:
        text = re.sub(r"[^\S\n]+|[\x00-\x09\x0b-\x1f\x7f]", " ", text)
    else:
        text = " ".join(re.sub(r"[\x00-\x1f\x7f]", " ", text).split())
    return text.strip()[:limit]


def _plain(text: str) -> str:
    """Return a description without HTML."""
    if not _TAG.search(text) and "&" not in text:
        return text
    return re.sub(r"\n\s*\n+", "\n", re.sub(r"[^\S\n]+", " ", html.unescape(_TAG.sub(" ", text)))).strip()


def _read(name: str, parse: Any, value: Any, problems: list[str]) -> Any:
    try:
        return None if is_blank(value) else parse(value)
    except (ValueError, OverflowError):
        problems.append(f"{name}: {str(value)[:40]!r} cannot be read")
        return None


def _stock(value: Any) -> int | None:
    if isinstance(value, bool):
        return None if value else 0
    text = str(value).strip().lower()
    if text in ("out of stock", "sold out", "no", "false", "unavailable", "outofstock"):
        return 0
    if text in ("in stock", "yes", "true", "available", "instock", "many"):
        return None  # how many is not said
    number = float(re.sub(r"(?<=\d)[,' ](?=\d{3}\b)", "", text))
    if number < 0 or number != int(number):
        raise ValueError(text)
    return int(number)


def _rating(value: Any) -> float:
    """Read a rating as 0 to 5: "4.3", "4,3", "4.3 out of 5", "8/10"."""
    text = str(value).strip()
    found = _OUT_OF.match(text)
    number, best = (found.group(1), float(found.group(2))) if found else (text.removesuffix("stars"), 5.0)
    rating = float(number.replace(",", ".")) * 5 / best
    if not 0 <= rating <= 5:
        raise ValueError(text)
    return round(rating, 2)
