"""Drawing backpacks and handbags."""

from __future__ import annotations

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
    flipped,
    fold,
    lighter,
    metal_bar,
    outline,
    oval,
    seam,
    stroke,
)


def _handle(pen: Pen, text: str, width: float = 6) -> None:
    stroke(pen, text, darker(pen.colour, 0.6), width + 1.4)
    stroke(pen, text, darker(pen.colour, 0.12), width)
    stroke(pen, text, WHITE, width * 0.3, 0.35, blur=0.8)


def _zip(pen: Pen, text: str) -> None:
    stroke(pen, text, darker(pen.colour, 0.6), 5)
    stroke(pen, text, STEEL, 2.6)
    stroke(pen, text, BLACK, 2.2, 0.6, dash=1.3)


def draw_backpack(pen: Pen, shape: str) -> None:
    """Draw a backpack of the given make, seen from the front."""
    pen.floor.append((58, 198, 228))
    block = pen.accent if pen.pattern == "colour-block" else None
    for side in (outline("M 84 70 Q 52 90 54 150 L 62 190 L 72 188 L 70 140 Z"),):
        body(pen, side, colour=darker(pen.colour, 0.3), pattern=False)
        body(pen, flipped(side), colour=darker(pen.colour, 0.3), pattern=False)
    _handle(pen, "M 112 44 Q 112 24 128 24 Q 144 24 144 44")
    if shape == "classic":
        body(
            pen,
            outline(
                "M 64 100 Q 64 36 128 36 Q 192 36 192 100 L 196 208 Q 194 228 172 228 L 84 228 Q 62 228 "
                "60 208 Z"
            ),
            depth=1.1,
        )
        _zip(pen, "M 68 122 Q 66 50 128 50 Q 190 50 188 122")
        body(
            pen,
            outline("M 78 146 Q 128 138 178 146 L 182 208 Q 180 216 170 216 L 86 216 Q 76 216 74 208 Z"),
            colour=block,
        )
        _zip(pen, "M 84 158 Q 128 150 172 158")
        body(
            pen, box(112, 92, 144, 112, 3), colour=darker(pen.colour, 0.35), pattern=False, material="leather"
        )
    elif shape == "roll-top":
        body(pen, outline("M 70 70 L 186 70 L 194 212 Q 192 228 174 228 L 82 228 Q 64 228 62 212 Z"))
        body(
            pen,
            outline("M 62 176 L 194 176 L 195 212 Q 192 228 174 228 L 82 228 Q 64 228 61 212 Z"),
            colour=block,
            depth=0.8,
        )
        body(
            pen,
            outline("M 64 44 Q 128 34 192 44 Q 196 56 190 66 Q 128 74 66 66 Q 60 56 64 44 Z"),
            axis="y",
            colour=block,
        )
        body(pen, outline("M 68 62 Q 128 70 188 62 L 188 80 Q 128 88 68 80 Z"), axis="y")
        for x in (92, 158):
            stroke(pen, f"M {x} 40 L {x} 150", (52, 52, 56), 6)
            body(pen, box(x - 7, 104, x + 7, 122, 2), colour=(58, 58, 62), pattern=False, material="rubber")
        fold(pen, "M 112 92 Q 120 130 114 166", 1, 5)
    elif shape == "hiking":
        for x in (44, 186):
            body(pen, box(x, 128, x + 26, 200, 10), colour=block or darker(pen.colour, 0.15))
        body(pen, outline("M 68 60 L 188 60 L 192 196 L 64 196 Z"))
        body(pen, outline("M 60 72 Q 62 34 128 34 Q 194 34 196 72 Q 128 92 60 72 Z"), colour=block)
        body(pen, outline("M 82 112 Q 128 104 174 112 L 176 178 Q 128 186 80 178 Z"), colour=block)
        _zip(pen, "M 88 122 Q 128 114 168 122")
        for x in (92, 164):
            stroke(pen, f"M {x} 70 L {x} 112", (46, 46, 50), 5)
            body(pen, box(x - 6, 86, x + 6, 98, 2), colour=(46, 46, 50), pattern=False, material="rubber")
        body(pen, box(58, 200, 198, 226, 13), colour=pen.accent, pattern=False, axis="y")
        for x in (88, 168):
            stroke(pen, f"M {x} 196 L {x} 226", (46, 46, 50), 5)
        for x in (62, 194):
            stroke(pen, oval(x, 213, 4, 8), darker(pen.accent, 0.5), 1, 0.7)
    elif shape == "flap":
        body(
            pen,
            outline(
                "M 68 80 Q 70 44 128 44 Q 186 44 188 80 L 194 210 Q 192 228 172 228 L 84 228 Q 64 228 62 "
                "210 Z"
            ),
        )
        body(pen, outline("M 80 160 L 176 160 L 180 214 Q 128 222 76 214 Z"), depth=0.7)
        body(
            pen,
            outline("M 64 76 Q 66 38 128 38 Q 190 38 192 76 L 192 136 Q 186 152 128 152 Q 70 152 64 136 Z"),
            pattern=pen.pattern != "plain",
        )
        seam(pen, "M 69 132 Q 76 146 128 146 Q 180 146 187 132")
        tone = darker(pen.colour, 0.4) if sum(pen.colour) > 250 else lighter(pen.colour, 0.25)
        for x in (98, 150):
            body(pen, box(x - 6, 116, x + 6, 186, 3), colour=tone, pattern=False, material="leather")
            stroke(pen, box(x - 9, 154, x + 9, 168, 2), BRASS, 2.6)
            stroke(pen, f"M {x} 154 L {x} 164", BRASS, 1.6)
    else:
        body(pen, box(62, 46, 194, 228, 14))
        _zip(pen, "M 74 120 L 74 66 Q 74 58 84 58 L 172 58 Q 182 58 182 66 L 182 120")
        body(pen, box(74, 132, 182, 216, 8), depth=0.8)
        _zip(pen, "M 84 148 L 172 148")
        seam(pen, "M 66 126 L 190 126")
        metal_bar(pen, box(118, 88, 138, 94, 1))


def draw_handbag(pen: Pen, shape: str) -> None:
    """Draw a handbag of the given make, seen from the front."""
    pen.floor.append((52, 204, 218))
    if shape == "tote":
        _handle(pen, "M 92 96 C 90 20 166 20 164 96", 5)
        hollow(pen, oval(128, 92, 84, 8))
        body(pen, outline("M 44 90 Q 128 102 212 90 L 200 208 Q 198 218 186 218 L 70 218 Q 58 218 56 208 Z"))
        _handle(pen, "M 88 118 C 84 40 172 40 168 118", 6)
        for x in (88, 168):
            body(pen, box(x - 7, 108, x + 7, 130, 3), colour=darker(pen.colour, 0.25), pattern=False)
        seam(pen, "M 46 99 Q 128 111 210 99")
        fold(pen, "M 78 140 Q 84 176 74 206", 1, 5)
        fold(pen, "M 182 140 Q 176 176 184 206", 1, 5)
    elif shape == "satchel":
        block = pen.accent if pen.pattern == "colour-block" else None
        _handle(pen, "M 98 74 Q 98 40 128 40 Q 158 40 158 74", 8)
        body(pen, box(46, 70, 210, 218, 14))
        body(
            pen,
            outline(
                "M 44 82 Q 46 66 62 66 L 194 66 Q 210 66 212 82 L 210 150 Q "
                "208 168 190 168 L 66 168 Q 48 "
                "168 46 150 Z"
            ),
            colour=block,
        )
        seam(pen, "M 51 146 Q 52 162 68 162 L 188 162 Q 204 162 205 146")
        for x in (84, 172):
            body(pen, box(x - 7, 118, x + 7, 196, 3), colour=darker(pen.colour, 0.3), pattern=False)
            stroke(pen, box(x - 10, 170, x + 10, 184, 2), BRASS, 3)
        seam(pen, "M 54 208 L 202 208")
    elif shape == "clutch":
        pen.floor[:] = [(36, 220, 194)]
        body(pen, box(32, 84, 224, 194, 12), depth=1.2)
        seam(pen, "M 36 96 L 220 96", stitch=False)
        body(pen, outline("M 32 92 Q 32 80 46 80 L 210 80 Q 224 80 224 92 L 128 158 Z"), angle=0, depth=0.9)
        metal_bar(pen, oval(128, 152, 10, 10), BRASS)
        fold(pen, "M 50 180 Q 128 186 206 180", 0.6, 4)
    elif shape == "bucket":
        _handle(pen, "M 74 84 C 70 10 186 10 182 84", 6)
        hollow(pen, oval(128, 84, 62, 10))
        body(
            pen,
            outline(
                "M 64 82 Q 128 100 192 82 Q 206 150 198 206 Q 194 218 180 218 L 76 218 Q 62 218 58 206 Q "
                "50 150 64 82 Z"
            ),
            depth=1.2,
        )
        for i in range(8):
            x = 72 + i * 16
            fold(pen, f"M {x} 96 Q {x + 3} 120 {x - 2 + i} 146", 0.9, 4)
        stroke(pen, "M 66 104 Q 128 122 190 104", darker(pen.colour, 0.6), 3.6)
        stroke(pen, "M 66 104 Q 128 122 190 104", lighter(pen.colour, 0.25), 2, dash=7)
        for x, d in ((122, -4), (134, 5)):
            stroke(pen, f"M {x} 113 Q {x + d} 140 {x + d} 158", darker(pen.colour, 0.35), 3)
            body(
                pen,
                outline(f"M {x + d - 4} 156 L {x + d + 4} 156 L {x + d + 6} 180 L {x + d - 6} 180 Z"),
                pattern=False,
                material="leather",
            )
        seam(pen, "M 58 200 Q 128 212 198 200")
    else:
        for k in range(2):
            stroke(pen, "M 58 108 C 50 20 206 20 198 108", darker(BRASS, 0.4 * k), 4.4 - k, dash=5)
        body(pen, box(42, 96, 214, 216, 16), depth=1.1)
        pen.canvas.save()
        pen.canvas.clipPath(box(42, 96, 214, 216, 16), doAntiAlias=True)
        for i in range(-8, 16):
            for text in (
                f"M {42 + i * 22} 96 L {162 + i * 22} 216",
                f"M {42 + i * 22} 216 L {162 + i * 22} 96",
            ):
                stroke(pen, text, darker(pen.colour, 0.7), 3.2, 0.4, blur=1.2)
                pen.canvas.save()
                pen.canvas.translate(0, 2)
                stroke(pen, text, WHITE, 1.4, 0.28, blur=0.6)
                pen.canvas.restore()
        pen.canvas.restore()
        stroke(pen, "M 42 112 Q 46 156 96 158 L 160 158 Q 210 156 214 112", darker(pen.colour, 0.6), 1.6, 0.8)
        metal_bar(pen, box(114, 146, 142, 168, 4), BRASS)
        fill(pen, box(121, 152, 135, 162, 2), darker(BRASS, 0.35))
