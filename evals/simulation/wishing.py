"""Turns that wish for something: a first search, another, two at once, nothing in particular, yes and no."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from shelftalk.evals.simulation.answering import wish_words
from shelftalk.evals.simulation.lexicon import BROAD, OCCASIONS, THINGS, article, plural, singular
from shelftalk.evals.simulation.replies import reply
from shelftalk.evals.simulation.requests import (
    Wish,
    after_noun,
    amount,
    linked_filters,
    make_parts,
    mistyped,
    new_wish,
    ordered,
    phrase,
    price_phrase,
    price_text,
    round_price,
    search_arguments,
)
from shelftalk.evals.simulation.texts import rambling
from shelftalk.evals.simulation.wordings import say, wordings
from shelftalk.tools.linking import link
from shelftalk.tools.product import several

if TYPE_CHECKING:
    from shelftalk.evals.simulation.dialogue import Turn
    from shelftalk.evals.simulation.shopper import Shopper


def _worded(me: Shopper, intent: str, priced: float) -> tuple[Wish, dict[str, Any]] | None:
    """Return a wish as it is said and the search it asks for."""
    target = me.rng.choice(me.shelf.products)
    wish = new_wish(me.rng, me.shelf, target, intent, me.split, priced)
    if wish is not None and intent == "search" and not wish.bare and me.rng.random() < 0.06:
        again = new_wish(me.rng, me.shelf, target, "search_recommend", me.split, priced)
        # What a recommendation can take, a kind and a price, is no search where it is worded as one.
        wish = again if again and (again.query or len(again.values) > 1) else wish
    if wish is not None and me.rng.random() < 0.14:
        wish = mistyped(me.rng, wish, me.shelf)
    if wish is None:
        return None
    arguments = search_arguments(wish, me.shelf)
    if not arguments:
        return None
    if me.rng.random() < 0.08:
        _rule_out(me, wish, arguments)
    if me.rng.random() < 0.1:
        told = rambling(me.rng, wish.text, me.split)
        if link(told, me.shelf.facets) == link(wish.text, me.shelf.facets):
            wish.text = told
    return wish, arguments


def _rule_out(me: Shopper, wish: Wish, arguments: dict[str, Any]) -> None:
    """Add to a wish what it must not be: "a dress under 50, but not black"."""
    names = [name for name in me.shelf.facets if name != "category"]
    if not names:
        return
    name = me.rng.choice(names)
    value = me.rng.choice(list(me.shelf.facets[name]))
    words = say(me.rng, "but_not", me.split, v=value)
    text = f"{wish.text.rstrip('?!. ')}{me.rng.choice((', ', ', ', ' ', '. '))}{words}"
    # In a field of its own, and read the same apart as together.
    apart = [*link(wish.text, me.shelf.facets), (name, value)]
    if name in arguments.get("where", {}) or wish.either or link(text, me.shelf.facets) != apart:
        return
    wish.text = text
    wish.values = [*wish.values, value]
    wish.bare = False
    arguments["exclude"] = {name: value}


def _surely_new(me: Shopper, wish: Wish, intent: str) -> bool:
    """Whether a wish in the middle of a visit can be no change of the last search: it names another kind."""
    if wish.noun in THINGS:
        return False
    if intent == "answer" or wish.noun in BROAD:
        return True
    last = me.search.get("category")
    if intent == "search" and last is None:
        return False
    return bool(wish.noun != last)


def _ask_for(me: Shopper, kind: str, intent: str, priced: float = 0.35) -> Turn | None:
    worded = _worded(me, intent, priced)
    if worded is None:
        return None
    wish, arguments = worded
    if me.search and not me.restarted and not _surely_new(me, wish, intent):
        return None
    turn = me.turn(kind, wish.text, [*wish.query, *wish.values])
    me.run_search(turn, arguments, fresh=True)
    return turn


def first_search(me: Shopper) -> Turn | None:
    """Ask for something."""
    return _ask_for(me, "search", "search")


def rule_out(me: Shopper) -> Turn | None:
    """Say what it must not be before anything is asked for: a search of that alone."""
    names = [name for name in me.shelf.facets if name != "category"]
    if me.search or not names:
        return None
    value = me.rng.choice(list(me.shelf.facets[me.rng.choice(names)]))
    text = say(me.rng, "exclude", me.split, v=value)
    linked = linked_filters(link(text, me.shelf.facets))
    if not linked or len(linked) != 1 or "category" in linked:
        return None
    turn = me.turn("search", text, [value])
    me.run_search(turn, {"exclude": linked}, fresh=True)
    return turn


def within(me: Shopper) -> Turn | None:
    """Ask for something once only what it must not be is known: that still holds."""
    if "exclude" not in me.search or me.search.keys() & {"query", "image", "category", "where"}:
        return None
    worded = _worded(me, "search", 0.3)
    if worded is None or "exclude" in worded[1]:
        return None
    wish, arguments = worded
    arguments = ordered({**me.search, **arguments})
    wanted = arguments.get("where", {})
    low, high = arguments.get("min_price", 0), arguments.get("max_price", 0)
    if (high and low > high) or any(
        wanted.get(name) in several(values) for name, values in me.search["exclude"].items()
    ):
        return None
    turn = me.turn("refine", wish.text, [*wish.query, *wish.values])
    me.run_search(turn, arguments)
    return turn


def switch(me: Shopper) -> Turn | None:
    """Ask for something else: nothing of the last search is kept."""
    intent = me.rng.choices(("switch", "search", "also"), (5, 4, 3))[0]
    return _ask_for(me, "switch", intent) if me.search else None


def answer(me: Shopper) -> Turn | None:
    """Answer the assistant's question: what was vague is a wish now."""
    return _ask_for(me, "switch" if me.search else "search", "answer", 0.5)


def two(me: Shopper) -> Turn | None:
    """Ask for two kinds of thing in one message: two searches, one after the other."""
    said: list[str] = []
    searches: list[dict[str, Any]] = []
    keep: list[str] = []
    rng, kinds = me.rng, list(me.shelf.facets["category"])
    if len(kinds) < 2:
        return None
    priced = rng.choice((0, 0, 0, 1, 2))
    plain = rng.random() < 0.2
    before = 0
    for place, kind in enumerate(rng.sample(kinds, 2)):
        target = rng.choice([p for p in me.shelf.products if p.category.lower() == kind])
        noun, parts = make_parts(rng, me.shelf, target, plain)
        if noun != kind or parts.either or (place and parts.after):
            return None
        many = rng.random() < 0.5
        # "a red dress and boots": which are red? Only an article of its own tells.
        if place and before and not parts.before and many:
            return None
        before = len(parts.before)
        text = phrase(kind, parts, many=True) if many else article(phrase(singular(kind), parts, many=False))
        if place < priced and not (place and priced == 1):
            most = round_price(rng, rng.choice(me.shelf.prices(kind)))
            text += " " + say(rng, "max", me.split, n=amount(rng, most))
            parts.prices["max_price"] = most
        arguments = search_arguments(Wish(text, parts.query, parts.prices, values=parts.values), me.shelf)
        if arguments is None or "category" not in arguments:
            return None
        said.append(text)
        searches.append(arguments)
        keep += [*parts.query, *parts.values]
    text = say(rng, "two", me.split, one=said[0], two=said[1])
    if not priced and rng.random() < 0.15:
        most = round_price(rng, rng.choice(me.shelf.prices("")))
        text = f"{text.rstrip('?!. ')}, both {say(rng, 'max', me.split, n=amount(rng, most))}"
        for arguments in searches:
            arguments["max_price"] = most
    apart = [pair for one in said for pair in link(one, me.shelf.facets)]
    if link(text, me.shelf.facets) != apart or len(set(apart)) < len(apart):
        return None
    turn = me.turn("two wishes", text, keep)
    me.both = searches
    firsts: list[str] = []
    for arguments in searches:
        me.run_search(turn, arguments, fresh=True)
        firsts.append(f"[{me.handle(me.listed[0])}]" if me.listed else "")
    me.relax, me.first = {}, None
    names = [wish_words(arguments) for arguments in searches]
    if all(firsts):
        turn.reply = reply(rng, "two", h=firsts[0], g=firsts[1], a=names[0], b=names[1])
    elif any(firsts):
        at = 0 if firsts[0] else 1
        turn.reply = reply(rng, "two_half", h=firsts[at], a=names[at], b=names[1 - at])
    else:
        turn.reply = reply(rng, "none")
    return turn


def just_one(me: Shopper) -> Turn | None:
    """Go on with one of two wishes alone, with what is added to it."""
    if not me.both:
        return None
    one = me.both[0]
    # Of the first of them the notes hold nothing: all that is to stay must be said again.
    first = not one.keys() - {"category", "where"} and len(one.get("where", {})) < 2 and me.rng.random() < 0.8
    search = {**(one if first else me.search)}
    if "category" not in search:  # of a kind that the shop lacks
        return None
    kind, where = search["category"], dict(search.get("where", {}))
    names = [name for name in me.shelf.facets if name != "category" and name not in where]
    again = list(where.values()) if first else []
    added, more = me.rng.random(), ""
    if added < 0.55 and names:
        name = me.rng.choice(names)
        where[name] = me.rng.choice(list(me.shelf.facets[name]))
        again.append(where[name])
        more = me.rng.choice((f", {where[name]}", f" {after_noun(me.rng, name, where[name])}"))
    elif added < 0.75 and "min_price" not in search:
        search["max_price"] = round_price(me.rng, me.rng.choice(me.shelf.prices(kind)))
        more = f" {say(me.rng, 'max', me.split, n=amount(me.rng, search['max_price']))}"
    out = search.get("exclude", {})
    if any(value in several(out.get(field, ())) for field, value in where.items()) or not (first or more):
        return None
    search["where"] = where
    noun = plural(kind) if me.rng.random() < 0.6 else singular(kind)
    lead = f"{again[0]} " if first and one.get("where") else ""
    text = say(me.rng, "just_one", me.split, np=f"{lead}{noun}", more=more)
    linked = link(text, me.shelf.facets)
    if sorted(value for _, value in linked) != sorted([kind, *again]) or ordered(search) == me.search:
        return None
    turn = me.turn("switch" if first else "refine", text, [kind, *again])
    me.run_search(turn, search, fresh=first)
    return turn


def vague(me: Shopper) -> Turn | None:
    """Ask for nothing in particular: the right answer is one question."""
    draw = me.rng.random()
    thing = me.rng.choice(THINGS)
    if me.search:
        text = say(me.rng, "vague_more", me.split, who=me.rng.choice(OCCASIONS)[0])
    elif draw < 0.6:
        text = say(me.rng, "vague", me.split)
    else:
        one = thing if thing.startswith("something") or thing.endswith("s") else article(thing)
        if draw > 0.8:
            one += f" {me.rng.choice(OCCASIONS)[0]}"
        ways = [w for w in wordings("search", me.split) if "{anp}" in w]
        text = me.rng.choice(ways).format(anp=one, more="")
    if link(text, me.shelf.facets):
        return None
    if me.rng.random() < 0.08:
        told = rambling(me.rng, text, me.split)
        text = text if link(told, me.shelf.facets) else told
    turn = me.turn("ask", text)
    turn.reply = reply(me.rng, "ask")
    me.asked = True
    return turn


def accept(me: Shopper) -> Turn | None:
    """Say yes to the offer to search without one filter."""
    if not me.relax:
        return None
    turn = me.turn("accept", say(me.rng, "yes", me.split))
    me.run_search(turn, me.relax)
    return turn


def refuse(me: Shopper) -> Turn | None:
    """Say no to the offer."""
    if not me.relax:
        return None
    turn = me.turn("talk", say(me.rng, "no", me.split))
    turn.reply = reply(me.rng, "refused")
    return turn


def start_over(me: Shopper) -> Turn | None:
    """Want to begin again, with nothing said yet of what."""
    turn = me.turn("talk", say(me.rng, "start_over", me.split))
    turn.reply = reply(me.rng, "start_over")
    me.restarted = True
    return turn


def price_only(me: Shopper) -> Turn | None:
    """Answer the question for what with a price alone."""
    if me.search:
        return None
    words, prices = price_phrase(me.rng, me.shelf, me.split)
    turn = me.turn("search", price_text(me.rng, words, me.split))
    me.run_search(turn, dict(prices), fresh=True)
    return turn
