"""Tool schemas held to the shopper's newest turn: what a small model may put into a call.

The turn carries the catalogue's values that its words mention and the search that it goes on from
(see prompts/turn.py). A right call is made of these, so nothing else need be offered.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from shelftalk.agent.decoding.seen import Newest

Schema = dict[str, Any]


def _said(schema: Schema, newest: Newest) -> Schema | None:
    if "items" in schema:
        items = _said(schema["items"], newest)
        # Comparing takes two: with one place named, the other may be any.
        enough = items is not None and len(items.get("enum", ())) >= schema.get("minItems", 0)
        return {**schema, "items": items} if enough else schema
    if all(str(value).startswith("P") for value in schema.get("enum", ())) and "enum" in schema:
        # "the second one" is one product, whatever the model would like it to be.
        values = [value for value in schema["enum"] if value in newest.pointed]
        return {**schema, "enum": values} if values else schema
    if "x-said" in schema:
        return schema if newest.pictured else _said(schema["x-said"], newest)
    if "x-words" in schema:
        words = [word for word in schema["x-words"] if word in newest.words]
        return {**schema, "x-words": words, "x-most": min(schema["x-most"], len(words))} if words else None
    return schema


def _listed(name: str, schema: Schema, newest: Newest, spell: Callable[[str], str]) -> Schema | None:
    said = {spell(value) for field, value in newest.values if field == name}
    values = [value for value in schema["enum"] if spell(str(value)) in said]
    return {**schema, "enum": values} if values else None


def hold_to_newest(
    tools: Sequence[Schema], newest: Newest, spell: Callable[[str], str] = str.lower
) -> list[Schema]:
    """Return narrowed function schemas whose categories, fields and words are those of the newest turn."""
    held: list[Schema] = []
    for tool in tools:
        function = tool["function"]
        properties: dict[str, Schema] = {}
        for name, schema in function["parameters"]["properties"].items():
            if name == "category":
                part = _listed(name, schema, newest, spell)
            elif name in ("where", "exclude") and "properties" in schema:
                fields = {f: _listed(f, s, newest, spell) for f, s in schema["properties"].items()}
                kept = {field: s for field, s in fields.items() if s is not None}
                part = {**schema, "properties": kept} if kept else None
            else:
                part = _said(schema, newest)
            if part is not None:
                properties[name] = part
        parameters = {**function["parameters"], "properties": properties}
        held.append({"type": "function", "function": {**function, "parameters": parameters}})
    return held
