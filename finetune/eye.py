"""Train the eye against frozen text embeddings (after Zhai et al., "LiT", arXiv 2111.07991).

    python -m shelftalk.finetune.eye --data DIR --out DIR --minutes 60
    python -m shelftalk.finetune.eye --data DIR --out DIR --minutes 90 --resume

DIR holds any of fashion.parquet, clothing_cc0.parquet and grocery.parquet; the demo shop's own catalogue is added
where the package has one. `--minutes` counts all the training since the start, so that a resumed run goes on with
the same schedule. OUT/export is a joint encoder, written anew at each evaluation from the averaged weights.
"""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from shelftalk.finetune.captions import READERS
from shelftalk.finetune.command_line import add_settings, training_parser
from shelftalk.finetune.eye_data import Data, embed_texts, load_data, piece_rows
from shelftalk.finetune.eye_learner import Learner, contrast, working_dtype
from shelftalk.finetune.eye_memory import TWINS, Memory
from shelftalk.finetune.eye_scores import score_eye
from shelftalk.finetune.pictures import augment, plain
from shelftalk.tools.demo import shop_path
from shelftalk.tools.errors import UsageError
from shelftalk.tools.eye import EyeConfig, EyeModel
from shelftalk.tools.joint import PROJECTION, save_joint
from shelftalk.tools.phrasing import Phrasing

# Small pictures first, which is several times quicker: (until which share of the schedule, share of the side).
SIDES = ((0.4, 0.5), (0.8, 0.75), (1.0, 1.0))
TRAINED_SCALE = 25.0  # the inverse temperature to go on with from trained weights


@dataclass
class Settings:
    """What a run was started with; saved beside its weights."""

    data: str
    out: str
    minutes: float | None = None
    steps: int | None = None
    batch: int = 384
    captions: int = 3  # per picture and step
    rate: float = 1.5e-3
    decay: float = 0.05
    warm_up: int = 150  # steps
    average: float = 0.998  # of the weights, for the export
    shop_share: float = 0.06
    memory: int = 4096  # pictures and titles of earlier steps that serve as negatives
    precision: str = "auto"
    threads: int = 2
    seed: int = 0
    score_minutes: float = 10.0
    start: str = ""  # a joint encoder to begin from instead of random weights
    resume: bool = False


# Optimiser ----------------------------------------------------------------------------------------------------


class Trainer:
    """float32 masters of the working weights, their optimisers and their running average."""

    def __init__(self, learner: Learner, settings: Settings) -> None:
        self.learner, self.settings = learner, settings
        self.names = [name for name, _ in learner.named_parameters()]
        self.working = [p for _, p in learner.named_parameters()]
        # A matrix or a convolution is one matrix to the optimiser.
        self.masters = [nn.Parameter(self._flat(p.detach().float()).clone()) for p in self.working]
        self.average = {name: value.float().clone() for name, value in self._state().items()}
        inner: list[nn.Parameter] = []  # matrices, for Muon
        outer: list[nn.Parameter] = []
        vectors: list[nn.Parameter] = []
        slow: list[nn.Parameter] = []
        for name, p in zip(self.names, self.masters, strict=True):
            if name.startswith("phrasing.project"):
                slow.append(p)
            elif name.startswith("phrasing.pieces"):
                vectors.append(p)
            elif (
                p.ndim == 2 and min(p.shape) > 6 and "positions" not in name and "stages.0.conv." not in name
            ):
                inner.append(p)
            else:
                (outer if p.ndim > 1 else vectors).append(p)
        rate, decay = settings.rate, settings.decay
        groups = [
            {"params": outer, "weight_decay": decay},
            {"params": vectors, "weight_decay": 0.0},
            {"params": slow, "weight_decay": 0.0, "lr": rate * 0.3},
        ]
        self.optimisers: list[torch.optim.Optimizer] = [
            torch.optim.Muon(
                inner, lr=rate, weight_decay=decay, momentum=0.95, adjust_lr_fn="match_rms_adamw"
            ),
            torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), foreach=True),
        ]
        self.rates = [[group["lr"] for group in o.param_groups] for o in self.optimisers]
        self.step, self.seconds = 0, 0.0
        self.memory = Memory(settings.memory)
        self.side, self.settled = 0, 0  # pixels of the pictures now, and the step since which

    @staticmethod
    def _flat(value: Tensor) -> Tensor:
        return value.reshape(len(value), -1) if value.ndim > 2 else value

    def _state(self) -> dict[str, Tensor]:
        return {n: v for n, v in self.learner.state_dict().items() if v.is_floating_point()}

    def progress(self) -> float:
        """Return how much of the schedule is done, 0 to 1."""
        if self.settings.minutes is not None:
            return min(self.seconds / 60 / self.settings.minutes, 1.0)
        return min(self.step / (self.settings.steps or 1), 1.0)

    def update(self, loss: Tensor) -> None:
        """Take one step down the loss."""
        loss.backward()  # type: ignore[no-untyped-call]
        for master, p in zip(self.masters, self.working, strict=True):
            assert p.grad is not None
            master.grad = self._flat(p.grad.float())
            p.grad = None
        nn.utils.clip_grad_norm_(self.masters, 1.0)
        factor = min(1.0, (self.step + 1) / self.settings.warm_up)
        factor *= 0.01 + 0.99 * (1 + math.cos(math.pi * self.progress())) / 2
        for optimiser, rates in zip(self.optimisers, self.rates, strict=True):
            for group, rate in zip(optimiser.param_groups, rates, strict=True):
                group["lr"] = rate * factor
            optimiser.step()
        with torch.no_grad():
            for master, p in zip(self.masters, self.working, strict=True):
                p.copy_(master.view(p.shape))
            self.learner.log_scale.clamp_(max=math.log(100))
            # The average starts afresh when the pictures change their size, for the batch norms change with it.
            steps = self.step - self.settled
            keep = min(self.settings.average, (steps + 1) / (steps + 10))
            exact = dict(zip(self.names, self.masters, strict=True))
            for name, value in self._state().items():
                mean = self.average[name]
                now = exact[name].view(mean.shape) if name in exact else value
                mean.lerp_(now.detach().float(), 1 - keep)
        self.step += 1

    def save(self, folder: Path, scores: list[dict[str, float]]) -> None:
        """Write everything that resuming needs: tensors as safetensors, the rest as JSON."""
        tensors = {f"average.{n}": v for n, v in self.average.items()}
        tensors |= {f"master.{n}": p.detach() for n, p in zip(self.names, self.masters, strict=True)}
        tensors |= {f"buffer.{n}": v for n, v in self.learner.named_buffers() if v.is_floating_point()}
        tensors |= {f"memory.{n}": v for n, v in self.memory.state().items()}
        name_of: dict[Tensor, str] = {p: n for n, p in zip(self.names, self.masters, strict=True)}
        for optimiser in self.optimisers:
            for p, state in optimiser.state.items():
                tensors |= {f"optimiser.{name_of[p]}.{k}": v for k, v in state.items()}
        tensors = {name: value.detach().contiguous().clone() for name, value in tensors.items()}
        about = {
            "settings": asdict(self.settings), "step": self.step, "seconds": self.seconds, "side": self.side,
            "settled": self.settled, "scores": scores,
            "versions": {name: version(name) for name in ("torch", "transformers", "sentence-transformers", "numpy")},
        }  # fmt: skip
        save_file(tensors, folder / "state.part", metadata={"about": json.dumps(about)})
        os.replace(folder / "state.part", folder / "state.safetensors")
        (folder / "state.part").write_text(json.dumps(about, indent=1))
        os.replace(folder / "state.part", folder / "state.json")

    def load(self, folder: Path) -> list[dict[str, float]]:
        """Go on from what `save` wrote; return the scores so far."""
        from safetensors import safe_open

        with safe_open(folder / "state.safetensors", "pt") as handle:
            about = json.loads(handle.metadata()["about"])
        tensors = load_file(folder / "state.safetensors")
        self.average = {n: tensors[f"average.{n}"] for n in self.average}
        buffers = dict(self.learner.named_buffers())
        with torch.no_grad():
            for n, p, w in zip(self.names, self.masters, self.working, strict=True):
                p.copy_(tensors[f"master.{n}"])
                w.copy_(p.view(w.shape))
            for n, value in buffers.items():
                if value.is_floating_point():
                    value.copy_(tensors[f"buffer.{n}"])
        self.memory.load({n: tensors[f"memory.{n}"] for n in self.memory.state() if f"memory.{n}" in tensors})
        for optimiser in self.optimisers:
            for group in optimiser.param_groups:
                for p in group["params"]:
                    prefix = f"optimiser.{self.names[next(i for i, m in enumerate(self.masters) if m is p)]}."
                    optimiser.state[p] = {
                        k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)
                    }
        self.step, self.seconds = about["step"], about["seconds"]
        self.side, self.settled = about.get("side", 64), about.get("settled", 0)
        scores: list[dict[str, float]] = about["scores"]
        return scores


# Data ----------------------------------------------------------------------------------------------------------


def data_files(folder: Path) -> list[Path]:
    """Return the Parquet files that can be read, the demo shop's included; UsageError where there is none."""
    found = [folder / f"{name}.parquet" for name in READERS if (folder / f"{name}.parquet").exists()]
    if shop_path().exists() and not (folder / "shop.parquet").exists():
        found.append(shop_path())
    if not found:
        raise UsageError(
            f"{folder} holds none of {', '.join(f'{n}.parquet' for n in READERS)}; give --data one that does"
        )
    return found


# Training ------------------------------------------------------------------------------------------------------


def train_step(trainer: Trainer, data: Data, weights: Tensor) -> tuple[float, float]:
    """Take one step on pictures drawn at random; return the loss and how often a picture's own caption wins."""
    settings, learner = trainer.settings, trainer.learner
    # Each step has its own generator, so that a resumed run draws what an unbroken one would have drawn.
    rng = torch.Generator().manual_seed(settings.seed * 1_000_003 + trainer.step)
    at = torch.multinomial(
        weights, settings.batch, replacement=settings.batch > int((weights > 0).sum()), generator=rng
    )
    shrink = next(share for until, share in SIDES if trainer.progress() <= until)
    side = int(learner.eye.config.image_size * shrink)
    if side != trainer.side:
        trainer.side, trainer.settled = side, trainer.step
        trainer.memory.forget()
    pixels = augment(data.pictures(at), side, data.light[at], rng)
    captions = data.draw_captions(at, settings.captions, rng)
    true, false = data.compare(captions, at)
    own = torch.arange(len(captions)) % len(at)
    embeddings = data.embeddings[data.text[captions]]
    # Two captions that mean the same are no negatives of each other.
    twins = (embeddings @ embeddings.T > TWINS).view(len(captions), settings.captions, len(at)).any(1)
    false &= ~twins
    true[torch.arange(len(captions)), own] = True
    false[torch.arange(len(captions)), own] = False
    words = learner.say(embeddings, data.pieces[data.text[captions]])
    pictures, scale = learner.look(pixels), learner.log_scale.exp()
    loss = contrast(words, pictures, scale, true, false)
    titled, titles, codes = data.titles(at)
    if len(titled):
        frozen = data.embeddings[titles]
        named = learner.say(frozen, data.pieces[titles])
        loss = loss + trainer.memory.loss(named, pictures[titled], frozen, codes, scale)
    with torch.no_grad():
        best = (words @ pictures.T).masked_fill(~(true | false), -1).argmax(1)
        right = true[torch.arange(len(captions)), best].float().mean()
    trainer.update(loss)
    return float(loss.detach()), float(right)


def begin_from(learner: Learner, folder: Path) -> None:
    """Take over the weights of a joint encoder; word pieces that it does not know begin at zero."""
    if not (folder / PROJECTION).is_file():
        raise UsageError(f"{folder} holds no joint encoder; give --start a folder with {PROJECTION}")
    eye: Any = EyeModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    if eye.config.to_diff_dict() != learner.eye.config.to_diff_dict():
        learner.eye = EyeModel(eye.config)
    learner.eye.load_state_dict(eye.state_dict())
    learner.phrasing.take(Phrasing.of(load_file(folder / PROJECTION)))
    with torch.no_grad():
        learner.log_scale.fill_(math.log(TRAINED_SCALE))


def averaged(trainer: Trainer) -> Learner:
    """Return a learner with the averaged weights, ready for use."""
    known = trainer.learner.phrasing.lookup
    learner = Learner(trainer.learner.eye.config, known.nonzero().flatten().tolist())
    learner.load_state_dict(trainer.average, strict=False)
    return learner.eval()


def evaluate(learner: Learner, data: Data, dtype: torch.dtype, limit: int | None = None) -> dict[str, float]:
    """Score a learner on held-out pictures."""
    learner.work_in(dtype)

    def look(at: Tensor) -> Tensor:
        side = learner.eye.config.image_size
        return torch.cat([learner.look(plain(data.pictures(part), side)) for part in torch.split(at, 128)])

    def say(texts: list[str]) -> Tensor:
        return learner.say(embed_texts([t.lower() for t in texts]), learner.phrasing.rows(piece_rows(texts)))

    with torch.inference_mode():
        return score_eye(data, look, say, limit)


def train(settings: Settings, config: EyeConfig | None = None) -> list[dict[str, float]]:
    """Train as the settings say; return the scores over time. Writes OUT/state.* and OUT/export."""
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    dtype = working_dtype(settings.precision)
    data = load_data(data_files(Path(settings.data)), out / "cache", settings.seed)
    weights = data.weights(settings.shop_share)
    learner = Learner(config or EyeConfig(), data.ids)
    if settings.start:
        begin_from(learner, Path(settings.start))
    trainer = Trainer(learner.work_in(dtype), settings)
    scores: list[dict[str, float]] = []
    if settings.resume and (out / "state.safetensors").exists():
        scores = trainer.load(out)
    kept = {
        source: int((weights[data.rows(source, False)] > 0).sum())
        for source in {e.source for e in data.examples}
    }
    print(
        f"pictures to train on: {kept}; captions: {len(data.needs)}; {dtype}; step {trainer.step}", flush=True
    )
    trainer.learner.train()
    scored = trainer.seconds
    total, right, since, begun = 0.0, 0.0, 0, time.perf_counter()
    while trainer.progress() < 1:
        started = time.perf_counter()
        loss, hit = train_step(trainer, data, weights)
        trainer.seconds += time.perf_counter() - started
        total, right, since = total + loss, right + hit, since + 1
        if trainer.step % 20 == 0 or trainer.progress() >= 1:
            speed = since * settings.batch / (time.perf_counter() - begun)
            print(
                f"step {trainer.step} {trainer.seconds / 60:.1f} min {trainer.progress():.0%} loss {total / since:.4f}"
                f" right {right / since:.3f} scale {float(trainer.learner.log_scale.detach().exp()):.1f}"
                f" {speed:.0f} pictures/s",
                flush=True,
            )
            total, right, since, begun = 0.0, 0.0, 0, time.perf_counter()
        if trainer.seconds - scored > settings.score_minutes * 60 or trainer.progress() >= 1:
            scored = trainer.seconds
            learner = averaged(trainer)
            save_joint(out / "export", learner.eye, learner.phrasing)
            result = evaluate(learner, data, dtype, limit=None if trainer.progress() >= 1 else 1500)
            scores.append({"step": trainer.step, "minutes": trainer.seconds / 60} | result)
            trainer.save(out, scores)
            print("scores " + " ".join(f"{k} {v:.3f}" for k, v in scores[-1].items()), flush=True)
            begun = time.perf_counter()
    return scores


def main() -> None:
    """Read the command line and train."""
    parser = training_parser("eye", __doc__)
    parser.add_argument("--data", required=True, help="folder of Parquet files")
    parser.add_argument("--out", required=True, help="folder of the run")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="of training in all")
    length.add_argument("--steps", type=int, help="of training in all")
    names = ("batch", "rate", "warm_up", "shop_share", "memory", "threads", "seed", "score_minutes")
    add_settings(parser, Settings("", ""), names)
    parser.add_argument("--precision", choices=["auto", "bfloat16", "float32"], default="auto")
    parser.add_argument("--start", default="", help="begin from this joint encoder's weights")
    parser.add_argument("--resume", action="store_true", help="go on from OUT")
    train(Settings(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
