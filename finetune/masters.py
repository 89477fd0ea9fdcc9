"""Weights kept in full precision while the model computes in bfloat16.

Mixed precision training with a full-precision copy of the weights: Micikevicius et al., arXiv 1710.03740, section 3.1.
On processors with bfloat16 matrix units the whole model in bfloat16 trains about 1.4 times as fast as autocast,
which casts weights and activations anew in every layer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from torch import nn


class Masters:
    """The trained weights of a model in float32; the model's own are set from them after each step.

    Where the model already computes in float32 the two are the same tensors.
    """

    def __init__(self, model: nn.Module, dtype: torch.dtype) -> None:
        """Copy what is to be trained, then set the model to compute in `dtype`."""
        import torch

        trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self._apart = dtype != torch.float32
        if self._apart:
            self.weights = {name: p.detach().float().clone().requires_grad_() for name, p in trained.items()}
            model.to(dtype)
        else:
            self.weights = dict(trained)
        self._computing = trained

    def take_gradients(self, clip: float) -> None:
        """Move the model's gradients over, their total norm cut at `clip`."""
        import torch

        if self._apart:
            for name, p in self._computing.items():
                self.weights[name].grad = None if p.grad is None else p.grad.float()
                p.grad = None
        torch.nn.utils.clip_grad_norm_(list(self.weights.values()), clip)

    def set_model(self) -> None:
        """Round the weights into the model."""
        import torch

        if self._apart:
            with torch.no_grad():
                torch._foreach_copy_(list(self._computing.values()), list(self.weights.values()))


def computing_dtype() -> torch.dtype:
    """Return the type that this machine trains fastest in: bfloat16 where it multiplies it, else float32."""
    import torch

    able = torch.cuda.is_bf16_supported() if torch.cuda.is_available() else _multiplies_bfloat16()
    return torch.bfloat16 if able else torch.float32


def _multiplies_bfloat16() -> bool:
    import torch

    return bool(torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported())
