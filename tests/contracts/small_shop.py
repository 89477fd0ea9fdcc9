"""A small shop for tests: a real store, and an encoder that is quick and whose answers are known beforehand."""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from PIL import Image

from shelftalk.tools.composing import blend
from shelftalk.tools.linking import words as stems
from shelftalk.tools.product import Product
from shelftalk.tools.scores.ease import EASE
from shelftalk.tools.scores.interactions import make_interactions
from shelftalk.tools.store import Store

COLOURS = {"red": (220, 20, 20), "blue": (20, 20, 220), "green": (20, 160, 20)}
KINDS = {"dress": 40.0, "boot": 90.0, "lamp": 25.0}
MATERIALS = {"dress": ("cotton", "silk"), "boot": ("leather", "canvas"), "lamp": ("metal", "glass")}
SIZE = 64


def bag(text: str) -> np.ndarray:
    """A text as the sum of a random vector for each of its words, length 1."""
    vector = np.zeros(SIZE, dtype=np.float32)
    for word in stems(text):
        vector += np.random.default_rng(crc32(word.encode())).normal(size=SIZE).astype(np.float32)
    return vector / max(float(np.linalg.norm(vector)), 1e-6)


class BagEncoder:
    """Words are bags of words; a picture is the bag of its colour's name and its kind, told by its height."""

    name = fingerprint = "bag"
    words_size = pictures_size = SIZE

    def words(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([bag(text) for text in texts])

    phrases = words

    def pictures(self, images: Sequence[Image.Image]) -> np.ndarray:
        return np.stack([bag(describe(image)) for image in images])

    def compose(
        self, pictures: Sequence[np.ndarray], text: str = "", unlike: Sequence[np.ndarray] = ()
    ) -> np.ndarray:
        phrase = bag(text) if text.strip() else None
        nothing = np.zeros((0, SIZE), np.float32)
        return blend(
            np.stack(pictures) if len(pictures) else nothing, phrase, np.stack(unlike) if unlike else nothing
        )


def describe(image: Image.Image) -> str:
    mean = np.asarray(image, dtype=float).reshape(-1, 3).mean(axis=0)
    colour = min(COLOURS, key=lambda name: float(((mean - COLOURS[name]) ** 2).sum()))
    return f"{colour} {list(KINDS)[image.height // 10 - 1]}"


def draw(colour: str, kind: str) -> Image.Image:
    return Image.new("RGB", (30, 10 + 10 * list(KINDS).index(kind)), COLOURS[colour])


def png(image: Image.Image) -> bytes:
    data = BytesIO()
    image.save(data, "PNG")
    return data.getvalue()


def catalogue() -> list[Product]:
    """18 products, ids like red-dress-0; the second of each two costs 10 more and is the better rated."""
    return [
        Product(
            id=f"{colour}-{kind}-{number}",
            title=f"{material} {kind} in {colour} number {number}".capitalize(),
            description=f"A {kind} for every day.",
            category=kind.capitalize(),
            price=KINDS[kind] + 10 * number,
            currency="USD",
            stock=0 if colour == "green" and number else 5,
            rating=4.0 + number / 2,
            attributes={"colour": colour.capitalize(), "material": material},
        )
        for colour in COLOURS
        for kind in KINDS
        for number, material in enumerate(MATERIALS[kind])
    ]


def behaviour() -> EASE:
    """Shoppers who keep to one colour; lamp-takers are the most."""
    scorer = EASE(penalty=5)
    kinds = ["lamp", "lamp", "lamp", "boot", "dress"]
    scorer.fit(
        make_interactions(
            {"shopper": shopper, "item": f"{colour}-{kind}-{(shopper + place) % 2}"}
            for shopper in range(60)
            for place, kind in enumerate(kinds[shopper % 3 :])
            for colour in [list(COLOURS)[shopper % 3 % len(COLOURS)]]
        )
    )
    return scorer


def make_store(folder: Path) -> None:
    """Write the catalogue into a store at `folder`, each product with a picture of its own colour and kind."""
    encoder: Any = BagEncoder()
    with Store.open(folder, encoder, create=True) as store:
        products = []
        for product in catalogue():
            colour, kind, _ = product.id.split("-")
            digest, _ = store.keep_picture(png(draw(colour, kind)))
            products.append(product.model_copy(update={"picture": digest}))
        texts = [f"{p.title} {p.category} {' '.join(p.attributes.values())}" for p in products]
        pictures = np.stack([bag(" ".join(p.id.split("-")[:2])) for p in products])
        store.put(products, encoder.words(texts), pictures)
        store.finish()
