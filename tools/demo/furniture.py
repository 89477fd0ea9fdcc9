"""Drawing chairs, sofas and tables."""

from __future__ import annotations

from typing import Any

from shelftalk.tools.demo.body import body
from shelftalk.tools.demo.brush import (
    BLACK,
    OAK,
    STEEL,
    WHITE,
    Pen,
    box,
    darker,
    fill,
    flipped,
    fold,
    lighter,
    mix,
    outline,
    oval,
    seam,
    stroke,
)

WALNUT = (108, 72, 48)


def _leg(pen: Pen, text: str, colour: Any = None, material: str = "wood") -> None:
    body(pen, outline(text), colour=colour, pattern=False, material=material, angle=84, depth=0.9)


def draw_chair(pen: Pen, shape: str) -> None:
    """Draw a chair, a little from the side where it is bare wood or metal."""
    if shape == "armchair":
        pen.floor.append((44, 212, 230))
        for x in (62, 184):
            _leg(pen, f"M {x} 200 L {x + 12} 200 L {x + 9} 230 L {x + 3} 230 Z", WALNUT)
        body(pen, outline("M 70 150 C 62 84 74 40 128 38 C 182 40 194 84 186 150 Z"))
        body(pen, outline("M 74 140 Q 128 128 182 140 L 184 172 Q 128 182 72 172 Z"), axis="y", depth=1.0)
        body(pen, outline("M 66 166 Q 128 178 190 166 L 190 206 Q 128 212 66 206 Z"), axis="y")
        arm = outline("M 40 130 C 36 108 72 102 78 124 L 80 204 Q 62 212 46 204 Z")
        body(pen, arm)
        body(pen, flipped(arm))
        for x in (60, 196):
            stroke(pen, oval(x, 124, 13, 11), darker(pen.colour, 0.5), 1.0, 0.5)
        fold(pen, "M 92 60 Q 86 100 90 134", 0.9, 5)
        fold(pen, "M 164 60 Q 170 100 166 134", 0.9, 5)
        return
    pen.floor.append((66, 196, 232))
    if shape == "shell":
        for text in ("M 96 160 L 72 232", "M 160 160 L 184 232", "M 108 160 L 98 218", "M 148 160 L 158 218"):
            stroke(pen, text, (52, 54, 58), 4.6)
            stroke(pen, text, (150, 154, 160), 1.2)
        body(
            pen,
            outline(
                "M 60 108 C 54 60 88 36 128 36 C 168 36 202 60 196 108 C 196 140 184 160 160 166 Q 128 "
                "172 96 166 C 72 160 60 140 60 108 Z"
            ),
            depth=1.2,
        )
        body(
            pen,
            outline("M 66 128 Q 128 108 190 128 Q 188 162 160 168 Q 128 174 96 168 Q 68 162 66 128 Z"),
            axis="y",
            depth=1.1,
        )
        for text in ("M 96 48 Q 92 84 98 116", "M 128 42 L 128 112", "M 160 48 Q 164 84 158 116"):
            fold(pen, text, 1.1, 4)
        return
    for text in ("M 92 146 L 98 146 L 92 222 L 87 222 Z", "M 176 146 L 182 146 L 186 222 L 181 222 Z"):
        _leg(pen, text, darker(pen.colour, 0.25), pen.material)
    if shape == "spindle-back":
        for i in range(6):
            x0, x1 = 92 + i * 15, 84 + i * 18
            stroke(pen, f"M {x0} 146 L {x1} 46", darker(pen.colour, 0.5), 5)
            stroke(pen, f"M {x0} 146 L {x1} 46", pen.colour, 3.6)
            stroke(pen, f"M {x0 - 0.8} 146 L {x1 - 0.8} 46", WHITE, 1, 0.35)
        ring = outline("M 78 148 C 58 64 70 26 128 24 C 186 26 198 64 178 148")
        stroke(pen, ring, darker(pen.colour, 0.55), 10)
        stroke(pen, ring, pen.colour, 8)
        stroke(
            pen,
            "M 77 140 C 60 64 72 24 128 22 C 184 24 194 60 178 140",
            lighter(pen.colour, 0.4),
            1.6,
            0.6,
            blur=0.5,
        )
        body(
            pen,
            outline(
                "M 58 150 Q 66 138 128 136 Q 190 138 198 150 Q 200 162 186 166 L 70 166 Q 56 162 58 150 Z"
            ),
            axis="y",
        )
    elif shape == "ladder-back":
        for x in (72, 174):
            body(pen, box(x, 18, x + 10, 152, 4), angle=90)
        for y in (34, 62, 90, 118):
            body(
                pen,
                outline(f"M 78 {y} Q 128 {y - 8} 178 {y} L 178 {y + 12} Q 128 {y + 6} 78 {y + 12} Z"),
                axis="y",
            )
        body(
            pen,
            outline("M 60 148 L 82 136 L 174 136 L 196 148 L 194 164 L 62 164 Z"),
            colour=(214, 186, 138),
            pattern=False,
            material="straw",
            axis="y",
        )
    else:
        frame = outline("M 80 148 L 84 44 Q 88 30 104 30 L 152 30 Q 168 30 172 44 L 176 148")
        body(pen, outline("M 82 84 L 84 44 Q 88 28 104 28 L 152 28 Q 168 28 172 44 L 174 84 Z"))
        for k in range(5):
            fill(pen, box(106 + k * 10, 42, 110 + k * 10, 74, 2), darker(pen.colour, 0.75))
        stroke(pen, frame, darker(pen.colour, 0.5), 8)
        stroke(pen, frame, pen.colour, 6)
        stroke(pen, "M 79 146 L 83 46", WHITE, 1.4, 0.6)
        body(pen, outline("M 60 148 L 80 136 L 176 136 L 196 148 L 194 160 L 62 160 Z"), axis="y")
    for text in ("M 64 162 L 75 162 L 66 232 L 58 232 Z", "M 181 162 L 192 162 L 198 232 L 190 232 Z"):
        _leg(pen, text, None, pen.material)
    for y in (196,) if shape != "ladder-back" else (190, 206):
        body(pen, box(64, y, 192, y + 6, 3), axis="y", pattern=False)


def draw_sofa(pen: Pen, shape: str) -> None:
    """Draw a sofa from the front."""
    pen.floor.append((18, 238, 204))
    if shape == "pallet":
        for y in (166, 184):
            body(pen, box(16, y, 240, y + 14, 2), colour=OAK, pattern=False, material="wood", axis="y")
        for x in (22, 118, 214):
            body(pen, box(x, 178, x + 20, 204, 1), colour=darker(OAK, 0.3), pattern=False, material="wood")
        for x in (24, 128):
            body(
                pen,
                outline(
                    f"M {x + 2} 92 Q {x + 52} 82 {x + 102} 92 Q {x + 108} 120 "
                    f"{x + 102} 146 L {x + 2} 146 Q "
                    f"{x - 4} 120 {x + 2} 92 Z"
                ),
            )
        for x in (18, 129):
            body(
                pen,
                outline(
                    f"M {x + 4} 140 Q {x + 54} 132 {x + 106} 140 Q {x + 112} 154 "
                    f"{x + 106} 168 Q {x + 54} 172 "
                    f"{x + 4} 168 Q {x - 2} 154 {x + 4} 140 Z"
                ),
                axis="y",
            )
        return
    metal = shape == "three-seater"
    for x in (34, 210):
        _leg(
            pen,
            (
                f"M {x} 184 L {x + 12} 184 L {x + (10 if x > 100 else 6)} 206 L "
                f"{x + (6 if x > 100 else 2)} 206 Z"
            ),
            STEEL if metal else WALNUT,
            "metal" if metal else "wood",
        )
    if shape == "chesterfield":
        body(pen, outline("M 26 96 Q 28 74 52 74 L 204 74 Q 228 74 230 96 L 226 150 L 30 150 Z"), depth=0.8)
        for row in range(3):
            for k in range(9):
                across, down = 54 + k * 18.5 + (9 if row % 2 else 0), 88 + row * 18
                if across > 206:
                    continue
                for dx, dy in ((-9, 18), (9, 18)):
                    fold(pen, f"M {across} {down} L {across + dx} {down + dy}", 1.3, 2.6)
                fill(pen, oval(across, down, 2.1, 2.1), darker(pen.colour, 0.6))
                fill(pen, oval(across - 0.6, down - 0.6, 0.8, 0.8), WHITE, 0.6)
        stroke(
            pen, "M 34 86 Q 38 79 54 79 L 202 79 Q 218 79 222 86", lighter(pen.colour, 0.2), 4, 0.4, blur=1
        )
        for x in (44, 128):
            body(pen, outline(f"M {x} 138 Q {x + 42} 132 {x + 84} 138 L {x + 84} 160 L {x} 160 Z"), axis="y")
        body(pen, outline("M 40 158 L 216 158 L 216 188 L 40 188 Z"), axis="y")
        arm = outline("M 14 100 C 10 76 54 70 56 98 L 52 190 Q 36 196 22 190 L 24 120 Q 16 112 14 100 Z")
        for part in (arm, flipped(arm)):
            body(pen, part)
        for x in (34, 222):
            for r in (13, 8):
                stroke(pen, oval(x, 97, r, r), darker(pen.colour, 0.6), 1.4, 0.6)
        for k in range(14):
            fill(pen, oval(46 + k * 12.6, 184, 1.4, 1.4), (206, 168, 92))
        return
    if shape == "camelback":
        body(pen, outline("M 32 150 L 34 100 C 60 98 84 62 128 60 C 172 62 196 98 222 100 L 224 150 Z"))
        body(pen, outline("M 46 140 Q 128 130 210 140 L 210 164 Q 128 170 46 164 Z"), axis="y")
        body(pen, outline("M 44 160 Q 128 168 212 160 L 212 190 L 44 190 Z"), axis="y", depth=0.8)
        arm = outline("M 16 116 C 12 92 54 90 56 114 L 54 190 L 26 190 L 27 132 Q 18 126 16 116 Z")
        for part in (arm, flipped(arm)):
            body(pen, part)
        for x in (36, 220):
            stroke(pen, oval(x, 112, 12, 11), darker(pen.colour, 0.5), 1.1, 0.6)
        return
    seats = 3 if metal else 2
    left, right = (34, 222)
    top = 92 if metal else 78
    body(pen, box(left - 6, top - 6, right + 6, 170, 12), colour=darker(pen.colour, 0.12))
    wide = (right - left) / seats
    for k in range(seats):
        start = left + k * wide
        body(
            pen,
            outline(
                f"M {start + 2} {top + 6} Q {start + wide / 2} {top - 6} {start + wide - 2} {top + 6} Q "
                f"{start + wide + 1} {top + 34} {start + wide - 2} 146 L {start + 2} 146 "
                f"Q {start - 1} {top + 34} {start + 2} "
                f"{top + 6} Z"
            ),
        )
    for k in range(seats):
        start = left + k * wide
        body(
            pen,
            outline(
                f"M {start + 1} 140 Q {start + wide / 2} 134 {start + wide - 1} 140 Q {start + wide + 2} 152 "
                f"{start + wide - 1} 166 L {start + 1} 166 Q {start - 2} 152 {start + 1} 140 Z"
            ),
            axis="y",
        )
    body(pen, box(left - 8, 164, right + 8, 188, 4), axis="y")
    low = 122 if metal else 108
    arm_path = box(14, low, 40 if not metal else 36, 190, 8 if not metal else 4)
    for part in (arm_path, flipped(arm_path)):
        body(pen, part)
    if not metal:
        cushion = outline("M 52 104 Q 72 98 92 106 Q 96 126 90 144 Q 70 146 52 142 Q 46 122 52 104 Z")
        body(pen, cushion, colour=mix(pen.accent, pen.colour, 0.15), pattern=False)


def draw_table(pen: Pen, shape: str) -> None:
    """Draw a table a little from above."""
    frame = (58, 60, 64)
    if shape == "coffee":
        pen.floor.append((50, 206, 214))
        for text in ("M 78 140 L 58 216", "M 178 140 L 198 216", "M 128 150 L 128 220"):
            stroke(pen, text, darker(OAK, 0.5) if pen.material != "metal" else frame, 7)
            stroke(pen, text, OAK if pen.material != "metal" else lighter(frame, 0.25), 4)
        body(
            pen,
            outline("M 22 132 L 22 140 Q 40 170 128 172 Q 216 170 234 140 L 234 132 Z"),
            colour=darker(pen.colour, 0.25),
            pattern=False,
        )
        body(pen, oval(128, 132, 106, 34), depth=0.6)
        fill(
            pen,
            outline("M 60 126 Q 90 104 150 102 L 110 150 Q 76 148 60 126 Z"),
            WHITE,
            0.22 if pen.material != "wood" else 0.08,
        )
        return
    if shape == "pedestal":
        pen.floor.append((70, 186, 228))
        for text in (
            "M 122 190 Q 92 196 70 224 L 78 230 Q 102 208 126 206 Z",
            "M 134 190 Q 164 196 186 224 L 178 230 Q 154 208 130 206 Z",
            "M 120 196 L 136 196 L 134 234 L 122 234 Z",
        ):
            _leg(pen, text)
        body(
            pen,
            outline(
                (
                    "M 128.5 112 L 118 112 L 120 130 C 106 140 108 160 118 168 L 116 176 Q 110 184 114 204 L "
                    "128.5 206 Z"
                ),
                mirror=True,
            ),
            angle=86,
            pattern=False,
        )
        body(
            pen,
            outline("M 28 96 L 28 104 Q 44 130 128 132 Q 212 130 228 104 L 228 96 Z"),
            colour=darker(pen.colour, 0.28),
            pattern=False,
        )
        body(pen, oval(128, 96, 100, 30), depth=0.7)
        return
    pen.floor.append((30, 226, 220))
    top = outline("M 44 88 L 212 88 L 246 122 L 10 122 Z")
    if shape == "trestle":
        for x in (44, 180):
            _leg(pen, f"M {x} 128 L {x + 10} 128 L {x + 40} 220 L {x + 30} 220 Z", darker(pen.colour, 0.2))
            _leg(pen, f"M {x + 24} 128 L {x + 34} 128 L {x + 2} 222 L {x - 8} 222 Z")
        body(pen, box(60, 168, 206, 176, 2), axis="y", pattern=False)
    elif shape == "drop-leaf":
        for x in (60, 186):
            _leg(pen, f"M {x} 130 L {x + 10} 130 L {x + 8} 206 L {x + 2} 206 Z", darker(pen.colour, 0.3))
        for x in (22, 222):
            body(
                pen,
                outline(
                    f"M {x} 132 L {x + 12} 132 L {x + 13} 148 Q {x + 4} 156 "
                    f"{x + 13} 164 L {x + 10} 222 L "
                    f"{x + 2} 222 L {x - 1} 164 Q {x + 8} 156 {x - 1} 148 Z"
                ),
                angle=86,
                pattern=False,
            )
        body(pen, box(34, 126, 222, 150, 2), axis="y", pattern=False)
        body(pen, box(98, 130, 158, 147, 2), axis="y", pattern=False, depth=0.6)
        fill(pen, oval(128, 139, 3.6, 3.6), (206, 168, 92))
        for edge in (
            "M 245 123 L 253 126 L 253 178 Q 250 184 245 180 Z",
            "M 11 123 L 3 126 L 3 178 Q 6 184 11 180 Z",
        ):
            body(pen, outline(edge), colour=darker(pen.colour, 0.12), pattern=False, angle=86)
    else:
        for text in ("M 50 132 L 50 204", "M 206 132 L 206 204", "M 50 190 L 206 190"):
            stroke(pen, text, darker(frame, 0.3), 6)
        for text in ("M 22 132 L 22 220", "M 234 132 L 234 220", "M 22 206 L 234 206"):
            stroke(pen, text, BLACK, 9)
            stroke(pen, text, frame, 8)
            stroke(pen, text, lighter(frame, 0.4), 1.6)
    thick = 12 if shape == "workshop" else 8
    body(
        pen,
        outline(f"M 10 122 L 246 122 L 246 {122 + thick} L 10 {122 + thick} Z"),
        colour=darker(pen.colour, 0.2),
        pattern=False,
        axis="y",
    )
    body(pen, top, depth=0.7)
    if shape == "trestle":
        for x0, x1 in ((86, 69), (128, 128), (170, 187)):
            seam(pen, f"M {x0} 88 L {x1} 122", stitch=False)
