"""What a chat's tools told of each product, as records that a reply can be held against while it is written."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from shelftalk.agent.claims import Lexicon, figures
from shelftalk.agent.decoding.pointing import listed as list_of
from shelftalk.agent.decoding.seen import text_of
from shelftalk.agent.grounding import Grounds, last_named
from shelftalk.tools.product import Product

_LINE = re.compile(r"\[(P\d+)\] (.*)")
Fields = tuple[tuple[str, tuple[str, ...]], ...]


def fields_of(tools: Sequence[Mapping[str, Any]]) -> Fields:
    """Return the catalogue's closed fields, each with its values, as the tools' schemas have them."""
    fields: dict[str, tuple[str, ...]] = {}
    for tool in tools:
        properties = tool["function"].get("parameters", {}).get("properties", {})
        parts = {
            "category": properties.get("category", {}),
            **properties.get("where", {}).get("properties", {}),
        }
        fields |= {name: tuple(map(str, part["enum"])) for name, part in parts.items() if "enum" in part}
    return tuple(fields.items())


def heard(chat: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> str:
    """Return all that a reply's words can come from: the chat, and the names and values of the catalogue's fields."""
    return " ".join([*map(text_of, chat), *(" ".join([name, *values]) for name, values in fields_of(tools))])


@lru_cache(maxsize=8)
def _lexicon(fields: Fields) -> Lexicon:
    return Lexicon({name: dict.fromkeys(values, 1) for name, values in fields})


def told_grounds(chat: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> Grounds:
    """Return what the reply to a chat's newest turn can be held against: what is told in the chat, and no more.

    What passed a search has what the search asked for, whether its line says so or not.
    """
    fields = fields_of(tools)
    kinds = {value.lower() for name, values in fields if name == "category" for value in values}
    records: dict[str, Product] = {}
    asked, replies = "", list[str]()
    told, found, listed = list[str](), list[str](), list[str]()
    wanted: dict[str, str] = {}
    for message in chat:
        text = text_of(message)
        if message["role"] == "user":
            asked, told, found = text, [], []
        elif message["role"] == "assistant":
            replies.append(text)
            wanted = _wanted(message.get("tool_calls", ()))
        elif message["role"] == "tool":
            lines = list(products(text, kinds))
            for product in lines:
                before = records.get(product.id)
                held = {**(before.attributes if before else {}), **wanted, **product.attributes}
                kind = product.category or held.get("category", "") or (before.category if before else "")
                about = product.description or (before.description if before else "")
                records[product.id] = product.model_copy(
                    update={"attributes": held, "category": kind, "description": about}
                )
            told.append(text)
            listed = list(list_of(text)) or listed  # a look at one product leaves the list as it is
            found += [product.id for product in lines if product.id not in found]
    return Grounds(
        records.get,
        _lexicon(fields),
        asked=asked,
        found=lambda: found,
        before=last_named(replies),
        listed=lambda: [records[handle] for handle in listed],
        told=told,
    )


def _wanted(calls: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Return what everything has that passes the filters of a message's call."""
    wanted: dict[str, str] = {}
    for call in calls:
        arguments = call["function"]["arguments"]
        if call["function"]["name"] != "similar" and isinstance(arguments, Mapping):
            where = arguments.get("where") or {}
            wanted |= {name: str(value) for name, value in where.items()}
            if arguments.get("category"):
                wanted["category"] = str(arguments["category"])
    return wanted


def products(text: str, kinds: Collection[str] = ()) -> Iterator[Product]:
    """Yield the products of a tool's lines (see `shelftalk.tools.render`), each with its handle for an id."""
    lines = text.splitlines()
    for at, line in enumerate(lines):
        found = _LINE.match(line)
        if not found:
            continue
        head, *facts = found[2].split("; ")
        pairs = {name: value for name, colon, value in (fact.partition(": ") for fact in facts) if colon}
        stock, rating = pairs.pop("in stock", ""), pairs.pop("rating", "")
        title, *parts = head.split(", ")
        if parts and parts[-1] == "sold out":
            stock = "0"
            del parts[-1]
        price = next((m for m in figures(f"at {parts[-1]}") if m.text == parts[-1]), None) if parts else None
        parts = parts[:-1] if price else parts
        kind = parts.pop() if parts and parts[-1] in kinds else ""
        about = lines[at + 1] if at + 1 < len(lines) and lines[at + 1].startswith('"') else ""
        yield Product(
            id=found[1],
            title=", ".join([title, *parts]),
            description=about.strip('"'),
            category=kind,
            price=price.number if price else None,
            currency=price.currency or None if price else None,
            stock=int(stock) if stock.isdigit() else None,
            rating=float(rating) if re.fullmatch(r"\d(?:\.\d)?", rating) else None,
            attributes=pairs,
        )
