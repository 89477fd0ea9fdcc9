"""Merging and exporting: what a merged folder answers, what it says of itself, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contracts.tiny_models import MODELS

from shelftalk.agent.backbones import MINI, load_backbone
from shelftalk.agent.backbones.adapting import DIGEST, weights_digest
from shelftalk.agent.backbones.loading import lacks_tower, open_model
from shelftalk.finetune.tuning.card import Given, public
from shelftalk.finetune.tuning.export import export
from shelftalk.finetune.tuning.lora import hushed
from shelftalk.finetune.tuning.merge import merge
from shelftalk.tools.errors import BackboneError, StoreError, UsageError

CHAT = [{"role": "user", "content": [{"type": "text", "text": "a red dress under 50"}]}]
TOML = """backbone = ""  # the embedded model
data = "/home/somebody/shops/films"  # rows

[lora]
rank = 2  # of each
"""


def write_adapter(
    source: Path, out: Path, pattern: str = r".*\.(q_proj|v_proj|query|value)", **about: Any
) -> Path:
    """An adapter that changes a model's answers, as a run leaves it."""
    import torch
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(3)
    model = open_model(str(source), dtype=torch.float32)
    with hushed():
        tuned = get_peft_model(model, LoraConfig(r=2, target_modules=pattern, init_lora_weights=False))
        tuned.save_pretrained(out)
    (out / "training.json").write_text(json.dumps({DIGEST: weights_digest(str(source)), **about}))
    return out


def logits(backbone: Path, adapter: Path | None = None, four_bit: bool = False) -> Any:
    import torch

    with hushed():
        model: Any = load_backbone(str(backbone), adapter=adapter, four_bit=four_bit)
    engine = model.engine
    inputs = engine.reader.inputs(CHAT, [])
    with torch.inference_mode():
        return engine.model(**inputs).logits.float()


def far(one: Any, other: Any) -> float:
    """How far two answers are apart, as a share of how large they are."""
    return float((one - other).norm() / other.norm())


@pytest.mark.parametrize("name", MODELS)
def test_a_merged_model_answers_as_the_adapter_on_top_does(
    name: str, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    adapter = write_adapter(folders(name), tmp_path / "adapter")
    merged = merge(str(folders(name)), adapter, tmp_path / "merged")
    assert merged.layers >= 4 and merged.rounding == 0
    on_top, whole, plain = logits(folders(name), adapter), logits(tmp_path / "merged"), logits(folders(name))
    assert far(whole, on_top) < 0.02 < 0.1 < far(whole, plain)
    assert [p.name for p in tmp_path.iterdir() if p.name.startswith(".")] == []


def test_an_adapter_made_in_four_bits_is_merged_into_those_weights(
    folders: Callable[[str], Path], tmp_path: Path
) -> None:
    adapter = write_adapter(folders("llava"), tmp_path / "adapter", settings={"four_bit": True})
    merged = merge(str(folders("llava")), adapter, tmp_path / "merged")
    assert merged.dequantised
    assert "quantization_config" not in json.loads((tmp_path / "merged" / "config.json").read_text())
    on_top, whole = logits(folders("llava"), adapter, four_bit=True), logits(tmp_path / "merged")
    into_own = merge(
        str(folders("llava")), write_adapter(folders("llava"), tmp_path / "other"), tmp_path / "own"
    )
    assert not into_own.dequantised
    assert far(whole, on_top) < 0.02 < far(logits(tmp_path / "own"), on_top)


def test_an_adapter_for_another_model_is_refused(folders: Callable[[str], Path], tmp_path: Path) -> None:
    import torch

    adapter = write_adapter(folders("llava"), tmp_path / "adapter")
    out = tmp_path / "merged"
    with pytest.raises(BackboneError, match=r"does not fit .*which this model lacks.*finetune lora"):
        merge(str(folders("mini")), adapter, out)
    torch.manual_seed(9)  # the same shapes, other weights
    MODELS["llava"](tmp_path / "twin")
    for use in (
        lambda: merge(str(tmp_path / "twin"), adapter, out),
        lambda: logits(tmp_path / "twin", adapter),
    ):
        with pytest.raises(BackboneError, match=r"does not fit .*trained on weights whose digest"):
            use()
    wide = write_adapter(folders("llava"), tmp_path / "wide", r".*\.o_proj")
    cut_adapter(wide)
    with pytest.raises(BackboneError, match="32 wide in the adapter and 64 wide here"):
        merge(str(folders("llava")), wide, out)
    with pytest.raises(BackboneError, match=r"adapter_config\.json is missing"):
        merge(str(folders("llava")), tmp_path, out)
    assert not out.exists()


def cut_adapter(adapter: Path) -> None:
    """Make an adapter one for narrower layers."""
    from safetensors.torch import load_file, save_file

    file = adapter / "adapter_model.safetensors"
    save_file({k: v[:, :32].contiguous() if "lora_A" in k else v for k, v in load_file(file).items()}, file)


def test_nothing_is_overwritten_and_nothing_half_written(
    folders: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    adapter = write_adapter(folders("llava"), tmp_path / "adapter")
    there = tmp_path / "there"
    there.mkdir()
    (there / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        merge(str(folders("llava")), adapter, there)
    import shutil

    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(StoreError, match="Free some space"):
        merge(str(folders("llava")), adapter, tmp_path / "out")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["adapter", "there"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on the embedded model, as far as an export reads it."""
    run = tmp_path_factory.mktemp("run")
    (run / "run.toml").write_text(TOML)
    (run / "log.jsonl").write_text(
        '{"step": 5, "loss": 1.5}\n{"step": 5, "validation_loss": 1.25}\n{"step": 10, "loss": 1.0}\n'
        '{"step": 10, "validation_loss": 1.5}\n'
    )
    counts = {"train": {"rows": 1200, "turns": 5000}, "validation": {"rows": 60, "turns": 200}}
    write_adapter(
        MINI, run / "adapter", r".*\.layer\.5\..*\.(query|value)", counts=counts, data={"digest": "abc123"}
    )
    return run


@pytest.fixture(scope="module")
def exported(run: Path) -> Path:
    given = Given("Films: a shop's assistant", "apache-2.0", "CC-BY-4.0", "Films with posters.")
    export(run, run / "exported", given)
    return run / "exported"


def test_the_embedded_model_is_exported_and_opens(exported: Path, run: Path) -> None:
    assert lacks_tower(exported)  # the vision tower stays with the store's encoder
    assert json.loads((exported / "training.json").read_text())["merged"]["dtype"] == "bfloat16"
    apart = far(logits(exported), logits(MINI, run / "adapter"))
    assert apart < 0.02


def test_the_card_holds_the_facts(exported: Path) -> None:
    card = (exported / "README.md").read_text("utf-8")
    front = card.split("---")[1]
    assert 'license: "apache-2.0"' in front and "image-text-to-text" in front
    for said in (
        "# Films: a shop's assistant",
        "`mini`, tuned with LoRA on conversations",
        "Films with posters.",
        "Licence of the data: CC-BY-4.0",
        "`abc123`",
        "| rows | 1,200 | 60 |",
        "10 steps; lowest validation loss 1.2500 at step 5",
        "rank = 2  # of each",
        "rounding lost",
        "Not measured.",
        "vLLM does not know it",
        "shelftalk chat --backbone",
    ):
        assert said in card, said
    assert (
        "somebody"
        not in card + (exported / "run.toml").read_text() + (exported / "training.json").read_text()
    )


def test_folders_are_cut_from_settings() -> None:
    held = 'data = "/a/b/films"  # x\nbackbone = "org/model"\n'
    assert public(held) == 'data = "films"  # x\nbackbone = "org/model"\n'


def test_a_folder_without_a_run_is_refused(
    tmp_path: Path, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    code, _, said = command_line("finetune", "export", "--run", tmp_path, "--out", tmp_path / "out")
    assert code == 2 and "run.toml is missing" in said
    (tmp_path / "run.toml").write_text(TOML)
    code, _, said = command_line("finetune", "export", "--run", tmp_path, "--out", tmp_path / "out")
    assert code == 2 and "has no adapter yet" in said
