"""The joint model as a sentence-transformers module.

`SentenceTransformer(folder, trust_remote_code=True).encode([picture, "red dress"])` works on a joint model's
folder; the flag is asked for because this code is not sentence-transformers' own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from PIL.Image import Image
from sentence_transformers.base.modality_types import Modality
from sentence_transformers.base.modules import InputModule

from shelftalk.tools.joint import ABOUT, JointModel, save_joint


class JointModule(InputModule):
    """Takes texts and PIL pictures, mixed in any order."""

    config_file_name = ABOUT

    def __init__(self, model: JointModel) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.model = model
        self.tokenizer = model.text.tokenizer

    @property
    def modalities(self) -> list[Modality]:
        """What `encode` takes; "message" is sentence-transformers' name for a batch of both."""
        return ["text", "image", "message"]

    def get_embedding_dimension(self) -> int:
        """Return the size of the joint space."""
        return self.model.phrasing.project.out_features

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, Any]:
        """Turn texts and pictures into features: is_picture bool [n], and for those there are of each kind,
        pixel_values [pictures, 3, side, side], input_ids and attention_mask [texts, tokens].

        ValueError on anything that is neither.
        """
        wrong = next((item for item in inputs if not isinstance(item, str | Image)), None)
        if wrong is not None:
            raise ValueError(f"a text (str) or a PIL picture is needed, not {type(wrong).__name__}")
        features: dict[str, Any] = {"is_picture": torch.tensor([isinstance(item, Image) for item in inputs])}
        if features["is_picture"].any():
            features["pixel_values"] = self.model.pixels([item for item in inputs if isinstance(item, Image)])
        texts = [(prompt or "") + item for item in inputs if isinstance(item, str)]
        return features | (self.model.text.tokens(texts) if texts else {})

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add sentence_embedding, float32 [n, size], L2-normalised, in the order of the inputs."""
        is_picture = features["is_picture"]
        out = torch.empty(len(is_picture), self.get_embedding_dimension())
        if "pixel_values" in features:
            out[is_picture] = self.model.look(features["pixel_values"])
        if "input_ids" in features:
            words = self.model.text(features["input_ids"], features["attention_mask"])
            out[~is_picture] = self.model.say(words, features["input_ids"])
        return features | {"sentence_embedding": out}

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write the eye, the map and the picture processor; the text model is only named."""
        save_joint(Path(output_path), self.model.eye, self.model.phrasing)

    @classmethod
    def load(
        cls,
        model_name_or_path: str,
        subfolder: str = "",
        token: bool | str | None = None,
        cache_folder: str | None = None,
        revision: str | None = None,
        local_files_only: bool = False,
        init_defaults: dict[str, Any] | None = None,  # noqa: ARG003
        **_: Any,
    ) -> JointModule:
        """Load from a folder or the hub."""
        found = cls.load_dir_path(
            model_name_or_path, subfolder, token, cache_folder, revision, local_files_only=local_files_only
        )
        return cls(JointModel.load(Path(found or model_name_or_path)))
