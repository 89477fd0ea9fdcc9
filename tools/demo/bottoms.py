"""Drawing dresses, skirts, trousers and shorts."""

from __future__ import annotations

from typing import Any

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import STEEL, WHITE, Pen, button, cut, darker, fill, flipped, fold, lighter, oval, outline, seam, stroke


def _both(pen: Pen, text: str, angle: float, **how: Any) -> None:
    path = outline(text)
    body(pen, path, angle=angle, **how)
    body(pen, flipped(path), angle=-angle, **how)


def _belt(pen: Pen, left: float, right: float, y: float, height: float = 8) -> None:
    tone = darker(pen.colour, 0.55) if sum(pen.colour) > 260 else lighter(pen.colour, 0.3)
    body(pen, outline(f"M {left} {y} Q 128 {y + 4} {right} {y} L {right} {y + height} Q 128 {y + height + 4} {left} {y + height} Z"), colour=tone, pattern=False, material="leather")
    stroke(pen, outline(f"M 122 {y + 1} L 134 {y + 1} L 134 {y + height + 3} L 122 {y + height + 3} Z"), (206, 168, 92), 1.8)


def draw_dress(pen: Pen, shape: str) -> None:
    """Draw a dress of the given cut."""
    if shape == "mini":
        hollow(pen, outline("M 108 32 Q 128 26 148 32 L 138 46 L 118 46 Z"))
        _both(pen, "M 94 37 C 80 42 72 58 66 78 Q 76 88 90 88 L 98 64 Z", 30)
        body(pen, cut(outline("M 128.5 36 L 108 31 L 92 37 C 92 56 96 74 94 92 C 90 120 76 160 68 196 Q 98 206 128.5 206 Z", mirror=True), oval(128, 32, 20, 16)))
        stroke(pen, "M 109 33 Q 111 48 128 48 Q 145 48 147 33", darker(pen.colour, 0.35), 2.2, 0.8)
        for text in ("M 100 120 C 94 150 92 176 90 198", "M 128 116 C 130 150 126 180 128 202", "M 156 120 C 162 150 164 176 164 198"):
            fold(pen, text, 1.0, 5)
        stroke(pen, "M 69 190 Q 98 200 128 200 Q 158 200 187 190", darker(pen.colour, 0.5), 0.8, 0.6, dash=2)
        return
    if shape == "wrap":
        _both(pen, "M 96 34 C 82 40 74 56 68 76 Q 80 86 92 84 L 98 62 Z", 30)
        hollow(pen, outline("M 108 30 Q 128 24 148 30 L 128 84 Z"))
        body(pen, outline("M 150 29 L 164 36 C 162 56 158 74 160 102 L 104 104 C 118 82 138 58 150 29 Z"), angle=12)
        body(pen, outline("M 106 29 L 92 36 C 94 56 98 74 96 102 L 160 104 C 142 84 118 60 106 29 Z"), angle=-12)
        body(pen, outline("M 96 104 C 86 140 72 180 64 218 Q 96 230 130 226 Q 166 230 192 218 C 184 180 170 140 160 104 Z"))
        fold(pen, "M 150 108 C 142 150 120 190 104 226", 1.5, 5)
        for text in ("M 102 116 C 94 150 88 186 84 220", "M 158 120 C 164 156 170 190 174 220", "M 128 130 C 126 150 120 176 112 196"):
            fold(pen, text, 1.0, 5)
        body(pen, outline("M 95 100 Q 128 106 161 100 L 161 109 Q 128 115 95 109 Z"), pattern=False, colour=darker(pen.colour, 0.15))
        body(pen, outline("M 148 108 Q 160 120 156 148 L 150 147 Q 152 124 144 112 Z"), pattern=False, colour=darker(pen.colour, 0.1))
        body(pen, outline("M 150 108 Q 170 114 172 136 L 166 138 Q 162 118 146 112 Z"), pattern=False, colour=darker(pen.colour, 0.1))
        return
    if shape == "maxi":
        for x in (108, 148):
            stroke(pen, f"M {x} 22 L {x} 50", darker(pen.colour, 0.2), 3.4)
        body(pen, outline("M 128.5 50 Q 112 44 98 48 C 96 62 100 76 100 90 L 128.5 92 Z", mirror=True))
        tiers = ((88, 132, 100, 84), (128, 178, 86, 72), (174, 236, 74, 56))
        for top, bottom, upper, lower in reversed(tiers):
            body(pen, outline(f"M 128.5 {top} L {upper} {top} Q {(upper + lower) / 2 - 3} {(top + bottom) / 2} {lower} {bottom} Q 96 {bottom + 6} 128.5 {bottom + 6} Z", mirror=True))
            for i in range(9):
                x0, x1 = upper + (256 - 2 * upper) * (i + 0.5) / 9, lower + (256 - 2 * lower) * (i + 0.5) / 9
                fold(pen, f"M {x0} {top + 3} Q {(x0 + x1) / 2} {top + 16} {x1} {bottom - 8}", 0.9, 3)
        stroke(pen, "M 100 88 Q 128 94 156 88", darker(pen.colour, 0.4), 2.4, 0.6)
        return
    if shape == "evening":
        for text in ("M 106 18 Q 104 34 102 54", "M 150 18 Q 152 34 154 54"):
            stroke(pen, text, darker(pen.colour, 0.2), 2.2)
        body(pen, outline("M 128.5 66 Q 116 46 102 52 C 94 66 100 84 104 96 C 92 116 92 140 92 160 C 86 190 70 216 52 236 Q 92 246 128.5 242 Z", mirror=True), depth=1.3)
        for text in ("M 108 100 C 104 140 104 170 84 234", "M 124 104 C 124 150 120 190 112 238", "M 142 102 C 146 150 150 190 152 238", "M 152 110 C 156 150 160 190 182 232", "M 104 68 Q 116 84 128 84 Q 142 84 152 68", "M 102 80 Q 116 96 128 96"):
            fold(pen, text, 1.6, 6)
        return
    hollow(pen, outline("M 108 34 Q 128 28 148 34 L 136 52 L 120 52 Z"))
    body(pen, cut(outline("M 128.5 40 L 110 33 L 98 36 C 100 50 92 58 92 66 C 98 80 100 92 101 104 L 128.5 106 Z", mirror=True), outline("M 108 28 L 148 28 L 140 60 L 116 60 Z")))
    body(pen, outline("M 128.5 104 L 101 102 C 84 130 54 170 38 204 Q 82 224 128.5 222 Z", mirror=True))
    for i in range(8):
        x0, x1 = 104 + i * 7, 52 + i * 22
        fold(pen, f"M {x0} 110 Q {(x0 + x1) / 2} 146 {x1} 214", 1.2, 5)
    _belt(pen, 100, 156, 98)


def draw_skirt(pen: Pen, shape: str) -> None:
    """Draw a skirt of the given cut."""
    if shape == "mini":
        body(pen, outline("M 128.5 62 L 84 60 C 74 100 66 140 62 178 Q 94 190 128.5 190 Z", mirror=True))
        for x in (122, 134):
            stroke(pen, f"M {x} 72 L {x} 190", darker(pen.colour, 0.5), 0.8, 0.5)
        for y in range(66, 186, 20):
            button(pen, 128, y + 4, 3, (206, 168, 92) if pen.material == "denim" else None)
        seam(pen, "M 82 72 Q 128 78 174 72")
        seam(pen, "M 80 82 Q 88 104 108 104 L 112 77")
        seam(pen, "M 176 82 Q 168 104 148 104 L 144 77")
        seam(pen, "M 63 172 Q 94 184 128 184 Q 162 184 193 172")
        return
    if shape == "pleated":
        body(pen, outline("M 128.5 58 L 92 56 C 80 100 60 160 48 196 Q 90 212 128.5 212 Z", mirror=True))
        for i in range(13):
            x0, x1 = 93 + i * 5.4, 52 + i * 12.4
            stroke(pen, f"M {x0} 64 L {x1} 208", darker(pen.colour, 0.7), 3, 0.35, blur=1.4)
            stroke(pen, f"M {x0} 64 L {x1} 208", darker(pen.colour, 0.6), 0.8, 0.6)
            stroke(pen, f"M {x0 - 2} 64 L {x1 - 4} 208", WHITE, 2.0, 0.22, blur=1.0)
        body(pen, outline("M 91 54 Q 128 60 165 54 L 167 66 Q 128 72 89 66 Z"), pattern=False)
        return
    if shape == "pencil":
        body(pen, outline("M 128.5 44 L 96 42 C 82 66 78 100 82 140 C 84 170 88 200 90 220 Q 110 226 128.5 226 Z", mirror=True), depth=1.2)
        for text in ("M 108 56 C 106 66 106 76 108 86", "M 148 56 C 150 66 150 76 148 86"):
            seam(pen, text, stitch=False)
        seam(pen, "M 94 54 Q 128 60 162 54")
        fold(pen, "M 128 150 C 126 176 128 200 128 224", 1.0, 4)
        fold(pen, "M 90 120 Q 110 130 120 124", 0.8, 4)
        fold(pen, "M 166 130 Q 150 140 140 136", 0.8, 4)
        stroke(pen, "M 128 188 L 128 226", darker(pen.colour, 0.7), 1.6, 0.8)
        return
    tiers = ((40, 96, 94, 80), (92, 156, 82, 64), (152, 230, 66, 44))
    for top, bottom, upper, lower in reversed(tiers):
        body(pen, outline(f"M 128.5 {top} L {upper} {top} Q {(upper + lower) / 2 - 3} {(top + bottom) / 2} {lower} {bottom} Q 90 {bottom + 8} 128.5 {bottom + 8} Z", mirror=True))
        for i in range(10):
            x0, x1 = upper + (256 - 2 * upper) * (i + 0.5) / 10, lower + (256 - 2 * lower) * (i + 0.5) / 10
            fold(pen, f"M {x0} {top + 3} Q {(x0 + x1) / 2} {top + 20} {x1} {bottom - 6}", 0.9, 3.4)
    body(pen, outline("M 93 34 Q 128 40 163 34 L 164 46 Q 128 52 92 46 Z"), pattern=False)


_LEGS = {
    "straight": "M 128.5 28 L 90 26 C 86 50 82 80 82 110 L 84 230 Q 102 236 122 232 L 126 112 L 128.5 108 Z",
    "wide-leg": "M 128.5 28 L 92 26 C 84 56 74 100 66 140 L 52 228 Q 86 238 122 232 L 126 104 L 128.5 100 Z",
    "tailored": "M 128.5 28 L 92 26 C 88 50 86 80 87 110 L 94 232 Q 106 236 119 232 L 126 110 L 128.5 106 Z",
    "jogger": "M 128.5 28 L 90 26 C 84 50 78 84 80 120 C 82 160 88 190 92 214 L 94 234 L 116 234 L 118 214 C 122 180 126 140 128.5 112 Z",
    "flared": "M 128.5 28 L 92 26 C 88 50 86 80 88 110 C 90 140 92 156 90 170 C 82 196 74 214 68 230 Q 96 240 124 232 C 120 200 118 176 120 160 C 122 140 124 124 128.5 104 Z",
    "chino": "M 128.5 58 L 84 56 C 78 86 72 120 66 178 Q 92 188 122 186 L 127 128 L 128.5 124 Z",
    "running": "M 128.5 62 L 84 60 C 72 90 60 124 52 156 Q 58 170 76 172 Q 100 178 120 174 L 127 130 L 128.5 126 Z",
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
            _both(pen, cuff, 0, pattern=False, material="wool", colour=darker(pen.colour, 0.1))
    elif shape == "tailored":
        for x, toe in ((107, 107), (149, 149)):
            stroke(pen, f"M {x} 60 L {toe} 230", WHITE, 1.6, 0.4, blur=0.6)
            stroke(pen, f"M {x + 1.6} 60 L {toe + 1.6} 230", darker(pen.colour, 0.7), 1.6, 0.5, blur=0.6)
    else:
        for text in ("M 104 120 C 102 150 106 190 102 226", "M 152 120 C 156 150 150 190 156 226"):
            fold(pen, text, 1.0 if shape != "wide-leg" else 1.6, 5)
    if shape != "jogger":
        _fly(pen, 26)


def draw_shorts(pen: Pen, shape: str) -> None:
    """Draw shorts of the given cut, front view."""
    top = {"chino": 56, "running": 60, "tailored": 48, "cut-off": 60}[shape]
    _legs(pen, _LEGS["tailored shorts" if shape == "tailored" else shape], top)
    if shape == "running":
        _drawstring(pen, top + 8)
        for text in ("M 84 72 C 74 96 60 130 53 155 Q 58 170 76 172 Q 100 178 120 174", "M 172 72 C 182 96 196 130 203 155 Q 198 170 180 172 Q 156 178 136 174"):
            stroke(pen, text, pen.accent, 4)
        return
    _fly(pen, top)
    if shape == "chino":
        _both(pen, "M 67 166 L 65 181 Q 92 191 122 189 L 123 174 Q 92 178 67 166 Z", 0, depth=0.8)
    elif shape == "tailored":
        for x in (102, 154):
            stroke(pen, f"M {x} 74 L {x - 2 if x < 128 else x + 2} 200", WHITE, 1.6, 0.4, blur=0.6)
            stroke(pen, f"M {x + 1.6} 74 L {x} 200", darker(pen.colour, 0.7), 1.6, 0.5, blur=0.6)
    else:
        for i in range(60):
            x = 66 + i * 0.95
            y = 159 + min(9, (x - 66) * 0.25)
            length = pen.random.uniform(3, 10)
            for px in (x, 256 - x):
                stroke(pen, f"M {px} {y} L {px + pen.random.uniform(-2, 2)} {y + length}", lighter(pen.colour, 0.55), 0.7, 0.9)


def _legs(pen: Pen, text: str, top: float) -> None:
    turn = 90 if pen.pattern == "striped" else 0
    half = outline(text)
    body(pen, half, angle=turn)
    body(pen, flipped(half), angle=turn)
    seam(pen, f"M 128 {top + 10} L 128 {top + 76}", stitch=False)
    fold(pen, f"M 126 {top + 78} Q 112 {top + 74} 100 {top + 62}", 1.0, 4)
    fold(pen, f"M 130 {top + 78} Q 146 {top + 74} 156 {top + 62}", 1.0, 4)


def _fly(pen: Pen, top: float) -> None:
    seam(pen, f"M 89 {top + 11} Q 128 {top + 15} 167 {top + 11}")
    seam(pen, f"M 128 {top + 13} L 137 {top + 13} Q 138 {top + 40} 128 {top + 48}")
    for side in (1, -1):
        x = 128 - side * 40
        seam(pen, f"M {x - side * 1} {top + 34} Q {x + side * 14} {top + 34} {x + side * 20} {top + 13}")
    for x in (100, 128, 156):
        fill(pen, outline(f"M {x - 2} {top} L {x + 2} {top} L {x + 2} {top + 13} L {x - 2} {top + 13} Z"), darker(pen.colour, 0.22))
    button(pen, 128, top + 7, 2.8, STEEL if pen.material == "denim" else None)


def _drawstring(pen: Pen, y: float) -> None:
    cord = WHITE if sum(pen.colour) < 560 else (90, 90, 96)
    for x in range(92, 166, 4):
        stroke(pen, f"M {x} {y - 6} L {x} {y + 4}", darker(pen.colour, 0.6), 1, 0.4)
    seam(pen, f"M 88 {y + 5} Q 128 {y + 9} 168 {y + 5}", stitch=False)
    stroke(pen, f"M 124 {y + 1} Q 118 {y + 18} 120 {y + 32}", cord, 2)
    stroke(pen, f"M 132 {y + 1} Q 138 {y + 16} 135 {y + 28}", cord, 2)
