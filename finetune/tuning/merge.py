"""An adapter merged into its model: one folder of whole weights, for transformers, vLLM and `shelftalk chat`."""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.agent.backbones.adapting import (
    ABOUT,
    DIGEST,
    about_adapter,
    adapter_config,
    check_adapter,
    weights_digest,
    with_adapter,
)
from shelftalk.finetune.tuning.measured import MINI_NAME
from shelftalk.tools.errors import BackboneError, StoreError, UsageError

if TYPE_CHECKING:
    import torch

LIBRARIES = ("torch", "transformers", "peft", "tokenizers", "shelftalk")
SHARD = "4GB"
PLACES = ("backbone", "data", "adapter", "base_model_name_or_path")  # that may be folders of this machine
TOWER = ".vision_tower."
FOUR_BIT = "four_bit"  # in an adapter's settings: whether its model was in 4 bits while it was trained


@dataclass(frozen=True)
class Merged:
    """What was merged: the folder, its type of numbers, how many layers changed.

    `rounding` is what writing them in that type lost, as a share of the adapter's change (Frobenius norms over all
    changed layers); `dequantised`: the adapter was trained on a model in 4 bits, and merged into those very weights.
    """

    folder: str
    dtype: str
    layers: int
    rounding: float
    dequantised: bool
    gigabytes: float


def merge(backbone: str | None, adapter: Path, out: Path) -> Merged:
    """Write a model with an adapter merged into it to the new folder `out`, whole or not at all.

    `backbone` is a folder or a hub name, None the embedded model. BackboneError: the adapter was made for another
    model, or cannot be read; UsageError: `out` is there already; StoreError: no space.
    """
    with new_folder(out) as part:
        merged = write_merged(backbone, adapter, part)
    return Merged(**{**asdict(merged), "folder": str(out)})


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """Yield a folder that becomes `out` once all is written; nothing stays of it where something fails."""
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UsageError(f"{out} is there already, and is not overwritten. Give --out a new folder.")
    part = out.with_name(f".{out.name}.part")
    try:
        if part.exists():
            shutil.rmtree(part)  # of a run that was killed
        part.mkdir(parents=True)
        yield part
        if out.exists():
            out.rmdir()
        os.replace(part, out)
    except OSError as error:
        hint = "free some space" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "check the folder"
        raise StoreError(
            f"Cannot write {out}: {error.strerror or error}. Nothing of it was kept; {hint}."
        ) from error
    finally:
        if part.exists():
            shutil.rmtree(part, ignore_errors=True)


def write_merged(backbone: str | None, adapter: Path, part: Path) -> Merged:
    """Write the merged model's files into an empty folder; see `merge`."""
    from safetensors import SafetensorError
    from transformers import AutoProcessor

    from shelftalk.agent.backbones.loading import lacks_tower, source_of
    from shelftalk.tools import eye  # noqa: F401  (registers the embedded model's tower with transformers)
    from shelftalk.tools.quiet import quiet

    name = backbone or MINI_NAME
    source, folder = source_of(name)
    config, about = adapter_config(adapter), about_adapter(adapter)
    four_bit = bool(about.get("settings", {}).get(FOUR_BIT))
    _check_space(folder, part)
    try:
        with quiet():
            processor = AutoProcessor.from_pretrained(source)  # type: ignore[no-untyped-call]
            model, dtype = _whole(source, folder, four_bit)
            check_adapter(model, adapter, name, source)
            tuned = with_adapter(model, adapter)
            layers, rounding = _rounding(tuned, dtype)
            model = tuned.merge_and_unload().to(dtype)
            kept = None
            if folder is not None and lacks_tower(folder) and not _changes_tower(adapter):
                kept = {key: value for key, value in model.state_dict().items() if TOWER not in key}
            _save(model, processor, source, part, kept)
    except (ValueError, KeyError, ImportError, RuntimeError, SafetensorError) as error:
        reason = str(error).strip().splitlines()
        raise BackboneError(
            f"The adapter in {adapter} cannot be merged into {name}: {reason[0] if reason else error!r}"
        ) from error
    size = sum(file.stat().st_size for file in part.glob("*.safetensors"))
    merged = Merged(str(part), str(dtype).removeprefix("torch."), layers, rounding, four_bit, size / 1e9)
    said: dict[str, Any] = {
        "backbone": name if folder is None or name == MINI_NAME else folder.name,
        DIGEST: weights_digest(source),
        "merged": {key: value for key, value in asdict(merged).items() if key != "folder"},
        "adapter": about
        | {"peft": {key: value for key, value in config.items() if value not in (None, {}, [])}},
        "versions": {library: version(library) for library in LIBRARIES},
    }
    if kept is not None and folder is not None:
        said["tower"] = json.loads((folder / ABOUT).read_text("utf-8")).get("tower")
    (part / ABOUT).write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return merged


def _public(about: dict[str, Any]) -> dict[str, Any]:
    """Return what is said of an adapter, of folders only their last parts."""
    said = (
        {**about, "settings": _cut(about["settings"])} if isinstance(about.get("settings"), dict) else about
    )
    return _cut(said)


def _cut(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: Path(value).name
        if name in PLACES and isinstance(value, str) and Path(value).is_absolute()
        else value
        for name, value in values.items()
    }


def _check_space(folder: Path | None, part: Path) -> None:
    size = sum(file.stat().st_size for file in folder.glob("*.safetensors")) if folder else 0
    free = shutil.disk_usage(part).free
    if free < size * 1.05:
        raise StoreError(
            f"The merged weights take about {size / 1e9:.1f} GB, and {part.parent} has {free / 1e9:.1f} GB left. "
            "Free some space, or give --out a folder on another disk."
        )


def _whole(source: str, folder: Path | None, four_bit: bool) -> tuple[Any, torch.dtype]:
    """Return a model to merge into, and the type that its own weights are kept in.

    In 4 bits it is loaded as it was trained on and taken out of them again: an adapter makes up for the very errors of
    those weights, which the model's own weights do not have.
    """
    import torch
    from transformers import AutoConfig

    from shelftalk.agent.backbones.loading import load_options, open_model

    config = AutoConfig.from_pretrained(source)
    known = getattr(config, "dtype", None) or getattr(config.get_text_config(), "dtype", None)
    dtype = getattr(torch, known) if isinstance(known, str) else known or torch.float32
    if four_bit or getattr(config, "quantization_config", None):
        own = {} if not four_bit else load_options(folder, four_bit=True)
        model = open_model(source, **own).dequantize()
    else:
        model = open_model(source, dtype=dtype, device_map="cuda" if torch.cuda.is_available() else "cpu")
    return model, dtype


def _rounding(tuned: Any, dtype: torch.dtype) -> tuple[int, float]:
    """Return how many layers an adapter changes, and the norm of what rounding loses over that of the change."""
    import torch
    from peft.tuners.lora import LoraLayer

    lost = changed = 0.0
    layers: list[Any] = [module for module in tuned.modules() if isinstance(module, LoraLayer)]
    for layer in layers:
        for name in layer.active_adapters:
            if name not in layer.lora_A or name in layer.lora_variant:
                continue  # an embedding, or a variant whose change is not a sum
            weight = layer.get_base_layer().weight.data.float()
            change = layer.get_delta_weight(name).float()
            whole = weight + change
            if not torch.isfinite(whole).all():
                raise ValueError("its weights are not finite numbers; take an earlier checkpoint of its run")
            lost += float((whole.to(dtype).float() - whole).square().sum())
            changed += float(change.square().sum())
    return len(layers), (lost / changed) ** 0.5 if changed else 0.0


def _changes_tower(adapter: Path) -> bool:
    from safetensors import safe_open

    with safe_open(adapter / "adapter_model.safetensors", "pt") as weights:
        return any(TOWER in key for key in weights.keys())  # noqa: SIM118


def _save(model: Any, processor: Any, source: str, part: Path, kept: dict[str, Any] | None) -> None:
    """Write weights, configuration, processor and chat template; the generation settings as the model has them."""
    from transformers import GenerationConfig
    from transformers.utils.hub import cached_file

    # Written as they are: some hub models' own would not pass the check that saving makes.
    own = cached_file(source, "generation_config.json", _raise_exceptions_for_missing_entries=False)
    if own is not None:
        model.generation_config = GenerationConfig.from_model_config(model.config)
    more = {"state_dict": kept} if kept is not None else {}
    model.save_pretrained(part, max_shard_size=SHARD, **more)
    processor.save_pretrained(part)
    if own is not None:
        shutil.copyfile(own, part / "generation_config.json")
