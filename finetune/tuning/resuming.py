"""Checkpoints that are whole or do not count, so that a run that was killed anywhere can go on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from shelftalk.tools.whole import write_whole

CHECKPOINTS, LOG, WHOLE = "checkpoints", "log.jsonl", "whole"
_STATE = "trainer_state.json"


def _numbered(run: Path) -> Iterator[tuple[int, Path]]:
    for folder in (run / CHECKPOINTS).glob("checkpoint-*"):
        number = folder.name.rpartition("-")[2]
        if number.isdigit():
            yield int(number), folder


def last_checkpoint(run: Path) -> Path | None:
    """Return a run's newest checkpoint that was written to its end; None where there is none."""
    whole = [(step, folder) for step, folder in _numbered(run) if (folder / WHOLE).is_file()]
    return max(whole)[1] if whole else None


def mark_whole(checkpoint: Path) -> None:
    """Note that everything of a checkpoint has been written; until then it does not count."""
    write_whole(checkpoint / WHOLE, b"")


def prune(run: Path, keep: int) -> None:
    """Delete all but the newest checkpoints, and those that were broken off."""
    found = sorted(_numbered(run))
    whole = [folder for _, folder in found if (folder / WHOLE).is_file()]
    for _, folder in found:
        if folder not in whole[-keep:]:
            # What marks it as whole goes first: half deleted, it must not count.
            (folder / WHOLE).unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)


def state_of(checkpoint: Path) -> dict[str, Any]:
    """Return a checkpoint's trainer state."""
    state: dict[str, Any] = json.loads((checkpoint / _STATE).read_text("utf-8"))
    return state


def cut_log(run: Path, step: int) -> float:
    """Drop a log's lines from after `step`, which will be written again; return the seconds that the run has taken."""
    log = run / LOG
    if not log.is_file():
        return 0.0
    kept: list[str] = []
    seconds = 0.0
    for line in log.read_text("utf-8", errors="replace").splitlines():
        try:
            about = json.loads(line)
        except ValueError:  # the machine went down while it was written
            continue
        if about["step"] <= step:
            kept.append(line)
            seconds = max(seconds, float(about.get("seconds", 0.0)))
    write_whole(log, "".join(f"{line}\n" for line in kept).encode())
    return seconds
