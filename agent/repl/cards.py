"""Product cards: picture, handle, title, price and rating, side by side as the width allows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from shelftalk.agent.present import harmless
from shelftalk.agent.repl.pictures import Way, encode, half_blocks
from shelftalk.agent.reply import Shown
from shelftalk.tools.render import money

if TYPE_CHECKING:
    from PIL.Image import Image

    from shelftalk.tools.product import Product

CARD, NARROWEST = 22, 17  # columns
GAP = 2
BOLD, DIM, YELLOW, RESET = "\x1b[1m", "\x1b[2m", "\x1b[33m", "\x1b[0m"


@dataclass(frozen=True)
class Look:
    """How this terminal draws: the way of pictures, whether styles are wanted, the width in columns."""

    way: Way
    styled: bool
    width: int


def cards(
    products: Sequence[Shown],
    picture_of: Callable[[Product], Image | None],
    look: Look,
    liked: Sequence[str] = (),
) -> str:
    """Draw the products, as many in a row as fit; `liked` are product ids that get a heart.

    Plain lines, one a product, where the terminal shows no pictures.
    """
    if look.way == "none" or look.width <= NARROWEST or not products:
        return "".join(f"{_line(shown, look, shown.hit.product.id in liked)}\n" for shown in products)
    across, card = layout(len(products), look.width)
    rows = [products[i : i + across] for i in range(0, len(products), across)]
    return "\n".join(_row(row, picture_of, look, card, liked) for row in rows)


def layout(n: int, width: int) -> tuple[int, int]:
    """Return how many cards stand in a row and how wide each is: narrower ones where that saves a row."""
    across = min(n, max(1, (width + GAP) // (NARROWEST + GAP)))
    across = -(-n // -(-n // across))  # as many rows as needed, evenly filled
    return across, min(CARD, (width + GAP) // across - GAP)


def _row(
    row: Sequence[Shown],
    picture_of: Callable[[Product], Image | None],
    look: Look,
    card: int,
    liked: Sequence[str],
) -> str:
    images = [picture_of(shown.hit.product) for shown in row]
    out = _blocks(images, look, card) if look.way in ("truecolor", "256") else _graphics(images, look, card)
    texts = [_text(shown, look, card, shown.hit.product.id in liked) for shown in row]
    for line in range(max(map(len, texts))):
        cells = [text[line] if line < len(text) else ("", 0) for text in texts]
        padded = [styled + " " * (card - width) for styled, width in cells]
        out += (" " * GAP).join(padded).rstrip() + "\n"
    return out


def _blocks(images: Sequence[Image | None], look: Look, card: int) -> str:
    rows = card // 2  # a cell is about twice as high as wide
    empty = [
        f"{DIM}{'(no picture)'.center(card) if row == rows // 2 else ' ' * card}{RESET}"
        for row in range(rows)
    ]
    drawn = [
        empty if image is None else half_blocks(image, card, rows, look.way == "truecolor")
        for image in images
    ]
    return "".join((" " * GAP).join(lines) + "\n" for lines in zip(*drawn, strict=True))


def _graphics(images: Sequence[Image | None], look: Look, card: int) -> str:
    rows = card // 2
    # Room first, so that nothing scrolls while pictures are placed; then up, and each at its column.
    out = "\n" * rows + f"\x1b[{rows}A"
    for at, image in enumerate(images):
        if image is not None:
            out += f"\x1b7\x1b[{at * (card + GAP) + 1}G{encode(look.way, image, card, rows)}\x1b8"
    return out + f"\x1b[{rows}B\r"


def _text(shown: Shown, look: Look, card: int, is_liked: bool) -> list[tuple[str, int]]:
    """Return the lines under a picture, each with its width in columns."""
    product = shown.hit.product
    title = wrap(harmless(product.title).replace("\n", " "), card - len(shown.handle) - 1, 2)
    first, *rest = title or [""]
    lines = [
        (f"{_style(BOLD, shown.handle, look)} {first}", len(shown.handle) + 1 + cells(first)),
        *((" " * (len(shown.handle) + 1) + line, len(shown.handle) + 1 + cells(line)) for line in rest),
    ]
    plain, styled = _facts(shown, look, is_liked)
    lines.append((" " * (len(shown.handle) + 1) + styled, len(shown.handle) + 1 + cells(plain)))
    return lines


def _facts(shown: Shown, look: Look, is_liked: bool) -> tuple[str, str]:
    product = shown.hit.product
    price = "" if product.price is None else money(product.price, product.currency)
    sold = "sold out" if product.stock == 0 else ""
    # A card is narrow: what cannot be bought need not be praised.
    rating = "" if product.rating is None or sold else f"★ {product.rating:.1f}"
    heart = "♥" if is_liked else ""
    plain = "  ".join(part for part in (price, rating, sold, heart) if part)
    styled = "  ".join(
        _style(style, part, look)
        for style, part in ((BOLD, price), (YELLOW, rating), (DIM, sold), ("\x1b[31m", heart))
        if part
    )
    return plain, styled


def _line(shown: Shown, look: Look, is_liked: bool) -> str:
    title = harmless(shown.hit.product.title).replace("\n", " ")
    return (
        f"{_style(BOLD, shown.handle.rjust(4), look)}  {title}  {_facts(shown, look, is_liked)[1]}".rstrip()
    )


def _style(style: str, text: str, look: Look) -> str:
    return f"{style}{text}{RESET}" if look.styled and text else text


def cells(text: str) -> int:
    """Return how many terminal columns a text takes: wide characters take two."""
    from rich.cells import cell_len

    return cell_len(text)


def wrap(text: str, width: int, most: int) -> list[str]:
    """Break a text at blanks into at most `most` lines of `width` columns; the last ends in "…" if cut."""
    from rich.cells import chop_cells

    lines: list[str] = []
    line = ""
    words = [piece for word in text.split() for piece in chop_cells(word, width)]
    for at, word in enumerate(words):
        longer = f"{line} {word}".strip()
        if cells(longer) <= width:
            line = longer
            continue
        lines.append(line)
        line = word
        if len(lines) == most:
            del words[at:]
            lines[-1] = chop_cells(lines[-1], width - 1)[0] + "…"
            return lines
    return [*lines, line][:most]
