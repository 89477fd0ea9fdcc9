"""Photos that simulated shoppers send: what each shows, and its patch features, computed once."""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.evals.pictured_sets import COLOURS, KINDS, read_seen
from shelftalk.evals.simulation.dialogue import Dialogue, Turn
from shelftalk.evals.simulation.pictured import ask, send
from shelftalk.evals.simulation.shopper import Photo, Shopper
from shelftalk.evals.simulation.wordings import Split
from shelftalk.finetune.dialogues import Row, Source, encode
from shelftalk.prompts.dialect import render_call
from shelftalk.tools.product import Product

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor
    from transformers import PreTrainedTokenizerFast

# How many times a picture is looked at, cut and mirrored at random but for the first time: small sets need it.
VIEWS = {"shop": 6, "fashion": 1, "clothing_cc0": 4, "grocery": 4}
# A label that names several things, and the word that a shopper would use for it.
SAID = {"pants": "trousers"}
# How often a set's photos are asked about: the drawn shop's are few, and known by heart soon.
SHARES = {"shop": 0.3, "fashion": 0.4, "clothing": 0.18, "grocery": 0.12}
SEARCHES = 0.3  # of the short rows: "find this", answered by a search, rather than "what is this?"
VISITS = 32  # short rows made in one shop before another opens
PATCHES, WIDTH = 64, 384
BATCH = 64  # pictures


@dataclass(frozen=True)
class Labelled:
    """One photo's labels; `held_out` ones are never trained on."""

    source: str
    kind: str
    colour: str
    held_out: bool


def photo_features(
    folder: Path, files: Sequence[Path], tower: Path, limit: int = 100_000
) -> tuple[np.ndarray, list[Labelled]]:
    """Return patch features, float16 [photos, 64, 384] memory-mapped, and labels, at most `limit` pictures of a file.

    Computed once for a tower and kept in `folder`; another tower's features lie in another folder.
    """
    features, labels = folder / "features.npy", folder / "labels.json"
    if not (features.exists() and labels.exists()):
        folder.mkdir(parents=True, exist_ok=True)
        _compute(folder, files, tower, limit)
    return np.load(features, mmap_mode="r"), read_labels(labels)


def photo_files(data: str | Path) -> list[Path]:
    """Return the files of photos that there are: the demo shop's, and those of the data folder if one is given."""
    from shelftalk.tools.demo import shop_path

    found = [Path(data) / f"{name}.parquet" for name in VIEWS if name != "shop"] if data else []
    return [shop_path(), *(file for file in found if file.exists())]


def features_folder(parent: Path, tower: Path) -> Path:
    """Return where a tower's patch features are kept: another tower sees otherwise, and its are kept apart."""
    digest = hashlib.sha256()
    for weights in sorted(tower.glob("model*.safetensors")):
        digest.update(weights.read_bytes())
    return parent / f"photos-{digest.hexdigest()[:8]}"


def read_labels(file: Path) -> list[Labelled]:
    """Return the labels beside patch features, in the words that are used of all sets."""
    rows = [Labelled(**row) for row in json.loads(file.read_text())]

    def said(kind: str) -> str:
        plain = KINDS.get(kind, kind)
        return SAID.get(plain, plain)

    return [Labelled(x.source, said(x.kind), COLOURS.get(x.colour, x.colour), x.held_out) for x in rows]


def _compute(folder: Path, files: Sequence[Path], tower: Path, limit: int) -> None:
    """Write features.npy and labels.json, each whole or not at all."""
    import torch
    from tqdm import tqdm
    from transformers import AutoModel

    from shelftalk.tools import eye  # noqa: F401
    from shelftalk.tools.joint import folded

    device = "cuda" if torch.cuda.is_available() else "cpu"
    model: Any = folded(AutoModel.from_pretrained(tower, dtype=torch.float32).eval())
    model.to(device)
    side = int(model.config.image_size)
    found: list[Labelled] = []
    plan: list[tuple[bytes, int]] = []  # a picture and which look at it
    for file in files:
        rows = list(read_seen(file))
        keep = np.random.default_rng(0).permutation(len(rows))[:limit]
        for seen, encoded in (rows[at] for at in sorted(keep)):
            for view in range(1 if seen.held_out else VIEWS[file.stem]):
                found.append(Labelled(seen.source, seen.kind, seen.colour, seen.held_out))
                plan.append((encoded, view))
    part = folder / "features.part.npy"
    out = np.lib.format.open_memmap(part, "w+", np.float16, (len(plan), PATCHES, WIDTH))

    def look(start: int) -> int:
        # A batch on each core, rather than every batch on all of them: threads need not wait for one another.
        torch.set_num_threads(1)
        pixels = _pixels(plan[start : start + BATCH], start, side).to(device)
        with torch.inference_mode(), torch.autocast(device, torch.bfloat16):
            seen = model(pixel_values=pixels.contiguous(memory_format=torch.channels_last)).last_hidden_state
        out[start : start + len(seen)] = seen.to(torch.float16).cpu().numpy()  # [batch, 64, 384]
        return len(seen)

    threads = torch.get_num_threads()
    with (
        tqdm(total=len(plan), desc="patch features", mininterval=10) as bar,
        ThreadPoolExecutor(os.cpu_count()) as pool,
    ):
        for done in pool.map(look, range(0, len(plan), BATCH)):
            bar.update(done)
    torch.set_num_threads(threads)
    out.flush()
    os.replace(part, folder / "features.npy")
    (folder / "labels.json").write_text(json.dumps([asdict(row) for row in found]))


def _pixels(plan: Sequence[tuple[bytes, int]], first: int, side: int) -> Tensor:
    """Return pictures as the processor makes them, float32 [batch, 3, side, side] from -1 to 1."""
    import torch
    from PIL.Image import Resampling

    from shelftalk.tools.picture import open_picture

    looks = []
    for number, (encoded, view) in enumerate(plan, first):
        image = open_picture(encoded)
        if view:
            image = _another_look(image, random.Random(number))
        looks.append(np.asarray(image.resize((side, side), Resampling.BILINEAR), np.float32))
    return torch.from_numpy(np.stack(looks)).permute(0, 3, 1, 2) / 127.5 - 1


def _another_look(image: Image, rng: random.Random) -> Image:
    """Return a picture cut at random, mirrored half the time; its colours stay, because their names must."""
    from PIL.Image import Transpose

    width, height = image.size
    share = rng.uniform(0.75, 1.0)
    wide, high = share * width, share * height * rng.uniform(0.9, 1.0)
    left, top = rng.uniform(0, width - wide), rng.uniform(0, height - high)
    cut = image.crop((round(left), round(top), round(left + wide), round(top + high)))
    return cut.transpose(Transpose.FLIP_LEFT_RIGHT) if rng.random() < 0.5 else cut


def photos(labels: Sequence[Labelled], source: str, held_out: bool) -> list[Photo]:
    """Return the photos of one source, of one side of the split."""
    return [
        Photo(number, row.kind, row.colour)
        for number, row in enumerate(labels)
        if row.source == source and row.held_out == held_out
    ]


def photo_rows(
    tokenizer: PreTrainedTokenizerFast, labels: Sequence[Labelled], seed: int, split: Split = "train"
) -> Iterator[Row]:
    """Yield short rows without end: one photo, one question, and what it shows, or the search that it calls for.

    Photos are numbered as `labels` are; held-out ones are left out. The same seed yields the same rows.
    """
    from shelftalk.tools.demo import shop_path

    pools = {source: photos(labels, source, False) for source in SHARES}
    pools = {source: pool for source, pool in pools.items() if pool}
    shops = [Source(1.0), Source(1.0, products_of(shop_path(), False))]
    visit = 0
    while True:
        visit += 1
        rng = random.Random(f"photos/{seed}/{visit}")
        shelf = shops[visit % 2].shelf(rng)
        for _ in range(VISITS):
            pool = pools[rng.choices(list(pools), [SHARES[source] for source in pools])[0]]
            me = Shopper(rng, shelf, split, [rng.choice(pool)])
            turn = _search(me) if rng.random() < SEARCHES else ask(me)
            row = encode(tokenizer, Dialogue([turn], shelf.facets)) if turn is not None else None
            if row is not None:
                _weigh(row, me.photos[0], tokenizer)
                yield row


def _weigh(row: Row, photo: Photo, tokenizer: PreTrainedTokenizerFast) -> None:
    """Count what was seen in full: of an answer's tokens only kind and colour could not be guessed unseen."""
    for said in (photo.kind, photo.colour):
        ids = tokenizer(said, add_special_tokens=False)["input_ids"] if said else []
        for at in np.flatnonzero(row.ids == ids[0]) if ids else ():
            part = slice(at, at + len(ids))
            if row.ids[part].tolist() == ids and (row.weights[part] > 0).all():
                row.weights[part] = 1.0


def _search(me: Shopper) -> Turn | None:
    """Send a picture to search by; of the turn only the call is kept."""
    turn = send(me)
    if turn is None or not turn.steps:
        return None
    call = turn.steps[0]
    return Turn(turn.kind, turn.user, render_call(call.name, call.arguments), photos=turn.photos)


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
