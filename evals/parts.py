"""What is measured in parts, one file a part, found by its name: retrieval and recommendation.

Each part has NEEDS, the names of the files that it reads from the data folder, and
`measure(data, encoder, seed, progress) -> list[Row]`; it may have NOTES, what a table is called -> how it is measured.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
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
        """Measure the encoder or the scorers; rows in the order in which they are shown."""


@dataclass(frozen=True)
class Parts:
    """The parts of what is measured, in one package.

    No parts are a module whose name begins with an underscore, one in `helpers`, and one named after another module,
    as `redial_titles` is after `redial`: it belongs to it.
    """

    package: str  # its import name
    path: Sequence[str]  # its __path__
    helpers: Collection[str] = ()

    @property
    def of(self) -> str:
        """What the parts measure: the package's own name."""
        return self.package.rpartition(".")[2]

    def names(self) -> list[str]:
        """Return the names of the parts."""
        found = [module.name for module in pkgutil.iter_modules(self.path)]
        return sorted(
            name
            for name in found
            if not name.startswith(("_", *(f"{other}_" for other in found))) and name not in self.helpers
        )

    def load(self, name: str) -> Part:
        """Return a part; UsageError for a wrong name lists the right ones."""
        if name not in self.names():
            raise UsageError(f"There is no part {name!r} of {self.of}; there are: {', '.join(self.names())}.")
        return cast(Part, importlib.import_module(f"{self.package}.{name}"))

    def notes(self, name: str) -> Mapping[str, str]:
        """Return how each of a part's tables is measured, by what it is called."""
        return cast(Mapping[str, str], getattr(self.load(name), "NOTES", {}))

    def measurable(self, data: Path | None) -> list[str]:
        """Return the names of the parts whose files are all in the data folder, or that need none."""
        return [name for name in self.names() if not self._missing(name, data)]

    def check_data(self, name: str, data: Path | None) -> None:
        """Raise UsageError where files that the part reads are not in the data folder: which, and what to do."""
        missing = self._missing(name, data)
        if missing:
            where = (
                f"{data} does not hold {', '.join(missing)}" if data is not None else "no folder was given"
            )
            raise UsageError(
                f"The part {name!r} of {self.of} reads {', '.join(self.load(name).NEEDS)}, and {where}: give the "
                f"folder that holds them with --data, or choose among the parts that need no more: "
                f"{', '.join(self.measurable(data)) or 'none'}."
            )

    def _missing(self, name: str, data: Path | None) -> list[str]:
        return [file for file in self.load(name).NEEDS if data is None or not (data / file).is_file()]
