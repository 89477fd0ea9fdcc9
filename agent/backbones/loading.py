"""Local models: from a folder or the hub, in four bits where asked, with an adapter on top."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

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


def _source(name: str) -> tuple[str, Path | None]:
    """Return what transformers should load and, where it is one, the folder."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        _check_folder(folder)
        return str(folder), folder
    if _HUB_NAME.fullmatch(name) and not folder.exists():
        return name, None
    raise BackboneError(
        f"There is no model {name!r}: neither a folder nor a hub name such as "
        "'HuggingFaceTB/SmolVLM-256M-Instruct'."
    )


def _options(folder: Path | None, four_bit: bool) -> dict[str, Any]:
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
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors")) if folder else _SMALL + 1
    options["dtype"] = torch.float32 if not cuda and size <= _SMALL else "auto"
    return options


def load_engine(name: str, adapter: Path | None = None, four_bit: bool = False) -> Engine:
    """Return a model that answers, from a folder or a hub name.

    `adapter` is a PEFT adapter's folder. BackboneError says what is missing or why it cannot be loaded.
    """
    source, folder = _source(name)
    if adapter is not None and not (adapter / "adapter_config.json").is_file():
        raise BackboneError(f"{adapter} holds no PEFT adapter: adapter_config.json is missing.")
    options = _options(folder, four_bit)

    from safetensors import SafetensorError
    from transformers import AutoModelForImageTextToText, AutoProcessor

    from shelftalk.tools import eye  # noqa: F401  (registers the embedded model's tower with transformers)

    try:
        with quiet():
            processor = AutoProcessor.from_pretrained(source)  # type: ignore[no-untyped-call]
            model: Any = AutoModelForImageTextToText.from_pretrained(source, **options)
            if adapter is not None:
                model = _with_adapter(model, adapter, merge=not four_bit)
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()
        raise BackboneError(
            f"The model {name} cannot be loaded: {reason[0] if reason else error!r}"
        ) from error
    model.eval()
    return Engine(model, processor, name)


def _with_adapter(model: Any, adapter: Path, merge: bool) -> Any:
    from peft import PeftModel

    tuned: Any = PeftModel.from_pretrained(model, str(adapter))
    # Merged weights cost nothing at run time; weights in four bits would lose by it.
    return tuned.merge_and_unload() if merge else tuned.get_base_model()
