"""The combiner: a picture's vector and an edit in words ("but in red") make the vector of what is meant."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn

from shelftalk.tools.errors import UsageError

COMBINER = "combiner.safetensors"
WIDTH = 512


class Combiner(nn.Module):
    """A gated sum of picture and phrase and what a small network adds to it.

    After the Combiner of Baldrati, Bertini, Uricchio and Del Bimbo, "Composed Image Retrieval using Contrastive
    Learning and Task-oriented CLIP-based Features" (arXiv 2308.11485); ours also reads the product of
    both vectors, and begins as their plain sum.
    """

    def __init__(self, size: int, width: int = WIDTH) -> None:
        super().__init__()
        self.size, self.width = size, width
        self.read = nn.Linear(3 * size, width)
        self.drop = nn.Dropout(0.1)
        self.gate = nn.Linear(width, 2)
        self.write = nn.Linear(width, size)
        for layer in (self.gate, self.write):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, picture: Tensor, phrase: Tensor) -> Tensor:
        """L2-normalised [n, size] twice -> [n, size], L2-normalised."""
        scale = self.size**0.5
        both = torch.cat([picture * scale, phrase * scale, picture * phrase * self.size], -1)
        hidden = self.drop(F.gelu(self.read(both)))
        much = 1 + self.gate(hidden)
        return F.normalize(much[:, :1] * picture + much[:, 1:] * phrase + self.write(hidden), dim=-1)

    def combine(self, pictures: np.ndarray, phrases: np.ndarray) -> np.ndarray:
        """Do the same for arrays: float32 [n, size] twice -> float32 [n, size]."""
        with torch.inference_mode():
            found: np.ndarray = self(torch.from_numpy(pictures), torch.from_numpy(phrases)).numpy()
        return found


def save_combiner(folder: Path, combiner: Combiner, fingerprint: str, about: Mapping[str, Any]) -> None:
    """Write FOLDER/combiner.safetensors for the encoder of this fingerprint, as bfloat16, whole or not at all.

    `about` (JSON) goes into the file beside the weights, and into combiner.json for people to read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    described = {"encoder": fingerprint, "size": combiner.size, "width": combiner.width, **about}
    weights = {k: v.detach().to(torch.bfloat16).contiguous() for k, v in combiner.state_dict().items()}
    part = folder / "combiner.part"
    save_file(weights, part, metadata={"about": json.dumps(described)})
    part.chmod(0o644)
    os.replace(part, folder / COMBINER)
    part.write_text(json.dumps(described, indent=1) + "\n", encoding="utf8")
    os.replace(part, folder / "combiner.json")


def load_combiner(path: Path, fingerprint: str, size: int) -> Combiner | None:
    """Load the combiner of the encoder of this fingerprint; None where the file was made for another encoder.

    UsageError: the file is damaged.
    """
    try:
        with safe_open(path, "pt") as file:
            about = json.loads((file.metadata() or {})["about"])
            if about["encoder"] != fingerprint:
                return None
            weights = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
        combiner = Combiner(size, int(about["width"]))
        combiner.load_state_dict(weights)
    except (OSError, ValueError, KeyError, TypeError, RuntimeError, SafetensorError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0][:200]
        raise UsageError(
            f"{path} cannot be read as a combiner ({reason}): delete it, and pictures and words are added instead, "
            "or train it again with python -m shelftalk.finetune.combiner."
        ) from error
    return combiner.eval()
