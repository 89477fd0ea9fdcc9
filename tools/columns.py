"""Which column of a catalogue means what: by its name, by `--map`, or an attribute of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from shelftalk.tools.errors import CatalogueError, UsageError
from shelftalk.tools.prices import BLANK

FIELDS = (
    "id", "title", "description", "category", "price", "currency", "stock", "rating", "picture", "url",
)  # fmt: skip

# Column names by field, the likeliest first, in lower-case words.
_NAMES: dict[str, tuple[str, ...]] = {
    "id": (
        "id", "product id", "item id", "article id", "sku", "asin", "gtin", "ean", "upc", "isbn",
        "product code", "article number", "item number", "code", "handle", "uid", "iid",
        "uuid", "uniq id", "row", "row id", "index", "unnamed: 0", "unnamed 0", "number", "nr", "no",
    ),
    "title": (
        "title", "product title", "item title", "product display name", "display name", "product name",
        "item name", "name", "heading", "label name",
    ),
    "description": (
        "description", "product description", "long description", "body", "body html", "details",
        "product details", "about", "about product", "summary", "short description", "features", "text",
    ),
    "category": (
        "category", "article type", "product category", "product type", "item type", "category name",
        "sub category", "subcategory", "type", "kind", "department", "class", "label", "categories",
        "main category", "master category",
    ),
    # What is paid comes before what was once asked.
    "price": (
        "sale price", "discount price", "discounted price", "special price", "offer price", "final price",
        "current price", "selling price", "price", "unit price", "amount", "actual price", "list price",
        "retail price", "regular price", "original price", "mrp",
    ),
    "currency": ("currency", "currency code", "price currency"),
    "stock": (
        "stock", "quantity", "qty", "inventory", "stock quantity", "inventory quantity", "in stock",
        "available quantity", "availability", "stock level",
    ),
    "rating": (
        "rating", "ratings", "stars", "average rating", "avg rating", "review score", "review rating",
        "rating average", "star rating",
    ),
    "picture": (
        "picture", "image", "photo", "img", "pictures", "images", "image path", "picture path", "photo path",
        "image file", "img path", "filename", "file name", "path", "thumbnail", "poster", "image url",
        "picture url", "image link",
    ),
    "url": ("url", "link", "product url", "product link", "href", "permalink", "page url"),
}  # fmt: skip
# Several columns may stand for these: the first that holds something is taken.
_SEVERAL = ("price",)
# Columns that describe the file or the crowd rather than the product.
_HOUSEKEEPING = frozenset({
    "width", "height", "image width", "image height", "no of ratings", "number of ratings", "rating count",
    "ratings count", "no of reviews", "number of reviews", "review count", "reviews count", "num reviews",
    "split", "index level 0", "created at", "updated at", "timestamp", "discount", "discount percentage",
})  # fmt: skip
# A second title, link or picture says nothing new; a second category, "sub category" say, does.
_NOT_ATTRIBUTES = frozenset(name for field, names in _NAMES.items() if field != "category" for name in names)
_BRITISH = {"color": "colour", "colors": "colours", "jewelry": "jewellery"}
_COLOURS = ("colour", "base colour", "colour name", "main colour", "primary colour", "product colour")
_SAMPLE_LONG = 60  # characters; a column whose values are longer as a rule is free text
MAP_HELP = "--map title=COLUMN,category=COLUMN,colour=COLUMN"


@dataclass(frozen=True)
class Columns:
    """Which columns stand for each field, and for each attribute; what is left out."""

    fields: dict[str, tuple[str, ...]] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)  # attribute name -> column
    left_out: tuple[str, ...] = ()

    def first(self, name: str) -> str | None:
        """Return the column that stands for a field, None where none does."""
        return self.fields[name][0] if self.fields.get(name) else None


def spaced(column: str) -> str:
    """Return a column's name as lower-case words: "baseColour" and "base_colour" become "base colour"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", column)
    words = re.sub(r"[_\-./\s]+", " ", words).strip().lower()
    return " ".join(_BRITISH.get(word, word) for word in words.split())


def parse_map(text: str) -> dict[str, str]:
    """Read "title=productDisplayName,colour=baseColour"; UsageError where it is not so."""
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, column = (piece.strip() for piece in part.partition("="))
        if not equals or not name or not column:
            raise UsageError(f"--map got {part!r}; it takes FIELD=COLUMN, as in {MAP_HELP}.")
        name = spaced(name)
        name = {"image": "picture", "name": "title"}.get(name, name)
        if name in found:
            raise UsageError(f"--map names {name!r} twice; give each field one column.")
        found[name] = column
    return found


def is_blank(value: object) -> bool:
    """Return whether a cell holds nothing: None, NaN, "", "n/a", "none"."""
    return value is None or value != value or (isinstance(value, str) and value.strip().lower() in BLANK)


def map_columns(
    columns: Sequence[str],
    sample: Sequence[Mapping[str, Any]],
    asked: Mapping[str, str] | None = None,
    other_pictures: bool = False,
) -> Columns:
    """Find what each column stands for.

    `sample`: some rows, whose values tell a picture from a link to one and an attribute from free text.
    `asked`: what `--map` says, field or attribute -> column. `other_pictures`: pictures come from a folder,
    so a column of links is none. CatalogueError: no column for the title, or `asked` names none there is.
    """
    asked = dict(asked or {})
    for name, column in asked.items():
        if column not in columns:
            near = get_close_matches(column, columns, 1, 0.6)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise CatalogueError(
                f"--map {name}={column}: there is no column {column!r}.{hint} Columns: {_listed(columns)}."
            )
    by_name: dict[str, list[str]] = {}
    for column in columns:
        by_name.setdefault(spaced(column), []).append(column)
    taken = set(asked.values())
    fields: dict[str, tuple[str, ...]] = {}
    for name in FIELDS:
        if name in asked:
            fields[name] = (asked[name],)
            continue
        found = [c for known in _NAMES[name] for c in by_name.get(known, []) if c not in taken]
        found = [c for c in found if _fits(name, [row.get(c) for row in sample])]
        if name == "picture" and other_pictures:
            found = []
        if found:
            fields[name] = tuple(found) if name in _SEVERAL else (found[0],)
            taken.update(fields[name])
    if "title" not in fields:
        raise CatalogueError(
            f"No column is known to hold the title. Columns: {_listed(columns)}. Say which it is: {MAP_HELP}"
        )
    attributes = {name: column for name, column in asked.items() if name not in FIELDS}
    left_out = []
    for column in columns:
        if column in taken:
            continue
        attribute = attribute_name(column, attributes, [row.get(column) for row in sample])
        if attribute is None:
            left_out.append(column)
        else:
            attributes[attribute] = column
    return Columns(fields, attributes, tuple(left_out))


def attribute_name(column: str, there: Mapping[str, str], values: Sequence[Any]) -> str | None:
    """Return the attribute that a column with such values stands for; None where it stands for none."""
    name = spaced(column)
    if not name or not _is_attribute(name, values):
        return None
    if name in _COLOURS and "colour" not in there:
        return "colour"
    return None if name in there or name in FIELDS else name


def _fits(name: str, values: Sequence[Any]) -> bool:
    """Return whether a column can be what its name says, by its values."""
    values = [value for value in values if not is_blank(value)]
    if not values:
        return True
    if name == "picture":
        # A link is no picture here: nothing is fetched from outside.
        return not all(isinstance(value, str) and is_link(value) for value in values)
    if any(isinstance(value, bytes | bytearray) for value in values):
        return False
    if name in ("title", "id", "category"):
        return not any(isinstance(value, dict) for value in values)
    if name == "url":
        return all(isinstance(value, str) for value in values)
    return True


def _is_attribute(name: str, values: Sequence[Any]) -> bool:
    if name in _HOUSEKEEPING or any(
        name in known for known in _NAMES.values() if known is not _NAMES["category"]
    ):
        return False
    texts = [str(value) for value in values if not is_blank(value)]
    if any(isinstance(value, bytes | bytearray) for value in values) or any(is_link(text) for text in texts):
        return False
    if any(isinstance(value, dict) and "bytes" in value for value in values):
        return False
    return not texts or sorted(len(text) for text in texts)[len(texts) // 2] <= _SAMPLE_LONG


def is_link(text: str) -> bool:
    """Return whether a text is a web address."""
    return text.lstrip().lower().startswith(("http://", "https://", "//"))


def _listed(columns: Sequence[str]) -> str:
    shown = ", ".join(columns[:30])
    return shown + (f" and {len(columns) - 30} more" if len(columns) > 30 else "") if columns else "none"
