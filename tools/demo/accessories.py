"""Drawing hats, scarves and watches."""

from __future__ import annotations

import math

from shelftalk.tools.demo.body import body
from shelftalk.tools.demo.brush import (
    BLACK,
    BRASS,
    STEEL,
    WHITE,
    Pen,
    box,
    cut,
    darker,
    fill,
    fold,
    gradient,
    lighter,
    metal_bar,
    outline,
    oval,
    seam,
    stroke,
)

# 12, 3, 6 and 9 as strokes, where they stand on the dial.
_NUMERALS = (
    "M 121 95 L 124 93 L 124 104 M 128 95 Q 132 91 134 95 Q 134 98 128 104 L 135 104",
    "M 153 123 Q 160 121 160 125 Q 160 128 156 128 Q 161 128 161 132 Q 160 136 153 134",
    "M 131 152 Q 124 154 125 161 Q 128 165 131 161 Q 131 157 125 159",
    "M 103 127 Q 98 129 97 125 Q 98 120 102 122 Q 104 126 98 134",
)


def draw_hat(pen: Pen, shape: str) -> None:
    """Draw a hat of the given shape."""
    block = pen.accent if pen.pattern == "colour-block" else None
    if shape == "baseball":
        pen.floor.append((40, 226, 184))
        body(
            pen,
            outline("M 92 168 C 84 98 118 66 158 66 C 204 66 228 106 228 150 L 226 176 Q 160 188 92 168 Z"),
            depth=1.2,
        )
        for text in ("M 156 66 C 132 92 126 130 128 174", "M 160 66 C 192 92 200 130 200 180"):
            seam(pen, text)
        seam(pen, "M 93 158 Q 160 178 227 166")
        fill(pen, oval(158, 65, 7, 4), darker(pen.colour, 0.3))
        for x, y in ((118, 108), (166, 96), (208, 108)):
            fill(pen, oval(x, y, 2.2, 2.2), darker(pen.colour, 0.6))
        peak = (
            "M 90 150 C 60 152 22 168 14 184 Q 14 192 26 190 C 60 178 110 178 136 182 Q 142 176 140 "
            "168 Q 112 160 90 150 Z"
        )
        body(pen, outline(peak), colour=block, axis="y", depth=1.1)
        stroke(pen, "M 24 190 C 60 179 110 179 136 183", darker(pen.colour, 0.6), 2.4, 0.6)
        for k in range(3):
            seam(
                pen,
                (
                    f"M {28 + k * 14} {181 - k * 6} C {64 + k * 6} {168 - k * 4} {100 + k * 2} {168 - k * 3} "
                    f"{132 - k * 6} {173 - k * 4}"
                ),
            )
    elif shape == "bobble":
        pen.floor.append((58, 198, 206))
        body(pen, outline("M 62 166 C 58 96 90 66 128 66 C 166 66 198 96 194 166 Z"), depth=1.2)
        body(pen, outline("M 56 160 Q 128 150 200 160 L 202 200 Q 128 212 54 200 Z"), pattern=False)
        for i in range(28):
            stroke(pen, f"M {59 + i * 5.2} 160 L {57 + i * 5.3} 203", darker(pen.colour, 0.6), 1.4, 0.4)
        tone = pen.accent if pen.pattern != "plain" else lighter(pen.colour, 0.12)
        fill(pen, oval(128, 50, 22, 22), darker(tone, 0.25))
        for _ in range(420):
            way, far = pen.random.uniform(0, math.tau), 28 * math.sqrt(pen.random.random())
            tip, up = 128 + math.cos(way) * far, 50 + math.sin(way) * far
            shade = (
                lighter(tone, 0.35 * pen.random.random())
                if up + tip < 176
                else darker(tone, 0.35 * pen.random.random())
            )
            stroke(
                pen,
                f"M {128 + (tip - 128) * 0.8:.1f} {50 + (up - 50) * 0.8:.1f} L {tip:.1f} {up:.1f}",
                shade,
                1.5,
            )
    elif shape == "bucket":
        pen.floor.append((34, 222, 190))
        body(pen, outline("M 70 130 L 84 78 Q 128 60 172 78 L 186 130 Z"), depth=1.1)
        body(pen, outline("M 70 122 Q 128 138 186 122 L 224 176 Q 128 212 32 176 Z"), depth=1.2)
        for k in range(4):
            seam(pen, f"M {64 - k * 8} {136 + k * 11} Q 128 {154 + k * 13} {192 + k * 8} {136 + k * 11}")
        seam(pen, "M 70 124 Q 128 140 186 124")
        stroke(pen, "M 86 82 Q 128 94 170 82", darker(pen.colour, 0.5), 0.9, 0.6)
    else:
        wide = shape == "wide-brimmed"
        pen.floor.append((14, 242, 184) if wide else (30, 226, 182))
        body(
            pen,
            outline(
                "M 8 168 Q 40 142 128 140 Q 216 142 248 168 Q 230 198 128 200 Q 26 198 8 168 Z"
                if wide
                else "M 26 164 Q 50 152 128 150 Q 206 152 230 164 Q 226 186 128 192 Q 30 186 26 164 Z"
            ),
            axis="y",
        )
        crown = (
            "M 76 172 C 74 110 84 74 128 72 C 172 74 182 110 180 172 Q 128 186 76 172 Z"
            if wide
            else (
                "M 76 168 C 78 120 76 84 96 72 Q 112 66 128 80 Q 144 66 160 72 C 180 84 178 120 180 168 Q "
                "128 182 76 168 Z"
            )
        )
        body(pen, outline(crown), depth=1.2)
        if not wide:
            fold(pen, "M 128 82 Q 126 104 130 124", 2, 7)
            fold(pen, "M 98 80 Q 102 96 112 108", 1.4, 6)
        pen_band = outline("M 76 148 Q 128 164 180 148 L 180 168 Q 128 184 76 168 Z")
        body(pen, pen_band, colour=pen.accent, pattern=False, material="silk")
        body(
            pen,
            outline("M 84 152 L 98 146 L 96 172 L 82 178 Z"),
            colour=pen.accent,
            pattern=False,
            material="silk",
        )


def _fringe(pen: Pen, left: float, right: float, y: float, length: float) -> None:
    x = left
    while x <= right:
        stroke(
            pen,
            (
                f"M {x} {y} Q {x + pen.random.uniform(-2, 2)} {y + length * 0.5} "
                f"{x + pen.random.uniform(-2, 2)} {y + length}"
            ),
            darker(pen.colour, 0.25),
            2.0,
        )
        stroke(pen, f"M {x - 0.4} {y} L {x} {y + length}", lighter(pen.colour, 0.2), 0.8, 0.6)
        x += 3.6


def draw_scarf(pen: Pen, shape: str) -> None:
    """Draw a scarf of the given make."""
    if shape == "square":
        pen.canvas.save()
        pen.canvas.translate(128, 128)
        pen.canvas.rotate(-8)
        pen.canvas.translate(-128, -128)
        square = outline("M 40 42 Q 128 36 216 42 Q 222 128 216 214 Q 128 220 40 214 Q 34 128 40 42 Z")
        body(pen, square, colour=pen.accent, pattern=False, axis="y", depth=0.5)
        body(
            pen,
            outline("M 58 60 Q 128 56 198 60 Q 202 128 198 196 Q 128 200 58 196 Q 54 128 58 60 Z"),
            depth=0.4,
            angle=45 if pen.pattern == "striped" else 0,
        )
        stroke(pen, box(50, 52, 206, 204), pen.colour, 1.8, 0.9)
        for text in ("M 40 44 Q 120 120 214 212", "M 130 40 Q 124 120 132 216", "M 40 130 Q 130 122 216 132"):
            fold(pen, text, 1.3, 6)
        pen.canvas.restore()
    elif shape == "loop":
        far = cut(oval(128, 120, 84, 82), oval(128, 106, 46, 40))
        body(pen, far, depth=1.1, colour=darker(pen.colour, 0.15))
        near = cut(oval(128, 138, 92, 88), oval(126, 118, 52, 46))
        body(pen, near, depth=1.2)
        for text in (
            "M 58 96 C 48 150 74 196 128 208",
            "M 70 90 C 60 140 84 184 136 190",
            "M 196 100 C 206 150 184 194 140 210",
            "M 182 92 C 194 140 178 176 140 192",
            "M 44 130 Q 56 190 110 218",
            "M 96 62 Q 128 50 164 64",
            "M 84 54 Q 128 38 174 56",
        ):
            fold(pen, text, 1.7, 6)
    elif shape == "tasselled":
        tail = ("M 92 34 L 132 34 L 128 200 L 74 200 Z", "M 128 34 L 166 34 L 184 186 L 132 190 Z")
        body(pen, outline(tail[1]), angle=-4)
        _tassels(pen, 136, 182, 188)
        body(pen, outline(tail[0]), angle=6)
        _tassels(pen, 78, 126, 202)
        for text in ("M 106 44 Q 98 120 88 196", "M 120 44 Q 118 120 112 196", "M 146 44 Q 152 110 154 184"):
            fold(pen, text, 1.5, 5)
        body(
            pen,
            outline("M 86 26 Q 128 18 172 26 Q 176 40 170 50 Q 128 58 88 50 Q 82 40 86 26 Z"),
            axis="y",
            angle=90,
        )
    else:
        body(pen, outline("M 122 96 L 172 92 L 184 196 L 134 202 Z"), angle=-6)
        _fringe(pen, 136, 182, 198, 22)
        body(pen, outline("M 84 100 L 132 96 L 126 210 L 72 206 Z"), angle=5)
        _fringe(pen, 74, 124, 208, 22)
        fold(pen, "M 104 110 Q 98 160 96 202", 1.5, 5)
        fold(pen, "M 152 110 Q 158 150 160 194", 1.5, 5)
        body(
            pen,
            outline(
                "M 58 84 C 54 40 96 26 128 26 C 164 26 204 42 198 86 C 194 116 160 128 128 126 C 94 128 "
                "62 116 58 84 Z"
            ),
            angle=10,
            depth=1.2,
        )
        fill(pen, oval(128, 56, 34, 15), darker(pen.colour, 0.6))
        body(
            pen,
            outline(
                "M 60 72 Q 90 98 128 98 Q 168 96 197 72 Q 204 104 172 120 Q 128 136 84 120 Q 54 104 60 72 Z"
            ),
            axis="y",
            angle=8,
        )
        for text in ("M 70 92 Q 100 114 150 108", "M 190 84 Q 174 104 146 114", "M 80 62 Q 84 48 104 40"):
            fold(pen, text, 1.6, 5)


def _tassels(pen: Pen, left: float, right: float, y: float) -> None:
    for i in range(5):
        x = left + (right - left) * i / 4
        fill(pen, oval(x, y + 3, 3.6, 4), darker(pen.colour, 0.15))
        for k in range(-3, 4):
            stroke(
                pen,
                f"M {x} {y + 5} L {x + k * 1.3} {y + 24}",
                lighter(pen.colour, 0.15) if k % 2 else darker(pen.colour, 0.25),
                1.4,
            )


def draw_watch(pen: Pen, shape: str) -> None:
    """Draw a wrist watch from the front, strap above and below."""
    case = (196, 200, 206) if shape != "square" else BRASS
    wide = 24 if shape == "round" else 28
    links = pen.material == "metal"
    for top, bottom in ((14, 98), (158, 242)):
        end = 5 if top < 100 else -5
        strap = outline(
            f"M {128 - wide + max(0, end)} {top} Q 128 {top - end} {128 + wide - max(0, end)} {top} L "
            f"{128 + wide + min(0, end)} {bottom} L {128 - wide - min(0, end)} {bottom} Z"
        )
        body(pen, strap, angle=90 if pen.pattern == "striped" else 0, depth=1.1, scale=0.8)
        if links:
            pen.canvas.save()
            pen.canvas.clipPath(strap, doAntiAlias=True)
            for k in range(8):
                y = top + k * 12
                stroke(pen, f"M {128 - wide} {y} L {128 + wide} {y}", darker(pen.colour, 0.7), 1.6, 0.7)
                stroke(pen, f"M {128 - wide} {y + 2} L {128 + wide} {y + 2}", WHITE, 1.2, 0.4)
            stroke(
                pen,
                (
                    f"M {128 - wide * 0.4} {top} L {128 - wide * 0.4} {bottom} M {128 + wide * 0.4} {top} L "
                    f"{128 + wide * 0.4} {bottom}"
                ),
                darker(pen.colour, 0.7),
                1.2,
                0.6,
            )
            pen.canvas.restore()
        else:
            for side in (-1, 1):
                x = 128 + side * (wide - 5)
                stroke(
                    pen,
                    f"M {x} {top + 4} L {x} {bottom - 2}",
                    lighter(pen.colour, 0.45) if sum(pen.colour) < 500 else darker(pen.colour, 0.4),
                    1,
                    0.8,
                    dash=2.6,
                )
            if top > 100:
                for k in range(4):
                    fill(pen, oval(128, top + 34 + k * 12, 2, 3), darker(pen.colour, 0.75))
    radius = 50 if shape == "diver" else 46
    if shape == "square":
        metal_bar(pen, box(82, 80, 174, 176, 16), case)
        face = box(90, 88, 166, 168, 10)
    else:
        metal_bar(pen, oval(128, 128, radius + 2, radius + 2), case)
        face = oval(128, 128, radius - 8, radius - 8)
        if shape == "diver":
            fill(
                pen,
                oval(128, 128, radius - 1, radius - 1),
                darker(pen.colour, 0.45) if sum(pen.colour) > 200 else (24, 24, 28),
            )
            for k in range(12):
                way = k * math.tau / 12
                fill(
                    pen,
                    oval(128 + math.cos(way) * (radius - 5), 128 + math.sin(way) * (radius - 5), 1.6, 1.6),
                    WHITE,
                )
    metal_bar(
        pen,
        box(174 if shape != "diver" else 178, 122, 186 if shape != "diver" else 190, 134, 3),
        case,
        axis="y",
    )
    dial = pen.colour if shape != "field" else (244, 240, 228)
    fill(pen, face, dial)
    gradient(pen, face, (90, 88, 166, 168), [(0, WHITE, 0.35), (0.5, WHITE, 0), (1, BLACK, 0.3)])
    stroke(pen, face, BLACK, 2.4, 0.35, blur=1)
    ink = WHITE if sum(dial) < 420 else (40, 40, 46)
    for k in range(12):
        way = k * math.tau / 12
        inner, outer = (27, 34) if k % 3 else (24, 34)
        if shape == "field" and k % 3 == 0:
            continue
        stroke(
            pen,
            (
                f"M {128 + math.cos(way) * inner} {128 + math.sin(way) * inner} L "
                f"{128 + math.cos(way) * outer} {128 + math.sin(way) * outer}"
            ),
            ink,
            2.6 if k % 3 == 0 else 1.4,
        )
    if shape == "field":
        for numeral in _NUMERALS:
            stroke(pen, numeral, ink, 2.2)
    stroke(pen, "M 128 128 L 112 114", ink, 3)
    stroke(pen, "M 128 128 L 148 108", ink, 2.2)
    stroke(pen, "M 128 132 L 132 156", (220, 60, 50), 1)
    fill(pen, oval(128, 128, 2.6, 2.6), ink)
    fill(pen, outline("M 100 104 Q 116 92 134 90 L 104 134 Q 96 120 100 104 Z"), WHITE, 0.16)
    stroke(pen, oval(128, 128, 1, 1), STEEL, 1)
