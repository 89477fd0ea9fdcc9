"""Tool schemas narrowed to one conversation: only handles it has shown, only words that occur in it.

What comes back is plain JSON schema, so that both the grammar and a validator can read it. An argument
for which nothing fits is left out; a tool that needs such an argument is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shelftalk.agent.decoding.seen import Seen

Schema = dict[str, Any]
MOST_WORDS = 16  # in one free-text argument
MOST_IN_WORD = 24  # characters
MOST_CHARACTERS = 80  # in an argument without a limit of its own


@dataclass(frozen=True)
class _Limits:
    handles: tuple[str, ...]
    words: tuple[str, ...]
    pictured: bool  # what a picture shows may be a word that nobody has said yet
    writable: Callable[[str], bool]
    definitions: Mapping[str, Any]


def _one_of(values: Sequence[Any], limits: _Limits) -> Schema | None:
    kept = [v for v in values if v is not None and v != "" and limits.writable(str(v))]
    return {"enum": list(dict.fromkeys(kept))} if kept else None


def _text(schema: Mapping[str, Any], limits: _Limits) -> Schema | None:
    if "pattern" in schema:
        return _one_of([h for h in limits.handles if re.search(schema["pattern"], h)], limits)
    if schema.get("x-words") == "conversation":
        room = schema.get("maxLength", MOST_CHARACTERS)
        words = [w for w in limits.words if len(w) <= min(room, MOST_IN_WORD) and limits.writable(w)]
        free = {"type": "string", "maxLength": min(room, MOST_CHARACTERS)}
        if not words:
            return free if limits.pictured else None
        # As many words as surely fit, however long they are.
        most = min(MOST_WORDS, (room + 1) // (max(map(len, words)) + 1))
        listed = {"type": "string", "x-words": words, "x-most": most, "maxLength": room}
        if limits.pictured:
            return {**free, "x-said": listed}
        return listed
    return {"type": "string", "maxLength": min(schema.get("maxLength", MOST_CHARACTERS), MOST_CHARACTERS)}


def _object(schema: Mapping[str, Any], limits: _Limits) -> Schema | None:
    required = list(schema.get("required", ()))
    properties = {name: _value(part, limits) for name, part in schema.get("properties", {}).items()}
    kept = {name: part for name, part in properties.items() if part is not None}
    if any(name not in kept for name in required):
        return None
    least = {key: schema[key] for key in ("minProperties",) if key in schema}
    return {
        "type": "object",
        "properties": kept,
        "required": required,
        "additionalProperties": False,
        **least,
    }


def _value(schema: Mapping[str, Any], limits: _Limits) -> Schema | None:
    if "$ref" in schema:
        return _value(limits.definitions.get(schema["$ref"].rsplit("/", 1)[-1], {}), limits)
    if "enum" in schema:
        return _one_of(schema["enum"], limits)
    if "const" in schema:
        return _one_of([schema["const"]], limits)
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            # A limit on the whole ("x-words") holds for each alternative.
            shared = {key: value for key, value in schema.items() if key in ("x-words", "pattern")}
            parts = [_value({**shared, **part}, limits) for part in schema[choice]]
            return next((part for part in parts if part is not None), None)
    kind = schema.get("type", "string")
    if kind == "string":
        return _text(schema, limits)
    if kind == "array":
        items = _value(schema.get("items", {}), limits)
        least = schema.get("minItems", 0)
        most = schema.get("maxItems", 8)
        return items and {"type": "array", "items": items, "minItems": least, "maxItems": most}
    if kind == "object":
        part = _object(schema, limits)
        return part if part and part["properties"] else None
    if kind in ("number", "integer"):
        return {key: schema[key] for key in ("type", "minimum", "maximum") if key in schema}
    return {"type": "boolean"} if kind == "boolean" else None


def narrow(schemas: Sequence[Schema], seen: Seen, writable: Callable[[str], bool] = bool) -> list[Schema]:
    """Return OpenAI-style function schemas with every argument limited to what the conversation allows.

    "pattern" becomes the handles it matches; "x-words": "conversation" becomes the list of words; None goes.
    `writable` says whether the model's vocabulary can write a value.
    """
    narrowed: list[Schema] = []
    for schema in schemas:
        function = schema["function"]
        parameters = function.get("parameters") or {}
        limits = _Limits(
            handles=seen.pictures + seen.products,
            words=seen.words,
            pictured=bool(seen.pictures),
            writable=writable,
            definitions={**parameters.get("$defs", {}), **parameters.get("definitions", {})},
        )
        kept = _object(parameters, limits)
        if kept is not None:
            narrowed.append({"type": "function", "function": {"name": function["name"], "parameters": kept}})
    return narrowed
