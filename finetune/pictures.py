"""Training pictures: decoded once into a memory-mapped array, then changed at random, a batch at a time."""

from __future__ import annotations

import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

SIDE = 144  # pixels of a cached picture; crops are taken from it


def _background(pixels: np.ndarray) -> np.ndarray:
    """Where the near-white that reaches the border is: uint8 [side, side], 255 for background."""
    from scipy import ndimage

    marks, _ = ndimage.label(pixels.min(axis=2) > 236)
    edge = np.unique(np.concatenate([marks[0], marks[-1], marks[:, 0], marks[:, -1]]))
    mask = np.isin(marks, edge[edge > 0])
    return (mask * 255).astype(np.uint8)


def cache_pictures(pictures: Iterable[bytes], count: int, path: Path, find_background: bool) -> np.ndarray:
    """Decode `count` encoded pictures into `path` (unless it is there) and open it.

    Returns a memory map, uint8 [count, 4, SIDE, SIDE]: red, green, blue, and 255 where the studio's background is.
    """
    shape = (count, 4, SIDE, SIDE)
    if path.exists():
        cached = np.load(path, mmap_mode="r")
        if cached.shape == shape:
            return cached  # type: ignore[no-any-return]
    part = path.with_suffix(".part")
    out = np.lib.format.open_memmap(part, mode="w+", dtype=np.uint8, shape=shape)
    for row, encoded in enumerate(pictures):
        image = Image.open(io.BytesIO(encoded)).convert("RGB")
        pixels = np.asarray(image.resize((SIDE, SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0))
        out[row, :3] = pixels.transpose(2, 0, 1)
        out[row, 3] = _background(pixels) if find_background else 0
    out.flush()
    del out
    os.replace(part, path)
    return np.load(path, mmap_mode="r")  # type: ignore[no-any-return]


def gather(caches: Sequence[np.ndarray], source: np.ndarray, row: np.ndarray) -> Tensor:
    """Return pictures `row` of caches `source` as uint8 [n, 4, SIDE, SIDE]."""
    out = np.empty((len(row), 4, SIDE, SIDE), np.uint8)
    for at, (which, index) in enumerate(zip(source, row, strict=True)):
        out[at] = caches[which][index]
    return torch.from_numpy(out)


def plain(batch: Tensor, side: int) -> Tensor:
    """uint8 [n, 4, SIDE, SIDE] -> [n, 3, side, side] from -1 to 1, nothing changed but the size."""
    pixels = batch[:, :3].float() / 127.5 - 1
    return F.interpolate(pixels, (side, side), mode="bilinear", align_corners=False, antialias=True)


def augment(batch: Tensor, side: int, light: Tensor, rng: torch.Generator) -> Tensor:
    """Change pictures as a camera and a home would: uint8 [n, 4, SIDE, SIDE] -> [n, 3, side, side] from -1 to 1.

    Crop or surround, stretch, turn, flip; another background behind a studio's product, unless `light` (bool [n])
    says that the product is itself nearly white; brightness, contrast, a slight tint, blur. Tints stay slight
    because the names of colours must stay right.
    """
    n = len(batch)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return torch.rand(*(shape or (n,)), generator=rng) * (high - low) + low

    # Scale below 1 takes a crop, above 1 leaves a margin.
    scale = uniform(0.6, 1.0).sqrt()
    scale = torch.where(uniform(0, 1) < 0.25, uniform(1.0, 1.45), scale)
    aspect = uniform(-0.15, 0.15).exp()
    angle = uniform(-0.2, 0.2) * (uniform(0, 1) < 0.5)
    flip = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    room = (1 - scale).abs()
    theta = torch.zeros(n, 2, 3)
    theta[:, 0, 0] = angle.cos() * scale * aspect * flip
    theta[:, 0, 1] = -angle.sin() * scale
    theta[:, 1, 0] = angle.sin() * scale * flip
    theta[:, 1, 1] = angle.cos() * scale / aspect
    theta[:, 0, 2] = uniform(-1, 1) * room
    theta[:, 1, 2] = uniform(-1, 1) * room
    grid = F.affine_grid(theta, [n, 4, side, side], align_corners=False)
    warped = F.grid_sample(batch.float() / 255, grid, padding_mode="border", align_corners=False)
    pixels, background = warped[:, :3], warped[:, 3:]

    # A smooth random surface instead of the studio's white.
    change = ((uniform(0, 1) < 0.4) & ~light).float().view(n, 1, 1, 1)
    base = uniform(0.1, 1, n, 3, 1, 1).lerp(uniform(0.1, 1, n, 1, 1, 1), 0.6)
    coarse = F.interpolate(uniform(-1, 1, n, 3, 5, 5), (side, side), mode="bilinear", align_corners=False)
    fine = uniform(-1, 1, n, 1, side, side)
    rough = uniform(0, 0.3, n, 1, 1, 1)
    surface = (base + rough * coarse + rough * 0.3 * fine).clamp(0, 1)
    pixels = torch.lerp(pixels, surface, background * change)

    blur = (uniform(0, 1) < 0.15).nonzero().flatten()
    if len(blur):
        small = F.interpolate(pixels[blur], scale_factor=0.5, mode="bilinear", align_corners=False)
        pixels[blur] = F.interpolate(small, (side, side), mode="bilinear", align_corners=False)
    gain = uniform(0.75, 1.2, n, 1, 1, 1) * uniform(0.95, 1.05, n, 3, 1, 1)
    contrast = uniform(0.8, 1.2, n, 1, 1, 1)
    mean = pixels.mean((1, 2, 3), keepdim=True)
    return (((pixels - mean) * contrast + mean) * gain).clamp(0, 1) * 2 - 1
