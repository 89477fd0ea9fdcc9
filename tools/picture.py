"""Opening and keeping pictures that come from outside: checked once, here, before anything decodes them."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING

from shelftalk.tools.errors import PictureError
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_PIXELS = 64_000_000
KEPT_SIDE = 1024  # a kept picture is shrunk to this: no model here looks closer
FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF", "AVIF")
_ALLOWED = "allowed: PNG, JPEG, WebP, GIF, BMP, TIFF or AVIF, at most 64 megapixels"
_ORIENTATION = 0x0112
# What Pillow's readers raise on bytes that are not what they claim.
_BROKEN = (OSError, SyntaxError, ValueError, EOFError, IndexError, KeyError, TypeError, RuntimeError)
_BROKEN_DATA = (*_BROKEN, struct.error, zlib.error, OverflowError, MemoryError)


def open_picture(source: Path | bytes, longest: int | None = None) -> Image:
    """Open a picture from a file or its bytes.

    Returns an RGB image: first frame, EXIF orientation applied, transparency on white; shrunk so that its
    longest side is at most `longest` pixels where given. PictureError: no such file, not a picture,
    truncated, or more than 64 megapixels, which is read from the header before anything is decoded.
    """
    if isinstance(source, bytes):
        return _read(io.BytesIO(source), "the picture", longest)
    name = f"{str(source)!r}"
    if not source.exists():
        raise PictureError(f"There is no picture at {name}: check the path.")
    if not source.is_file():
        raise PictureError(f"{name} is not a file, so not a picture; {_ALLOWED}.")
    try:
        with source.open("rb") as file:
            return _read(file, name, longest)
    except PermissionError:
        raise PictureError(f"The picture at {name} may not be read: check its permissions.") from None


def _read(file: IO[bytes], name: str, longest: int | None) -> Image:
    from PIL import Image

    image = _header(file, name)
    width, height = image.size
    if width * height > MAX_PIXELS:
        raise PictureError(
            f"{_capital(name)} is {width:,} x {height:,}, {width * height / 1e6:,.0f} megapixels; "
            f"{_ALLOWED}. Make it smaller and try again."
        )
    try:
        if longest is not None:
            image.draft("RGB", (longest, longest))  # a JPEG decodes at a fraction of its size, much faster
        image.load()
        turn = image.getexif().get(_ORIENTATION)
        plain = _rgb(image)
    except _BROKEN_DATA as error:
        raise PictureError(f"{_capital(name)} is truncated or damaged ({_brief(error)}).") from None
    if longest is not None:
        plain.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    method = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(turn if isinstance(turn, int) else 1)
    return plain if method is None else plain.transpose(method)


def _header(file: IO[bytes], name: str) -> Image:
    """Read the header alone.

    `PIL.Image.open` is passed by because it warns or refuses by a limit of its own, whose only switch is a
    global that belongs to the host program; and because it would try formats that no shop sends.
    """
    from PIL import Image

    Image.init()
    prefix = file.read(16)
    if not prefix:
        raise PictureError(f"{_capital(name)} is empty; {_ALLOWED}.")
    for form in FORMATS:
        if form not in Image.OPEN:
            continue  # this build of Pillow lacks it
        factory, accept = Image.OPEN[form]
        # A string is the reader's reason why it cannot.
        if accept is not None and accept(prefix) is not True:
            continue
        file.seek(0)
        try:
            return factory(file, "")
        except _BROKEN_DATA as error:
            raise PictureError(
                f"{_capital(name)} starts like {form} but is truncated or damaged ({_brief(error)})."
            ) from None
    raise PictureError(f"{_capital(name)} is not a picture; {_ALLOWED}.")


def _rgb(image: Image) -> Image:
    from PIL import Image

    if image.mode.startswith("I;16"):
        import numpy as np

        # Sixteen-bit grey: Pillow's own conversion would clip all but the darkest to white.
        return Image.fromarray((np.asarray(image).astype(np.uint16) >> 8).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        ground = Image.new("RGBA", image.size, "white")
        ground.alpha_composite(image.convert("RGBA"))
        return ground.convert("RGB")
    return image.convert("RGB")


def save_picture(image: Image, folder: Path) -> str:
    """Keep a picture as `folder/<SHA-256>.png`, shrunk to at most 1,024 pixels a side; return the SHA-256.

    The file is written whole or not at all. StoreError: the disk is full or the folder cannot be written.
    """
    from PIL import Image

    kept = image.convert("RGB")
    kept.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    kept.save(buffer, "PNG")
    data = buffer.getvalue()
    digest = hashlib.sha256(data).hexdigest()
    write_whole(folder / f"{digest}.png", data)
    return digest


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return text[:100] if text else type(error).__name__


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]
