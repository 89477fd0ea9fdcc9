"""A progress bar for taking in a catalogue: how far, how fast, how long still."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Tell = Callable[[int, int | None], None]


@contextmanager
def shown(what: str, wanted: bool = True) -> Iterator[Tell | None]:
    """Show a bar on stderr, or lines where that is no terminal; gives what to call, None if not `wanted`."""
    if not wanted:
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(file=sys.stderr)
    if not console.is_terminal:
        yield _lines(what)
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=False) as bar:
        task = bar.add_task(what, total=None, rate="")

        def tell(rows: int, total: int | None) -> None:
            elapsed = bar.tasks[0].elapsed or 0.0
            rate = f"{rows / elapsed:,.0f} a second" if elapsed > 0 else ""
            bar.update(task, completed=rows, total=total, rate=rate)

        yield tell


def _lines(what: str) -> Tell:
    told = [0]

    def tell(rows: int, total: int | None) -> None:
        if rows - told[0] >= 5000 or (rows == total and rows > told[0]):
            told[0] = rows
            of = f" of {total:,}" if total else ""
            print(f"{what}: {rows:,}{of}", file=sys.stderr, flush=True)

    return tell
