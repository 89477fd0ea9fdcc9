"""Fit the words again to pictures that no longer change.

    python -m shelftalk.finetune.eye_words --data DIR --run OUT [--passes 8]

OUT is a finished run of `shelftalk.finetune.eye`. While the eye still learns, words chase pictures that move, and
each step compares a few hundred of them. Here every training picture is looked at once, and only the map of words
is trained, with many more pictures to tell apart in each step. Rewrites OUT/export; its eye stays as it is.
"""

from __future__ import annotations

import argparse
import json
import math
import os
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from shelftalk.finetune.eye import data_files, evaluate
from shelftalk.finetune.eye_data import Data, load_data
from shelftalk.finetune.eye_learner import Learner, contrast, working_dtype
from shelftalk.finetune.eye_memory import TWINS, Memory
from shelftalk.finetune.pictures import plain
from shelftalk.tools.errors import UsageError
from shelftalk.tools.joint import PROJECTION, JointModel, save_joint
from shelftalk.tools.phrasing import Phrasing

BATCH = 1024
CAPTIONS = 3  # of each picture and step, beside its title
REMEMBERED = 8192
DECAY = 0.01


def look_at_all(model: JointModel, data: Data, at: Tensor, path: Path) -> Tensor:
    """Return the joint vectors of the pictures `at`, float32 [n, size]; kept in `path` for the next time."""
    from tqdm import tqdm

    if path.exists():
        return load_file(path)["pictures"]
    side = model.eye.config.image_size
    with torch.inference_mode():
        parts = [
            model.look(plain(data.pictures(part), side))
            for part in tqdm(torch.split(at, 128), desc="pictures", leave=False)
        ]
    save_file({"pictures": torch.cat(parts)}, path.with_suffix(".part"))
    os.replace(path.with_suffix(".part"), path)
    return torch.cat(parts)


def fit(
    phrasing: Phrasing, data: Data, at: Tensor, pictures: Tensor, passes: int, rate: float, seed: int
) -> list[float]:
    """Train the map of words on pictures [n, size] of the examples `at`; return each pass's mean loss."""
    log_scale = nn.Parameter(torch.tensor(math.log(40.0)))
    optimiser = torch.optim.AdamW([*phrasing.parameters(), log_scale], lr=rate, weight_decay=DECAY)
    rng = torch.Generator().manual_seed(seed)
    memory, steps, losses = Memory(REMEMBERED), 0, []
    whole = passes * math.ceil(len(at) / BATCH)
    for _ in range(passes):
        total = []
        for part in torch.randperm(len(at), generator=rng).split(BATCH):  # type: ignore[no-untyped-call]
            for group in optimiser.param_groups:
                group["lr"] = rate * (1 + math.cos(math.pi * steps / whole)) / 2
            loss = _loss(phrasing, data, at[part], pictures[part], log_scale.exp(), memory, rng)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            steps += 1
            total.append(float(loss.detach()))
        losses.append(sum(total) / len(total))
        print(f"pass {len(losses)} of {passes}: loss {losses[-1]:.4f}", flush=True)
    return losses


def _loss(
    phrasing: Phrasing,
    data: Data,
    at: Tensor,
    seen: Tensor,
    scale: Tensor,
    memory: Memory,
    rng: torch.Generator,
) -> Tensor:
    captions = data.draw_captions(at, CAPTIONS, rng)
    true, false = data.compare(captions, at)
    texts = data.text[captions]
    frozen = data.embeddings[texts]
    own = torch.arange(len(captions)) % len(at)
    twins = (frozen @ data.embeddings[texts].T > TWINS).view(len(captions), CAPTIONS, len(at)).any(1)
    false &= ~twins
    true[torch.arange(len(captions)), own] = True
    false[torch.arange(len(captions)), own] = False
    loss = contrast(phrasing(frozen, data.pieces[texts]), seen, scale, true, false)
    titled, titles, codes = data.titles(at)
    if len(titled):
        named = phrasing(data.embeddings[titles], data.pieces[titles])
        loss = loss + memory.loss(named, seen[titled], data.embeddings[titles], codes, scale)
    return loss


def run(folder: Path, out: Path, passes: int, rate: float, seed: int, threads: int) -> dict[str, float]:
    """Fit the words of the run `out` on the data in `folder`; return the scores on held-out pictures."""
    torch.set_num_threads(threads)
    if not (out / "export" / PROJECTION).is_file():
        raise UsageError(f"{out} holds no export: train the eye there first")
    data = load_data(data_files(folder), out / "cache", seed)
    model = JointModel.load(out / "export")
    at = (data.weights(0.06) > 0).nonzero().flatten()
    step = json.loads((out / "state.json").read_text())["step"]
    pictures = look_at_all(model, data, at, out / f"pictures-{step}.safetensors")
    learner = Learner(model.eye.config, data.ids)
    learner.eye.load_state_dict(model.eye.state_dict())
    old = Phrasing.of(load_file(out / "export" / PROJECTION))
    learner.phrasing.take(old)
    losses = fit(learner.phrasing, data, at, pictures, passes, rate, seed)
    learner.eval()
    save_joint(out / "export", learner.eye, learner.phrasing)
    scores = evaluate(learner, data, working_dtype("auto"))
    about = {"passes": passes, "rate": rate, "seed": seed, "batch": BATCH, "losses": losses, "scores": scores}
    (out / "words.part").write_text(json.dumps(about, indent=1))
    os.replace(out / "words.part", out / "words.json")
    return scores


def main() -> None:
    """Read the command line and fit."""
    parser = argparse.ArgumentParser(
        prog="python -m shelftalk.finetune.eye_words", description=(__doc__ or "").split("\n")[0]
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of Parquet files")
    parser.add_argument("--run", type=Path, required=True, help="folder of the eye's run")
    parser.add_argument("--passes", type=int, default=8, help="over the training pictures")
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    scores = run(given.data, given.run, given.passes, given.rate, given.seed, given.threads)
    print("scores " + " ".join(f"{name} {value:.3f}" for name, value in scores.items()))


if __name__ == "__main__":
    main()
