"""Refinements: the last search again with one or two changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from shelftalk.evals.simulation.lexicon import ADJECTIVES, OCCASIONS, USES, article, plural, singular
from shelftalk.evals.simulation.requests import (
    after_noun,
    amount,
    linked_filters,
    ordered,
    price_phrase,
    price_text,
    round_price,
    uncovered,
)
from shelftalk.evals.simulation.texts import slip
from shelftalk.evals.simulation.wordings import say
from shelftalk.prompts.refinement import merged
from shelftalk.tools.linking import link, settled, words
from shelftalk.tools.product import several

if TYPE_CHECKING:
    from shelftalk.evals.simulation.dialogue import Turn
    from shelftalk.evals.simulation.shopper import Shopper

Change = tuple[str, list[str]]  # the words, and those of them that a slip must not touch

_TYPED = ("colour", "material", "pattern", "style", "brand")  # fields whose values are typed from memory


def _fields(me: Shopper) -> list[str]:
    return [name for name in me.shelf.facets if name != "category"]


def _positive(me: Shopper, text: str, search: dict[str, Any]) -> bool:
    """Take every value that the words mention as a filter; False where they mention two of one field."""
    filters = linked_filters(link(text, me.shelf.facets))
    if not filters:
        return False
    if "category" in filters:
        search["category"] = filters.pop("category")
    _take(search, {"where": filters})
    return True


def _take(search: dict[str, Any], change: dict[str, Any]) -> None:
    """Set filters in a search: what is ruled out is no longer asked for, and the other way round."""
    after = merged(search, change)
    search |= {name: after.get(name, {}) for name in ("where", "exclude")}


def _set(me: Shopper, search: dict[str, Any]) -> Change | None:
    if not _fields(me):
        return None
    name = me.rng.choice(_fields(me))
    value = me.rng.choice(list(me.shelf.facets[name]))
    short = me.rng.random() < 0.25
    text = after_noun(me.rng, name, value) if short else say(me.rng, "set", me.split, v=value)
    if search.get("where", {}).get(name) == value or not _positive(me, text, search):
        return None
    return text, [value]


def _kind(me: Shopper, search: dict[str, Any]) -> Change | None:
    kind = me.rng.choice(list(me.shelf.facets["category"]))
    if search.get("category") in (None, kind) or "image" in search:
        return None
    text = say(me.rng, "kind", me.split, nps=plural(kind), anp=article(kind))
    return (text, [kind]) if _positive(me, text, search) else None


def _budget(me: Shopper, search: dict[str, Any]) -> Change | None:
    phrase, prices = price_phrase(me.rng, me.shelf, me.split)
    text = price_text(me.rng, phrase, me.split)
    low, high = {**search, **prices}.get("min_price"), {**search, **prices}.get("max_price")
    if low is not None and high is not None and low > high:
        return None
    search.update(prices)
    return text, []


def _any_price(me: Shopper, search: dict[str, Any]) -> Change | None:
    if "max_price" not in search and "min_price" not in search:
        return None
    search.pop("max_price", None)
    search.pop("min_price", None)
    return say(me.rng, "any_price", me.split), []


def _any_field(me: Shopper, search: dict[str, Any]) -> Change | None:
    if not search.get("where"):
        return None
    name = me.rng.choice(list(search["where"]))
    search["where"] = {k: v for k, v in search["where"].items() if k != name}
    return say(me.rng, "any_field", me.split, f=name), [name]


def _exclude(me: Shopper, search: dict[str, Any]) -> Change | None:
    if not _fields(me):
        return None
    name = me.rng.choice(_fields(me))
    value = me.rng.choice(list(me.shelf.facets[name]))
    text = say(me.rng, "exclude", me.split, v=value)
    linked = linked_filters(link(text, me.shelf.facets))
    if not linked or len(linked) != 1 or "category" in linked or _is_out(search, linked):
        return None
    _take(search, {"exclude": linked})
    return text, [value]


def _is_out(search: dict[str, Any], linked: dict[str, str]) -> bool:
    out = search.get("exclude", {})
    return any(value in several(out.get(field, ())) for field, value in linked.items())


def _exclude_two(me: Shopper, search: dict[str, Any]) -> Change | None:
    if len(_fields(me)) < 2:
        return None
    if me.rng.random() < 0.4:
        return _exclude_both(me, search)
    values = [me.rng.choice(list(me.shelf.facets[name])) for name in me.rng.sample(_fields(me), 2)]
    text = say(me.rng, "exclude_two", me.split, v=values[0], u=values[1])
    linked = linked_filters(link(text, me.shelf.facets))
    if not linked or len(linked) != 2 or "category" in linked or _is_out(search, linked):
        return None
    _take(search, {"exclude": linked})
    return text, values


def _exclude_both(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Rule out two values of one field."""
    name = me.rng.choice(_fields(me))
    values = list(me.shelf.facets[name])
    if len(values) < 3:
        return None
    one, other = me.rng.sample(values, 2)
    text = say(me.rng, "exclude_two", me.split, v=one, u=other)
    if {*link(text, me.shelf.facets)} != {(name, one), (name, other)} or "," in one + other:
        return None
    if _is_out(search, {name: one}) or _is_out(search, {name: other}):
        return None
    _take(search, {"exclude": {name: sorted((one, other))}})
    return text, [one, other]


def _allow(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Take back what was ruled out."""
    if not search.get("exclude"):
        return None
    name, value = me.rng.choice(list(search["exclude"].items()))
    if not isinstance(value, str):
        return None
    text = say(me.rng, "allow", me.split, v=value)
    if link(text, me.shelf.facets) != [(name, value)]:
        return None
    search["exclude"] = {k: v for k, v in search["exclude"].items() if k != name}
    return text, [value]


def _any_word(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Take back the one word that no filter covers."""
    word = search.get("query", "")
    if word not in ADJECTIVES or len(search) < 2:
        return None
    del search["query"]
    return say(me.rng, "any_word", me.split, w=word), [word]


def _any_kind(me: Shopper, search: dict[str, Any]) -> Change | None:
    if "category" not in search or len(search) < 2:
        return None
    kind = search.pop("category")
    text = say(me.rng, "any_kind", me.split, nps=plural(kind), anp=article(kind))
    return (text, [kind]) if {name for name, _ in link(text, me.shelf.facets)} <= {"category"} else None


def _same_kind(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Name the kind again beside a new value: still the same search."""
    if "category" not in search or not _fields(me):
        return None
    name = me.rng.choice(_fields(me))
    value = me.rng.choice(list(me.shelf.facets[name]))
    kind = search["category"]
    text = say(me.rng, "same_kind", me.split, v=value, nps=plural(kind), np=singular(kind))
    if search.get("where", {}).get(name) == value or not _positive(me, text, search):
        return None
    return (text, [value, kind]) if search["category"] == kind else None


def _sort(me: Shopper, search: dict[str, Any]) -> Change | None:
    intent, order = me.rng.choices(
        (("cheapest", "cheapest"), ("dearest", "most expensive"), ("top", "top rated")), (5, 1.5, 2.5)
    )[0]
    if search.get("sort") == order:
        return None
    search["sort"] = order
    return say(me.rng, intent, me.split), []


def _word(me: Shopper, search: dict[str, Any]) -> Change | None:
    word = me.rng.choice(ADJECTIVES)
    text = say(me.rng, "word", me.split, w=word)
    if link(text, me.shelf.facets) or word in search.get("query", ""):
        return None
    search["query"] = uncovered([*search.get("query", "").split(), word], [])
    return text, [word]


def _use(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Say what it is for, or whom: words of the query."""
    said, carried = me.rng.choice(USES if me.rng.random() < 0.8 else OCCASIONS)
    text = say(me.rng, "for_use", me.split, u=said)
    if link(text, me.shelf.facets) or set(carried.split()) & set(search.get("query", "").split()):
        return None
    search["query"] = uncovered([*search.get("query", "").split(), *carried.split()], [])
    return text, carried.split()


def _mistyped(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Name a value with a slip in it: the catalogue's where it is known by that, else a word of the query as typed."""
    names = [n for n in _fields(me) if n in _TYPED and n not in search.get("where", {})]
    if not names:
        return None
    name = me.rng.choice(names)
    value = me.rng.choice(list(me.shelf.facets[name]))
    if not value.isalpha() or len(value) < 4:
        return None
    typed = slip(me.rng, value)
    text = after_noun(me.rng, name, typed) if me.rng.random() < 0.4 else say(me.rng, "set", me.split, v=typed)
    linked = link(text, me.shelf.facets)
    if linked == [(name, value)] and not _is_out(search, {name: value}):
        search["where"] = {**search.get("where", {}), name: value}
        return text, [typed]
    if linked or words(typed) == words(value) or typed in search.get("query", ""):
        return None
    search["query"] = uncovered([*search.get("query", "").split(), typed], [])
    return text, [typed]


def _still_dear(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Find the cheapest too dear still, and say how much it may be."""
    if search.get("sort") != "cheapest":
        return None
    most = round_price(me.rng, me.rng.choice(me.shelf.prices("")))
    if most < search.get("min_price", 0) or most >= search.get("max_price", most + 1):
        return None
    search["max_price"] = most
    lead = say(me.rng, "still_dear", me.split).rstrip("?")
    return f"{lead}, {say(me.rng, 'max', me.split, n=amount(me.rng, most))}", []


def _either(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Ask for one of two values of a field: no filter, but words of the query."""
    names = [n for n in _fields(me) if n in ("colour", "material", "pattern", "style")]
    if not names:
        return None
    name = me.rng.choice(names)
    values = [value for value in me.shelf.facets[name] if value.isalpha()]
    if len(values) < 2:
        return None
    one, other = me.rng.sample(values, 2)
    text = say(me.rng, "either_value", me.split, v=one, u=other)
    if link(text, me.shelf.facets) != [(name, one), (name, other)]:
        return None
    search["where"] = {k: v for k, v in search.get("where", {}).items() if k != name}
    search["query"] = uncovered([*search.get("query", "").split(), one, other], [])
    return text, [one, other]


def _rather(me: Shopper, search: dict[str, Any]) -> Change | None:
    """Find what is shown too much of something, and want another thing of it: a value or a word for another."""
    names = [n for n in search.get("where", {}) if n in ("colour", "material", "pattern", "style", "usage")]
    word = search.get("query", "")
    if names and me.rng.random() < 0.7:
        name = me.rng.choice(names)
        old = search["where"].pop(name)
        others = [value for value in me.shelf.facets[name] if value != old]
        if others and me.rng.random() < 0.6:
            new = me.rng.choice(others)
            search["where"][name] = new
        else:
            new = me.rng.choice(ADJECTIVES)
            search["query"] = uncovered([*word.split(), new], [])
    elif word in ADJECTIVES:
        old, new = word, me.rng.choice([w for w in ADJECTIVES if w != word])
        search["query"] = new
    else:
        return None
    text = say(me.rng, "rather", me.split, w=old, v=new)
    meant = [(name, value) for name, value in link(text, me.shelf.facets) if value not in (old, new)]
    if meant or (link(new, me.shelf.facets) and new not in search.get("where", {}).values()):
        return None
    return text, [old, new]


_CHANGES: list[tuple[Callable[[Shopper, dict[str, Any]], Change | None], float]] = [
    (_set, 32),
    (_budget, 20),
    (_exclude, 18),
    (_exclude_two, 4),
    (_allow, 22),  # seldom possible
    (_any_word, 14),
    (_any_kind, 2.5),
    (_same_kind, 8),
    (_sort, 12),
    (_word, 10),
    (_use, 9),
    (_mistyped, 7),
    (_still_dear, 12),  # seldom possible
    (_kind, 6),
    (_either, 4),
    (_rather, 12),
    (_any_price, 8),
    (_any_field, 8),
]
_JOINED = frozenset((_set, _budget, _exclude, _word, _any_price, _any_field))


def refine(me: Shopper) -> Turn | None:
    """Ask for the same with a change, now and then with two in one breath."""
    if not me.search:
        return None
    search = {key: dict(value) if isinstance(value, dict) else value for key, value in me.search.items()}
    changes, weights = zip(*_CHANGES, strict=True)
    first = me.rng.choices(changes, weights)[0]
    change = first(me, search)
    if change is None:
        return None
    text, keep = change
    if first in _JOINED and me.rng.random() < 0.18:
        second = me.rng.choice(
            [c for c in (_set, _budget, _sort) if c is not first and (c, first) != (_budget, _any_price)]
        )
        more = second(me, search)
        # Both halves must read the same together as apart: a value must not link across the seam.
        if more is None or (first is _exclude) or len(link(f"{text} , {more[0]}", me.shelf.facets)) > 2:
            return None
        joint = (
            " " if more[0].startswith(("but ", "and ")) else me.rng.choice((" and ", " and ", ", ", ", and "))
        )
        text = f"{text.rstrip('?. ')}{joint}{more[0]}"
        keep += more[1]
    before: dict[str, Any] = dict(me.search)
    out = [value for values in search.get("exclude", {}).values() for value in several(values)]
    for one in (before, search):
        one["query"] = settled(str(one.get("query", "")), _filters(search), me.shelf.facets, out)
    if not ordered(search) or ordered(search) == me.search:
        return None
    turn = me.turn("refine", text, keep)
    # What a filter takes out of the query needs no word of the model's.
    turn.so_far = ordered(before)
    me.run_search(turn, search)
    return turn


def _filters(search: dict[str, Any]) -> dict[str, str]:
    return {"category": search.get("category", ""), **search.get("where", {})}
