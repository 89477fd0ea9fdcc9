"""Drawing sandals: pairs seen from above, and the platform ones from the side."""

from __future__ import annotations

from typing import Any

from shelftalk.tools.demo.body import body
from shelftalk.tools.demo.brush import BLACK, BRASS, OAK, Pen, box, darker, lighter, mix, outline, stroke
from shelftalk.tools.demo.shoes import CORK, pair, strap

FOOTBED = (
    "M 78 24 C 104 20 116 52 114 88 C 112 116 106 140 108 178 C 109 210 98 230 82 230 "
    "C 64 230 56 212 58 184 C 60 150 40 124 40 86 C 40 50 54 28 78 24 Z"
)
INSOLE = (
    "M 78 31 C 98 28 108 54 107 88 C 105 116 99 140 101 178 C 102 204 94 223 82 223 "
    "C 69 223 63 206 65 184 C 67 150 47 122 47 86 C 47 54 58 34 78 31 Z"
)


def draw_sandals(pen: Pen, shape: str) -> None:
    """Draw a pair of sandals of the given make."""
    if shape == "platform":
        pair(pen, _platform, 14, -34, 206, 26, 226)
        return
    draw = {"two-strap": _two_strap, "strappy": _strappy, "trekking": _trekking}[shape]
    for mirrored in (False, True):
        pen.canvas.save()
        if mirrored:
            pen.canvas.translate(256, 0)
            pen.canvas.scale(-1, 1)
        draw(pen)
        pen.canvas.restore()


def _bed(pen: Pen, edge: Any, inner: Any, material: str) -> None:
    body(pen, outline(FOOTBED), colour=edge, pattern=False, material=material, depth=0.7)
    body(pen, outline(INSOLE), colour=inner, pattern=False, material="suede", depth=0.8)
    stroke(pen, INSOLE, darker(inner, 0.5), 0.8, 0.6, dash=2)


def _band(pen: Pen, text: str, colour: Any = None) -> None:
    path = outline(text)
    pen.canvas.save()
    pen.canvas.translate(1.5, 3.5)
    stroke(pen, path, BLACK, 3, 0.4, blur=2.4)
    pen.canvas.restore()
    body(pen, path, colour=colour, axis="x", depth=1.1)
    if pen.material in ("leather", "suede"):
        stroke(pen, path, lighter(pen.colour, 0.4), 0.8, 0.5, dash=2)


def _buckle(pen: Pen, x: float, y: float) -> None:
    stroke(pen, box(x - 6, y - 7, x + 6, y + 7, 2), darker(BRASS, 0.35), 3.4)
    stroke(pen, box(x - 6, y - 7, x + 6, y + 7, 2), BRASS, 2.2)
    stroke(pen, f"M {x - 1} {y} L {x + 8} {y}", BRASS, 1.8)


def _two_strap(pen: Pen) -> None:
    _bed(pen, CORK, mix(CORK, (255, 240, 220), 0.35), "jute")
    _band(pen, "M 36 66 Q 78 44 119 62 L 119 92 Q 78 74 36 98 Z")
    _band(pen, "M 38 112 Q 78 92 118 104 L 113 134 Q 78 122 47 142 Z")
    _buckle(pen, 55, 78)
    _buckle(pen, 60, 121)


def _strappy(pen: Pen) -> None:
    _bed(pen, darker(OAK, 0.3), lighter(OAK, 0.3), "leather")
    for text in (
        "M 42 74 Q 78 50 114 72",
        "M 41 98 Q 78 84 114 56",
        "M 42 62 Q 78 88 113 104",
        "M 50 128 Q 78 108 109 122",
        "M 78 74 Q 74 108 80 118",
        "M 60 186 Q 52 150 82 142 Q 114 148 106 186",
    ):
        strap(pen, text, 6)
    body(
        pen,
        outline("M 59 186 Q 62 232 82 234 Q 104 232 107 186 Q 100 218 82 218 Q 66 218 59 186 Z"),
        pattern=False,
    )
    _buckle(pen, 56, 162)


def _trekking(pen: Pen) -> None:
    block = pen.accent if pen.pattern == "colour-block" else darker(pen.colour, 0.4)
    rubber = (70, 72, 78)
    stroke(pen, FOOTBED, rubber, 9, dash=7)
    _bed(pen, rubber, (112, 114, 118), "rubber")
    _band(pen, "M 35 62 Q 78 40 120 58 L 119 84 Q 78 68 36 92 Z")
    _band(pen, "M 39 116 Q 78 98 117 108 L 113 132 Q 78 124 48 142 Z")
    _band(pen, "M 70 64 Q 80 58 90 62 L 92 114 Q 82 112 72 118 Z", block)
    _band(
        pen, "M 56 172 Q 56 238 82 240 Q 110 238 110 172 L 101 174 Q 100 222 82 222 Q 66 222 65 174 Z", block
    )
    for y in (76, 124):
        body(pen, box(44, y - 9, 64, y + 9, 4), colour=block, pattern=False, depth=0.6)


def _platform(pen: Pen) -> None:
    wedge = (
        "M 26 174 Q 30 166 52 168 Q 130 178 172 154 Q 206 138 226 150 L 228 206 Q 130 210 34 208 "
        "Q 20 200 26 174 Z"
    )
    body(pen, outline(wedge), colour=CORK, pattern=False, material="jute", axis="y")
    stroke(pen, "M 28 180 Q 130 192 176 166 Q 208 152 227 162", darker(CORK, 0.45), 1.2, 0.7)
    stroke(pen, "M 28 206 L 228 205", (92, 70, 50), 4)
    body(pen, outline("M 186 150 Q 196 118 210 104 Q 222 102 224 118 L 226 154 Q 206 142 186 150 Z"))
    strap(pen, "M 206 112 Q 176 86 156 98 Q 146 112 172 122 Q 196 124 210 116", 8)
    body(pen, outline("M 40 173 C 40 146 74 120 104 128 C 118 136 122 158 118 175 Q 80 182 40 173 Z"))
    stroke(pen, "M 104 129 C 118 137 122 158 118 174", lighter(pen.colour, 0.25), 2.4, 0.7)
    _buckle(pen, 166, 112)
