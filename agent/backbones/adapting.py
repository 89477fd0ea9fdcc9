"""Whether an adapter fits a model: it changes layers by name, and was trained on top of certain weights."""

from __future__ import annotations

import hashlib
import json
import re
import struct
from pathlib import Path
from typing import Any

from shelftalk.tools.errors import BackboneError

ABOUT = "training.json"  # beside an adapter: what it was trained on, and how
DIGEST = "base_digest"  # in it: `weights_digest` of the model that it was trained on
_SAMPLE = 256  # bytes of each tensor that a digest reads
_LORA = re.compile(r"\.lora_(?:embedding_)?([AB])\b.*|\.lora_magnitude_vector.*")


def about_adapter(adapter: Path) -> dict[str, Any]:
    """Return what stands beside an adapter on how it was made; {} where nothing does."""
    try:
        about = json.loads((adapter / ABOUT).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return about if isinstance(about, dict) else {}


def adapter_config(adapter: Path) -> dict[str, Any]:
    """Return a PEFT adapter's configuration; BackboneError where there is none or it cannot be read."""
    try:
        config = json.loads((adapter / "adapter_config.json").read_text("utf-8"))
    except OSError:
        config = None
    except ValueError as error:
        raise BackboneError(f"{adapter}/adapter_config.json cannot be read: {error}.") from error
    if not isinstance(config, dict):
        raise BackboneError(
            f"{adapter} holds no PEFT adapter: adapter_config.json is missing. Give the folder `adapter` of a "
            "run of `shelftalk finetune lora`, or one that PEFT's save_pretrained made."
        )
    return config


def weights_digest(source: str) -> str:
    """Return a SHA-256 that tells a model's weights from others: each tensor's name, shape, type and middle bytes.

    `source` is a folder or the name of a hub model that is in the cache. How weights are sharded is of no account, and
    a large model takes milliseconds, since little of it is read. "" where there are no safetensors to be found.
    """
    folder = Path(source).expanduser()
    if not folder.is_dir():
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(source, "config.json")
        if not isinstance(found, str):
            return ""
        folder = Path(found).parent
    tensors: dict[str, bytes] = {}
    for file in sorted(folder.glob("*.safetensors")):
        if not file.name.startswith("adapter_"):
            tensors |= _sampled(file)
    digest = hashlib.sha256()
    for name, said in sorted(tensors.items()):
        digest.update(name.encode() + said)
    return digest.hexdigest() if tensors else ""


def _sampled(file: Path) -> dict[str, bytes]:
    """Return each tensor's name -> its type, shape and middle bytes."""
    with file.open("rb") as data:
        (length,) = struct.unpack("<Q", data.read(8))
        header = json.loads(data.read(length))
        out: dict[str, bytes] = {}
        for name, about in header.items():
            if name != "__metadata__":
                start, end = about["data_offsets"]
                data.seek(8 + length + start + max(0, (end - start - _SAMPLE) // 2))
                sample = data.read(min(_SAMPLE, end - start))
                out[name] = json.dumps([about["dtype"], about["shape"]]).encode() + sample
        return out


def check_adapter(model: Any, adapter: Path, name: str, source: str) -> None:
    """Raise BackboneError where a PEFT adapter was made for another model than `model`.

    `name` is what the model is called, `source` the folder or hub name that its weights came from.
    """
    config = adapter_config(adapter)
    about = about_adapter(adapter)
    wrong = _misfit(model, adapter)
    if not wrong and (wanted := about.get(DIGEST)) and (found := weights_digest(source)) and wanted != found:
        wrong = f"it was trained on weights whose digest is {wanted[:12]}, and this model's is {found[:12]}"
    if wrong:
        made_for = about.get("backbone") or config.get("base_model_name_or_path") or "another model"
        raise BackboneError(
            f"The adapter in {adapter} does not fit the model {name}: {wrong}. It was made for {made_for}; load it "
            "with that, or train one for this model: shelftalk finetune lora."
        )


def with_adapter(model: Any, adapter: Path, trainable: bool = False) -> Any:
    """Return a model with a PEFT adapter on top, to answer with or to train on."""
    import warnings

    from peft import PeftModel

    with warnings.catch_warnings():
        # PEFT asks transformers by an old name.
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing`", FutureWarning)
        return PeftModel.from_pretrained(model, str(adapter), is_trainable=trainable)


def _misfit(model: Any, adapter: Path) -> str:
    """Return what an adapter changes that a model has not, or has in another shape; "" where all fits."""
    from safetensors import SafetensorError, safe_open

    file = adapter / "adapter_model.safetensors"
    if not file.is_file():
        raise BackboneError(f"The adapter in {adapter} is not complete: {file.name} is missing.")
    modules = dict(model.named_modules())
    try:
        with safe_open(file, "pt") as weights:
            shapes = {key: weights.get_slice(key).get_shape() for key in weights.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise BackboneError(f"The adapter in {adapter} cannot be read: {error}.") from error
    for key, shape in shapes.items():
        where = key.removeprefix("base_model.model.")
        match = _LORA.search(where)
        if match is None:
            continue
        layer = where[: match.start()]
        module = modules.get(layer)
        if module is None:
            return f"it changes {layer}, which this model lacks"
        sizes = (getattr(module, "in_features", None), getattr(module, "out_features", None))
        if match[1] and len(shape) == 2 and "embedding" not in match[0] and None not in sizes:
            own, wide = (sizes[0], shape[1]) if match[1] == "A" else (sizes[1], shape[0])
            if own != wide:
                return f"{layer} is {wide} wide in the adapter and {own} wide here"
    return ""
