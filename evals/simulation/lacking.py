"""Turns that wish for a kind of thing that the shop does not have, alone or beside one that it has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from shelftalk.agent.decoding.wishes import holds, wishes
from shelftalk.evals.simulation.answering import missing_of, wish_words
from shelftalk.evals.simulation.lexicon import ADJECTIVES, KINDS, USES, article, invented, singular
from shelftalk.evals.simulation.replies import reply
from shelftalk.evals.simulation.requests import (
    Wish,
    amount,
    make_parts,
    new_wish,
    phrase,
    round_price,
    search_arguments,
)
from shelftalk.evals.simulation.shelves import filters_of, matches
from shelftalk.evals.simulation.texts import rambling
from shelftalk.evals.simulation.wordings import say
from shelftalk.tools.linking import link, words
from shelftalk.tools.product import Product

if TYPE_CHECKING:
    from shelftalk.evals.simulation.dialogue import Turn
    from shelftalk.evals.simulation.shopper import Shopper

_KINDS = tuple(dict.fromkeys(kind for kinds in KINDS.values() for kind in kinds.split(",")))
# Words that wishes are made of besides their kind: an invented one may not be among them.
_OTHERS = frozenset(stem for text in (*ADJECTIVES, *(said for said, _ in USES)) for stem in words(text))


def _noun(me: Shopper) -> str | None:
    """Return a kind of thing that the shelf lacks, now and then a word that no shop knows; None where it has it."""
    noun = invented(me.rng) if me.rng.random() < 0.3 else me.rng.choice(_KINDS)
    known = not _OTHERS.isdisjoint(words(noun)) or link(noun, me.shelf.facets)
    return noun if not known and me.shelf.lacks(noun) else None


def _like(me: Shopper, noun: str) -> Product:
    """Return a product to wish for, of that kind: with few of a real one's attributes, which the shop does know."""
    real = me.rng.choice(me.shelf.products)
    names = [name for name in real.attributes if name in ("colour", "material", "style", "pattern", "brand")]
    kept = me.rng.sample(names, min(len(names), me.rng.choice((0, 0, 1, 1, 2))))
    return real.model_copy(
        update={"category": noun, "attributes": {name: real.attributes[name] for name in kept}}
    )


def ask_for(me: Shopper) -> Turn | None:
    """Ask for a kind of thing that the shop does not have."""
    noun = _noun(me)
    if noun is None or (me.search and "category" not in me.search and not me.restarted):
        return None
    switched = bool(me.search) and me.rng.random() < 0.5
    wish = new_wish(me.rng, me.shelf, _like(me, noun), "switch" if switched else "search", me.split, 0.2)
    if wish is None or wish.noun != noun:
        return None
    arguments = search_arguments(wish, me.shelf)
    if not arguments or "category" in arguments or not missing_of([noun], arguments):
        return None
    if me.rng.random() < 0.08:
        told = rambling(me.rng, wish.text, me.split)
        if link(told, me.shelf.facets) == link(wish.text, me.shelf.facets):
            wish.text = told
    turn = me.turn("switch" if me.search else "search", wish.text, [*wish.query, *wish.values])
    me.lacking.append(noun)
    me.run_search(turn, arguments, fresh=True)
    return turn


def two(me: Shopper) -> Turn | None:
    """Ask for something that the shop lacks and something that it has, in one message: two searches."""
    noun = _noun(me)
    if noun is None:
        return None
    said: list[str] = []
    searches: list[dict[str, Any]] = []
    keep: list[str] = []
    first = me.rng.random() < 0.6  # of the two, what the shop lacks
    plain = me.rng.random() < 0.2
    targets = [_like(me, noun), me.rng.choice(me.shelf.products)]
    for place, target in enumerate(targets if first else reversed(targets)):
        kind, parts = make_parts(me.rng, me.shelf, target, plain)
        if kind != target.category.lower() or parts.either or parts.after:
            return None
        here = target is not targets[0]
        # With an article the second is a wish of its own, and no more of the first.
        if (place and here) or me.rng.random() < 0.5:
            text = article(phrase(singular(kind), parts, many=False))
        else:
            text = phrase(kind, parts, many=True)
        if place and me.rng.random() < 0.25:
            most = round_price(me.rng, me.rng.choice(me.shelf.prices(kind)))
            text += " " + say(me.rng, "max", me.split, n=amount(me.rng, most))
            parts.prices["max_price"] = most
        arguments = search_arguments(Wish(text, parts.query, parts.prices, values=parts.values), me.shelf)
        if arguments is None or ("category" in arguments) != here:
            return None
        said.append(text)
        searches.append(arguments)
        keep += [*parts.query, *parts.values]
    lacked, had = searches if first else reversed(searches)
    missing = missing_of([noun], lacked)
    text = say(me.rng, "two", me.split, one=said[0], two=said[1])
    linked = link(text, me.shelf.facets)
    if not missing or linked != [pair for one in said for pair in link(one, me.shelf.facets)]:
        return None
    if len(set(linked)) < len(linked) or not _some(me, had):
        return None
    turn = me.turn("two wishes", text, keep)
    apart = wishes(turn.user.partition("[")[0], linked)
    if [holds(words(part), noun) for part in apart] != [first, not first]:
        return None  # a slip hid where the one ends and the other begins
    me.lacking.append(noun)
    firsts: list[str] = []
    for arguments in searches:
        me.run_search(turn, arguments, fresh=True)
        firsts.append(f"[{me.handle(me.listed[0])}]" if me.listed else "")
    near, found = firsts if first else reversed(firsts)
    me.relax, me.asked, me.first = {}, False, None
    turn.reply = reply(me.rng, "two_missing", w=missing, a=wish_words(had), h=found, g=near)
    return turn


def _some(me: Shopper, arguments: Mapping[str, Any]) -> bool:
    """Tell whether anything on the shelf passes a search's filters, and the budget where there is one."""
    budget = {} if me.budget is None or "max_price" in arguments else {"max_price": me.budget}
    filters = filters_of({**arguments, **budget})
    return any(matches(product, filters) for product in me.shelf.products)
