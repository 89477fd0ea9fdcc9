"""A vocabulary of single letters and the dialect's marks, to try what can be written under a grammar."""

from __future__ import annotations

from typing import Any

from shelftalk.agent.decoding.guide import Guide, Vocabulary
from shelftalk.agent.decoding.mini_grammar import mini_grammar

CHARACTERS = ["<|end|>", "<|call|>", "<|arg|>", *(chr(code) for code in range(32, 127)), "\n", "é", "£"]


def letters() -> Vocabulary:
    """Return the vocabulary; its first token ends a text."""
    return Vocabulary([piece.encode() for piece in CHARACTERS], [0])


def fits(vocabulary: Vocabulary, grammar: str, text: str) -> bool:
    """Whether the whole text, and the end after it, can be written under a grammar."""
    guide = Guide(vocabulary, grammar, "<|call|>")
    while text:
        token = next(t for t, piece in enumerate(CHARACTERS) if text.startswith(piece))
        if not guide.accept(token):
            return False
        text = text[len(CHARACTERS[token]) :]
    return guide.accept(0)


def writes(tool: dict[str, Any], text: str) -> bool:
    """Whether a call of a tool can be written, up to its end."""
    return fits(letters(), mini_grammar([tool], ()), text)
