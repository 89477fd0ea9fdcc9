"""The grammar of tool calls whose arguments are a JSON object, and of the replies beside them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from shelftalk.agent.decoding.ebnf import Rules, between, either, literal, number, prose

_CHARACTER = r'[^"\\<\x00-\x1f]'


def _written(value: Any) -> str:
    return literal(json.dumps(value, ensure_ascii=False))


def _value(schema: dict[str, Any], rules: Rules) -> str:
    if "enum" in schema:
        return rules.name(either(_written(value) for value in schema["enum"]))
    kind = schema["type"]
    if kind == "object":
        return json_object(schema, rules)
    if kind == "array":
        some = between(", ", _value(schema["items"], rules), schema["minItems"], schema["maxItems"])
        return rules.name(f'"[" {some} "]"' if schema["minItems"] else f'"[" ({some})? "]"')
    if kind in ("number", "integer"):
        return rules.name(number(schema))
    if kind == "boolean":
        return '("true" | "false")'
    if "x-words" in schema:
        word = rules.name(either(literal(word) for word in schema["x-words"]))
        return rules.name(f'"\\"" {between(" ", word, 1, schema["x-most"])} "\\""')
    return rules.name(f'"\\"" {_CHARACTER}{{1,{schema["maxLength"]}}} "\\""')


def json_object(schema: dict[str, Any], rules: Rules) -> str:
    """Return an expression for an object: each member at most once, in schema order, required ones present.

    The layout is that of `json.dumps`: ", " between members and ": " after a name.
    """
    # Built from the last member backwards: what may follow when a member stands before, and when none does.
    after, first = '""', '""'
    for name, part in reversed(schema["properties"].items()):
        member = f"{literal(json.dumps(name, ensure_ascii=False) + ': ')} {_value(part, rules)}"
        follow, start = f'", " {member} {after}', f"{member} {after}"
        if name not in schema["required"]:
            follow, start = f"{follow} | {after}", f"{start} | {first}"
        after, first = rules.name(follow), rules.name(start)
    return rules.name(f'"{{" {first} "}}"')


def written_json(value: Any) -> str:
    """Return a value as the grammar has it written: as by `json.dumps`, but a price has two decimals or none."""
    if isinstance(value, dict):
        members = (
            f"{json.dumps(str(name), ensure_ascii=False)}: {written_json(part)}"
            for name, part in value.items()
        )
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written_json, value)) + "]"
    if isinstance(value, float):
        return f"{value:.2f}".removesuffix(".00")
    return json.dumps(value, ensure_ascii=False)


def json_grammar(
    tools: Sequence[dict[str, Any]],
    handles: Sequence[str],
    syntax: tuple[str, str, str],
    reply: bool = True,
) -> str:
    """Return the EBNF of one answer: text, or text and then one tool call.

    `tools` are narrowed function schemas; `syntax` is what a model writes before a tool's name, between name
    and arguments, and after the arguments; `handles` are the products a reply may name ("P3"); `reply` False
    leaves only a call. With no tool to call, a reply is always allowed.
    """
    rules = Rules()
    opening, middle, closing = syntax
    calls = [
        f"{literal(opening + tool['function']['name'] + middle)} "
        f"{json_object(tool['function']['parameters'], rules)} {literal(closing)}"
        for tool in tools
    ]
    if not calls:
        return rules.grammar(prose(handles))
    call = rules.name(either(calls))
    text = rules.name(prose(handles, opening))
    return rules.grammar(f"{text} | {text}? {call}" if reply else call)
