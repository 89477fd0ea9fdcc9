"""Turns with no product in them: small talk, what only a person can help with, facts about the shopper."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shelftalk.evals.simulation.dialogue import Step, Turn
from shelftalk.evals.simulation.replies import reply
from shelftalk.evals.simulation.requests import amount, round_price
from shelftalk.evals.simulation.wordings import say
from shelftalk.tools.render import money

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper

_SIZES = (
    "9",
    "42",
    "m",
    "xl",
    "s",
    "38",
    "10",
    "7",
    "l",
    "44",
    "xs",
    "xxl",
    "40",
    "8",
    "36",
    "12",
    "6.5",
    "39",
)


def hand_over(me: Shopper) -> Turn | None:
    """Want a person, or something that only a person can help with."""
    intent = me.rng.choice(("human", "order", "order"))
    turn = me.turn("hand over", say(me.rng, intent, me.split))
    turn.steps.append(Step("hand_over", {}, "handed over to a person"))
    turn.reply = reply(me.rng, intent)
    return turn


def talk(me: Shopper) -> Turn | None:
    """Say something that needs no tool."""
    intents = ("greet", "thanks", "bye", "off", "who", "angry", "other_shop", "ack", "bend")
    weights = (1, 4, 1, 2, 1, 1, 1, 1.5, 1.5) if me.shown else (4, 0, 0.3, 2, 1, 0.7, 1, 0, 1.5)
    intent = me.rng.choices(intents, weights)[0]
    turn = me.turn("talk", say(me.rng, intent, me.split))
    turn.reply = reply(me.rng, intent)
    return turn


def still_dear(me: Shopper) -> Turn | None:
    """Find the cheapest too dear still: there is nothing to search for."""
    if not me.by_price or not me.listed:
        return None
    intent = "still_dear" if me.rng.random() < 0.8 else "cheapest"
    turn = me.turn("talk", say(me.rng, intent, me.split))
    turn.reply = reply(me.rng, "cheapest_already", h=f"[{me.handle(me.listed[0])}]")
    return turn


def either(me: Shopper) -> Turn | None:
    """Not mind which of the two that were compared."""
    turn = me.turn("talk", say(me.rng, "either", me.split))
    turn.reply = reply(me.rng, "either")
    return turn


def facts_about_me(me: Shopper) -> Turn | None:
    """Tell a size or a budget for everything."""
    if me.rng.random() < 0.5:
        size = me.rng.choice(_SIZES)
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
