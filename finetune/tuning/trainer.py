"""TRL's trainer for supervised tuning, with what a run here needs besides; on a CPU only what is learnt is scored.

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
from trl.trainer.sft_trainer import SFTTrainer

from shelftalk.finetune.tuning.careful import Careful
from shelftalk.finetune.tuning.rendered import NOT_LEARNT
from shelftalk.finetune.tuning.settings import Settings


class Tuner(Careful, SFTTrainer):
    """Trains the adapter of one run; `lengths` are the examples' in tokens."""

    def __init__(self, run: Path, settings: Settings, lengths: Sequence[int], **given: Any) -> None:
        super().__init__(**given)
        self.begin(run, settings, lengths)
        base = self.accelerator.unwrap_model(self.model).get_base_model()
        self._chosen = (
            self.args.device.type == "cpu"
            and "logits_to_keep" in inspect.signature(type(base).forward).parameters
        )

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the mean loss of the tokens learnt, of `num_items_in_batch` where a step has several batches."""
        if model.training:
            self._read += int(inputs["attention_mask"].sum())
        if not self._chosen:
            return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)  # type: ignore[no-untyped-call]
        loss = chosen_loss(model, inputs, num_items_in_batch)
        if num_items_in_batch is not None and self.args.average_tokens_across_devices:
            loss = loss * self.accelerator.num_processes
        return loss


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
