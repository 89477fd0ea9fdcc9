"""A simulated shopper: talks through a visit, and knows the right tool calls for everything it says."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Any

from shelftalk.evals.simulation import acts
from shelftalk.evals.simulation.answering import (
    answer_list,
    answer_missing,
    missing_of,
    nothing_found,
    wish_words,
)
from shelftalk.evals.simulation.dialogue import Dialogue, Step, Turn
from shelftalk.evals.simulation.requests import ordered
from shelftalk.evals.simulation.shelves import Shelf, filters_of, matches
from shelftalk.evals.simulation.texts import scruffy
from shelftalk.evals.simulation.wordings import Split
from shelftalk.prompts.turn import render_state, render_user
from shelftalk.tools.linking import link, words
from shelftalk.tools.product import Filters, Product, several
from shelftalk.tools.render import found_head, money, product_list

# How long visits are, and how often.
_TURNS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 16)
_OFTEN = (10, 18, 18, 14, 12, 8, 8, 5, 4, 2, 1)


@dataclass(frozen=True)
class Photo:
    """A picture a shopper may send: its number in the picture file, what it shows, its colour if known."""

    number: int
    kind: str
    colour: str = ""


@dataclass
class Shopper:
    """The state of one simulated visit; `acts` say and do things with it."""

    rng: random.Random
    shelf: Shelf
    split: Split
    photos: Sequence[Photo] = ()
    page: int = 4  # products of a list
    shown: list[str] = field(default_factory=list)
    listed: list[Product] = field(default_factory=list)  # the last list, which ordinals refer to
    focus: Product | None = None  # what "it" refers to
    first: Product | None = None  # what the last answer to a list put first
    search: dict[str, Any] = field(default_factory=dict)
    relax: dict[str, Any] = field(default_factory=dict)  # the search that the last reply offered
    liked: list[str] = field(default_factory=list)
    disliked: list[str] = field(default_factory=list)
    size: str = ""
    budget: float | None = None
    pictures: int = 0
    looked_at: Photo | None = None  # the picture that the last turn only asked about
    asked: bool = False  # the assistant asked what kind of thing, and waits for the answer
    restarted: bool = False  # nothing of the last search is to be kept
    compared: bool = False  # two products have just been compared
    both: list[dict[str, Any]] = field(default_factory=list)  # the two searches that the last turn asked for
    by_price: bool = False  # the last list is the last search's, the cheapest first
    lacking: list[str] = field(default_factory=list)  # what was asked for by name and the shelf lacks

    def handle(self, product: Product) -> str:
        """Return the product's handle, as a visit gives it."""
        if product.id not in self.shown:
            self.shown.append(product.id)
        return f"P{self.shown.index(product.id) + 1}"

    def turn(self, kind: str, text: str, keep: Sequence[str] = (), photos: Sequence[Photo] = ()) -> Turn:
        """Open a turn: the words made a little untidy, and all that the live loop puts beside them."""
        linked = link(text, self.shelf.facets)
        kept = {s for word in [*keep, *(value for _, value in linked)] for s in words(word)}
        text = scruffy(self.rng, text, kept)
        handles = [f"img{self.pictures + i + 1}" for i in range(len(photos))]
        self.pictures += len(photos)
        state = render_state(self.search, self.liked, self.disliked, self.size, self.budget)
        user = render_user(text, handles, link(text, self.shelf.facets), state)
        return Turn(kind, user, "", photos=[photo.number for photo in photos], so_far=dict(self.search))

    def listing(self, head: str, products: Sequence[Product]) -> str:
        """Show a list of products and return the tool's text for it."""
        handles = [self.handle(product) for product in products]
        self.listed, self.focus, self.first, self.by_price = list(products), None, None, False
        return product_list(head, handles, products)

    def run_search(self, turn: Turn, arguments: dict[str, Any], fresh: bool = False) -> None:
        """Call the search tool with these arguments and answer what it found."""
        least = arguments.get("min_price", 0)
        if self.budget is not None and "max_price" not in arguments and fresh and least <= self.budget:
            arguments["max_price"] = self.budget
        if fresh:
            turn.so_far = {}  # a search of its own, even where it happens to share something with the last
        self.search = arguments = ordered(arguments)
        filters = filters_of(arguments)
        query = " ".join(filter(None, [arguments.get("query", ""), *filters.where.values()]))
        total, hits = self.shelf.search(self.rng, query, filters, self.page)
        sort = arguments.get("sort")
        if sort:
            key = "rating" if sort == "top rated" else "price"
            sign = 1 if sort == "cheapest" else -1
            passing = [p for p in self.shelf.products if matches(p, filters)]
            hits = sorted(passing, key=lambda p: (getattr(p, key) is None, sign * (getattr(p, key) or 0)))[
                : self.page
            ]
        self.relax = {}
        missing = missing_of(self.lacking, arguments)
        filtered = filters != Filters()
        head = found_head(len(hits), total if filtered else 0, missing)
        if not hits:
            turn.steps.append(Step("search", arguments, head if missing else self._empty(arguments)))
            self.listed, self.focus = [], None
            turn.reply = nothing_found(self, turn.steps[-1].result, missing)
            return
        turn.steps.append(Step("search", arguments, self.listing(head, hits)))
        self.by_price = sort == "cheapest"
        if missing:
            turn.reply = answer_missing(self, missing)
            return
        intent = {"cheapest": "cheapest", "most expensive": "dearest", "top rated": "top"}.get(
            sort or "", "found"
        )
        count = str(total) if filtered and total > 1 else ""
        turn.reply = answer_list(self, intent, wish=wish_words(arguments), n=count)

    def _empty(self, arguments: dict[str, Any]) -> str:
        """Write what the search tool says when nothing passes: counts without one filter, else without two, or all."""
        single = relaxations(arguments)
        for size in dict.fromkeys((1, 2, len(single))):
            counts: list[tuple[bool, int, str, dict[str, Any]]] = []
            for left_out in combinations(single, size):
                without = arguments
                for _, leave_out in left_out:
                    without = leave_out(without)
                filters = filters_of(without)
                count = sum(matches(p, filters) for p in self.shelf.products)
                if count:
                    names = [name for name, _ in left_out]
                    kind = any(name.startswith("category ") for name in names)
                    counts.append((kind, count, " and ".join(names), without))
            if counts:
                counts.sort(key=lambda item: (item[0], -item[1]))
                self.relax = counts[0][3]
                return "; ".join(["0 found", *(f"without {name}: {n}" for _, n, name, _ in counts[:3])])
        return "0 found"


def relaxations(arguments: dict[str, Any]) -> list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]]:
    """Return (filter as said, what takes it out of a search) for each filter of a search, in the tool's order."""
    found: list[tuple[str, Callable[[dict[str, Any]], dict[str, Any]]]] = []
    for key in ("category", "min_price", "max_price"):
        if key in arguments:
            value = arguments[key]
            said = value if key == "category" else money(value, None)
            found.append((f"{key.replace('_', ' ')} {said}", partial(_without, key, "")))
    for key, lead in (("where", ""), ("exclude", "not ")):
        for name, value in arguments.get(key, {}).items():
            found.append((f"{lead}{name} {', '.join(several(value))}", partial(_without, key, name)))
    return found


def _without(key: str, name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    if not name:
        return {k: v for k, v in arguments.items() if k != key}
    return ordered({**arguments, key: {k: v for k, v in arguments[key].items() if k != name}})


def simulate(
    seed: int | str, shelf: Shelf, split: Split, photos: Sequence[Photo] = (), turns: int | None = None
) -> Dialogue:
    """Simulate one visit; the same seed and shelf give the same dialogue. Without `turns`, 1 to 16 of them."""
    rng = random.Random(f"{seed}/{split}")
    # Short lists teach as much in less text; what is measured are lists as long as the shop's.
    page = 4 if split == "test" else random.Random(f"page/{seed}").choice((2, 2, 3, 4))
    shopper = Shopper(rng, shelf, split, photos, page)
    dialogue = Dialogue([], shelf.facets, shopper.shown)
    wanted = turns or rng.choices(_TURNS, _OFTEN)[0]
    attempts = 0
    while len(dialogue.turns) < wanted and attempts < 50 + 8 * wanted:
        attempts += 1
        turn = acts.next_turn(shopper)
        if turn is not None:
            dialogue.turns.append(turn)
    return dialogue
