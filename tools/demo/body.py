"""A part of a product as a solid thing: base colour, pattern, material, then light and shade."""

from __future__ import annotations

from typing import Any

from shelftalk.tools.demo.brush import BLACK, RGB, WHITE, Pen, darker, fill, gradient, lighter, stroke
from shelftalk.tools.demo.materials import paint_material
from shelftalk.tools.demo.patterns import paint_pattern

SHINE = {
    "leather": 0.34,
    "silk": 0.42,
    "nylon": 0.26,
    "ceramic": 0.5,
    "metal": 0.5,
    "glass": 0.5,
    "velvet": 0.1,
}


def body(
    pen: Pen,
    path: Any,
    colour: RGB | None = None,
    pattern: bool = True,
    angle: float = 0.0,
    axis: str = "x",
    depth: float = 1.0,
    material: str | None = None,
    scale: float = 1.0,
) -> None:
    """Fill a path as a shaded piece of the product's stuff.

    `angle` turns pattern and weave (degrees); `axis` is the way the roundness runs ("x" for a thing lit from
    the left, "y" from above, "" for flat); `depth` scales the shading and `scale` the pattern.
    """
    import skia

    base = colour or pen.colour
    stuff = material or pen.material
    bounds = path.getBounds()
    left, top, right, bottom = bounds.left(), bounds.top(), bounds.right(), bounds.bottom()
    clear = stuff == "glass"
    pen.canvas.save()
    pen.canvas.clipPath(path, doAntiAlias=True)
    pen.canvas.drawPath(
        path, skia.Paint(AntiAlias=True, Color=skia.ColorSetA(skia.ColorSetRGB(*base), 195 if clear else 255))
    )
    if pattern and pen.pattern not in ("plain", "colour-block"):
        paint_pattern(pen, (left, top, right, bottom), base, angle, scale)
    paint_material(pen, (left, top, right, bottom), base, stuff, angle)
    dark = darker(base, 0.8)
    shine = SHINE.get(stuff, 0.14)
    if axis:
        ends = (
            (left, top, right, top + (bottom - top) * 0.12)
            if axis == "x"
            else (left, top, left + (right - left) * 0.1, bottom)
        )
        gradient(
            pen,
            path,
            ends,
            [
                (0, dark, 0.20 * depth),
                (0.16, WHITE, 0.0),
                (0.3, WHITE, shine * 0.55 * depth),
                (0.46, WHITE, 0.0),
                (0.7, dark, 0.10 * depth),
                (1, dark, 0.42 * depth),
            ],
        )
    if stuff in ("ceramic", "metal", "glass") and axis == "x":
        gradient(
            pen,
            path,
            (left, top, right, top),
            [(0.16, WHITE, 0), (0.2, WHITE, shine), (0.25, WHITE, shine), (0.3, WHITE, 0)],
        )
        gradient(
            pen,
            path,
            (left, top, right, top),
            [(0.86, WHITE, 0), (0.91, WHITE, shine * 0.5), (0.95, WHITE, 0)],
        )
    # The rim turns away from the light: a soft dark edge inside, then a fine line.
    rim = WHITE if stuff == "velvet" else dark
    stroke(pen, path, rim, 7 * depth, 0.22, blur=3.2)
    pen.canvas.restore()
    edge = darker(base, 0.55) if sum(base) > 140 else lighter(base, 0.22)
    stroke(pen, path, edge, 0.8, 0.6)
    if clear:
        stroke(pen, path, WHITE, 1.2, 0.4)


def hollow(pen: Pen, path: Any, colour: RGB | None = None) -> None:
    """Fill the inside of an opening: the same stuff in shadow, darkest at the top."""
    base = darker(colour or pen.colour, 0.5)
    fill(pen, path, base)
    bounds = path.getBounds()
    gradient(pen, path, (0, bounds.top(), 0, bounds.bottom()), [(0, BLACK, 0.5), (1, BLACK, 0.05)])
