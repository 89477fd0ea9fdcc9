"""What all shoes share: the pair, laces, soles, straps."""

from __future__ import annotations

from collections.abc import Callable

from shelftalk.tools.demo.body import body
from shelftalk.tools.demo.brush import (
    BLACK,
    WHITE,
    Pen,
    darker,
    fill,
    outline,
    oval,
    stroke,
)

RUBBER = (240, 238, 232)
CORK = (196, 152, 104)


def pair(
    pen: Pen,
    draw: Callable[[Pen], None],
    dx: float,
    dy: float,
    ground: float,
    left: float,
    right: float,
) -> None:
    """Draw the shoe twice, the far one first and a little in shade; `ground` is where the sole ends."""
    pen.canvas.save()
    pen.canvas.translate(dx, dy)
    draw(pen)
    pen.canvas.restore()
    pen.canvas.save()
    pen.canvas.translate(-dx * 0.55, -dy * 0.55)
    draw(pen)
    pen.canvas.restore()
    pen.floor.append((left + dx, right + dx, ground + dy))
    pen.floor.append((left - dx * 0.55, right - dx * 0.55, ground - dy * 0.55))


def laces(pen: Pen, points: list[tuple[float, float, float, float]]) -> None:
    """Draw laces from eyelet (x0, y0) to (x1, y1), white, or grey on white shoes."""
    cord = WHITE if sum(pen.colour) < 640 else (120, 124, 132)
    for x0, y0, x1, y1 in points:
        stroke(pen, f"M {x0} {y0 + 1} L {x1} {y1 + 1}", BLACK, 3.2, 0.25, blur=0.8)
        stroke(pen, f"M {x0} {y0} L {x1} {y1}", cord, 2.6)
        fill(pen, oval(x0, y0, 1.5, 1.5), darker(cord, 0.5))


def sole(pen: Pen, text: str, tone: tuple[int, int, int] = RUBBER) -> None:
    """Draw a sole of rubber."""
    body(pen, outline(text), colour=tone, pattern=False, material="rubber", axis="y")


def strap(pen: Pen, text: str, width: float) -> None:
    """Draw a thin strap along a line."""
    stroke(pen, text, BLACK, width + 2.5, 0.25, blur=1.4)
    stroke(pen, text, darker(pen.colour, 0.45), width + 1.4)
    stroke(pen, text, pen.colour, width)
    pen.canvas.save()
    pen.canvas.translate(-0.6, -width * 0.2)
    stroke(pen, text, WHITE, width * 0.28, 0.3, blur=0.8)
    pen.canvas.restore()
