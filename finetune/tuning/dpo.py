"""A run that tunes a backbone on preferences: from thumbs, or from its own answers ranked by rewards.

Direct preference optimisation: Rafailov et al., arXiv 2305.18290. What the tuned model is compared with is the model
that the run began with, its adapter included.
"""

from __future__ import annotations

import gc
import os
import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from shelftalk.finetune.tuning.failures import saved
from shelftalk.finetune.tuning.loaded import (
    backbone_source,
    load_for_training,
)
from shelftalk.finetune.tuning.lora import (
    RUN,
    Ready,
    follow,
    hushed,
    numbered,
    shared_arguments,
    shown_first,
    train,
)
from shelftalk.finetune.tuning.plan import Prepared, check_fits, make_plan
from shelftalk.finetune.tuning.preferences import Ranked, Ranking, ranked_to
from shelftalk.finetune.tuning.rendered import Rendering, example_of, open_rendering
from shelftalk.finetune.tuning.rows import Preference
from shelftalk.finetune.tuning.settings import Settings, Table, Training, to_toml
from shelftalk.tools.errors import UsageError
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from shelftalk.agent.backbones.engine import Engine
    from shelftalk.finetune.tuning.open_data import TuningData
    from shelftalk.finetune.tuning.preferring import Pair

RANKED, PREFERENCES = "ranked.jsonl", "preferences.jsonl"
FEWEST = 20  # pairs of which some are held out


class Dpo(Table):
    """How it is preferred."""

    beta: float = Field(default=0.1, gt=0, description="how much leaving the first model costs (equation 7)")
    held_out: float = Field(
        default=0.1,
        ge=0,
        lt=1,
        description=f"share of the pairs to validate on, where there are {FEWEST} or more",
    )
    learn: float = Field(
        default=0.0,
        ge=0,
        description="weight of the better answer's own loss beside it (RPO, arXiv 2404.19733)",
    )


class DpoTraining(Training):
    """How it is trained: more gently than on rows."""

    epochs: float = Field(default=1.0, gt=0, description="times that each pair is seen")
    batch: int = Field(default=2, ge=1, description="pairs at once in one process")
    rate: float = Field(default=5e-5, gt=0, description="learning rate at its highest")
    warm_up: float = Field(default=0.1, ge=0, le=1, description="share of the steps in which the rate rises")


class DpoSettings(Settings):
    """One run."""

    adapter: str = Field(default="", description="an adapter's folder to go on from, empty: a new adapter")
    training: DpoTraining = DpoTraining()
    ranking: Ranking = Ranking()
    dpo: Dpo = Dpo()


@dataclass
class DpoReady(Ready):
    """A run that was looked at and can begin; `prepared` has the pairs' sequences one by one."""

    pairs: list[Pair] = field(default_factory=list)
    held_out: list[Pair] = field(default_factory=list)

    def said(self) -> dict[str, Any]:
        """Return what is said beside the adapter of a run on preferences."""
        counts = {"train": len(self.pairs), "validation": len(self.held_out)}
        return {"made_by": "shelftalk finetune dpo", "pairs": counts}


def begin(run: Path, settings: DpoSettings) -> TuningData:
    """Open the data and write the run's settings, so that it can be resumed; UsageError where there are no pairs."""
    data = opened(settings)
    if shown_first():
        with saved(run):
            run.mkdir(parents=True, exist_ok=True)
            write_whole(run / RUN, to_toml(settings).encode())
    return data


def opened(settings: DpoSettings) -> TuningData:
    """Return a run's data; UsageError: there is none, or it has no preferences and none are to be ranked."""
    from shelftalk.finetune.tuning.open_data import open_data

    if not settings.data:
        raise UsageError("A run needs training data: --data FOLDER, as `shelftalk finetune data` makes it.")
    if settings.replay.data:
        raise UsageError(
            "A run on preferences replays nothing: leave out replay.data, it is for `finetune lora`."
        )
    data = open_data(Path(settings.data))
    if not settings.ranking.answers and not data.preferences():
        raise UsageError(
            f"{data.folder} holds no preferences (preferences.jsonl). Make the data again from chats with thumbs (/up "
            "and /down), or have the model's own answers ranked: --rank 4."
        )
    return data


def found(run: Path, settings: DpoSettings, data: TuningData) -> tuple[list[Preference], list[Ranked]]:
    """Return a run's pairs, the data's own or those of ranked answers, and the ranking; it is kept in the run's folder.

    UsageError: ranking is for one process.
    """
    if not settings.ranking.answers:
        return data.preferences(), []
    if int(os.environ.get("WORLD_SIZE", "1")) > 1 and not (run / PREFERENCES).is_file():
        raise UsageError(
            "Answers are ranked in one process: start so, stop at the first step, and --resume on several."
        )
    ranked = ranked_to(
        run / RANKED,
        ranked_by(settings, data),
        lambda: _engine(settings),
        data,
        settings.ranking,
        settings.training.seed,
    )
    gc.collect()  # the engine that answered goes before the model is loaded to be trained
    pairs = [one.pair for one in ranked if one.pair is not None]
    if shown_first():
        write_whole(
            run / PREFERENCES,
            "".join(pair.model_dump_json(exclude_defaults=True) + "\n" for pair in pairs).encode(),
        )
    return pairs, ranked


def ranked_by(settings: DpoSettings, data: TuningData) -> dict[str, Any]:
    """Return what decides which answers are drawn and how they are ranked."""
    from shelftalk.agent.backbones.adapting import weights_digest

    return {
        "backbone": weights_digest(backbone_source(settings.backbone)) or settings.backbone,
        "adapter": weights_digest_of(settings.adapter),
        "four_bit": settings.four_bit,
        "data": data.digest,
        "seed": settings.training.seed,
        **settings.ranking.model_dump(),
    }


def weights_digest_of(adapter: str) -> str:
    """Return the digest of an adapter's weights, "" for none."""
    from shelftalk.finetune.tuning.measured import digest

    return digest([Path(adapter) / "adapter_model.safetensors"]) if adapter else ""


def _engine(settings: DpoSettings) -> Engine:
    from shelftalk.agent.backbones.loading import load_engine

    adapter = Path(settings.adapter) if settings.adapter else None
    return load_engine(backbone_source(settings.backbone), adapter, settings.four_bit)


def make_ready(run: Path, settings: DpoSettings, data: TuningData, pairs: list[Preference]) -> DpoReady:
    """Render a run's pairs and work out the plan, without any weights; UsageError where nothing can be learnt."""
    rendering = open_rendering(backbone_source(settings.backbone), data.tools, settings.training.longest)
    both: list[list[Pair]] = [[], []]
    for side, some in enumerate(split(pairs, settings.dpo.held_out, settings.training.seed)):
        both[side] = [made for one in some if (made := _rendered(rendering, one, data)) is not None]
    if not both[0]:
        why = "; ".join(rendering.left_out) or "there are none"
        raise UsageError(f"There are no pairs in {data.folder} that this model can learn from: {why}.")
    sequences = [[one for pair in some for one in (pair.chosen, pair.rejected)] for some in both]
    prepared = Prepared(sequences[0], sequences[1], len(both[0]), len(both[1]))
    plan = make_plan(settings, rendering, prepared, pairs=True)
    return DpoReady(run, settings, data, rendering, prepared, plan, both[0], both[1])


def split(pairs: list[Preference], share: float, seed: int) -> tuple[list[Preference], list[Preference]]:
    """Return the pairs to train on and those to validate on; one conversation's are on one side."""
    if len(pairs) < FEWEST or not share:
        return pairs, []
    groups = sorted({group(pair) for pair in pairs})
    random.Random(f"held out/{seed}").shuffle(groups)
    held: set[str] = set()
    for name in groups[:-1]:
        if sum(group(pair) in held for pair in pairs) >= share * len(pairs):
            break
        held.add(name)
    return [p for p in pairs if group(p) not in held], [p for p in pairs if group(p) in held]


def group(pair: Preference) -> str:
    """Return what a pair's conversation is told from others by: its shopper, else the row that it is of."""
    return pair.shopper or pair.id.rpartition("/")[0] or pair.id


def _rendered(rendering: Rendering, pair: Preference, data: TuningData) -> Pair | None:
    from shelftalk.finetune.tuning.preferring import Pair

    try:
        chosen = rendering.next(pair.messages, pair.chosen, data)
        rejected = rendering.next(pair.messages, pair.rejected, data)
    except UsageError as error:
        rendering.left_out[str(error)] += 1
        return None
    if chosen.completion_ids == rejected.completion_ids:
        rendering.left_out["both answers are the same"] += 1
        return None
    return Pair(example_of(chosen), example_of(rejected))


def prefer(ready: DpoReady, shown: bool = True) -> dict[str, Any]:
    """Train on a run's pairs, from the last checkpoint where there is one; see `lora.train`."""
    check_fits(ready.plan, ready.settings)
    return train(ready, shown, make_trainer)


def make_trainer(ready: DpoReady, checkpoint: Path | None, shown: bool) -> Any:
    """Load the model and return what trains it."""
    from trl.trainer.dpo_config import DPOConfig

    from shelftalk.finetune.tuning.preferring import PairCollator, Preferer

    settings = ready.settings
    assert isinstance(settings, DpoSettings)  # as `make_ready` has it
    training = settings.training
    adapter = Path(settings.adapter) if settings.adapter else None
    with hushed():
        model = load_for_training(
            settings.backbone, settings.lora, adapter, settings.four_bit, training.precision, training.seed
        )
        kept = {w.dtype for w in model.parameters() if w.is_floating_point() and not w.requires_grad}
        collate = PairCollator(
            ready.rendering, [*ready.pairs, *ready.held_out], next(iter(kept)) if len(kept) == 1 else None
        )
        learn = settings.dpo.learn
        trainer = Preferer(
            ready.run,
            settings,
            [pair.tokens for pair in ready.pairs],
            model=model,
            args=DPOConfig(
                **shared_arguments(ready),
                beta=settings.dpo.beta,
                loss_type=["sigmoid", "sft"] if learn else ["sigmoid"],
                loss_weights=[1.0, learn] if learn else None,
            ),
            data_collator=collate,
            train_dataset=numbered(len(ready.pairs), 0),
            eval_dataset=numbered(len(ready.held_out), len(ready.pairs)) if ready.held_out else None,
            processing_class=ready.rendering.processor,
        )
    follow(trainer, ready, checkpoint, shown)
    return trainer
