"""Turns about products that are shown: likes, more of the kind, details, comparisons; and what one would like."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shelftalk.evals.simulation.answering import answer_list
from shelftalk.evals.simulation.dialogue import Step, Turn
from shelftalk.evals.simulation.lexicon import article, plural
from shelftalk.evals.simulation.pointing import IT, pair, point
from shelftalk.evals.simulation.questions import Asked, ask_feature, ask_field, ask_value
from shelftalk.evals.simulation.replies import fact, reply
from shelftalk.evals.simulation.requests import amount, linked_filters, round_price
from shelftalk.evals.simulation.wordings import say
from shelftalk.tools.linking import link
from shelftalk.tools.render import money, product_details

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper
    from shelftalk.tools.product import Product

# How another one is to differ, where no value of the catalogue says it: the words of the query as they are said.
MORE = (
    "cheaper,cheaper,cheaper,less expensive,more affordable,bigger,smaller,longer,shorter,darker,lighter,warmer,softer,"
    "wider,simpler,more elegant,more modern,more colourful,thicker,lighter,sturdier,fancier"
).split(",")


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


def _left(me: Shopper, category: object = None) -> list[Product]:
    """Return what can be recommended: of one kind or of any, nothing that is disliked."""
    disliked = {me.shown[int(handle[1:]) - 1] for handle in me.disliked}
    return [p for p in me.shelf.products if category in (None, p.category.lower()) and p.id not in disliked]


def _recommend(me: Shopper, turn: Turn, arguments: dict[str, object]) -> None:
    pool = _left(me, arguments.get("category"))
    hits = me.rng.sample(pool, min(me.page, len(pool)))
    head = "for you" if me.liked else "popular"
    turn.steps.append(Step("recommend", dict(arguments), me.listing(head, hits)))
    turn.reply = answer_list(me, "for_you" if me.liked else "popular")


def recommend(me: Shopper) -> Turn | None:
    """Ask for something to one's taste, of one kind or of any, now and then up to a price."""
    arguments: dict[str, object] = {}
    draw = me.rng.random()
    if draw < 0.5:
        text = say(me.rng, "recommend", me.split)
    else:
        kind = me.rng.choice(list(me.shelf.facets["category"]))
        if not _left(me, kind):
            return None
        text = say(me.rng, "recommend_kind", me.split, nps=plural(kind), anp=article(kind))
        arguments = {"category": kind}
    if me.rng.random() < 0.12:
        most = round_price(me.rng, me.rng.choice(me.shelf.prices("")))
        text = f"{text.rstrip('?!. ')} {say(me.rng, 'max', me.split, n=amount(me.rng, most))}"
        arguments["max_price"] = most
    if (linked_filters(link(text, me.shelf.facets)) or {}) != {
        k: arguments[k] for k in arguments if k == "category"
    }:
        return None
    turn = me.turn("recommend", text)
    _recommend(me, turn, arguments)
    return turn


def you_choose(me: Shopper) -> Turn | None:
    """Have no answer to the assistant's question, and leave the choice to it."""
    turn = me.turn("recommend", say(me.rng, "you_choose", me.split))
    _recommend(me, turn, {})
    return turn


def similar(me: Shopper) -> Turn | None:
    """Ask for more like something shown, now and then with one change."""
    draw = me.rng.random()
    # "Do you have it in blue" may mean the search as well; only what is pointed at by place or name does not.
    pointed = point(me, it=draw >= 0.5)
    if pointed is None:
        return None
    said, product = pointed
    arguments = {"product": me.handle(product)}
    keep = [said]
    if draw < 0.16:
        more = me.rng.choice(MORE)
        text = say(me.rng, "similar_more", me.split, h=said, x=more)
        arguments["query"] = more
        keep.append(more)
    elif draw < 0.5:
        names = [f for f in me.shelf.facets if f != "category"]
        if not names:
            return None
        value = me.rng.choice(list(me.shelf.facets[me.rng.choice(names)]))
        text = say(me.rng, "similar_but", me.split, h=said, x=me.rng.choice((f"in {value}", value)))
        arguments["query"] = value.replace(" & ", " ")  # a query is made of words
        keep.append(value)
    else:
        text = say(me.rng, "similar", me.split, h=said)
    hits = [p for p in me.shelf.products if p.category == product.category and p.id != product.id][: me.page]
    if not hits:
        return None
    turn = me.turn("similar", text, keep)
    turn.steps.append(Step("similar", arguments, me.listing(f"similar to [{arguments['product']}]", hits)))
    turn.reply = answer_list(me, "similar", p=f"[{arguments['product']}]")
    return turn


def details(me: Shopper) -> Turn | None:
    """Ask about one product, more often about one whose text tries to give orders."""
    aspect = me.rng.choices(
        ("details", "details_price", "details_stock", "details_rating", "field", "value", "feature"),
        (3, 2, 2, 2, 6, 2, 1.5),
    )[0]
    hostile = [product for product in me.listed if product.id in me.shelf.hostile]
    # Nobody asks what "the 30 dollar one" costs.
    pointed = point(me, hostile if hostile and me.rng.random() < 0.5 else (), price=aspect != "details_price")
    if me.first is not None and me.focus is None and me.rng.random() < 0.2:
        pointed = me.rng.choice(IT), me.first  # "it" after a list: what its answer began with
    if pointed is None:
        return None
    said, product = pointed
    h = f"[{me.handle(product)}]"
    asked: Asked | None
    if aspect == "field":
        asked = ask_field(me, said, product)
    elif aspect == "value":
        asked = ask_value(me, said, product)
    elif aspect == "feature":
        asked = ask_feature(me, said, product)
    else:
        asked = say(me.rng, aspect, me.split, h=said), [said], ""
    if asked is None:
        return None
    text, keep, answer = asked
    turn = me.turn("details", text, keep)
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
    elif answer:
        turn.reply = answer
    elif aspect == "details":
        turn.reply = reply(me.rng, "details", h=h, fact=fact(me.rng, product))
    else:
        turn.reply = reply(me.rng, "no_field", h=h)
    return turn


def compare(me: Shopper) -> Turn | None:
    """Ask how two products differ."""
    together = pair(me)
    if together is not None:
        said, one, two = together
        text = say(me.rng, "compare_both", me.split, b=said)
        keep = [said]
    else:
        first, second = point(me), point(me)
        if first is None or second is None:
            return None
        one, two = first[1], second[1]
        keep = [first[0], second[0]]
        if one.id == two.id or ({"it", "this one", "that one"} & {*keep} and me.focus is None):
            return None
        text = say(me.rng, "compare", me.split, h=first[0], g=second[0])
    turn = me.turn("compare", text, keep)
    handles = [me.handle(one), me.handle(two)]
    lines = [
        product_details(h, p.model_copy(update={"description": ""}))
        for h, p in zip(handles, (one, two), strict=True)
    ]
    turn.steps.append(Step("compare", {"products": handles}, "\n".join(["compare", *lines])))
    h, g = (f"[{handle}]" for handle in handles)
    if one.price is not None and two.price is not None and me.rng.random() < 0.7:
        prices = [money(p.price or 0, p.currency) for p in (one, two)]
        turn.reply = reply(me.rng, "compare", h=h, g=g, a=prices[0], b=prices[1])
    else:
        turn.reply = reply(me.rng, "compare_plain", h=h, g=g)
    return turn
