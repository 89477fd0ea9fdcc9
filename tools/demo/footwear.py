"""Drawing shoes: each a pair seen from the side, one behind the other."""

from __future__ import annotations

from collections.abc import Callable

from shelftalk.tools.demo.body import body, hollow
from shelftalk.tools.demo.brush import BLACK, BRASS, OAK, STEEL, WHITE, Pen, darker, fill, fold, lighter, mix, oval, outline, seam, stroke

RUBBER = (240, 238, 232)
CORK = (196, 152, 104)


def _pair(pen: Pen, draw: Callable[[Pen, str], None], shape: str, dx: float, dy: float, ground: float, left: float, right: float) -> None:
    """Draw the shoe twice, the far one first and a little in shade; `ground` is where the sole ends."""
    pen.canvas.save()
    pen.canvas.translate(dx, dy)
    draw(pen, shape)
    pen.canvas.restore()
    pen.canvas.save()
    pen.canvas.translate(-dx * 0.55, -dy * 0.55)
    draw(pen, shape)
    pen.canvas.restore()
    pen.floor.append((left + dx, right + dx, ground + dy))
    pen.floor.append((left - dx * 0.55, right - dx * 0.55, ground - dy * 0.55))


def _laces(pen: Pen, points: list[tuple[float, float, float, float]]) -> None:
    cord = WHITE if sum(pen.colour) < 640 else (120, 124, 132)
    for x0, y0, x1, y1 in points:
        stroke(pen, f"M {x0} {y0 + 1} L {x1} {y1 + 1}", BLACK, 3.2, 0.25, blur=0.8)
        stroke(pen, f"M {x0} {y0} L {x1} {y1}", cord, 2.6)
        fill(pen, oval(x0, y0, 1.5, 1.5), darker(cord, 0.5))


def draw_sneakers(pen: Pen, shape: str) -> None:
    """Draw a pair of sneakers; the toe points left."""
    _pair(pen, {"low-top": _low, "high-top": _high, "running": _runner, "slip-on": _slip_on}[shape], shape, 18, -34, 200, 30, 220)


def _sole(pen: Pen, text: str, tone: tuple[int, int, int] = RUBBER) -> None:
    body(pen, outline(text), colour=tone, pattern=False, material="rubber", axis="y")


def _low(pen: Pen, shape: str) -> None:
    block = pen.accent if pen.pattern == "colour-block" else None
    hollow(pen, oval(178, 114, 32, 10))
    body(pen, outline("M 30 186 C 26 166 38 156 62 150 C 88 144 106 128 122 110 Q 132 104 140 112 C 152 124 176 126 208 104 Q 220 108 219 130 L 222 188 Z"))
    body(pen, outline("M 188 118 Q 204 112 208 104 Q 220 108 219 130 L 222 188 L 190 188 Q 182 150 188 118 Z"), colour=block, pattern=False, depth=0.7)
    body(pen, outline("M 30 188 C 26 166 38 156 62 150 Q 78 162 82 188 Z"), colour=block, pattern=False, depth=0.6)
    body(pen, outline("M 122 108 Q 134 100 142 112 L 116 150 Q 100 154 92 142 Q 110 126 122 108 Z"), colour=block or lighter(pen.colour, 0.12), depth=0.5)
    seam(pen, "M 140 114 L 116 152 Q 130 172 132 188")
    fold(pen, "M 84 150 Q 92 162 100 164", 1, 3)
    _laces(pen, [(100, 134, 118, 148), (107, 127, 124, 140), (114, 120, 130, 131), (121, 113, 136, 122)])
    _sole(pen, "M 27 182 Q 24 200 36 202 L 214 202 Q 226 202 224 182 Q 180 190 120 189 Q 60 190 27 182 Z")
    stroke(pen, "M 28 190 Q 120 197 223 190", darker(RUBBER, 0.3), 0.9, 0.7)


def _high(pen: Pen, shape: str) -> None:
    hollow(pen, oval(182, 68, 30, 8))
    body(pen, outline("M 34 186 C 30 168 44 158 66 154 C 96 146 124 130 140 96 L 152 66 Q 182 78 212 66 Q 216 120 220 188 Z"))
    body(pen, outline("M 140 96 L 152 66 L 166 72 L 138 140 Q 124 152 108 140 Q 130 122 140 96 Z"), colour=lighter(pen.colour, 0.15), pattern=False, depth=0.5)
    body(pen, outline("M 206 68 L 213 66 Q 217 120 220 188 L 204 188 Z"), colour=darker(pen.colour, 0.15), pattern=False, depth=0.4)
    seam(pen, "M 138 142 Q 140 168 136 188")
    seam(pen, "M 154 68 Q 182 80 211 69")
    fill(pen, oval(186, 122, 15, 15), WHITE)
    stroke(pen, oval(186, 122, 15, 15), darker(pen.colour, 0.4), 1, 0.7)
    fill(pen, oval(186, 122, 9, 9), pen.accent if sum(pen.accent) < 650 else pen.colour)
    _laces(pen, [(116, 132, 132, 144), (125, 121, 142, 132), (133, 108, 150, 117), (140, 95, 156, 102), (146, 82, 162, 87)])
    _sole(pen, "M 30 188 C 26 168 40 160 58 160 Q 76 168 78 190 Z")
    _sole(pen, "M 29 182 Q 26 201 38 203 L 214 203 Q 225 203 223 182 Q 180 190 120 189 Q 60 190 29 182 Z")
    stroke(pen, "M 30 192 Q 120 199 222 192", pen.colour if sum(pen.colour) < 640 else pen.accent, 1.8, 0.9)


def _runner(pen: Pen, shape: str) -> None:
    block = pen.accent if pen.pattern == "colour-block" else darker(pen.colour, 0.28)
    hollow(pen, oval(184, 106, 28, 9))
    body(pen, outline("M 28 176 C 28 160 46 152 70 146 C 96 138 112 118 128 102 Q 140 96 150 108 C 164 122 186 120 212 94 Q 224 98 220 128 L 224 180 Z"), material="nylon")
    for i in range(9):
        stroke(pen, f"M {44 + i * 8} {164 - i * 3.2} L {48 + i * 8} {176 - i * 1.5}", darker(pen.colour, 0.6), 1.2, 0.35, dash=1.4)
    body(pen, outline("M 128 178 C 140 150 150 136 162 124 L 176 124 C 166 140 156 160 152 180 Z"), colour=block, pattern=False, depth=0.5)
    body(pen, outline("M 164 180 C 172 156 178 142 188 124 L 200 120 C 192 142 188 160 186 180 Z"), colour=block, pattern=False, depth=0.5)
    body(pen, outline("M 200 110 Q 212 102 212 94 Q 224 98 220 128 L 223 172 Q 204 160 200 110 Z"), colour=block, pattern=False, depth=0.5)
    body(pen, outline("M 28 178 C 28 166 38 158 52 155 Q 62 166 64 180 Z"), colour=block, pattern=False, depth=0.5)
    _laces(pen, [(104, 126, 122, 140), (112, 118, 130, 131), (120, 110, 138, 122), (128, 103, 146, 113)])
    _sole(pen, "M 22 172 C 22 190 34 200 54 200 L 210 202 Q 232 200 232 176 Q 226 166 220 170 Q 170 182 120 178 Q 66 180 22 172 Z")
    stroke(pen, "M 26 184 Q 80 192 130 188 Q 190 186 230 182", pen.accent, 3, 0.95)
    stroke(pen, "M 36 199 Q 120 204 222 200", (70, 70, 76), 3.4)


def _slip_on(pen: Pen, shape: str) -> None:
    hollow(pen, oval(172, 124, 42, 12))
    body(pen, outline("M 30 186 C 26 166 42 156 70 148 C 92 140 110 128 126 116 C 140 134 190 138 214 118 Q 222 124 220 140 L 222 188 Z"))
    body(pen, outline("M 128 117 Q 140 132 158 134 L 146 160 Q 122 150 112 126 Z"), colour=darker(pen.colour, 0.35), pattern=False, material="canvas", depth=0.5)
    seam(pen, "M 112 128 Q 120 152 146 162")
    seam(pen, "M 126 116 C 140 136 190 140 214 120")
    seam(pen, "M 200 132 Q 196 160 200 188")
    _sole(pen, "M 27 180 Q 24 200 36 202 L 214 202 Q 226 202 224 180 Q 180 189 120 188 Q 60 189 27 180 Z")
    stroke(pen, "M 28 191 Q 120 198 223 191", darker(RUBBER, 0.35), 0.9, 0.7)


def draw_boots(pen: Pen, shape: str) -> None:
    """Draw a pair of boots; the toe points left."""
    _pair(pen, _boot, shape, 26, -14, 222, 52, 196)


def _boot(pen: Pen, shape: str) -> None:
    tall = {"chelsea": 96, "lace-up": 72, "hiking": 84, "knee-high": 22, "cowboy": 46}[shape]
    sole = darker(mix(pen.colour, (60, 44, 34), 0.7), 0.35)
    hollow(pen, oval(156, tall, 29, 6))
    if shape == "cowboy":
        body(pen, outline(f"M 22 214 C 30 196 62 188 92 182 C 118 176 126 150 126 120 L 120 {tall + 6} Q 130 {tall - 8} 156 {tall + 8} Q 180 {tall - 8} 190 {tall + 4} L 184 150 Q 184 176 190 206 L 150 212 L 60 216 Z"))
        thread = lighter(pen.colour, 0.55) if sum(pen.colour) < 560 else darker(pen.colour, 0.5)
        for s in (0, 7):
            stroke(pen, f"M {134 + s} {tall + 20 + s} Q 156 {tall + 60} {146 + s * 0.3} 140 M {178 - s} {tall + 20 + s} Q 156 {tall + 60} {166 - s * 0.3} 140", thread, 1.3, 0.9, dash=2.4)
        stroke(pen, "M 66 200 Q 84 186 108 194 Q 92 198 78 206", thread, 1.2, 0.9, dash=2.4)
        seam(pen, "M 126 128 Q 156 150 184 132")
        body(pen, outline("M 152 208 L 192 202 L 184 224 L 166 224 Z"), colour=sole, pattern=False, material="wood")
        stroke(pen, "M 22 215 Q 90 220 154 210", sole, 4)
        return
    toe = {"chelsea": 40, "lace-up": 38, "hiking": 36, "knee-high": 40}[shape]
    body(pen, outline(f"M {toe} 208 C {toe - 4} 190 {toe + 12} 180 {toe + 36} 174 C 110 168 124 154 126 130 L 126 {tall} Q 156 {tall + 12} 186 {tall} C 190 120 184 150 190 208 Z"))
    fold(pen, "M 128 148 Q 142 156 154 150", 1.2, 4)
    fold(pen, "M 126 166 Q 140 170 150 164", 1.0, 4)
    if shape == "chelsea":
        panel = outline("M 144 101 L 174 101 Q 170 130 160 156 Q 150 130 144 101 Z")
        body(pen, panel, colour=darker(pen.colour, 0.5) if sum(pen.colour) > 220 else lighter(pen.colour, 0.2), pattern=False, material="canvas")
        for x in range(147, 173, 3):
            stroke(pen, f"M {x} 102 L {159 + (x - 159) * 0.3:.1f} 150", BLACK, 0.7, 0.35)
        seam(pen, "M 190 196 Q 150 190 148 160")
        stroke(pen, "M 183 90 Q 192 82 188 104", darker(pen.colour, 0.3), 4)
    elif shape == "knee-high":
        seam(pen, "M 166 30 Q 172 110 170 190")
        fold(pen, "M 134 60 Q 140 100 136 130", 1, 5)
        stroke(pen, f"M 126 {tall + 8} Q 156 {tall + 20} 187 {tall + 8}", darker(pen.colour, 0.5), 1, 0.6)
    else:
        seam(pen, f"M 142 {tall + 8} L 146 146 Q 124 170 96 174")
        _laces(pen, [(x, y, x + 19, y + 3) for x, y in ((112, 164), (122, 150), (126, 136), (127, 122), (127, 108), (127, 94))])
        body(pen, outline(f"M 152 {tall + 3} Q 170 {tall + 6} 187 {tall} L 189 {tall + 22} Q 170 {tall + 30} 152 {tall + 24} Z"), colour=pen.accent if pen.pattern == "colour-block" else darker(pen.colour, 0.18), pattern=False)
        if shape == "hiking":
            block = pen.accent if pen.pattern == "colour-block" else darker(pen.colour, 0.4)
            body(pen, outline(f"M {toe} 208 C {toe - 4} 190 {toe + 10} 182 {toe + 30} 178 Q 78 190 80 208 Z"), colour=block, pattern=False, depth=0.6)
            body(pen, outline("M 160 160 Q 176 150 186 152 L 190 208 L 158 208 Z"), colour=block, pattern=False, depth=0.6)
            for x, y in ((146, 96), (147, 110), (147, 124)):
                fill(pen, oval(x, y, 2.2, 2.2), STEEL)
    heel = {"knee-high": 24, "chelsea": 10, "lace-up": 11, "hiking": 12}[shape]
    if shape == "knee-high":
        body(pen, outline("M 150 206 L 191 204 L 188 232 L 158 232 Z"), colour=sole, pattern=False, material="wood")
        stroke(pen, f"M {toe - 2} 211 Q 90 216 152 208", sole, 5)
        return
    tread = outline(f"M {toe - 4} 204 L 193 204 L 193 {208 + heel} L 146 {208 + heel} L 140 214 L {toe + 4} 217 Q {toe - 6} 216 {toe - 4} 204 Z")
    body(pen, tread, colour=(206, 178, 140) if shape == "lace-up" else sole, pattern=False, material="rubber", axis="y")
    if shape in ("hiking", "lace-up"):
        for x in range(toe + 4, 190, 9):
            stroke(pen, f"M {x} 211 L {x} {218 if x < 140 else 208 + heel}", BLACK, 2.2, 0.45)


def draw_sandals(pen: Pen, shape: str) -> None:
    """Draw a pair of sandals; the toe points left."""
    _pair(pen, _sandal, shape, 14, -40, 206, 26, 226)


def _strap(pen: Pen, text: str, width: float) -> None:
    stroke(pen, text, BLACK, width + 2.5, 0.25, blur=1.4)
    stroke(pen, text, darker(pen.colour, 0.45), width + 1.4)
    stroke(pen, text, pen.colour, width)
    pen.canvas.save()
    pen.canvas.translate(-0.6, -width * 0.2)
    stroke(pen, text, WHITE, width * 0.28, 0.3, blur=0.8)
    pen.canvas.restore()


def _sandal(pen: Pen, shape: str) -> None:
    if shape == "two-strap":
        body(pen, outline("M 24 190 Q 24 180 40 178 Q 120 180 160 170 Q 210 164 226 176 Q 232 190 224 202 L 34 204 Q 22 202 24 190 Z"), colour=CORK, pattern=False, material="jute", axis="y")
        stroke(pen, "M 30 203 L 226 202", (60, 50, 44), 5)
        for text in ("M 44 186 C 46 150 70 138 84 142 C 100 150 98 170 96 186 Z", "M 112 184 C 112 146 132 132 148 134 C 166 140 166 162 164 180 Z"):
            body(pen, outline(text))
        for x, y in ((72, 160), (140, 154)):
            stroke(pen, f"M {x - 6} {y - 6} L {x + 6} {y - 7} L {x + 7} {y + 6} L {x - 5} {y + 7} Z", BRASS, 2.6)
        return
    if shape == "strappy":
        body(pen, outline("M 24 194 Q 26 186 60 188 Q 140 190 180 182 Q 216 176 228 186 L 228 200 L 190 204 L 40 204 Q 24 204 24 194 Z"), colour=OAK, pattern=False, material="leather", axis="y")
        for text in ("M 44 192 Q 52 160 66 190", "M 60 190 Q 84 148 104 192", "M 66 190 Q 78 160 96 168 Q 130 150 136 190", "M 98 166 Q 130 130 172 120", "M 172 120 Q 206 112 208 128 Q 200 140 172 134 Q 160 126 172 120", "M 206 128 Q 216 160 218 188"):
            _strap(pen, text, 5.5)
        stroke(pen, "M 172 116 L 182 116 L 182 128 L 172 128 Z", BRASS, 2.2)
        return
    if shape == "platform":
        body(pen, outline("M 28 172 Q 40 166 60 168 Q 130 176 176 152 Q 214 142 226 152 L 228 206 L 36 208 Q 22 200 28 172 Z"), colour=CORK, pattern=False, material="jute", axis="y")
        stroke(pen, "M 30 176 Q 130 186 178 160 Q 212 150 227 160", darker(CORK, 0.4), 1, 0.6)
        body(pen, outline("M 46 176 C 44 138 76 120 98 128 C 116 138 118 158 116 174 Q 80 182 46 176 Z"))
        _strap(pen, "M 150 166 Q 158 110 190 104 Q 214 104 214 118 Q 206 128 176 124", 8)
        _strap(pen, "M 212 118 Q 220 134 222 154", 8)
        stroke(pen, "M 168 112 L 180 110 L 181 124 L 169 126 Z", BRASS, 2.4)
        return
    block = pen.accent if pen.pattern == "colour-block" else darker(pen.colour, 0.35)
    body(pen, outline("M 22 184 Q 30 174 52 176 Q 130 182 170 170 Q 214 162 230 174 L 232 204 L 34 208 Q 18 204 22 184 Z"), colour=(74, 76, 82), pattern=False, material="rubber", axis="y")
    for x in range(30, 228, 10):
        stroke(pen, f"M {x} 200 L {x} 208", BLACK, 3, 0.7)
    stroke(pen, "M 26 186 Q 130 192 172 180 Q 212 172 230 182", block, 3)
    for text in ("M 42 180 C 44 142 74 134 92 146 Q 102 160 100 182 Z", "M 118 180 C 118 140 138 124 158 128 Q 168 150 164 176 Z"):
        body(pen, outline(text))
    body(pen, outline("M 158 128 Q 190 104 210 108 Q 226 124 226 174 L 210 174 Q 212 138 202 128 Q 186 128 166 142 Z"), colour=block, pattern=False)
    for x, y in ((74, 160), (142, 152)):
        body(pen, outline(f"M {x - 14} {y - 8} L {x + 14} {y - 12} L {x + 15} {y + 4} L {x - 13} {y + 8} Z"), colour=block, pattern=False, depth=0.6)


def draw_heels(pen: Pen, shape: str) -> None:
    """Draw a pair of heels; the toe points left."""
    _pair(pen, _heel, shape, 22, -26, 212, 28, 220)


def _heel(pen: Pen, shape: str) -> None:
    lift = {"stiletto": 84, "block": 116, "kitten": 142, "platform": 84}[shape]
    front = 198 if shape == "platform" else 210
    bottom = 212
    tone = pen.accent if pen.pattern == "colour-block" else None
    arch = f"C 120 {front} 150 {lift + 60} 178 {lift + 34} Q 196 {lift + 26} 212 {lift + 30}"
    if shape in ("block", "platform"):
        body(pen, outline(f"M 176 {lift + 36} Q 196 {lift + 28} 214 {lift + 26} L 210 {bottom} L {180 if shape == 'block' else 190} {bottom} Z"), colour=tone, pattern=False)
    else:
        body(pen, outline(f"M 184 {lift + 34} Q 200 {lift + 26} 213 {lift + 24} Q 208 {lift + 50} 206 {bottom} L 200 {bottom} Q 200 {lift + 60} 184 {lift + 34} Z"), pattern=False)
    if shape == "platform":
        body(pen, outline("M 30 190 Q 30 212 44 212 L 96 212 Q 116 208 124 186 Z"), pattern=False, colour=darker(pen.colour, 0.15))
    inside = outline(f"M 84 {front - 28} Q 130 {front - 34} 174 {lift + 22} Q 190 {lift + 14} 206 {lift + 8} L 206 {lift + 30} Q 160 {lift + 60} 120 {front - 6} Z")
    fill(pen, inside, mix(OAK, WHITE, 0.55))
    stroke(pen, inside, darker(OAK, 0.5), 0.8, 0.5)
    toe = 22 if shape != "block" else 30
    body(pen, outline(f"M {toe} {front} Q 44 {front - 22} 84 {front - 34} Q 94 {front - 20} 124 {front - 26} Q 148 {front - 40} 170 {lift + 36} Q 190 {lift + 24} 196 {lift - 2} Q 204 {lift - 10} 212 {lift} Q 216 {lift + 16} 213 {lift + 32} Q 196 {lift + 28} 180 {lift + 38} C 150 {lift + 64} 120 {front + 2} 92 {front + 2} L {toe + 6} {front + 2} Z" if shape != "block" else f"M {toe} {front} Q 34 {front - 24} 78 {front - 34} Q 104 {front - 26} 112 {front} Z"))
    if shape == "block":
        stroke(pen, f"M {toe} {front + 1} {arch.replace('C', 'L 100 ' + str(front + 1) + ' C', 1)}", darker(OAK, 0.3), 4)
        body(pen, outline(f"M 178 {lift + 36} Q 186 {lift + 10} 190 {lift - 8} L 206 {lift - 12} Q 216 {lift + 10} 214 {lift + 30} Q 196 {lift + 26} 178 {lift + 36} Z"), colour=tone, pattern=False)
        _strap(pen, f"M 200 {lift - 6} Q 176 {lift - 22} 156 {lift - 10} Q 150 {lift + 4} 196 {lift + 2}", 6)
        stroke(pen, f"M 164 {lift - 18} L 174 {lift - 20} L 174 {lift - 8} L 164 {lift - 6} Z", BRASS, 2)
        return
    stroke(pen, f"M {toe + 4} {front + 2} L 94 {front + 2}", darker(OAK, 0.45), 3)
    if shape == "kitten":
        x, y = 76, front - 34
        for d in (-1, 1):
            body(pen, outline(f"M {x} {y} Q {x + d * 10} {y - 16} {x + d * 20} {y - 10} Q {x + d * 22} {y + 4} {x + d * 18} {y + 10} Q {x + d * 8} {y + 6} {x} {y} Z"), pattern=False)
        fill(pen, oval(x, y, 4, 4.6), darker(pen.colour, 0.3))
    fold(pen, f"M 50 {front - 12} Q 66 {front - 22} 84 {front - 26}", 0.8, 4)
