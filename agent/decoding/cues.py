"""Words without which a shopper asks for no order, and keeps nothing of the search before.

A small model now and then sorts where nobody asked for it, or goes on with a search when something else is wanted.
Where none of these words is said, it may not. The lists are wide: what they let through is the model's to decide.
"""

from __future__ import annotations

import re

_ORDER = re.compile(
    r"che+a?p|pric|cost|afford|budget|broke|poor|student|money|expens|dear|steep|splurg|luxur|best|top|"
    r"rat(?:ed|ing)|review|star|low|high|first|order|sort|bargain|value|pocket|wallet|spend|purse|posh|premium|fanc|"
    r"lov(?:e|ing)|popular|favou?rit|well[- ]liked|recommend|quality|most|least|economic|pay|treat|tight|rich|shelf|"
    r"splash|score|liked|praise|thought|inflation|deal|reasonable|sav(?:e|ing)|cash|skint|frugal|thrift|small|"
    r"mortgage|much|rip|penn(?:y|ies)|bank|robbery|worth|steal|account|rank|up to date|exclusive|finest|classy|"
    r"loan|millionaire|up-?market|de ?luxe|means|economy|more than i|for less|rave|typo|figure",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"\b(?:sam\w*|all (?:that|this|of|else|those)|keep\w*|rest|unchanged|otherwise|leave|left|everything|"
    r"as (?:a|an|it|some)|like (?:that|those|these|this|it)|ma\w+ (?:it|that|them)|match(?:es|ing)|chang\w+|"
    r"this t\w{1,3}|now with|swap\w*|switch\w*|turn\w*|identical|similar|equal|likewise for|repeat\w*|apart from|"
    r"(?:what|how) about|(?:what|all) i (?:asked|said|wanted|had)|and for|if it w\w+|it also|that with|to match|"
    r"stays?|staying|flip|filters?)\b",
    re.IGNORECASE,
)


_ADDED = re.compile(
    r"\W*(?:ok(?:ay)?,? )?(?:and|also|plus)\s+(?:maybe |perhaps |some |an? |any )?(?!more|less)[a-z]+\W*",
    re.IGNORECASE,
)
# What is said to people and is no wish for anything.
POLITE = frozenset(
    "please pls plz thanks thank thx ta cheers bye goodbye hi hello hey hiya ok okay lol haha hmm sorry".split()
)


def asks_for_order(said: str) -> bool:
    """Whether a shopper's words may ask for the cheapest, the dearest or the best rated."""
    return _ORDER.search(said) is not None


def keeps_the_rest(said: str) -> bool:
    """Whether a shopper who names another kind of thing may mean the same wishes for it."""
    return _SAME.search(said) is not None


def is_too_much(said: str, value: str) -> bool:
    """Whether a value is named as what there is too much of: "too casual"."""
    return re.search(rf"\b(?:too|less|overly)\s+{re.escape(value)}\b", said, re.IGNORECASE) is not None


# "what about the first one?" tells no taste, and what the assistant was told is nothing that a shop sells.
_ASKED_ABOUT = re.compile(
    r"\W*(?:(?:and|ok(?:ay)?|so|then),? )?(?:what|how) about [^,.;:!?]{1,40}\?*\W*", re.IGNORECASE
)
_ITSELF = re.compile(r"\b(?:system prompt|your (?:prompt|instructions))\b", re.IGNORECASE)


def may_call(tool: str, said: str, wishes: bool) -> bool:
    """Whether a tool can be what a shopper's words ask for; `wishes`: they name something of the catalogue's."""
    if _ITSELF.search(said):
        return wishes and tool != "hand_over"
    return tool != "remember" or _ASKED_ABOUT.fullmatch(said) is None


def adds_a_thing(said: str) -> bool:
    """Whether a shopper names one thing more and nothing else: "and bowls"."""
    return _ADDED.fullmatch(said.strip()) is not None
