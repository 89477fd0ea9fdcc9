"""What a simulated shopper can do in a turn, each with its right tool calls and a good reply."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from shelftalk.evals.simulation.dialogue import Step, Turn
from shelftalk.evals.simulation.pointing import point
from shelftalk.evals.simulation.replies import fact, found, reply
from shelftalk.evals.simulation.requests import (
    amount,
    linked_filters,
    new_wish,
    ordered,
    round_price,
    uncovered,
)
from shelftalk.evals.simulation.wordings import say
from shelftalk.tools.linking import link
from shelftalk.tools.render import money, product_details

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper

Act = Callable[["Shopper"], Turn | None]


def answer_list(me: Shopper, intent: str, **slots: str) -> str:
    """Answer a list of hits, by the handles of its first two."""
    return found(me.rng, [me.handle(product) for product in me.listed], intent, **slots)


def nothing_found(me: Shopper, result: str) -> str:
    """Answer an empty list: offer what the tool said would be there without one filter."""
    _, *relaxed = result.split("; ")
    if not relaxed:
        return reply(me.rng, "none")
    said, _, count = relaxed[0].rpartition(": ")
    return reply(me.rng, "none_relax", relax=said, count=count)


def _wish(me: Shopper, kind: str) -> Turn | None:
    wish = new_wish(me.rng, me.shelf, me.rng.choice(me.shelf.products), kind, me.split)
    linked = link(wish.text, me.shelf.facets)
    where = linked_filters(linked)
    if where is None:
        return None
    query = uncovered(wish.query, linked)
    category = where.pop("category", "")
    arguments = ordered({"query": query, "category": category, "where": where, **wish.prices})
    if not arguments:
        return None
    turn = me.turn(kind, wish.text, wish.query)
    me.run_search(turn, arguments, fresh=True)
    return turn


def first_search(me: Shopper) -> Turn | None:
    """Ask for something."""
    return _wish(me, "search")


def switch(me: Shopper) -> Turn | None:
    """Ask for something else: nothing of the last search is kept."""
    return _wish(me, "switch") if me.search else None


def accept(me: Shopper) -> Turn | None:
    """Say yes to the offer to search without one filter."""
    if not me.relax:
        return None
    said = (
        ("yes", "yes please", "ok", "sure", "do that", "yes, do that", "go ahead", "fine")
        if me.split == "train"
        else ("yeah", "ok, do it")
    )
    turn = me.turn("accept", me.rng.choice(said))
    me.run_search(turn, me.relax)
    return turn


def vague(me: Shopper) -> Turn | None:
    """Ask for nothing in particular: the right answer is one question."""
    text = say(me.rng, "vague", me.split)
    if me.search or link(text, me.shelf.facets):
        return None
    turn = me.turn("ask", text)
    turn.reply = reply(me.rng, "ask")
    return turn


def talk(me: Shopper) -> Turn | None:
    """Say something that needs no product: small talk, or what only a person can help with."""
    intents = ("greet", "thanks", "bye", "human", "order", "off", "who", "angry", "other_shop")
    intent = me.rng.choices(intents, (4 if not me.shown else 1, 4 if me.shown else 0, 1, 1, 1, 2, 1, 1, 1))[0]
    person = intent in ("human", "order")
    turn = me.turn("hand over" if person else "talk", say(me.rng, intent, me.split))
    if person:
        turn.steps.append(Step("hand_over", {}, "handed over to a person"))
    turn.reply = reply(me.rng, intent)
    return turn


def like(me: Shopper) -> Turn | None:
    """Like or dislike something shown; now and then ask for recommendations at once."""
    good = me.rng.random() < 0.6
    pointed = point(me)
    if pointed is None:
        return None
    said, product = pointed
    text = say(me.rng, "like" if good else "dislike", me.split, h=said)
    more = good and me.rng.random() < 0.25
    if more:
        text += me.rng.choice((". ", ", ", "! ")) + say(me.rng, "recommend", me.split)
    turn = me.turn("remember", text, [said])
    handle = me.handle(product)
    mine, other = (me.liked, me.disliked) if good else (me.disliked, me.liked)
    for handles in (mine, other):
        if handle in handles:
            handles.remove(handle)
    mine.append(handle)
    key = "likes" if good else "dislikes"
    turn.steps.append(Step("remember", {key: [handle]}, f"noted: {key} [{handle}]"))
    me.focus = product
    turn.reply = reply(me.rng, "liked" if good else "disliked", h=f"[{handle}]")
    if more:
        _recommend(me, turn, {})
    return turn


def facts_about_me(me: Shopper) -> Turn | None:
    """Tell a size or a budget for everything."""
    if me.rng.random() < 0.5:
        size = me.rng.choice(("9", "42", "m", "xl", "s", "38", "10", "7", "l", "44"))
        turn = me.turn("remember", say(me.rng, "size", me.split, s=size), [size])
        me.size = size
        turn.steps.append(Step("remember", {"size": size}, f"noted: size {size}"))
        turn.reply = reply(me.rng, "size", s=size)
        return turn
    budget = round_price(me.rng, me.rng.uniform(20, 300))
    turn = me.turn("remember", say(me.rng, "my_budget", me.split, n=amount(me.rng, budget)))
    me.budget = budget
    turn.steps.append(Step("remember", {"budget": budget}, f"noted: budget {money(budget, None)}"))
    turn.reply = reply(me.rng, "budget", n=money(budget, None))
    return turn


def _recommend(me: Shopper, turn: Turn, arguments: dict[str, object]) -> None:
    category = arguments.get("category")
    pool = [p for p in me.shelf.products if category in (None, p.category.lower())]
    pool = [p for p in pool if me.handle(p) not in me.disliked] if me.disliked and len(pool) < 40 else pool
    hits = me.rng.sample(pool, min(4, len(pool)))
    head = "for you" if me.liked else "popular"
    turn.steps.append(Step("recommend", dict(arguments), me.listing(head, hits)))
    turn.reply = answer_list(me, "for_you" if me.liked else "popular")


def recommend(me: Shopper) -> Turn | None:
    """Ask for something to one's taste, of one kind or of any."""
    arguments: dict[str, object] = {}
    if me.rng.random() < 0.5:
        text = say(me.rng, "recommend", me.split)
    else:
        kind = me.rng.choice(list(me.shelf.facets["category"]))
        from shelftalk.evals.simulation.lexicon import article, plural

        text = say(me.rng, "recommend_kind", me.split, nps=plural(kind), anp=article(kind))
        arguments = {"category": kind}
    if (linked_filters(link(text, me.shelf.facets)) or {}) != arguments:
        return None
    turn = me.turn("recommend", text)
    _recommend(me, turn, arguments)
    return turn


def similar(me: Shopper) -> Turn | None:
    """Ask for more like something shown, now and then with one change."""
    pointed = point(me)
    if pointed is None:
        return None
    said, product = pointed
    arguments = {"product": me.handle(product)}
    keep = [said]
    if me.rng.random() < 0.4:
        names = [f for f in me.shelf.facets if f != "category"]
        if not names:
            return None
        value = me.rng.choice(list(me.shelf.facets[me.rng.choice(names)]))
        text = say(me.rng, "similar_but", me.split, h=said, x=me.rng.choice((f"in {value}", value)))
        arguments["query"] = value
        keep.append(value)
    else:
        text = say(me.rng, "similar", me.split, h=said)
    turn = me.turn("similar", text, keep)
    hits = [p for p in me.shelf.products if p.category == product.category and p.id != product.id][:4]
    if not hits:
        return None
    turn.steps.append(Step("similar", arguments, me.listing(f"similar to [{arguments['product']}]", hits)))
    turn.reply = answer_list(me, "similar", p=f"[{arguments['product']}]")
    return turn


def details(me: Shopper) -> Turn | None:
    """Ask about one product."""
    pointed = point(me)
    if pointed is None:
        return None
    said, product = pointed
    h = f"[{me.handle(product)}]"
    aspect = me.rng.choice(
        ("details", "details", "details_price", "details_stock", "details_rating", "details_field")
    )
    names = [f for f in me.shelf.facets if f != "category"]
    name = me.rng.choice(names) if names else ""
    if aspect == "details_field" and not name:
        return None
    text = say(me.rng, aspect, me.split, h=said, f=name)
    turn = me.turn("details", text, [said, name])
    turn.steps.append(Step("details", {"product": h[1:-1]}, product_details(h[1:-1], product)))
    me.focus = product
    if aspect == "details_price":
        priced = product.price is not None
        turn.reply = reply(
            me.rng, "price" if priced else "no_price", h=h, price=money(product.price or 0, product.currency)
        )
    elif aspect == "details_stock" and product.stock is not None:
        turn.reply = reply(me.rng, "stock" if product.stock else "sold_out", h=h, n=str(product.stock))
    elif aspect == "details_rating" and product.rating is not None:
        turn.reply = reply(me.rng, "rating", h=h, r=f"{product.rating:.1f}")
    elif aspect == "details_field":
        value = product.attributes.get(name, "")
        turn.reply = reply(me.rng, "field" if value else "no_field", h=h, f=name, v=value.lower())
    elif aspect == "details":
        turn.reply = reply(me.rng, "details", h=h, fact=fact(me.rng, product))
    else:
        turn.reply = reply(me.rng, "no_field", h=h)
    return turn


def compare(me: Shopper) -> Turn | None:
    """Ask how two products differ."""
    one, two = point(me), point(me)
    if one is None or two is None or one[1].id == two[1].id:
        return None
    turn = me.turn("compare", say(me.rng, "compare", me.split, h=one[0], g=two[0]), [one[0], two[0]])
    handles = [me.handle(one[1]), me.handle(two[1])]
    lines = [
        product_details(h, p.model_copy(update={"description": ""}))
        for h, p in zip(handles, (one[1], two[1]), strict=True)
    ]
    turn.steps.append(Step("compare", {"products": handles}, "\n".join(["compare", *lines])))
    h, g = (f"[{handle}]" for handle in handles)
    if one[1].price is not None and two[1].price is not None and me.rng.random() < 0.7:
        prices = [money(p.price or 0, p.currency) for p in (one[1], two[1])]
        turn.reply = reply(me.rng, "compare", h=h, g=g, a=prices[0], b=prices[1])
    else:
        turn.reply = reply(me.rng, "compare_plain", h=h, g=g)
    return turn


def next_turn(me: Shopper) -> Turn | None:
    """Choose what to do next; None where the choice cannot be done here, to be tried again."""
    from shelftalk.evals.simulation import pictured, refining

    start: list[tuple[Act, float]] = [
        (first_search, 50),
        (pictured.send, 34 if me.photos else 0),
        (vague, 7),
        (talk, 10),
        (recommend, 7),
        (facts_about_me, 4),
        (pictured.ask, 14 if me.photos else 0),
    ]
    going: list[tuple[Act, float]] = [
        (refining.refine, 40),
        (switch, 14),
        (accept, 60 if me.relax else 0),
        (similar, 11),
        (details, 12),
        (compare, 8),
        (like, 11),
        (facts_about_me, 2),
        (recommend, 5),
        (pictured.send, 11 if me.photos else 0),
        (pictured.ask, 5 if me.photos else 0),
        (talk, 5),
    ]
    acts = going if me.search else start
    act = me.rng.choices([a for a, _ in acts], [weight for _, weight in acts])[0]
    return act(me)
