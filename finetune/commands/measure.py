"""`shelftalk finetune measure`: how a backbone does on held-out rows of training data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    data: Annotated[Path, typer.Option("--data", help="A folder made by `finetune data`.")],
    backbone: Annotated[
        str | None,
        typer.Option(help="A model's folder or hub name, or openai:NAME; the embedded one if none."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="The address of the server of openai:NAME.")] = None,
    adapter: Annotated[Path | None, typer.Option(help="A PEFT adapter's folder.")] = None,
    four_bit: Annotated[bool, typer.Option("--4bit", help="Load the model in 4 bits.")] = False,
    split: Annotated[str, typer.Option(help="Which rows: train, validation or test.")] = "test",
    conversations: Annotated[
        int | None, typer.Option("--conversations", "-n", min=1, help="How many rows at most; all if none.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Draws the rows, and the intervals.")] = 0,
    out: Annotated[Path | None, typer.Option("--out", help="Write every turn to this JSON file.")] = None,
) -> None:
    """Measure a backbone, with an adapter or without, on the held-out rows of training data.

    A turn is right when every call in it is; shares come with 95% intervals over whole conversations.
    """
    from rich.console import Console

    from shelftalk.evals.commands import WIDE, check_out
    from shelftalk.finetune.tuning.measured import load_model, measure_to, settings_of
    from shelftalk.finetune.tuning.open_data import open_data
    from shelftalk.finetune.tuning.summary import as_split, summary_table

    out = out.expanduser() if out is not None else None
    adapter = adapter.expanduser() if adapter is not None else None
    check_out(out)
    opened = open_data(data.expanduser())
    settings = settings_of(opened, backbone, adapter, four_bit, as_split(split), conversations, seed)
    found = measure_to(
        out, lambda: load_model(backbone, adapter, four_bit, base_url), opened, settings, "conversations"
    )
    console = Console()
    if not console.is_terminal:
        console = Console(width=WIDE)
    console.print(summary_table(found.outcomes, seed))
