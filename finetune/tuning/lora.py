"""One tuning run: what it is to do, worked out; then the training, from its beginning or from its last checkpoint.

Low-rank adapters: Hu et al., LoRA, arXiv 2106.09685; on weights in four bits: Dettmers et al., QLoRA, arXiv 2305.14314.
"""

from __future__ import annotations

import importlib.metadata
import json
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, overload

from shelftalk.finetune.tuning.failures import kept_until_now, saved
from shelftalk.finetune.tuning.loaded import (
    backbone_source,
    load_for_training,
    training_device,
    training_dtype,
)
from shelftalk.finetune.tuning.plan import Plan, Prepared, check_fits, make_plan, prepare, refusals
from shelftalk.finetune.tuning.rendered import Rendering, open_rendering
from shelftalk.finetune.tuning.resuming import CHECKPOINTS, LOG, cut_log, last_checkpoint, prune, state_of
from shelftalk.finetune.tuning.settings import One, Settings, read_settings, to_toml
from shelftalk.tools.errors import TrainingError, UsageError
from shelftalk.tools.quiet import quiet
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from datasets import Dataset

    from shelftalk.finetune.tuning.open_data import TuningData

RUN, RESULT, TENSORBOARD = "run.toml", "result.json", "tensorboard"
_VERSIONS = ("shelftalk", "torch", "transformers", "trl", "peft", "accelerate", "tokenizers", "bitsandbytes")
Tell = Callable[[int, int | None], None]


@dataclass
class Ready:
    """A run that was looked at and can begin."""

    run: Path
    settings: Settings
    data: TuningData
    rendering: Rendering
    prepared: Prepared
    plan: Plan

    def said(self) -> dict[str, Any]:
        """Return what is said beside the adapter of this kind of run."""
        return {"made_by": "shelftalk finetune lora", "examples": self.plan.examples}


@overload
def check_run(run: Path, resume: bool) -> Settings | None: ...
@overload
def check_run(run: Path, resume: bool, kind: type[One]) -> One | None: ...
def check_run(run: Path, resume: bool, kind: type[Settings] = Settings) -> Settings | None:
    """Return the settings of a run that is to be resumed, None for a new one.

    UsageError: there is a run where a new one is to begin, or none where one is to go on.
    """
    held = run / RUN
    if resume:
        if not held.is_file():
            raise UsageError(f"There is no run in {run} to resume: {RUN} is missing. Leave out --resume.")
        return read_settings(held, kind)
    if held.is_file():
        raise UsageError(
            f"There is a run in {run} already. Go on with it by --resume, or name another folder with --out."
        )
    if run.exists() and (not run.is_dir() or any(run.iterdir())):
        raise UsageError(f"{run} is no empty folder: name another one with --out.")
    return None


def make_ready(run: Path, settings: Settings, tell: Tell | None = None) -> Ready:
    """Open the data, render it and work out the plan, without any weights; UsageError or BackboneError if it cannot."""
    from shelftalk.finetune.tuning.open_data import open_data

    if not settings.data:
        raise UsageError("A run needs training data: --data FOLDER, as `shelftalk finetune data` makes it.")
    data = open_data(Path(settings.data))
    rendering = open_rendering(backbone_source(settings.backbone), data.tools, settings.training.longest)
    prepared = prepare(rendering, data, settings, tell)
    with hushed():
        tried = refusals(rendering, data.rows("train"), data)
        plan = make_plan(settings, rendering, prepared, tried)
    return Ready(run, settings, data, rendering, prepared, plan)


def train(
    ready: Ready, shown: bool = True, make: Callable[[Any, Path | None, bool], Any] | None = None
) -> dict[str, Any]:
    """Train, from the last checkpoint where there is one, and return the result that was written to the run's folder.

    `make` loads the model and returns what trains it, None: `make_trainer`.

    UsageError: it does not fit into memory. TrainingError: the loss is no number, or the disk is full; the last good
    checkpoint and the best adapter are kept. KeyboardInterrupt passes through.
    """
    check_fits(ready.plan, ready.settings)
    # Nothing is reported to anybody.
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    from shelftalk.finetune.tuning.keeping import keep_last, recover

    run, settings = ready.run, ready.settings
    first = int(os.environ.get("RANK", "0")) == 0
    if first:
        with saved(run):
            run.mkdir(parents=True, exist_ok=True)
            write_whole(run / RUN, to_toml(settings).encode())
        recover(run)
        prune(run, settings.saving.checkpoints)
    checkpoint = last_checkpoint(run)
    if checkpoint is not None and _is_over(checkpoint):
        if first:
            keep_last(run, checkpoint, about(ready))
        return finish(ready, state_of(checkpoint), first)
    if settings.training.threads and training_device().type == "cpu":
        import torch

        torch.set_num_threads(settings.training.threads)
    trainer = (make or make_trainer)(ready, checkpoint, shown)
    try:
        with hushed():
            trainer.train(resume_from_checkpoint=str(checkpoint) if checkpoint else None)
    finally:
        for callback in trainer.callback_handler.callbacks:
            getattr(callback, "close", lambda: None)()
    return finish(ready, trainer.state.__dict__, first)


def make_trainer(ready: Ready, checkpoint: Path | None, shown: bool) -> Any:
    """Load the model and return what trains it."""
    from shelftalk.finetune.tuning.collate import Collator
    from shelftalk.finetune.tuning.trainer import Tuner

    settings, prepared, run = ready.settings, ready.prepared, ready.run
    training = settings.training
    with hushed():
        model = load_for_training(
            settings.backbone, settings.lora, None, settings.four_bit, training.precision, training.seed
        )
    quicken(model)
    both = [*prepared.train, *prepared.validation]
    kept = {w.dtype for w in model.parameters() if w.is_floating_point() and not w.requires_grad}
    collate = Collator(ready.rendering, both, next(iter(kept)) if len(kept) == 1 else None)
    lengths = [len(example.ids) for example in prepared.train]
    with hushed():
        trainer = Tuner(
            run,
            settings,
            lengths,
            model=model,
            args=arguments(ready),
            data_collator=collate,
            train_dataset=numbered(len(prepared.train), 0),
            eval_dataset=numbered(len(prepared.validation), len(prepared.train))
            if prepared.validation
            else None,
            processing_class=ready.rendering.processor,
        )
    follow(trainer, ready, checkpoint, shown)
    return trainer


def quicken(model: Any) -> None:
    """Let the embedded model attend in blocks on a CPU: a step takes about a fifth less time. Rows are padded right."""
    from shelftalk.finetune.blocked_attention import use_blocked_attention

    base = model.get_base_model()
    text = base.config.get_text_config()
    plain = text.model_type == "bert" and text.is_decoder and not text.attention_probs_dropout_prob
    if plain and base.config.model_type == "llava" and base.device.type == "cpu":
        use_blocked_attention(base.model.language_model)


def follow(trainer: Any, ready: Ready, checkpoint: Path | None, shown: bool) -> None:
    """Have a run's trainer keep its best adapter, and show and log how it goes on."""
    from torch.utils.tensorboard import SummaryWriter
    from transformers import PrinterCallback
    from transformers.integrations.integration_utils import TensorBoardCallback

    from shelftalk.finetune.tuning.keeping import Best
    from shelftalk.finetune.tuning.progress import Progress

    run, settings = ready.run, ready.settings
    trainer.remove_callback(PrinterCallback)
    # TRL takes an adapter on four bits to bfloat16; small steps would be lost in it.
    for weight in trainer.model.parameters():
        if weight.requires_grad:
            weight.data = weight.data.float()
    seconds = cut_log(run, state_of(checkpoint)["global_step"] if checkpoint else 0) if shown_first() else 0.0
    trainer.add_callback(Best(run, about(ready), settings.saving.patience, bool(ready.prepared.validation)))
    trainer.add_callback(Progress(run, seconds, trainer.tokens_read, shown))
    if shown_first():
        with saved(run):
            trainer.add_callback(TensorBoardCallback(SummaryWriter(str(run / TENSORBOARD))))  # type: ignore[no-untyped-call]


@contextmanager
def hushed() -> Iterator[None]:
    """Keep the libraries' advice and the warnings that they cause one another off the terminal."""
    with quiet(), warnings.catch_warnings():
        # transformers has renamed this; PEFT and TRL still use the older name.
        warnings.filterwarnings(
            "ignore", r"`(is_)?gradient_checkpointing(_kwargs)?` is deprecated", FutureWarning
        )
        yield


def shown_first() -> bool:
    """Return whether this is the first process, which writes what one of them has to write."""
    return int(os.environ.get("RANK", "0")) == 0


def arguments(ready: Ready) -> Any:
    """Return TRL's settings for a run."""
    from trl.trainer.sft_config import SFTConfig

    with hushed():
        return SFTConfig(**shared_arguments(ready), dataset_kwargs={"skip_prepare_dataset": True})


def shared_arguments(ready: Ready) -> dict[str, Any]:
    """Return what TRL's trainers of any kind are told of a run."""
    settings, training, saving = ready.settings, ready.settings.training, ready.settings.saving
    device = training_device()
    half = training_dtype(training.precision).itemsize == 2
    on_cpu = device.type == "cpu"
    return {
        "output_dir": str(ready.run / CHECKPOINTS),
        "num_train_epochs": training.epochs,
        "max_steps": training.steps or -1,
        "per_device_train_batch_size": training.batch,
        "per_device_eval_batch_size": training.batch,
        "gradient_accumulation_steps": training.accumulate,
        "learning_rate": training.rate,
        "lr_scheduler_type": training.schedule if training.schedule != "constant" else "constant_with_warmup",
        "warmup_steps": training.warm_up if training.warm_up < 1 else ready.plan.steps,
        "weight_decay": training.decay,
        "max_grad_norm": training.clip,
        "bf16": half and not (on_cpu and settings.four_bit),
        "fp16": False,
        "use_cpu": on_cpu,
        # A batch without pictures leaves layers that look at them without a gradient.
        "ddp_find_unused_parameters": settings.lora.parts != ["language"],
        "gradient_checkpointing": training.checkpointing,
        "gradient_checkpointing_kwargs": {"use_reentrant": False} if training.checkpointing else None,
        "logging_steps": saving.log_every,
        "logging_nan_inf_filter": False,
        "eval_strategy": "steps" if ready.prepared.validation else "no",
        "eval_steps": saving.evaluate_every,
        "prediction_loss_only": True,
        "save_strategy": "steps",
        "save_steps": saving.checkpoint_every,
        "save_total_limit": None,
        "seed": training.seed,
        "data_seed": training.seed,
        "dataloader_pin_memory": not on_cpu,
        "remove_unused_columns": False,
        "max_length": None,
        "disable_tqdm": True,
        "report_to": "none",
    }


def numbered(count: int, first: int) -> Dataset:
    """Return the numbers of examples as a dataset; the collator knows what they stand for."""
    from datasets import Dataset

    return Dataset.from_dict({"example": list(range(first, first + count))})


def about(ready: Ready) -> dict[str, Any]:
    """Return what is written beside an adapter: what it was trained on, and how."""
    from shelftalk.agent.backbones.adapting import DIGEST, weights_digest

    settings = ready.settings
    versions = {}
    for package in _VERSIONS:
        try:
            versions[package] = importlib.metadata.version(package)
        except importlib.metadata.PackageNotFoundError:
            continue
    return {
        **ready.said(),
        "backbone": settings.backbone or "mini",
        DIGEST: weights_digest(backbone_source(settings.backbone)),
        "settings": settings.model_dump(mode="json"),
        "seed": settings.training.seed,
        "data": {"folder": str(ready.data.folder), "digest": ready.data.digest},
        "processes": ready.plan.processes,
        "trainable": ready.plan.trainable,
        "versions": versions,
    }


def _is_over(checkpoint: Path) -> bool:
    """Return whether a run had ended when its last checkpoint was written."""
    state = state_of(checkpoint)
    best = state.get("stateful_callbacks", {}).get("Best", {}).get("attributes", {})
    return bool(best.get("stopped")) or int(state["global_step"]) >= int(state["max_steps"])


def finish(ready: Ready, state: dict[str, Any], write: bool = True) -> dict[str, Any]:
    """Write and return a run's result; TrainingError where its adapter is gone."""
    run = ready.run
    adapter = run / "adapter"
    if not (adapter / "adapter_config.json").is_file() and write:
        raise TrainingError(f"The run in {run} ended without an adapter. {kept_until_now(run)}")
    kept: dict[str, Any] = {}
    if adapter.is_dir():
        kept = json.loads((adapter / "training.json").read_text("utf-8"))
    lines = (run / LOG).read_text("utf-8").splitlines() if (run / LOG).is_file() else []
    losses = [line for line in map(json.loads, lines) if "loss" in line]
    result = {
        "adapter": str(adapter),
        "steps": int(state["global_step"]),
        "of": ready.plan.steps,
        "best_step": kept.get("step"),
        "validation_loss": kept.get("validation_loss"),
        "loss": losses[-1]["loss"] if losses else None,
        "seconds": json.loads(lines[-1])["seconds"] if lines else None,
    }
    if write:
        write_whole(run / RESULT, (json.dumps(result, indent=1) + "\n").encode())
    return result
