"""A run's folder, read for a report: settings, the log of its steps, what the adapter says of itself."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shelftalk.finetune.tuning.curves import Point
from shelftalk.tools.errors import UsageError

SETTINGS, LOG, ADAPTER, TRAINING = "run.toml", "log.jsonl", "adapter", "training.json"


@dataclass
class RunFolder:
    """What a run left: its settings as text and as values, one dict a logged step, `training` of the adapter."""

    folder: Path
    toml: str
    settings: dict[str, Any]
    log: list[dict[str, Any]] = field(default_factory=list)
    training: dict[str, Any] = field(default_factory=dict)
    adapter: Path | None = None  # None: the run has kept none yet

    def series(self, name: str) -> list[Point]:
        """Return a figure's points, (step, value), in the order of the log; steps that lack it are left out."""
        return [(float(line["step"]), float(line[name])) for line in self.log if _is_number(line.get(name))]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def read_run(folder: Path) -> RunFolder:
    """Return a run's folder; UsageError where it is none. A log that breaks off is read up to there."""
    path = folder / SETTINGS
    if not path.is_file():
        raise UsageError(
            f"There is no run in {folder}: {SETTINGS} is missing. Name the folder that `shelftalk finetune lora` or "
            "`dpo` wrote, the one that holds adapter/."
        )
    try:
        text = path.read_text("utf-8")
        settings = tomllib.loads(text)
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.") from None
    adapter = folder / ADAPTER
    return RunFolder(
        folder,
        text,
        settings,
        read_log(folder / LOG),
        _object(adapter / TRAINING),
        adapter if (adapter / "adapter_config.json").is_file() else None,
    )


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return a log's steps, in order; of steps that a resumed run logged again, what it logged last holds."""
    if not path.is_file():
        return []
    found: list[dict[str, Any]] = []
    for text in path.read_text("utf-8", errors="replace").splitlines():
        try:
            line = json.loads(text)
        except ValueError:  # a machine that went down in the middle of a line
            continue
        if not isinstance(line, dict) or not _is_number(line.get("step")):
            continue
        while found and found[-1]["step"] > line["step"]:
            found.pop()
        if found and found[-1]["step"] == line["step"]:
            found[-1] |= line
        else:
            found.append(line)
    return found


def _object(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}
