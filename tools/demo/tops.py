"""Drawing what covers the upper body: shirts, t-shirts, jumpers, jackets."""

from __future__ import annotations

from typing import Any

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import BLACK, STEEL, WHITE, Pen, button, cut, darker, fill, flipped, fold, lighter, metal_bar, oval, outline, seam, stroke

TORSO = "M 128.5 48 L 104 43 L 84 50 C 79 66 80 84 80 100 C 79 140 77 180 76 212 Q 100 218 128.5 218 Z"
SHORT = "M 87 49 C 66 54 50 74 34 104 Q 46 117 64 122 L 82 97 Z"
LONG = "M 87 49 C 66 54 56 74 49 108 C 43 140 37 172 33 204 Q 44 210 56 209 C 62 182 70 142 82 106 Z"


def _both(pen: Pen, text: str, angle: float, **how: Any) -> None:
    path = outline(text)
    body(pen, path, angle=angle, **how)
    body(pen, flipped(path), angle=-angle, **how)


def _folds(pen: Pen, long: bool) -> None:
    for text in ("M 86 104 C 96 112 100 130 98 160", "M 170 104 C 160 116 158 134 162 158", "M 92 206 C 96 190 96 178 92 160", "M 150 214 C 152 196 158 184 160 170"):
        fold(pen, text, 0.8, 4)
    if long:
        for text in ("M 58 120 Q 66 128 76 124", "M 50 150 Q 58 158 68 152", "M 198 120 Q 190 128 180 124", "M 206 150 Q 198 158 188 152"):
            fold(pen, text, 0.9, 3)


def _ribs(pen: Pen, left: float, right: float, top: float, bottom: float, slant: float = 0.0) -> None:
    x = left
    while x < right:
        stroke(pen, f"M {x} {top} L {x + slant} {bottom}", darker(pen.colour, 0.55), 0.9, 0.4)
        x += 3.2


def _open_collar(pen: Pen) -> None:
    hollow(pen, outline("M 104 43 Q 128 34 152 43 L 128 72 Z"))
    for text in ("M 106 38 Q 98 44 98 52 L 112 70 L 128 60 Q 112 50 106 38 Z",):
        _both(pen, text, 30, depth=0.7, scale=0.7)


def draw_shirt(pen: Pen, shape: str) -> None:
    """Draw a shirt: collar, button front, pockets as the shape has them."""
    long = shape != "short-sleeved"
    _both(pen, LONG if long else SHORT, 12 if long else 40)
    torso = outline(TORSO, mirror=True)
    body(pen, torso, angle=0 if pen.pattern != "striped" else 90)
    _folds(pen, long)
    if long:
        for cuff in ("M 36 190 L 33 206 Q 44 212 57 210 L 60 194 Q 48 196 36 190 Z",):
            _both(pen, cuff, 12, depth=0.8, scale=0.8)
    else:
        seam(pen, "M 37 99 Q 50 112 67 117", stitch=True)
        seam(pen, "M 219 99 Q 206 112 189 117", stitch=True)
    if shape == "grandad-collar":
        hollow(pen, outline("M 107 43 Q 128 36 149 43 Q 140 60 128 64 Q 116 60 107 43 Z"))
        body(pen, outline("M 102 44 Q 108 60 126 70 L 130 70 Q 148 60 154 44 L 149 40 Q 142 56 128 62 Q 114 56 107 40 Z"), depth=0.7, pattern=False)
    else:
        _open_collar(pen)
    stroke(pen, "M 121 70 L 121 217", darker(pen.colour, 0.5), 0.9, 0.6)
    stroke(pen, "M 135 70 L 135 217", darker(pen.colour, 0.5), 0.9, 0.6)
    for y in range(82, 214, 22):
        button(pen, 128, y, 2.3)
    seam(pen, "M 84 52 C 79 70 80 88 81 104")
    seam(pen, "M 172 52 C 177 70 176 88 175 104")
    if shape == "western":
        thread = lighter(pen.colour, 0.5)
        for yoke in ("M 84 72 Q 96 78 102 92 Q 108 78 121 76", "M 172 72 Q 160 78 154 92 Q 148 78 135 76"):
            stroke(pen, yoke, darker(pen.colour, 0.5), 1.2, 0.7)
            stroke(pen, yoke, thread, 0.9, 0.9, dash=2.4)
        for x in (91, 143):
            pocket = outline(f"M {x} 100 L {x + 22} 100 L {x + 22} 124 L {x + 11} 130 L {x} 124 Z")
            body(pen, pocket, depth=0.6)
            body(pen, outline(f"M {x - 1} 98 L {x + 23} 98 L {x + 23} 106 L {x + 11} 113 L {x - 1} 106 Z"), depth=0.6)
            button(pen, x + 11, 108, 1.8, WHITE)
    elif shape == "long-sleeved":
        pocket = outline("M 145 92 L 167 92 L 167 116 L 156 121 L 145 116 Z")
        body(pen, pocket, depth=0.4, angle=90 if pen.pattern == "striped" else 0)


def draw_t_shirt(pen: Pen, shape: str) -> None:
    """Draw a t-shirt: neck and sleeves as the shape has them."""
    raglan, ringer = shape == "raglan", shape == "ringer"
    neck = outline("M 105 40 L 151 40 L 128 82 Z") if shape == "v-neck" else oval(128, 42, 22, 17)
    hollow(pen, outline("M 103 43 Q 128 36 153 43 L 140 60 L 116 60 Z") if shape != "v-neck" else outline("M 103 43 Q 128 36 153 43 L 128 86 Z"))
    stroke(pen, "M 106 43 Q 128 54 150 43", lighter(pen.colour, 0.15), 3, 0.5)
    _both(pen, SHORT, 40, colour=pen.accent if raglan else None)
    body(pen, cut(outline(TORSO, mirror=True), neck))
    if raglan:
        _both(pen, "M 88 48 L 104 43 Q 106 48 109 52 C 98 66 88 84 80 104 L 72 110 C 70 90 76 60 88 48 Z", 40, colour=pen.accent, depth=0.4)
    _folds(pen, False)
    trim = pen.accent if ringer or raglan else darker(pen.colour, 0.12)
    rim = "M 105 42 L 128 82 L 151 42" if shape == "v-neck" else "M 106 43 Q 108 60 128 60 Q 148 60 150 43"
    stroke(pen, rim, darker(trim, 0.4), 6.6, 0.8)
    stroke(pen, rim, trim, 5.4)
    if ringer:
        for hem in ("M 35 105 Q 48 117 65 121", "M 221 105 Q 208 117 191 121"):
            stroke(pen, hem, pen.accent, 6)
    else:
        for hem in ("M 37 99 Q 50 112 67 117", "M 219 99 Q 206 112 189 117"):
            stroke(pen, hem, darker(pen.colour, 0.5), 0.8, 0.6, dash=2)
    if not raglan:
        seam(pen, "M 85 52 C 79 68 79 86 81 102", stitch=False)
        seam(pen, "M 171 52 C 177 68 177 86 175 102", stitch=False)
    stroke(pen, "M 77 206 Q 100 212 128 212 Q 156 212 179 206", darker(pen.colour, 0.5), 0.8, 0.6, dash=2)


def draw_jumper(pen: Pen, shape: str) -> None:
    """Draw a jumper: ribbed cuffs and hem, and the neck that the shape has."""
    if shape != "roll-neck":
        hollow(pen, outline("M 103 43 Q 128 36 153 43 L 128 86 Z") if shape == "v-neck" else outline("M 103 43 Q 128 36 153 43 L 140 60 L 116 60 Z"))
    _both(pen, LONG, 12)
    neck = outline("M 105 40 L 151 40 L 128 84 Z") if shape == "v-neck" else oval(128, 42, 22, 16)
    torso = outline(TORSO, mirror=True)
    body(pen, torso if shape in ("roll-neck", "half-zip") else cut(torso, neck))
    if pen.pattern == "colour-block":
        body(pen, outline("M 81 104 L 175 104 L 177 146 L 78.5 146 Z"), colour=pen.accent, depth=0.7)
    _folds(pen, True)
    body(pen, outline("M 76.5 200 Q 100 206 128 206 Q 156 206 179.5 200 L 178 220 Q 128 226 78 220 Z"), pattern=False, depth=0.7)
    _ribs(pen, 80, 178, 203, 221)
    for cuff in ("M 36 190 L 32 208 Q 44 214 57 211 L 60 193 Q 48 196 36 190 Z",):
        _both(pen, cuff, 12, pattern=False, depth=0.8)
    _ribs(pen, 37, 58, 194, 209, -2)
    _ribs(pen, 200, 220, 194, 209, 2)
    seam(pen, "M 85 52 C 79 68 79 86 81 104", stitch=False)
    seam(pen, "M 171 52 C 177 68 177 86 175 104", stitch=False)
    if shape == "roll-neck":
        body(pen, outline("M 102 48 Q 104 30 108 22 Q 128 16 148 22 Q 152 30 154 48 Q 128 60 102 48 Z"), pattern=False)
        hollow(pen, oval(128, 22, 19, 4))
        stroke(pen, "M 104 40 Q 128 50 152 40", darker(pen.colour, 0.5), 1.2, 0.6)
        _ribs(pen, 106, 152, 27, 44)
    elif shape == "half-zip":
        body(pen, outline("M 102 48 Q 104 34 110 28 L 128 38 L 146 28 Q 152 34 154 48 L 128 62 Z"), pattern=False)
        hollow(pen, outline("M 111 28 Q 128 22 145 28 L 128 56 Z"))
        stroke(pen, "M 128 52 L 128 104", STEEL, 2.6)
        stroke(pen, "M 128 52 L 128 104", BLACK, 1.0, 0.6, dash=1.2)
        metal_bar(pen, oval(128, 108, 2.4, 4.6))
    else:
        rim = "M 105 42 L 128 84 L 151 42" if shape == "v-neck" else "M 106 43 Q 108 59 128 59 Q 148 59 150 43"
        stroke(pen, rim, darker(pen.colour, 0.5), 8.4, 0.9)
        stroke(pen, rim, darker(pen.colour, 0.08), 7)
        stroke(pen, rim, darker(pen.colour, 0.5), 6, 0.35, dash=1.1)


def draw_jacket(pen: Pen, shape: str) -> None:
    """Draw a jacket of the given cut."""
    if shape == "puffer":
        _puffer(pen)
        return
    block = pen.accent if pen.pattern == "colour-block" else None
    _both(pen, LONG, 12, colour=block)
    lining = outline("M 103 43 Q 128 34 153 43 L 128 110 Z")
    hollow(pen, lining, lighter(pen.colour, 0.1))
    torso = outline(TORSO, mirror=True)
    opening = outline("M 106 40 L 150 40 L 128 118 Z") if shape == "blazer" else outline("M 108 40 L 148 40 L 128 70 Z")
    body(pen, cut(torso, opening), angle=90 if pen.pattern == "striped" else 0)
    _folds(pen, True)
    seam(pen, "M 85 52 C 79 68 79 86 81 104")
    seam(pen, "M 171 52 C 177 68 177 86 175 104")
    if shape == "blazer":
        for text in ("M 106 40 Q 96 46 94 58 L 104 74 L 92 80 L 124 122 L 128 114 Q 112 80 106 40 Z",):
            _both(pen, text, 20, depth=0.7)
        stroke(pen, "M 128 116 L 128 217", darker(pen.colour, 0.6), 1.2, 0.8)
        button(pen, 124, 130, 3.2)
        button(pen, 124, 156, 3.2)
        for x in (88, 142):
            body(pen, outline(f"M {x} 166 L {x + 26} 164 L {x + 26} 174 L {x} 176 Z"), depth=0.5, pattern=False)
        stroke(pen, "M 146 98 L 164 95", darker(pen.colour, 0.5), 2.6, 0.7)
        return
    if shape == "trucker":
        for text in ("M 84 86 L 121 86", "M 172 86 L 135 86", "M 100 94 L 106 204", "M 156 94 L 150 204"):
            seam(pen, text)
        for x in (90, 144):
            body(pen, outline(f"M {x} 88 L {x + 22} 88 L {x + 22} 96 L {x + 11} 103 L {x} 96 Z"), depth=0.6)
            button(pen, x + 11, 97, 1.9, STEEL)
        _both(pen, "M 106 38 Q 95 46 94 56 L 108 76 L 128 64 Q 112 52 106 38 Z", 30, depth=0.8)
        stroke(pen, "M 121 70 L 121 206", darker(pen.colour, 0.5), 0.9, 0.6)
        stroke(pen, "M 135 70 L 135 206", darker(pen.colour, 0.5), 0.9, 0.6)
        for y in range(80, 204, 20):
            button(pen, 128, y, 2.6, STEEL)
        body(pen, outline("M 76.5 202 Q 128 210 179.5 202 L 179 217 Q 128 225 77 217 Z"), depth=0.7)
        _both(pen, "M 36 192 L 33 207 Q 44 213 57 210 L 60 195 Q 48 198 36 192 Z", 12, depth=0.8)
        return
    if shape == "bomber":
        body(pen, outline("M 76.5 200 Q 128 208 179.5 200 L 176 222 Q 128 228 80 222 Z"), pattern=False, material="wool", depth=0.8, colour=darker(pen.colour, 0.15))
        _ribs(pen, 82, 176, 204, 222)
        _both(pen, "M 37 188 L 33 208 Q 44 214 56 211 L 60 192 Q 48 196 37 188 Z", 12, material="wool", depth=0.8, colour=darker(pen.colour, 0.15))
        body(pen, outline("M 100 46 Q 104 34 112 32 Q 128 38 144 32 Q 152 34 156 46 L 132 66 L 124 66 Z"), material="wool", depth=0.8, colour=darker(pen.colour, 0.15))
        hollow(pen, outline("M 112 33 Q 128 28 144 33 L 128 58 Z"))
        _zip(pen, "M 128 60 L 128 222")
        for text in ("M 90 148 L 100 178", "M 166 148 L 156 178"):
            stroke(pen, text, darker(pen.colour, 0.6), 2.2, 0.7)
        return
    # Biker: wide lapels and a zip that runs aslant.
    _both(pen, "M 106 38 Q 94 44 92 56 L 88 74 L 118 100 L 128 76 Q 112 56 106 38 Z", 30, depth=1.0)
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
        x, y = 74 - 34 * t, 62 + 140 * t
        arm = outline(f"M {x - 12 + 6 * t} {y - 2} C {x - 24 + 8 * t} {y + 8} {x - 24 + 6 * t} {y + 24} {x - 14 + 2 * t} {y + 26} L {x + 18 - 2 * t} {y + 30} C {x + 26} {y + 22} {x + 26} {y + 10} {x + 22} {y + 4} Z")
        body(pen, arm, depth=1.0, axis="y")
        body(pen, flipped(arm), depth=1.0, axis="y")
    for step in range(6):
        y = 46 + step * 28
        row = outline(f"M 128.5 {y} L {86 if step else 98} {y} C 74 {y + 4} 72 {y + 24} 80 {y + 28} Q 104 {y + 33} 128.5 {y + 33} Z", mirror=True)
        body(pen, row, colour=accent if step < 2 else None, axis="y", depth=1.1)
        for x in (96, 112, 146, 160):
            fold(pen, f"M {x} {y + 2} Q {x + 3} {y + 8} {x + 1} {y + 13}", 0.7, 2.2)
    body(pen, outline("M 98 50 Q 100 28 110 26 Q 128 30 146 26 Q 156 28 158 50 Q 128 62 98 50 Z"), colour=accent, axis="y")
    hollow(pen, oval(128, 27, 19, 4))
    _zip(pen, "M 128 40 L 128 218")
