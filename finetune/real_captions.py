"""How a product should differ, in people's own words, as something said of a product on the screen."""

from __future__ import annotations

import random
import re
from typing import TYPE_CHECKING

from shelftalk.evals.simulation.acts import answer_list
from shelftalk.evals.simulation.dialogue import Step, Turn
from shelftalk.evals.simulation.pointing import point
from shelftalk.finetune.real_wishes import AROUND, MOST_WORDS, content
from shelftalk.tools.linking import link, words

if TYPE_CHECKING:
    from shelftalk.evals.simulation.shopper import Shopper
    from shelftalk.evals.simulation.wordings import Split

# Captions that compare pictures rather than wishes, that say nothing, or that point at something themselves.
_USELESS = re.compile(
    r"\b(provided|identical|image|picture|photo|model|same|similar|match|target|justright|n/a|none|item|product|"
    r"first|second|third|last|you|your|one|ones|i|shown|p\d+|doesn't|don't|dont|doesnt|does|do|instead|sure|"
    r"exact|exactly|nothing|unknown|other)\b"
)
_LEADING = re.compile(
    r"^(?:(?:the )?(?:desired|wanted|new|target)? ?(?:dress|shirt|top|shoes?|boots?|they|it|this)|its|it's) "
    r"(?=is |are |has |have )"
)
_VERB = re.compile(r"^(is|are|has|have|comes|looks|shows|features|covers)\b")
_COMPARES = re.compile(r"\b(more|less|\w{3,}(?:er|ier)|too|not|no)\b")
CAPTION_WORDS = AROUND | frozenset("look looks features shows covers much bit slightly little their".split())

# {h}: the product pointed at; {c}: the caption, which starts with a verb or does not. The last are kept for evaluation.
_WITH_VERB = (
    "like {h} but one that {c}",
    "something like {h} that {c}",
    "similar to {h}, but i want one that {c}",
    "{h} is close but the one i want {c}",
    "{h} is nice, but what i want {c}",
    "i like {h} but i want something that {c}",
    "do you have something like {h} that {c}?",
    "show me one like {h} which {c}",
    "is there anything like {h} that {c}",
    "more like {h}, only that what i need {c}",
    "{h} looks good. can you find one that {c}?",
    "the one i have in mind is like {h} but {c}",
    "what i'm after is like {h} but {c}",
    "almost {h}, mine {c} though",
    "anything close to {h} that {c}?",
    "compared to {h}, the one i'd like {c}",
)
_WITHOUT_VERB = (
    "like {h} but {c}",
    "similar to {h} but {c}",
    "something like {h}, {c}",
    "more like {h} but {c}",
    "{h} but {c}",
    "i like {h} but want it {c}",
    "do you have something like {h}, only {c}?",
    "show me ones like {h} but {c}",
    "is there one like {h} that is {c}",
    "{h} is close. {c} please",
    "{h}, just {c}",
    "same style as {h} but {c}",
)
# Of the product that was just talked about, without pointing at it.
_BARE = (
    "the one i want {c}",
    "i want one that {c}",
    "do you have one that {c}?",
    "mine {c}",
    "what i have in mind {c}",
    "{c}",
    "can you find one which {c}",
)


def cleaned(caption: str) -> str:
    """Return a caption as somebody would say it, "" where it is of no use to a shopper."""
    text = " ".join(caption.lower().replace("’", "'").split()).strip(" .,!-")
    text = _LEADING.sub("", text)
    return "" if _USELESS.search(text) or len(text.split()) > 14 or not text.isascii() else text


def _wrapping(rng: random.Random, split: Split, phrases: tuple[str, ...]) -> str:
    kept = max(1, len(phrases) // 5)
    return rng.choice(phrases[:-kept] if split == "train" else phrases[-kept:])


def caption_turn(me: Shopper, caption: str) -> Turn | None:
    """Ask for something like a product on the screen that differs as the caption says; None where that fails."""
    text = cleaned(caption)
    query = content(text, CAPTION_WORDS)
    if not 0 < len(query) <= MOST_WORDS:
        return None
    covered = {stem for _, value in link(text, me.shelf.facets) for stem in words(value)}
    if covered and all(set(words(word)) <= covered for word in query):
        return None  # a refinement of the search says it better
    verb = _VERB.match(text) is not None
    if me.focus is not None and verb and _COMPARES.search(text) and me.rng.random() < 0.35:
        said, product = "", me.focus
        said_text = _wrapping(me.rng, me.split, _BARE).format(c=text)
    else:
        pointed = point(me)
        if pointed is None:
            return None
        said, product = pointed
        if set(words(said)) & set(words(text)):
            return None
        phrases = _WITH_VERB if verb else _WITHOUT_VERB
        said_text = _wrapping(me.rng, me.split, phrases).format(h=said, c=text)
    hits = [p for p in me.shelf.products if p.category == product.category and p.id != product.id]
    if not hits:
        return None
    hits = me.rng.sample(hits, min(4, len(hits)))
    arguments = {"product": me.handle(product), "query": " ".join(query)}
    turn = me.turn("similar", said_text, [said, *query])
    turn.steps.append(Step("similar", arguments, me.listing(f"similar to [{arguments['product']}]", hits)))
    turn.reply = answer_list(me, "similar", p=f"[{arguments['product']}]")
    return turn
