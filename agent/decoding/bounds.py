"""Which side of a price an amount stands on, by the words around it: "not a penny over 50", "60 at the outside".

A small model now and then takes the most that a shopper would pay for the least. Where the words tell the side, an
amount is offered for that side alone, and a search must have it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

MOST, LEAST = "max_price", "min_price"

_SIGN = r"(?:[$€£]|usd|eur|gbp|rs\.?)?"
_MONEY = r"(?:dollars?|bucks?|pounds?|quid|euros?|usd|eur|gbp)"
_AMOUNT = re.compile(
    rf"(?<![\w.,]){_SIGN}\s?(\d[\d.,]*\d|\d)\s?[$€£]?(?:\s?{_MONEY})?(?!\w)(?:\s?[$€£])?(?! ones?\b)",
    re.IGNORECASE,
)
# What may stand between a cue and its amount.
_LINK = (
    r"(?:\s+(?:the|a|an|my|our|of|at|about|around|is|are|to|be|as|it|than|just|absolute|only|exactly|like|say|"
    r"price|cost|costs|costing|priced))*"
)
_MORE = (
    r"(?:over|above|beyond|exceed(?:s|ed|ing)?|surpass\w*|topping|north of|upwards? of|in excess of|upwards from|"
    r"(?:more|higher|greater|pricier|dearer|costlier|steeper)(?: expensive)? than|more expensive than|(?<!-)>=?)"
)
_LESS = (
    r"(?:under|below|beneath|underneath|south of|this side of|short of|within|inside|up to|as (?:far|high|much) as|"
    r"(?:less|lower|cheaper|fewer|smaller)(?: expensive| money)? than|less expensive than|<=?)"
)
_NO = (
    r"(?:not?|never|without|nothing?|none|nobody|nor|neither|avoid|refuse|cannot|\w+n['’]t|"
    r"(?:do|does|did|is|are|wo|ca|must|should|would|could)nt)"
)
_ON = r"(?:\s+(?!and\b|or\b|but\b|as\b|else\b|otherwise\b)[\w'’]+){0,5}?\s+"
# "i won't look at anything that isn't under 50": two of them are none.
_TWICE = re.compile(
    rf"\b{_NO}\b[^.;]*?\b(?:anything|something|one|ones) (?:that|which)?\s?(?:is|does|are|do)(?:n['’]?t| not)\b",
    re.IGNORECASE,
)
_VERY = r"(?:the )?(?:very |absolute )?"
_CAP = (
    rf"(?:max|maximum|at {_VERY}(?:most|highest|max|maximum)|cap(?:ped)?|ceiling|limit(?:ed)?|tops|budget|"
    r"upper (?:limit|end|bound)|n['’]t top|not top|stops?|until|till?|top price|only (?:got|have|spend))"
)
_FLOOR = (
    rf"(?:min|minimum|at {_VERY}(?:least|lowest|minimum)|floor|(?:lower|bottom|low|lowest) (?:limit|end|bound)|from|"
    r"(?:start|begin)(?:s|n?ing)?(?: (?:at|from))?)"
)
_ITS = r"\W{0,3}(?:(?:as|is|being)\s+)?(?:(?:the|my|our|an?|your)\s+)?"


def _before(cue: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w){cue}{_LINK}[\s:]*$", re.IGNORECASE)


def _behind(cue: str) -> re.Pattern[str]:
    return re.compile(rf"{cue}(?!\w)", re.IGNORECASE)


_BEFORE = (
    (_before(r"the most (?:i|we)\b(?:['’]\w+)?(?: \w+){0,6}"), MOST),
    (_before(r"change(?: \w+)? (?:from|out of|for)"), MOST),
    # Neither is told by its last words: "i'll walk away if it's over 50", "what i can hand over is 50".
    (_before(rf"if(?:\s+[\w'’]+){{1,4}}?\s+(?:{_MORE}|{_LESS})"), None),
    (_before(r"hand(?:ing)? over"), None),
    (_before(rf"{_NO}{_ON}{_MORE}"), MOST),
    (_before(rf"{_NO}{_ON}(?!up to|within){_LESS}"), LEAST),
    (_before(rf"{_NO}{_ON}{_FLOOR}"), None),
    # Whether that is wanted or not, "skip the ones under 50", is for the model to say.
    (
        _before(
            rf"(?:(?:any|some|every)thing|things?|ones?|those|the|what\w*|spend\w*)(?: \w+)?(?:['’]s)?\s+"
            rf"(?:{_MORE}|{_LESS})"
        ),
        None,
    ),
    (_before(_LESS), MOST),
    (_before(rf"go\w*\s+{_MORE}"), None),  # whoever does that says not, if perhaps not in so many letters
    (_before(_MORE), LEAST),
    (_before(_FLOOR), LEAST),
    (_before(_CAP), MOST),
)
_BEHIND = (  # from the end of the amount on
    (
        _behind(r"\W{0,3}(?:or|and)\s+(?:less|under|below|cheaper|lower|fewer|down(?:wards)?)(?! than\b)"),
        MOST,
    ),
    (
        _behind(
            r"\W{0,3}(?:or|and)\s+(?:more|over|above|up|upwards?|higher|dearer|pricier|beyond)(?! than\b)"
        ),
        LEAST,
    ),
    (
        _behind(
            r"\W{0,3}(?:to spend|in my pocket|(?:and|but) (?:not (?:an? )?|no )(?:\w+ )?more|and that['’]?s (?:it|all))"
        ),
        MOST,
    ),
    (
        _behind(
            rf"{_ITS}(?:very |absolute |upper )?(?:max|maximum|tops|limit|ceiling|cap|"
            rf"at {_VERY}(?:most|max|maximum|outside))"
        ),
        MOST,
    ),
    (_behind(r"(?:\s?\+|\s+plus)"), LEAST),
    (_behind(r"\W{0,3}down(?:wards?)?"), MOST),
    (
        _behind(
            rf"{_ITS}(?:very |absolute |lower )?(?:min|minimum|floor|at {_VERY}(?:least|minimum)|upwards?)"
        ),
        LEAST,
    ),
)
_CLAUSE = re.compile(r"[.!?;,](?:\s|$)")
_BREAK = re.compile(
    r"[,;.]\s|\bbut\b|\band\b(?! (?:less|more|under|over|below|above|up|down|cheaper|not?)\b)", re.IGNORECASE
)
_TO = re.compile(r"\s*(?:->?|–|→|(?:to|till?|until|up to)(?: maybe)?)\s*", re.IGNORECASE)
_SHORT = re.compile(r"\b(max|min)\.", re.IGNORECASE)
_OR = re.compile(r"\s*(?:or|nor)\b", re.IGNORECASE)
_NEGATION = re.compile(rf"(?<!\w){_NO}(?!\w)", re.IGNORECASE)
_AND = re.compile(r"\s*(?:and|&)\s*", re.IGNORECASE)
_BETWEEN = re.compile(
    r"\b(?:between|betwixt|within|inside|from|somewhere|anywhere)\b(?:\s+\w+){0,2}\s*$", re.IGNORECASE
)


def amount(text: str) -> str:
    """Return an amount as calls write it: "1,299.00" is "1299", "49.9" is "49.90"."""
    whole, cents = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", text).groups()  # type: ignore[union-attr]
    number = float(f"{re.sub('[.,]', '', whole) or 0}.{cents or 0}")
    return f"{number:.2f}".removesuffix(".00")


def sides(said: str) -> dict[str, str]:
    """Return amount -> "max_price" or "min_price" for the amounts whose side the words around them tell."""
    said = _SHORT.sub(r"\1", _TWICE.sub(" ", said))
    found = list(_AMOUNT.finditer(said))
    gaps = [said[a.end() : b.start()] for a, b in pairwise(found)]
    before = [said[: found[0].start()], *gaps] if found else []
    after = [*gaps, said[found[-1].end() :]] if found else []
    lead = [_side(_BEFORE, _CLAUSE.split(text)[-1]) for text in _negated(before)]
    # "leave out what is under 20 or over 50": the second is told as little as the first.
    for at in range(1, len(lead)):
        if _OR.match(before[at]) and lead[at - 1] is None:
            lead[at] = None
    told: dict[str, set[str | None]] = {}
    for at, here in enumerate(found):
        number = amount(here[1])
        # "min 20 max 50": what stands between two amounts and tells of the second does not tell of the first.
        own, *rest = _BREAK.split(after[at])
        shared = at + 1 < len(found) and lead[at + 1] and not rest
        behind = None if shared else _side(_BEHIND, own if at + 1 < len(found) else after[at])
        side = lead[at] if behind in (None, lead[at]) else behind if lead[at] is None else None
        told.setdefault(number, set()).add(side)
    for at, gap in enumerate(gaps):
        low, high = (amount(found[i][1]) for i in (at, at + 1))
        if float(low) < float(high) and (
            _TO.fullmatch(gap) or (_AND.fullmatch(gap) and _BETWEEN.search(before[at]))
        ):
            told[low], told[high] = {LEAST}, {MOST}
    sure = {number: side for number, (side, *more) in told.items() if side and not more}
    # "50 is the ceiling, but under 30 i don't trust it": of two on one side the inner one is told by more than that.
    outer = {MOST: max, LEAST: min}
    for side, best in outer.items():
        amounts = [number for number, one in sure.items() if one == side]
        for number in amounts:
            if number != best(amounts, key=float):
                del sure[number]
    return sure


def _negated(before: Sequence[str]) -> Iterator[str]:
    """Yield what stands before each amount, with the no that holds on: "nothing under 10 or over 40"."""
    no = ""
    for at, text in enumerate(before):
        goes_on = _OR.match(text) if at and no else None
        yield f"{no} {text[goes_on.end() :]}" if goes_on else text
        no = no if goes_on else ""
        found = _NEGATION.findall(text)
        no = found[-1] if found else no


def _side(cues: Sequence[tuple[re.Pattern[str], str | None]], text: str) -> str | None:
    # A cue before the amount ends there, and is searched for; one behind it begins there.
    return next((side for cue, side in cues if (cue.match if cues is _BEHIND else cue.search)(text)), None)
