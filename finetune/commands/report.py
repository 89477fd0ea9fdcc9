"""`shelftalk finetune report`: a run as one HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    run: Annotated[Path, typer.Argument(help="A run's folder, as `finetune lora` or `dpo` wrote it.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Measure on this data; the run's own if none.")
    ] = None,
    conversations: Annotated[
        int, typer.Option("--conversations", "-n", min=0, help="Test rows to measure on; 0: not to measure.")
    ] = 60,
    seed: Annotated[int, typer.Option(help="Draws the rows, the intervals and the samples.")] = 0,
    out: Annotated[
        Path | None, typer.Option("--out", help="The page; report.html in the run's folder if none.")
    ] = None,
) -> None:
    """Write a run's report: curves, settings, and the model before and after, with sample answers.

    Measurements are kept in the run's folder: a second report takes them from there, a broken-off one goes on.
    """
    from shelftalk.evals.commands import check_out
    from shelftalk.finetune.tuning.measured_runs import before_and_after
    from shelftalk.finetune.tuning.open_data import open_data
    from shelftalk.finetune.tuning.report import write_report
    from shelftalk.finetune.tuning.run_folder import read_run
    from shelftalk.tools.errors import UsageError

    out = out.expanduser() if out is not None else None
    check_out(out)
    folder = run.expanduser()
    known = read_run(folder)
    held = str(known.settings.get("data") or "")
    source = data or (Path(held) if held else None)
    if source is None and conversations:
        raise UsageError(f"{folder / 'run.toml'} names no data to measure on: give --data, or -n 0.")
    there = source is not None and source.expanduser().is_dir()
    opened = open_data(source.expanduser()) if source and (conversations or there) else None
    before = after = None
    if conversations and opened is not None:
        before, after = before_and_after(known, opened, conversations, seed)
    typer.echo(f"The report is {write_report(folder, opened, before, after, out, seed)}")
