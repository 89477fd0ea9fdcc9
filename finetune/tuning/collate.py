"""Examples as batches: ids, labels and mask padded on the right, with whatever the processor gives beside them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from shelftalk.finetune.tuning.rendered import NOT_LEARNT, Example, Rendering

if TYPE_CHECKING:
    from torch import Tensor


class Collator:
    """Makes the batches of one model; called with {"example": its number} for each, as a trainer's dataset has them."""

    def __init__(self, rendering: Rendering, examples: Sequence[Example], dtype: Any = None) -> None:
        """Take the rendering and what the numbers stand for; pixels are given in `dtype`."""
        tokenizer = getattr(rendering.processor, "tokenizer", rendering.processor)
        self._rendering = rendering
        self._examples = examples
        self._dtype = dtype
        pad = tokenizer.pad_token_id
        self._pad = tokenizer.eos_token_id if pad is None else pad

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, Tensor]:
        """Return a batch: input_ids, attention_mask, labels int64 [rows, tokens], and the processor's own."""
        return self.batch([self._examples[int(row["example"])] for row in rows])

    def batch(self, examples: Sequence[Example]) -> dict[str, Tensor]:
        """Return the batch of some examples."""
        import torch

        width = max(len(example.ids) for example in examples)
        ids = torch.full((len(examples), width), int(self._pad or 0))
        labels = torch.full((len(examples), width), NOT_LEARNT)
        mask = torch.zeros(len(examples), width, dtype=torch.long)
        for at, example in enumerate(examples):
            length = len(example.ids)
            ids[at, :length] = torch.tensor(example.ids)
            labels[at, :length] = torch.tensor(example.labels)
            mask[at, :length] = 1
        given = [self._rendering.tensors(example) for example in examples]
        more = joined(given, [example.asked for example in examples], width)
        if self._dtype is not None:
            more = {k: v.to(self._dtype) if v.is_floating_point() else v for k, v in more.items()}
        return {"input_ids": ids, "attention_mask": mask, "labels": labels, **more}


def joined(given: Sequence[dict[str, Tensor]], lengths: Sequence[int], width: int) -> dict[str, Tensor]:
    """Return what a processor gave for several prompts as one batch.

    `lengths` are the prompts' in tokens. What a processor says of each token, [1, length], is zero for those that
    follow, up to `width`. What it says of pictures is put one behind the other, smaller ones padded with zeros; where
    it has a row a prompt ([1, pictures, ...]: Idefics3, SmolVLM), a prompt without pictures has a row of zeros.
    """
    import torch
    from torch.nn.functional import pad

    out: dict[str, Tensor] = {}
    row_a_prompt = any("pixel_attention_mask" in one for one in given)
    for key in dict.fromkeys(key for one in given for key in one):
        parts = [one.get(key) for one in given]
        some = next(part for part in parts if part is not None)
        if any(
            p is not None and p.ndim == 2 and p.shape == (1, n) for p, n in zip(parts, lengths, strict=True)
        ):
            rows = [some.new_zeros(1, width) if part is None else part for part in parts]
            out[key] = torch.cat([pad(row, (0, width - row.shape[1])) for row in rows])
        else:
            blank = [some.new_zeros(1, *[0] * (some.ndim - 1))] if row_a_prompt else []
            rows = [row for part in parts for row in (blank if part is None else [part])]
            most = [max(row.shape[d] for row in rows) for d in range(1, some.ndim)]
            out[key] = torch.cat([_padded(row, most) for row in rows])
    return out


def _padded(tensor: Tensor, shape: Sequence[int]) -> Tensor:
    from torch.nn.functional import pad

    room = [0] * (2 * len(shape))
    for number, (wanted, size) in enumerate(zip(shape, tensor.shape[1:], strict=True)):
        room[-1 - 2 * number] = wanted - size
    return pad(tensor, room)
