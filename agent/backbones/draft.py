"""A reply in the making: its tokens, its text, and how much of it has been shown."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Sequence

from shelftalk.agent.backbones.dialects import Shown


class Draft:
    """Takes tokens; gives out the text that stands, token by token, and takes back what does not."""

    def __init__(self, pieces: Sequence[bytes], shown: Shown) -> None:
        """`pieces` are the bytes that the vocabulary's tokens write; `shown` makes their text fit to be shown."""
        self._pieces, self._shown = pieces, shown
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._ends: list[int] = []  # in characters, one for each token
        self._given = 0  # tokens whose text was given out
        self._begun = False  # white space before the first word is not shown
        self.tokens: list[int] = []
        self.text = ""

    def add(self, token: int) -> None:
        """Take the next token."""
        self.text += self._decoder.decode(self._pieces[token])
        self.tokens.append(token)
        self._ends.append(len(self.text))

    def give(self, stands: int) -> Iterator[str]:
        """Yield what is shown of the first `stands` characters and has not been, token by token; maybe empty texts."""
        while self._given < len(self._ends) and self._ends[self._given] <= stands:
            begin = self._ends[self._given - 1] if self._given else 0
            self._given += 1
            yield self._fit(self._shown.add(self.text[begin : self._ends[self._given - 1]]))

    def end(self) -> Iterator[str]:
        """Yield what is shown of the rest."""
        yield from self.give(len(self.text))
        yield self._fit(self._shown.end())

    def take_back(self, start: int) -> None:
        """Drop what was written from a character on; nothing of it has been given out."""
        kept = self.tokens[: sum(end <= start for end in self._ends)]
        self._decoder.reset()
        self.tokens, self._ends, self.text = [], [], ""
        for token in kept:
            self.add(token)

    def _fit(self, text: str) -> str:
        text = text if self._begun else text.lstrip()
        self._begun = self._begun or bool(text)
        return text
