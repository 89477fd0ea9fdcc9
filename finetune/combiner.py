"""Train the combiner of a photo and an edit in words, on an encoder's own vectors.

    python -m shelftalk.finetune.combiner --data DIR --encoder tools/weights/eye --out FOLDER

DIR holds fashion.parquet and, for more wordings, text/fashion_iq_captions.parquet and
text/shoes_relative_captions.parquet; the demo shop's catalogue is added where the package has one. FOLDER gets
combiner.safetensors and combiner.json (settings, versions, scores), to be copied into the encoder's folder. A run
that was broken off goes on where it was.
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

import numpy as np
import torch
import torch.nn.functional as F
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from shelftalk.evals.edit_wordings import frames
from shelftalk.evals.edits import Labelled, read_labels
from shelftalk.evals.features import photo_vectors, phrase_vectors
from shelftalk.evals.retrieval.edits import measure
from shelftalk.finetune.command_line import add_settings, training_parser
from shelftalk.finetune.edits import Queries, make_queries
from shelftalk.tools.combiner import COMBINER, WIDTH, Combiner, save_combiner
from shelftalk.tools.demo import shop_path
from shelftalk.tools.encoder import Encoder, load_encoder
from shelftalk.tools.errors import UsageError

# What resuming needs. Safetensors, but not named so: OUT may be the encoder's folder, whose weights are told by that.
STATE = "combiner.state"


@dataclass
class Settings:
    """What a run was started with; saved beside its weights."""

    data: str
    encoder: str
    out: str
    steps: int = 1200
    minutes: float | None = None  # instead of steps
    queries: int = 60_000
    batch: int = 256
    others: int = 4000  # products of a step drawn at random
    width: int = WIDTH
    rate: float = 1e-3
    decay: float = 0.05
    noise: float = 0.3  # length of the noise added to a photo's vector, at most
    anchor: float = 10.0  # weight of staying at the photo where the words say nothing
    likeness: float = 0.15  # smaller: of the products that are meant, those like the photo count more
    threads: int = 1
    seed: int = 0
    save_seconds: float = 30.0


# Data ----------------------------------------------------------------------------------------------------------


@dataclass
class Data:
    """The products' vectors and the queries over them."""

    products: Tensor  # float32 [n, size]
    queries: Queries
    phrases: Tensor  # float32 [texts, size]


def data_files(folder: Path) -> list[Path]:
    """Return the files of products, the demo shop's included; UsageError where the folder has none."""
    fashion = folder / "fashion.parquet"
    if not fashion.is_file():
        raise UsageError(f"{folder} holds no fashion.parquet; give --data a folder that does.")
    return [fashion, shop_path()] if shop_path().is_file() else [fashion]


def read_data(settings: Settings, encoder: Encoder) -> Data:
    """Read products that are not held out, draw queries, and make (or find) all vectors."""
    paths = data_files(Path(settings.data))
    shelves: dict[str, list[Labelled]] = {}
    vectors = []
    for path in paths:
        labels = read_labels(path)
        keep = [row for row, item in enumerate(labels) if not item.held_out]
        shelves[path.stem] = [labels[row] for row in keep]
        vectors.append(photo_vectors(path, encoder, progress=True)[keep])
    wordings = frames(Path(settings.data), measuring=False)
    queries = make_queries(shelves, wordings, settings.queries, settings.seed)
    phrases = phrase_vectors(paths[0], queries.texts, encoder, progress=True)
    return Data(torch.from_numpy(np.concatenate(vectors)), queries, torch.from_numpy(phrases))


# Training ------------------------------------------------------------------------------------------------------


class Trainer:
    """The combiner, its optimiser and how far it has come."""

    def __init__(self, settings: Settings, size: int) -> None:
        torch.manual_seed(settings.seed)
        self.settings = settings
        self.combiner = Combiner(size, settings.width)
        self.log_scale = nn.Parameter(torch.tensor(math.log(20.0)))
        self.parameters = {**dict(self.combiner.named_parameters()), "log_scale": self.log_scale}
        self.optimiser = torch.optim.AdamW(
            list(self.parameters.values()), lr=settings.rate, weight_decay=settings.decay, betas=(0.9, 0.98)
        )
        self.step, self.seconds = 0, 0.0

    def progress(self) -> float:
        """Return how much of the training is done, 0 to 1."""
        if self.settings.minutes is not None:
            return min(self.seconds / 60 / self.settings.minutes, 1.0)
        return min(self.step / max(1, self.settings.steps), 1.0)

    def train_step(self, data: Data) -> float:
        """Take one step on queries drawn at random; return the loss."""
        settings = self.settings
        # Each step has its own generator, so that a resumed run draws what an unbroken one would have drawn.
        rng = torch.Generator().manual_seed(settings.seed * 1_000_003 + self.step)
        torch.manual_seed(settings.seed * 1_000_003 + self.step)  # the combiner's dropout
        at = torch.randint(len(data.queries.source), (settings.batch,), generator=rng)
        chosen = data.queries.products(at, settings.others, rng)
        meant, not_meant = data.queries.compare(at, chosen)
        source = data.queries.source[at]
        itself = source[:, None] == chosen[None]
        documents, photos = data.products[chosen], data.products[source]
        # Of the products that are meant, those that look like the photo count more.
        likeness = (photos @ documents.T / settings.likeness).masked_fill(~meant | itself, -1e4)
        weights = likeness.softmax(1) * (meant & ~itself)
        far = torch.rand(len(at), 1, generator=rng) * settings.noise
        noise = torch.randn(photos.shape, generator=rng) * far / photos.shape[1] ** 0.5
        made = self.combiner(F.normalize(photos + noise, dim=-1), data.phrases[data.queries.text[at]])
        scores = self.log_scale.exp() * made @ documents.T
        against = scores.masked_fill(~not_meant, -1e4).logsumexp(1, keepdim=True)
        each = (F.softplus(against - scores) * weights).sum(1)
        away = settings.anchor * (1 - (made * photos).sum(1))
        loss = torch.where(data.queries.empty[at], away, each).mean()
        factor = min(1.0, (self.step + 1) / 50) * (
            0.01 + 0.99 * (1 + math.cos(math.pi * self.progress())) / 2
        )
        for group in self.optimiser.param_groups:
            group["lr"] = settings.rate * factor
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self.optimiser.step()
        with torch.no_grad():
            self.log_scale.clamp_(max=math.log(100))
        self.step += 1
        return float(loss.detach())

    def save(self, path: Path, about: dict[str, Any]) -> None:
        """Write everything that resuming needs."""
        tensors = {f"weight.{name}": p.detach().clone() for name, p in self.parameters.items()}
        for name, p in self.parameters.items():
            state = self.optimiser.state.get(p, {})
            tensors |= {f"optimiser.{name}.{key}": value.clone() for key, value in state.items()}
        part = path.with_suffix(".part")
        save_file(
            tensors,
            part,
            metadata={"about": json.dumps(about | {"step": self.step, "seconds": self.seconds})},
        )
        os.replace(part, path)

    def load(self, path: Path, about: dict[str, Any]) -> bool:
        """Go on from what `save` wrote, where it is of a run with the same `about`; say whether it was."""
        with safe_open(path, "pt") as handle:
            kept = json.loads(handle.metadata()["about"])
        step, seconds = kept.pop("step"), kept.pop("seconds")
        if kept != about:
            return False
        tensors = load_file(path)
        with torch.no_grad():
            for name, p in self.parameters.items():
                p.copy_(tensors[f"weight.{name}"])
                prefix = f"optimiser.{name}."
                state = {k[len(prefix) :]: v for k, v in tensors.items() if k.startswith(prefix)}
                if state:
                    self.optimiser.state[p] = state
        self.step, self.seconds = step, seconds
        return True


def train(settings: Settings) -> dict[str, float]:
    """Train as the settings say; return the scores. Writes OUT/combiner.*."""
    torch.set_num_threads(settings.threads)
    out = Path(settings.out)
    out.mkdir(parents=True, exist_ok=True)
    encoder = load_encoder(settings.encoder)
    data = read_data(settings, encoder)
    trainer = Trainer(settings, encoder.pictures_size)
    # What must be the same for a run to go on; where the folders lie does not matter.
    about = {k: v for k, v in asdict(settings).items() if k not in ("data", "encoder", "out", "threads")}
    about["encoder"] = encoder.fingerprint
    state = out / STATE
    if state.is_file() and trainer.load(state, about):
        print(f"goes on at step {trainer.step}", flush=True)
    print(
        f"{len(data.products)} products, {len(data.queries.source)} queries, {len(data.queries.texts)} texts",
        flush=True,
    )
    saved, losses = trainer.seconds, []
    while trainer.progress() < 1:
        started = time.perf_counter()
        losses.append(trainer.train_step(data))
        trainer.seconds += time.perf_counter() - started
        if trainer.step % 50 == 0:
            print(
                f"step {trainer.step} {trainer.seconds / 60:.1f} min {trainer.progress():.0%}"
                f" loss {np.mean(losses[-50:]):.4f} scale {float(trainer.log_scale.detach().exp()):.1f}",
                flush=True,
            )
        if trainer.seconds - saved > settings.save_seconds or trainer.progress() >= 1:
            saved = trainer.seconds
            trainer.save(state, about)
    encoder.combiner = trainer.combiner.eval()
    rows = measure(Path(settings.data), encoder, settings.seed, progress=True)
    scores = {f"{row.part}: {row.system}: {row.metric}": round(row.value.mean, 4) for row in rows}
    described = {
        "settings": {**about, "steps": trainer.step},
        "scores": scores,
        "versions": {name: version(name) for name in ("shelftalk", "torch", "numpy")},
    }
    save_combiner(out, trainer.combiner, encoder.fingerprint, described)
    print(f"{out / COMBINER} is for the encoder {encoder.fingerprint} in {settings.encoder}", flush=True)
    return scores


def main() -> None:
    """Read the command line and train."""
    parser = training_parser("combiner", __doc__)
    parser.add_argument("--data", required=True, help="folder of Parquet files")
    parser.add_argument("--encoder", required=True, help="folder of the encoder")
    parser.add_argument("--out", required=True, help="folder of the run")
    parser.add_argument("--minutes", type=float, help="of training in all, instead of steps")
    names = ("steps", "queries", "batch", "others", "width", "rate", "likeness", "threads", "seed")
    add_settings(parser, Settings("", "", ""), names)
    train(Settings(**vars(parser.parse_args())))


if __name__ == "__main__":
    main()
