"""`shelftalk finetune merge`: an adapter merged into its model."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shelftalk.finetune.tuning.merge import Merged


def run(
    adapter: Annotated[Path, typer.Option(help="The adapter's folder: `adapter` in a run's.")],
    out: Annotated[Path, typer.Option(help="The new folder to write.")],
    backbone: Annotated[
        str | None, typer.Option(help="The model's folder or hub name; the embedded one if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Merge an adapter into its model: a folder that transformers, vLLM and `shelftalk chat` load.

    An adapter that was trained on a model in 4 bits is merged into those very weights, taken out of 4 bits again.
    """
    from shelftalk.finetune.tuning.merge import merge

    merged = merge(backbone, adapter.expanduser(), out.expanduser())
    typer.echo(json.dumps(asdict(merged), ensure_ascii=False) if as_json else said(merged))


def said(merged: Merged) -> str:
    """Write what was merged, and how to use it."""
    lines = [
        f"Merged {merged.layers:,} layers into {merged.folder}: {merged.gigabytes:.2f} GB in {merged.dtype}."
    ]
    if merged.rounding:
        lines.append(f"Rounding to {merged.dtype} lost {merged.rounding:.1%} of the adapter's change.")
    if merged.dequantised:
        lines.append(
            "The adapter was trained on the model in 4 bits, so it was merged into those weights, taken out of 4 bits."
        )
    return "\n".join([*lines, f"Talk with it: shelftalk chat --backbone {merged.folder}"])
