"""Adaptor alignment: soft tokens that say, in the decoder's own words, what a photo shows.

    python -m shelftalk.finetune.align_adaptor --out runs/mini --start agent/weights/mini \\
        --tower shelftalk/tools/weights/eye --data DIR

Three steps, each from where the last one ended. Least squares: a ridge regression from a photo's mean patch features
to the mean word embedding of its kind and colour becomes the adaptor's weights; the decoder copies words from its
context already, so it reads such soft tokens at once. Words: the adaptor alone is trained so that the mean soft token
lies nearest the right words among all kinds and colours; no decoder runs, so every photo is seen many times.
Language: the decoder's own loss on short rows, "what is this?" and its answer, as live turns are rendered.

Leaves a run folder that supervised tuning goes on from (`sft --resume`). `--start` is an exported model or a run
folder; without it the run's own last checkpoint gets the adaptor, and keeps what it has counted. An alignment that
was broken off goes on by itself.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.finetune.command_line import add_settings
from shelftalk.finetune.photos import Labelled, photo_rows

if TYPE_CHECKING:
    from torch import Tensor, nn
    from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast

RIDGE = 10.0
# How often a photo of each set is drawn, relative to the others: large sets are not all there is.
WEIGHTS = {"shop": 2.0, "fashion": 1.0, "clothing": 1.0, "grocery": 0.6}
SHARPNESS = 8.0  # of the choice among words, for embeddings about 1 long
PATCHES = 16  # of a photo, read in a step of the words step
ANCHOR = 4.0  # how strongly soft tokens are held to where the words are


@dataclass
class Settings:
    """Everything an alignment depends on."""

    out: str
    tower: str
    data: str = ""
    photos: str = ""  # where photos' patch features are kept; none: in the run's folder
    passes: float = 4.0  # over all photos, of the words step
    minutes: float = 10.0  # of the language step
    rate: float = 1e-3  # of the words step
    language_rate: float = 2e-4
    tokens: int = 1024  # of a batch in the language step
    threads: int = 2
    seed: int = 1


def word_targets(
    labels: Sequence[Labelled], words: np.ndarray, tokenizer: PreTrainedTokenizerFast
) -> np.ndarray:
    """Return float32 [photos, width]: the mean embedding of the kind's tokens plus that of the colour's."""
    names = {text for label in labels for text in (label.kind, label.colour) if text}
    known = {text: vector_of(text, words, tokenizer) for text in names}
    return np.stack([known[x.kind] + (known[x.colour] if x.colour else 0) for x in labels]).astype(np.float32)


def vector_of(text: str, words: np.ndarray, tokenizer: PreTrainedTokenizerFast) -> np.ndarray:
    """Return the mean embedding of a text's tokens, float32 [width]."""
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    return np.asarray(words[ids].mean(0), np.float32)


def fit(features: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return ridge weights [width, width] and bias [width] from features [n, width] to targets [n, width]."""
    mean, aim = features.mean(0), targets.mean(0)
    x, y = features - mean, targets - aim
    weight = np.linalg.solve(x.T @ x + RIDGE * np.eye(x.shape[1]), x.T @ y).T
    return weight.astype(np.float32), (aim - weight @ mean).astype(np.float32)


def as_layers(weight: np.ndarray, bias: np.ndarray, features: np.ndarray) -> dict[str, np.ndarray]:
    """Return the adaptor's two layers, of the map's own width, that compute the best map of half its rank.

    gelu(z) - gelu(-z) = z, so pairs of hidden units z and -z pass a linear map through the GELU unchanged.
    """
    mean = features.mean(0)
    spread = np.linalg.cholesky(np.cov(features.T) + 1e-4 * np.eye(features.shape[1]))
    left, size, right = np.linalg.svd(weight @ spread)  # the directions that matter on these features
    half = weight.shape[0] // 2
    # Hidden units see directions of about unit variance.
    into = right[:half] @ np.linalg.inv(spread)  # [width / 2, width]
    out = left[:, :half] * size[:half]  # [width, width / 2]
    shift = into @ mean
    layers = {
        "1.weight": np.concatenate([into, -into]),
        "1.bias": np.concatenate([-shift, shift]),
        "2.weight": np.concatenate([out, -out], axis=1),
        "2.bias": bias + weight @ mean,
    }
    return {name: np.ascontiguousarray(value, np.float32) for name, value in layers.items()}


def start_adaptor(
    adaptor: nn.Module,
    features: np.ndarray,
    labels: Sequence[Labelled],
    words: np.ndarray,
    tokenizer: PreTrainedTokenizerFast,
) -> None:
    """Set the adaptor's weights by least squares from the training photos."""
    import torch

    train = [at for at, label in enumerate(labels) if not label.held_out]
    means = np.empty((len(train), features.shape[2]), np.float32)
    for start in range(0, len(train), 2048):
        part = train[start : start + 2048]
        means[start : start + len(part)] = np.asarray(features[part], np.float32).mean(1)
    weight, bias = fit(means, word_targets([labels[at] for at in train], words, tokenizer))
    layers = as_layers(weight, bias, means)
    adaptor.load_state_dict({f"linear_{name}": torch.from_numpy(value) for name, value in layers.items()})


class Vocabulary:
    """Kinds and colours as vectors among the decoder's words, and each photo's numbers among them."""

    def __init__(
        self, labels: Sequence[Labelled], words: np.ndarray, tokenizer: PreTrainedTokenizerFast, device: Any
    ) -> None:
        """Collect the words of `labels`."""
        import torch

        def vectors(names: Sequence[str]) -> Tensor:
            return torch.from_numpy(np.stack([vector_of(name, words, tokenizer) for name in names])).to(
                device
            )

        self.kinds = sorted({label.kind for label in labels})
        self.colours = sorted({label.colour for label in labels} - {""})
        self.kind_vectors, self.colour_vectors = vectors(self.kinds), vectors(self.colours)  # [n, width]
        kinds, colours = ({name: n for n, name in enumerate(part)} for part in (self.kinds, self.colours))
        self.kind = torch.tensor([kinds[label.kind] for label in labels])
        self.colour = torch.tensor([colours.get(label.colour, -1) for label in labels])  # -1: not known

    def scores(self, soft: Tensor) -> tuple[Tensor, Tensor]:
        """Return how near mean soft tokens [batch, width] are to each kind and each colour."""

        def near(vectors: Tensor) -> Tensor:
            own = vectors - vectors.mean(0)
            found: Tensor = SHARPNESS * soft @ (own / own.norm(dim=1, keepdim=True)).T  # [batch, words]
            return found

        return near(self.kind_vectors), near(self.colour_vectors)

    def loss(self, soft: Tensor, at: Tensor) -> Tensor:
        """Return the loss of mean soft tokens [batch, width] of photos `at`."""
        import torch.nn.functional as F

        kind, colour = self.kind[at].to(soft.device), self.colour[at].to(soft.device)
        kinds, colours = self.scores(soft)
        known = colour >= 0
        aim = self.kind_vectors[kind] + self.colour_vectors[colour.clamp_min(0)] * known[:, None]
        loss = F.cross_entropy(kinds, kind) + ANCHOR * F.mse_loss(soft, aim) * soft.shape[1] / 100
        if known.any():
            loss = loss + F.cross_entropy(colours[known], colour[known])
        return loss


def teach_words(
    adaptor: nn.Module,
    features: np.ndarray,
    labels: Sequence[Labelled],
    known: Vocabulary,
    settings: Settings,
) -> None:
    """Train the adaptor so that its mean soft token is nearest the right words."""
    import torch
    from tqdm import trange

    device = next(adaptor.parameters()).device
    weights = torch.tensor([0.0 if label.held_out else WEIGHTS.get(label.source, 1.0) for label in labels])
    rng = torch.Generator().manual_seed(settings.seed)
    size = 128
    steps = max(1, int(settings.passes * int((weights > 0).sum()) / size))
    optimizer = torch.optim.AdamW(adaptor.parameters(), lr=settings.rate, weight_decay=0.02)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.rate, total_steps=steps + 1, pct_start=0.1
    )
    for _ in trange(steps, desc="words", mininterval=20):
        at = torch.multinomial(weights, size, replacement=True, generator=rng)
        # In the order of the file: rows that lie together are read together.
        at = at.sort().values
        some = torch.randperm(features.shape[1], generator=rng)[
            :PATCHES
        ]  # a quarter says as much, four times as fast
        patches = torch.from_numpy(features[at.numpy()][:, some.numpy()]).to(
            device
        )  # [batch, PATCHES, width]
        with torch.autocast(device.type, torch.bfloat16):
            soft = adaptor(patches.to(torch.bfloat16)).float().mean(1)
        loss = known.loss(soft, at)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()


def nearest_words(
    adaptor: nn.Module, features: np.ndarray, labels: Sequence[Labelled], known: Vocabulary
) -> dict[str, dict[str, float]]:
    """Return each set's share of held-out photos whose nearest kind, and nearest colour, is the right one."""
    import torch

    device = next(adaptor.parameters()).device
    table = {}
    for source in dict.fromkeys(label.source for label in labels):
        at = [i for i, label in enumerate(labels) if label.held_out and label.source == source]
        kind, colour = [], []
        for start in range(0, len(at), 256):
            part = at[start : start + 256]
            with torch.inference_mode(), torch.autocast(device.type, torch.bfloat16):
                patches = torch.from_numpy(np.asarray(features[part])).to(device, torch.bfloat16)
                kinds, colours = known.scores(adaptor(patches).float().mean(1))
            kind += (kinds.argmax(1).cpu() == known.kind[part]).tolist()
            colour += (colours.argmax(1).cpu() == known.colour[part])[known.colour[part] >= 0].tolist()
        if at:
            table[source] = {"photos": float(len(at)), "kind": float(np.mean(kind))}
            table[source] |= {"colour": float(np.mean(colour))} if colour else {}
    return table


def teach_language(
    model: LlavaForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    features: np.ndarray,
    labels: Sequence[Labelled],
    settings: Settings,
    seconds: float = 0.0,
) -> float:
    """Train with the decoder's own loss until the minutes are over; return the mean loss of the last steps."""
    import torch

    from shelftalk.finetune.dialogues import batches
    from shelftalk.finetune.masters import Masters, computing_dtype
    from shelftalk.finetune.sft import loss_of, save_state

    whole = {name: p.detach().float().clone() for name, p in model.named_parameters()}
    masters = Masters(model, computing_dtype())
    optimizer = torch.optim.AdamW(
        list(masters.weights.values()),
        lr=settings.language_rate,
        betas=(0.9, 0.98),
        weight_decay=0.01,
        fused=True,
    )
    folder = Path(settings.out) / "alignment"
    seed = settings.seed + int(seconds)
    rows = photo_rows(tokenizer, labels, seed)
    stream = batches(rows, settings.tokens, int(tokenizer.pad_token_id), seed)
    start = saved = time.monotonic()
    recent: list[float] = []
    step = 0
    while (over := (time.monotonic() - start + seconds) / (settings.minutes * 60)) < 1:
        for group in optimizer.param_groups:
            group["lr"] = settings.language_rate * min(1.0, (step + 1) / 50) * (1.02 - over)
        loss = loss_of(model, next(stream), features, tokenizer.vocab["<image>"], 0)
        loss.backward()  # type: ignore[no-untyped-call]
        masters.take_gradients(1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        masters.set_model()
        step += 1
        recent = [*recent[-99:], float(loss.detach())]
        if step % 50 == 0:
            print(f"step {step} loss {np.mean(recent):.4f} {1 - over:.0%} of the time left", flush=True)
        if time.monotonic() - saved > 180:
            save_state(folder, masters, optimizer, {"seconds": time.monotonic() - start + seconds})
            saved = time.monotonic()
    # What was frozen gets back the precision it had.
    model.to(torch.float32)  # type: ignore[arg-type]
    with torch.no_grad():
        for name, p in model.named_parameters():
            p.copy_(masters.weights.get(name, whole[name]))
    return float(np.mean(recent)) if recent else 0.0


def open_run(
    settings: Settings, start: Path | None
) -> tuple[PreTrainedTokenizerFast, LlavaForConditionalGeneration]:
    """Return the tokenizer and the model to align: an exported one, another run's or this run's last checkpoint."""
    from shelftalk.finetune.mini_start import load_or_build, start_from
    from shelftalk.finetune.sft import load_state

    folder = Path(settings.out)
    if start is not None and (start / "config.json").exists():
        tokenizer, model = start_from(start, folder)
    else:
        if start is not None:
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copy(start / "vocabulary.json", folder / "vocabulary.json")
        tokenizer, model = load_or_build(folder, Path(settings.tower), settings.data)
        load_state(start or folder, model)
    return tokenizer, model


def align(settings: Settings, start: Path | None) -> dict[str, dict[str, float]]:
    """Align the adaptor of a run and write the run's state; return how well held-out photos are read."""
    import torch

    from shelftalk.finetune.masters import Masters
    from shelftalk.finetune.photos import features_folder, photo_features, photo_files
    from shelftalk.finetune.sft import load_state, save_state

    torch.set_num_threads(settings.threads)
    torch.manual_seed(settings.seed)
    folder = Path(settings.out)
    tokenizer, model = open_run(settings, start)
    tower = Path(settings.tower)
    features, labels = photo_features(
        features_folder(Path(settings.photos or settings.out), tower), photo_files(settings.data), tower
    )
    model.to("cuda" if torch.cuda.is_available() else "cpu")  # type: ignore[arg-type]
    model.requires_grad_(False)
    adaptor = model.model.multi_modal_projector
    embeddings: Any = model.get_input_embeddings()
    words = embeddings.weight.detach().float().cpu().numpy()  # [vocabulary, width]
    adaptor.requires_grad_(True)
    known = Vocabulary(labels, words, tokenizer, model.device)
    seconds = 0.0
    if (folder / "alignment").exists():
        seconds = float(load_state(folder / "alignment", model)["seconds"])
    else:
        start_adaptor(adaptor, features, labels, words, tokenizer)
        print("least squares:", nearest_words(adaptor, features, labels, known), flush=True)
        teach_words(adaptor, features, labels, known, settings)
        own = Masters(model, torch.float32)
        save_state(folder / "alignment", own, torch.optim.AdamW(list(own.weights.values())), {"seconds": 0.0})
    table = nearest_words(adaptor, features, labels, known)
    print("words:", table, flush=True)
    loss = teach_language(model, tokenizer, features, labels, settings, seconds)
    if start is None:
        write_adaptor(folder, adaptor)
    else:
        model.requires_grad_(True)
        model.model.vision_tower.requires_grad_(False)
        every = Masters(model, torch.float32)
        about = {"step": 0, "seconds": 0.0, "tokens": 0, "settings": asdict(settings), "loss": loss}
        save_state(folder, every, torch.optim.AdamW(list(every.weights.values())), about)
    shutil.rmtree(folder / "alignment")
    return table


def write_adaptor(run: Path, adaptor: nn.Module) -> None:
    """Put the adaptor into a run's last checkpoint; what the run has learnt and counted beside it stays."""
    from safetensors.torch import load_file, save_file

    lead = "model.multi_modal_projector."
    weights, moments = (run / "state" / f"{name}.safetensors" for name in ("weights", "optimizer"))
    own = {
        lead + name: value.detach().float().cpu().contiguous() for name, value in adaptor.state_dict().items()
    }
    # The moments belong to the weights that were there before.
    kept = {name: value for name, value in load_file(moments).items() if not name.startswith(lead)}
    for file, tensors in ((moments, kept), (weights, load_file(weights) | own)):
        part = file.with_suffix(".part")
        save_file(tensors, part)
        part.replace(file)


def main() -> None:
    """Align from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True)
    parser.add_argument("--tower", required=True)
    parser.add_argument("--start", type=Path, help="an exported model, or a run folder")
    names = ("data", "photos", "passes", "minutes", "rate", "language_rate", "tokens", "threads", "seed")
    add_settings(parser, Settings, names)
    given = vars(parser.parse_args())
    start = given.pop("start")
    align(Settings(**given), start)
    print(f"done; tune with python -m shelftalk.finetune.sft --out {given['out']} --resume")


if __name__ == "__main__":
    main()
