"""Words that an exported model has no token for, taken in from MiniLM's vocabulary.

A word read in pieces means little to a small model ("inv" and "oice"). MiniLM's embedding of the whole word lies among
those that the model started from and has hardly moved; what the output makes of it is told by the words that are there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.evals.simulation.wordings import phrases, wordings
from shelftalk.finetune.vocabulary import BLANK, COMMON, minilm_folder, pieces_of

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import LlavaForConditionalGeneration

SHRINKING = 0.1  # of the ridge regression, as a share of the mean variance


def minilm_words(folder: Path | None = None) -> dict[str, int]:
    """Return the tokens of MiniLM's vocabulary, each with its number; the most frequent come first."""
    lines = ((folder or minilm_folder()) / "vocab.txt").read_text("utf-8").splitlines()
    return {word: number for number, word in enumerate(lines)}


def new_words(have: Collection[str], minilm: Mapping[str, int]) -> list[str]:
    """Return the tokens to take in: MiniLM's whole words that are frequent or that shoppers say, if not there yet."""
    said = {piece for text in _phrases() for piece in pieces_of(text)}
    return [
        BLANK + word
        for word, number in minilm.items()
        if re.fullmatch("[a-z]+", word)
        and BLANK + word not in have
        and (number < COMMON or BLANK + word in said)
    ]


def _phrases() -> Iterator[str]:
    for file in ("wordings.toml", "questions.toml", "stories.toml", "replies.toml"):
        for intent in phrases(file):
            yield from (re.sub(r"\{\w+\}", " ", text) for text in wordings(intent, "train", file))


def take_in(
    model: LlavaForConditionalGeneration, tokens: Sequence[str], new: Sequence[str], minilm: Mapping[str, int]
) -> None:
    """Append rows for the tokens `new` to a model's embeddings and output; `tokens` are those that it has, in order.

    A word's output row is what ridge regression makes of its embedding, over the words that are there.
    """
    import torch
    from safetensors.torch import load_file

    if not new:
        return
    kept = load_file(minilm_folder() / "model.safetensors")
    vectors = next(value for name, value in kept.items() if name.endswith("word_embeddings.weight")).float()
    known = [(at, minilm[t[1:]]) for at, t in enumerate(tokens) if t[:1] == BLANK and t[1:] in minilm]
    rows = torch.tensor([at for at, _ in known])
    with torch.no_grad():
        read = _rows(model.get_input_embeddings())[rows].float()  # [words, width]
        written = _rows(model.get_output_embeddings())[rows].float()  # [words, width]
        moved = (read - vectors[[number for _, number in known]]).mean(0)
        added = vectors[[minilm[token[1:]] for token in new]] + moved  # [new, width]
        model.resize_token_embeddings(len(tokens) + len(new), mean_resizing=False)
        _rows(model.get_input_embeddings())[len(tokens) :] = added
        _rows(model.get_output_embeddings())[len(tokens) :] = _told(read, written, added)


def _rows(layer: Any) -> Tensor:
    weight: Tensor = layer.weight
    return weight


def _told(read: Tensor, written: Tensor, added: Tensor) -> Tensor:
    """Return output rows [new, width] for embeddings `added`, by ridge regression of `written` on `read`."""
    import torch

    x, y = read - read.mean(0), written - written.mean(0)
    square = x.T @ x  # [width, width]
    ridge = SHRINKING * square.diagonal().mean() * torch.eye(len(square))
    slope = torch.linalg.solve(square + ridge, x.T @ y)  # [width, width]
    rows: Tensor = (added - read.mean(0)) @ slope + written.mean(0)
    return rows
