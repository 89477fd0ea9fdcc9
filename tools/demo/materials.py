"""What a surface is made of: weave, twill, knit, grain, nap, sheen."""

from __future__ import annotations

import math
from typing import Any

from shelftalk.tools.demo.brush import BLACK, RGB, WHITE, Pen, argb, darker, lighter, mix, outline, stroke

Bounds = tuple[float, float, float, float]


def paint_material(pen: Pen, bounds: Bounds, base: RGB, material: str, angle: float) -> None:
    """Paint the texture of the material over the bounds; the caller has set the clip."""
    left, top, right, bottom = bounds
    reach = math.hypot(right - left, bottom - top) / 2 + 6
    pen.canvas.save()
    pen.canvas.translate((left + right) / 2, (top + bottom) / 2)
    pen.canvas.rotate(angle)
    light = sum(base) > 520
    dark, bright = darker(base, 0.5), lighter(base, 0.45)
    if material == "denim":
        _noise(pen, reach, 0.02, 0.02, 0.16)
        _hatch(pen, reach, 45, 2.2, bright, 0.30 if not light else 0.5, 0.7)
        _hatch(pen, reach, 45, 2.2, dark, 0.22, 0.6, 1.1)
    elif material == "linen":
        _hatch(pen, reach, 0, 2.0, dark, 0.13, 0.6)
        _hatch(pen, reach, 90, 2.0, bright, 0.16, 0.6)
        _noise(pen, reach, 0.05, 0.9, 0.10)
        _noise(pen, reach, 0.9, 0.05, 0.08)
    elif material == "canvas":
        _hatch(pen, reach, 0, 2.6, dark, 0.16, 1.0)
        _hatch(pen, reach, 90, 2.6, dark, 0.16, 1.0)
        _hatch(pen, reach, 0, 2.6, bright, 0.14, 0.6, 1.3)
    elif material == "wool":
        _knit(pen, reach, dark, bright)
    elif material == "jute":
        _hatch(pen, reach, 0, 4.2, dark, 0.42, 1.3)
        _hatch(pen, reach, 62, 3.2, dark, 0.22, 1.0)
        _hatch(pen, reach, 0, 4.2, bright, 0.35, 1.1, 2.0)
        _noise(pen, reach, 0.2, 0.2, 0.3)
    elif material == "straw":
        _hatch(pen, reach, 38, 3.6, dark, 0.34, 1.1)
        _hatch(pen, reach, -38, 3.6, bright, 0.42, 1.1)
        _hatch(pen, reach, 0, 5.4, dark, 0.2, 0.8)
    elif material == "leather":
        _noise(pen, reach, 0.5, 0.5, 0.07)
        _noise(pen, reach, 0.02, 0.03, 0.10)
    elif material == "suede":
        _noise(pen, reach, 0.6, 0.6, 0.20)
        _noise(pen, reach, 0.03, 0.04, 0.15)
    elif material == "velvet":
        _noise(pen, reach, 0.012, 0.02, 0.20 if light else 0.3)
        _noise(pen, reach, 0.7, 0.7, 0.12)
    elif material == "silk":
        _noise(pen, reach, 0.022, 0.005, 0.30)
    elif material == "nylon":
        _noise(pen, reach, 0.015, 0.015, 0.14)
        _hatch(pen, reach, 0, 4.0, dark, 0.1, 0.5)
        _hatch(pen, reach, 90, 4.0, dark, 0.1, 0.5)
    elif material == "cotton":
        _noise(pen, reach, 0.02, 0.02, 0.14)
    elif material == "wood":
        _grain(pen, reach, base)
    pen.canvas.restore()


def _hatch(
    pen: Pen,
    reach: float,
    degrees: float,
    step: float,
    colour: RGB,
    alpha: float,
    width: float,
    shift: float = 0.0,
) -> None:
    pen.canvas.save()
    pen.canvas.rotate(degrees)
    count = math.ceil(reach / step)
    text = " ".join(
        f"M {-reach} {i * step + shift:.2f} L {reach} {i * step + shift:.2f}"
        for i in range(-count, count + 1)
    )
    stroke(pen, outline(text), colour, width, alpha)
    pen.canvas.restore()


def _noise(pen: Pen, reach: float, fx: float, fy: float, alpha: float) -> None:
    """Mottle the surface: dark and light clouds of the given spatial frequency (per unit)."""
    import skia

    # Luminance of fractal noise, stretched about its middle, as black or white with the distance as alpha.
    seed = float(pen.random.randrange(1000))
    gain = alpha * 4.2
    for tone, sign in ((BLACK, -1.0), (WHITE, 1.0)):
        matrix = [0.0, 0, 0, 0, tone[0] / 255, 0, 0, 0, 0, tone[1] / 255, 0, 0, 0, 0, tone[2] / 255]
        matrix += [sign * gain, 0, 0, 0, -sign * gain * 0.5]
        paint = skia.Paint(
            Shader=skia.PerlinNoiseShader.MakeFractalNoise(fx, fy, 2, seed),
            ColorFilter=skia.ColorFilters.Matrix(matrix),
        )
        pen.canvas.drawRect(skia.Rect.MakeLTRB(-reach, -reach, reach, reach), paint)


def _knit(pen: Pen, reach: float, dark: RGB, bright: RGB) -> None:
    """Draw columns of V-shaped stitches."""
    import skia

    step_x, step_y = 5.0, 4.0
    path: Any = skia.Path()
    columns, rows = math.ceil(reach / step_x), math.ceil(reach / step_y)
    for i in range(-columns, columns + 1):
        for j in range(-rows, rows + 1):
            x, y = i * step_x, j * step_y
            path.moveTo(x - 2.2, y - 2.4)
            path.lineTo(x, y + 1.2)
            path.lineTo(x + 2.2, y - 2.4)
    stroke(pen, path, dark, 1.0, 0.32)
    pen.canvas.save()
    pen.canvas.translate(0, -1.5)
    stroke(pen, path, bright, 0.8, 0.28)
    pen.canvas.restore()
    _noise(pen, reach, 0.3, 0.3, 0.12)


def _grain(pen: Pen, reach: float, base: RGB) -> None:
    """Draw wavy grain along x, with a knot now and then."""
    import skia

    _noise(pen, reach, 0.008, 0.16, 0.5)
    tone = mix(darker(base, 0.55), (90, 56, 30), 0.25)
    y = -reach
    while y < reach:
        y += pen.random.uniform(2.4, 5.5)
        path = skia.Path()
        path.moveTo(-reach, y)
        x, wave = -reach, pen.random.uniform(0.6, 2.0)
        while x < reach:
            path.quadTo(
                x + 18, y + pen.random.uniform(-wave, wave), x + 36, y + pen.random.uniform(-0.6, 0.6)
            )
            x += 36
        pen.canvas.drawPath(
            path,
            skia.Paint(
                AntiAlias=True,
                Style=skia.Paint.kStroke_Style,
                StrokeWidth=pen.random.uniform(0.5, 1.1),
                Color=argb(tone, 0.5),
            ),
        )
