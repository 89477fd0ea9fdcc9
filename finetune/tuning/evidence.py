"""What a conversation's own texts bear out: product records read back from what the tools said of them.

A folder of training data holds no catalogue, and an answer should claim no more than its model was told. So the record
behind a handle is what the tools' lines say of it (`shelftalk.tools.render` writes them), and nothing besides.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from shelftalk.agent.claims import Lexicon, amount
from shelftalk.agent.decoding.pointing import listed
from shelftalk.agent.grounding import Grounds, last_named
from shelftalk.finetune.tuning.rows import Message
from shelftalk.tools.product import Product

_LINE = re.compile(r'^\[(P\d+)\] ([^\n]*)(?:\n"([^\n]*)"$)?', re.MULTILINE)
_SYMBOLS = {"$": "USD", "€": "EUR", "£": "GBP", "₹": "INR", "¥": "JPY"}
_PRICE = re.compile(r"([$€£₹¥])?(\d[\d,]*(?:\.\d+)?)(?: ([A-Z]{3}))?")
_SOLD_OUT = "sold out"


def facets_of(tools: Sequence[Mapping[str, Any]]) -> dict[str, dict[str, int]]:
    """Return the closed fields that function schemas name, each with its values; counts are not known and are 1."""
    fields: dict[str, dict[str, int]] = {}
    for tool in tools:
        properties = tool["function"].get("parameters", {}).get("properties", {})
        where = properties.get("where", {}).get("properties", {})
        for name, schema in {"category": properties.get("category", {}), **where}.items():
            fields.setdefault(name, {}).update(dict.fromkeys(map(str, schema.get("enum", ())), 1))
    return {name: values for name, values in fields.items() if values}


def records(texts: Sequence[str]) -> dict[str, Product]:
    """Return handle -> what tools' texts say of its product; of two lines on one product, what the fuller one adds."""
    found: dict[str, Product] = {}
    for text in texts:
        for handle, line, about in _LINE.findall(text):
            said = _product(handle, line, about)
            known = found.get(handle)
            if known is None or known.title != said.title:  # a handle means one product in a conversation
                found[handle] = said
            else:
                told = said.model_dump(exclude_defaults=True)
                told["attributes"] = {**known.attributes, **said.attributes}
                found[handle] = known.model_copy(update=told)
    return found


def _product(handle: str, line: str, about: str) -> Product:
    """Read one line back: "Title, kind, $29.90, sold out; colour: red; rating: 4.2; in stock: 3"."""
    head, *facts = line.split("; ")
    parts = head.split(", ")
    told: dict[str, Any] = {"id": handle, "description": about}
    if parts[-1] == _SOLD_OUT and len(parts) > 1:
        told["stock"] = 0
        parts.pop()
    priced = _PRICE.fullmatch(parts[-1]) if len(parts) > 1 else None
    if priced:
        told |= {"price": amount(priced[2]), "currency": priced[3] or _SYMBOLS.get(priced[1] or "")}
        parts.pop()
    if len(parts) > 1:
        told["category"] = parts.pop()
    told["title"] = ", ".join(parts)
    attributes: dict[str, str] = {}
    for fact in facts:
        name, colon, value = fact.partition(": ")
        if name in ("rating", "in stock") and re.fullmatch(r"\d+(?:\.\d+)?", value):
            told["rating" if name == "rating" else "stock"] = (
                float(value) if name == "rating" else int(float(value))
            )
        elif colon:
            attributes[name.rstrip(":")] = value
    return Product(**told, attributes=attributes)


def grounds_of(messages: Sequence[Message], lexicon: Lexicon) -> Grounds:
    """Return what the next reply's claims are held against, as the live loop has it after a turn's tool calls.

    `messages` end where the reply begins; `lexicon` is made of `facets_of` the tools.
    """
    last = max((at for at, message in enumerate(messages) if message.role == "user"), default=0)
    known = records([message.content for message in messages if message.role == "tool"])
    told = [message.content for message in messages[last:] if message.role == "tool"]
    handles = list(dict.fromkeys(handle for text in told for handle, _, _ in _LINE.findall(text)))
    lists = [shown for text in told if (shown := listed(text))]
    return Grounds(
        known.get,
        lexicon,
        asked=messages[last].content if messages else "",
        found=lambda: handles,
        before=last_named([m.content for m in messages[:last] if m.role == "assistant"]),
        listed=lambda: [known[handle] for handle in (lists[-1] if lists else ())],
        told=told,
    )
