"""Tool schemas held to the shopper's newest turn: what a small model may put into a call.

The turn carries the catalogue's values that its words mention and the search that it goes on from (see
prompts/turn.py). A right call is made of these, so nothing else need be offered. Where a search goes on from the
last one, only what the turn itself says can be set, and only what that search holds can be dropped (see
prompts/refinement.py).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from shelftalk.agent.decoding.bounds import sides
from shelftalk.agent.decoding.cues import (
    POLITE,
    adds_a_thing,
    asks_for_order,
    is_too_much,
    keeps_the_rest,
    may_call,
)
from shelftalk.agent.decoding.due import due, joined
from shelftalk.agent.decoding.orders import order_due, orders
from shelftalk.agent.decoding.pictured import of_pictures
from shelftalk.agent.decoding.query import of_query
from shelftalk.agent.decoding.scope import is_all_that_will_do, may_be_ruled_out, must_be_ruled_out, rules_out
from shelftalk.agent.decoding.seen import Newest
from shelftalk.prompts.refinement import AGAIN, DROP, MOST_DROPPED, PRICES, parts

Schema = dict[str, Any]
_FILTERS = ("category", "where", "exclude")


def _said(schema: Schema, newest: Newest, several: bool = False) -> Schema | None:
    if "items" in schema:
        items = _said(schema["items"], newest, several=schema.get("minItems", 0) > 1)
        # Comparing takes two: with one place named, the other may be any.
        enough = items is not None and len(items.get("enum", ())) >= schema.get("minItems", 0)
        return {**schema, "items": items} if enough else schema
    if all(str(value).startswith("P") for value in schema.get("enum", ())) and "enum" in schema:
        # "the second one" is one product, whatever the model would like it to be.
        meant = {*newest.pointed, *newest.focus} if several else newest.pointed or newest.focus
        values = [value for value in schema["enum"] if value in meant]
        return {**schema, "enum": values} if values else schema
    if "x-said" in schema:
        return _said(schema["x-said"], newest)
    if "x-words" in schema:
        words = [word for word in schema["x-words"] if word in newest.words and word not in POLITE]
        return {**schema, "x-words": words, "x-most": min(schema["x-most"], len(words))} if words else None
    return schema


def _listed(
    name: str,
    schema: Schema,
    linked: Iterable[tuple[str, str]],
    spell: Callable[[str], str],
    out: bool = False,
) -> Schema | None:
    """Return the values of a field that were said; to rule `out`, several at once too."""
    said = {spell(value) for field, value in linked if field == name}
    values = [value for value in schema["enum"] if spell(str(value)) in said]
    if out:
        known = {spell(str(value)): str(value) for value in schema["enum"]}
        rows = [value.split(", ") for value in sorted(said - known.keys())]
        rows += [list(map(spell, map(str, values)))] if len(values) > 1 else []
        values += [joined(known[one] for one in row) for row in rows if known.keys() >= {*row}]
    return {**schema, "enum": list(dict.fromkeys(values))} if values else None


def hold_to_newest(
    tools: Sequence[Schema], newest: Newest, spell: Callable[[str], str] = str.lower
) -> list[Schema]:
    """Return narrowed function schemas whose categories, fields and words are those of the newest turn."""
    held: list[Schema] = []
    for tool in tools:
        function = tool["function"]
        if not may_call(function["name"], newest.own, any(map(all, newest.linked))):
            continue
        properties: dict[str, Schema] = {}
        # Of two wishes in a message each has a search of its own.
        turn = newest.wish if newest.wish is not None and function["name"] == "search" else newest
        for name, schema in function["parameters"]["properties"].items():
            part = _filter(name, schema, turn.values, spell) or (
                _said(schema, turn) if name not in _FILTERS else None
            )
            if name in ("query", "image", "unlike") and function["name"] == "search":
                if name == "query":
                    part = of_query(part, turn, second=turn is not newest and newest.searched > 0)
                part = of_pictures(name, schema, part, turn)
            if name == "size":  # what the notes say of it is known already
                part = _said(schema, replace(turn, words=turn.own_words))
            if name in PRICES:
                part = _price(name, turn, turn.numbers)
            if name == "sort":
                part = _order(schema, turn.own, newest.so_far)
            if part is not None:
                properties[name] = part
        wanted = due(newest) if function["name"] == "search" else {}
        _bar(properties, turn)
        held.append(_function(function, properties, wanted, spell))
    return held


def again(
    tools: Sequence[Schema],
    newest: Newest,
    so_far: Mapping[str, Any],
    spell: Callable[[str], str] = str.lower,
) -> Schema | None:
    """Return the function schema of a search that goes on from `so_far`, None where there is nothing to go on from."""
    search = next((tool["function"] for tool in tools if tool["function"]["name"] == "search"), None)
    if search is None or not so_far or newest.wish is not None or _is_other(newest, so_far):
        return None
    if not may_call(AGAIN, newest.own, any(map(all, newest.linked))):
        return None
    held = parts(so_far)
    properties: dict[str, Schema] = {}
    if len(held) > 1:  # to drop all that there is leaves no search
        most = min(MOST_DROPPED, len(held) - 1)
        properties[DROP] = {"type": "array", "items": {"enum": held}, "minItems": 1, "maxItems": most}
    for name, schema in search["parameters"]["properties"].items():
        part: Schema | None = None
        if name in _FILTERS:
            part = _filter(name, schema, newest.linked, spell)
        elif name == "query":
            own = _said(schema.get("x-said", schema), replace(newest, words=newest.own_words))
            part = of_query(own, newest, further=True)
        elif name in PRICES:
            part = _price(name, newest, newest.own_numbers, so_far.get(name))
        elif name == "sort":
            part = _order(schema, newest.own, held=so_far.get("sort"))
        if part is not None:
            properties[name] = part
    whole = {key: value for key, value in search["parameters"].items() if key != "minProperties"}
    _bar(properties, newest)
    if properties.keys() <= {DROP} and [name for name in held if name != "price"] in ([], held[:1]):
        return None  # a price alone is no search
    function = {**search, "name": AGAIN, "parameters": whole}
    return _function(function, properties, due(newest, so_far), spell)


def _order(schema: Schema, said: str, so_far: str = "", held: str | None = None) -> Schema | None:
    """Return the orders that a turn may ask for, "x-must" with one that it names plainly; None where it asks for none.

    `so_far` is the note of the search before, which an order may come from; `held` the order of a search that is gone
    on from.
    """
    due = order_due(said)
    if not asks_for_order(said) or (due is not None and due == held):
        return schema if "sort:" in so_far else None
    if due is not None:
        return {**schema, "enum": [due], "x-must": True}
    return (
        schema
        if "sort:" in so_far
        else {**schema, "enum": [one for one in schema["enum"] if one in orders(said)]}
    )


def _price(name: str, turn: Newest, numbers: Sequence[str], held: float | None = None) -> Schema | None:
    """Return the amounts that a turn may have for one side of the price, "x-must" with one that it names plainly.

    `numbers` are those there are, `held` the side's amount in a search that is gone on from.
    """
    told = {number: side for number, side in sides(turn.own).items() if number in turn.own_numbers}
    due = [n for n, side in told.items() if side == name and (held is None or float(n) != held)]
    # Of two wishes that could not be told apart either may have it.
    one_wish = not turn.searched and sum(field == "category" for field, _ in turn.linked) < 2
    if len(due) == 1 and one_wish:
        return {"enum": due, "x-must": True}
    # Of several amounts the largest is no lower bound, and the smallest no upper one.
    amounts = sorted(turn.own_numbers, key=float)
    never = amounts[:: len(amounts) - 1][name == PRICES[0]] if len(amounts) > 1 and one_wish else None
    may = [number for number in numbers if told.get(number, name) == name and number != never]
    return {"enum": may} if may else None


def _bar(properties: dict[str, Schema], turn: Newest) -> None:
    """Take out of what may be asked for, and of what may be ruled out, the values that are said to be the other."""
    if not {"where", "exclude"} & properties.keys():
        return
    own = {pair: pair[1] for pair in turn.linked | turn.values if pair[1]}
    out = {pair for pair, value in own.items() if must_be_ruled_out(turn.own, value)}
    barred = {
        "where": out | {pair for pair, value in own.items() if is_too_much(turn.own, value)},
        "exclude": {
            pair
            for pair, value in own.items()
            if is_all_that_will_do(turn.own, value)
            or (
                pair not in out
                # What the words mean and do not say ("wooden" of wood) stands nowhere near a no.
                and not (
                    may_be_ruled_out(turn.own, value) and (pair not in turn.linked or rules_out(turn.own))
                )
            )
        },
    }
    for name, pairs in barred.items():
        if name in properties and pairs:
            kept: dict[str, Schema] = {}
            for field, schema in properties[name]["properties"].items():
                values = [value for value in schema["enum"] if pairs.isdisjoint(_parts_of(field, value))]
                if values:
                    kept[field] = {**schema, "enum": values}
            properties[name] = {**properties[name], "properties": kept}


def _parts_of(field: str, value: Any) -> set[tuple[str, str]]:
    """Return a value of a field, and where it may be several that are ruled out together, each of them."""
    text = str(value).lower()
    return {(field, part) for part in (text, *text.split(", "))}


def _is_other(newest: Newest, so_far: Mapping[str, Any]) -> bool:
    """Whether the turn wishes for another kind of thing than the search before, and for nothing else of that."""
    kinds = {value for field, value in newest.linked if field == "category"}
    held = any(so_far.get(name) for name in ("category", "query", "image"))
    if not newest.linked - {("", "")} and adds_a_thing(newest.own):
        return held
    other = kinds - {str(so_far.get("category", "")).lower()}
    return held and bool(other) and not keeps_the_rest(newest.own)


def _filter(
    name: str, schema: Schema, linked: Iterable[tuple[str, str]], spell: Callable[[str], str]
) -> Schema | None:
    if name == "category":
        return _listed(name, schema, linked, spell)
    if name in _FILTERS and "properties" in schema:
        out = name == "exclude"
        fields = {f: _listed(f, s, linked, spell, out) for f, s in schema["properties"].items()}
        kept = {field: s for field, s in fields.items() if s is not None}
        return {**schema, "properties": kept} if kept else None
    return None


def _function(
    function: Schema,
    properties: dict[str, Schema],
    wanted: Mapping[str, str],
    spell: Callable[[str], str],
) -> Schema:
    """Return a function schema with these properties; "x-due" are the fields that a call of it must set."""
    must: list[str] = []
    for field, value in wanted.items():
        for among in (
            properties,
            *(properties.get(name, {}).get("properties", {}) for name in ("where", "exclude")),
        ):
            one = [held for held in among.get(field, {}).get("enum", ()) if spell(str(held)) == spell(value)]
            if one:
                among[field] = {**among[field], "enum": one}
                must.append(field)
    due = ("query", "sort", *PRICES) if function["name"] in ("search", AGAIN) else ()
    needed = [name for name in due if "x-must" in properties.get(name, {})]
    parameters = {
        **function["parameters"],
        "properties": properties,
        "required": [*function["parameters"]["required"], *needed],
    }
    held = {**function, "parameters": parameters}
    return {"type": "function", "function": {**held, "x-due": list(dict.fromkeys(must))} if must else held}
