"""Make the model's words fit to be shown: handles become the catalogue's titles, control characters go.

A reply names a product as `[P3]`; what the shopper reads is the catalogue's own title and price, so that
neither can be wrong. A handle that was never given out is dropped and counted. Works on a stream: a handle
that is split over chunks is held back until it is whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

_HANDLE = re.compile(r"\[\s?(P\d{1,5})\s?\]", re.IGNORECASE)
_OPEN = re.compile(r"\[\s?(?:P\d{0,5}\s?)?$", re.IGNORECASE)  # a tail that may still become a handle
_SENTENCE_END = re.compile(r"[.!?](?:\s|$)")
_PRICED = re.compile(r" \(([^()]*\d[^()]*)\)$")  # a name with its price after it
_SENTENCE_START = re.compile(r"(^|[.!?]\s+)([a-z])")
# CSI, OSC and two-character escape sequences: colours, cursor moves, window titles, hyperlinks.
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])")
# Bidirectional overrides can make a price read backwards.
_HIDDEN = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0xFEFF])


def harmless(text: str) -> str:
    """Return text that a terminal can only print: no escape sequences, no control characters but newlines."""
    text = _ESCAPE.sub("", text).replace("\t", " ").translate(_HIDDEN)
    return "".join(c for c in text if c == "\n" or unicodedata.category(c) not in ("Cc", "Cs"))


@dataclass(frozen=True)
class Piece:
    """A stretch of shown text; `handle` is set where it is the name of that product."""

    text: str
    handle: str = ""


@dataclass
class Presenter:
    """Turns one answer's chunks into pieces to show.

    `name_of` returns what to show for a handle ("P3"), or None where no product has it. `unknown` collects
    the handles that were dropped, `named` those that were shown.
    """

    name_of: Callable[[str], str | None]
    unknown: list[str] = field(default_factory=list)
    named: list[str] = field(default_factory=list)
    _held: str = ""
    _before: str = ""  # the last characters shown, to know where a sentence starts

    def feed(self, chunk: str) -> list[Piece]:
        """Take the next chunk and return what can be shown by now."""
        text = self._held + chunk
        tail = _OPEN.search(text)
        cut = tail.start() if tail else len(text)
        text, self._held = text[:cut], text[cut:]
        return list(self._pieces(text))

    def finish(self) -> list[Piece]:
        """Return what was held back; call it once, after the last chunk."""
        text, self._held = self._held, ""
        return list(self._pieces(text))

    def _pieces(self, text: str) -> Iterator[Piece]:
        at = 0
        for match in _HANDLE.finditer(text):
            yield from self._plain(text[at : match.start()])
            at = match.end()
            handle = match[1].upper()
            name = self.name_of(handle)
            if name is None:
                self.unknown.append(handle)
                continue
            if handle not in self.named:
                self.named.append(handle)
            self._before = "x"
            stated = _PRICED.search(name)
            if stated and stated[1] in _SENTENCE_END.split(text[at:], maxsplit=1)[0]:
                name = name[: stated.start()]  # the sentence gives the price itself
            yield Piece(harmless(name).replace("\n", " "), handle)
        yield from self._plain(text[at:])

    def _plain(self, text: str) -> Iterator[Piece]:
        text = harmless(text)
        if not text:
            return
        lead = self._before
        # A small model may write no capitals; a sentence's first letter is set here.
        joined = _SENTENCE_START.sub(lambda m: m[1] + m[2].upper(), lead + text)
        text = joined[len(lead) :]
        self._before = (lead + text)[-3:]
        yield Piece(text)


def present(text: str, name_of: Callable[[str], str | None]) -> str:
    """Return a whole answer as it is shown."""
    presenter = Presenter(name_of)
    return "".join(piece.text for piece in [*presenter.feed(text), *presenter.finish()])
