"""Drawing sneakers: a pair seen from the side, toes to the left."""

from __future__ import annotations

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import (
    BLACK,
    WHITE,
    Pen,
    darker,
    fill,
    fold,
    lighter,
    outline,
    oval,
    seam,
    stroke,
)
from shelftalk.tools.demo.shoes import RUBBER, laces, pair, sole

LOW_SOLE = "M 23 180 Q 19 198 32 201 L 214 202 Q 228 202 226 180 Q 180 189 120 188 Q 60 189 23 180 Z"


def draw_sneakers(pen: Pen, shape: str) -> None:
    """Draw a pair of sneakers of the given make."""
    draw = {"low-top": _low, "high-top": _high, "running": _runner, "slip-on": _slip_on}[shape]
    pair(pen, draw, 18, -34 if shape != "high-top" else -26, 200, 30, 220)


def _low(pen: Pen) -> None:
    block = pen.accent if pen.pattern == "colour-block" else None
    hollow(pen, outline("M 136 114 Q 168 104 208 122 C 202 138 194 144 180 143 C 162 142 150 130 136 114 Z"))
    body(
        pen,
        outline("M 128 116 Q 134 94 148 98 Q 156 106 152 122 L 138 128 Z"),
        colour=lighter(pen.colour, 0.15),
    )
    upper = (
        "M 26 186 C 23 170 40 160 66 155 C 94 149 112 132 132 112 Q 140 108 147 118 C 154 134 166 143 181 143"
    )
    body(pen, outline(upper + " C 194 143 202 134 208 121 Q 220 126 221 142 L 224 187 Z"), depth=0.9)
    heel = "M 194 141 Q 204 134 208 121 Q 220 126 221 142 L 224 187 L 188 188 Q 184 160 194 141 Z"
    body(pen, outline(heel), colour=block, pattern=False, depth=0.6)
    body(
        pen,
        outline("M 26 187 C 23 170 40 160 66 155 Q 82 166 86 188 Z"),
        colour=block,
        pattern=False,
        depth=0.6,
    )
    body(
        pen,
        outline("M 130 113 Q 140 107 148 120 L 118 156 Q 100 160 88 150 Q 110 136 130 113 Z"),
        colour=block,
        depth=0.5,
    )
    seam(pen, "M 148 122 L 119 157 Q 132 174 136 188")
    stroke(
        pen,
        "M 150 124 C 158 136 168 141 181 141 C 194 141 201 134 206 124",
        lighter(pen.colour, 0.25),
        3,
        0.7,
    )
    fold(pen, "M 80 154 Q 90 164 98 168", 1, 3)
    laces(
        pen,
        [
            (97, 145, 114, 156),
            (105, 138, 122, 147),
            (113, 130, 130, 138),
            (121, 122, 138, 129),
            (128, 114, 145, 120),
        ],
    )
    sole(pen, LOW_SOLE)
    stroke(pen, "M 25 191 Q 120 198 225 191", darker(RUBBER, 0.3), 0.9, 0.7)


def _high(pen: Pen) -> None:
    hollow(pen, oval(182, 62, 29, 7))
    upper = (
        "M 30 186 C 26 170 42 160 66 156 C 98 148 128 130 142 96 L 153 60 Q 182 72 211 60 Q 214 110 212 140"
    )
    body(pen, outline(upper + " Q 218 160 220 188 Z"), depth=0.9)
    eyelets = "M 142 96 L 153 60 L 167 66 L 142 140 Q 124 154 106 144 Q 132 124 142 96 Z"
    body(pen, outline(eyelets), colour=lighter(pen.colour, 0.18), pattern=False, depth=0.5)
    back = "M 202 63 L 211 60 Q 214 110 212 140 Q 218 160 220 188 L 204 188 Q 204 120 202 63 Z"
    body(pen, outline(back), colour=darker(pen.colour, 0.18), pattern=False, depth=0.4)
    seam(pen, "M 140 142 Q 144 168 138 188")
    seam(pen, "M 155 66 Q 182 78 210 67")
    fill(pen, oval(180, 120, 14, 14), WHITE)
    stroke(pen, oval(180, 120, 14, 14), darker(pen.colour, 0.4), 1, 0.7)
    fill(pen, oval(180, 120, 8, 8), pen.colour if sum(pen.colour) < 650 else pen.accent)
    rows = [
        (116, 136, 134, 148),
        (127, 125, 144, 135),
        (135, 112, 152, 121),
        (142, 98, 157, 106),
        (147, 84, 162, 91),
    ]
    laces(pen, [*rows, (151, 70, 166, 76)])
    sole(pen, "M 26 188 C 24 170 38 160 58 159 Q 78 168 80 190 Z")
    sole(pen, "M 25 182 Q 22 201 34 203 L 214 203 Q 225 203 223 182 Q 180 190 120 189 Q 60 190 25 182 Z")
    line = pen.colour if sum(pen.colour) < 640 else pen.accent
    stroke(pen, "M 26 192 Q 120 199 222 192", line, 1.8, 0.9)


def _runner(pen: Pen) -> None:
    block = pen.accent if pen.pattern == "colour-block" else darker(pen.colour, 0.28)
    hollow(pen, outline("M 138 108 Q 172 96 214 104 C 208 126 196 134 182 133 C 164 132 152 122 138 108 Z"))
    body(pen, outline("M 132 108 Q 140 88 154 92 Q 160 102 156 118 Z"), colour=block, pattern=False)
    upper = (
        "M 22 176 C 22 162 40 154 68 148 C 96 142 114 124 132 106 Q 142 101 150 112 C 158 126 168 133 182 133"
    )
    body(pen, outline(upper + " C 198 132 208 120 214 102 Q 226 104 223 132 L 227 180 Z"), depth=0.9)
    for i in range(11):
        x, y = 40 + i * 7, 166 - i * 2.6
        stroke(pen, f"M {x} {y} L {x + 5} {y + 14}", darker(pen.colour, 0.6), 1.3, 0.35, dash=1.4)
    wave = "M 112 182 C 130 152 148 146 166 140 L 178 138 C 164 150 150 166 144 182 Z"
    for panel in (wave, "M 158 182 C 166 160 178 148 192 138 L 202 132 C 190 150 182 166 180 182 Z"):
        body(pen, outline(panel), colour=block, pattern=False, depth=0.5)
    body(
        pen,
        outline("M 204 126 Q 212 116 214 102 Q 226 104 223 132 L 226 176 Q 206 166 204 126 Z"),
        colour=block,
        pattern=False,
    )
    body(
        pen,
        outline("M 22 178 C 22 166 34 160 50 155 Q 62 166 64 182 Z"),
        colour=block,
        pattern=False,
        depth=0.5,
    )
    laces(pen, [(102, 134, 120, 146), (110, 126, 128, 137), (119, 117, 136, 128), (127, 109, 145, 119)])
    thick = (
        "M 16 170 C 14 188 28 200 50 201 L 214 202 Q 238 200 236 172 Q 230 164 224 170 Q 170 184 "
        "120 180 Q 66 181 16 170 Z"
    )
    sole(pen, thick)
    stroke(pen, "M 20 183 Q 80 194 130 190 Q 190 188 233 181", pen.accent, 3, 0.95)
    stroke(pen, "M 32 200 Q 120 205 226 201", (70, 70, 76), 3.4)
    for x in range(178, 228, 8):
        stroke(pen, f"M {x} 192 L {x + 3} 198", BLACK, 1.6, 0.25)


def _slip_on(pen: Pen) -> None:
    hollow(pen, outline("M 118 128 Q 160 108 210 126 C 206 140 190 146 170 144 C 148 143 132 138 118 128 Z"))
    upper = (
        "M 26 186 C 22 168 42 158 70 152 C 92 146 106 136 118 127 C 136 146 190 152 210 126 Q 221 "
        "130 221 146 L 224 188 Z"
    )
    body(pen, outline(upper), depth=0.9)
    gusset = "M 122 130 Q 138 142 160 145 L 148 168 Q 122 158 110 135 Z"
    body(pen, outline(gusset), colour=darker(pen.colour, 0.4), pattern=False, material="canvas", depth=0.5)
    seam(pen, "M 108 136 Q 120 160 149 170")
    stroke(pen, "M 120 130 C 138 147 190 151 208 129", lighter(pen.colour, 0.2), 3.2, 0.8)
    seam(pen, "M 198 142 Q 194 164 198 188")
    sole(pen, LOW_SOLE)
    stroke(pen, "M 25 191 Q 120 198 225 191", darker(RUBBER, 0.35), 0.9, 0.7)
