"""Retrieval measured: one file a part, found by its name.

Each part has NEEDS, the names of the files that it reads from the data folder, and
`measure(data, encoder, seed, progress) -> list[Row]`.
"""

from __future__ import annotations

import importlib
import pkgutil
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


def check_data(name: str, data: Path | None) -> None:
    """Raise UsageError where files that the part reads are not in the data folder: which, and what to do."""
    needs = load_part(name).NEEDS
    missing = [file for file in needs if data is None or not (data / file).is_file()]
    if missing:
        where = f"in {data}" if data is not None else "found, as no folder is given"
        raise UsageError(
            f"The part {name!r} reads {', '.join(needs)}; not {where}: {', '.join(missing)}. Give the folder that "
            "holds them with --data, or choose other parts with --part."
        )
