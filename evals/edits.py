"""Attribute edits: a product, one thing about it that should be otherwise, and how that is said."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shelftalk.evals.edit_wordings import CHANGES, GENDERS, fill, singular
from shelftalk.evals.simulation.splits import held_out

Facts = Mapping[str, str]

# What stays as it was when one thing changes; `set`, where products have it, is the catalogue they are from.
STAYS = {
    "colour": ("set", "kind", "gender"),
    "gender": ("set", "kind", "colour"),
    "kind": ("set", "section", "colour", "gender"),
    "pattern": ("set", "kind", "gender"),
    "material": ("set", "kind", "gender"),
    "nothing": ("set", "kind", "colour", "gender", "pattern", "material"),
}
_TRIES = 12  # frames tried for a product that lacks what some of them name


@dataclass(frozen=True)
class Labelled:
    """One row of a catalogue: its facts in everyday words; `held_out` ones are never trained on."""

    id: str
    title: str
    facts: dict[str, str]
    held_out: bool


@dataclass(frozen=True)
class Edit:
    """`text` said of the photo of product `source`; `wants` is what is then true of the products that are meant."""

    source: int
    change: str
    text: str
    wants: dict[str, str]


class Edits:
    """The edits that a catalogue has products for."""

    def __init__(self, facts: Sequence[Facts], frames: Mapping[str, Mapping[str, float]]) -> None:
        """`facts` one a product; `frames` as `edit_wordings.frames` returns them."""
        self.facts = facts
        self._frames = {change: (list(own), list(own.values())) for change, own in frames.items()}
        values: dict[tuple[str, tuple[str, ...]], set[str]] = defaultdict(set)
        for own in facts:
            for change in CHANGES:
                if change in own:
                    values[self._cell(change, own)].add(own[change])
        self._values = {cell: sorted(found) for cell, found in values.items()}
        names = sorted({name for own in facts for name in own})
        codes: dict[str, int] = {}
        self._codes = codes
        self._columns = {
            name: np.array([codes.setdefault(own.get(name, ""), len(codes)) for own in facts])
            for name in names
        }
        self._found: dict[tuple[tuple[str, str], ...], np.ndarray] = {}

    @staticmethod
    def _cell(change: str, own: Facts) -> tuple[str, tuple[str, ...]]:
        return change, tuple(own.get(name, "") for name in STAYS[change])

    def draw(self, source: int, change: str, rng: random.Random) -> Edit | None:
        """Draw a new value and a wording; None where no product has another value, or nothing can be said."""
        own = self.facts[source]
        wants = {name: own[name] for name in STAYS[change] if own.get(name)}
        to = ""
        if change != "nothing":
            to = self.draw_value(own, change, rng)
            if not to:
                return None
            wants[change] = to
        text = self.say(own, change, to, rng)
        return Edit(source, change, text, wants) if text else None

    def draw_value(self, own: Facts, change: str, rng: random.Random) -> str:
        """Draw another value that a product has which is else the same; "" where there is none."""
        others = [
            value
            for value in self._values.get(self._cell(change, own), ())
            if value != own.get(change) and (change != "gender" or value in GENDERS)
        ]
        return rng.choice(others) if others and own.get(change) else ""

    def say(self, own: Facts, change: str, to: str, rng: random.Random) -> str:
        """Say a change of a product with these facts; "" where its frames name what is not known of it."""
        texts, weights = self._frames[change]
        for frame in rng.choices(texts, weights, k=_TRIES):
            if text := fill(frame, change, own, to):
                return text
        return ""

    def targets(self, wants: Facts) -> np.ndarray:
        """Return the products of which all of `wants` is true, int64, in order."""
        key = tuple(sorted(wants.items()))
        if key not in self._found:
            match = np.ones(len(self.facts), bool)
            for name, value in key:
                match &= self._columns[name] == self._codes[value]
            self._found[key] = np.flatnonzero(match)
        return self._found[key]


def read_labels(path: Path) -> list[Labelled]:
    """Read what a Parquet file of fashion photos, or the demo shop's, says of its products, in the file's order."""
    import pyarrow.parquet as pq

    schema = pq.read_schema(path).names
    rows = pq.read_table(path, columns=[n for n in schema if n not in ("image", "picture")]).to_pylist()
    return [_fashion(row) if "articleType" in row else _shop(row) for row in rows]


def read_photos(path: Path, rows: Sequence[int] | None = None) -> list[bytes]:
    """Read a Parquet file's encoded photos, all or those of some rows, in order."""
    import pyarrow.parquet as pq

    name = next(n for n in ("image", "picture") if n in pq.read_schema(path).names)
    column = pq.read_table(path, columns=[name])[0]
    found: list[bytes] = (column if rows is None else column.take(list(rows))).to_pylist()
    return found


def _fashion(row: Mapping[str, str]) -> Labelled:
    title = row["productDisplayName"].strip()
    colour = row["baseColour"].lower()
    facts = {
        "kind": singular(row["articleType"]),
        "section": row["masterCategory"].lower(),
        "colour": {"na": "", "multi": "multicoloured"}.get(colour, colour),
        "gender": row["gender"].lower(),
        "usage": row["usage"].lower(),
    }
    return Labelled(row["id"], title, {k: v for k, v in facts.items() if v}, held_out(title, 10))


def _shop(row: Mapping[str, str]) -> Labelled:
    names = ("colour", "gender", "pattern", "material", "style")
    facts = {"kind": singular(row["category"]), "section": "shop"}
    facts |= {name: row[name].lower() for name in names if row.get(name)}
    return Labelled(row["id"], row["title"].strip(), facts, held_out(row["id"], 10))
