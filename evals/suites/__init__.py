"""Suites: one file each, found by its name; a suite yields cases and scores answers."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from shelftalk.tools.errors import UsageError


def suite_names() -> list[str]:
    """Return the names of the suites."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load_suite(name: str) -> ModuleType:
    """Return a suite's module; UsageError for a wrong name lists the right ones."""
    if name not in suite_names():
        raise UsageError(f"There is no suite {name!r}; there are: {', '.join(suite_names())}.")
    return importlib.import_module(f"shelftalk.evals.suites.{name}")
