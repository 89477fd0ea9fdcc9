"""What the eye can do on pictures it was never trained on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from shelftalk.finetune.captions import plain_kind
from shelftalk.finetune.eye_data import Data

Look = Callable[[Tensor], Tensor]  # examples -> joint vectors [n, size], L2-normalised
Say = Callable[[list[str]], Tensor]  # texts -> joint vectors [n, size], L2-normalised


def _named(pictures: Tensor, truth: list[str], labels: list[str], words: list[str], say: Say) -> float:
    """Share of pictures whose nearest label is the true one; those with another label are left out."""
    known = torch.tensor([label in labels for label in truth])
    if not known.any():
        return float("nan")
    nearest = (pictures[known] @ say(words).T).argmax(1)
    right = torch.tensor([labels.index(label) for label in truth if label in labels])
    return float((nearest == right).float().mean())


def _frequent(values: list[str], most: int) -> list[str]:
    return [value for value, _ in Counter(v for v in values if v and v != "NA").most_common(most)]


def score_eye(data: Data, look: Look, say: Say, limit: int | None = None) -> dict[str, float]:
    """Score held-out pictures: title search (recall at 10) and naming without training on the names."""
    out: dict[str, float] = {}
    for source in ("fashion", "clothing", "grocery", "shop"):
        at = data.rows(source, held_out=True)
        if limit is not None and len(at) > limit:
            at = at[torch.randperm(len(at), generator=torch.Generator().manual_seed(0))[:limit]]
        if not len(at):
            continue
        pictures = look(at)
        examples = [data.examples[i] for i in at.tolist()]
        everyone = [e for e in data.examples if e.source == source]
        if source in ("fashion", "shop"):
            titles = [e.captions[0].text for e in examples]
            near = (say(titles) @ pictures.T).topk(min(10, len(at)), dim=1).indices.tolist()
            hits = [any(titles[j] == title for j in row) for title, row in zip(titles, near, strict=True)]
            out[f"{source}_title_recall@10"] = sum(hits) / len(hits)
            colours = _frequent([e.extra["colour"] for e in everyone], 20)
            words = ["multicoloured" if c == "Multi" else c.lower() for c in colours]
            out[f"{source}_colour"] = _named(
                pictures, [e.extra["colour"] for e in examples], colours, words, say
            )
        if source == "grocery":
            groups = sorted({e.facts["group"] for e in everyone})
            out["grocery_group"] = _named(pictures, [e.facts["group"] for e in examples], groups, groups, say)
        else:
            kinds = _frequent([e.extra["kind"] for e in everyone], 40)
            words = [plain_kind(kind) for kind in kinds]
            out[f"{source}_kind"] = _named(pictures, [e.extra["kind"] for e in examples], kinds, words, say)
    return out
