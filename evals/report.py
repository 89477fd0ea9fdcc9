"""What a suite run leaves behind: a table for people and a JSON file that says what made it."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table

    from shelftalk.evals.suites.tools import Answer

LIBRARIES = ("shelftalk", "torch", "transformers", "langchain", "xgrammar")


def table(summary: Mapping[str, Mapping[str, float]]) -> Table:
    """Return a suite's summary as a table: one line a kind of turn."""
    from rich.table import Table

    columns = list(next(iter(summary.values())))
    out = Table("kind of turn", *columns, box=None)
    for kind, row in summary.items():
        out.add_row(kind, *(f"{row[c]:.0f}" if c == "turns" else f"{row[c]:.1%}" for c in columns))
    return out


def write_report(
    path: Path,
    suite: str,
    settings: Mapping[str, Any],
    summary: Mapping[str, Mapping[str, float]],
    answers: Sequence[Answer],
) -> None:
    """Write settings, versions, the summary and every answer to a JSON file, whole or not at all."""
    report = {
        "suite": suite,
        "settings": dict(settings),
        "made": time.strftime("%Y-%m-%d %H:%M:%S"),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in LIBRARIES},
        "summary": summary,
        "answers": [asdict(answer) for answer in answers],
    }
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(part, path)
