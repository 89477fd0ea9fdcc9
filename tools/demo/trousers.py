"""Drawing trousers and shorts."""

from __future__ import annotations

from shelftalk.tools.demo.body import body
from shelftalk.tools.demo.brush import (
    STEEL,
    WHITE,
    Pen,
    button,
    darker,
    fill,
    flipped,
    fold,
    lighter,
    outline,
    seam,
    stroke,
)
from shelftalk.tools.demo.tops import both

_LEGS = {
    "straight": "M 128.5 28 L 90 26 C 86 50 82 80 82 110 L 84 230 Q 102 236 122 232 L 126 112 L 128.5 108 Z",
    "wide-leg": "M 128.5 28 L 92 26 C 84 56 74 100 66 140 L 52 228 Q 86 238 122 232 L 126 104 L 128.5 100 Z",
    "tailored": "M 128.5 28 L 92 26 C 88 50 86 80 87 110 L 94 232 Q 106 236 119 232 L 126 110 L 128.5 106 Z",
    "jogger": (
        "M 128.5 28 L 90 26 C 84 50 78 84 80 120 C 82 160 88 190 92 214 L 94 234 L 116 234 L 118 "
        "214 C 122 180 126 140 128.5 112 Z"
    ),
    "flared": (
        "M 128.5 28 L 92 26 C 88 50 86 80 88 110 C 90 140 92 156 90 170 C 82 196 74 214 68 230 Q "
        "96 240 124 232 C 120 200 118 176 120 160 C 122 140 124 124 128.5 104 Z"
    ),
    "chino": "M 128.5 58 L 84 56 C 78 86 72 120 66 178 Q 92 188 122 186 L 127 128 L 128.5 124 Z",
    "running": (
        "M 128.5 62 L 84 60 C 72 90 60 124 52 156 Q 58 170 76 172 Q 100 178 120 174 L 127 130 L 128.5 126 Z"
    ),
    "tailored shorts": "M 128.5 50 L 88 48 C 82 80 78 120 74 198 Q 96 206 121 204 L 127 124 L 128.5 120 Z",
    "cut-off": "M 128.5 62 L 84 60 C 78 90 72 116 66 158 Q 92 170 121 168 L 127 130 L 128.5 126 Z",
}


def draw_trousers(pen: Pen, shape: str) -> None:
    """Draw trousers of the given cut, front view."""
    _legs(pen, _LEGS[shape], 26)
    if shape == "jogger":
        _drawstring(pen, 34)
        for text in ("M 88 40 C 80 80 80 130 95 214", "M 168 40 C 176 80 176 130 161 214"):
            stroke(pen, text, pen.accent, 5)
        for cuff in ("M 92 214 L 94 236 L 116 236 L 118 214 Z",):
            both(pen, cuff, 0, pattern=False, material="wool", colour=darker(pen.colour, 0.1))
    elif shape == "tailored":
        for x, toe in ((107, 107), (149, 149)):
            stroke(pen, f"M {x} 60 L {toe} 230", WHITE, 1.6, 0.4, blur=0.6)
            stroke(pen, f"M {x + 1.6} 60 L {toe + 1.6} 230", darker(pen.colour, 0.7), 1.6, 0.5, blur=0.6)
    else:
        legs = ["M 108 96 C 106 140 108 190 104 236", "M 150 96 C 152 140 150 190 154 236"]
        if shape == "wide-leg":
            legs += ["M 92 80 C 84 130 78 190 76 238", "M 164 80 C 172 130 178 190 182 238"]
        for text in legs:
            fold(pen, text, 0.8, 5)
    if shape != "jogger":
        _fly(pen, 26)


def draw_shorts(pen: Pen, shape: str) -> None:
    """Draw shorts of the given cut, front view."""
    top = {"chino": 56, "running": 60, "tailored": 48, "cut-off": 60}[shape]
    _legs(pen, _LEGS["tailored shorts" if shape == "tailored" else shape], top)
    if shape == "running":
        _drawstring(pen, top + 8)
        for text in (
            "M 84 72 C 74 96 60 130 53 155 Q 58 170 76 172 Q 100 178 120 174",
            "M 172 72 C 182 96 196 130 203 155 Q 198 170 180 172 Q 156 178 136 174",
        ):
            stroke(pen, text, pen.accent, 4)
        return
    _fly(pen, top)
    if shape == "chino":
        both(pen, "M 67 166 L 65 181 Q 92 191 122 189 L 123 174 Q 92 178 67 166 Z", 0, depth=0.8)
    elif shape == "tailored":
        for x in (102, 154):
            stroke(pen, f"M {x} 74 L {x - 2 if x < 128 else x + 2} 200", WHITE, 1.6, 0.4, blur=0.6)
            stroke(pen, f"M {x + 1.6} 74 L {x} 200", darker(pen.colour, 0.7), 1.6, 0.5, blur=0.6)
    else:
        for i in range(60):
            across = 66 + i * 0.95
            y = 159 + min(9, (across - 66) * 0.25)
            length = pen.random.uniform(3, 10)
            for px in (across, 256 - across):
                stroke(
                    pen,
                    f"M {px} {y} L {px + pen.random.uniform(-2, 2)} {y + length}",
                    lighter(pen.colour, 0.55),
                    0.7,
                    0.9,
                )


def _legs(pen: Pen, text: str, top: float) -> None:
    turn = 90 if pen.pattern == "striped" else 0
    half = outline(text)
    body(pen, half, angle=turn)
    body(pen, flipped(half), angle=turn)
    seam(pen, f"M 128 {top + 10} L 128 {top + 76}", stitch=False)
    fold(pen, f"M 126 {top + 78} Q 112 {top + 74} 102 {top + 64}", 0.6, 3)
    fold(pen, f"M 130 {top + 78} Q 146 {top + 74} 154 {top + 64}", 0.6, 3)


def _fly(pen: Pen, top: float) -> None:
    seam(pen, f"M 89 {top + 11} Q 128 {top + 15} 167 {top + 11}")
    seam(pen, f"M 128 {top + 13} L 137 {top + 13} Q 138 {top + 40} 128 {top + 48}")
    for side in (1, -1):
        x = 128 - side * 40
        seam(pen, f"M {x - side * 1} {top + 34} Q {x + side * 14} {top + 34} {x + side * 20} {top + 13}")
    for x in (100, 128, 156):
        fill(
            pen,
            outline(f"M {x - 2} {top} L {x + 2} {top} L {x + 2} {top + 13} L {x - 2} {top + 13} Z"),
            darker(pen.colour, 0.22),
        )
    button(pen, 128, top + 7, 2.8, STEEL if pen.material == "denim" else None)


def _drawstring(pen: Pen, y: float) -> None:
    cord = WHITE if sum(pen.colour) < 560 else (90, 90, 96)
    for x in range(92, 166, 4):
        stroke(pen, f"M {x} {y - 6} L {x} {y + 4}", darker(pen.colour, 0.6), 1, 0.4)
    seam(pen, f"M 88 {y + 5} Q 128 {y + 9} 168 {y + 5}", stitch=False)
    stroke(pen, f"M 124 {y + 1} Q 118 {y + 18} 120 {y + 32}", cord, 2)
    stroke(pen, f"M 132 {y + 1} Q 138 {y + 16} 135 {y + 28}", cord, 2)
