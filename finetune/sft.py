"""Supervised tuning of the embedded model on simulated dialogues.

    python -m shelftalk.finetune.sft --out runs/mini --tower shelftalk/tools/weights/eye --minutes 60

`--data DIR` adds the fashion, clothing and grocery photos (Parquet files that lie there); `--resume` goes on from
the last checkpoint; `--weights agent/weights/mini` goes on from exported weights in a new run. On a CPU a process a
core is faster: `torchrun --nproc-per-node 2 -m shelftalk.finetune.sft ... --threads 1` (see together.py).
Loss on the assistant's tokens only. The tower is frozen: its patch features are computed once.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.finetune.ahead import ahead
from shelftalk.finetune.blocked_attention import use_blocked_attention
from shelftalk.finetune.command_line import add_settings
from shelftalk.finetune.dialogues import Batch, Source, batches, rows
from shelftalk.finetune.masters import Masters, computing_dtype
from shelftalk.finetune.together import Together, join

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor
    from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast

    from shelftalk.finetune.photos import Labelled

ALONE = Together()
SEEDS_APART = 104_729  # between processes that train together


@dataclass
class Settings:
    """Everything a run depends on; written beside its weights."""

    out: str
    tower: str
    data: str = ""
    minutes: float = 60.0
    rate: float = 5e-4
    tokens: int = 2048  # of a batch: many small steps teach faster than few large ones
    warm_up: int = 100  # steps
    threads: int = 2
    seed: int = 1
    save_minutes: float = 4.0
    clip: float = 1.0
    words_only: bool = False  # no photos: for a first stage, while the tower is still being trained
    photos: str = ""  # where photos' patch features are kept; none: in the run's folder
    decay_to: float = 0.04  # of the rate, at the end
    dropout: float = 0.1  # of the decoder's hidden values: wordings are few, and are soon known by heart
    stage: str = "tuning"  # a stage that goes on from another's checkpoint starts its own clock


def progress(settings: Settings, seconds: float) -> float:
    """Return how much of the run is over, 0 to 1; the schedule follows the clock."""
    return min(1.0, seconds / (settings.minutes * 60))


def rate_at(settings: Settings, step: int, over: float) -> float:
    """Return the learning rate: linear warm-up, then a cosine down to `decay_to`."""
    low = settings.decay_to
    fall = low + (1 - low) * 0.5 * (1 + math.cos(math.pi * over))
    return settings.rate * min(1.0, (step + 1) / settings.warm_up) * fall


def loss_of(
    model: LlavaForConditionalGeneration, batch: Batch, features: np.ndarray | None, image: int, shift: int
) -> Tensor:
    """Return the weighted mean loss of a batch; positions start at `shift`, so that all of them are trained."""
    import numpy as np
    import torch
    import torch.nn.functional as F

    ids = torch.from_numpy(batch.ids)  # [rows, tokens]
    weights = torch.from_numpy(batch.weights)
    decoder = model.model.language_model
    ids, weights = ids.to(model.device), weights.to(model.device)
    inputs = decoder.embeddings.word_embeddings(ids[:, :-1])  # [rows, tokens - 1, width]
    if batch.photos and features is not None:
        patches = torch.from_numpy(np.asarray(features[batch.photos], np.float32))  # [photos, 64, width]
        soft = model.model.multi_modal_projector(patches.to(inputs.device, inputs.dtype))
        inputs = inputs.masked_scatter((ids[:, :-1] == image)[..., None], soft)
    where = torch.arange(shift, shift + inputs.shape[1], device=inputs.device)[None]
    hidden = decoder(inputs_embeds=inputs, position_ids=where, use_cache=False).last_hidden_state
    wanted = weights[:, 1:] > 0
    logits = model.lm_head(hidden[wanted])  # [answers, vocabulary]
    losses = F.cross_entropy(logits.float(), ids[:, 1:][wanted], reduction="none")
    share = weights[:, 1:][wanted]
    mean: Tensor = (losses * share).sum() / share.sum()
    return mean


def save_state(folder: Path, masters: Masters, optimizer: Any, about: dict[str, Any]) -> None:
    """Write a checkpoint whole: weights and optimizer moments as safetensors, the rest as JSON."""
    from safetensors.torch import save_file

    part, final = folder / "state.part", folder / "state"
    part.mkdir(parents=True, exist_ok=True)
    save_file({n: p.detach().contiguous() for n, p in masters.weights.items()}, part / "weights.safetensors")
    names = list(masters.weights)
    moments = {
        f"{names[at]}/{key}": value.contiguous()
        for at, values in optimizer.state_dict()["state"].items()
        for key, value in values.items()
    }
    save_file(moments, part / "optimizer.safetensors")
    (part / "about.json").write_text(json.dumps(about, indent=1))
    old = folder / "state.old"
    if final.exists():
        os.replace(final, old)
    os.replace(part, final)
    if old.exists():
        for file in old.iterdir():
            file.unlink()
        old.rmdir()


def load_state(
    folder: Path, model: Any, masters: Masters | None = None, optimizer: Any = None
) -> dict[str, Any]:
    """Read the last checkpoint into the model, or into masters and optimizer; return what was written beside it."""
    import torch
    from safetensors.torch import load_file

    last = folder / "state" if (folder / "state" / "about.json").exists() else folder / "state.old"
    about: dict[str, Any] = json.loads((last / "about.json").read_text())
    weights = load_file(last / "weights.safetensors")
    if masters is None:
        model.load_state_dict(weights, strict=False)
        return about
    with torch.no_grad():
        for name, weight in masters.weights.items():
            weight.copy_(weights[name])
    masters.set_model()
    if (last / "optimizer.safetensors").exists() and optimizer is not None:
        moments = load_file(last / "optimizer.safetensors")
        names = list(masters.weights)
        state: dict[int, dict[str, Any]] = {}
        for key, value in moments.items():
            name, _, moment = key.rpartition("/")
            state.setdefault(names.index(name), {})[moment] = value
        optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})
    return about


def open_photos(settings: Settings) -> tuple[np.ndarray | None, list[Labelled]]:
    """Return the photos' patch features and labels, none where the run is of words only."""
    from shelftalk.finetune.photos import features_folder, photo_features, photo_files

    if settings.words_only:
        return None, []
    tower = Path(settings.tower)
    kept = features_folder(Path(settings.photos or settings.out), tower)
    return photo_features(kept, photo_files(settings.data), tower)


def open_sources(
    settings: Settings, tokenizer: PreTrainedTokenizerFast, labels: Sequence[Labelled], seed: int
) -> list[Source]:
    """Return where rows come from, by what lies in the data folder."""
    from shelftalk.finetune.photos import photo_rows, photos, products_of
    from shelftalk.tools.demo import shop_path

    shop = photos(labels, "shop", False)
    worn = photos(labels, "fashion", False) + photos(labels, "clothing", False)
    every = shop * 3 + worn + photos(labels, "grocery", False)
    sources = [Source(0.4, photos=every), Source(0.22, products_of(shop_path(), False), shop * 3 + worn)]
    data = Path(settings.data) if settings.data else None
    if data is not None and (data / "fashion.parquet").exists():
        sources.append(Source(0.12, products_of(data / "fashion.parquet", False), worn, draw_prices=True))
    if data is not None and (data / "text").exists():
        from shelftalk.finetune.real_requests import real_dialogues

        sources.append(Source(0.16, dialogues=real_dialogues(data, seed)))
    if labels:
        sources.append(Source(0.18, rows=photo_rows(tokenizer, labels, seed)))
    return sources


def made_batches(settings: Settings, seed: int) -> Iterator[Batch]:
    """Yield a run's batches without end; the same seed yields the same ones."""
    from shelftalk.finetune.vocabulary import build_tokenizer

    tokenizer = build_tokenizer(json.loads((Path(settings.out) / "vocabulary.json").read_text("utf-8")))
    _, labels = open_photos(settings)
    sources = open_sources(settings, tokenizer, labels, seed)
    return batches(rows(tokenizer, sources, seed), settings.tokens, int(tokenizer.pad_token_id), seed)


def in_stage(about: dict[str, Any], stage: str) -> dict[str, Any]:
    """Return what a run goes on from: its own checkpoint's figures, or zero with the earlier stage's kept beside."""
    if about.get("stage", stage) == stage:
        return {**about, "stage": stage}
    before = [*about.get("before", []), {k: v for k, v in about.items() if k != "before"}]
    return {"step": 0, "seconds": 0.0, "tokens": 0, "stage": stage, "before": before}


def last_step(folder: Path, stage: str) -> int:
    """Return the step that a stage goes on from in a run folder that has a checkpoint."""
    return int(in_stage(json.loads((folder / "state" / "about.json").read_text()), stage)["step"])


def seed_at(settings: Settings, step: int) -> int:
    """Return the seed of the rows from this step on: a resumed run goes on with rows of its own."""
    return settings.seed + 7919 * step


def train(
    settings: Settings,
    model: LlavaForConditionalGeneration,
    tokenizer: PreTrainedTokenizerFast,
    stream: Iterator[Batch],
    features: np.ndarray | None,
    resume: bool,
    us: Together = ALONE,
) -> float:
    """Train until the minutes are over, `us` being the processes that do; return the last hundred steps' mean loss."""
    import random

    import torch

    torch.set_num_threads(settings.threads)
    folder = Path(settings.out)
    folder.mkdir(parents=True, exist_ok=True)
    model.train()
    for module in model.model.language_model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = settings.dropout
    model.model.vision_tower.requires_grad_(False)
    model.model.vision_tower.eval()
    if torch.cuda.is_available():
        model.model.language_model.set_attn_implementation("sdpa")
    else:
        use_blocked_attention(model.model.language_model)
    model.to("cuda" if torch.cuda.is_available() else "cpu")  # type: ignore[arg-type]
    masters = Masters(model, computing_dtype())
    decay = [{"params": list(masters.weights.values()), "weight_decay": 0.01}]
    optimizer = torch.optim.AdamW(decay, lr=settings.rate, betas=(0.9, 0.98), fused=True)
    about: dict[str, Any] = {"step": 0, "seconds": 0.0, "tokens": 0, "stage": settings.stage}
    if resume and (folder / "state").exists():
        about = in_stage(load_state(folder, model, masters, optimizer), settings.stage)
    torch.manual_seed(seed_at(settings, about["step"]) + SEEDS_APART * us.number)  # the dropout's
    image = tokenizer.vocab["<image>"]
    start = time.monotonic() - about["seconds"]
    saved = time.monotonic()
    recent: list[float] = []
    longest = int(model.config.get_text_config().max_position_embeddings)
    ended = progress(settings, time.monotonic() - start) >= 1.0
    while not ended:
        batch = next(stream)
        over = progress(settings, time.monotonic() - start)
        for group in optimizer.param_groups:
            group["lr"] = rate_at(settings, about["step"], over)
        rng = random.Random(f"{us.number}/{about['step']}")
        shift = rng.randrange(longest - batch.ids.shape[1]) if rng.random() < 0.5 else 0
        loss = loss_of(model, batch, features, image, shift)
        loss.backward()  # type: ignore[no-untyped-call]
        masters.take_gradients(settings.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        about["step"] += 1
        about["tokens"] += int(batch.ids.size) * us.count
        meeting = us.meets(about["step"])
        if meeting:
            us.average(list(masters.weights.values()))
        masters.set_model()
        recent = [*recent[-99:], float(loss.detach())]
        about["seconds"] = time.monotonic() - start
        if about["step"] % 50 == 0 and us.number == 0:
            speed = about["tokens"] / about["seconds"]
            mean = sum(recent[-50:]) / len(recent[-50:])
            left = settings.minutes * (1 - over)
            print(
                f"step {about['step']} loss {mean:.4f} {speed:.0f} tokens/s {left:.1f} minutes left",
                flush=True,
            )
        if meeting:
            ended = us.any(progress(settings, about["seconds"]) >= 1.0)
            if us.number == 0 and (ended or time.monotonic() - saved > settings.save_minutes * 60):
                save_state(folder, masters, optimizer, {**about, "settings": asdict(settings)})
                saved = time.monotonic()
    return sum(recent) / max(1, len(recent))


def main() -> None:
    """Read the settings from the command line and train."""
    from shelftalk.finetune.mini_start import load_or_build, start_from

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", required=True)
    parser.add_argument("--tower", required=True)
    parser.add_argument("--data", default="")
    names = ("minutes", "rate", "decay_to", "save_minutes", "tokens", "threads", "seed", "photos", "dropout")
    add_settings(parser, Settings, names)
    parser.add_argument("--words-only", action="store_true")
    # Not "--start": torchrun takes that for an option of its own.
    parser.add_argument(
        "--weights", type=Path, help="an exported model to train further, in a new run folder"
    )
    parser.add_argument("--resume", action="store_true")
    given = vars(parser.parse_args())
    resume, start = given.pop("resume"), given.pop("weights")
    settings, us = Settings(**given), join()
    folder = Path(settings.out)
    resume = resume and (folder / "state" / "about.json").exists()
    if start is not None and not (folder / "state").exists():
        tokenizer, model = start_from(start, folder)
    else:
        tokenizer, model = load_or_build(folder, Path(settings.tower), settings.data)
    step = last_step(folder, settings.stage) if resume else 0
    features, _ = open_photos(settings)
    stream = ahead(made_batches, settings, seed_at(settings, step) + SEEDS_APART * us.number)
    loss = train(settings, model, tokenizer, stream, features, resume, us)
    print(f"done: loss {loss:.4f}; export with python -m shelftalk.finetune.export_mini --run {folder}")


if __name__ == "__main__":
    main()
