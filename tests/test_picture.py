"""Opening and keeping pictures."""

from __future__ import annotations

import io
import struct
import time
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shelftalk.tools import picture as picture_module
from shelftalk.tools.errors import PictureError, StoreError
from shelftalk.tools.picture import open_picture, save_picture


def encoded(image: Image.Image, form: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)  # type: ignore[arg-type]
    return buffer.getvalue()


def noise(width: int = 40, height: int = 30) -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(b"\0" * 1000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_opens_the_usual_formats(form: str, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"  # the name's ending does not matter
    path.write_bytes(encoded(noise(), form))
    for source in (path, path.read_bytes()):
        image = open_picture(source)
        assert (image.mode, image.size) == ("RGB", (40, 30))


@pytest.mark.parametrize("size", [(30_000, 30_000), (10_000, 9_000), (8_001, 8_000)])
def test_a_huge_picture_is_refused_from_its_header(size: tuple[int, int]) -> None:
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(PictureError, match=r"megapixels; allowed: .* at most 64 megapixels") as caught:
            open_picture(png_header(*size))
    assert time.perf_counter() - start < 1
    assert f"{size[0]:,} x {size[1]:,}" in str(caught.value)


def test_what_is_not_a_picture_is_named(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("hello, this is no picture at all")
    empty = tmp_path / "empty.png"
    empty.touch()
    for source, words in [
        (text, "is not a picture"),
        (empty, "is empty"),
        (tmp_path / "gone.png", "There is no picture at"),
        (tmp_path, "is not a file"),
        (b"", "is empty"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "is not a picture"),
    ]:
        with pytest.raises(PictureError, match=words):
            open_picture(source)


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"])
def test_a_truncated_picture_is_refused(form: str) -> None:
    data = encoded(noise(), form)
    with pytest.raises(PictureError, match="truncated or damaged"):
        open_picture(data[: len(data) // 2])


@settings(max_examples=150, deadline=None)
@given(form=st.sampled_from(["PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"]), data=st.data())
def test_damaged_bytes_open_or_are_refused_but_nothing_else(form: str, data: st.DataObject) -> None:
    good = bytearray(encoded(noise(16, 12), form))
    for _ in range(data.draw(st.integers(0, 6))):
        good[data.draw(st.integers(0, len(good) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(good[: data.draw(st.integers(0, len(good)))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's remarks on odd metadata
        try:
            assert open_picture(cut).mode == "RGB"
        except PictureError as error:
            assert str(error)


def test_exif_orientation_is_applied() -> None:
    image = Image.new("RGB", (40, 20), "white")
    image.paste("red", (0, 0, 10, 20))  # red at the left
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise: red goes to the top
    turned = open_picture(encoded(image, "JPEG", exif=exif, quality=95))
    assert turned.size == (20, 40)
    red, _, blue = turned.getpixel((10, 2))  # type: ignore[misc]
    assert red > 200 and blue < 80


def test_transparency_lies_on_white() -> None:
    clear = Image.new("RGBA", (8, 8), (255, 0, 0, 0))
    assert open_picture(encoded(clear, "PNG")).getpixel((4, 4)) == (255, 255, 255)
    palette = clear.quantize(4)
    assert open_picture(encoded(palette, "PNG", transparency=palette.getpixel((0, 0)))).getpixel((4, 4)) == (
        255,
        255,
        255,
    )


def test_first_frame_of_an_animation() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "lime")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert open_picture(data).getpixel((4, 4)) == (255, 0, 0)


def test_sixteen_bit_grey_keeps_its_shades() -> None:
    grey = Image.fromarray(np.full((4, 4), 0x8000, dtype=np.uint16))
    assert open_picture(encoded(grey, "PNG")).getpixel((1, 1)) == (128, 128, 128)


def test_longest_side() -> None:
    assert open_picture(encoded(noise(400, 100), "JPEG"), longest=100).size == (100, 25)
    assert open_picture(encoded(noise(40, 30), "JPEG"), longest=100).size == (40, 30)


def test_save_picture_names_by_content(tmp_path: Path) -> None:
    first = save_picture(noise(), tmp_path / "kept")
    assert save_picture(noise(), tmp_path / "kept") == first
    assert [p.name for p in (tmp_path / "kept").iterdir()] == [f"{first}.png"]
    assert open_picture(tmp_path / "kept" / f"{first}.png").tobytes() == noise().tobytes()
    large = save_picture(noise(3000, 30), tmp_path / "kept")
    assert open_picture(tmp_path / "kept" / f"{large}.png").size == (1024, 10)


def test_a_full_disk_leaves_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(picture_module.Path, "replace", full)
    with pytest.raises(StoreError, match=r"No space left on device.*free some space"):
        save_picture(noise(), tmp_path)
    assert list(tmp_path.iterdir()) == []
