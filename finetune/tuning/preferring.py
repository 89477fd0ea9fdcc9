"""TRL's trainer of preferences, with what a run here needs besides.

Import it only where TRL is loaded anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor
from trl.trainer.dpo_trainer import DPOTrainer

from shelftalk.finetune.tuning.careful import Careful
from shelftalk.finetune.tuning.collate import Collator
from shelftalk.finetune.tuning.rendered import NOT_LEARNT, Example, Rendering
from shelftalk.finetune.tuning.settings import Settings


@dataclass(frozen=True)
class Pair:
    """A better and a worse answer to one prompt, as sequences."""

    chosen: Example
    rejected: Example

    @property
    def tokens(self) -> int:
        """Those of both."""
        return len(self.chosen.ids) + len(self.rejected.ids)


class PairCollator(Collator):
    """Makes batches of pairs: the better answers' sequences first, then the worse ones', in the same order."""

    def __init__(self, rendering: Rendering, pairs: Sequence[Pair], dtype: Any = None) -> None:
        """Take what `Collator` takes, with pairs for examples."""
        super().__init__(rendering, [], dtype)
        self._pairs = pairs

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """Return a batch: input_ids, attention_mask, completion_mask int64 [2 x rows, tokens], the processor's own."""
        pairs = [self._pairs[int(row["example"])] for row in rows]
        batch = self.batch([*(pair.chosen for pair in pairs), *(pair.rejected for pair in pairs)])
        batch["completion_mask"] = (batch.pop("labels") != NOT_LEARNT).long()
        return batch


class Preferer(Careful, DPOTrainer):
    """Trains the adapter of one run on pairs; `lengths` are the pairs' in tokens."""

    def __init__(self, run: Path, settings: Settings, lengths: Sequence[int], **given: Any) -> None:
        super().__init__(**given)
        self.begin(run, settings, lengths)

    def _prepare_dataset(self, dataset: Any, *_: Any, **__: Any) -> Any:
        """Leave it as it is: the collator has the tokens."""
        return dataset

    def compute_loss(
        self,
        model: Any,
        inputs: dict[str, Any],
        return_outputs: bool = False,
        num_items_in_batch: Any = None,
    ) -> Any:
        """Return the loss of a batch of pairs (Rafailov et al., arXiv 2305.18290, equation 7)."""
        if model.training:
            self._read += int(inputs["attention_mask"].sum())
        return super().compute_loss(model, inputs, return_outputs, num_items_in_batch)  # type: ignore[no-untyped-call]
