"""Drawing on the 256 x 256 studio: outlines, shaded bodies, seams, folds, hardware.

A `Pen` holds the canvas and the look of one product. Coordinates are those of the finished picture.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from random import Random
from typing import Any

RGB = tuple[int, int, int]
WHITE: RGB = (255, 255, 255)
BLACK: RGB = (0, 0, 0)
STEEL: RGB = (176, 180, 186)
BRASS: RGB = (206, 168, 92)
OAK: RGB = (178, 128, 80)


@dataclass
class Pen:
    """What a drawing function needs: where to draw, what the product looks like, and its own chance."""

    canvas: Any
    colour: RGB
    accent: RGB
    material: str
    pattern: str
    style: str
    random: Random
    floor: list[tuple[float, float, float]] = field(default_factory=list)  # shadows: left, right, y


def mix(a: RGB, b: RGB, share: float) -> RGB:
    """Return `a` with `share` (0 to 1) of `b` mixed in."""
    return (
        round(a[0] + (b[0] - a[0]) * share),
        round(a[1] + (b[1] - a[1]) * share),
        round(a[2] + (b[2] - a[2]) * share),
    )


def darker(colour: RGB, share: float = 0.25) -> RGB:
    """Return the colour mixed towards black."""
    return mix(colour, BLACK, share)


def lighter(colour: RGB, share: float = 0.25) -> RGB:
    """Return the colour mixed towards white."""
    return mix(colour, WHITE, share)


def argb(colour: RGB, alpha: float = 1.0) -> int:
    """Return Skia's colour number."""
    return (round(alpha * 255) << 24) | (colour[0] << 16) | (colour[1] << 8) | colour[2]


def outline(text: str, mirror: bool = False) -> Any:
    """Build a path from SVG-like text (absolute M L Q C Z); `mirror` joins its reflection in x=128."""
    import skia

    path = skia.Path()
    tokens = re.findall(r"[MLQCZ]|-?\d+\.?\d*(?:e-?\d+)?", text)
    index, verb = 0, ""
    counts = {"M": 2, "L": 2, "Q": 4, "C": 6, "Z": 0}
    while index < len(tokens):
        if tokens[index] in counts:
            verb = tokens[index]
            index += 1
            if verb == "Z":
                path.close()
                continue
        numbers = [float(t) for t in tokens[index : index + counts[verb]]]
        index += counts[verb]
        {"M": path.moveTo, "L": path.lineTo, "Q": path.quadTo, "C": path.cubicTo}[verb](*numbers)
        verb = "L" if verb == "M" else verb
    if mirror:
        other = skia.Path()
        path.transform(skia.Matrix.MakeAll(-1, 0, 256, 0, 1, 0, 0, 0, 1), other)
        return skia.Op(path, other, skia.PathOp.kUnion_PathOp)
    return path


def oval(x: float, y: float, rx: float, ry: float) -> Any:
    """Build an ellipse around (x, y)."""
    import skia

    path = skia.Path()
    path.addOval(skia.Rect.MakeLTRB(x - rx, y - ry, x + rx, y + ry))
    return path


def box(left: float, top: float, right: float, bottom: float, radius: float = 0.0) -> Any:
    """Build a rectangle with rounded corners."""
    import skia

    path = skia.Path()
    path.addRoundRect(skia.Rect.MakeLTRB(left, top, right, bottom), radius, radius)
    return path


def flipped(path: Any) -> Any:
    """Return the path reflected in x=128."""
    import skia

    other = skia.Path()
    path.transform(skia.Matrix.MakeAll(-1, 0, 256, 0, 1, 0, 0, 0, 1), other)
    return other


def joined(*paths: Any) -> Any:
    """Return the union of the paths."""
    import skia

    result = paths[0]
    for path in paths[1:]:
        result = skia.Op(result, path, skia.PathOp.kUnion_PathOp)
    return result


def cut(path: Any, hole: Any) -> Any:
    """Return the path without the hole."""
    import skia

    return skia.Op(path, hole, skia.PathOp.kDifference_PathOp)


def stroke(
    pen: Pen,
    path: Any,
    colour: RGB,
    width: float = 1.0,
    alpha: float = 1.0,
    blur: float = 0.0,
    dash: float = 0.0,
) -> None:
    """Draw a line along a path (or SVG-like text), soft if `blur`, stitched if `dash`."""
    import skia

    paint = skia.Paint(
        AntiAlias=True,
        Style=skia.Paint.kStroke_Style,
        StrokeWidth=width,
        StrokeCap=skia.Paint.kRound_Cap if not dash else skia.Paint.kButt_Cap,
        StrokeJoin=skia.Paint.kRound_Join,
        Color=argb(colour, alpha),
    )
    if blur:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
    if dash:
        paint.setPathEffect(skia.DashPathEffect.Make([dash, dash * 0.8], 0))
    pen.canvas.drawPath(outline(path) if isinstance(path, str) else path, paint)


def fill(pen: Pen, path: Any, colour: RGB, alpha: float = 1.0, blur: float = 0.0) -> None:
    """Fill a path (or SVG-like text) with one colour, soft-edged if `blur`."""
    import skia

    paint = skia.Paint(AntiAlias=True, Color=argb(colour, alpha))
    if blur:
        paint.setMaskFilter(skia.MaskFilter.MakeBlur(skia.kNormal_BlurStyle, blur))
    pen.canvas.drawPath(outline(path) if isinstance(path, str) else path, paint)


def gradient(
    pen: Pen, path: Any, ends: tuple[float, float, float, float], stops: list[tuple[float, RGB, float]]
) -> None:
    """Fill a path with a linear gradient from (x0, y0) to (x1, y1); a stop is (position, colour, alpha)."""
    import skia

    shader = skia.GradientShader.MakeLinear(
        points=[skia.Point(ends[0], ends[1]), skia.Point(ends[2], ends[3])],
        colors=[argb(colour, alpha) for _, colour, alpha in stops],
        positions=[position for position, _, _ in stops],
    )
    pen.canvas.drawPath(path, skia.Paint(AntiAlias=True, Shader=shader))


def seam(pen: Pen, text: str, colour: RGB | None = None, stitch: bool = True) -> None:
    """Draw a seam: a fine dark line, and a row of stitches where the material shows them."""
    tone = colour or darker(pen.colour, 0.42)
    stroke(pen, text, tone, 0.9, 0.55)
    if stitch and pen.material in ("denim", "leather", "canvas", "suede"):
        thread = (222, 160, 70) if pen.material == "denim" else lighter(pen.colour, 0.5)
        pen.canvas.save()
        pen.canvas.translate(1.6, 0.6)
        stroke(pen, text, thread, 0.9, 0.85, dash=2.2)
        pen.canvas.restore()


def fold(pen: Pen, text: str, strength: float = 1.0, width: float = 3.0) -> None:
    """Draw a soft fold: shade on one side, light on the other."""
    stroke(pen, text, darker(pen.colour, 0.75), width, 0.30 * strength, blur=width * 0.55)
    pen.canvas.save()
    pen.canvas.translate(-width * 0.9, -0.3)
    stroke(pen, text, WHITE, width * 0.8, 0.20 * strength, blur=width * 0.55)
    pen.canvas.restore()


def button(pen: Pen, x: float, y: float, radius: float = 2.4, colour: RGB | None = None) -> None:
    """Draw a sewn button with a highlight."""
    tone = colour or mix(pen.colour, WHITE if sum(pen.colour) < 330 else (70, 60, 55), 0.55)
    fill(pen, oval(x + 0.5, y + 0.9, radius, radius), BLACK, 0.3, 0.8)
    fill(pen, oval(x, y, radius, radius), tone)
    stroke(pen, oval(x, y, radius * 0.72, radius * 0.72), darker(tone, 0.3), 0.4, 0.7)
    fill(pen, oval(x - radius * 0.35, y - radius * 0.35, radius * 0.3, radius * 0.3), WHITE, 0.7)


def metal_bar(pen: Pen, path: Any, tone: RGB = STEEL, axis: str = "x") -> None:
    """Fill a path as polished metal, light across it."""
    bounds = path.getBounds()
    left, top, right, bottom = bounds.left(), bounds.top(), bounds.right(), bounds.bottom()
    ends = (left, top, right, top) if axis == "x" else (left, top, left, bottom)
    dark, light = darker(tone, 0.45), lighter(tone, 0.65)
    gradient(
        pen,
        path,
        ends,
        [(0, dark, 1), (0.25, light, 1), (0.5, tone, 1), (0.8, lighter(tone, 0.2), 1), (1, dark, 1)],
    )
    stroke(pen, path, darker(tone, 0.6), 0.5, 0.5)
