"""`shelftalk finetune dpo`: an adapter from preferences."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def run(
    out: Annotated[Path, typer.Option(help="The run's folder; its adapter/ is the result.")],
    data: Annotated[Path | None, typer.Option(help="Training data made by `finetune data`.")] = None,
    backbone: Annotated[
        str | None, typer.Option(help="A model's folder or hub name; the embedded model if none.")
    ] = None,
    adapter: Annotated[Path | None, typer.Option(help="Go on from this adapter; a new one if none.")] = None,
    rank: Annotated[
        int | None,
        typer.Option(
            min=1, help="Draw so many answers at each message and rank them; the data's thumbs if none."
        ),
    ] = None,
    rows: Annotated[
        int | None, typer.Option(min=0, help="Rows at which answers are drawn at most, 0: all.")
    ] = None,
    four_bit: Annotated[
        bool | None, typer.Option("--4bit", help="Keep the model's weights in 4 bits (nf4).")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings; see --dry-run.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from what is kept.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print settings and plan; load and write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Tune on preferences (DPO): thumbs of chats, or a model's own answers ranked by rewards that can be checked."""
    from shelftalk.finetune.commands.lora import said
    from shelftalk.finetune.tuning.dpo import DpoSettings, begin, found, make_ready, opened, prefer
    from shelftalk.finetune.tuning.failures import kept_until_now
    from shelftalk.finetune.tuning.lora import check_run, shown_first
    from shelftalk.finetune.tuning.plan import check_fits, plan_lines
    from shelftalk.finetune.tuning.preferences import places, told
    from shelftalk.finetune.tuning.settings import read_settings, to_toml
    from shelftalk.tools.errors import UsageError

    out = out.expanduser()
    held = check_run(out, resume, DpoSettings)
    if held is not None and (data, backbone, adapter, rank, rows, four_bit, config) != (None,) * 7:
        raise UsageError("A run is resumed with the settings it began with: give only --out and --resume.")
    settings = held or read_settings(
        config,
        DpoSettings,
        data=str(data.expanduser().resolve()) if data else None,
        backbone=backbone,
        adapter=str(adapter.expanduser().resolve()) if adapter else None,
        four_bit=four_bit,
    )
    more = {name: value for name, value in (("answers", rank), ("rows", rows)) if value is not None}
    settings = settings.model_copy(update={"ranking": settings.ranking.model_copy(update=more)})
    first = shown_first()
    if dry_run:
        opened_data = opened(settings)
        typer.echo(to_toml(settings))
        if settings.ranking.answers:
            count = len(places(opened_data.rows("train"), settings.ranking.rows, settings.training.seed))
            typer.echo(
                f"Answers     {settings.ranking.answers} drawn at each of {count:,} messages, and ranked"
            )
            return
        ready = make_ready(out, settings, opened_data, opened_data.preferences())
        typer.echo("\n".join(plan_lines(ready.plan)))
        check_fits(ready.plan, settings)
        return
    try:
        opened_data = begin(out, settings)
        pairs, ranked = found(out, settings, opened_data)
        if ranked and first and not as_json:
            typer.echo(told(ranked), err=True)
        ready = make_ready(out, settings, opened_data, pairs)
        if first and not as_json:
            typer.echo("\n".join(plan_lines(ready.plan)), err=True)
        result = prefer(ready, shown=not as_json)
    except KeyboardInterrupt:
        ranking = " The answers that were ranked are kept." if settings.ranking.answers else ""
        typer.echo(f"Stopped. {kept_until_now(out)}{ranking} Go on with --resume.", err=True)
        raise typer.Exit(130) from None
    if first:
        typer.echo(json.dumps(result, ensure_ascii=False) if as_json else said(result, settings.backbone))
