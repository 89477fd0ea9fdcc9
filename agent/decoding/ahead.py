"""Reading ahead: tokens that were probably copied from the context are read together with the one before them.

Prompt lookup decoding (Saxena, 2023, github.com/apoorvumang/prompt-lookup-decoding): what followed the last few tokens
where they last stood is guessed to follow again. What is answered stays the same: a guess only means that the logits
are there already when the decode loop asks for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import torch

LONGEST, SHORTEST = 3, 2  # tokens that have to stand before
FAR = 4096  # tokens that are searched


class Reader(Protocol):
    """What reads tokens for a model, and can forget the last of them."""

    def feed(self, tokens: Sequence[int], rows: int = 1) -> torch.Tensor:
        """Append tokens; return the logits after each of the last `rows` of them, [rows, vocabulary]."""

    def take_back(self, tokens: int) -> None:
        """Forget the last tokens."""

    @property
    def spare(self) -> int:
        """How many tokens can be read beside one at little cost, and forgotten again."""

    @property
    def keys(self) -> Sequence[int | str]:
        """The tokens read so far; a string where a picture stands."""


def guess(keys: Sequence[int | str], most: int) -> list[int]:
    """Return the tokens that followed where the last few last stood; none where they never stood before."""
    keys = keys[-FAR:]
    end = len(keys)
    for length in range(min(LONGEST, end - 1), SHORTEST - 1, -1):
        last = keys[end - length :]
        for start in range(end - length - 1, -1, -1):
            if keys[start] == last[0] and keys[start : start + length] == last:
                found: list[int] = []
                for key in keys[start + length : start + length + most]:
                    if isinstance(key, str):
                        break
                    found.append(key)
                if found:
                    return found
    return []


class Ahead:
    """Feeds a reader one step after the other, and more than was asked for where a guess can be made."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._guessed: list[int] = []  # read already, but not asked for yet
        self._logits: list[torch.Tensor] = []  # after each of them

    def feed(self, tokens: list[int]) -> torch.Tensor:
        """Append tokens and return the logits of what comes next, [vocabulary]."""
        right = 0
        for ours, theirs in zip(self._guessed, tokens, strict=False):
            if ours != theirs:
                break
            right += 1
        if right == len(tokens):
            logits = self._logits[right - 1]
            self._guessed, self._logits = self._guessed[right:], self._logits[right:]
            return logits
        self._reader.take_back(len(self._guessed) - right)
        rest, spare = tokens[right:], self._reader.spare
        self._guessed = guess([*self._reader.keys, *rest], spare) if spare else []
        rows = self._reader.feed([*rest, *self._guessed], len(self._guessed) + 1)
        self._logits = list(rows[1:])
        return rows[0]
