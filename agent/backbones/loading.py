"""Local models: from a folder or the hub, in four bits where asked, with an adapter on top."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from shelftalk.agent.backbones.adapting import adapter_config, check_adapter, with_adapter
from shelftalk.agent.backbones.engine import Engine
from shelftalk.tools.errors import BackboneError
from shelftalk.tools.quiet import quiet

_HUB_NAME = re.compile(r"[\w.-]+/[\w.-]+")
_SMALL = 3 * 2**30  # bytes of weights up to which a CPU runs in full precision


def _check_folder(folder: Path) -> None:
    if not (folder / "config.json").is_file():
        raise BackboneError(
            f"{folder} holds no model: config.json is missing. Give a folder made by save_pretrained, "
            "with config.json, the weights (*.safetensors) and the processor's files."
        )
    missing = []
    if not any(folder.glob("*.safetensors")) and not any(folder.glob("pytorch_model*.bin")):
        missing.append("weights (*.safetensors)")
    if not any((folder / name).is_file() for name in ("tokenizer.json", "tokenizer_config.json")):
        missing.append("a tokenizer (tokenizer.json)")
    if not any((folder / f"{name}_config.json").is_file() for name in ("preprocessor", "processor")):
        missing.append("a processor (preprocessor_config.json or processor_config.json)")
    if missing:
        raise BackboneError(f"The model in {folder} is not complete: {', '.join(missing)} missing.")


def source_of(name: str) -> tuple[str, Path | None]:
    """Return what transformers should load and, where it is one, the folder; "mini" is the embedded model."""
    from shelftalk.agent.backbones import MINI

    folder = MINI if name == MINI.name else Path(name).expanduser()
    if folder.is_dir():
        _check_folder(folder)
        return str(folder), folder
    if _HUB_NAME.fullmatch(name) and not folder.exists():
        return name, None
    raise BackboneError(
        f"There is no model {name!r}: neither a folder nor a hub name such as "
        "'HuggingFaceTB/SmolVLM-256M-Instruct'."
    )


def load_options(folder: Path | None, four_bit: bool) -> dict[str, Any]:
    """Return what `from_pretrained` is to be given on this machine: device, type of numbers, 4 bits where asked."""
    import torch

    cuda = torch.cuda.is_available()
    options: dict[str, Any] = {"device_map": "cuda" if cuda else "cpu"}
    if four_bit:
        try:
            import bitsandbytes  # noqa: F401
        except ImportError as error:
            raise BackboneError(
                "Loading in 4 bits needs bitsandbytes, which is not installed here (on macOS it is left "
                "out). Load the model without 4 bits."
            ) from error
        from transformers import BitsAndBytesConfig

        options["quantization_config"] = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_compute_dtype=torch.bfloat16 if cuda else torch.float32,
        )
        options["dtype"] = torch.bfloat16 if cuda else torch.float32
        return options
    from shelftalk.tools.joint import quick_dtype

    size = sum(file.stat().st_size for file in folder.glob("*.safetensors")) if folder else _SMALL + 1
    options["dtype"] = quick_dtype() if not cuda and size <= _SMALL else "auto"
    return options


def lacks_tower(folder: Path) -> bool:
    """Return whether a model's folder leaves its tower's weights to the eye's."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    if config.get("vision_config", {}).get("model_type") != "shelftalk_eye":
        return False
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = set(json.loads(index.read_text("utf-8"))["weight_map"])
    else:
        from safetensors import safe_open

        with safe_open(folder / "model.safetensors", "pt") as weights:
            names = set(weights.keys())
    return not any("vision_tower." in name for name in names)


def _put_tower(model: Any, folder: Path, shared: bool) -> None:
    """Put the eye's tower into a model whose folder leaves it out; BackboneError where it is not the one meant."""
    import copy

    from shelftalk.tools.encoder import SHIPPED
    from shelftalk.tools.tower import open_tower, tower_digest

    about = folder / "training.json"
    wanted = json.loads(about.read_text("utf-8")).get("tower") if about.is_file() else None
    tower = open_tower(SHIPPED, model.dtype)
    found = tower_digest(tower)
    if wanted != found:
        raise BackboneError(
            f"The model in {folder} was trained with a vision tower whose weights have SHA-256 {wanted}; the tower in "
            f"{SHIPPED} has {found}. Take a model and a tower of the same version, or export the model with this "
            "tower: python -m shelftalk.finetune.export_mini."
        )
    model.model.vision_tower = tower if shared else copy.deepcopy(tower).to(model.device)


def open_model(source: str, shared: bool = False, **options: Any) -> Any:
    """Return a transformers image-text-to-text model, in use, with the eye's tower where its folder leaves that out.

    `options` are those of `from_pretrained`. A tower that is `shared` is the very object that the store's encoder
    looks through: not to be changed. Errors as `from_pretrained` raises them; BackboneError where the tower differs.
    """
    from transformers import AutoModelForImageTextToText

    from shelftalk.tools import eye  # noqa: F401  (registers the embedded model's tower with transformers)

    folder = Path(source)
    with quiet():
        model: Any = AutoModelForImageTextToText.from_pretrained(source, **options)
        if folder.is_dir() and lacks_tower(folder):
            _put_tower(model, folder, shared and model.device.type == "cpu")
    return model.eval()


def load_engine(name: str, adapter: Path | None = None, four_bit: bool = False) -> Engine:
    """Return a model that answers, from a folder or a hub name.

    `adapter` is a PEFT adapter's folder. BackboneError says what is missing or why it cannot be loaded.
    """
    source, folder = source_of(name)
    if adapter is not None:
        adapter_config(adapter)
    options = load_options(folder, four_bit)

    from safetensors import SafetensorError
    from transformers import AutoProcessor

    from shelftalk.tools import eye  # noqa: F401  (registers the embedded model's tower with transformers)

    try:
        with quiet():
            processor = AutoProcessor.from_pretrained(source)  # type: ignore[no-untyped-call]
            model = open_model(source, shared=adapter is None, **options)
            if adapter is not None:
                check_adapter(model, adapter, name, source)
                model = _with_adapter(model, adapter, merge=not four_bit)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()
        raise BackboneError(
            f"The model {name} cannot be loaded: {reason[0] if reason else error!r}"
        ) from error
    model.eval()
    return Engine(model, processor, name)


def _with_adapter(model: Any, adapter: Path, merge: bool) -> Any:
    tuned = with_adapter(model, adapter)
    # Merged weights cost nothing at run time; weights in four bits would lose by it.
    return tuned.merge_and_unload() if merge else tuned.get_base_model()
