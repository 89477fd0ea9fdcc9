"""The few pieces that every grammar here is written with (xgrammar's EBNF)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

_LATIN = re.compile("([\u0080-\u00bf])")
DIGITS = '("0" | [1-9] [0-9]{0,6})'
DECIMALS = '("." [0-9] [0-9])?'


def literal(text: str) -> str:
    """Return an expression that matches exactly `text`."""
    # In quotes xgrammar takes U+0080 to U+00BF ("£", "°") for single bytes, which no text holds; not so in a class.
    pieces = [piece for piece in _LATIN.split(text) if piece] or [""]
    parts = [f"[{p}]" if _LATIN.match(p) else json.dumps(p, ensure_ascii=False) for p in pieces]
    return parts[0] if len(parts) == 1 else f"({' '.join(parts)})"


def either(expressions: Iterable[str]) -> str:
    """Return an expression that matches one of several, in brackets."""
    return "(" + " | ".join(expressions) + ")"


def number(schema: dict[str, Any]) -> str:
    """Return an expression for a JSON-schema number: digits, and two decimals unless it is an integer."""
    low, high = schema.get("minimum"), schema.get("maximum")
    whole = schema["type"] == "integer"
    if whole and low is not None and high is not None and high - low <= 200:
        return either(literal(str(value)) for value in range(int(low), int(high) + 1))
    return DIGITS if whole else f"{DIGITS} {DECIMALS}"


def between(separator: str, item: str, least: int, most: int) -> str:
    """Return an expression for `least` to `most` items with a separator between them; at least one."""
    return f"{item} ({literal(separator)} {item}){{{max(least, 1) - 1},{max(most, 1) - 1}}}"


def prose(handles: Sequence[str], opening: str = "") -> str:
    """Return an expression for a reply: any text, naming in square brackets only these product handles.

    `opening` is how a tool call begins; the reply cannot contain its first two characters.
    """
    after: dict[str, str] = {"[": "Pp"}  # what may not follow these characters
    if opening:
        after[opening[0]] = after.get(opening[0], "") + opening[1:2]
    parts = ["[^" + "".join(_escape(char) for char in after) + "]"]
    for char, forbidden in after.items():
        if not opening or char != opening[0] or opening[1:2]:
            parts.append(f"{literal(char)} [^{''.join(_escape(c) for c in forbidden + ''.join(after))}]")
    parts += [literal(f"[{handle}]") for handle in handles]
    return either(parts) + "+"


def _escape(char: str) -> str:
    return "\\" + char if char in "[]\\^-" else char


class Rules:
    """Named rules of one grammar, the same expression named once; `numbers` are all it may write, None: any."""

    def __init__(self, numbers: Sequence[str] | None = None) -> None:
        self.numbers = numbers
        self._names: dict[str, str] = {}
        self._defined: dict[str, str] = {}

    def name(self, expression: str) -> str:
        """Return the name of a rule that stands for the expression."""
        return self._names.setdefault(expression, f"r{len(self._names)}")

    def define(self, name: str, expression: str) -> None:
        """Give an expression a rule of this name, which may stand within itself."""
        self._defined[name] = expression

    def grammar(self, root: str) -> str:
        """Return the whole grammar with `root` as what it matches."""
        lines = [f"root ::= {root}", *(f"{name} ::= {body}" for body, name in self._names.items())]
        lines += [f"{name} ::= {body}" for name, body in self._defined.items()]
        return "\n".join(lines)
