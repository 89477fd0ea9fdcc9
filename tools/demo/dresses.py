"""Drawing dresses and skirts."""

from __future__ import annotations

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import (
    WHITE,
    Pen,
    button,
    cut,
    darker,
    fold,
    lighter,
    outline,
    oval,
    seam,
    stroke,
)
from shelftalk.tools.demo.tops import both


def _belt(pen: Pen, left: float, right: float, y: float, height: float = 8) -> None:
    tone = darker(pen.colour, 0.55) if sum(pen.colour) > 260 else lighter(pen.colour, 0.3)
    body(
        pen,
        outline(
            f"M {left} {y} Q 128 {y + 4} {right} {y} L {right} {y + height} Q 128 {y + height + 4} "
            f"{left} {y + height} Z"
        ),
        colour=tone,
        pattern=False,
        material="leather",
    )
    stroke(
        pen,
        outline(f"M 122 {y + 1} L 134 {y + 1} L 134 {y + height + 3} L 122 {y + height + 3} Z"),
        (206, 168, 92),
        1.8,
    )


def draw_dress(pen: Pen, shape: str) -> None:
    """Draw a dress of the given cut."""
    if shape == "mini":
        hollow(pen, outline("M 107 32 Q 128 26 149 32 Q 146 50 128 50 Q 110 50 107 32 Z"))
        both(pen, "M 94 37 C 80 42 72 58 66 78 Q 76 88 90 88 L 98 64 Z", 30)
        body(
            pen,
            cut(
                outline(
                    (
                        "M 128.5 36 L 108 31 L 92 37 C 92 56 96 74 94 92 C 90 120 76 "
                        "160 68 196 Q 98 206 128.5 "
                        "206 Z"
                    ),
                    mirror=True,
                ),
                oval(128, 32, 20, 16),
            ),
        )
        stroke(pen, "M 109 33 Q 111 48 128 48 Q 145 48 147 33", darker(pen.colour, 0.35), 2.2, 0.8)
        for text in (
            "M 100 120 C 94 150 92 176 90 198",
            "M 128 116 C 130 150 126 180 128 202",
            "M 156 120 C 162 150 164 176 164 198",
        ):
            fold(pen, text, 1.0, 5)
        stroke(pen, "M 69 190 Q 98 200 128 200 Q 158 200 187 190", darker(pen.colour, 0.5), 0.8, 0.6, dash=2)
        return
    if shape == "wrap":
        both(pen, "M 96 34 C 82 40 74 56 68 76 Q 80 86 92 84 L 98 62 Z", 30)
        hollow(pen, outline("M 108 30 Q 128 24 148 30 L 128 84 Z"))
        body(
            pen,
            outline("M 150 29 L 164 36 C 162 56 158 74 160 102 L 104 104 C 118 82 138 58 150 29 Z"),
            angle=12,
        )
        body(
            pen,
            outline("M 106 29 L 92 36 C 94 56 98 74 96 102 L 160 104 C 142 84 118 60 106 29 Z"),
            angle=-12,
        )
        body(
            pen,
            outline(
                "M 96 104 C 86 140 72 180 64 218 Q 96 230 130 226 Q 166 230 "
                "192 218 C 184 180 170 140 160 "
                "104 Z"
            ),
        )
        fold(pen, "M 150 108 C 142 150 120 190 104 226", 1.5, 5)
        for text in (
            "M 102 116 C 94 150 88 186 84 220",
            "M 158 120 C 164 156 170 190 174 220",
            "M 128 130 C 126 150 120 176 112 196",
        ):
            fold(pen, text, 1.0, 5)
        body(
            pen,
            outline("M 95 100 Q 128 106 161 100 L 161 109 Q 128 115 95 109 Z"),
            pattern=False,
            colour=darker(pen.colour, 0.15),
        )
        body(
            pen,
            outline("M 148 108 Q 160 120 156 148 L 150 147 Q 152 124 144 112 Z"),
            pattern=False,
            colour=darker(pen.colour, 0.1),
        )
        body(
            pen,
            outline("M 150 108 Q 170 114 172 136 L 166 138 Q 162 118 146 112 Z"),
            pattern=False,
            colour=darker(pen.colour, 0.1),
        )
        return
    if shape == "maxi":
        for x in (108, 148):
            stroke(pen, f"M {x} 22 L {x} 50", darker(pen.colour, 0.2), 3.4)
        body(pen, outline("M 128.5 50 Q 112 44 98 48 C 96 62 100 76 100 90 L 128.5 92 Z", mirror=True))
        tiers = ((88, 132, 100, 84), (128, 178, 86, 72), (174, 236, 74, 56))
        for top, bottom, upper, lower in reversed(tiers):
            body(
                pen,
                outline(
                    (
                        f"M 128.5 {top} L {upper} {top} Q {(upper + lower) / 2 - 3} "
                        f"{(top + bottom) / 2} {lower} "
                        f"{bottom} Q 96 {bottom + 6} 128.5 {bottom + 6} Z"
                    ),
                    mirror=True,
                ),
            )
            for i in range(9):
                x0, x1 = upper + (256 - 2 * upper) * (i + 0.5) / 9, lower + (256 - 2 * lower) * (i + 0.5) / 9
                fold(pen, f"M {x0} {top + 3} Q {(x0 + x1) / 2} {top + 16} {x1} {bottom - 8}", 0.9, 3)
        stroke(pen, "M 100 88 Q 128 94 156 88", darker(pen.colour, 0.4), 2.4, 0.6)
        return
    if shape == "evening":
        for text in ("M 106 18 Q 104 34 102 54", "M 150 18 Q 152 34 154 54"):
            stroke(pen, text, darker(pen.colour, 0.2), 2.2)
        body(
            pen,
            outline(
                (
                    "M 128.5 66 Q 116 46 102 52 C 94 66 100 84 104 96 C 92 116 92 140 92 160 C 86 190 70 216 "
                    "52 236 Q 92 246 128.5 242 Z"
                ),
                mirror=True,
            ),
            depth=1.3,
        )
        for text in (
            "M 108 100 C 104 140 104 170 84 234",
            "M 124 104 C 124 150 120 190 112 238",
            "M 142 102 C 146 150 150 190 152 238",
            "M 152 110 C 156 150 160 190 182 232",
            "M 104 68 Q 116 84 128 84 Q 142 84 152 68",
            "M 102 80 Q 116 96 128 96",
        ):
            fold(pen, text, 1.6, 6)
        return
    hollow(pen, outline("M 106 34 Q 128 28 150 34 L 146 62 L 110 62 Z"))
    body(
        pen,
        cut(
            outline(
                "M 128.5 40 L 110 33 L 98 36 C 100 50 92 58 92 66 C 98 80 100 92 101 104 L 128.5 106 Z",
                mirror=True,
            ),
            outline("M 108 28 L 148 28 L 140 60 L 116 60 Z"),
        ),
    )
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
        skirt = outline("M 128.5 58 L 92 56 C 80 100 60 160 48 196 Q 90 212 128.5 212 Z", mirror=True)
        body(pen, skirt)
        pen.canvas.save()
        pen.canvas.clipPath(skirt, doAntiAlias=True)
        for i in range(13):
            x0, x1 = 93 + i * 5.4, 52 + i * 12.4
            stroke(pen, f"M {x0} 64 L {x1} 216", darker(pen.colour, 0.7), 3, 0.35, blur=1.4)
            stroke(pen, f"M {x0} 64 L {x1} 216", darker(pen.colour, 0.6), 0.8, 0.6)
            stroke(pen, f"M {x0 - 2} 64 L {x1 - 4} 216", WHITE, 2.0, 0.22, blur=1.0)
        pen.canvas.restore()
        body(pen, outline("M 91 54 Q 128 60 165 54 L 167 66 Q 128 72 89 66 Z"), pattern=False)
        return
    if shape == "pencil":
        body(
            pen,
            outline(
                "M 128.5 44 L 96 42 C 82 66 78 100 82 140 C 84 170 88 200 90 220 Q 110 226 128.5 226 Z",
                mirror=True,
            ),
            depth=1.2,
        )
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
        body(
            pen,
            outline(
                (
                    f"M 128.5 {top} L {upper} {top} Q {(upper + lower) / 2 - 3} {(top + bottom) / 2} {lower} "
                    f"{bottom} Q 90 {bottom + 8} 128.5 {bottom + 8} Z"
                ),
                mirror=True,
            ),
        )
        for i in range(10):
            x0, x1 = upper + (256 - 2 * upper) * (i + 0.5) / 10, lower + (256 - 2 * lower) * (i + 0.5) / 10
            fold(pen, f"M {x0} {top + 3} Q {(x0 + x1) / 2} {top + 20} {x1} {bottom - 6}", 0.9, 3.4)
    body(pen, outline("M 93 34 Q 128 40 163 34 L 164 46 Q 128 52 92 46 Z"), pattern=False)
