"""A grammar at work: which tokens may come next, which text is certain, whether the answer is complete."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

_CLOSERS = (b"}", b"]", b'"')  # in a call that must end soon, the earlier the better
_STOP = 256  # after the 256 bytes
TRIED = 256  # likely tokens that are tried one by one before the whole vocabulary is looked at


class Vocabulary:
    """A tokenizer's tokens as the bytes that they write, with the tokens that end an answer."""

    def __init__(self, pieces: Sequence[bytes], stops: Sequence[int]) -> None:
        """Take each token's bytes, in the order of ids; a token without bytes is never written."""
        import xgrammar as xg

        self.pieces = list(pieces)
        self.stops = frozenset(stops)
        alphabet = [bytes([byte]) for byte in range(256)] + [b"<stop>"]
        letters = xg.TokenizerInfo(alphabet, xg.VocabType.RAW, stop_token_ids=[_STOP])
        self.spelling = xg.GrammarCompiler(letters, max_threads=1, cache_limit_bytes=16 * 2**20)
        known = set(self.pieces)
        self.closers = [*stops, *(self.pieces.index(closer) for closer in _CLOSERS if closer in known)]
        self._characters = {piece.decode() for piece in known if _is_one_character(piece)}
        self._any_byte = all(bytes([byte]) in known for byte in range(0x80, 0xC0))
        self._openers: dict[bytes, list[int]] = {}

    @cached_property
    def compiler(self) -> Any:
        """The compiler for whole tokens.

        It takes up to half a second for a grammar, `spelling` a few milliseconds: this one is needed only where none of
        the likeliest tokens fits.
        """
        import xgrammar as xg

        info = xg.TokenizerInfo(self.pieces, xg.VocabType.RAW, stop_token_ids=sorted(self.stops))
        return xg.GrammarCompiler(info, max_threads=2, cache_limit_bytes=64 * 2**20)

    def openers(self, opening: bytes) -> list[int]:
        """Return the tokens that `opening`, or a beginning of it, is written with."""
        if opening not in self._openers:
            self._openers[opening] = [
                token
                for token, piece in enumerate(self.pieces)
                if piece and (opening.startswith(piece) or piece.startswith(opening))
            ]
        return self._openers[opening]

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


@dataclass(frozen=True)
class _Choice:
    """What may stand in one place of an answer: one of `instead`, or where there are none, anything but `word`."""

    at: int  # bytes of the answer before it
    word: str
    instead: tuple[str, ...] = ()

    def may(self, written: bytes) -> bool:
        """Whether an answer that is so far written keeps to the choice; capitals and a leading space do not count."""
        said = self._said(written)
        if not said:
            return True
        if written[self.at - 1 : self.at].isalnum() and written[self.at : self.at + 1].isalnum():
            return False  # a word of its own
        if self.instead:
            return any(
                one.startswith(said) or (said.startswith(one) and _ends(said, one)) for one in self.instead
            )
        return not self.word.startswith(said) and not said.startswith(self.word)

    def is_made(self, written: bytes) -> bool:
        """Whether something stands there, and is whole."""
        said = self._said(written)
        return bool(said) and (not self.instead or any(said.startswith(one) for one in self.instead))

    def _said(self, written: bytes) -> str:
        return written[self.at :].decode("utf-8", "ignore").lstrip().lower()


def _ends(said: str, one: str) -> bool:
    return not (one[-1:].isalnum() and said[len(one) : len(one) + 1].isalnum())


class Guide:
    """Follows one answer, token by token, under a grammar.

    `opening` is how a tool call begins; `calling` turns True once the answer holds it.
    """

    def __init__(self, vocabulary: Vocabulary, grammar: str, opening: str) -> None:
        import xgrammar as xg

        self.vocabulary = vocabulary
        self._grammar = xg.Grammar.from_ebnf(grammar)
        # Follows the answer byte by byte.
        self._spelling = vocabulary.spelling.compile_grammar(self._grammar)
        self._matcher = xg.GrammarMatcher(self._spelling)
        self._masks: Any = None  # follows it token by token, once it is asked which tokens there are
        self._opening = opening.encode()
        self._written = b""
        self._choices: list[_Choice] = []
        self.calling = False

    @property
    def openers(self) -> list[int]:
        """The tokens that a tool call may begin with."""
        return self.vocabulary.openers(self._opening)

    @property
    def done(self) -> bool:
        """Whether a stop token ended the answer."""
        return bool(self._matcher.is_terminated())

    def allowed(self) -> torch.Tensor:
        """Return the ids that may come next, int64 [n]; slow the first time."""
        import numpy as np
        import torch
        import xgrammar as xg

        if self.done:
            return torch.empty(0, dtype=torch.int64)
        size = len(self.vocabulary.pieces)
        if self._masks is None:
            self._masks = xg.GrammarMatcher(self.vocabulary.compiler.compile_grammar(self._grammar))
            if self._written:
                self._masks.accept_string(self._written)
        bitmask = xg.allocate_token_bitmask(1, size)
        self._masks.fill_next_token_bitmask(bitmask)
        bits = np.unpackbits(bitmask.numpy().view(np.uint8), bitorder="little")[:size]
        ids = np.flatnonzero(bits)
        if self._choices:
            ids = ids[np.array([self._may_stand(token) for token in ids.tolist()], dtype=bool)]
        return torch.from_numpy(ids)

    def go_back(self, tokens: Sequence[int], word: str, instead: Sequence[str] = ()) -> None:
        """Begin the answer again with these tokens, which it began with before.

        What follows is one of `instead`, or where there are none, anything but `word`.
        """
        import xgrammar as xg

        self._matcher, self._masks = xg.GrammarMatcher(self._spelling), None
        self._written, self.calling = b"", False
        choices, self._choices = self._choices, []
        for token in tokens:
            self.accept(token)
        at = len(self._written)
        self._choices = [choice for choice in choices if choice.at <= at]
        self._choices.append(_Choice(at, word.lower(), tuple(one.lower() for one in instead)))

    def _may_stand(self, token: int) -> bool:
        """Whether what was chosen for this place lets a token stand here."""
        if token in self.vocabulary.stops:
            return all(choice.is_made(self._written) for choice in self._choices)
        written = self._written + self.vocabulary.pieces[token]
        return all(choice.may(written) for choice in self._choices)

    def accept(self, token: int) -> bool:
        """Take one token; False, with nothing changed, if the grammar forbids it."""
        if self.done:
            return False
        if not self._may_stand(token):
            return False
        if token in self.vocabulary.stops:
            return bool(self._matcher.accept_token(_STOP))
        piece = self.vocabulary.pieces[token]
        if not piece or not self._matcher.accept_string(piece):
            return False
        if self._masks is not None:
            self._masks.accept_string(piece)
        self._written += piece
        self.calling = self.calling or self._opening in self._written
        return True

    def take_best(self, logits: torch.Tensor) -> int | None:
        """Take, and return, the likeliest token that is allowed; None where there is none. logits [vocabulary].

        The likeliest of all that fits is the likeliest of those that fit: they are tried in their order, and only
        where the first ones all fail is the whole vocabulary looked at.
        """
        first = int(logits.argmax())
        if self.accept(first):
            return first
        for token in logits.topk(min(TRIED, len(logits))).indices.tolist():
            if token != first and self.accept(token):
                return int(token)
        allowed = self.allowed()
        if len(allowed) == 0:
            return None
        token = int(allowed[int(logits[allowed].argmax())])
        self.accept(token)
        return token

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

    def take_closing(self) -> int | None:
        """Take, and return, the token that ends the answer, or else an open call, soonest; None if all are alike."""
        for token in self.vocabulary.closers:
            if self.accept(token):
                return token
        return None
