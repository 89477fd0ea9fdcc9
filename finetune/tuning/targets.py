"""Which layers an adapter changes, found in the architecture itself: no list of models, no weights."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import BackboneError, UsageError

if TYPE_CHECKING:
    from peft import LoraConfig

    from shelftalk.finetune.tuning.settings import Lora, Part

_ADAPTOR = re.compile(r"(^|\.)(connector|merger|\w*projector\w*|\w*aligner\w*)(\.|$)")


def bare_model(config: Any) -> Any:
    """Return a model of a configuration without weights (on the meta device), to look at and to count."""
    import torch
    from transformers import AutoModelForImageTextToText

    from shelftalk.tools import eye  # noqa: F401  (registers the embedded model's tower with transformers)
    from shelftalk.tools.quiet import quiet

    try:
        with quiet(), torch.device("meta"):
            return AutoModelForImageTextToText.from_config(config)  # type: ignore[no-untyped-call]
    except (ValueError, KeyError, AttributeError) as error:
        raise BackboneError(
            f"A model of type {config.model_type!r} cannot be tuned here: it is none that reads pictures and words and "
            f"writes words. ({str(error).splitlines()[0]})"
        ) from error


def part_of(name: str, decoder: str) -> Part | None:
    """Return the part of a model that the layer `name` is in; None for what turns its last layer into words.

    `decoder` is the name of the language model in it.
    """
    if name == decoder or name.startswith(f"{decoder}."):
        return "language"
    if _ADAPTOR.search(name):
        return "adaptor"
    # What is outside the model proper is its output layer.
    return "vision" if "vis" in name or "image" in name else None


def linear_layers(model: Any) -> Iterator[tuple[str, Any]]:
    """Yield each linear layer with its name, those in four bits too."""
    from torch import nn

    for name, module in model.named_modules():
        if isinstance(module, nn.Linear):
            yield name, module


def decoder_name(model: Any) -> str:
    """Return the name of the language model within a model."""
    decoder = model.get_decoder()
    return str(next(name for name, module in model.named_modules() if module is decoder))


def target_pattern(model: Any, parts: Sequence[Part]) -> str:
    """Return a regular expression for the layers that are changed, as PEFT takes it.

    UsageError where a part has no linear layer.
    """
    decoder, output = decoder_name(model), model.get_output_embeddings()
    found: dict[str, list[str]] = {part: [] for part in parts}
    for name, module in linear_layers(model):
        part = part_of(name, decoder)
        if part in found and module is not output and (part != "language" or _is_in_a_row(name, decoder)):
            found[part].append(name)
    for wanted, names in found.items():
        if not names:
            raise UsageError(
                f"This model ({model.config.model_type}) has no linear layers in its {wanted} part that an adapter "
                f"could change: take it out of lora.parts."
            )
    return "|".join(f"(?:{_pattern(names)})" for names in found.values())


def _is_in_a_row(name: str, decoder: str) -> bool:
    """Whether a layer is in one of the decoder's blocks; what else there may be in it (a pooler) writes no words."""
    return any(module.isdigit() for module in name.removeprefix(decoder).split("."))


def _pattern(names: Sequence[str]) -> str:
    """Return a pattern of the layers' names: where they begin alike, whatever stands between, and how they end."""
    lead = _shared_beginning(names)
    ends = sorted({name.rpartition(".")[2] for name in names})
    if any(end.isdigit() for end in ends):
        # Numbers in a row of layers: a layer without weights may have the same number elsewhere.
        return "|".join(map(re.escape, names))
    return rf"{re.escape(lead)}(?:.*\.)?(?:{'|'.join(map(re.escape, ends))})"


def _shared_beginning(names: Sequence[str]) -> str:
    """Return the modules that all names begin with, with a "." behind them."""
    split = [name.split(".")[:-1] for name in names]
    lead: list[str] = []
    for level in zip(*split, strict=False):
        if len(set(level)) > 1:
            break
        lead.append(level[0])
    return "".join(f"{module}." for module in lead)


def lora_config(lora: Lora, model: Any) -> LoraConfig:
    """Return PEFT's configuration of an adapter for a model."""
    from peft import LoraConfig

    return LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]
        lora_dropout=lora.dropout,
        target_modules=target_pattern(model, lora.parts),
        use_rslora=lora.rescaled,
        bias="none",
        task_type="CAUSAL_LM",
    )
