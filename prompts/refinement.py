"""A search that goes on from the last one, as its change: what is dropped, what is set, which words are added.

A small model that had to write the whole search again would have to copy every value that stays. The change is all
that the shopper said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

AGAIN, DROP = "again", "drop"
PRICES = ("min_price", "max_price")
MOST_DROPPED = 2
ORDER = ("query", "image", "category", "where", "exclude", *PRICES, "sort", "unlike")

# Every argument name of every tool: a catalogue field of the same name is written "its NAME".
ARGUMENTS = frozenset(
    "query image category where exclude min_price max_price sort unlike product products likes dislikes size budget "
    "reason drop price".split()
)


def field_key(field: str) -> str:
    """Return how a catalogue field is written as an argument name."""
    return f"its {field}" if field.replace(" ", "_") in ARGUMENTS - {"category"} else field


def parts(search: Mapping[str, Any]) -> list[str]:
    """Return the names under which the parts of a search can be dropped, in the order of its arguments."""
    found: list[str] = []
    for name in (name for name in ORDER if search.get(name) not in (None, "", {})):
        if name in ("where", "exclude"):
            lead = "not " if name == "exclude" else ""
            found += [lead + field_key(field) for field in search[name]]
        elif name in PRICES:
            found += ["price"] if "price" not in found else []
            found.append(name.replace("_", " "))
        else:
            found.append(name)
    return found


def _pairs(search: Mapping[str, Any]) -> dict[str, Any]:
    """Return a search flat: the name of each part -> its value."""
    flat: dict[str, Any] = {}
    for name, value in search.items():
        if name in ("where", "exclude"):
            lead = "not " if name == "exclude" else ""
            flat |= {lead + field_key(field): item for field, item in value.items()}
        elif value not in (None, ""):
            flat[name.replace("_", " ")] = value
    return flat


def _all(value: str | Sequence[str] | None) -> list[str]:
    """Return one value, several or none as a list."""
    return [value] if isinstance(value, str) else list(value or ())


def _bare(values: Sequence[str]) -> str | list[str]:
    """Return one value as itself, several as a list in order."""
    named = sorted({*values})
    return named[0] if len(named) == 1 else named


def _let_in(so_far: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[tuple[set[str], str | None]]:
    """Yield for each field with something ruled out in both searches what no longer is, and what is asked for."""
    for field, values in so_far.get("exclude", {}).items():
        if field in wanted.get("exclude", {}):
            lost = {*_all(values)} - {*_all(wanted["exclude"][field])}
            yield lost, wanted.get("where", {}).get(field)


def changes(so_far: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what leads from one search to the next, as `merged` takes it; None where they are two searches.

    They are one search going on where each part of the first is still there, if with another value, but for at most
    MOST_DROPPED of them, and something of it stays as it was or nothing is dropped.
    """
    old, new = _pairs(so_far), _pairs(wanted)
    change: dict[str, Any] = {}
    said, says = str(old.get("query", "")).split(), str(new.get("query", "")).split()
    if says[: len(said)] != said and says:
        return None
    if len(says) > len(said):
        change["query"] = " ".join(says[len(said) :])
    if any(lost - {where} for lost, where in _let_in(so_far, wanted)):
        return None  # to let one of several in again, the rest must be said anew
    gone = [name for name in old if name not in new]
    # A value set under "not" takes the same value's filter with it, and the other way round.
    gone = [
        name
        for name in gone
        if new.get(name.removeprefix("not ") if name.startswith("not ") else f"not {name}") != old[name]
    ]
    prices = [name for name in ("min price", "max price") if name in old]
    if prices and all(name in gone for name in prices):
        gone = [*(name for name in gone if name not in prices), "price"]
    kept = any(new.get(name) == value for name, value in old.items())
    if len(gone) > (MOST_DROPPED if kept else 0):
        return None
    if gone:
        change[DROP] = gone
    for name, value in wanted.items():
        if name in ("where", "exclude"):
            before = so_far.get(name, {})
            fields = {field: item for field, item in value.items() if before.get(field) != item}
            if name == "exclude":
                added = {
                    f: [v for v in _all(item) if v not in _all(before.get(f))] for f, item in fields.items()
                }
                fields = {field: _bare(values) for field, values in added.items() if values}
            if fields:
                change[name] = fields
        elif name != "query" and so_far.get(name) != value and value not in (None, ""):
            change[name] = value
    if "image" in change or "unlike" in change:
        return None
    return {name: change[name] for name in (DROP, *ORDER) if name in change}


def merged(so_far: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Return the last search with a change made to it: parts dropped first, then values set and words added."""
    gone: Sequence[str] = change.get(DROP, ())
    search: dict[str, Any] = {}
    for name, value in so_far.items():
        if name in ("where", "exclude"):
            lead = "not " if name == "exclude" else ""
            search[name] = {
                field: item for field, item in value.items() if lead + field_key(field) not in gone
            }
        elif name.replace("_", " ") not in gone and not (name in PRICES and "price" in gone):
            search[name] = value
    for name, value in change.items():
        if name in ("where", "exclude"):
            other = "exclude" if name == "where" else "where"
            left = {
                f: [v for v in _all(item) if v not in _all(value.get(f))]
                for f, item in search.get(other, {}).items()
            }
            kept = {field: _bare(values) for field, values in left.items() if values}
            if name == "exclude":  # what was ruled out before still is
                before = search.get(name, {})
                value = {f: _bare([*_all(before.get(f)), *_all(item)]) for f, item in value.items()}
            search |= {name: {**search.get(name, {}), **value}, other: kept}
        elif name == "query":
            search[name] = " ".join(dict.fromkeys([*search.get(name, "").split(), *value.split()]))
        elif name != DROP:
            search[name] = value
    low, high = search.get("min_price"), search.get("max_price")
    if low is not None and high is not None and low > high:
        # What was said last holds.
        del search["min_price" if "max_price" in change else "max_price"]
    return {
        name: dict(sorted(search[name].items())) if name in ("where", "exclude") else search[name]
        for name in ORDER
        if search.get(name) not in (None, "", {})
    }
