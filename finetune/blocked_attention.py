"""Causal attention in blocks of queries, for training on a CPU.

The plain product computes the half of the scores that the causal mask then hides; the fused CPU kernel is quick
forwards and slow backwards. Here each block of queries meets only the keys up to its end, and mask and scaling are
part of the matrix product.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from torch import Tensor, nn

NAME = "shelftalk_blocked"
BLOCK = 128  # queries


def blocked_attention(
    module: nn.Module,  # noqa: ARG001  (transformers' signature)
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001  (causal always; rows are padded on the right)
    scaling: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Return causal attention, [rows, tokens, heads, size], of query, key and value [rows, heads, tokens, size]."""
    import torch

    rows, heads, tokens, size = query.shape
    q, k, v = (x.reshape(rows * heads, tokens, size) for x in (query, key, value))
    scale = size**-0.5 if scaling is None else scaling
    outs = []
    for start in range(0, tokens, BLOCK):
        end = min(tokens, start + BLOCK)
        hidden = torch.ones(end - start, end, dtype=torch.bool, device=q.device).triu(start + 1)
        mask = q.new_zeros(end - start, end).masked_fill(hidden, float("-inf"))  # [block, keys]
        scores = torch.baddbmm(mask, q[:, start:end], k[:, :end].transpose(1, 2), alpha=scale)
        outs.append(torch.bmm(scores.softmax(-1), v[:, :end]))  # [rows * heads, block, size]
    out = torch.cat(outs, 1).view(rows, heads, tokens, size)
    return out.transpose(1, 2).contiguous(), None


def use_blocked_attention(decoder: Any) -> None:
    """Let a transformers decoder attend in blocks."""
    from transformers import AttentionInterface
    from transformers.masking_utils import AttentionMaskInterface

    AttentionInterface.register(NAME, blocked_attention)
    AttentionMaskInterface.register(NAME, lambda *_, **__: None)
    decoder.set_attn_implementation(NAME)
