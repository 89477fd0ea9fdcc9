"""Retrieval measured: one file a part, found by its name.

Each part has NEEDS, the names of the files that it reads from the data folder, and
`measure(data, encoder, seed, progress) -> list[Row]`; it may have NOTES, what a table is called -> how it is measured.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from shelftalk.evals.report import Row
    from shelftalk.tools.encoder import Encoder


class Part(Protocol):
    """What a part's module offers."""

    NEEDS: tuple[str, ...]

    def measure(self, data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
        """Measure the encoder; rows in the order in which they are shown."""


def part_names() -> list[str]:
    """Return the names of the parts."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load_part(name: str) -> Part:
    """Return a part; UsageError for a wrong name lists the right ones."""
    if name not in part_names():
        raise UsageError(f"There is no part {name!r} of retrieval; there are: {', '.join(part_names())}.")
    return cast(Part, importlib.import_module(f"shelftalk.evals.retrieval.{name}"))


def notes(name: str) -> Mapping[str, str]:
    """Return how each of a part's tables is measured, by what it is called."""
    return cast(Mapping[str, str], getattr(load_part(name), "NOTES", {}))


def measurable(data: Path | None) -> list[str]:
    """Return the names of the parts whose files are all in the data folder, or that need none."""
    return [name for name in part_names() if not _missing(name, data)]


def check_data(name: str, data: Path | None) -> None:
    """Raise UsageError where files that the part reads are not in the data folder: which, and what to do."""
    missing = _missing(name, data)
    if missing:
        where = f"{data} does not hold {', '.join(missing)}" if data is not None else "no folder was given"
        raise UsageError(
            f"The part {name!r} of retrieval reads {', '.join(load_part(name).NEEDS)}, and {where}: give the folder "
            f"that holds them with --data, or choose among the parts that need no more: "
            f"{', '.join(measurable(data))}."
        )


def _missing(name: str, data: Path | None) -> list[str]:
    return [file for file in load_part(name).NEEDS if data is None or not (data / file).is_file()]
