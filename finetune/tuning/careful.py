"""What every trainer of a run here needs beside what TRL's has.

The order of examples is ours, so that it is the same for any number of processes; a loss that is no number ends the run
before it is saved; and a checkpoint counts once it is whole.

Import it only where TRL is loaded anyway.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from shelftalk.finetune.tuning.failures import kept_until_now, saved
from shelftalk.finetune.tuning.order import Order
from shelftalk.finetune.tuning.resuming import CHECKPOINTS, mark_whole, prune
from shelftalk.finetune.tuning.settings import Settings
from shelftalk.tools.errors import TrainingError

if TYPE_CHECKING:
    # To a type checker the class that this is mixed into, which every method here calls.
    from transformers import Trainer as Base
else:
    Base = object

REFERENCE = (
    "ref"  # the adapter that TRL compares with; a checkpoint that had it would be read without the other
)


class Careful(Base):
    """Mixed into a trainer of TRL's, before it."""

    def begin(self, run: Path, settings: Settings, lengths: Sequence[int]) -> None:
        """Take the run's folder, its settings, and the examples' lengths in tokens; call it after TRL's `__init__`."""
        self._run = run
        self._settings = settings
        self._lengths = lengths
        self._read = 0  # tokens, in this process, since it was last asked
        self._wrong = torch.zeros((), dtype=torch.bool, device=self.args.device)

    def tokens_read(self) -> int:
        """Return how many tokens all processes have read since this was asked last."""
        own, self._read = torch.tensor(self._read, device=self.args.device), 0
        return int(self.accelerator.reduce(own, "sum"))

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:  # noqa: ARG002
        together = (
            self.args.per_device_train_batch_size
            * self.args.gradient_accumulation_steps
            * self.args.world_size
        )
        training = self._settings.training
        return Order(
            self._lengths, together, training.seed, training.group, lambda: int(self.state.epoch or 0)
        )

    def training_step(self, *args: Any, **given: Any) -> Tensor:
        """Take a step; on a CPU a loss that is no number ends the run at once, on a GPU when it is next looked at."""
        loss: Tensor = super().training_step(*args, **given)
        self._wrong |= ~torch.isfinite(loss)
        if self.args.device.type == "cpu":
            self._check()
        return loss

    def log(self, logs: dict[str, float], start_time: float | None = None) -> None:
        """Log what was measured."""
        self._check()
        super().log(logs, start_time)

    def create_model_card(self, *_: Any, **__: Any) -> None:
        """Write none: a checkpoint is for going on, not for showing."""

    def _check(self) -> None:
        if bool(self._wrong):
            raise TrainingError(
                f"The loss is no number (NaN or infinite) at step {self.state.global_step + 1:,}. "
                f"{kept_until_now(self._run)} Start a run with a lower training.rate or a longer training.warm_up, or "
                "with training.precision = 'float32'."
            )

    def _save_checkpoint(self, model: Any, trial: Any) -> None:
        weights = [weight for weight in model.parameters() if weight.requires_grad]
        self._wrong |= ~torch.stack([torch.isfinite(weight).all() for weight in weights]).all()
        self._check()
        with saved(self._run):
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.is_world_process_zero():
                written = self._run / CHECKPOINTS / f"checkpoint-{self.state.global_step}"
                shutil.rmtree(written / REFERENCE, ignore_errors=True)
                mark_whole(written)
                prune(self._run, self._settings.saving.checkpoints)
