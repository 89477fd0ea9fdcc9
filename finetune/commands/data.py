"""`shelftalk finetune data`: training rows from a shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shelftalk.finetune.tuning.make_data import Made


def run(
    out: Annotated[Path, typer.Option(help="The folder to write; data that it holds is replaced.")],
    store: Annotated[
        Path | None, typer.Option(help="A store made by `index`; the demo shop if none.")
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="A catalogue's file or folder, in place of a store.")
    ] = None,
    visits: Annotated[int, typer.Option(min=0, help="Visits to simulate in the shop.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same rows.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make training rows of a shop: simulated visits with the right calls, split by product and shopper."""
    from shelftalk.finetune.tuning.make_data import make_data, opened_goods
    from shelftalk.finetune.tuning.write_data import check_target
    from shelftalk.tools.indexing_progress import shown

    out = out.expanduser()
    check_target(out)
    try:
        with (
            opened_goods(store, catalogue and catalogue.expanduser(), not as_json) as (goods, source),
            shown("Simulating visits", not as_json) as tell,
        ):
            made = make_data(goods, out, source=source, visits=visits, seed=seed, progress=tell)
    except KeyboardInterrupt:
        typer.echo("Stopped. Nothing was written; what was there before stays.", err=True)
        raise typer.Exit(130) from None
    typer.echo(json.dumps(made.about, ensure_ascii=False) if as_json else said(made))


def said(made: Made) -> str:
    """Write what was made, with three examples."""
    from shelftalk.finetune.tuning.rows import SPLITS
    from shelftalk.finetune.tuning.showing import example

    lines = []
    for split in SPLITS:
        c = made.about["counts"][split]
        lines.append(
            f"{split:<11}{c['rows']:>7,} rows, {c['turns']:,} turns, {c['learnt']:,} messages learnt "
            f"({c['calls']:,} of them calls), {c['pictures']:,} pictures, {c['products']:,} products, "
            f"{c['shoppers']:,} shoppers"
        )
    train = made.rows["train"]
    for at in dict.fromkeys((0, len(train) // 2, len(train) - 1)):
        lines += ["", example(train[at])]
    lines += ["", f"The data is {made.folder}. Train on it: shelftalk finetune lora --data {made.folder}"]
    return "\n".join(lines)
