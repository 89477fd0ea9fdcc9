"""A small real shop with no weights: for tests of a shop's own code, beside `ScriptedModel`.

```python
from shelftalk import Agent
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop

model = ScriptedModel(replies=[call("search", query="red dress"), "How about [P1]?"])
agent = Agent(make_small_shop("shop"), model, sessions="sessions")
assert "dress" in agent.ask("a red dress, please").text
```
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast
from zlib import crc32

from shelftalk.tools.linking import words as stems
from shelftalk.tools.product import Product
from shelftalk.tools.shop import Shop

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from shelftalk.tools.encoder import Encoder

SIZE = 64
COLOURS = {"red": (210, 30, 40), "blue": (30, 60, 200), "green": (30, 150, 60)}
KINDS = {"dress": 40.0, "boot": 90.0, "lamp": 25.0, "bag": 60.0}


class BagEncoder:
    """Reads a text as the bag of its words, and a picture as the name of its colour."""

    name = fingerprint = "bag of words"
    words_size = pictures_size = SIZE

    def words(self, texts: Sequence[str]) -> np.ndarray:
        """Return float32 [texts, 64], length 1."""
        import numpy as np

        return np.stack([_bag(text) for text in texts])

    phrases = words

    def pictures(self, images: Sequence[Image]) -> np.ndarray:
        """Return float32 [images, 64], length 1."""
        import numpy as np

        return np.stack([_bag(_colour(image)) for image in images])

    def compose(
        self, pictures: Sequence[np.ndarray], text: str = "", unlike: Sequence[np.ndarray] = ()
    ) -> np.ndarray:
        """Return one query, float32 [64], length 1."""
        import numpy as np

        from shelftalk.tools.composing import blend

        nothing = np.zeros((0, SIZE), np.float32)
        like, away = (np.stack(vectors) if len(vectors) else nothing for vectors in (pictures, unlike))
        return blend(like, _bag(text) if text.strip() else None, away)


def _bag(text: str) -> np.ndarray:
    import numpy as np

    vector = np.zeros(SIZE, dtype=np.float32)
    for word in stems(text):
        vector += np.random.default_rng(crc32(word.encode())).normal(size=SIZE).astype(np.float32)
    return cast("np.ndarray", vector / max(float(np.linalg.norm(vector)), 1e-6))


def _colour(image: Image) -> str:
    red, green, blue = image.convert("RGB").resize((1, 1)).tobytes()
    return min(
        COLOURS,
        key=lambda n: sum((a - b) ** 2 for a, b in zip(COLOURS[n], (red, green, blue), strict=True)),
    )


def small_catalogue() -> list[Product]:
    """Return twelve products: each colour of each kind, ids like "red-dress"."""
    return [
        Product(
            id=f"{colour}-{kind}",
            title=f"{colour} {kind}".capitalize(),
            description=f"A {kind} for every day.",
            category=kind,
            price=price + 5 * place,
            currency="USD",
            stock=3,
            rating=3.5 + place / 2,
            attributes={"colour": colour},
        )
        for kind, price in KINDS.items()
        for place, colour in enumerate(COLOURS)
    ]


def make_small_shop(folder: Path | str, products: Sequence[Product] | None = None) -> Shop:
    """Return a shop of `products`, each with a picture in its colour, in a new or existing store `folder`."""
    from shelftalk.tools.store import Store

    encoder = cast("Encoder", BagEncoder())
    folder = Path(folder)
    if not folder.exists():
        with Store.open(folder, encoder, create=True) as store:
            kept = [
                product.model_copy(update={"picture": store.keep_picture(_png(product))[0]})
                for product in (small_catalogue() if products is None else products)
            ]
            texts = [f"{p.title} {p.category} {p.attributes.get('colour', '')}" for p in kept]
            looks = [p.attributes.get("colour", "") for p in kept]
            store.put(kept, encoder.words(texts), encoder.words(looks))
            store.finish()
    return Shop(Store.open(folder, encoder), encoder)


def _png(product: Product) -> bytes:
    from PIL import Image as Images

    buffer = io.BytesIO()
    colour = COLOURS.get(product.attributes.get("colour", ""), (128, 128, 128))
    Images.new("RGB", (32, 32), colour).save(buffer, "PNG")
    return buffer.getvalue()
