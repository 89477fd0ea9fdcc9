"""A grammar at work: which tokens may come next, which text is certain, whether the answer is complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_CLOSERS = (b"}", b"]", b'"')  # in a call that must end soon, the earlier the better


class Vocabulary:
    """A tokenizer's tokens as the bytes that they write, with the tokens that end an answer."""

    def __init__(self, pieces: Sequence[bytes], stops: Sequence[int]) -> None:
        """Take each token's bytes, in the order of ids; a token without bytes is never written."""
        import xgrammar as xg

        info = xg.TokenizerInfo(list(pieces), xg.VocabType.RAW, stop_token_ids=list(stops))
        self.pieces = list(pieces)
        self.stops = frozenset(stops)
        self.compiler = xg.GrammarCompiler(info, max_threads=2, cache_limit_bytes=64 * 2**20)
        known = set(self.pieces)
        self._characters = {piece.decode() for piece in known if _is_one_character(piece)}
        self._any_byte = all(bytes([byte]) in known for byte in range(0x80, 0xC0))

    def can_write(self, text: str) -> bool:
        """Return whether every character of a text can be written with these tokens."""
        return bool(text) and (self._any_byte or all(character in self._characters for character in text))


def tokenizer_pieces(tokenizer: Any, size: int) -> list[bytes]:
    """Return the bytes that each token of a transformers tokenizer writes, for logits of width `size`."""
    import xgrammar as xg

    # Which tokens end an answer is of no account here; without any given it would be guessed with a warning.
    info = xg.TokenizerInfo.from_huggingface(tokenizer, vocab_size=size, stop_token_ids=[0])
    pieces: list[bytes] = info.decoded_vocab
    return pieces


def _is_one_character(piece: bytes) -> bool:
    try:
        return len(piece.decode()) == 1
    except UnicodeDecodeError:
        return False


class Guide:
    """Follows one answer, token by token, under a grammar.

    `opening` is how a tool call begins; `calling` turns True once the answer holds it.
    """

    def __init__(self, vocabulary: Vocabulary, grammar: str, opening: str) -> None:
        import xgrammar as xg

        self.vocabulary = vocabulary
        self._matcher = xg.GrammarMatcher(vocabulary.compiler.compile_grammar(xg.Grammar.from_ebnf(grammar)))
        self._bitmask = xg.allocate_token_bitmask(1, len(vocabulary.pieces))
        self._opening = opening.encode()
        self._written = b""
        self.calling = False

    @property
    def done(self) -> bool:
        """Whether a stop token ended the answer."""
        return bool(self._matcher.is_terminated())

    def allowed(self) -> torch.Tensor:
        """Return the ids that may come next, int64 [n]."""
        import numpy as np
        import torch

        self._matcher.fill_next_token_bitmask(self._bitmask)
        bits = np.unpackbits(self._bitmask.numpy().view(np.uint8), bitorder="little")[
            : len(self.vocabulary.pieces)
        ]
        return torch.from_numpy(np.flatnonzero(bits))

    def accept(self, token: int) -> bool:
        """Take one token; False, with nothing changed, if the grammar forbids it."""
        if not self._matcher.accept_token(token):
            return False
        if token not in self.vocabulary.stops:
            self._written += self.vocabulary.pieces[token]
            self.calling = self.calling or self._opening in self._written
        return True

    def certain(self, encode: Callable[[str], list[int]]) -> list[int]:
        """Take, and return, the tokens that must come next whatever the model thinks.

        The last token of the certain text is left to the model: it may be the start of a longer one.
        """
        text = self._matcher.find_jump_forward_string()
        if len(text) < 2:
            return []
        tokens = encode(text)
        pieces = self.vocabulary.pieces
        if b"".join(pieces[token] for token in tokens) != text.encode():
            return []
        taken: list[int] = []
        for token in tokens[:-1]:
            if not self.accept(token):
                break
            taken.append(token)
        return taken

    def closing(self, allowed: torch.Tensor) -> int | None:
        """Return which of the allowed tokens ends an open call soonest, or None where all are alike."""
        ids = [int(token) for token in allowed]
        for token in ids:
            if token in self.vocabulary.stops:
                return token
        for closer in _CLOSERS:
            for token in ids:
                if self.vocabulary.pieces[token] == closer:
                    return token
        return None
