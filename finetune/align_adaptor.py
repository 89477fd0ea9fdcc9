"""Adaptor alignment by least squares: soft tokens start where the words are that they should say.

    python -m shelftalk.finetune.align_adaptor --run runs/mini --photos runs/mini/photos-XXXXXXXX

A ridge regression from a photo's mean patch features to the mean word embedding of what it shows (kind and colour)
becomes the adaptor's weights. The decoder copies words from its context already, so it reads such soft tokens at
once; supervised tuning goes on from there. Overwrites the adaptor in the run's last checkpoint.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.finetune.photos import Labelled
from shelftalk.finetune.vocabulary import build_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

RIDGE = 10.0


def word_targets(labels: list[Labelled], words: np.ndarray, tokenizer: PreTrainedTokenizerFast) -> np.ndarray:
    """Return float32 [photos, width]: the mean embedding of the kind's tokens plus that of the colour's."""

    def of(text: str) -> np.ndarray:
        ids = tokenizer(text, add_special_tokens=False)["input_ids"]
        return np.asarray(words[ids].mean(0))

    known = {text: of(text) for label in labels for text in (label.kind, label.colour) if text}
    return np.stack([known[x.kind] + (known[x.colour] if x.colour else 0) for x in labels]).astype(np.float32)


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


def main() -> None:
    """Fit and write the adaptor into the run's checkpoint; print how often the nearest word is the right one."""
    from safetensors.numpy import load_file, save_file

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--photos", required=True, type=Path)
    given = parser.parse_args()
    tokenizer = build_tokenizer(json.loads((given.run / "vocabulary.json").read_text("utf-8")))
    labels = [Labelled(**row) for row in json.loads((given.photos / "labels.json").read_text())]
    patches = np.load(given.photos / "features.npy", mmap_mode="r")  # [photos, 64, width]
    features = np.stack([np.asarray(part, np.float32).mean(0) for part in patches])
    path = given.run / "state" / "weights.safetensors"
    state = load_file(path)
    words = state["model.language_model.embeddings.word_embeddings.weight"]
    targets = word_targets(labels, words, tokenizer)
    train = np.array([not label.held_out for label in labels])
    weight, bias = fit(features[train], targets[train])

    guesses = features @ weight.T + bias
    for source in sorted({label.source for label in labels}):
        at = [i for i, x in enumerate(labels) if x.held_out and x.source == source]
        pairs = sorted({(labels[i].kind, labels[i].colour) for i in at})
        choices = word_targets([Labelled(source, k, c, True) for k, c in pairs], words, tokenizer)
        far = ((guesses[at][:, None] - choices[None]) ** 2).sum(-1).argmin(1)
        kind = np.mean([pairs[f][0] == labels[i].kind for f, i in zip(far, at, strict=True)])
        colour = np.mean([pairs[f][1] == labels[i].colour for f, i in zip(far, at, strict=True)])
        print(f"{source}, held out: kind {kind:.1%}, colour {colour:.1%} of {len(at)}")

    lead = "model.multi_modal_projector.linear_"
    state.update({lead + name: value for name, value in as_layers(weight, bias, features[train]).items()})
    save_file(state, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)
    # The moments belong to the weights that were there before.
    path = given.run / "state" / "optimizer.safetensors"
    save_file({k: v for k, v in load_file(path).items() if lead not in k}, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


if __name__ == "__main__":
    main()
