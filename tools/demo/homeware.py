"""Drawing lamps, vases and mugs."""

from __future__ import annotations

from typing import Any

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import (
    BLACK,
    BRASS,
    STEEL,
    WHITE,
    Pen,
    box,
    darker,
    fill,
    gradient,
    lighter,
    metal_bar,
    outline,
    oval,
    stroke,
)

GLOW = (255, 236, 190)


def _glow(pen: Pen, path: Any, strength: float = 0.5) -> None:
    bounds = path.getBounds()
    pen.canvas.save()
    pen.canvas.clipPath(path, doAntiAlias=True)
    middle, low = (bounds.left() + bounds.right()) / 2, bounds.bottom()
    fill(
        pen,
        oval(middle, low - 8, (bounds.right() - bounds.left()) * 0.34, (low - bounds.top()) * 0.5),
        GLOW,
        strength,
        14,
    )
    pen.canvas.restore()


def draw_table_lamp(pen: Pen, shape: str) -> None:
    """Draw a lit table lamp."""
    if shape == "jointed":
        pen.floor.append((46, 138, 228))
        body(
            pen,
            outline("M 46 220 Q 46 208 92 206 Q 138 208 138 220 Q 138 230 92 230 Q 46 230 46 220 Z"),
            axis="y",
        )
        for text in ("M 92 208 L 64 132", "M 64 132 L 146 70"):
            stroke(pen, text, darker(pen.colour, 0.55), 8)
            stroke(pen, text, pen.colour, 6)
            stroke(pen, text, WHITE, 1.6, 0.5)
        for x, y in ((64, 132), (146, 70), (92, 204)):
            metal_bar(pen, oval(x, y, 7, 7), STEEL)
        fill(pen, outline("M 152 120 L 214 94 L 244 226 L 120 226 Z"), GLOW, 0.30, 9)
        fill(pen, oval(184, 108, 34, 11), GLOW)
        body(
            pen,
            outline(
                "M 140 62 Q 156 46 168 56 C 196 58 214 74 220 94 Q 188 98 150 126 C 138 108 136 84 140 62 Z"
            ),
            depth=1.2,
        )
        return
    pen.floor.append((86, 170, 230))
    if shape == "dome":
        body(pen, oval(128, 222, 44, 9), axis="y")
        metal_bar(pen, box(124.5, 96, 131.5, 220), STEEL if pen.material == "glass" else pen.colour)
        fill(pen, outline("M 60 112 L 196 112 L 224 222 L 32 222 Z"), GLOW, 0.25, 10)
        shade = outline("M 50 112 C 50 58 88 30 128 30 C 168 30 206 58 206 112 Q 128 122 50 112 Z")
        fill(pen, oval(128, 113, 74, 9), GLOW)
        body(pen, shade, depth=1.1)
        if pen.material == "glass":
            _glow(pen, shade, 0.7)
        fill(pen, oval(128, 29, 6, 4), darker(pen.colour, 0.3))
        return
    if shape == "tripod":
        for text in (
            "M 122 120 L 130 120 L 92 230 L 84 230 Z",
            "M 126 120 L 134 120 L 172 230 L 164 230 Z",
            "M 124 120 L 132 120 L 132 222 L 125 222 Z",
        ):
            body(pen, outline(text), angle=80, pattern=False)
        metal_bar(pen, box(118, 110, 138, 124, 3), BRASS)
        shade = outline("M 92 36 Q 128 30 164 36 L 196 116 Q 128 128 60 116 Z")
        body(pen, shade, material="linen", depth=0.8)
        _glow(pen, shade)
        return
    if shape == "drum":
        body(
            pen,
            outline(
                "M 128.5 124 L 118 124 Q 118 136 104 146 C 74 164 76 208 102 228 L 128.5 230 Z", mirror=True
            ),
            pattern=False,
            depth=1.2,
        )
        metal_bar(pen, box(121, 108, 135, 126), BRASS)
        shade = outline("M 72 34 Q 128 26 184 34 L 192 112 Q 128 122 64 112 Z")
        body(pen, shade, material="linen", depth=0.8)
        _glow(pen, shade)
    else:
        body(
            pen,
            outline(
                (
                    "M 128.5 120 L 120 120 L 118 134 Q 106 142 118 152 C 104 164 104 186 118 196 Q 110 204 "
                    "116 210 L 92 220 Q 88 230 96 231 L 128.5 232 Z"
                ),
                mirror=True,
            ),
            depth=1.2,
        )
        shade = outline(
            "M 98 32 Q 128 26 158 32 Q 166 74 204 112 Q 206 120 196 122 Q 128 132 60 122 Q 50 120 52 "
            "112 Q 90 74 98 32 Z"
        )
        body(pen, shade, material="linen", depth=0.7)
        pen.canvas.save()
        pen.canvas.clipPath(shade, doAntiAlias=True)
        for i in range(25):
            x0, x1 = 98 + i * 2.5, 52 + i * 6.4
            text = f"M {x0} 30 Q {x0 + (x1 - x0) * 0.25} 76 {x1} 128"
            stroke(pen, text, darker(pen.colour, 0.6), 1.5, 0.4)
            pen.canvas.translate(1.5, 0)
            stroke(pen, text, WHITE, 1.2, 0.25)
            pen.canvas.translate(-1.5, 0)
        pen.canvas.restore()
        _glow(pen, shade, 0.4)
    rim = darker(pen.colour, 0.35)
    bounds = shade.getBounds()
    stroke(
        pen,
        (
            f"M {bounds.left() + 4} {bounds.bottom() - 8} Q 128 {bounds.bottom() + 2} "
            f"{bounds.right() - 4} {bounds.bottom() - 8}"
        ),
        rim,
        1.4,
        0.5,
    )


def draw_vase(pen: Pen, shape: str) -> None:
    """Draw an empty vase."""
    pen.floor.append((84, 172, 228))
    if shape == "bottle":
        path, mouth = (
            outline(
                (
                    "M 128.5 34 L 114 34 Q 116 40 117 60 C 118 96 112 110 96 126 C 66 152 64 206 96 228 L "
                    "128.5 230 Z"
                ),
                mirror=True,
            ),
            (14, 34),
        )
    elif shape == "two-handled":
        for d in (1, -1):
            handle = outline(
                f"M {128 - d * 24} 62 Q {128 - d * 74} 60 {128 - d * 68} 104 Q {128 - d * 62} 128 "
                f"{128 - d * 50} 132"
            )
            stroke(pen, handle, darker(pen.colour, 0.5), 10)
            stroke(pen, handle, pen.colour, 8)
            stroke(pen, handle, WHITE, 2, 0.4, blur=0.6)
        path, mouth = (
            outline(
                (
                    "M 128.5 40 L 98 40 Q 104 52 108 62 Q 108 78 94 88 C 60 112 66 170 112 204 Q 112 212 98 "
                    "220 L 96 230 L 128.5 231 Z"
                ),
                mirror=True,
            ),
            (30, 40),
        )
    elif shape == "cylinder":
        path, mouth = outline("M 128.5 48 L 86 48 L 86 218 Q 88 230 128.5 231 Z", mirror=True), (42, 48)
    elif shape == "bulb":
        path, mouth = (
            outline(
                "M 128.5 66 L 104 66 Q 108 74 106 84 C 56 98 46 150 62 188 Q 76 226 104 230 L 128.5 231 Z",
                mirror=True,
            ),
            (24, 66),
        )
    else:
        path, mouth = (
            outline(
                "M 128.5 44 L 76 44 Q 96 70 100 110 C 102 140 84 160 88 190 Q 92 224 108 230 L 128.5 231 Z",
                mirror=True,
            ),
            (52, 44),
        )
    if pen.material == "glass":
        fill(pen, path, lighter(pen.colour, 0.3), 0.35)
        body(pen, oval(128, 220, 34, 8), colour=darker(pen.colour, 0.2), pattern=False)
    body(pen, path, depth=1.2)
    if shape == "fluted":
        pen.canvas.save()
        pen.canvas.clipPath(path, doAntiAlias=True)
        for i in range(13):
            t = (i + 0.5) / 13 * 2 - 1
            text = (
                f"M {128 + t * 54} 40 C {128 + t * 32} 76 {128 + t * 26} 110 {128 + t * 28} 130 C "
                f"{128 + t * 36} 160 {128 + t * 42} 180 {128 + t * 22} 232"
            )
            stroke(pen, text, darker(pen.colour, 0.7), 3, 0.3, blur=0.9)
            pen.canvas.translate(2.6, 0)
            stroke(pen, text, WHITE, 1.8, 0.35, blur=0.6)
            pen.canvas.translate(-2.6, 0)
        pen.canvas.restore()
    elif shape == "bulb" and pen.pattern == "plain":
        for y in (112, 120):
            stroke(pen, f"M 58 {y} Q 128 {y + 20} 198 {y}", darker(pen.colour, 0.4), 1.4, 0.5)
    rx, y = mouth
    if pen.material == "glass":
        fill(pen, oval(128, y, rx, rx * 0.18 + 2), WHITE, 0.25)
    else:
        hollow(pen, oval(128, y, rx - 1, rx * 0.18 + 1.5))
    stroke(pen, oval(128, y, rx, rx * 0.18 + 2), lighter(pen.colour, 0.35), 2)


def draw_mug(pen: Pen, shape: str) -> None:
    """Draw a mug, its handle to the right."""
    sizes = {
        "straight": (66, 166, 80, 210),
        "rounded": (56, 176, 84, 212),
        "camping": (60, 170, 88, 208),
        "footed": (54, 172, 78, 214),
        "tall": (76, 156, 46, 220),
    }
    left, right, top, bottom = sizes[shape]
    middle = (left + right) / 2
    pen.floor.append((left + 4, right + 20, bottom))
    grip = outline(
        f"M {right - 8} {top + 22} C {right + 52} {top + 8} {right + 52} {bottom - 20} "
        f"{right - 10} {bottom - 26}"
    )
    thick = 13 if shape == "rounded" else 10
    if pen.material == "glass":
        stroke(pen, grip, pen.colour, thick, 0.6)
    else:
        stroke(pen, grip, darker(pen.colour, 0.55), thick + 1.6)
        stroke(pen, grip, pen.colour, thick)
        stroke(pen, grip, darker(pen.colour, 0.5), thick * 0.5, 0.25, blur=1.6)
    stroke(
        pen,
        (
            f"M {right} {top + 19} C {right + 44} {top + 12} {right + 46} {bottom - 40} {right + 14} "
            f"{bottom - 32}"
        ),
        WHITE,
        2,
        0.45,
        blur=0.8,
    )
    if shape == "rounded":
        wall = outline(
            f"M {left + 12} {top} C {left - 12} {top + 50} {left - 8} {bottom - 16} {left + 24} "
            f"{bottom} L {right - 24} {bottom} C {right + 8} {bottom - 16} {right + 12} {top + 50} "
            f"{right - 12} {top} Z"
        )
        rim = oval(middle, top, (right - left) / 2 - 12, 11)
    elif shape == "footed":
        wall = outline(
            f"M {left} {top} C {left + 2} {top + 70} {left + 18} {bottom - 22} {left + 36} "
            f"{bottom - 14} L {left + 30} {bottom} Q {middle} {bottom + 6} {right - 30} {bottom} L "
            f"{right - 36} {bottom - 14} C {right - 18} {bottom - 22} {right - 2} {top + 70} {right} "
            f"{top} Z"
        )
        rim = oval(middle, top, (right - left) / 2, 13)
    else:
        wall = outline(
            f"M {left} {top} L {left + 3} {bottom - 8} Q {left + 4} {bottom + 4} {middle} "
            f"{bottom + 5} Q {right - 4} {bottom + 4} {right - 3} {bottom - 8} L {right} {top} Z"
        )
        rim = oval(middle, top, (right - left) / 2, 12 if shape != "tall" else 9)
    if pen.material == "glass":
        fill(pen, wall, lighter(pen.colour, 0.35), 0.35)
        fill(pen, oval(middle, bottom - 4, (right - left) / 2 - 6, 6), darker(pen.colour, 0.2), 0.5)
    body(pen, wall, depth=1.1, scale=0.95, material="ceramic" if shape == "camping" else None)
    inside = pen.colour if shape != "camping" else (244, 242, 236)
    if pen.material == "glass":
        fill(pen, rim, lighter(pen.colour, 0.5), 0.45)
    else:
        fill(pen, rim, darker(inside, 0.22))
        gradient(pen, rim, (left, 0, right, 0), [(0, BLACK, 0.4), (1, WHITE, 0.15)])
    stroke(
        pen,
        rim,
        pen.accent if shape == "camping" else lighter(pen.colour, 0.3),
        3.4 if shape == "camping" else 2.2,
    )
    if shape == "camping" and pen.pattern == "plain":
        for _ in range(26):
            x, y = pen.random.uniform(left + 6, right - 6), pen.random.uniform(top + 16, bottom - 4)
            fill(pen, oval(x, y, 0.9, 0.9), pen.accent, 0.8)
