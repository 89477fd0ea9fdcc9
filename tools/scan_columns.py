"""What products are filtered and sorted by, in columns: closed fields as whole numbers, prices, ratings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from shelftalk.tools.product import Filters, Product, several

_LACKING = -1


@dataclass(frozen=True)
class Facts:
    """What one product is filtered and sorted by; `fields` are as filters compare them."""

    fields: Mapping[str, str]
    price: float | None = None
    rating: float | None = None

    @classmethod
    def of(cls, product: Product) -> Facts:
        """Return a product's facts."""
        return cls(closed_fields(product.category, product.attributes), product.price, product.rating)


def normal(value: str) -> str:
    """Return a value as filters compare it: lower case, single spaces."""
    return " ".join(value.split()).lower()


def closed_fields(category: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that a product has, with their values as filters compare them."""
    fields = {"category": category, **attributes}
    return {name: normal(value) for name, value in fields.items() if value}


class Columns:
    """One number for each row in each column; rows are written once, one after the other."""

    def __init__(self, room: int) -> None:
        """Make room for `room` rows."""
        self.room = room
        self._numbers = {name: np.full(room, np.nan) for name in ("price", "rating")}
        self._codes: dict[str, np.ndarray] = {}  # field -> int32 [room]
        self._values: dict[str, dict[str, int]] = {}  # field -> value -> its code

    def write(self, start: int, facts: Sequence[Facts]) -> None:
        """Write facts to the rows from `start` on."""
        end = start + len(facts)
        for name, column in self._numbers.items():
            column[start:end] = [_number(getattr(fact, name)) for fact in facts]
        for column in self._codes.values():
            column[start:end] = _LACKING  # a write that failed half-way may have been here
        for name in dict.fromkeys(name for fact in facts for name in fact.fields):
            if name not in self._codes:
                self._codes[name] = np.full(self.room, _LACKING, np.int32)
            values = self._values.setdefault(name, {})  # only now: a reader looks here first
            self._codes[name][start:end] = [_code(values, fact.fields.get(name)) for fact in facts]

    def kept(self, rows: np.ndarray, room: int) -> Columns:
        """Return another with room for `room` rows, that starts with these."""
        other = Columns(room)
        for name, column in self._numbers.items():
            other._numbers[name][: len(rows)] = column[rows]
        for name, column in self._codes.items():
            codes = column[rows]
            used, again = np.unique(codes, return_inverse=True)
            # Values that no product has any more are forgotten.
            first = int(used[0] == _LACKING) if len(used) else 0
            names = {code: value for value, code in self._values[name].items()}
            if len(used) == first:
                continue
            other._values[name] = {names[int(code)]: i for i, code in enumerate(used[first:])}
            other._codes[name] = np.full(room, _LACKING, np.int32)
            other._codes[name][: len(rows)] = again - first
        return other

    def passing(self, filters: Filters, among: np.ndarray) -> np.ndarray:
        """Return which of the first rows, where `among` (bool [rows]) is true, pass the filters: bool [rows]."""
        used = len(among)
        price = self._numbers["price"][:used]
        passing = among.copy()
        # A comparison with NaN is false: what has no price passes no bound.
        if filters.min_price is not None:
            passing &= price >= filters.min_price
        if filters.max_price is not None:
            passing &= price <= filters.max_price
        for name, value in filters.where.items():
            if normal(value):
                passing &= self._equal(normal(name), normal(value), used)
        for name, values in filters.exclude.items():
            for value in filter(None, map(normal, several(values))):
                passing &= ~self._equal(normal(name), value, used)
        return passing

    def _equal(self, name: str, value: str, used: int) -> np.ndarray:
        code = self._values.get(name, {}).get(value)
        if code is None:
            return np.zeros(used, bool)
        result: np.ndarray = self._codes[name][:used] == code
        return result

    def numbers(self, name: Literal["price", "rating"], rows: np.ndarray) -> np.ndarray:
        """Return the prices or ratings of rows: float64 [rows], NaN where there is none."""
        found: np.ndarray = self._numbers[name][rows]
        return found


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)


def _code(values: dict[str, int], value: str | None) -> int:
    return _LACKING if value is None else values.setdefault(value, len(values))
