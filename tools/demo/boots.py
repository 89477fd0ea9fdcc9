"""Drawing boots: a pair seen from the side."""

from __future__ import annotations

from functools import partial

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import (
    BLACK,
    STEEL,
    Pen,
    darker,
    fill,
    fold,
    lighter,
    mix,
    outline,
    oval,
    seam,
    stroke,
)
from shelftalk.tools.demo.shoes import laces, pair


def draw_boots(pen: Pen, shape: str) -> None:
    """Draw a pair of boots; the toe points left."""
    pair(pen, partial(_boot, shape=shape), 30, -12, 222 if shape != "knee-high" else 232, 44, 190)


def _boot(pen: Pen, shape: str) -> None:
    tall = {"chelsea": 96, "lace-up": 72, "hiking": 84, "knee-high": 22, "cowboy": 46}[shape]
    bottom = darker(mix(pen.colour, (60, 44, 34), 0.7), 0.35)
    hollow(pen, oval(156, tall, 29, 6))
    if shape == "cowboy":
        body(
            pen,
            outline(
                f"M 14 214 C 26 200 58 190 92 182 C 120 176 130 152 128 122 L 120 {tall + 6} Q 130 "
                f"{tall - 8} 156 {tall + 8} Q 180 {tall - 8} 190 {tall + 4} L "
                "181 146 Q 180 176 190 206 L "
                "150 212 L 60 216 Z"
            ),
        )
        thread = lighter(pen.colour, 0.55) if sum(pen.colour) < 560 else darker(pen.colour, 0.5)
        for s in (0, 7):
            stroke(
                pen,
                (
                    f"M {134 + s} {tall + 20 + s} Q 156 {tall + 60} {146 + s * 0.3} 140 M {178 - s} "
                    f"{tall + 20 + s} Q 156 {tall + 60} {166 - s * 0.3} 140"
                ),
                thread,
                1.3,
                0.9,
                dash=2.4,
            )
        stroke(pen, "M 66 200 Q 84 186 108 194 Q 92 198 78 206", thread, 1.2, 0.9, dash=2.4)
        seam(pen, "M 126 128 Q 156 150 184 132")
        body(
            pen,
            outline("M 152 208 L 192 202 L 184 224 L 166 224 Z"),
            colour=bottom,
            pattern=False,
            material="wood",
        )
        stroke(pen, "M 15 215 Q 90 220 154 210", bottom, 4)
        return
    toe = {"chelsea": 30, "lace-up": 32, "hiking": 30, "knee-high": 32}[shape]
    front = 124 if shape != "knee-high" else 122
    body(
        pen,
        outline(
            f"M {toe} 208 C {toe - 6} 192 {toe + 8} 184 {toe + 34} 178 C {toe + 62} 172 128 164 130 "
            f"138 Q 130 122 {front} {tall} Q 156 {tall + 12} 188 {tall} C 188 110 180 132 181 150 C "
            "186 168 192 180 191 208 Z"
        ),
    )
    fold(pen, "M 128 148 Q 142 156 154 150", 1.2, 4)
    fold(pen, "M 126 166 Q 140 170 150 164", 1.0, 4)
    if shape == "chelsea":
        panel = outline("M 144 101 L 174 101 Q 170 130 160 156 Q 150 130 144 101 Z")
        body(
            pen,
            panel,
            colour=darker(pen.colour, 0.5) if sum(pen.colour) > 220 else lighter(pen.colour, 0.2),
            pattern=False,
            material="canvas",
        )
        for x in range(147, 173, 3):
            stroke(pen, f"M {x} 102 L {159 + (x - 159) * 0.3:.1f} 150", BLACK, 0.7, 0.35)
        seam(pen, "M 190 196 Q 150 190 148 160")
        stroke(pen, "M 183 90 Q 192 82 188 104", darker(pen.colour, 0.3), 4)
    elif shape == "knee-high":
        seam(pen, "M 166 30 Q 172 110 170 190")
        fold(pen, "M 134 60 Q 140 100 136 130", 1, 5)
        stroke(pen, f"M 126 {tall + 8} Q 156 {tall + 20} 187 {tall + 8}", darker(pen.colour, 0.5), 1, 0.6)
    else:
        seam(pen, f"M 142 {tall + 8} L 146 146 Q 124 170 96 174")
        laces(
            pen,
            [
                (x, y, x + 19, y + 3)
                for x, y in ((112, 164), (122, 150), (126, 136), (127, 122), (127, 108), (127, 94))
            ],
        )
        body(
            pen,
            outline(
                f"M 152 {tall + 3} Q 170 {tall + 6} 187 {tall} L 189 {tall + 22} Q 170 {tall + 30} 152 "
                f"{tall + 24} Z"
            ),
            colour=pen.accent if pen.pattern == "colour-block" else darker(pen.colour, 0.18),
            pattern=False,
        )
        if shape == "hiking":
            block = pen.accent if pen.pattern == "colour-block" else darker(pen.colour, 0.4)
            body(
                pen,
                outline(f"M {toe} 208 C {toe - 4} 190 {toe + 10} 182 {toe + 30} 178 Q 78 190 80 208 Z"),
                colour=block,
                pattern=False,
                depth=0.6,
            )
            body(
                pen,
                outline("M 160 160 Q 176 150 186 152 L 190 208 L 158 208 Z"),
                colour=block,
                pattern=False,
                depth=0.6,
            )
            for x, y in ((146, 96), (147, 110), (147, 124)):
                fill(pen, oval(x, y, 2.2, 2.2), STEEL)
    heel = {"knee-high": 24, "chelsea": 10, "lace-up": 11, "hiking": 12}[shape]
    if shape == "knee-high":
        body(
            pen,
            outline("M 150 206 L 191 204 L 188 232 L 158 232 Z"),
            colour=bottom,
            pattern=False,
            material="wood",
        )
        stroke(pen, f"M {toe - 2} 211 Q 90 216 152 208", bottom, 5)
        return
    tread = outline(
        f"M {toe - 4} 204 L 193 204 L 193 {208 + heel} L 146 {208 + heel} L 140 214 L {toe + 4} "
        f"217 Q {toe - 6} 216 {toe - 4} 204 Z"
    )
    body(
        pen,
        tread,
        colour=(206, 178, 140) if shape == "lace-up" else bottom,
        pattern=False,
        material="rubber",
        axis="y",
    )
    if shape in ("hiking", "lace-up"):
        for x in range(toe + 4, 190, 9):
            stroke(pen, f"M {x} 211 L {x} {218 if x < 140 else 208 + heel}", BLACK, 2.2, 0.45)
