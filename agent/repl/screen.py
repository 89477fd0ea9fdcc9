"""What goes to the terminal: words that break at the width, notes, cards."""

from __future__ import annotations

import io
import shutil
import sys
import textwrap
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TextIO

from shelftalk.agent.present import harmless
from shelftalk.agent.repl.cards import BOLD, DIM, RESET, Look, cards, cells
from shelftalk.agent.repl.pictures import Way

if TYPE_CHECKING:
    from PIL.Image import Image

    from shelftalk.agent.reply import Shown
    from shelftalk.tools.product import Product

RED = "\x1b[31m"
MOST = 100  # columns of running text; longer lines are hard to read


def plain_where_needed() -> None:
    """Have characters that the output's encoding lacks (a star, in an old code page) written as "?"."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


class Screen:
    """Writes to a terminal or a file; styles only where they are wanted."""

    def __init__(self, way: Way, styled: bool, out: TextIO | None = None, width: int | None = None) -> None:
        self.way, self.styled = way, styled
        self._out, self._width = out, width
        self._column = 0
        self._word: list[tuple[str, str]] = []  # (style, text) pieces of the word that is not complete yet

    @property
    def look(self) -> Look:
        """Return how to draw now; the window may have been resized."""
        width = self._width or shutil.get_terminal_size((80, 24)).columns
        return Look(self.way, self.styled, width)

    def write(self, text: str) -> None:
        """Write text that is made by shelftalk, escape sequences and all."""
        out = self._out or sys.stdout
        out.write(text)
        out.flush()

    def note(self, text: str) -> None:
        """Write a line in a low voice."""
        self.end()
        self.write(f"{self._styled(DIM, self._folded(text))}\n")

    def line(self, text: str) -> None:
        """Write a line of plain text, whoever wrote it."""
        self.end()
        self.write(f"{self._folded(text)}\n")

    def error(self, text: str) -> None:
        """Write what went wrong."""
        self.end()
        self.write(f"{self._styled(RED, self._folded(text))}\n")

    def say(self, text: str, name: bool = False) -> None:
        """Write the next words of an answer, breaking lines between words; `name`: a product's."""
        style = BOLD if name else ""
        text = harmless(text)
        start = 0
        for at, character in enumerate(text):
            if character in " \n":
                self._word.append((style, text[start:at]))
                self._flush()
                start = at + 1
                if character == "\n":
                    self.write("\n")
                    self._column = 0
                elif self._column:
                    self._word.append(("", " "))
        self._word.append((style, text[start:]))

    def end(self) -> None:
        """Finish the answer's line."""
        self._flush()
        if self._column:
            self.write("\n")
        self._column = 0

    def show(
        self,
        products: Sequence[Shown],
        picture_of: Callable[[Product], Image | None],
        liked: Sequence[str] = (),
    ) -> None:
        """Draw product cards."""
        self.end()
        self.write("\n" + cards(products, picture_of, self.look, liked) + "\n")

    def _flush(self) -> None:
        pieces = [(style, text) for style, text in self._word if text]
        self._word = []
        width = sum(cells(text) for _, text in pieces)
        if not width:
            return
        if self._column and self._column + width > min(self.look.width, MOST):
            self.write("\n")
            self._column = 0
            if pieces[0][1] == " ":
                pieces, width = pieces[1:], width - 1
        self.write("".join(self._styled(style, text) for style, text in pieces))
        self._column += width

    def _folded(self, text: str) -> str:
        """Return harmless text broken at blanks; a line that starts with blanks goes on under its words."""
        lines = []
        for line in harmless(text).split("\n"):
            indent = " " * (len(line) - len(line.lstrip()))
            lines += textwrap.wrap(
                line,
                max(20, min(self.look.width, MOST)),
                subsequent_indent=indent,
                break_long_words=False,
                break_on_hyphens=False,
                drop_whitespace=True,
            ) or [""]
        return "\n".join(lines)

    def _styled(self, style: str, text: str) -> str:
        return f"{style}{text}{RESET}" if self.styled and style and text else text
