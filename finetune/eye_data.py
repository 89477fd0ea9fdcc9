"""The eye's training set in memory: pictures, facts, captions and their frozen text embeddings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from shelftalk.finetune.captions import ANY, FIELDS, UNKNOWN, Example, read_examples
from shelftalk.finetune.pictures import cache_pictures, gather
from shelftalk.tools.joint import TextModel
from shelftalk.tools.phrasing import VOCABULARY

# How often a set's pictures are drawn, relative to studio photos; the shop's is set by its share instead.
WEIGHTS = {"fashion": 1.0, "clothing": 3.0, "grocery": 1.0}


@cache
def _text_model() -> TextModel:
    return TextModel()


@torch.inference_mode()
def embed_texts(texts: Sequence[str]) -> Tensor:
    """Embed texts with the frozen text model: float32 [n, 384], L2-normalised."""
    model = _text_model()
    out = torch.zeros(len(texts), 384)
    for part in torch.tensor(sorted(range(len(texts)), key=lambda i: len(texts[i])), dtype=torch.long).split(
        256
    ):  # type: ignore[no-untyped-call]
        out[part] = model(**model.tokens([texts[i] for i in part]))
    return out


def piece_rows(texts: Sequence[str]) -> Tensor:
    """Return the texts' word pieces, int64 [n, longest], 0 after the end."""
    return _text_model().tokens([text.lower() for text in texts])["input_ids"]


def _pieces(texts: list[str], own: Tensor) -> tuple[list[int], Tensor]:
    """Return the word pieces that get a vector, and each text's rows among them, int64 [texts, longest].

    Those that the texts at `own` (the training captions) hold at least twice; row 0 is for all others.
    """
    parts = [piece_rows(texts[start : start + 4096]) for start in range(0, len(texts), 4096)]
    longest = max(part.shape[1] for part in parts)
    tokens = torch.cat([torch.nn.functional.pad(part, (0, longest - part.shape[1])) for part in parts])
    count = torch.bincount(tokens[own].flatten(), minlength=VOCABULARY)
    count[torch.tensor(_text_model().tokenizer.all_special_ids)] = 0
    ids: list[int] = (count > 1).nonzero().flatten().tolist()
    lookup = torch.zeros(VOCABULARY, dtype=torch.long)
    lookup[torch.tensor(ids, dtype=torch.long)] = torch.arange(1, len(ids) + 1)
    return ids, lookup[tokens]


@dataclass
class Data:
    """Everything a training step reads; rows of `facts`, `first` and `count` are examples."""

    examples: list[Example]
    caches: list[np.ndarray]
    cache: np.ndarray  # [n] which cache a picture lies in
    row: np.ndarray  # [n] its row there
    light: Tensor  # bool [n]
    facts: Tensor  # int32 [n, fields]
    first: Tensor  # [n] its first caption
    count: Tensor  # [n] how many captions it has
    needs: Tensor  # int32 [captions, fields]
    owner: Tensor  # [captions] the example a caption was written for
    text: Tensor  # [captions] which row of `embeddings`
    embeddings: Tensor  # float32 [texts, 384]
    pieces: Tensor  # int64 [texts, longest] rows of the word pieces that get a vector
    ids: list[int]  # those word pieces
    exact: int  # the code of the set whose shades are exact

    def rows(self, source: str, held_out: bool) -> Tensor:
        """Return the examples of one set, the held-out ones or the others."""
        keep = [i for i, e in enumerate(self.examples) if e.source == source and e.held_out == held_out]
        return torch.tensor(keep, dtype=torch.long)

    def weights(self, shop_share: float) -> Tensor:
        """Return how often each example is drawn, float [n]; held-out ones never."""
        out = torch.tensor([0.0 if e.held_out else WEIGHTS.get(e.source, 1.0) for e in self.examples])
        shop = torch.tensor([e.source == "shop" for e in self.examples]) & (out > 0)
        if shop.any():
            out[shop] = shop_share / (1 - shop_share) * float(out[~shop].sum() or 1.0) / int(shop.sum())
        return out

    def pictures(self, at: Tensor) -> Tensor:
        """Return cached pictures as uint8 [n, 4, side, side]."""
        return gather(self.caches, self.cache[at.numpy()], self.row[at.numpy()])

    def draw_captions(self, at: Tensor, each: int, rng: torch.Generator) -> Tensor:
        """Choose captions for each example: its first (a full title) often, the others at random; [each * n]."""
        n = len(at)
        count = self.count[at]
        picks = []
        for turn in range(each):
            pick = (torch.rand(n, generator=rng) * count).long()
            if turn == 0:
                pick = torch.where(torch.rand(n, generator=rng) < 0.6, 0, pick)
            elif turn == 1:  # kind and colour
                pick = torch.where(
                    torch.rand(n, generator=rng) < 0.6, torch.minimum(count - 1, torch.tensor(1)), pick
                )
            picks.append(self.first[at] + pick)
        return torch.cat(picks)

    def titles(self, at: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return which of the examples have a title of their own, its row of `embeddings`, and its code."""
        title = FIELDS.index("title")
        codes = self.needs[self.first[at], title].long()
        titled = (codes != ANY).nonzero().flatten()
        return titled, self.text[self.first[at[titled]]], codes[titled]

    def compare(self, captions: Tensor, at: Tensor) -> tuple[Tensor, Tensor]:
        """Say of which pictures each caption is true and of which it is false: two bool [captions, pictures].

        Neither where the data does not say.
        """
        need = self.needs[captions][:, None, :]  # [captions, 1, fields]
        have = self.facts[at][None, :, :]  # [1, pictures, fields]
        asked = need != ANY
        differs = asked & (have != UNKNOWN) & (need != have)
        unknown = (asked & (have == UNKNOWN)).any(-1)
        # A difference in these leaves it open whether the caption holds: uses and materials overlap, two sets'
        # words for kinds differ where the things need not, and only the drawn shop's names of shades are exact.
        sets = FIELDS.index("set")
        own = self.facts[self.owner[captions], sets][:, None]  # [captions, 1]
        same = own == have[..., sets]
        everywhere = torch.ones_like(same)
        loose = {
            "usage": everywhere,
            "material": everywhere,
            "kind": ~same,
            "shade": ~(same & (own == self.exact)),
        }
        for name, where in loose.items():
            column = FIELDS.index(name)
            unknown |= differs[..., column] & where
            differs[..., column] &= ~where
        false = differs.any(-1)
        return ~false & ~unknown, false


def load_data(files: Sequence[Path], cache_folder: Path, seed: int) -> Data:
    """Read Parquet files into memory-mapped pictures, facts and captions; caches what takes long."""
    cache_folder.mkdir(parents=True, exist_ok=True)
    examples: list[Example] = []
    caches: list[np.ndarray] = []
    cache: list[int] = []
    row: list[int] = []
    for number, path in enumerate(files):
        mark = hashlib.sha256(f"{path.stat().st_size}:{path.stat().st_mtime_ns}".encode()).hexdigest()[:12]
        found = list(read_examples(path, seed))
        pictures = (encoded for _, encoded in found)
        caches.append(
            cache_pictures(
                pictures, len(found), cache_folder / f"{path.stem}-{mark}.npy", path.stem == "fashion"
            )
        )
        examples += [example for example, _ in found]
        cache += [number] * len(found)
        row += range(len(found))

    codes: dict[tuple[str, str], int] = {}

    def code(name: str, value: str) -> int:
        return codes.setdefault((name, value), len(codes))

    facts = [[code(f, e.facts[f]) if f in e.facts else UNKNOWN for f in FIELDS] for e in examples]
    captions = [c for e in examples for c in e.captions]
    needs = [[code(f, c.needs[f]) if f in c.needs else ANY for f in FIELDS] for c in captions]
    count = torch.tensor([len(e.captions) for e in examples])
    texts: dict[str, int] = {}
    text = torch.tensor([texts.setdefault(c.text.lower(), len(texts)) for c in captions])
    owner = torch.repeat_interleave(torch.arange(len(examples)), count)
    learnt = torch.tensor([not e.held_out for e in examples])[owner]
    ids, pieces = _pieces(list(texts), torch.unique(text[learnt]))
    return Data(
        examples, caches, np.array(cache), np.array(row), torch.tensor([e.light for e in examples]),
        torch.tensor(facts, dtype=torch.int32), count.cumsum(0) - count, count,
        torch.tensor(needs, dtype=torch.int32), owner, text,
        _embeddings(list(texts), cache_folder), pieces, ids, code("set", "shop"),
    )  # fmt: skip


def _embeddings(texts: list[str], folder: Path) -> Tensor:
    """Embed texts, or read them from the cache; only texts that are new are embedded."""
    from safetensors.torch import load_file, save_file

    names, values = folder / "texts.json", folder / "texts.safetensors"
    known: dict[str, int] = {}
    old = torch.zeros(0, 384)
    if names.exists() and values.exists():
        known = {text: i for i, text in enumerate(json.loads(names.read_text()))}
        old = load_file(values)["embeddings"].float()
    new = [text for text in texts if text not in known]
    if new:
        old = torch.cat([old, embed_texts(new)])
        known |= {text: len(known) + i for i, text in enumerate(new)}
        save_file({"embeddings": old.half()}, values)
        names.write_text(json.dumps(list(known)))
    return old[torch.tensor([known[text] for text in texts])]
