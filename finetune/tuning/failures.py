"""What went wrong in a run, said so that it can be mended, with what is kept of it."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from shelftalk.finetune.tuning.resuming import last_checkpoint, state_of
from shelftalk.tools.errors import TrainingError

_FULL = ("No space left on device", "Disk quota exceeded")


def kept_until_now(run: Path) -> str:
    """Return a sentence on what of a run is kept and how it goes on."""
    checkpoint = last_checkpoint(run)
    if checkpoint is None:
        return "No checkpoint had been written yet."
    step = state_of(checkpoint).get("global_step", 0)
    best = " and the best adapter so far" if (run / "adapter").is_dir() else ""
    return (
        f"The checkpoint of step {step:,}{best} are kept in {run}."
        if best
        else (f"The checkpoint of step {step:,} is kept in {run}.")
    )


@contextmanager
def saved(run: Path) -> Iterator[None]:
    """Turn a failure to write within this block into a TrainingError that says what is kept."""
    from safetensors import SafetensorError

    try:
        yield
    except (OSError, SafetensorError, RuntimeError) as error:
        full = getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT) or any(
            said in str(error) for said in _FULL
        )
        reason = getattr(error, "strerror", None) or (str(error).strip() or repr(error)).splitlines()[0]
        hint = (
            "Free some space, then go on with --resume."
            if full
            else "Check the folder, then go on with --resume."
        )
        raise TrainingError(f"Cannot write to {run}: {reason}. {kept_until_now(run)} {hint}") from error
