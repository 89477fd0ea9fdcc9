"""Pictures in a terminal: the kitty and iTerm2 protocols, sixel, or coloured half blocks where there is none.

Every encoder takes a PIL picture and a box of character cells and returns text to write at the cursor.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

Way = Literal["kitty", "iterm2", "sixel", "truecolor", "256", "none"]
WAYS: tuple[Way, ...] = ("kitty", "iterm2", "sixel", "truecolor", "256", "none")

CELL = (10, 20)  # pixels of a character cell where the terminal does not tell
_KITTY_CHUNK = 4096


def choose(
    env: Mapping[str, str] = os.environ, is_tty: bool | None = None, ask_terminal: bool = False
) -> Way:
    """Return how this terminal shows pictures; "none" where output is no terminal or colours are not wanted.

    `SHELFTALK_PICTURES` names a way outright. `ask_terminal` lets it ask a local terminal whether it knows
    sixel, which takes up to 0.2 s.
    """
    forced = env.get("SHELFTALK_PICTURES", "")
    if forced:
        for way in WAYS:
            if forced == way:
                return way
        raise UsageError(f"SHELFTALK_PICTURES is {forced!r}; allowed: {', '.join(WAYS)}.")
    if is_tty is None:
        is_tty = sys.stdout.isatty()
    term, program = env.get("TERM", ""), env.get("TERM_PROGRAM", "")
    if not is_tty or env.get("NO_COLOR") or term == "dumb":
        return "none"
    # A multiplexer swallows or garbles the graphics of the terminal around it.
    if not (env.get("TMUX") or term.startswith(("screen", "tmux"))):
        if env.get("KITTY_WINDOW_ID") or term in ("xterm-kitty", "xterm-ghostty") or program == "ghostty":
            return "kitty"
        if program in ("iTerm.app", "WezTerm", "mintty") or env.get("LC_TERMINAL") == "iTerm2":
            return "iterm2"
        if term.startswith(("foot", "mlterm", "yaft")) or "sixel" in term:
            return "sixel"
        if ask_terminal and not env.get("SSH_CONNECTION") and knows_sixel():
            return "sixel"
    if env.get("COLORTERM", "").lower() in ("truecolor", "24bit") or term.endswith("-direct"):
        return "truecolor"
    return "256" if "256color" in term or env.get("WT_SESSION") or "COLORTERM" in env else "none"


def knows_sixel(timeout: float = 0.2) -> bool:
    """Ask the terminal for its device attributes; attribute 4 is sixel. False where it does not answer."""
    try:
        import select
        import termios
        import tty
    except ImportError:  # Windows
        return False
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    fd = sys.stdin.fileno()
    before = termios.tcgetattr(fd)
    answer = b""
    try:
        tty.setcbreak(fd)
        sys.stdout.write("\x1b[c")
        sys.stdout.flush()
        while not answer.endswith(b"c") and select.select([fd], [], [], timeout)[0]:
            answer += os.read(fd, 64)
    finally:
        termios.tcsetattr(fd, termios.TCSANOW, before)
    found = re.search(rb"\x1b\[\?([\d;]*)c", answer)
    return found is not None and b"4" in found[1].split(b";")


def cell_size() -> tuple[int, int]:
    """Return a character cell's width and height in pixels, as the terminal tells or as is common."""
    try:
        import fcntl
        import struct
        import termios

        packed = fcntl.ioctl(sys.stdout.fileno(), termios.TIOCGWINSZ, b"\0" * 8)
        rows, columns, width, height = struct.unpack("HHHH", packed)
    except (ImportError, OSError, ValueError):
        return CELL
    return (width // columns, height // rows) if rows and columns and width and height else CELL


def fit(image: Image, width: int, height: int) -> Image:
    """Return the picture in RGB, scaled to at most `width` x `height` pixels, centred on white."""
    from PIL import Image as Images
    from PIL import ImageOps

    small = ImageOps.contain(image.convert("RGB"), (width, height))
    box = Images.new("RGB", (width, height), (255, 255, 255))
    box.paste(small, ((width - small.width) // 2, (height - small.height) // 2))
    return box


def half_blocks(image: Image, columns: int, rows: int, true_colour: bool = True) -> list[str]:
    """Draw with "▀", two pixels a cell: one line of text a row, each ending in a colour reset."""
    small = fit(image, columns, rows * 2)
    pixels = small.tobytes()
    colour = _true if true_colour else _of_256
    lines = []
    for row in range(rows):
        line, last = [], ""
        for column in range(columns):
            upper = (2 * row * columns + column) * 3
            lower = upper + columns * 3
            style = f"\x1b[38;{colour(pixels[upper : upper + 3])};48;{colour(pixels[lower : lower + 3])}m"
            line.append(("" if style == last else style) + "▀")
            last = style
        lines.append("".join(line) + "\x1b[0m")
    return lines


def _true(rgb: bytes) -> str:
    return f"2;{rgb[0]};{rgb[1]};{rgb[2]}"


def _of_256(rgb: bytes) -> str:
    """Return the nearest colour of the 6 x 6 x 6 cube or of the 24 greys."""
    levels = (0, 95, 135, 175, 215, 255)
    cube = [min(range(6), key=lambda i: abs(levels[i] - value)) for value in rgb]
    grey = min(range(24), key=lambda i: abs(8 + 10 * i - sum(rgb) / 3))
    cube_error = sum((levels[i] - value) ** 2 for i, value in zip(cube, rgb, strict=True))
    grey_error = sum((8 + 10 * grey - value) ** 2 for value in rgb)
    index = 232 + grey if grey_error < cube_error else 16 + 36 * cube[0] + 6 * cube[1] + cube[2]
    return f"5;{index}"


def kitty(image: Image, columns: int, rows: int) -> str:
    """Encode for the kitty graphics protocol: PNG in base64 chunks; the cursor stays, no answer is asked."""
    data = _png(image, columns, rows)
    chunks = [data[i : i + _KITTY_CHUNK] for i in range(0, len(data), _KITTY_CHUNK)]
    out = []
    for at, chunk in enumerate(chunks):
        more = int(at < len(chunks) - 1)
        head = f"a=T,f=100,c={columns},r={rows},C=1,q=2,m={more}" if at == 0 else f"m={more}"
        out.append(f"\x1b_G{head};{chunk}\x1b\\")
    return "".join(out)


def iterm2(image: Image, columns: int, rows: int) -> str:
    """Encode for iTerm2's inline pictures."""
    data = _png(image, columns, rows)
    size = len(base64.b64decode(data))
    return (
        f"\x1b]1337;File=inline=1;size={size};width={columns};height={rows};preserveAspectRatio=1:{data}\x07"
    )


def sixel(image: Image, columns: int, rows: int, cell: tuple[int, int] = CELL, colours: int = 64) -> str:
    """Encode as sixel: a palette, then bands of six pixel rows, one run-length pass a colour."""
    from PIL import Image as Images

    width, height = columns * cell[0], rows * cell[1]
    height -= height % 6  # a last partial band could scroll the screen
    flat = fit(image, width, height).quantize(colours, method=Images.Quantize.MEDIANCUT)
    palette = flat.getpalette() or []
    pixels = flat.tobytes()
    used = sorted(set(pixels))
    out = [f'\x1bPq"1;1;{width};{height}']
    for index in used:
        red, green, blue = (round(value * 100 / 255) for value in palette[3 * index : 3 * index + 3])
        out.append(f"#{index};2;{red};{green};{blue}")
    for top in range(0, height, 6):
        band = [pixels[(top + y) * width : (top + y + 1) * width] for y in range(6)]
        passes = []
        for index in sorted(set().union(*map(set, band))):
            bits = bytearray(width)
            for y, line in enumerate(band):
                at = line.find(index)
                while at >= 0:
                    bits[at] |= 1 << y
                    at = line.find(index, at + 1)
            passes.append(f"#{index}{_runs(bits)}")
        out.append("$".join(passes) + "-")
    return "".join(out) + "\x1b\\"


def _runs(bits: bytearray) -> str:
    text = "".join(chr(63 + b) for b in bits)
    return re.sub(r"(.)\1{3,}", lambda m: f"!{len(m[0])}{m[1]}", text, flags=re.DOTALL)


def _png(image: Image, columns: int, rows: int) -> str:
    """Return a PNG in base64, padded to the box's shape: a terminal may stretch it to fill the box."""
    width, height = columns * CELL[0], rows * CELL[1]
    scale = min(1024 / max(width, height), max(image.width / width, image.height / height))
    small = fit(image, round(width * scale), round(height * scale))
    buffer = io.BytesIO()
    small.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def encode(way: Way, image: Image, columns: int, rows: int) -> str:
    """Return the picture for a terminal with graphics of its own."""
    if way == "kitty":
        return kitty(image, columns, rows)
    if way == "iterm2":
        return iterm2(image, columns, rows)
    return sixel(image, columns, rows, cell_size())
