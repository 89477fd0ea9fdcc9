"""Drawing heels: a pair seen from the side."""

from __future__ import annotations

from functools import partial

from shelftalk.tools.demo.body import body
from shelftalk.tools.demo.brush import (
    BRASS,
    OAK,
    WHITE,
    Pen,
    darker,
    fill,
    fold,
    mix,
    outline,
    oval,
    stroke,
)
from shelftalk.tools.demo.shoes import pair, strap


def draw_heels(pen: Pen, shape: str) -> None:
    """Draw a pair of heels; the toe points left."""
    pair(pen, partial(_heel, shape=shape), 22, -26, 212, 28, 220)


def _heel(pen: Pen, shape: str) -> None:
    lift = {"stiletto": 84, "block": 116, "kitten": 142, "platform": 84}[shape]
    front = 198 if shape == "platform" else 210
    bottom = 212
    tone = pen.accent if pen.pattern == "colour-block" else None
    arch = f"C 120 {front} 150 {lift + 60} 178 {lift + 34} Q 196 {lift + 26} 212 {lift + 30}"
    if shape in ("block", "platform"):
        body(
            pen,
            outline(
                f"M 176 {lift + 36} Q 196 {lift + 28} 214 {lift + 26} L 210 {bottom} L "
                f"{180 if shape == 'block' else 190} {bottom} Z"
            ),
            colour=tone,
            pattern=False,
        )
    else:
        body(
            pen,
            outline(
                f"M 184 {lift + 34} Q 200 {lift + 26} 213 {lift + 24} Q 208 {lift + 50} 206 {bottom} L "
                f"200 {bottom} Q 200 {lift + 60} 184 {lift + 34} Z"
            ),
            pattern=False,
        )
    if shape == "platform":
        body(
            pen,
            outline("M 30 190 Q 30 212 44 212 L 96 212 Q 116 208 124 186 Z"),
            pattern=False,
            colour=darker(pen.colour, 0.15),
        )
    inside = outline(
        f"M 84 {front - 28} Q 130 {front - 34} 174 {lift + 22} Q 190 {lift + 14} 206 {lift + 8} L "
        f"206 {lift + 30} Q 160 {lift + 60} 120 {front - 6} Z"
    )
    fill(pen, inside, mix(OAK, WHITE, 0.55))
    stroke(pen, inside, darker(OAK, 0.5), 0.8, 0.5)
    toe = 22 if shape != "block" else 30
    body(
        pen,
        outline(
            (
                f"M {toe} {front} Q 44 {front - 22} 84 {front - 34} Q 94 {front - 20} 124 {front - 26} Q "
                f"148 {front - 40} 170 {lift + 36} Q 190 {lift + 24} 196 {lift - 2} Q 204 {lift - 10} 212 "
                f"{lift} Q 216 {lift + 16} 213 {lift + 32} Q 196 {lift + 28} 180 {lift + 38} C 150 "
                f"{lift + 64} 120 {front + 2} 92 {front + 2} L {toe + 6} {front + 2} Z"
            )
            if shape != "block"
            else f"M {toe} {front} Q 34 {front - 24} 78 {front - 34} Q 104 {front - 26} 112 {front} Z"
        ),
    )
    if shape == "block":
        stroke(
            pen,
            f"M {toe} {front + 1} {arch.replace('C', 'L 100 ' + str(front + 1) + ' C', 1)}",
            darker(OAK, 0.3),
            4,
        )
        body(
            pen,
            outline(
                f"M 178 {lift + 36} Q 186 {lift + 10} 190 {lift - 8} L 206 {lift - 12} Q 216 {lift + 10} "
                f"214 {lift + 30} Q 196 {lift + 26} 178 {lift + 36} Z"
            ),
            colour=tone,
            pattern=False,
        )
        strap(pen, f"M 200 {lift - 6} Q 176 {lift - 22} 156 {lift - 10} Q 150 {lift + 4} 196 {lift + 2}", 6)
        stroke(pen, f"M 164 {lift - 18} L 174 {lift - 20} L 174 {lift - 8} L 164 {lift - 6} Z", BRASS, 2)
        return
    stroke(pen, f"M {toe + 4} {front + 2} L 94 {front + 2}", darker(OAK, 0.45), 3)
    if shape == "kitten":
        x, y = 76, front - 34
        for d in (-1, 1):
            body(
                pen,
                outline(
                    f"M {x} {y} Q {x + d * 10} {y - 16} {x + d * 20} {y - 10} Q {x + d * 22} {y + 4} "
                    f"{x + d * 18} {y + 10} Q {x + d * 8} {y + 6} {x} {y} Z"
                ),
                pattern=False,
            )
        fill(pen, oval(x, y, 4, 4.6), darker(pen.colour, 0.3))
    fold(pen, f"M 50 {front - 12} Q 66 {front - 22} 84 {front - 26}", 0.8, 4)
