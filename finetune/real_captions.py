"""Turns that say how a product should differ from one on the screen, in people's own words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shelftalk.evals.real_captions import alone, cleaned, worded
from shelftalk.evals.simulation.answering import answer_list
from shelftalk.evals.simulation.dialogue import Step, Turn
from shelftalk.evals.simulation.pointing import point
from shelftalk.finetune.real_wishes import AROUND, MOST_WORDS, content
from shelftalk.tools.linking import link, words

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper

CAPTION_WORDS = AROUND | frozenset("look looks features shows covers much bit slightly little their".split())


def caption_turn(me: Shopper, caption: str) -> Turn | None:
    """Ask for something like a product on the screen that differs as the caption says; None where that fails."""
    text = cleaned(caption)
    query = content(text, CAPTION_WORDS)
    if not 0 < len(query) <= MOST_WORDS:
        return None
    covered = {stem for _, value in link(text, me.shelf.facets) for stem in words(value)}
    if covered and all(set(words(word)) <= covered for word in query):
        return None  # a refinement of the search says it better
    if me.focus is not None and alone(text) and me.rng.random() < 0.35:
        said, product = "", me.focus
    else:
        pointed = point(me)
        if pointed is None or set(words(pointed[0])) & set(words(text)):
            return None
        said, product = pointed
    said_text = worded(me.rng, text, said, me.split)
    hits = [p for p in me.shelf.products if p.category == product.category and p.id != product.id]
    if not hits:
        return None
    hits = me.rng.sample(hits, min(4, len(hits)))
    arguments = {"product": me.handle(product), "query": " ".join(query)}
    turn = me.turn("similar", said_text, [said, *query])
    turn.steps.append(Step("similar", arguments, me.listing(f"similar to [{arguments['product']}]", hits)))
    turn.reply = answer_list(me, "similar", p=f"[{arguments['product']}]")
    return turn
