"""The demo shop's vectors, shipped so that its first start need not encode anything.

Run after the encoder or the shop has changed: python -m shelftalk.tools.demo.vectors
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image

    from shelftalk.tools.encoder import Encoder

_KEY_BYTES = 8


def vectors_path() -> Path:
    """Return the file of vectors (float16), each beside the key of the text or picture that it stands for."""
    return Path(__file__).parent / "vectors.safetensors"


def recalled(encoder: Encoder, path: Path | None = None) -> Encoder:
    """Return an encoder that answers with shipped vectors where this encoder made them, and encodes the rest.

    Where the file is missing, damaged or made by another encoder, the encoder itself is returned.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path or vectors_path(), framework="numpy") as file:
            if (file.metadata() or {}).get("encoder") != encoder.fingerprint:
                return encoder
            kept = {name: file.get_tensor(name) for name in ("texts", "words", "looks", "pictures")}
    except (OSError, SafetensorError):
        return encoder
    return cast("Encoder", _Recalled(encoder, kept))


class _Recalled:
    """An encoder with a memory, of products' texts and of pictures."""

    def __init__(self, encoder: Encoder, kept: dict[str, np.ndarray]) -> None:
        self._encoder = encoder
        self._words = {
            key.tobytes(): vector for key, vector in zip(kept["texts"], kept["words"], strict=True)
        }
        self._pictures = {
            key.tobytes(): vector for key, vector in zip(kept["looks"], kept["pictures"], strict=True)
        }

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)

    def words(self, texts: Sequence[str]) -> np.ndarray:
        """As the encoder's."""
        return _recall(texts, _text_key, self._words, self._encoder.words, self._encoder.words_size)

    def pictures(self, images: Sequence[Image]) -> np.ndarray:
        """As the encoder's."""
        size = self._encoder.pictures_size
        return _recall(images, _picture_key, self._pictures, self._encoder.pictures, size)


def _recall(
    inputs: Sequence[Any],
    key: Callable[[Any], bytes],
    kept: dict[bytes, np.ndarray],
    encode: Callable[[Sequence[Any]], np.ndarray],
    size: int,
) -> np.ndarray:
    import numpy as np

    out = np.zeros((len(inputs), size), np.float32)
    found = [kept.get(key(one)) for one in inputs]
    for place, vector in enumerate(found):
        if vector is not None:
            out[place] = vector
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)  # lost a little as float16
    if new := [place for place, vector in enumerate(found) if vector is None]:
        out[new] = encode([inputs[place] for place in new])
    return out


def _text_key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:_KEY_BYTES]


def _picture_key(image: Image) -> bytes:
    return hashlib.sha256(f"{image.mode}{image.size}".encode() + image.tobytes()).digest()[:_KEY_BYTES]


def main() -> None:
    """Encode the demo shop with the shipped encoder and write the file, whole or not at all."""
    import numpy as np
    from safetensors.numpy import save

    from shelftalk.tools.catalogue import Catalogue, Row
    from shelftalk.tools.demo import shop_path
    from shelftalk.tools.encoder import load_encoder
    from shelftalk.tools.indexing import product_text
    from shelftalk.tools.picture import open_picture
    from shelftalk.tools.store_pictures import SIDE
    from shelftalk.tools.whole import write_whole

    encoder = load_encoder()
    rows = [row for row in Catalogue(shop_path()) if isinstance(row, Row)]
    texts = [product_text(row.product) for row in rows]
    images = [open_picture(row.picture, longest=SIDE) for row in rows if row.picture is not None]
    kept = {
        "texts": _keys(map(_text_key, texts)),
        "words": encoder.words(texts).astype(np.float16),
        "looks": _keys(map(_picture_key, images)),
        "pictures": encoder.pictures(images).astype(np.float16),
    }
    write_whole(vectors_path(), save(kept, {"encoder": encoder.fingerprint}))
    vectors_path().chmod(0o644)  # it is part of the package, for everyone to read
    print(f"{vectors_path().name}: {len(texts)} texts, {len(images)} pictures, encoder {encoder.fingerprint}")


def _keys(keys: Any) -> np.ndarray:
    import numpy as np

    return np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _KEY_BYTES)


if __name__ == "__main__":
    main()
