"""Rows from a catalogue alone: simulated visits to the very shop, with the right calls of every turn."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from shelftalk.agent.backbones.display import sentence_case
from shelftalk.agent.middleware import MOST_PICTURES, MOST_TURNS
from shelftalk.evals.simulation.dialogue import Dialogue, Step, Turn, written
from shelftalk.evals.simulation.lexicon import singular
from shelftalk.evals.simulation.shopper import Photo, simulate
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.finetune.tuning.rows import Message, Row, Split, ToolCall
from shelftalk.finetune.tuning.shop_shelf import ShopShelf, covered, shop_shelf, subjective
from shelftalk.prompts import system
from shelftalk.prompts.turn import IMAGE
from shelftalk.tools.errors import UsageError
from shelftalk.tools.linking import link, words
from shelftalk.tools.product import Product
from shelftalk.tools.render import product_details

MOST_PHOTOS = 64  # that one visit chooses from
_HANDLE = re.compile(r"\bP(\d+)\b")
_PLAIN = re.compile(r"[^\W\d_][^\W\d_' -]{1,29}")  # what a shopper may call a thing, or its colour
_NOTES = re.compile(rf"( ?\(img\d+: {IMAGE}\))* ?(\[catalogue: .*\])?( ?\[so far: .*\])?$", re.DOTALL)
_PRICED = ("min_price", "max_price", "budget")


def catalogue_rows(
    goods: Goods, products: Sequence[Product], split: Split, count: int, seed: int
) -> Iterator[tuple[Row, dict[str, Path]]]:
    """Yield `count` visits to a shop of these products as rows, each with its pictures' files by name.

    The same seed yields the same ones. Every fifth wording is kept for the test. UsageError: nobody can say anything in
    this shop.
    """
    if not goods.facets.get("category"):
        raise UsageError(
            "The shop's products have no kinds (category), or one of their own each, so that no shopper can be "
            "simulated who asks for one. Name the column that says what kind of thing a product is, "
            "--map category=COLUMN, for `shelftalk index` or beside --catalogue; or have none simulated, --visits 0."
        )
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
        shelf = shop_shelf(rng, goods, named)
        sent = rng.sample(photos, min(MOST_PHOTOS, len(photos)))
        dialogue = simulate(key, shelf, "test" if split == "test" else "train", [photo for photo, _ in sent])
        row = visit_row(dialogue, shelf, goods, f"{split}-visit-{number}", {p.number: q for p, q in sent})
        if row is not None:
            made += 1
            yield row


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


def _in_schema(turn: Turn) -> bool:
    """Whether a turn's searches rule out one value a field, which is what the schemas of the tools show."""
    out = [step.arguments.get("exclude", {}) for step in turn.steps]
    return all(isinstance(value, str) for fields in out for value in fields.values())


def visit_row(
    dialogue: Dialogue, shelf: ShopShelf, goods: Goods, name: str, photos: Mapping[int, Product]
) -> tuple[Row, dict[str, Path]] | None:
    """Return a visit as a row, with its pictures' files by name; None where its first turn cannot be learnt.

    It ends before a turn that the live loop would put otherwise (after as many turns or pictures as that shows; where
    the whole catalogue knows words that this visit's part of it does not), whose answer would be a bad one, or whose
    call is none that the tools' schemas show.
    """
    messages = [Message(role="system", content=system(list(goods.facets)))]
    kinds: list[str] = []
    named: dict[str, None] = {}
    pictures: dict[str, Path] = {}
    sent = 0
    for turn in dialogue.turns[:MOST_TURNS]:
        sent += len(turn.photos)
        shown = [photos[photo] for photo in turn.photos]
        listed = [shelf.whole[id_] for id_ in dialogue.shown]
        if sent > MOST_PICTURES or not (_as_live(turn, dialogue, goods) and _answers(turn, shown, listed)):
            break
        if not _in_schema(turn):
            break
        files = {product.id: goods.picture(product) for product in shown}
        pictures |= {file.name: file for file in files.values() if file is not None}
        new = turn_messages(turn, [file.name for file in files.values() if file is not None], listed)
        named |= dict.fromkeys([*files, *named_products(new, dialogue.shown)])
        messages += new
        kinds.append(turn.kind)
    if not kinds:
        return None
    row = Row(id=name, source="simulated", messages=messages, products=list(named), shopper=name, kinds=kinds)
    return row, pictures


def named_products(messages: Sequence[Message], shown: Sequence[str]) -> list[str]:
    """Return the ids of the products that learnt texts and calls name; the first of `shown` is P1's."""
    said = [
        part
        for message in messages
        if message.learn
        for part in (message.content, *(str(list(call.args.values())) for call in message.tool_calls))
    ]
    handles = dict.fromkeys(int(handle) for part in said for handle in _HANDLE.findall(part))
    return [shown[handle - 1] for handle in handles if 0 < handle <= len(shown)]


def turn_messages(turn: Turn, pictures: Sequence[str], listed: Sequence[Product]) -> list[Message]:
    """Return one turn's messages, calls and reply to be learnt.

    `pictures` are the names of those in it; `listed` the products by handle, the first is P1's.
    """
    messages = [Message(role="user", content=turn.user, pictures=list(pictures))]
    for step in turn.steps:
        call = ToolCall(name=step.name, args=plain_numbers(step.arguments))
        # A search is written as its change where it goes on, and else in full, whatever it shares with the last one.
        said = written(turn, step) if step.name == "search" else ""
        messages.append(Message(role="assistant", tool_calls=[call], written=said, learn=True))
        messages.append(Message(role="tool", name=step.name, content=_result(step, listed)))
    messages.append(Message(role="assistant", content=_reply(turn, listed), learn=True))
    return messages


def plain_numbers(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments with whole numbers written as such: 60, not 60.0."""
    return {
        key: int(value) if isinstance(value, float) and value.is_integer() else value
        for key, value in arguments.items()
    }


def _result(step: Step, listed: Sequence[Product]) -> str:
    """Return what a tool said, of details all that the record holds."""
    if step.name == "details":
        return product_details(step.arguments["product"], listed[int(step.arguments["product"][1:]) - 1])
    if step.name == "compare":
        pairs = [(handle, listed[int(handle[1:]) - 1]) for handle in step.arguments["products"]]
        lines = [product_details(h, p.model_copy(update={"description": ""})) for h, p in pairs]
        return "\n".join(["compare", *lines])
    return step.result


def _reply(turn: Turn, listed: Sequence[Product]) -> str:
    """Return a turn's reply as it is to be read: with capitals, and the catalogue's values in its own spelling."""
    text = re.sub(r"\bthere are 1\b(?![\d,.]\d)", "there is 1", turn.reply)
    for handle in _HANDLE.findall(text) if any(step.name == "details" for step in turn.steps) else ():
        for value in listed[int(handle) - 1].attributes.values():
            if value != value.lower():
                spelt = value.replace("\\", r"\\")
                text = re.sub(rf"(?<!\w){re.escape(value.lower())}(?!\w)", spelt, text)
    return sentence_case(text)


def _as_live(turn: Turn, dialogue: Dialogue, goods: Goods) -> bool:
    """Whether the live loop would write this turn as it stands here, and its calls can be answered in this shop."""
    said = _NOTES.sub("", turn.user)
    if link(said, goods.facets) != link(said, dialogue.facets):
        return False
    return goods.priced or not any(key in step.arguments for step in turn.steps for key in _PRICED)


def _answers(turn: Turn, sent: Sequence[Product], listed: Sequence[Product]) -> bool:
    """Whether what the reply names is what was asked for: by a picture, a broad word, or words that records hold.

    The shelf finds by words alone: where the shop's own search would know better, nothing is to be learnt.
    """
    named = [listed[int(handle) - 1] for handle in _HANDLE.findall(turn.reply)]
    kinds = {word for product in sent for word in words(product.category)}
    told: set[str] = set()
    for step in turn.steps if len(turn.steps) == 1 else ():
        if step.name == "search":
            query = str(step.arguments.get("query", ""))
            broad = covered(query)
            if "category" not in step.arguments:
                known = {word for product in listed for word in words(product.category)}
                kinds |= broad | (known & {*words(query)})
            told = set(words(query)) - subjective() - broad
    return all(
        (not kinds or kinds & {*words(product.category)}) and (not told or told & _words_of(product))
        for product in named
    )


def _words_of(product: Product) -> set[str]:
    """Return the words (stems) of a product's title, kind and attributes."""
    return {*words(" ".join([product.title, product.category, *product.attributes.values()]))}
