"""Several processes train one model: each steps by itself, and every few steps their weights are averaged.

Local SGD: Stich, arXiv 1805.09767, algorithm 1, with Adam's steps in place of SGD's. On a CPU, a process a core trains
faster than one process on all of them, whose threads wait for one another in every operation. Start the processes
with torchrun: `torchrun --nproc-per-node 2 -m shelftalk.finetune.sft ...`.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor

EVERY = 8  # steps between two averages


@dataclass(frozen=True)
class Together:
    """This process's place among those that train one model; alone: number 0 of 1."""

    number: int = 0
    count: int = 1

    def meets(self, step: int) -> bool:
        """Whether the processes meet after this step; one that is alone does so always."""
        return self.count == 1 or step % EVERY == 0

    def average(self, weights: Sequence[Tensor]) -> None:
        """Set these weights, of the same shapes in every process, to their mean over the processes."""
        import torch

        if self.count == 1:
            return
        with torch.no_grad():
            flat = torch.cat([w.reshape(-1) for w in weights])
            torch.distributed.all_reduce(flat)
            flat /= self.count
            sizes = [w.numel() for w in weights]
            for weight, part in zip(weights, torch.split(flat, sizes), strict=True):
                weight.copy_(part.view_as(weight))

    def any(self, wanted: bool) -> bool:
        """Whether any process wants something, the same answer in all of them."""
        import torch

        if self.count == 1:
            return wanted
        found = torch.tensor([float(wanted)])
        torch.distributed.all_reduce(found)
        return bool(found > 0)


def join() -> Together:
    """Join the processes that torchrun started; alone where it started none."""
    count = int(os.environ.get("WORLD_SIZE", "1"))
    if count == 1:
        return Together()
    import torch

    torch.distributed.init_process_group("gloo")
    return Together(torch.distributed.get_rank(), count)
