"""Line charts as inline SVG: what a training run's loss did, step by step, with no script and no library.

A chart is drawn twice, for a wide page and for a phone, since letters in an SVG shrink with it; the page's style shows
one of the two and gives the colours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]
WIDE, NARROW = (720, 260), (360, 230)
_LEFT, _RIGHT, _TOP, _BOTTOM = 46, 12, 12, 34  # margins, for the letters
_MOST = 400  # points that a line is drawn with


@dataclass(frozen=True)
class Line:
    """One line of a chart; `style` is its class in the page's style, `dots` marks each of its points."""

    name: str
    points: Sequence[Point]
    style: str
    dots: bool = False


def chart(lines: Sequence[Line], x_name: str, y_name: str) -> str:
    """Return a chart of lines as HTML, for a wide page and for a phone; "" where no line has a finite point.

    Points that are not finite are left out; a line that has more than 400 points is drawn with means of neighbours.
    """
    drawn = [Line(line.name, thinned(finite(line.points)), line.style, line.dots) for line in lines]
    drawn = [line for line in drawn if line.points]
    if not drawn:
        return ""
    legend = "".join(
        f'<span class="key"><i class="{escape(line.style)}"></i>{escape(line.name)}</span>' for line in drawn
    )
    label = f"{', '.join(line.name for line in drawn)} by {x_name}"
    svgs = "".join(
        _svg(drawn, x_name, y_name, size, name, label) for size, name in ((WIDE, "wide"), (NARROW, "narrow"))
    )
    return f'<figure class="chart"><figcaption>{legend}</figcaption>{svgs}</figure>'


def finite(points: Sequence[Point]) -> list[Point]:
    """Return the points that can be drawn."""
    return [(x, y) for x, y in points if math.isfinite(x) and math.isfinite(y)]


def thinned(points: Sequence[Point], most: int = _MOST) -> list[Point]:
    """Return at most `most` points: means of neighbours, the first and last kept as they are."""
    if len(points) <= most:
        return list(points)
    inner, groups = points[1:-1], most - 2
    out = [points[0]]
    for number in range(groups):
        part = inner[number * len(inner) // groups : (number + 1) * len(inner) // groups]
        out.append((sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)))
    return [*out, points[-1]]


def smoothed(points: Sequence[Point]) -> list[Point]:
    """Return each finite point's mean with its neighbours, a twentieth of the line to each side and fewer at its ends.

    The neighbours are as many on both sides, so that the line does not lag behind what it smooths.
    """
    kept = finite(points)
    reach = len(kept) // 20 + 1
    out: list[Point] = []
    for at, (x, _) in enumerate(kept):
        near = min(reach, at, len(kept) - 1 - at)
        part = kept[at - near : at + near + 1]
        out.append((x, sum(y for _, y in part) / len(part)))
    return out


def ticks(low: float, high: float, most: int) -> list[float]:
    """Return at most `most` round numbers, evenly apart, from at or above `low` to at or below `high`."""
    span = high - low
    if span <= 0 or not math.isfinite(span):
        return [low]
    size = 10.0 ** math.floor(math.log10(span / most))
    step = next(size * f for f in (1, 2, 2.5, 5, 10, 20, 25, 50) if span / (size * f) <= most - 1)
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(number * step, 12) for number in range(first, last + 1)]


def _bounds(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    if high == low:
        low, high = low - (abs(low) or 1) * 0.1, high + (abs(high) or 1) * 0.1
    return low, high


def _svg(
    lines: Sequence[Line], x_name: str, y_name: str, size: tuple[int, int], style: str, label: str
) -> str:
    width, height = size
    right, bottom = width - _RIGHT, height - _BOTTOM
    x_low, x_high = _bounds([x for line in lines for x, _ in line.points])
    y_low, y_high = _bounds([y for line in lines for _, y in line.points])
    y_low, y_high = y_low - 0.05 * (y_high - y_low), y_high + 0.05 * (y_high - y_low)

    def across(x: float) -> float:
        return _LEFT + (x - x_low) / (x_high - x_low) * (right - _LEFT)

    def down(y: float) -> float:
        return bottom - (y - y_low) / (y_high - y_low) * (bottom - _TOP)

    parts = [
        f'<svg class="{style}" viewBox="0 0 {width} {height}" role="img" aria-label="{escape(label)}">'
        f"<title>{escape(label)}</title>"
    ]
    for y in ticks(y_low, y_high, 6):
        parts.append(f'<path class="grid" d="M{_LEFT} {down(y):.1f}H{right}"/>')
        parts.append(f'<text x="{_LEFT - 6}" y="{down(y) + 4:.1f}" text-anchor="end">{number(y)}</text>')
    for x in ticks(x_low, x_high, 8 if width > 500 else 5):
        parts.append(f'<text x="{across(x):.1f}" y="{bottom + 16}" text-anchor="middle">{number(x)}</text>')
    parts.append(f'<path class="axis" d="M{_LEFT} {bottom}H{right}"/>')
    parts.append(f'<text class="name" x="{right}" y="{height - 4}" text-anchor="end">{escape(x_name)}</text>')
    parts.append(f'<text class="name" x="{_LEFT + 4}" y="{_TOP + 2}">{escape(y_name)}</text>')
    for line in lines:
        path = " ".join(f"{across(x):.1f},{down(y):.1f}" for x, y in line.points)
        parts.append(f'<polyline class="{escape(line.style)}" points="{path}"/>')
        if line.dots or len(line.points) == 1:
            parts += [
                f'<circle class="{escape(line.style)}" cx="{across(x):.1f}" cy="{down(y):.1f}" r="3"/>'
                for x, y in line.points
            ]
    return "".join([*parts, "</svg>"])


def number(value: float) -> str:
    """Write a number short: 0.25, 1,200, 3.1e-05."""
    if value and abs(value) < 1e-3:
        return f"{value:.1e}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
