"""Drawing jackets."""

from __future__ import annotations

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import (
    BLACK,
    STEEL,
    Pen,
    button,
    cut,
    darker,
    fill,
    flipped,
    fold,
    lighter,
    metal_bar,
    mix,
    outline,
    oval,
    seam,
    stroke,
)
from shelftalk.tools.demo.tops import LONG, TORSO, both, folds, ribs


def draw_jacket(pen: Pen, shape: str) -> None:
    """Draw a jacket of the given cut."""
    if shape == "puffer":
        _puffer(pen)
        return
    block = pen.accent if pen.pattern == "colour-block" else None
    both(pen, LONG, 12, colour=block)
    lining = outline("M 103 43 Q 128 34 153 43 L 128 110 Z")
    hollow(pen, lining, lighter(pen.colour, 0.1))
    torso = outline(TORSO, mirror=True)
    opening = (
        outline("M 106 40 L 150 40 L 128 118 Z")
        if shape == "blazer"
        else outline("M 108 40 L 148 40 L 128 70 Z")
    )
    body(pen, cut(torso, opening), angle=90 if pen.pattern == "striped" else 0)
    folds(pen, True)
    seam(pen, "M 85 52 C 79 68 79 86 81 104")
    seam(pen, "M 171 52 C 177 68 177 86 175 104")
    if shape == "blazer":
        for text in ("M 106 40 Q 96 46 94 58 L 104 74 L 92 80 L 124 122 L 128 114 Q 112 80 106 40 Z",):
            both(pen, text, 20, depth=0.7)
        stroke(pen, "M 128 116 L 128 217", darker(pen.colour, 0.6), 1.2, 0.8)
        button(pen, 124, 130, 3.4, mix(pen.colour, (235, 228, 214), 0.6))
        button(pen, 124, 156, 3.4, mix(pen.colour, (235, 228, 214), 0.6))
        for x in (88, 142):
            body(
                pen, outline(f"M {x} 166 L {x + 26} 164 L {x + 26} 174 L {x} 176 Z"), depth=0.5, pattern=False
            )
        stroke(pen, "M 146 98 L 164 95", darker(pen.colour, 0.5), 2.6, 0.7)
        return
    if shape == "trucker":
        for text in ("M 84 86 L 121 86", "M 172 86 L 135 86", "M 100 94 L 106 204", "M 156 94 L 150 204"):
            seam(pen, text)
        for x in (90, 144):
            body(pen, outline(f"M {x} 88 L {x + 22} 88 L {x + 22} 96 L {x + 11} 103 L {x} 96 Z"), depth=0.6)
            button(pen, x + 11, 97, 1.9, STEEL)
        both(pen, "M 106 38 Q 95 46 94 56 L 108 76 L 128 64 Q 112 52 106 38 Z", 30, depth=0.8)
        stroke(pen, "M 121 70 L 121 206", darker(pen.colour, 0.5), 0.9, 0.6)
        stroke(pen, "M 135 70 L 135 206", darker(pen.colour, 0.5), 0.9, 0.6)
        for y in range(80, 204, 20):
            button(pen, 128, y, 2.6, STEEL)
        body(pen, outline("M 76.5 202 Q 128 210 179.5 202 L 179 217 Q 128 225 77 217 Z"), depth=0.7)
        both(pen, "M 36 192 L 33 207 Q 44 213 57 210 L 60 195 Q 48 198 36 192 Z", 12, depth=0.8)
        return
    if shape == "bomber":
        body(
            pen,
            outline("M 76.5 200 Q 128 208 179.5 200 L 176 222 Q 128 228 80 222 Z"),
            pattern=False,
            material="wool",
            depth=0.8,
            colour=darker(pen.colour, 0.15),
        )
        ribs(pen, 82, 176, 204, 222)
        both(
            pen,
            "M 37 188 L 33 208 Q 44 214 56 211 L 60 192 Q 48 196 37 188 Z",
            12,
            material="wool",
            depth=0.8,
            colour=darker(pen.colour, 0.15),
        )
        body(
            pen,
            outline("M 100 46 Q 104 34 112 32 Q 128 38 144 32 Q 152 34 156 46 L 132 66 L 124 66 Z"),
            material="wool",
            depth=0.8,
            colour=darker(pen.colour, 0.15),
        )
        hollow(pen, outline("M 112 33 Q 128 28 144 33 L 128 58 Z"))
        _zip(pen, "M 128 60 L 128 222")
        for text in ("M 90 148 L 100 178", "M 166 148 L 156 178"):
            stroke(pen, text, darker(pen.colour, 0.6), 2.2, 0.7)
        return
    # Biker: wide lapels and a zip that runs aslant.
    both(pen, "M 106 38 Q 94 44 92 56 L 88 74 L 118 100 L 128 76 Q 112 56 106 38 Z", 30, depth=1.0)
    stroke(pen, "M 122 98 Q 138 150 140 216", darker(pen.colour, 0.6), 5, 0.5)
    _zip(pen, "M 122 98 Q 138 150 140 216")
    for text in ("M 92 136 L 112 128", "M 92 182 L 114 170", "M 164 170 L 148 182"):
        _zip(pen, text)
    seam(pen, "M 82 96 L 116 102")
    seam(pen, "M 174 96 L 132 104")
    body(pen, outline("M 76.5 200 Q 128 208 179.5 200 L 179 214 Q 128 222 77 214 Z"), depth=0.7)
    metal_bar(pen, outline("M 148 202 L 160 201 L 160 216 L 148 217 Z"))
    for x in (97, 159):
        fill(pen, oval(x, 66, 1.6, 1.6), STEEL)


def _zip(pen: Pen, text: str) -> None:
    stroke(pen, text, darker(STEEL, 0.5), 3.6)
    stroke(pen, text, lighter(STEEL, 0.3), 2.6)
    stroke(pen, text, BLACK, 2.0, 0.55, dash=1.1)


def _puffer(pen: Pen) -> None:
    """Thick quilted rows: each row is a body of its own, bulging at both sides."""
    accent = pen.accent if pen.pattern == "colour-block" else pen.colour
    for step in range(6):
        t = step / 6
        x, y = 82 - 42 * t, 52 + 148 * t
        arm = outline(
            f"M {x - 12 + 6 * t} {y - 2} C {x - 24 + 8 * t} {y + 8} {x - 24 + 6 * t} {y + 24} "
            f"{x - 14 + 2 * t} {y + 26} L {x + 18 - 2 * t} {y + 30} C {x + 26} {y + 22} {x + 26} "
            f"{y + 10} {x + 22} {y + 4} Z"
        )
        body(pen, arm, depth=1.0, axis="y")
        body(pen, flipped(arm), depth=1.0, axis="y")
    for step in range(6):
        y = 46 + step * 28
        row = outline(
            (
                f"M 128.5 {y} L {86 if step else 98} {y} C 74 {y + 4} 72 {y + 24} 80 {y + 28} Q 104 "
                f"{y + 33} 128.5 {y + 33} Z"
            ),
            mirror=True,
        )
        body(pen, row, colour=accent if step < 2 else None, axis="y", depth=1.1)
        for x in (96, 112, 146, 160):
            fold(pen, f"M {x} {y + 2} Q {x + 3} {y + 8} {x + 1} {y + 13}", 0.7, 2.2)
    body(
        pen,
        outline("M 98 50 Q 100 28 110 26 Q 128 30 146 26 Q 156 28 158 50 Q 128 62 98 50 Z"),
        colour=accent,
        axis="y",
    )
    hollow(pen, oval(128, 27, 19, 4))
    _zip(pen, "M 128 40 L 128 218")
