"""What a search must use: the catalogue's values that the shopper's newest turn mentions.

A small model now and then leaves one of several wishes out. What the turn mentions for certain is therefore asked for
or ruled out before a call may end; which of the two is the model's to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import combinations
from typing import Any

from shelftalk.agent.decoding.cues import is_too_much
from shelftalk.agent.decoding.scope import must_all_be_ruled_out
from shelftalk.agent.decoding.seen import Newest
from shelftalk.tools.product import several

MOST_RULED_OUT = 2  # of several values; all of them may be, too


def due(newest: Newest, so_far: Mapping[str, Any] | None = None) -> dict[str, str]:
    """Return field -> value that a search for the newest turn's sake must have.

    A word that stands for two fields, and two values of one field, are left to the model, and so is everything where
    two kinds are wished for that could not be told apart. `so_far` is the search that it goes on from: what that holds
    already need not be set.
    """
    linked = newest.wish.values if newest.wish is not None else newest.linked
    fields, values = (Counter(pair[at] for pair in linked if any(pair)) for at in (0, 1))
    # A second search of one turn is for something else, which could not be told apart.
    if fields["category"] > 1 or (newest.searched and newest.wish is None):
        return {}
    held = set()
    if so_far:
        held = {("category", str(so_far.get("category", "")).lower())}
        held |= {
            (field, value.lower())
            for name in ("where", "exclude")
            for field, values in so_far.get(name, {}).items()
            for value in several(values)
        }
    return _none_of_several(newest, linked, held) | {
        field: value
        for field, value in sorted(linked)
        if fields[field] == values[value] == 1
        and (field, value.lower()) not in held
        and not is_too_much(newest.own, value)
    }


def joined(values: Iterable[str]) -> str:
    """Return several values that are ruled out of one field as a call writes them: "dotted, floral"."""
    return ", ".join(sorted(values, key=str.lower))


def _none_of_several(
    newest: Newest, linked: Collection[tuple[str, str]], held: Collection[tuple[str, str]]
) -> dict[str, str]:
    """Return field -> its values, joined, where several of one field are named and none is wanted."""
    found: dict[str, str] = {}
    for name in {field for field, _ in linked} - {"category", ""}:
        values = [value for field, value in linked if field == name]
        if len(values) > 1 and must_all_be_ruled_out(newest.own, values):
            new = [value for value in values if (name, value.lower()) not in held]
            found |= {name: joined(new)} if new else {}
    return found


def ways(names: Sequence[str], keys: Sequence[str]) -> list[frozenset[str]]:
    """Return which of the fields `names` may be ruled out together, given the arguments that a call may have."""
    must = {name for name in names if name not in keys}
    may = [name for name in names if f"not {name}" in keys and name in keys]
    sizes = sorted({*range(min(MOST_RULED_OUT, len(may)) + 1), len(may)})
    return [frozenset({*must, *out}) for size in sizes for out in combinations(may, size)]
