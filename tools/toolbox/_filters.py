"""The filters of a call: checked against the catalogue, and left out one by one where nothing passes."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from itertools import combinations
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import ToolError
from shelftalk.tools.linking import words
from shelftalk.tools.product import Filters, several
from shelftalk.tools.render import money

if TYPE_CHECKING:
    from shelftalk.tools.visit import Visit

Facets = Mapping[str, Mapping[str, int]]


def make_filters(
    facets: Facets,
    category: str = "",
    where: Mapping[str, str] | None = None,
    exclude: Mapping[str, str | Sequence[str]] | None = None,
    min_price: float | None = None,
    max_price: float | None = None,
) -> Filters:
    """Return the filters in the catalogue's own spelling; ToolError names the nearest allowed values.

    Case, plural endings and hyphens are forgiven.
    """
    wanted = _checked(facets, "where", where)
    if category:
        named = _value(facets, "category", category)
        if wanted.get("category", named) != named:
            raise ToolError(
                f"category {category!r} and where category {wanted['category']!r} differ; give one."
            )
        wanted = {"category": named, **wanted}
    low, high = _price("min_price", min_price), _price("max_price", max_price)
    if low is not None and high is not None and low > high:
        raise ToolError(f"min_price {low:g} is above max_price {high:g}; swap them or leave one out.")
    out: dict[str, dict[str, None]] = {}
    for field, values in _pairs("exclude", exclude).items():
        for value in values if isinstance(values, list | tuple) else (values,):
            for name, found in _checked(facets, "exclude", {field: value}).items():
                out.setdefault(name, {})[found] = None
    unwanted = {
        name: tuple(values) if len(values) > 1 else next(iter(values)) for name, values in out.items()
    }
    return Filters(min_price=low, max_price=high, where=wanted, exclude=unwanted)


def _pairs(name: str, pairs: Mapping[str, Any] | None) -> Mapping[str, Any]:
    if pairs is not None and not isinstance(pairs, Mapping):
        raise ToolError(f"{name} is {pairs!r}; give fields with one value each, as in {{'colour': 'red'}}.")
    return pairs or {}


def _checked(facets: Facets, name: str, pairs: Mapping[str, str] | None) -> dict[str, str]:
    checked = {}
    for key, value in _pairs(name, pairs).items():
        field = _match(key, facets)
        if field is None:
            raise ToolError(f"There is no field {key!r}; {_nearest(key, dict.fromkeys(facets, 1))}")
        checked[field] = _value(facets, field, value)
    return checked


def _value(facets: Facets, field: str, value: str) -> str:
    allowed = facets.get(field, {})
    found = _match(str(value), allowed)
    if found is None:
        raise ToolError(f"There is no {field} {str(value)[:80]!r}; {_nearest(str(value), allowed)}")
    return found


def _match(given: str, allowed: Iterable[str]) -> str | None:
    plain = given.strip().lower()
    for value in allowed:
        if value.lower() == plain:
            return value
    stems = words(given)
    return next((value for value in allowed if stems and words(value) == stems), None)


def _nearest(given: str, allowed: Mapping[str, int]) -> str:
    """Say which of the allowed values are spelt most like what was given, else which are most common."""
    if not allowed:
        return "the catalogue has none."
    spelt = {value.lower(): value for value in allowed}
    said = set(words(given[:80]))
    close = [value for value in spelt if said.intersection(words(value))][:5]
    close = close or get_close_matches(given.strip().lower()[:80], spelt, n=3, cutoff=0.6)
    if close:
        return f"did you mean {' or '.join(close)}?"
    common = sorted(allowed, key=lambda value: (-allowed[value], value))[:8]
    rest = f" and {len(allowed) - len(common)} more" if len(allowed) > len(common) else ""
    return f"allowed: {', '.join(value.lower() for value in common)}{rest}."


def _price(name: str, value: float | None) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise ToolError(f"{name} is {value!r}; give a number of 0 or more.")
    return float(value)


def check_count(n: int) -> int:
    """Return `n`, how many products were asked for; ToolError where it is not 1 to 100."""
    if not 1 <= n <= 100:
        raise ToolError(f"n is {n}; give 1 to 100.")
    return n


def any_filter(filters: Filters) -> bool:
    """Whether anything is filtered at all."""
    return filters != Filters()


def visible_count(visit: Visit, filters: Filters) -> int:
    """Count the products that pass the filters and that the shopper has not hidden."""
    count = visit.shop.store.count(filters)
    hidden = visit.hidden()
    return count - len(hidden.intersection(visit.shop.store.matching(filters))) if hidden else count


def nothing_found(visit: Visit, filters: Filters) -> tuple[str, Filters | None]:
    """Say that nothing passes, and how many would without each filter: "0 found; without colour red: 3".

    Where no single filter is to blame, pairs of them are left out, then all. The second answer is the filters
    without those whose absence lets most pass, None where nothing ever does.
    """
    parts = _parts(filters)
    for count in (1, 2, len(parts)):
        fewer = [(_without(filters, names), names) for names in combinations(parts, count)]
        counts = [(visible_count(visit, left), left, names) for left, names in fewer]
        # The kind of product is what a shopper gives up last.
        best = sorted(
            (found for found in counts if found[0]),
            key=lambda found: (("where", "category") in found[2], -found[0]),
        )[:3]
        if best:
            said = (
                f"without {' and '.join(_label(filters, name) for name in names)}: {c}"
                for c, _, names in best
            )
            return "; ".join(["0 found", *said]), best[0][1]
    return "0 found", None


def _parts(filters: Filters) -> list[tuple[str, str]]:
    """Name each filter: ("max_price", ""), ("where", "colour")."""
    prices = [(name, "") for name in ("min_price", "max_price") if getattr(filters, name) is not None]
    return [
        *(("where", field) for field in filters.where if field == "category"),
        *prices,
        *(("where", field) for field in filters.where if field != "category"),
        *(("exclude", field) for field in filters.exclude),
    ]


def _without(filters: Filters, names: Iterable[tuple[str, str]]) -> Filters:
    changes: dict[str, object] = {}
    for part, field in names:
        if field:
            pairs: dict[str, str] = changes.get(part, getattr(filters, part))  # type: ignore[assignment]
            changes[part] = {key: value for key, value in pairs.items() if key != field}
        else:
            changes[part] = None
    return filters.model_copy(update=changes)


def _label(filters: Filters, name: tuple[str, str]) -> str:
    part, field = name
    value = getattr(filters, part)
    if field:
        said = ", ".join(several(value[field])).lower()
        return f"{'not ' if part == 'exclude' else ''}{field} {said}"
    return f"{part.replace('_', ' ')} {money(value, None)}"
