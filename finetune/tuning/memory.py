"""How much memory a run will take, from the architecture alone, and how much the machine has.

An estimate by counting: weights, adapter with gradient and optimizer, and what the backward pass has to find again
(after Korthikanti et al., Reducing Activation Recomputation in Large Transformer Models, arXiv 2205.05198, equation 2,
without the attention scores, which fused attention does not keep).
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.finetune.tuning.targets import linear_layers

if TYPE_CHECKING:
    import torch

NF4_BYTES = (
    0.5 + 4 / 64
)  # of a weight: four bits, and a float32 scale for each block of 64 (arXiv 2305.14314)
ADAPTER_BYTES = 16  # of an adapter's weight: itself, its gradient and AdamW's two moments, all in float32
BASE = 700 * 2**20  # what Python, PyTorch and a device's context take before anything is loaded
TILE = 32768  # tokens whose logits a GPU has at once at the most
GIB = 2**30


@dataclass(frozen=True)
class Memory:
    """Bytes of one process."""

    weights: int
    adapter: int
    activations: int
    base: int = BASE

    @property
    def total(self) -> int:
        """All of it."""
        return self.weights + self.adapter + self.activations + self.base


@dataclass(frozen=True)
class Batch:
    """The largest batch of a run: rows, tokens of its longest row, tokens learnt, pictures."""

    rows: int
    tokens: int
    learnt: int
    pictures: int


def weight_bytes(model: Any, each: int, four_bit: bool) -> int:
    """Return what a model's weights take; `model` may be without weights, `each` are the bytes of one."""
    total = sum(weight.numel() for weight in model.parameters())
    if not four_bit:
        return int(total * each)
    output = model.get_output_embeddings()
    packed = sum(module.weight.numel() for _, module in linear_layers(model) if module is not output)
    return int(packed * NF4_BYTES + (total - packed) * each)


def activation_bytes(model: Any, batch: Batch, each: int, checkpointing: bool, cuda: bool) -> int:
    """Return what a batch's forward pass leaves for the backward pass, and the logits beside it."""
    text = model.config.get_text_config()
    width = int(text.hidden_size)
    inner = int(getattr(text, "intermediate_size", None) or 4 * width)
    layers = int(text.num_hidden_layers)
    tokens = batch.rows * batch.tokens
    # Two norms with their float32 copies, query, key, value, attention and its projection, and the inner layer's
    # gate, product and activation; what an adapter reads is kept once more.
    layer = tokens * (2 * width * (each + 4) + (6 * width + 4 * inner) * each)
    kept = layers * tokens * width * each + layer if checkpointing else layers * layer
    # Logits, their softmax and its gradient, in float32.
    scored = min(tokens, TILE) if cuda else batch.learnt
    logits = scored * int(text.vocab_size) * 4 * (1 if cuda else 3)
    return int(kept + logits + _vision_bytes(model, batch, each))


def _vision_bytes(model: Any, batch: Batch, each: int) -> int:
    """Return what a frozen vision tower takes while it looks at a batch's pictures: one layer's activations."""
    vision = getattr(model.config, "vision_config", None)
    width, size = getattr(vision, "hidden_size", None), getattr(vision, "image_size", None)
    patch = getattr(vision, "patch_size", None)
    if not (isinstance(width, int) and isinstance(size, int) and isinstance(patch, int)):
        return 0
    return int(batch.pictures * (size // patch) ** 2 * width * each * 12)


def available(device: torch.device) -> int:
    """Return the bytes that are free on a device: of a CPU's memory what is available, within its control group."""
    import torch

    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    import psutil  # type: ignore[import-untyped]

    free = int(psutil.virtual_memory().available)
    group = Path("/sys/fs/cgroup")
    try:
        most = (group / "memory.max").read_text().strip()
        held = int((group / "memory.current").read_text())
    except (OSError, ValueError):
        return free
    return min(free, int(most) - held) if most.isdigit() else free
