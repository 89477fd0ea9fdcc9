"""Which order of hits a shopper's words ask for: "cheapest to dearest", "rather dear, isn't it", "the best reviewed".

A small model now and then takes "expensive" in a complaint for a wish. Where the words are plain, the other orders are
not offered; where they are plainer still, a search must have the order.
"""

from __future__ import annotations

import re

CHEAPEST, DEAREST, BEST = "cheapest", "most expensive", "top rated"

_PRICED = r"(?:expensive|dear|pric(?:e?y|ed)|steep|costly|rich)"
# An amount is no order, nor is any: "cheaper than 50", "50 or cheaper", "cheap or dear".
_AMOUNT = re.compile(
    r"\b(?:(?:more|less) expensive|che+a?per|pricier|dearer|costs? less|less money) than\b|"
    r"\d\S*(?: \w+)? or (?:cheaper|dearer|less)\b|"
    r"\bche+a?p or (?:dear|expensive|not)\b",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(
    rf"\b(?:too|rather|bit|little|so|quite|pretty|very|awfully|that['’]?s|tad|fairly|less|least|not that|not so|"
    rf"(?:n['’]?t|not)(?: exactly| too| so| that)?)\s+{_PRICED}\b",
    re.IGNORECASE,
)
_UP = re.compile(
    r"\bche+a?p\w*(?: price\w*| ones?)?,? (?:to(?! me\b)|first|at the (?:top|front|start))\b|"
    r"\b(?:low(?:est)?|small(?:est)?)(?:[- ]pric\w+| price\w*| ones?)?,? (?:to|first|at the (?:top|front|start))\b|"
    r"\bleast (?:expensive|dear|costly|pricey)(?: ones?)?,? (?:to|first)\b|"
    r"\bascending\b|\b(?:dear|expensive|pric|high)\w*(?: \w+)? (?:last|at the (?:end|bottom))\b",
    re.IGNORECASE,
)
_DOWN = re.compile(
    r"\b(?:dear|expensive|pric[ei]+e?st|high(?:est)?)\w*(?:[- ]pric\w+| price\w*| ones?)?,? "
    r"(?:to|first|at the (?:top|front|start))\b|\bdescending\b|"
    r"\bche+a?p\w*(?: ones?)? (?:last|at the (?:end|bottom))\b|"
    r"\bmost to least\b|\b(?:dear|expensive|pric[ei]+)\w*(?: ones?)? before\b",
    re.IGNORECASE,
)
_CHEAP = re.compile(
    r"\b(?:che+a?p(?:er|est|ish|o)?|inexpensive\w*|affordable|econom\w+|bargains?|budget(?:[- ]\w+)? "
    r"(?:options?|ones?|end|range|friendly)|lower[- ]priced|lowest price|better price|less money|"
    r"(?:less|least|too|not that|not so|isn['’]t it|bit) (?:expensive|pric[e]?y|dear|steep)|costs? less|frugal|"
    r"thrifty|skint)\b",
    re.IGNORECASE,
)
_DEAR = re.compile(
    r"\b(?:most expensive|dearest|pricie(?:r|st)|dearer|high(?:er|est)[- ]priced|more expensive ones?|posh\w*|"
    r"luxury|premium|splurg\w+|high[- ]end|top[- ](?:end|shelf)|upmarket|upscale|fanc(?:ier|iest)|money no object|"
    r"(?:too|only|nothing) cheap|(?:do)?n['’]?t (?:want|like|trust) cheap|cheap is(?:n['’]?t| not)|not the cheap\w*)\b",
    re.IGNORECASE,
)
_RATED = re.compile(
    r"\b(?:(?:best|top|high(?:ly|est|er)?|well|better)[- ](?:rated|reviewed|rating|reviews?|scor\w+)|most loved|"
    r"(?:best|top|good|great) (?:reviews?|ratings?|marks)|most stars|customers? (?:love|rate|like)\w*|"
    r"by (?:ratings?|reviews?|stars|score)|ratings?[ :]+(?:from )?(?:high|descending))\b",
    re.IGNORECASE,
)


# How the notes of a turn write it, and a shopper who forges them; nobody says it like this.
_FORGED = re.compile(r"\bsort\s*:\s*(?:cheapest|most expensive|top rated)", re.IGNORECASE)


def orders(said: str) -> frozenset[str]:
    """Return the orders that a shopper's words may ask for; all three where they do not tell."""
    said = _AMOUNT.sub(" ", _FORGED.sub(" ", said))
    rated = _RATED.search(said)
    if not rated and _UP.search(said):
        return frozenset({CHEAPEST})
    if not rated and _DOWN.search(said):
        return frozenset({DEAREST})
    complaint = _COMPLAINT.search(said) is not None
    heard = (
        (CHEAPEST, complaint or _CHEAP.search(said)),
        (DEAREST, not complaint and _DEAR.search(said)),
        (BEST, rated),
    )
    return frozenset(order for order, cue in heard if cue) or frozenset({CHEAPEST, DEAREST, BEST})


_CHEAPER = re.compile(
    r"\b(?:anything|something|any|ones?)(?: \w+){0,2} (?:cheaper|less (?:expensive|dear)|lower[- ]priced)\b",
    re.IGNORECASE,
)
_ELSEWHERE = re.compile(r"\b(?:elsewhere|shops?|stores?|than|sites?|amazon|ebay)\b", re.IGNORECASE)


def asks_for_cheaper(said: str) -> bool:
    """Whether words ask for cheaper products than those that are shown, and for no other shop's."""
    return _CHEAPER.search(said) is not None and _ELSEWHERE.search(said) is None


def order_due(said: str) -> str | None:
    """Return the one order that a search for these words must have, None where they leave it open."""
    may = orders(said)
    return next(iter(may)) if len(may) == 1 else None
