"""A model with an adapter to train."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.agent.backbones import MINI
from shelftalk.finetune.tuning.targets import lora_config
from shelftalk.tools.errors import BackboneError

if TYPE_CHECKING:
    import torch

    from shelftalk.finetune.tuning.settings import Lora


def backbone_source(name: str) -> str:
    """Return the folder or hub name of a backbone; "" is the embedded model."""
    return name or str(MINI)


def training_dtype(precision: str) -> torch.dtype:
    """Return the type that the frozen weights have and that is computed in; "auto": bfloat16 where it is quicker."""
    import torch

    from shelftalk.finetune.masters import computing_dtype

    return computing_dtype() if precision == "auto" else getattr(torch, precision)


def training_device() -> torch.device:
    """Return the device that this process trains on."""
    import torch

    if torch.cuda.is_available():
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device("cpu")


def load_for_training(
    name: str,
    lora: Lora,
    adapter: Path | None = None,
    four_bit: bool = False,
    precision: str = "auto",
    seed: int = 0,
) -> Any:
    """Return a PEFT model whose adapter is new, drawn with `seed`, or the one in the folder `adapter`.

    What is frozen is in the type that is computed in, or in nf4; the adapter is in float32. BackboneError says why a
    model cannot be loaded, or that the adapter does not fit it.
    """
    import torch
    from peft import PeftModel, get_peft_model
    from safetensors import SafetensorError
    from transformers import set_seed

    from shelftalk.agent.backbones.adapting import check_adapter
    from shelftalk.agent.backbones.loading import load_options, open_model, source_of
    from shelftalk.tools.quiet import quiet

    source, folder = source_of(backbone_source(name))
    device = training_device()
    options: dict[str, Any] = load_options(folder, four_bit)
    options["device_map"] = {"": device.index if device.type == "cuda" else "cpu"}
    if not four_bit:
        options["dtype"] = training_dtype(precision)
    try:
        model = open_model(source, **options)
        set_seed(seed)
        with quiet():
            if adapter is not None:
                check_adapter(model, adapter, name, source)
                tuned: Any = PeftModel.from_pretrained(model, str(adapter), is_trainable=True)
            else:
                tuned = get_peft_model(model, lora_config(lora, model))
    except (OSError, ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()
        raise BackboneError(
            f"The model {name} cannot be loaded: {reason[0] if reason else error!r}"
        ) from error
    with torch.no_grad():
        for weight in tuned.parameters():
            if weight.requires_grad:
                weight.data = weight.data.float()
    tuned.config.use_cache = False
    return tuned
