"""The best adapter of a run is kept, and the run ends where validation says that it no longer learns.

Import it only where transformers is loaded anyway.
"""

from __future__ import annotations

import json
import math
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from transformers import TrainerCallback
from transformers.trainer_callback import ExportableState

from shelftalk.agent.backbones.adapting import ABOUT
from shelftalk.finetune.tuning.failures import kept_until_now, saved
from shelftalk.tools.errors import TrainingError

ADAPTER = "adapter"


def recover(run: Path) -> None:
    """Put back the adapter of a run that was killed while a better one took its place; clear away what is half done."""
    for old in run.glob(".part-*-old"):
        if not (run / ADAPTER).exists():
            old.rename(run / ADAPTER)
    for part in run.glob(".part-*"):
        shutil.rmtree(part) if part.is_dir() else part.unlink()


def keep_last(run: Path, checkpoint: Path, about: Mapping[str, Any]) -> None:
    """Make the adapter of a run's last checkpoint its result, where it was killed before it had written any."""
    if (run / ADAPTER).exists():
        return
    part = run / f".part-{secrets.token_hex(4)}"
    with saved(run):
        part.mkdir()
        for name in ("adapter_config.json", "adapter_model.safetensors"):
            shutil.copyfile(checkpoint / name, part / name)
        step = int(checkpoint.name.rpartition("-")[2])
        _write_about(part, {**about, "step": step, "validation_loss": None})
        part.rename(run / ADAPTER)


def _write_about(folder: Path, about: Mapping[str, Any]) -> None:
    (folder / ABOUT).write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", "utf-8")


class Best(TrainerCallback, ExportableState):
    """Saves the adapter to a run's folder whenever the validation loss is the lowest yet.

    `about` is written beside it; `patience` looks in a row without a lower loss end the run, 0: they never do. Without
    validation rows the last adapter is the best.
    """

    def __init__(self, run: Path, about: Mapping[str, Any], patience: int, validated: bool) -> None:
        self._run = run
        self._about = about
        self._patience = patience
        self._validated = validated
        self.loss: float | None = None
        self.step = 0
        self.stale = 0
        self.stopped = False

    def state(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of this."""
        kept = {"loss": self.loss, "step": self.step, "stale": self.stale, "stopped": self.stopped}
        return {"args": {}, "attributes": kept}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Take up what the checkpoint kept."""
        kept = state.stateful_callbacks.get(type(self).__name__, {})
        for name, value in kept.get("attributes", {}).items():
            setattr(self, name, value)

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Have the last step looked at too."""
        if state.global_step >= state.max_steps and self._validated:
            control.should_evaluate = True

    def on_evaluate(
        self,
        args: Any,  # noqa: ARG002
        state: Any,
        control: Any,
        metrics: Mapping[str, float] | None = None,
        model: Any = None,
        **_: Any,
    ) -> None:
        """Keep the adapter if it is better; count the looks at which it was not."""
        loss = float((metrics or {}).get("eval_loss", math.nan))
        if not math.isfinite(loss):
            raise TrainingError(
                f"The loss on the validation rows is {loss} at step {state.global_step:,}. "
                + kept_until_now(self._run)
            )
        if self.loss is None or loss < self.loss:
            self.loss, self.step, self.stale = loss, state.global_step, 0
            if state.is_world_process_zero:
                self.save(model)
            return
        self.stale += 1
        if self._patience and self.stale >= self._patience:
            self.stopped = True
            control.should_training_stop = True
            control.should_save = True

    def on_train_end(self, args: Any, state: Any, control: Any, model: Any = None, **_: Any) -> None:  # noqa: ARG002
        """Save the last adapter where none was ever measured."""
        if not self._validated:
            self.step = state.global_step
            if state.is_world_process_zero:
                self.save(model)

    def save(self, model: Any) -> None:
        """Write the adapter, whole or not at all: the one before it stays until then."""
        part = self._run / f".part-{secrets.token_hex(4)}"
        old = part.with_name(f"{part.name}-old")
        final = self._run / ADAPTER
        try:
            with saved(self._run):
                model.save_pretrained(part, safe_serialization=True, selected_adapters=["default"])
                (part / "README.md").unlink(missing_ok=True)
                _write_about(part, {**self._about, "step": self.step, "validation_loss": self.loss})
                if final.exists():
                    final.rename(old)
                part.rename(final)
        finally:
            if old.exists() and not final.exists():
                old.rename(final)
            shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
