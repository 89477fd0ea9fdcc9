"""What a model is told of each tool: a function schema made of the tool's signature, docstring and catalogue.

A tool's arguments are annotated with the types below. What the catalogue decides, the values of a category or
of another closed field, is filled in when the schema is made, so that decoding can be held to it.
"""

from __future__ import annotations

import inspect
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args, get_origin

MAX_FIELDS = 12  # closed fields offered as filters: those that most products have
MAX_QUERY = 200  # characters
PRODUCT_PATTERN = "^P[0-9]+$"
PICTURES_PATTERN = "^(img|P)[0-9]+(, *(img|P)[0-9]+)*$"

NEVER_EMPTY = ("search", "remember")  # tools that take one of their optional arguments at least
# In an annotation, these stand for what the catalogue decides, or for what a model is not shown.
HIDDEN, CATEGORY, FIELDS = "hidden", "category", "fields"


@dataclass(frozen=True)
class Limit:
    """In an annotation: one keyword of the argument's schema."""

    keyword: str
    value: str | int


ProductHandle = Annotated[str, Limit("pattern", PRODUCT_PATTERN)]
PictureHandles = Annotated[str, Limit("pattern", PICTURES_PATTERN)]
# "x-words": only words that the conversation holds are meant; a constrained decoder may hold a model to that.
Words = Annotated[str, Limit("maxLength", MAX_QUERY), Limit("x-words", "conversation")]
Size = Annotated[str, Limit("maxLength", 20), Limit("x-words", "conversation")]
Price = Annotated[float, Limit("minimum", 0)]
Category = Annotated[str, CATEGORY]
FieldValues = Annotated[Mapping[str, str], FIELDS]
ExcludedValues = Annotated[Mapping[str, str | Sequence[str]], FIELDS]
Count = Annotated[int, HIDDEN]

_TYPES = {str: "string", float: "number", int: "integer", bool: "boolean"}


def tool_schemas(facets: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    """Return the OpenAI-style function schema of every tool, for a catalogue with these closed fields.

    `facets` maps a closed field to its values and how many products have each, as the store gives them.
    """
    from shelftalk.tools.toolbox import load_tool, tool_names

    return [function_schema(load_tool(name), facets) for name in tool_names()]


def function_schema(tool: Callable[..., Any], facets: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Return one tool's function schema; an argument that the catalogue gives no values for is left out."""
    about, notes = read_docstring(tool)
    hints = typing.get_type_hints(tool, include_extras=True)
    properties: dict[str, Any] = {}
    required: list[str] = []
    for parameter in list(inspect.signature(tool).parameters.values())[1:]:
        schema = _argument(hints[parameter.name], facets)
        if schema is None:
            continue
        if parameter.name in notes:
            schema = {"description": notes[parameter.name], **schema}
        properties[parameter.name] = schema
        if parameter.default is inspect.Parameter.empty:
            required.append(parameter.name)
    return {
        "type": "function",
        "function": {
            "name": tool.__name__,
            "description": about,
            "parameters": {
                "type": "object",
                "properties": properties,
                "required": required,
                "additionalProperties": False,
                **({"minProperties": 1} if tool.__name__ in NEVER_EMPTY else {}),
            },
        },
    }


def read_docstring(tool: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    """Return what a tool's docstring says before "Args:", on one line, and what it says of each argument."""
    text = inspect.getdoc(tool) or ""
    about, _, rest = text.partition("\nArgs:\n")
    notes = re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", rest, flags=re.MULTILINE)
    return _line(about), {name: _line(note) for name, note in notes}


def _line(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def _argument(hint: Any, facets: Mapping[str, Mapping[str, int]]) -> dict[str, Any] | None:
    """Return the schema of one annotated argument; None where the model is not shown it."""
    if get_origin(hint) in (types.UnionType, typing.Union):  # "X | None": the model leaves it out instead
        (hint,) = (part for part in get_args(hint) if part is not type(None))
    marks: tuple[Any, ...] = ()
    if get_origin(hint) is Annotated:
        hint, *rest = get_args(hint)
        marks = tuple(rest)
    if HIDDEN in marks:
        return None
    if CATEGORY in marks:
        values = _values(facets.get("category", {}))
        return {"type": "string", "enum": values} if values else None
    if FIELDS in marks:
        fields = filter_fields(facets)
        properties = {name: {"type": "string", "enum": _values(facets[name])} for name in fields}
        if not properties:
            return None
        return {"type": "object", "properties": properties, "additionalProperties": False}
    if get_origin(hint) is Literal:
        return {"type": "string", "enum": list(get_args(hint))}
    if get_origin(hint) is not None:  # a sequence
        return {"type": "array", "items": _argument(get_args(hint)[0], facets), **_merged(marks)}
    return {"type": _TYPES[hint], **_merged(marks)}


def _merged(marks: tuple[Any, ...]) -> dict[str, Any]:
    return {mark.keyword: mark.value for mark in marks if isinstance(mark, Limit)}


def _values(counts: Mapping[str, int]) -> list[str]:
    """Return a closed field's values in lower case, the most common first."""
    return list(
        dict.fromkeys(value.lower() for value, _ in sorted(counts.items(), key=lambda v: (-v[1], v[0])))
    )


def filter_fields(facets: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Return the closed fields that a model may filter by beside the category: the most widely held, by name."""
    names = [name for name, counts in facets.items() if name != "category" and counts]
    widest = sorted(names, key=lambda name: (-sum(facets[name].values()), name))[:MAX_FIELDS]
    return sorted(widest)


def signature_text(tool: Callable[..., Any]) -> str:
    """Write a tool as it is called in Python, without the visit: `similar(product, query='', n=4)`."""
    parameters = list(inspect.signature(tool).parameters.values())[1:]
    return f"{tool.__name__}({', '.join(str(p.replace(annotation=p.empty)) for p in parameters)})"
