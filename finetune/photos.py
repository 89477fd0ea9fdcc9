"""Photos that simulated shoppers send: what each shows, and its patch features, computed once."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from shelftalk.evals.simulation.shopper import Photo
from shelftalk.tools.product import Product


@dataclass(frozen=True)
class Labelled:
    """One photo's labels; `held_out` ones are never trained on."""

    source: str
    kind: str
    colour: str
    held_out: bool


def photo_features(
    folder: Path, files: Sequence[Path], tower: Path, limit: int = 4500
) -> tuple[np.ndarray, list[Labelled]]:
    """Return patch features, float16 [photos, 64, 384] memory-mapped, and labels, at most `limit` photos of a file.

    Computed once for a tower and kept in `folder`; another tower's features lie in another folder.
    """
    import torch
    from tqdm import tqdm
    from transformers import AutoModel

    from shelftalk.finetune.captions import read_examples
    from shelftalk.finetune.pictures import cache_pictures, plain
    from shelftalk.tools import eye  # noqa: F401

    folder.mkdir(parents=True, exist_ok=True)
    features, labels = folder / "features.npy", folder / "labels.json"
    if features.exists() and labels.exists():
        return np.load(features, mmap_mode="r"), [Labelled(**row) for row in json.loads(labels.read_text())]
    model = AutoModel.from_pretrained(tower).eval()
    found: list[Labelled] = []
    parts: list[np.ndarray] = []
    for file in files:
        rows = list(read_examples(file, 0))
        keep = np.random.default_rng(0).permutation(len(rows))[:limit]
        rows = [rows[at] for at in sorted(keep)]
        pixels = cache_pictures((row[1] for row in rows), len(rows), folder / f"{file.stem}.npy", False)
        for start in tqdm(range(0, len(rows), 64), desc=f"{file.stem}: patch features"):
            batch = plain(torch.from_numpy(pixels[start : start + 64].copy()), model.config.image_size)
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
                out = model(
                    pixel_values=batch.contiguous(memory_format=torch.channels_last),
                    output_hidden_states=True,
                )
            parts.append(out.hidden_states[-1].to(torch.float16).numpy())  # [batch, 64, 384]
        for example, _ in rows:
            facts = example.facts
            kind = facts["group"] if example.source == "grocery" else facts["kind"]
            found.append(Labelled(example.source, kind, facts.get("colour", ""), example.held_out))
        (folder / f"{file.stem}.npy").unlink()
    stacked = np.concatenate(parts)
    part = features.with_suffix(".part.npy")
    np.save(part, stacked)
    os.replace(part, features)
    labels.write_text(json.dumps([asdict(row) for row in found]))
    return np.load(features, mmap_mode="r"), found


def photos(labels: Sequence[Labelled], source: str, held_out: bool) -> list[Photo]:
    """Return the photos of one source, of one side of the split."""
    return [
        Photo(number, row.kind, row.colour)
        for number, row in enumerate(labels)
        if row.source == source and row.held_out == held_out
    ]


def products_of(file: Path, held_out: bool) -> list[Product]:
    """Return a Parquet file's products (fashion photos, the demo shop) of one side of the split."""
    import pyarrow.parquet as pq

    from shelftalk.evals.simulation.splits import held_out as is_held_out

    schema = pq.read_schema(file).names
    rows = pq.read_table(file, columns=[c for c in schema if c not in ("image", "picture")]).to_pylist()
    named = {"baseColour": "colour", "articleType": "category", "productDisplayName": "title"}
    plain = ("id", "title", "description", "category", "price", "currency", "stock", "rating")
    skip = ("masterCategory", "subCategory", "year", "width", "height")
    products = []
    for row in rows:
        row = {named.get(key, key): value for key, value in row.items() if key not in skip}
        key = row["title"].strip() if "gender" in row and "brand" not in row else str(row["id"])
        if is_held_out(key, 10) != held_out:
            continue
        attributes = {k: str(v) for k, v in row.items() if k not in plain and v not in (None, "", "NA")}
        known = {k: row[k] for k in plain if row.get(k) is not None}
        products.append(Product(**{**known, "id": str(row["id"])}, attributes=attributes))
    return products
