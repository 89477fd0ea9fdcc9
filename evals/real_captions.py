"""How a product should differ, as people wrote it, put into a shopper's sentence about a product on the screen."""

from __future__ import annotations

import random
import re

from shelftalk.evals.simulation.pointing import IT
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
    "the one i want {c}",
    "what i have in mind {c}",
    "{c}",
    "mine {c}",
    "the one i'm after {c}",
)


_LIKE = re.compile(r"\b(like|similar to|same style as|close to|compared to) \{h\}")


def cleaned(caption: str) -> str:
    """Return a caption as somebody would say it, "" where it is of no use to a shopper."""
    text = " ".join(caption.lower().replace("’", "'").split()).strip(" .,!-")
    text = _LEADING.sub("", text)
    return "" if _USELESS.search(text) or len(text.split()) > 14 or not text.isascii() else text


def _singular(text: str) -> str:
    return re.sub(r"^are\b", "is", re.sub(r"^have\b", "has", text))


def _wrapping(rng: random.Random, split: Split, phrases: tuple[str, ...]) -> str:
    kept = max(1, len(phrases) // 5)
    return rng.choice(phrases[:-kept] if split == "train" else phrases[-kept:])


def worded(rng: random.Random, caption: str, said: str, split: Split) -> str:
    """Put a cleaned caption into a sentence about the product that `said` points at; "" means the one just talked of.

    Every fifth way or so is kept for evaluation. Of shoes captions mostly say "are", and shoppers "one that is".
    """
    verb = _VERB.match(caption) is not None
    if verb and rng.random() < 0.75:
        caption = _singular(caption)
    phrases: tuple[str, ...] = _BARE if not said else _WITH_VERB if verb else _WITHOUT_VERB
    if said in IT:  # "it but darker" may mean the search as well
        phrases = tuple(phrase for phrase in phrases if _LIKE.search(phrase))
    return _wrapping(rng, split, phrases).format(h=said, c=caption)


def alone(caption: str) -> bool:
    """Say whether a cleaned caption can be said of the product just talked of, with no word that points at it."""
    return _VERB.match(caption) is not None and _COMPARES.search(caption) is not None
