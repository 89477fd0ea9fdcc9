"""`shelftalk finetune export`: a run's model as a folder to hand on."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer


def run(
    run: Annotated[Path, typer.Option("--run", help="A run's folder, as `finetune lora` or `dpo` wrote it.")],
    out: Annotated[Path, typer.Option(help="The new folder to write.")],
    backbone: Annotated[
        str | None, typer.Option(help="Where the run's model is now; where the run found it, if none.")
    ] = None,
    title: Annotated[str | None, typer.Option(help="The card's title; the folder's name if none.")] = None,
    licence: Annotated[
        str, typer.Option(help='The licence that you give the tuned model, as "apache-2.0".')
    ] = "",
    data_licence: Annotated[str, typer.Option(help="The licence of the data it was tuned on.")] = "",
    data_about: Annotated[str, typer.Option(help="A sentence on what the data is.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Export a run: merged weights with a model card, for transformers, vLLM and `shelftalk chat`.

    The card has the base model, the data's counts and licences, every setting, the scores of the run's report, the
    limits, and how to use it.
    """
    from shelftalk.finetune.commands.merge import said
    from shelftalk.finetune.tuning.card import Given
    from shelftalk.finetune.tuning.export import export

    out = out.expanduser()
    given = Given(title or out.name, licence, data_licence, data_about)
    merged = export(run.expanduser(), out, given, backbone)
    if as_json:
        typer.echo(json.dumps(asdict(merged), ensure_ascii=False))
        return
    typer.echo(said(merged))
    typer.echo(f"The model card is {out / 'README.md'}.")
    if not (licence and data_licence):
        typer.echo("It says of no licence that was not given: see --licence and --data-licence.")
