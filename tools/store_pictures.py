"""The store's pictures: one small WebP file for each, named by its SHA-256."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.tools.picture import open_picture
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

SIDE = 256  # pixels of the longest side: what the models look at, and more than a terminal shows
_QUALITY = 90


def picture_path(folder: Path, digest: str) -> Path:
    """Return where the picture lies in the store's picture folder."""
    return folder / digest[:2] / f"{digest}.webp"


def keep_picture(folder: Path, data: bytes) -> tuple[str, Image]:
    """Check and keep a picture; return its SHA-256 and the RGB image, at most 256 pixels a side.

    Bytes that are a small WebP already are kept as they are. PictureError: they are no picture;
    StoreError: the disk is full.
    """
    image = open_picture(data, longest=SIDE)
    kept = data if _is_small_webp(data, image) else _webp(image)
    digest = hashlib.sha256(kept).hexdigest()
    path = picture_path(folder, digest)
    if not path.exists():
        write_whole(path, kept)
    return digest, image


def _is_small_webp(data: bytes, image: Image) -> bool:
    # "VP8 " and "VP8L" hold one plain frame; "VP8X" may turn it, animate it or make it see-through.
    if data[:4] != b"RIFF" or data[8:12] != b"WEBP" or data[12:16] != b"VP8 ":
        return False
    width = int.from_bytes(data[26:28], "little") & 0x3FFF
    height = int.from_bytes(data[28:30], "little") & 0x3FFF
    return (width, height) == image.size


def _webp(image: Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "WEBP", quality=_QUALITY, method=2)
    return buffer.getvalue()


def sweep_pictures(folder: Path, used: Collection[str]) -> int:
    """Delete picture files that no product uses, and parts left by a killed process; return how many."""
    gone = 0
    for path in folder.glob("*/*"):
        if path.stem not in used:
            path.unlink(missing_ok=True)
            gone += 1
    return gone
