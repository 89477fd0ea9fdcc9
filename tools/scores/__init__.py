"""Scores from behaviour: one scorer a file, found by its module's name."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from typing import cast

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.contract import Scorer

_NOT_SCORERS = {"content", "contract", "interactions", "mm_experts", "shared", "vae"}


def scorer_names() -> list[str]:
    """Return the names of the scorers there are."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if module.name not in _NOT_SCORERS)


def scorer_class(name: str) -> type[Scorer]:
    """Return the class of a scorer by name; UsageError lists the right ones."""
    if name not in scorer_names():
        raise UsageError(f"There is no scorer {name!r}; there are {', '.join(scorer_names())}.")
    return cast("type[Scorer]", importlib.import_module(f"{__name__}.{name}").SCORER)


def load_scorer(folder: Path) -> Scorer:
    """Read whichever scorer was saved in `folder`; UsageError says what is wrong with it."""
    from shelftalk.tools.scores.shared import read_file

    about, _ = read_file(folder)
    return scorer_class(about["name"]).load(folder)
