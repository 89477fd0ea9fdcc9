"""What a run leaves behind: a table for people and a JSON file that says what made it."""

from __future__ import annotations

import json
import os
import platform
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.evals.bootstrap import Interval

if TYPE_CHECKING:
    from rich.table import Table

    from shelftalk.evals.suites.tools import Answer
    from shelftalk.tools.encoder import Encoder

LIBRARIES = ("shelftalk", "torch", "transformers", "langchain", "xgrammar")
ROW_LIBRARIES = {
    "retrieval": ("shelftalk", "torch", "transformers", "sentence-transformers", "chromadb", "numpy"),
    "recommendation": ("shelftalk", "torch", "implicit", "numpy", "scipy"),
}


@dataclass(frozen=True)
class Row:
    """One cell of a table: what a system reached on one metric of one part."""

    part: str
    system: str
    metric: str
    value: Interval


def tables(summary: Mapping[str, Any]) -> list[Table]:
    """Return a suite's summary as tables: it maps rows to figures, or names of tables to such rows."""
    if not summary:
        return []
    if all(isinstance(figure, Mapping) for row in summary.values() for figure in row.values()):
        return [table(rows, name) for name, rows in summary.items()]
    return [table(summary)]


def table(summary: Mapping[str, Mapping[str, float]], title: str = "") -> Table:
    """Return rows of figures as a table: whole numbers are counts, parts of one are shares, others as they are.

    A column named "... per ..." holds numbers, whatever their size.
    """
    from rich.table import Table

    columns = list(dict.fromkeys(column for row in summary.values() for column in row))
    out = Table("kind of turn" if not title else "", title=title or None, title_justify="left", box=None)
    for column in columns:
        out.add_column(column, justify="right")
    for kind, row in summary.items():
        out.add_row(
            kind, *(_figure(column, row[column], summary) if column in row else "" for column in columns)
        )
    return out


def _figure(column: str, value: float, summary: Mapping[str, Mapping[str, float]]) -> str:
    if column == "turns" or isinstance(value, int):
        return f"{value:,.0f}"
    values = [abs(row[column]) for row in summary.values() if column in row]
    return f"{value:.1%}" if " per " not in column and max(values) <= 1 else f"{value:,.2f}"


def write_report(
    path: Path,
    suite: str,
    settings: Mapping[str, Any],
    summary: Mapping[str, Mapping[str, float]],
    answers: Sequence[Answer],
) -> None:
    """Write settings, versions, the summary and every answer to a JSON file, whole or not at all."""
    made = _made(suite, settings, LIBRARIES)
    _write(path, made | {"summary": summary, "answers": [asdict(answer) for answer in answers]})


def row_tables(rows: Sequence[Row], counted: str = "queries") -> dict[str, Table]:
    """Return one table a part, by its name: a line a system, a column a metric, each cell a mean and its interval.

    The last column says how many queries, or whatever else is `counted`, the means are over.
    """
    from rich.table import Table

    tables = {}
    for part in dict.fromkeys(row.part for row in rows):
        own = [row for row in rows if row.part == part]
        metrics = list(dict.fromkeys(row.metric for row in own))
        cells = {(row.system, row.metric): row.value for row in own}
        out = Table(title=part, title_justify="left", box=None, pad_edge=False)
        out.add_column("system", overflow="fold", min_width=20)
        for name in (*metrics, counted):
            out.add_column(name)
        for system in dict.fromkeys(row.system for row in own):
            values = [cells.get((system, metric)) for metric in metrics]
            counts = dict.fromkeys(value.n for value in values if value is not None and value.n)
            shown = ["" if value is None else str(value) for value in values]
            out.add_row(system, *shown, " / ".join(f"{n:,}" for n in counts))
        tables[part] = out
    return tables


def write_rows(
    path: Path,
    of: str,
    settings: Mapping[str, Any],
    encoder: Encoder,
    rows: Sequence[Row],
    notes: Mapping[str, str],
) -> None:
    """Write settings (seed included), versions, the encoder, how it was measured and every row to a JSON file.

    `of` is what the parts measure: retrieval or recommendation. The file is written whole or not at all.
    """
    made = _made(of, settings, ROW_LIBRARIES[of])
    made["encoder"] = {"name": encoder.name, "fingerprint": encoder.fingerprint}
    _write(path, made | {"notes": dict(notes), "rows": [asdict(row) for row in rows]})


def _made(suite: str, settings: Mapping[str, Any], libraries: Sequence[str]) -> dict[str, Any]:
    return {
        "suite": suite,
        "settings": dict(settings),
        "made": time.strftime("%Y-%m-%d %H:%M:%S"),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in libraries},
    }


def _write(path: Path, report: Mapping[str, Any]) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")
    os.replace(part, path)
