"""Rows from a catalogue alone: simulated visits to the very shop, with the right calls of every turn."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shelftalk.agent.backbones.display import sentence_case
from shelftalk.agent.middleware import MOST_PICTURES, MOST_TURNS
from shelftalk.evals.simulation.dialogue import Dialogue, Turn, written
from shelftalk.evals.simulation.lexicon import singular
from shelftalk.evals.simulation.shelves import Shelf, given_shelf
from shelftalk.evals.simulation.shopper import Photo, simulate
from shelftalk.finetune.tuning.rows import Message, Row, Split, ToolCall
from shelftalk.prompts import system
from shelftalk.prompts.turn import IMAGE
from shelftalk.tools.errors import UsageError
from shelftalk.tools.linking import link
from shelftalk.tools.product import Product
from shelftalk.tools.schema import filter_fields
from shelftalk.tools.store import Store

SHELF = 120  # products that one visit's shop has: searches then find some, not all
MOST_PHOTOS = 64  # that one visit chooses from
_HANDLE = re.compile(r"\[?\b(P\d+)\b\]?")
_PLAIN = re.compile(r"[^\W\d_][^\W\d_' -]{1,29}")  # what a shopper may call a thing, or its colour
_NOTES = re.compile(rf"( ?\(img\d+: {IMAGE}\))* ?(\[catalogue: .*\])?( ?\[so far: .*\])?$", re.DOTALL)
_PRICED = ("min_price", "max_price")


@dataclass
class Goods:
    """A shop as rows are made from it: products, closed fields as its tools know them, the file of each picture."""

    products: list[Product]
    facets: Mapping[str, Mapping[str, int]]
    picture: Callable[[Product], Path | None]

    @classmethod
    def of(cls, store: Store) -> Goods:
        """Read a store; UsageError where shoppers cannot be simulated in it."""
        facets = store.facets()
        if not facets.get("category"):
            raise UsageError(
                f"The products of {store.folder} have no kinds (category), or one of their own each, so that no "
                "shopper can be simulated who asks for one. Index the catalogue with the column that says what kind of "
                "thing a product is: shelftalk index CATALOGUE --map category=COLUMN --rebuild"
            )
        return cls(store.get(store.ids()), facets, store.picture_file)

    def tools(self) -> list[dict[str, Any]]:
        """Return the function schemas that a model is offered in this shop."""
        from langchain_core.utils.function_calling import convert_to_openai_tool

        from shelftalk.agent.calls import langchain_tools

        return [convert_to_openai_tool(tool) for tool in langchain_tools(self.facets)]

    def fields(self) -> set[str]:
        """Return the closed fields that its tools take."""
        return {"category", *filter_fields(self.facets)}

    def priced(self) -> bool:
        """Whether prices can be searched by: most products say theirs."""
        return 2 * sum(product.price is not None for product in self.products) > len(self.products)


def catalogue_rows(
    goods: Goods, products: Sequence[Product], split: Split, count: int, seed: int
) -> Iterator[tuple[Row, dict[str, Path]]]:
    """Yield `count` visits to a shop of these products as rows, each with its pictures' files by name.

    The same seed yields the same ones. Every fifth wording is kept for the test. UsageError: nobody can say anything in
    this shop.
    """
    named = [product for product in products if product.category]
    photos = _photos(goods, named)
    made = number = 0
    while made < count:
        number += 1
        if number > 20 * (made + 5):
            raise UsageError(
                f"Of {number:,} simulated visits only {made:,} had anything that could be learnt: the {len(named):,} "
                f"products of the {split} side are too few, or their records say too little. Take a larger catalogue."
            )
        key = f"tuning/{seed}/{split}/{number}"
        rng = random.Random(key)
        shelf = _shelf(rng, named, goods)
        sent = rng.sample(photos, min(MOST_PHOTOS, len(photos)))
        dialogue = simulate(key, shelf, "test" if split == "test" else "train", [photo for photo, _ in sent])
        row = visit_row(dialogue, goods, f"{split}-visit-{number}", {p.number: q for p, q in sent})
        if row is not None:
            made += 1
            yield row


def _shelf(rng: random.Random, products: Sequence[Product], goods: Goods) -> Shelf:
    """Take a part of the products as a shop whose closed fields are the store's own, no others."""
    shelf = given_shelf(rng, products, {}, SHELF)
    allowed = goods.fields()
    known = {
        field: {value: n for value, n in counts.items() if value in goods.facets[field]}
        for field, counts in shelf.facets.items()
        if field in allowed
    }
    shelf.facets = {field: counts for field, counts in known.items() if counts or field == "category"}
    return shelf


def _photos(goods: Goods, products: Sequence[Product]) -> list[tuple[Photo, Product]]:
    """Return the products' pictures as photos that a shopper may send, of those whose kind is a plain word."""
    found: list[tuple[Photo, Product]] = []
    for product in products:
        kind = singular(product.category.lower())
        if goods.picture(product) is None or not _PLAIN.fullmatch(kind):
            continue
        colour = next((product.field(f).lower() for f in ("colour", "color") if product.field(f)), "")
        found.append((Photo(len(found), kind, colour if _PLAIN.fullmatch(colour) else ""), product))
    return found


def visit_row(
    dialogue: Dialogue, goods: Goods, name: str, photos: Mapping[int, Product]
) -> tuple[Row, dict[str, Path]] | None:
    """Return a visit as a row, with its pictures' files by name; None where its first turn cannot be learnt.

    It ends before a turn that the live loop would put otherwise: after as many turns or pictures as that shows, or
    where the whole catalogue knows words that this visit's part of it does not.
    """
    messages = [Message(role="system", content=system(list(goods.facets)))]
    kinds: list[str] = []
    named: dict[str, None] = {}
    pictures: dict[str, Path] = {}
    sent = 0
    priced = goods.priced()
    for turn in dialogue.turns[:MOST_TURNS]:
        sent += len(turn.photos)
        if sent > MOST_PICTURES or not _as_live(turn, dialogue, goods, priced):
            break
        names = []
        for photo in turn.photos:
            product = photos[photo]
            file = goods.picture(product)
            assert file is not None  # photos are made of products that have one
            names.append(file.name)
            pictures[file.name] = file
            named[product.id] = None
        kinds.append(turn.kind)
        messages += turn_messages(turn, names)
        for message in messages[-2 * len(turn.steps) - 1 :]:
            said = message.content if message.learn else ""
            for call in message.tool_calls:
                said += f" {list(call.args.values())}"
            for handle in _HANDLE.findall(said):
                named[dialogue.shown[int(handle[1:]) - 1]] = None
    if not kinds:
        return None
    row = Row(id=name, source="simulated", messages=messages, products=list(named), shopper=name, kinds=kinds)
    return row, pictures


def turn_messages(turn: Turn, pictures: Sequence[str]) -> list[Message]:
    """Return one turn's messages, calls and reply to be learnt; `pictures` are the names of those in it."""
    messages = [Message(role="user", content=turn.user, pictures=list(pictures))]
    for step in turn.steps:
        call = ToolCall(name=step.name, args=step.arguments)
        # A search is written as its change where it goes on, and else in full, whatever it shares with the last one.
        said = written(turn, step) if step.name == "search" else ""
        messages.append(Message(role="assistant", tool_calls=[call], written=said, learn=True))
        messages.append(Message(role="tool", name=step.name, content=step.result))
    messages.append(Message(role="assistant", content=sentence_case(turn.reply), learn=True))
    return messages


def _as_live(turn: Turn, dialogue: Dialogue, goods: Goods, priced: bool) -> bool:
    """Whether the live loop would write this turn as it stands here, and its calls can be answered in this shop."""
    said = _NOTES.sub("", turn.user)
    if link(said, goods.facets) != link(said, dialogue.facets):
        return False
    return priced or not any(key in step.arguments for step in turn.steps for key in _PRICED)
