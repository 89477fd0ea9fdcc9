"""What is trained: the eye, the map of words beside it, a temperature; and the loss that draws them together."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from shelftalk.tools.eye import EyeConfig, EyeModel
from shelftalk.tools.phrasing import Phrasing

TEXT_WIDTH = 384


def working_dtype(precision: str) -> torch.dtype:
    """Return bfloat16 where asked for or, with "auto", where the CPU multiplies it in hardware; else float32."""
    if precision == "auto":
        quick = torch.cuda.is_available() or torch.cpu._is_amx_tile_supported()
        precision = "bfloat16" if quick else "float32"
    return {"bfloat16": torch.bfloat16, "float32": torch.float32}[precision]


class Learner(nn.Module):
    """The eye, the map of words into the joint space, and a temperature."""

    def __init__(self, config: EyeConfig, pieces: Sequence[int] = ()) -> None:
        super().__init__()
        self.eye = EyeModel(config)
        self.phrasing = Phrasing(TEXT_WIDTH, config.hidden_size, pieces)
        self.log_scale = nn.Parameter(torch.tensor(math.log(1 / 0.07)))

    def work_in(self, dtype: torch.dtype) -> Learner:
        """Keep the eye's weights in `dtype`, but for its batch norms, whose averages need float32."""
        nn.Module.to(self.eye, dtype)
        for module in self.eye.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.float()
        whole: nn.Module = self.eye
        whole.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        return self

    def look(self, pixels: Tensor) -> Tensor:
        """[n, 3, side, side] -> joint vectors, float32 [n, size], L2-normalised."""
        return F.normalize(self.eye(pixels).pooler_output.float(), dim=-1)

    def say(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        """Text embeddings [n, 384] and rows of pieces [n, tokens] -> joint vectors, float32 [n, size], length 1."""
        return self.phrasing(embeddings, rows)  # type: ignore[no-any-return]


def one_way(logits: Tensor, true: Tensor, false: Tensor) -> Tensor:
    """InfoNCE with several positives: each true one competes with the false ones alone; all [n, candidates]."""
    against = logits.masked_fill(~false, -1e4).logsumexp(1, keepdim=True)
    each = F.softplus(against - logits) * true
    return (each.sum(1) / true.sum(1).clamp(min=1)).mean()


def contrast(words: Tensor, pictures: Tensor, scale: Tensor, true: Tensor, false: Tensor) -> Tensor:
    """InfoNCE with several positives, both ways.

    `words` [captions, size], `pictures` [n, size], `true` and `false` bool [captions, n].
    """
    logits = scale * words @ pictures.T
    return (one_way(logits, true, false) + one_way(logits.T, true.T, false.T)) / 2
