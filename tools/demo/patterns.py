"""Stripes, checks, dots, flowers and angular shapes, in the product's second colour."""

from __future__ import annotations

import math

from shelftalk.tools.demo.brush import RGB, Pen, darker, fill, lighter, mix, oval, stroke

Bounds = tuple[float, float, float, float]


def paint_pattern(pen: Pen, bounds: Bounds, base: RGB, angle: float, scale: float) -> None:
    """Paint the pen's pattern over the bounds, turned by `angle` degrees; the caller has set the clip."""
    left, top, right, bottom = bounds
    reach = math.hypot(right - left, bottom - top) / 2 + 12
    pen.canvas.save()
    pen.canvas.translate((left + right) / 2, (top + bottom) / 2)
    pen.canvas.rotate(angle)
    painter = {
        "striped": _stripes,
        "checked": _checks,
        "dotted": _dots,
        "floral": _flowers,
        "geometric": _angles,
    }[pen.pattern]
    painter(pen, reach, base, scale)
    pen.canvas.restore()


def _grid(reach: float, step: float) -> list[float]:
    count = math.ceil(reach / step)
    return [index * step for index in range(-count, count + 1)]


def _stripes(pen: Pen, reach: float, _base: RGB, scale: float) -> None:
    step = 15.0 * scale
    for y in _grid(reach, step):
        fill(
            pen,
            f"M {-reach} {y} L {reach} {y} L {reach} {y + step * 0.44} L {-reach} {y + step * 0.44} Z",
            pen.accent,
        )


def _checks(pen: Pen, reach: float, base: RGB, scale: float) -> None:
    step = 20.0 * scale
    band = step * 0.46
    for t in _grid(reach, step):
        fill(
            pen,
            f"M {-reach} {t} L {reach} {t} L {reach} {t + band} L {-reach} {t + band} Z",
            pen.accent,
            0.55,
        )
        fill(
            pen,
            f"M {t} {-reach} L {t} {reach} L {t + band} {reach} L {t + band} {-reach} Z",
            pen.accent,
            0.55,
        )
        middle = t + band + (step - band) / 2
        line = darker(base, 0.4) if sum(base) > 250 else lighter(base, 0.4)
        stroke(pen, f"M {-reach} {middle} L {reach} {middle}", line, 0.9, 0.55)
        stroke(pen, f"M {middle} {-reach} L {middle} {reach}", line, 0.9, 0.55)


def _dots(pen: Pen, reach: float, _base: RGB, scale: float) -> None:
    step = 13.0 * scale
    for row, y in enumerate(_grid(reach, step)):
        for x in _grid(reach, step):
            fill(pen, oval(x + (step / 2 if row % 2 else 0), y, step * 0.235, step * 0.235), pen.accent)


def _flowers(pen: Pen, reach: float, base: RGB, scale: float) -> None:
    step = 25.0 * scale
    heart = (
        (245, 201, 60)
        if sum(abs(a - b) for a, b in zip(pen.accent, (245, 201, 60), strict=True)) > 150
        else darker(pen.accent, 0.5)
    )
    leaf = (
        (92, 140, 84)
        if sum(abs(a - b) for a, b in zip(base, (92, 140, 84), strict=True)) > 150
        else darker(base, 0.45)
    )
    for row, y0 in enumerate(_grid(reach, step * 0.86)):
        for x0 in _grid(reach, step):
            x = x0 + (step / 2 if row % 2 else 0) + pen.random.uniform(-2, 2) * scale
            y = y0 + pen.random.uniform(-2, 2) * scale
            size = step * pen.random.uniform(0.15, 0.2)
            turn = pen.random.uniform(0, math.tau)
            for way in (turn, turn + 2.4):
                lx, ly = x + math.cos(way) * size * 2.3, y + math.sin(way) * size * 2.3
                mx, my = (x + lx) / 2, (y + ly) / 2
                nx, ny = -math.sin(way) * size * 0.7, math.cos(way) * size * 0.7
                fill(pen, f"M {x} {y} Q {mx + nx} {my + ny} {lx} {ly} Q {mx - nx} {my - ny} {x} {y} Z", leaf)
            for petal in range(5):
                way = turn + petal * math.tau / 5
                px, py = x + math.cos(way) * size * 0.85, y + math.sin(way) * size * 0.85
                fill(pen, oval(px, py, size * 0.72, size * 0.72), pen.accent)
                stroke(pen, f"M {x} {y} L {px} {py}", mix(pen.accent, darker(base, 0.3), 0.5), 0.5, 0.7)
            fill(pen, oval(x, y, size * 0.42, size * 0.42), heart)


def _angles(pen: Pen, reach: float, base: RGB, scale: float) -> None:
    step = 22.0 * scale
    for row, y in enumerate(_grid(reach, step)):
        if row % 2:
            points = [
                f"{x} {y + (step * 0.32 if i % 2 else -step * 0.18)}"
                for i, x in enumerate(_grid(reach, step / 2))
            ]
            stroke(pen, "M " + " L ".join(points), pen.accent, 3.4 * scale)
            continue
        for x in _grid(reach, step):
            for size, tone in ((0.46, pen.accent), (0.27, base), (0.13, pen.accent)):
                r = step * size
                fill(pen, f"M {x} {y - r} L {x + r * 0.85} {y} L {x} {y + r} L {x - r * 0.85} {y} Z", tone)
