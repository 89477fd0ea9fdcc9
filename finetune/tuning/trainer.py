"""TRL's trainer for supervised tuning, with what a run here needs besides.

The order of examples is ours, so that it is the same for any number of processes; a loss that is no number ends the run
before it is saved; a checkpoint counts once it is whole; and on a CPU only the tokens that are learnt are scored.

Import it only where TRL is loaded anyway.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor
from trl import SFTTrainer

from shelftalk.finetune.tuning.failures import kept_until_now, saved
from shelftalk.finetune.tuning.order import Order
from shelftalk.finetune.tuning.rendered import NOT_LEARNT
from shelftalk.finetune.tuning.resuming import CHECKPOINTS, mark_whole, prune
from shelftalk.finetune.tuning.settings import Settings
from shelftalk.tools.errors import TrainingError


class Tuner(SFTTrainer):
    """Trains the adapter of one run; `lengths` are the examples' in tokens."""

    def __init__(self, run: Path, settings: Settings, lengths: Sequence[int], **given: Any) -> None:
        super().__init__(**given)
        self._run = run
        self._settings = settings
        self._lengths = lengths
        self._read = 0  # tokens, in this process, since it was last asked
        self._wrong = torch.zeros((), dtype=torch.bool, device=self.args.device)
        base = self.accelerator.unwrap_model(self.model).get_base_model()
        self._chosen = (
            self.args.device.type == "cpu"
            and "logits_to_keep" in inspect.signature(type(base).forward).parameters
        )

    def tokens_read(self) -> int:
        """Return how many tokens all processes have read since this was asked last."""
        own, self._read = torch.tensor(self._read, device=self.args.device), 0
        return int(self.accelerator.reduce(own, "sum"))

    def _get_train_sampler(self, train_dataset: Any = None) -> Order:  # noqa: ARG002
        together = (
            self.args.per_device_train_batch_size
            * self.args.gradient_accumulation_steps
            * self.args.world_size
        )
        training = self._settings.training
        return Order(
            self._lengths, together, training.seed, training.group, lambda: int(self.state.epoch or 0)
        )

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the mean loss of the tokens learnt, of `num_items_in_batch` where a step has several batches."""
        if self.model.training:
            self._read += int(inputs["attention_mask"].sum())
        if not self._chosen:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)
        loss = chosen_loss(model, inputs, num_items_in_batch)
        if num_items_in_batch is not None and self.args.average_tokens_across_devices:
            loss = loss * self.accelerator.num_processes
        return loss

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
        weights = [weight for weight in self.model.parameters() if weight.requires_grad]
        self._wrong |= ~torch.stack([torch.isfinite(weight).all() for weight in weights]).all()
        self._check()
        with saved(self._run):
            super()._save_checkpoint(model, trial)
            self.accelerator.wait_for_everyone()
            if self.is_world_process_zero():
                mark_whole(self._run / CHECKPOINTS / f"checkpoint-{self.state.global_step}")
                prune(self._run, self._settings.saving.checkpoints)


def chosen_loss(model: Any, inputs: Mapping[str, Any], count: Any = None) -> Tensor:
    """Return the loss of the tokens learnt, their logits alone being computed; divided by `count`, else their number.

    A model's last layer costs a small model as much as a third of all others, and most of what it reads is not learnt.
    """
    labels = inputs["labels"][:, 1:]  # [rows, tokens - 1]
    wanted = labels != NOT_LEARNT
    columns = wanted.any(0).nonzero().flatten()  # where any row has something to learn
    if len(columns) == 0:
        columns = columns.new_zeros(1)
    given = {key: value for key, value in inputs.items() if key != "labels"}
    logits = model(**given, use_cache=False, logits_to_keep=columns).logits  # [rows, columns, vocabulary]
    held = wanted[:, columns]
    total = F.cross_entropy(logits[held].float(), labels[:, columns][held], reduction="sum")
    number = held.sum() if count is None else torch.as_tensor(count)
    return total / number.clamp(min=1)
