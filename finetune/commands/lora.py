"""`shelftalk finetune lora`: an adapter for a backbone, from training rows."""

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
    four_bit: Annotated[
        bool | None, typer.Option("--4bit", help="Keep the model's weights in 4 bits (nf4).")
    ] = None,
    replay: Annotated[
        Path | None, typer.Option(help="Training data of what must not be forgotten, learnt beside.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="A TOML file of settings; see --dry-run.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on from the last checkpoint.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Print settings, plan and memory; load and write nothing.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Train a LoRA adapter on training rows: shelftalk chat --adapter RUN/adapter then uses it."""
    from shelftalk.finetune.tuning.lora import check_run, make_ready, shown_first, train
    from shelftalk.finetune.tuning.plan import check_fits, plan_lines
    from shelftalk.finetune.tuning.settings import read_settings, to_toml
    from shelftalk.tools.errors import UsageError
    from shelftalk.tools.indexing_progress import shown

    out = out.expanduser()
    held = check_run(out, resume)
    if held is not None and (data, backbone, four_bit, replay, config) != (None,) * 5:
        raise UsageError("A run is resumed with the settings it began with: give only --out and --resume.")
    settings = held or read_settings(
        config,
        data=str(data.expanduser().resolve()) if data else None,
        backbone=backbone,
        four_bit=four_bit,
        replay=replay and {"data": str(replay.expanduser().resolve())},
    )
    first = shown_first()
    try:
        with shown("Rendering rows", first and not as_json) as tell:
            ready = make_ready(out, settings, tell)
        if first and not as_json:
            if dry_run:
                typer.echo(to_toml(settings))
            typer.echo("\n".join(plan_lines(ready.plan)), err=not dry_run)
        if dry_run:
            if as_json:
                plan = {"settings": settings.model_dump(mode="json"), "plan": plan_values(ready.plan)}
                typer.echo(json.dumps(plan, ensure_ascii=False))
            check_fits(ready.plan, settings)
            return
        result = train(ready, shown=not as_json)
    except KeyboardInterrupt:
        from shelftalk.finetune.tuning.failures import kept_until_now

        typer.echo(f"Stopped. {kept_until_now(out)} Go on with --resume.", err=True)
        raise typer.Exit(130) from None
    if first:
        typer.echo(json.dumps(result, ensure_ascii=False) if as_json else said(result, settings.backbone))


def plan_values(plan: object) -> dict[str, object]:
    """Return a plan as JSON has it."""
    from dataclasses import asdict

    return asdict(plan)  # type: ignore[call-overload, no-any-return]


def said(result: dict[str, object], backbone: str) -> str:
    """Write how a run ended and how its adapter is used."""
    loss = result["validation_loss"]
    lines = [
        f"{result['steps']} of {result['of']} steps in {result['seconds']} s; the best adapter is that of step "
        f"{result['best_step']}" + (f", with a loss of {loss:.4f} on the validation rows." if loss else ".")
    ]
    named = f" --backbone {backbone}" if backbone else ""
    lines.append(f"Talk with it: shelftalk chat{named} --adapter {result['adapter']}")
    return "\n".join(lines)
