"""A run as a folder to hand on: merged weights, a model card, and the settings that made it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from shelftalk.finetune.tuning.card import Facts, Given, card, public
from shelftalk.finetune.tuning.measured import MINI_NAME, Measured, read_measured
from shelftalk.finetune.tuning.merge import Merged, new_folder, write_merged
from shelftalk.finetune.tuning.run_folder import SETTINGS, RunFolder, read_run
from shelftalk.tools.errors import UsageError


def export(run: Path, out: Path, given: Given, backbone: str | None = None) -> Merged:
    """Write a run's merged model with its card to the new folder `out`, whole or not at all.

    `backbone` is where the run's model lies now, None: where the run found it. The card's scores are those that
    `shelftalk finetune report` left in the run's folder. UsageError: no run, no adapter in it, `out` is there already;
    otherwise as `shelftalk.finetune.tuning.merge.merge`.
    """
    folder = read_run(run)
    if folder.adapter is None:
        raise UsageError(f"{run} has no adapter yet. Train on with --resume, or name a run that has got one.")
    name = backbone or str(folder.settings.get("backbone") or MINI_NAME)
    with new_folder(out) as part:
        merged = write_merged(name, folder.adapter, part)
        facts = Facts(
            given=given,
            run=folder,
            merged=merged,
            base=base_name(name),
            counts=_counts(folder),
            before=_measured(run / "before.json"),
            after=_measured(run / "after.json"),
            tower=_tower(part),
        )
        (part / "README.md").write_text(card(facts), "utf-8")
        (part / SETTINGS).write_text(public(folder.toml), "utf-8")
    return Merged(**{**asdict(merged), "folder": str(out)})


def base_name(name: str) -> str:
    """Return what a model is called: a hub's name or "mini" as they are, a folder by its last part."""
    return Path(name).expanduser().resolve().name if Path(name).expanduser().is_dir() else name


def _counts(run: RunFolder) -> Mapping[str, Mapping[str, int]]:
    """Return what the run's data counts, by split: as the adapter has it, else as the data itself has it."""
    held: Any = run.training.get("counts")
    if not isinstance(held, Mapping):
        try:
            about = Path(str(run.settings.get("data") or "")).expanduser() / "about.json"
            held = json.loads(about.read_text("utf-8")).get("counts")
        except (OSError, ValueError, AttributeError):
            held = None
    return {key: value for key, value in (held or {}).items() if isinstance(value, Mapping)}


def _measured(path: Path) -> Measured | None:
    return read_measured(path) if path.is_file() else None


def _tower(part: Path) -> str:
    config = json.loads((part / "config.json").read_text("utf-8"))
    return str((config.get("vision_config") or {}).get("model_type") or "")
