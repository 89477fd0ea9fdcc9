"""Dialogues in people's own words: what they typed, with the right call, in a visit that goes on as simulated."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from shelftalk.evals.real_words import Caption, captions, instructions
from shelftalk.evals.simulation import acts, showing
from shelftalk.evals.simulation.dialogue import Dialogue, Turn
from shelftalk.evals.simulation.replies import reply
from shelftalk.evals.simulation.requests import new_wish, search_arguments
from shelftalk.evals.simulation.shelves import Shelf, given_shelf, random_shelf
from shelftalk.evals.simulation.shopper import Shopper
from shelftalk.evals.simulation.wordings import Split
from shelftalk.finetune.real_captions import caption_turn
from shelftalk.finetune.real_talk import Talk, talk
from shelftalk.finetune.real_wishes import asked, kind_of, stocked
from shelftalk.tools.product import Product

ATTEMPTS = 12  # to find a text that fits a shop
SHOE_KINDS = ("sneaker", "boot", "sandal", "heel", "flat", "shoe")
TOP_KINDS = ("shirt", "t-shirt", "top", "blouse")


@cache
def _demo(split: Split) -> list[Product]:
    from shelftalk.finetune.photos import products_of
    from shelftalk.tools.demo import shop_path

    return products_of(shop_path(), split == "test")


def _shelf(rng: random.Random, split: Split) -> Shelf:
    return given_shelf(rng, _demo(split), {}) if rng.random() < 0.3 else random_shelf(rng)


def _request(me: Shopper, texts: list[str], first: str = "") -> Turn | None:
    """Ask for something in somebody's own words."""
    for text in [first] * bool(first) + me.rng.sample(texts, ATTEMPTS):
        wish = asked(me.rng, text, me.shelf, me.split)
        if wish is None:
            continue
        turn = me.turn("search", wish.text, wish.query)
        me.run_search(turn, wish.arguments, fresh=True)
        return turn
    return None


def _wish_for(me: Shopper, target: Product) -> Turn | None:
    """Ask for one kind of product, as simulated shoppers do."""
    wish = new_wish(me.rng, me.shelf, target, "search", me.split)
    arguments = search_arguments(wish, me.shelf) if wish is not None else None
    if wish is None or not arguments:
        return None
    turn = me.turn("search", wish.text, [*wish.query, *wish.values])
    me.run_search(turn, arguments, fresh=True)
    return turn


def _said(me: Shopper, said: Talk) -> Turn:
    """Thank, or say goodbye, in somebody's own words."""
    intent, texts = ("bye", said.byes) if me.rng.random() < 0.2 else ("thanks", said.thanks)
    turn = me.turn("talk", me.rng.choice(texts))
    turn.reply = reply(me.rng, intent)
    return turn


def _agree(me: Shopper, said: Talk) -> Turn | None:
    """Say yes to an offer in somebody's own words."""
    if not me.relax:
        return None
    turn = me.turn("accept", me.rng.choice(said.yeses))
    me.run_search(turn, me.relax)
    return turn


def _settled(me: Shopper, before: dict[str, Any]) -> None:
    """Note that whatever was asked or offered before has had its answer."""
    me.asked = me.restarted = me.compared = False
    if me.relax is before:
        me.relax = {}


def _visit(
    rng: random.Random, shelf: Shelf, split: Split, texts: list[str], said: Talk, first: str
) -> Dialogue:
    """Ask in somebody's own words, first or after other things, and go on."""
    me = Shopper(rng, shelf, split, page=rng.choice((2, 2, 3, 4)))
    turns: list[Turn] = []
    for _ in range(rng.choice((0, 0, 0, 0, 1, 2))):
        _add(turns, acts.next_turn(me))
    asking = _request(me, texts, first)
    if asking is None:
        return Dialogue([], shelf.facets)
    turns.append(asking)
    _settled(me, {})
    for _ in range(rng.choice((0, 0, 1, 1, 2, 3, 4))):
        offered = me.relax
        if me.relax and rng.random() < 0.5:
            _add(turns, _agree(me, said))
        elif rng.random() < 0.2:
            _add(turns, _request(me, texts))
        else:
            _add(turns, acts.next_turn(me))
            continue
        _settled(me, offered)
    if rng.random() < 0.25:
        turns.append(_said(me, said))
    return Dialogue(turns, shelf.facets)


def _add(turns: list[Turn], turn: Turn | None) -> None:
    if turn is not None:
        turns.append(turn)


def _clothed(rng: random.Random, shelf: Shelf, kinds: tuple[str, ...]) -> tuple[Shelf, str]:
    """Return a shop that has one of the kinds, and which."""
    there = [kind for kind in kinds if kind in shelf.facets["category"]]
    if there:
        return shelf, rng.choice(there)
    kind = rng.choice(kinds)
    return stocked(rng, shelf, kind, rng.randint(4, 9)), kind


def _comparison(
    rng: random.Random, shelf: Shelf, split: Split, texts: dict[str, list[Caption]], said: Talk
) -> Dialogue:
    """Look at clothes or shoes and say how what is wanted differs from what is shown."""
    kind = rng.choice(sorted(texts))
    kinds = {"top": TOP_KINDS, "shirt": TOP_KINDS, "dress": ("dress",)}.get(kind, SHOE_KINDS)
    shelf, noun = _clothed(rng, shelf, kinds)
    me = Shopper(rng, shelf, split, page=rng.choice((2, 2, 3, 4)))
    target = rng.choice([p for p in shelf.products if p.category == noun])
    turns: list[Turn] = []
    for _ in range(3):
        if not me.listed:
            _add(turns, _wish_for(me, target))
    if not me.listed:
        return Dialogue([], shelf.facets)
    for _ in range(rng.choice((1, 2, 2, 3, 4))):
        turn, offered = None, me.relax
        if rng.random() < 0.35:
            turn = rng.choice((showing.details, showing.details, showing.like, acts.next_turn))(me)
        for _ in range(ATTEMPTS if turn is None and me.listed else 0):
            turn = caption_turn(me, rng.choice(texts[kind]).text)
            if turn is not None:
                break
        if turn is not None:
            turns.append(turn)
            _settled(me, offered)
    if rng.random() < 0.2:
        turns.append(_said(me, said))
    return Dialogue(turns, shelf.facets)


def _by_kind(found: list[Caption]) -> dict[str, list[Caption]]:
    kinds: dict[str, list[Caption]] = {}
    for caption in found:
        kinds.setdefault(caption.kind if caption.source != "shoes" else "shoes", []).append(caption)
    return kinds


def real_dialogues(data: Path, seed: int, split: Split = "train") -> Iterator[Dialogue]:
    """Yield dialogues without end, the same ones for the same seed.

    `data` holds text/ with people's own words (see `shelftalk.evals.real_words`); UsageError where a file is missing.
    """
    texts, said = instructions(data, split), talk(data, split)
    differences = _by_kind(captions(data, split))
    for number in itertools.count():
        rng = random.Random(f"people/{seed}/{number}/{split}")
        shelf = _shelf(rng, split)
        if rng.random() < 0.4:
            dialogue = _comparison(rng, shelf, split, differences, said)
        else:
            first = rng.choice(texts)
            kind = kind_of(first) if rng.random() < 0.6 else ""
            if kind and kind not in shelf.facets["category"]:
                shelf = stocked(rng, shelf, kind, rng.randint(2, 7), first)
            dialogue = _visit(rng, shelf, split, texts, said, first if kind else "")
        if dialogue.turns:
            yield dialogue
