"""An adapter is trained, kept and used; a run that was killed goes on; what cannot be is said before it is loaded."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contracts.tuning_rows import SEARCH, write_visits
from hypothesis import given
from hypothesis import settings as limits
from hypothesis import strategies as st
from langchain_core.messages import HumanMessage

from shelftalk.agent.backbones import load_backbone
from shelftalk.agent.backbones.local import ChatMLLM
from shelftalk.finetune.tuning import plan as planning
from shelftalk.finetune.tuning.dpo import DpoSettings, opened
from shelftalk.finetune.tuning.lora import Ready, check_run, make_ready, train
from shelftalk.finetune.tuning.order import epoch_order
from shelftalk.finetune.tuning.resuming import cut_log, last_checkpoint, mark_whole, prune
from shelftalk.finetune.tuning.settings import Replay, Settings, read_settings, to_toml
from shelftalk.finetune.tuning.targets import bare_model, decoder_name, lora_config, part_of
from shelftalk.tools.errors import BackboneError, TrainingError, UsageError

QUICK: dict[str, Any] = {
    "lora": {"rank": 4, "dropout": 0.1},
    "training": {"batch": 2, "epochs": 1, "rate": 0.01, "warm_up": 0.0},
    "saving": {"evaluate_every": 2, "checkpoint_every": 1, "log_every": 1},
}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_visits(tmp_path_factory.mktemp("data") / "visits")


def quick(backbone: Path | str, data: Path, **more: Any) -> Settings:
    held = {**QUICK, "backbone": str(backbone), "data": str(data)}
    for name, value in more.items():
        held[name] = {**held[name], **value} if isinstance(value, dict) else value
    return Settings.model_validate(held)


def weights(folder: Path) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(folder / "adapter_model.safetensors")


def same(one: Path, other: Path) -> bool:
    import torch

    a, b = weights(one), weights(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("idefics3", {"training": {"checkpointing": True}}),
        ("gemma3", {"training": {"batch": 1, "accumulate": 2}}),
        ("llava", {"four_bit": True}),
        ("mini", {}),
    ],
)
def test_an_adapter_is_trained_and_used(
    name: str, more: dict[str, Any], data: Path, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    run = tmp_path / "run"
    ready = make_ready(run, quick(folders(name), data, **more))
    assert ready.plan.steps == 3
    result = train(ready, shown=False)
    assert result["steps"] == 3
    assert sum(value.numel() for value in weights(run / "adapter").values()) == ready.plan.trainable
    assert any(value.abs().sum() > 0 for key, value in weights(run / "adapter").items() if "lora_B" in key)
    assert tomllib.loads((run / "run.toml").read_text())["lora"]["rank"] == 4
    lines = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines if "loss" in line] == [1, 2, 3]
    assert all(line["tokens_per_second"] > 0 for line in lines if "loss" in line)
    assert result["validation_loss"] == min(
        line["validation_loss"] for line in lines if "validation_loss" in line
    )
    assert any((run / "tensorboard").iterdir())
    about = json.loads((run / "adapter" / "training.json").read_text())
    assert about["data"]["digest"] == ready.data.digest
    assert about["settings"] == ready.settings.model_dump(mode="json")
    model = load_backbone(str(folders(name)), adapter=run / "adapter", four_bit=ready.settings.four_bit)
    assert isinstance(model, ChatMLLM)
    told = model.bind_tools([SEARCH], tool_choice="any").invoke([HumanMessage("a red dress")])
    assert told.tool_calls


def test_a_longer_look_at_the_same_rows_lowers_the_loss(
    data: Path, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    settings = quick(folders("mini"), data, training={"epochs": 8}, saving={"checkpoint_every": 100})
    train(make_ready(tmp_path / "run", settings), shown=False)
    lines = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in lines if "loss" in line]
    assert losses[-1] < losses[0] - 0.1


def test_what_must_not_be_forgotten_is_learnt_beside(
    data: Path, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    """Half of the examples are another shop's, each with the tools of its own; of four there are only four."""
    other = json.loads(json.dumps(SEARCH))
    other["function"]["parameters"]["properties"]["query"]["description"] = "of another shop"
    known = write_visits(tmp_path / "known", train=4, tools=[other])
    replay = {"data": str(known), "share": 0.5}
    ready = make_ready(
        tmp_path / "run", Settings(**{**quick(folders("gemma3"), data).model_dump(), "replay": replay})
    )
    alone = make_ready(tmp_path / "alone", quick(folders("gemma3"), data))
    assert ready.plan.examples - alone.plan.examples == ready.plan.replayed == 4
    assert sum("of another shop" in example.prompt for example in ready.prepared.train) == 4
    assert len(ready.prepared.validation) == len(alone.prepared.validation)
    assert train(ready, shown=False)["steps"] == 5
    with pytest.raises(UsageError, match="replays nothing"):
        opened(DpoSettings(data=str(data), replay=Replay(data=str(known))))


def test_the_embedded_model_learns_at_a_higher_rate(tmp_path: Path) -> None:
    assert Settings().training.rate == 1e-3
    assert Settings(backbone="some/model").training.rate == 2e-4
    (tmp_path / "run.toml").write_text("[training]\nrate = 2e-4")
    assert read_settings(tmp_path / "run.toml").training.rate == 2e-4


KILLED = """
import os, signal, sys
from pathlib import Path
from shelftalk.finetune.tuning import careful, lora
from shelftalk.finetune.tuning.settings import read_settings

marked = careful.mark_whole
def mark(checkpoint):
    if checkpoint.name == "checkpoint-4":  # it is on the disk, but for the last file
        os.kill(os.getpid(), signal.SIGKILL)
    marked(checkpoint)
careful.mark_whole = mark
run = Path(sys.argv[1])
lora.train(lora.make_ready(run, read_settings(Path(sys.argv[2]))), shown=False)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="has no SIGKILL")
def test_a_killed_run_goes_on_to_the_same_weights(
    data: Path, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    """With dropout, shuffled anew each epoch, in the middle of the second: bit for bit what it would have been."""
    settings = quick(folders("mini"), data, training={"epochs": 2})
    toml = tmp_path / "settings.toml"
    toml.write_text(to_toml(settings))
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(cut), str(toml)], capture_output=True, check=False
    )
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()
    kept = last_checkpoint(cut)
    assert kept is not None
    assert kept.name == "checkpoint-3"
    with pytest.raises(UsageError, match="--resume"):
        check_run(cut, resume=False)
    resumed = check_run(cut, resume=True)
    assert resumed == settings
    train(make_ready(cut, resumed), shown=False)
    train(make_ready(whole, settings), shown=False)
    assert same(cut / "adapter", whole / "adapter")
    ends = [last_checkpoint(run) for run in (cut, whole)]
    assert ends[0] is not None
    assert ends[1] is not None
    assert same(ends[0], ends[1])
    logs = [
        [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()] for run in (cut, whole)
    ]
    keys = ("step", "loss", "validation_loss")
    assert [[line.get(key) for key in keys] for line in logs[0]] == [
        [line.get(key) for key in keys] for line in logs[1]
    ]
    # A run that is over stays as it is.
    assert train(make_ready(cut, settings), shown=False)["steps"] == 6


def test_a_loss_that_is_no_number_ends_the_run(
    data: Path, folders: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from shelftalk.finetune.tuning import trainer

    honest, calls = trainer.chosen_loss, []

    def broken(model: Any, inputs: Any, count: Any = None) -> Any:
        calls.append(model.training)
        return honest(model, inputs, count) * (float("nan") if sum(calls) == 3 else 1.0)

    monkeypatch.setattr(trainer, "chosen_loss", broken)
    run = tmp_path / "run"
    with pytest.raises(TrainingError, match=r"no number.* at step 3.*checkpoint of step 2 .*kept"):
        train(make_ready(run, quick(folders("mini"), data)), shown=False)
    assert (run / "adapter" / "adapter_model.safetensors").is_file()


def test_a_full_disk_costs_only_what_was_being_written(
    data: Path, folders: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    save, calls = torch.save, []

    def full(held: Any, path: Any, *more: Any, **given: Any) -> None:
        if str(path).endswith("optimizer.pt"):
            calls.append(path)
            if len(calls) == 2:
                raise OSError(28, "No space left on device")
        save(held, path, *more, **given)

    monkeypatch.setattr(torch, "save", full)
    run = tmp_path / "run"
    settings = quick(folders("mini"), data)
    with pytest.raises(TrainingError, match=r"No space left.*step 1 .*kept.*--resume"):
        train(make_ready(run, settings), shown=False)
    kept = last_checkpoint(run)
    assert kept is not None
    assert kept.name == "checkpoint-1"
    assert train(make_ready(run, settings), shown=False)["steps"] == 3


def test_a_run_ends_where_it_no_longer_learns(
    data: Path, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    """At a rate at which nothing changes, the second look is no better than the first."""
    more = {"training": {"rate": 1e-30, "epochs": 4}, "saving": {"evaluate_every": 1, "patience": 2}}
    run = tmp_path / "run"
    result = train(make_ready(run, quick(folders("mini"), data, **more)), shown=False)
    assert (result["steps"], result["of"], result["best_step"]) == (3, 12, 1)
    assert train(make_ready(run, check_run(run, resume=True) or Settings()), shown=False) == result


def test_a_dry_run_tells_all_and_writes_nothing(
    data: Path,
    folders: Callable[[str], Path],
    tmp_path: Path,
    command_line: Callable[..., tuple[int, str, str]],
) -> None:
    given = ("finetune", "lora", "--backbone", folders("llava"), "--data", data, "--out", tmp_path / "run")
    code, out, _ = command_line(*given, "--dry-run")
    assert code == 0
    for said in (
        "rank = 16",
        "trainable parameters",
        "6 rows",
        "Steps       4",
        "Memory",
        "[saving]",
    ):
        assert said in out
    assert not (tmp_path / "run").exists()
    code, out, _ = command_line(*given, "--dry-run", "--json", "--4bit")
    about = json.loads(out)
    assert about["settings"]["four_bit"]
    assert about["plan"]["steps"] == 4


def test_what_cannot_fit_is_refused_before_it_is_loaded(
    data: Path, folders: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ready = make_ready(tmp_path / "run", quick(folders("llava"), data))
    monkeypatch.setattr(planning, "available", lambda _: 2**20)
    cramped = make_ready(tmp_path / "run", quick(folders("llava"), data))
    with pytest.raises(
        UsageError, match=r"would take about .* and cpu has 1 MiB free.*Nothing was loaded.*--4bit"
    ):
        train(cramped)
    assert not (tmp_path / "run").exists()
    assert ready.plan.fits


def test_the_plan_counts_what_the_model_has(
    data: Path, folders: Callable[[str], Path], tmp_path: Path
) -> None:
    from shelftalk.agent.backbones.loading import open_model

    ready: Ready = make_ready(
        tmp_path / "run", quick(folders("gemma3"), data, training={"precision": "float32"})
    )
    model = open_model(str(folders("gemma3")))
    assert ready.plan.parameters == sum(weight.numel() for weight in model.parameters())
    assert ready.plan.memory.weights == 4 * ready.plan.parameters
    assert ready.plan.tokens == sum(len(example.ids) for example in ready.prepared.train)


@pytest.mark.parametrize("name", ["idefics3", "gemma3", "llava", "mini"])
def test_only_the_named_parts_are_changed(name: str, folders: Callable[[str], Path]) -> None:
    import re

    from transformers import AutoConfig

    from shelftalk.finetune.tuning.settings import Lora

    model = bare_model(AutoConfig.from_pretrained(folders(name)))
    decoder = decoder_name(model)
    output = model.get_output_embeddings()
    for parts in (["language"], ["vision"], ["language", "vision"], ["adaptor"]):
        if name == "gemma3" and parts == ["adaptor"]:  # one bare matrix
            with pytest.raises(UsageError, match="no linear layers in its adaptor part"):
                lora_config(Lora(parts=parts), model)
            continue
        pattern = re.compile(str(lora_config(Lora(parts=parts), model).target_modules))
        changed = [(n, m) for n, m in model.named_modules() if pattern.fullmatch(n)]
        assert {part_of(n, decoder) for n, _ in changed} == set(parts)
        assert all(hasattr(m, "in_features") and m is not output for _, m in changed)
        assert not any("pooler" in n for n, _ in changed if n.startswith(decoder))


def test_a_template_is_needed(data: Path, folders: Callable[[str], Path], tmp_path: Path) -> None:
    import shutil

    bare = tmp_path / "bare"
    shutil.copytree(folders("llava"), bare)
    for file in bare.glob("chat_template*"):
        file.unlink()
    for name in ("processor_config.json", "tokenizer_config.json"):
        held = json.loads((bare / name).read_text())
        held.pop("chat_template", None)
        (bare / name).write_text(json.dumps(held))
    with pytest.raises(BackboneError, match="no chat template"):
        make_ready(tmp_path / "run", quick(bare, data))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[lora]\nrnak = 4", "there is no setting lora.rnak; there are rank,"),
        ("[training]\nrate = -1", "training.rate is -1"),
        ('[lora]\nparts = ["ears"]', "lora.parts.0 is 'ears'"),
        ('[lora]\nparts = ["vision", "vision"]', "names a part twice"),
        ("rank = 4", "there is no setting rank; there are backbone,"),
        ("rank =", "no TOML"),
    ],
)
def test_a_wrong_setting_is_named(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text(text)
    with pytest.raises(UsageError) as failure:
        read_settings(tmp_path / "run.toml")
    assert said in str(failure.value)


@given(
    st.builds(
        Settings,
        backbone=st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"])),
        four_bit=st.booleans(),
        training=st.fixed_dictionaries(
            {"rate": st.floats(1e-12, 10), "steps": st.integers(0, 10**9), "group": st.booleans()}
        ),
    )
)
@limits(max_examples=50)
def test_settings_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, held: Settings
) -> None:
    file = tmp_path_factory.mktemp("toml") / "run.toml"
    file.write_text(to_toml(held), "utf-8")
    assert read_settings(file) == held
    assert set(tomllib.loads(to_toml(held))["training"]) == set(type(held.training).model_fields)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=70), st.integers(1, 9), st.booleans())
@limits(max_examples=50)
def test_each_epoch_has_every_example_once(lengths: list[int], together: int, group: bool) -> None:
    orders = [epoch_order(lengths, together, 3, epoch, group) for epoch in (0, 1, 0)]
    assert orders[0] == orders[2]
    assert sorted(orders[0]) == sorted(orders[1]) == list(range(len(lengths)))
    if len(lengths) > 20:
        assert orders[0] != orders[1]


def test_a_checkpoint_counts_when_it_is_whole(tmp_path: Path) -> None:
    for step in (2, 4, 6, 10):
        (tmp_path / "checkpoints" / f"checkpoint-{step}").mkdir(parents=True)
        if step < 10:
            mark_whole(tmp_path / "checkpoints" / f"checkpoint-{step}")
    last = last_checkpoint(tmp_path)
    assert last is not None
    assert last.name == "checkpoint-6"
    prune(tmp_path, 2)
    assert sorted(file.name for file in (tmp_path / "checkpoints").iterdir()) == [
        "checkpoint-4",
        "checkpoint-6",
    ]


def test_a_log_is_cut_back_to_a_step(tmp_path: Path) -> None:
    lines = [{"step": step, "loss": 1.0, "seconds": step * 2.0} for step in (1, 2, 3)]
    (tmp_path / "log.jsonl").write_text(
        "".join(json.dumps(line) + "\n" for line in lines) + '{"step": 3, "va'
    )
    assert cut_log(tmp_path, 2) == 4.0
    assert [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()] == lines[:2]


def test_a_run_needs_a_folder_of_its_own(tmp_path: Path, data: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(UsageError, match="no empty folder"):
        check_run(tmp_path, resume=False)
    with pytest.raises(UsageError, match=r"no run in .* to resume"):
        check_run(tmp_path, resume=True)
    with pytest.raises(UsageError, match="needs training data"):
        make_ready(tmp_path / "run", Settings())
