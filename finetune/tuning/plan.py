"""What a run will do and take, worked out before any weights are loaded; it is refused here if it cannot fit."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.finetune.tuning.loaded import training_device, training_dtype
from shelftalk.finetune.tuning.memory import (
    ADAPTER_BYTES,
    GIB,
    Batch,
    Memory,
    activation_bytes,
    available,
    weight_bytes,
)
from shelftalk.finetune.tuning.rendered import Example, Rendering
from shelftalk.finetune.tuning.targets import bare_model, lora_config
from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from shelftalk.finetune.tuning.open_data import TuningData
    from shelftalk.finetune.tuning.rows import Row
    from shelftalk.finetune.tuning.settings import Settings

CHECKED = 24  # answers that are tried against the grammar
NONE_LEFT = "There is nothing to learn in {where}: {why}."


@dataclass
class Prepared:
    """The examples of a run, with how many rows they came from."""

    train: list[Example]
    validation: list[Example]
    rows: int
    validation_rows: int
    replayed: int = 0  # of the examples, those of what must not be forgotten


@dataclass(frozen=True)
class Plan:
    """What a run will do; sizes in bytes, of one process."""

    model: str
    device: str
    dtype: str
    four_bit: bool
    rows: int
    validation_rows: int
    examples: int
    replayed: int
    tokens: int
    learnt: int
    longest: int
    left_out: Mapping[str, int]
    refused: int  # of CHECKED answers, by the grammar
    checked: int
    processes: int
    together: int  # examples of a step
    steps: int
    epochs: float
    trainable: int
    parameters: int
    layers: int
    memory: Memory
    free: int  # for one process

    @property
    def fits(self) -> bool:
        """Whether the machine has the memory."""
        return self.memory.total <= self.free


def prepare(
    rendering: Rendering,
    data: TuningData,
    settings: Settings,
    tell: Callable[[int, int | None], None] | None = None,
) -> Prepared:
    """Render a run's rows; UsageError where nothing of them can be learnt."""
    most = settings.saving.validation_rows
    train, validation = data.rows("train"), data.rows("validation")
    validation = validation[:most] if most else validation
    examples: list[list[Example]] = [[], []]
    done, total = 0, len(train) + len(validation)
    for found, rows in zip(examples, (train, validation), strict=True):
        for row in rows:
            found += rendering.row(row, data)
            done += 1
            if tell is not None:
                tell(done, total)
    if not examples[0]:
        why = "; ".join(rendering.left_out) or "no message of its training rows is to be learnt"
        raise UsageError(NONE_LEFT.format(where=data.folder, why=why))
    replayed = _replay(rendering, settings, len(examples[0])) if settings.replay.data else []
    return Prepared([*examples[0], *replayed], examples[1], len(train), len(validation), len(replayed))


def _replay(rendering: Rendering, settings: Settings, beside: int) -> list[Example]:
    """Return examples of what must not be forgotten: its share beside so many others, or all that there are."""
    from shelftalk.finetune.tuning.open_data import open_data

    data = open_data(Path(settings.replay.data))
    other = rendering.of(data.tools)
    wanted = round(beside * settings.replay.share / (1 - settings.replay.share))
    found: list[Example] = []
    for row in data.rows("train"):
        if len(found) >= wanted:
            break
        found += other.row(row, data)
    if not found:
        raise UsageError(
            NONE_LEFT.format(where=data.folder, why="no message of its training rows is to be learnt")
        )
    return found


def make_plan(
    settings: Settings,
    rendering: Rendering,
    prepared: Prepared,
    tried: tuple[int, int] = (0, 0),
    pairs: bool = False,
) -> Plan:
    """Return the plan of a run; no weights are loaded for it.

    `tried`: answers that the grammar refused, of how many (see `refusals`). `pairs`: the rows are pairs of answers, two
    sequences each and every token of them scored, and the adapter that they are compared with stands beside.
    """
    training = settings.training
    device, dtype = training_device(), training_dtype(training.precision)
    each = 4 if settings.four_bit and device.type == "cpu" else dtype.itemsize
    processes = int(os.environ.get("WORLD_SIZE", "1"))
    # On a CPU all processes of a machine share its memory.
    sharing = int(os.environ.get("LOCAL_WORLD_SIZE", processes)) if device.type == "cpu" else 1
    bare = bare_model(rendering.config)
    parameters = sum(weight.numel() for weight in bare.parameters())
    trainable, layers = added(settings, bare)
    batch = largest_batch(prepared.train, training.batch * (2 if pairs else 1))
    if pairs:
        batch = replace(batch, learnt=batch.rows * batch.tokens)
    memory = Memory(
        weight_bytes(bare, each, settings.four_bit),
        trainable * (ADAPTER_BYTES + (4 if pairs else 0)),
        activation_bytes(bare, batch, each, training.checkpointing, device.type == "cuda"),
    )
    return Plan(
        model=settings.backbone or "the embedded model",
        device=str(device),
        dtype=str(dtype).removeprefix("torch."),
        four_bit=settings.four_bit,
        rows=prepared.rows,
        validation_rows=prepared.validation_rows,
        examples=len(prepared.train),
        replayed=prepared.replayed,
        tokens=sum(len(example.ids) for example in prepared.train),
        learnt=sum(example.learnt for example in prepared.train),
        longest=max(len(example.ids) for example in prepared.train),
        left_out=dict(rendering.left_out),
        refused=tried[0],
        checked=tried[1],
        processes=processes,
        together=training.batch * training.accumulate * processes,
        steps=steps_of(prepared.rows if pairs else len(prepared.train), settings, processes),
        epochs=training.epochs,
        trainable=trainable,
        parameters=parameters,
        layers=layers,
        memory=memory,
        free=available(device) // sharing,
    )


def steps_of(examples: int, settings: Settings, processes: int) -> int:
    """Return the steps of a run."""
    training = settings.training
    batches = math.ceil(examples / (training.batch * processes))
    in_epoch = math.ceil(batches / training.accumulate)
    return training.steps or math.ceil(training.epochs * in_epoch)


def largest_batch(examples: Sequence[Example], rows: int) -> Batch:
    """Return the largest batch that can come: of the longest examples."""
    longest = sorted(examples, key=lambda example: -len(example.ids))[:rows]
    return Batch(
        len(longest),
        len(longest[0].ids),
        max(example.learnt for example in examples) * len(longest),
        sum(sorted((len(example.pictures) for example in examples), reverse=True)[:rows]),
    )


def refusals(rendering: Rendering, rows: Sequence[Row], data: TuningData) -> tuple[int, int]:
    """Return how many of some answers the grammar would not let the model write, and how many were tried."""
    refused = checked = 0
    for row in rows[:: max(1, len(rows) // CHECKED)][:CHECKED]:
        places = [place for place, message in enumerate(row.messages) if message.learn]
        place = places[checked % len(places)] if places else None
        if place is None:
            continue
        try:
            answer = rendering.next(row.messages[:place], row.messages[place], data)
        except UsageError:
            continue
        checked += 1
        refused += not rendering.allowed(row.messages[:place], answer, data)
    return refused, checked


def added(settings: Settings, bare: Any) -> tuple[int, int]:
    """Return the weights that an adapter adds to a model, and the layers that it changes."""
    import re

    config = lora_config(settings.lora, bare)
    pattern = re.compile(str(config.target_modules))
    changed = [module for name, module in bare.named_modules() if pattern.fullmatch(name)]
    sizes = (settings.lora.rank * (layer.in_features + layer.out_features) for layer in changed)
    return sum(sizes), len(changed)


def check_fits(plan: Plan, settings: Settings) -> None:
    """Raise UsageError where a run cannot fit, with what would make it smaller."""
    if plan.fits:
        return
    ways = []
    if not settings.four_bit:
        ways.append("--4bit")
    if not settings.training.checkpointing:
        ways.append("training.checkpointing = true")
    if settings.training.batch > 1:
        ways.append("a smaller training.batch with more training.accumulate")
    ways += ["a lower training.longest", "a smaller model"]
    raise UsageError(
        f"This run would take about {gib(plan.memory.total)} and {plan.device} has {gib(plan.free)} free"
        f"{' for each process' if plan.processes > 1 else ''} ({_parts(plan.memory)}). Nothing was loaded. Try "
        f"{', '.join(ways[:-1])} or {ways[-1]}."
    )


def gib(size: int) -> str:
    """Return a size in GiB, or MiB where it is small."""
    return f"{size / GIB:.1f} GiB" if size >= GIB else f"{size / 2**20:.0f} MiB"


def _parts(memory: Memory) -> str:
    return (
        f"weights {gib(memory.weights)}, adapter and optimizer {gib(memory.adapter)}, activations "
        f"{gib(memory.activations)}, base {gib(memory.base)}"
    )


def plan_lines(plan: Plan) -> list[str]:
    """Return a plan as lines of text."""
    bits = "4 bits (nf4), computing in " if plan.four_bit else ""
    lines = [
        f"Model       {plan.model}, {plan.parameters / 1e6:,.1f} million parameters, in {bits}{plan.dtype} on "
        f"{plan.device}",
        f"Adapter     {plan.trainable:,} trainable parameters ({plan.trainable / plan.parameters:.2%}) in "
        f"{plan.layers} layers",
        f"Data        {plan.rows:,} rows as {plan.examples:,} examples, {plan.tokens:,} tokens, {plan.learnt:,} of "
        f"them learnt; the longest has {plan.longest:,}",
        *([f"Replay      {plan.replayed:,} of the examples"] if plan.replayed else []),
        f"Validation  {plan.validation_rows:,} rows" if plan.validation_rows else "Validation  none",
        f"Steps       {plan.steps:,} of {plan.together} examples each"
        f"{f' on {plan.processes} processes' if plan.processes > 1 else ''}",
        f"Memory      about {gib(plan.memory.total)} of {gib(plan.free)} that are free: {_parts(plan.memory)}",
    ]
    for reason, number in plan.left_out.items():
        lines.append(f"Left out    {number:,} messages: {reason}")
    if plan.refused:
        lines.append(
            f"Careful     {plan.refused} of {plan.checked} answers that were tried could not be written in a "
            "conversation: its grammar forbids them"
        )
    return lines
