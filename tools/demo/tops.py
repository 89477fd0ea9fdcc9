"""Drawing what covers the upper body: shirts, t-shirts, jumpers."""

from __future__ import annotations

from typing import Any

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import (
    BLACK,
    STEEL,
    WHITE,
    Pen,
    button,
    cut,
    darker,
    flipped,
    fold,
    lighter,
    metal_bar,
    outline,
    oval,
    seam,
    stroke,
)

TORSO = "M 128.5 48 L 104 43 L 84 50 C 79 66 80 84 80 100 C 79 140 77 180 76 212 Q 100 218 128.5 218 Z"
SHORT = "M 87 49 C 66 54 50 74 34 104 Q 46 117 64 122 L 82 97 Z"
LONG = "M 87 49 C 66 54 56 74 49 108 C 43 140 37 172 33 204 Q 44 210 56 209 C 62 182 70 142 82 106 Z"


def both(pen: Pen, text: str, angle: float, **how: Any) -> None:
    """Draw a part and its reflection in x=128; `how` goes to `body`."""
    path = outline(text)
    body(pen, path, angle=angle, **how)
    body(pen, flipped(path), angle=-angle, **how)


def folds(pen: Pen, long: bool) -> None:
    """Draw the creases of a hanging top, on the sleeves too where they are long."""
    for text in (
        "M 86 104 C 96 112 100 130 98 160",
        "M 170 104 C 160 116 158 134 162 158",
        "M 92 206 C 96 190 96 178 92 160",
        "M 150 214 C 152 196 158 184 160 170",
    ):
        fold(pen, text, 0.8, 4)
    if long:
        for text in (
            "M 58 120 Q 66 128 76 124",
            "M 50 150 Q 58 158 68 152",
            "M 198 120 Q 190 128 180 124",
            "M 206 150 Q 198 158 188 152",
        ):
            fold(pen, text, 0.9, 3)


def _neck_hollow(pen: Pen, shape: str) -> None:
    front = "L 128 86" if shape == "v-neck" else "L 140 60 L 116 60"
    hollow(pen, outline(f"M 103 43 Q 128 36 153 43 {front} Z"))


def ribs(pen: Pen, left: float, right: float, top: float, bottom: float, slant: float = 0.0) -> None:
    """Draw the upright lines of a ribbed edge."""
    x = left
    while x < right:
        stroke(pen, f"M {x} {top} L {x + slant} {bottom}", darker(pen.colour, 0.55), 0.9, 0.4)
        x += 3.2


def _open_collar(pen: Pen) -> None:
    hollow(pen, outline("M 104 43 Q 128 34 152 43 L 128 72 Z"))
    for text in ("M 106 38 Q 98 44 98 52 L 112 70 L 128 60 Q 112 50 106 38 Z",):
        both(pen, text, 30, depth=0.7, scale=0.7)


def draw_shirt(pen: Pen, shape: str) -> None:
    """Draw a shirt: collar, button front, pockets as the shape has them."""
    long = shape != "short-sleeved"
    both(pen, LONG if long else SHORT, 12 if long else 40)
    torso = outline(TORSO, mirror=True)
    body(pen, torso, angle=0 if pen.pattern != "striped" else 90)
    folds(pen, long)
    if long:
        for cuff in ("M 36 190 L 33 206 Q 44 212 57 210 L 60 194 Q 48 196 36 190 Z",):
            both(pen, cuff, 12, depth=0.8, scale=0.8)
    else:
        seam(pen, "M 37 99 Q 50 112 67 117", stitch=True)
        seam(pen, "M 219 99 Q 206 112 189 117", stitch=True)
    if shape == "grandad-collar":
        hollow(pen, outline("M 107 43 Q 128 36 149 43 Q 140 60 128 64 Q 116 60 107 43 Z"))
        body(
            pen,
            outline(
                "M 102 44 Q 108 60 126 70 L 130 70 Q 148 60 154 44 L 149 40 Q 142 56 128 62 Q 114 56 107 40 Z"
            ),
            depth=0.7,
            pattern=False,
        )
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
            body(
                pen,
                outline(f"M {x - 1} 98 L {x + 23} 98 L {x + 23} 106 L {x + 11} 113 L {x - 1} 106 Z"),
                depth=0.6,
            )
            button(pen, x + 11, 108, 1.8, WHITE)
    elif shape == "long-sleeved":
        pocket = outline("M 145 92 L 167 92 L 167 116 L 156 121 L 145 116 Z")
        body(pen, pocket, depth=0.4, angle=90 if pen.pattern == "striped" else 0)


def draw_t_shirt(pen: Pen, shape: str) -> None:
    """Draw a t-shirt: neck and sleeves as the shape has them."""
    raglan, ringer = shape == "raglan", shape == "ringer"
    neck = outline("M 105 40 L 151 40 L 128 82 Z") if shape == "v-neck" else oval(128, 42, 22, 17)
    _neck_hollow(pen, shape)
    stroke(pen, "M 106 43 Q 128 54 150 43", lighter(pen.colour, 0.15), 3, 0.5)
    both(pen, SHORT, 40, colour=pen.accent if raglan else None)
    body(pen, cut(outline(TORSO, mirror=True), neck))
    if raglan:
        both(
            pen,
            "M 88 48 L 104 43 Q 106 48 109 52 C 98 66 88 84 80 104 L 72 110 C 70 90 76 60 88 48 Z",
            40,
            colour=pen.accent,
            depth=0.4,
        )
    folds(pen, False)
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
        _neck_hollow(pen, shape)
    both(pen, LONG, 12)
    neck = outline("M 105 40 L 151 40 L 128 84 Z") if shape == "v-neck" else oval(128, 42, 22, 16)
    torso = outline(TORSO, mirror=True)
    body(pen, torso if shape in ("roll-neck", "half-zip") else cut(torso, neck))
    if pen.pattern == "colour-block":
        body(pen, outline("M 81 104 L 175 104 L 177 146 L 78.5 146 Z"), colour=pen.accent, depth=0.7)
    folds(pen, True)
    body(
        pen,
        outline("M 76.5 200 Q 100 206 128 206 Q 156 206 179.5 200 L 178 220 Q 128 226 78 220 Z"),
        pattern=False,
        depth=0.7,
    )
    ribs(pen, 80, 178, 203, 221)
    for cuff in ("M 36 190 L 32 208 Q 44 214 57 211 L 60 193 Q 48 196 36 190 Z",):
        both(pen, cuff, 12, pattern=False, depth=0.8)
    ribs(pen, 37, 58, 194, 209, -2)
    ribs(pen, 200, 220, 194, 209, 2)
    seam(pen, "M 85 52 C 79 68 79 86 81 104", stitch=False)
    seam(pen, "M 171 52 C 177 68 177 86 175 104", stitch=False)
    if shape == "roll-neck":
        body(
            pen,
            outline("M 102 48 Q 104 30 108 22 Q 128 16 148 22 Q 152 30 154 48 Q 128 60 102 48 Z"),
            pattern=False,
        )
        hollow(pen, oval(128, 22, 19, 4))
        stroke(pen, "M 104 40 Q 128 50 152 40", darker(pen.colour, 0.5), 1.2, 0.6)
        ribs(pen, 106, 152, 27, 44)
    elif shape == "half-zip":
        body(
            pen,
            outline("M 102 48 Q 104 34 110 28 L 128 38 L 146 28 Q 152 34 154 48 L 128 62 Z"),
            pattern=False,
        )
        hollow(pen, outline("M 111 28 Q 128 22 145 28 L 128 56 Z"))
        stroke(pen, "M 128 52 L 128 104", STEEL, 2.6)
        stroke(pen, "M 128 52 L 128 104", BLACK, 1.0, 0.6, dash=1.2)
        metal_bar(pen, oval(128, 108, 2.4, 4.6))
    else:
        rim = (
            "M 105 42 L 128 84 L 151 42" if shape == "v-neck" else "M 106 43 Q 108 59 128 59 Q 148 59 150 43"
        )
        stroke(pen, rim, darker(pen.colour, 0.5), 8.4, 0.9)
        stroke(pen, rim, darker(pen.colour, 0.08), 7)
        stroke(pen, rim, darker(pen.colour, 0.5), 6, 0.35, dash=1.1)
