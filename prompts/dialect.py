"""The embedded model's way of writing a tool call: short, flat, one line.

`<|call|> search<|arg|> query: summer wedding<|arg|> colour: red<|arg|> not material: leather<|arg|> max price: 50`

Underscores become spaces; `where` is flattened to its fields, `exclude` to its fields with "not " before them;
a list is joined by ", ". A field named like an argument of the tool is written "its NAME".

A search that goes on from the last one, which stands in the shopper's turn, is written as its change only
(see prompts/refinement.py): `<|call|> again<|arg|> drop: price<|arg|> colour: blue`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from shelftalk.prompts.refinement import AGAIN, DROP, changes, field_key, merged

CALL, ARG, END = "<|call|>", "<|arg|>", "<|end|>"


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.2f}".removesuffix(".00")
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_value(item) for item in value)
    return str(value)


def flatten(arguments: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (name, value) for each argument as the dialect writes it, in the order given."""
    for name, value in arguments.items():
        if name in ("where", "exclude") and isinstance(value, Mapping):
            lead = "not " if name == "exclude" else ""
            for field, item in value.items():
                yield lead + field_key(field), _value(item)
        elif value not in (None, "", [], {}):
            yield name.replace("_", " "), _value(value)


def render_call(name: str, arguments: Mapping[str, Any], so_far: Mapping[str, Any] | None = None) -> str:
    """Write a tool call, from `<|call|>` up to but without `<|end|>`.

    `so_far`: the arguments of the last search, where the shopper's turn holds them.
    """
    change = changes(so_far, arguments) if name == "search" and so_far else None
    if change is not None:
        name, arguments = AGAIN, change
    return f"{CALL} {name}" + "".join(f"{ARG} {key}: {value}" for key, value in flatten(arguments))


def _number(text: str) -> float | int:
    number = float(text.replace(" ", ""))
    return int(number) if number.is_integer() else number


def _typed(text: str, schema: Mapping[str, Any]) -> Any:
    kinds = [schema, *schema.get("anyOf", ())]
    types = {kind.get("type") for kind in kinds}
    if "array" in types:
        items = next(kind.get("items", {}) for kind in kinds if kind.get("type") == "array")
        return [_typed(part.strip(), items) for part in text.split(",") if part.strip()]
    if types & {"number", "integer"}:
        return _number(text)
    if "boolean" in types:
        return text == "yes"
    # The embedded model writes lower case; handles are upper case in the schema's pattern.
    return text.upper() if schema.get("pattern", "").startswith("^P") else text


def _one_or_several(text: str, allowed: Sequence[str]) -> str | list[str]:
    """Return the values of "red, blue"; a value may have a comma in it."""
    known = {value.lower() for value in allowed}
    parts = text.split(", ")
    return parts if text.lower() not in known and known.issuperset(part.lower() for part in parts) else text


def parse_call(
    text: str, schemas: Sequence[Mapping[str, Any]], so_far: Mapping[str, Any] | None = None
) -> tuple[str, dict[str, Any]]:
    """Read a tool call back into a name and arguments; ValueError says what does not fit.

    `schemas` are OpenAI-style function schemas; `text` may start with `<|call|>` and end with `<|end|>`;
    `so_far` are the arguments of the last search, which a change is merged with.
    """
    name, *pieces = text.strip().removeprefix(CALL).removesuffix(END).split(ARG)
    name = name.strip().replace(" ", "_")
    if name == AGAIN and so_far:
        drops = [piece for piece in pieces if piece.partition(":")[0].strip() == DROP]
        change = "".join(f"{ARG}{piece}" for piece in pieces if piece not in drops)
        said = parse_call(f"search{change}", schemas)[1]
        if drops:
            said[DROP] = [part.strip() for part in drops[-1].partition(":")[2].split(",")]
        return "search", merged(so_far, said)
    functions = {s["function"]["name"]: s["function"] for s in schemas}
    if name not in functions:
        raise ValueError(f"no tool {name!r}; there are {', '.join(functions)}")
    properties = functions[name].get("parameters", {}).get("properties", {})
    where = properties.get("where", {}).get("properties", {})
    exclude = properties.get("exclude", {}).get("properties", {})
    plain = {key.replace("_", " "): key for key in properties if key not in ("where", "exclude")}
    fields = {field_key(key): key for key in where}
    unwanted = {f"not {field_key(key)}": key for key in exclude}
    arguments: dict[str, Any] = {}
    for piece in pieces:
        key, colon, value = piece.partition(":")
        key, value = key.strip(), value.strip()
        if not colon or not value:
            raise ValueError(f"expected 'name: value', got {piece!r}")
        if key in plain:
            arguments[plain[key]] = _typed(value, properties[plain[key]])
        elif key in fields:
            arguments.setdefault("where", {})[fields[key]] = value
        elif key in unwanted:
            out = arguments.setdefault("exclude", {})
            out[unwanted[key]] = _one_or_several(value, exclude[unwanted[key]].get("enum", ()))
        else:
            raise ValueError(f"tool {name} has no argument {key!r}; it has {', '.join([*plain, *fields])}")
    return name, arguments
