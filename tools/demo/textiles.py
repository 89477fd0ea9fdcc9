"""Drawing rugs and cushions."""

from __future__ import annotations

import math

from shelftalk.tools.demo.body import body
from shelftalk.tools.demo.brush import (
    WHITE,
    Pen,
    box,
    darker,
    fill,
    fold,
    lighter,
    outline,
    oval,
    seam,
    stroke,
)


def draw_rug(pen: Pen, shape: str) -> None:
    """Draw a rug from above."""
    if shape == "round":
        body(pen, oval(128, 128, 104, 104), axis="", scale=1.3)
        for r in range(8, 104, 8 if pen.material == "jute" else 24):
            stroke(pen, oval(128, 128, r, r), darker(pen.colour, 0.5), 1.3, 0.35)
        stroke(pen, oval(128, 128, 101, 101), darker(pen.colour, 0.3), 4, 0.7)
        return
    left, top, right, bottom = {
        "rectangular": (40, 22, 216, 234),
        "fringed": (46, 40, 210, 216),
        "bordered": (40, 22, 216, 234),
        "runner": (82, 12, 174, 244),
    }[shape]
    if shape == "fringed":
        for y, way in ((float(top), -1), (float(bottom), 1)):
            x = left + 2.0
            while x < right:
                stroke(
                    pen,
                    (
                        f"M {x} {y} Q {x + pen.random.uniform(-2, 2)} {y + way * 10} "
                        f"{x + pen.random.uniform(-2, 2)} {y + way * 20}"
                    ),
                    (238, 226, 204),
                    2.2,
                )
                stroke(pen, f"M {x + 1} {y} L {x + 1.4} {y + way * 18}", (170, 150, 120), 0.7, 0.7)
                x += 4
    path = box(left, top, right, bottom, 2)
    if shape == "bordered":
        body(pen, path, colour=pen.accent, pattern=False, axis="")
        for inset, tone, width in ((6, pen.colour, 2.4), (24, pen.colour, 1.6)):
            stroke(pen, box(left + inset, top + inset, right - inset, bottom - inset), tone, width)
        for k in range(11):
            for x in (left + 15.0, right - 15.0):
                y = top + 15 + k * (bottom - top - 30) / 10
                fill(pen, f"M {x} {y - 5} L {x + 5} {y} L {x} {y + 5} L {x - 5} {y} Z", pen.colour)
        for k in range(1, 8):
            for y in (top + 15.0, bottom - 15.0):
                x = left + 15 + k * (right - left - 30) / 8
                fill(pen, f"M {x} {y - 5} L {x + 5} {y} L {x} {y + 5} L {x - 5} {y} Z", pen.colour)
        body(pen, box(left + 30, top + 30, right - 30, bottom - 30), axis="", scale=0.9)
        return
    body(pen, path, axis="", scale=1.4)
    if shape in ("rectangular", "runner"):
        stroke(
            pen,
            box(left + 3, top + 3, right - 3, bottom - 3, 1),
            darker(pen.colour, 0.35) if sum(pen.colour) > 180 else lighter(pen.colour, 0.25),
            6,
            0.85,
        )


def draw_cushion(pen: Pen, shape: str) -> None:
    """Draw a plump cushion."""
    if shape == "bolster":
        pen.floor.append((32, 226, 172))
        body(
            pen,
            outline("M 34 94 Q 128 86 222 94 Q 236 132 222 170 Q 128 178 34 170 Q 20 132 34 94 Z"),
            axis="y",
            depth=1.3,
            angle=90,
        )
        body(pen, oval(216, 132, 18, 38), pattern=False)
        for k in range(16):
            way = k * math.tau / 16
            stroke(
                pen,
                f"M 216 132 L {216 + math.cos(way) * 16} {132 + math.sin(way) * 35}",
                darker(pen.colour, 0.6),
                1,
                0.5,
            )
        fill(pen, oval(216, 132, 4, 6), darker(pen.colour, 0.3))
        return
    if shape == "round":
        pen.floor.append((50, 206, 226))
        body(pen, oval(128, 132, 94, 92), depth=1.4)
        for k in range(28):
            way = k * math.tau / 28
            text = (
                f"M {128 + math.cos(way) * 8} {132 + math.sin(way) * 8} Q "
                f"{128 + math.cos(way + 0.1) * 50} {132 + math.sin(way + 0.1) * 50} "
                f"{128 + math.cos(way) * 90} {132 + math.sin(way) * 88}"
            )
            fold(pen, text, 1.2, 3)
        body(pen, oval(128, 132, 10, 10), pattern=False)
        return
    wide = shape == "piped"
    pen.floor.append((30, 226, 214 if wide else 226))
    if wide:
        path = outline("M 22 66 Q 128 78 234 66 Q 226 136 234 206 Q 128 196 22 206 Q 30 136 22 66 Z")
    else:
        path = outline("M 36 42 Q 128 58 220 42 Q 206 132 220 222 Q 128 208 36 222 Q 50 132 36 42 Z")
    if shape == "tasselled":
        for x, y in ((36, 42), (220, 42), (36, 222), (220, 222)):
            dx, dy = (1 if x > 128 else -1) * 10, (1 if y > 128 else -1) * 10
            for k in range(-4, 5):
                stroke(
                    pen,
                    f"M {x} {y} L {x + dx + k * (1.6 if dy * dx < 0 else -1.6)} {y + dy + k * 1.6}",
                    pen.accent if k % 2 else darker(pen.accent, 0.2),
                    2,
                )
            fill(pen, oval(x + dx * 0.15, y + dy * 0.15, 4, 4), darker(pen.accent, 0.25))
    body(pen, path, depth=1.4)
    pen.canvas.save()
    pen.canvas.clipPath(path, doAntiAlias=True)
    for text in (
        "M 46 54 Q 72 66 84 90",
        "M 210 54 Q 184 66 174 88",
        "M 46 212 Q 70 196 86 176",
        "M 210 212 Q 186 196 172 178",
    ):
        fold(pen, text, 1.0, 6)
    fill(pen, oval(118, 116, 50, 44), WHITE, 0.10, 18)
    pen.canvas.restore()
    if wide:
        stroke(pen, path, darker(pen.accent, 0.4), 5)
        stroke(pen, path, pen.accent, 3.6)
    else:
        seam(pen, "M 42 50 Q 128 64 214 50", stitch=False)
