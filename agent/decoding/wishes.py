"""Two wishes in one message: which words belong to which ("black jeans and a white shirt")."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from shelftalk.tools.linking import words
from shelftalk.tools.spelling import is_slip
from shelftalk.tools.terms import FILLERS

_AND = re.compile(
    r"[\s,.;]+(?:i\s+(?=also))?(?:and\s+then\s+|and\s+also\s+|and\s+|as\s+well\s+as\s+|plus\s+|also\s+|then\s+|\+\s*|&\s*)"
    r"(?:(?:i\s+)?(?:also\s+)?(?:need|want)\s+)?"
    r"(?:also\s+)?",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_BOTH = re.compile(r"and|as well as|plus|[+&]", re.IGNORECASE)
_STOP = re.compile(r"[.;!?]\s")
_NO_THING = FILLERS | frozenset(
    "oh ok okay alright hi hello hey yes yeah yep no nope well so um uh hm hmm right great thanks thank cool nice good "
    "fine sorry please it that this them these those one ones too also now then again done cheaper".split()
)
# What is asked for along with things, and is none: "shirts and prices", "a shirt and some help".
_NO_THINGS = _NO_THING | frozenset(
    "prices details cheers deals options links pictures photos reviews ratings ideas sizes help advice time info luck "
    "pls thx kind sort bit lot".split()
)
_POLITE = frozenset("please pls thanks thx thank you too as well".split())
_MOST_BARE = 3  # words of a second thing that has no article
# "a shirt for under 20": what a first thing may cost.
_PRICE = re.compile(
    r"(?:\s+(?:for|at))?(?:\s+(?:under|below|max|maximum|up to|less than|at most|around|about|over|from))?"
    r"\s+[$€£]?\d[\d.,]*"
    r"(?:\s*(?:dollars|euros|pounds|bucks|quid|[$€£]))?(?:\s+(?:max|at most|or less|tops))?\s*$",
    re.IGNORECASE,
)
_COUNT = re.compile(r"\d+")
_ARTICLE = re.compile(r"(?:an?|some)\s", re.IGNORECASE)
_SHARED = re.compile(r"\b(?:both|each|altogether)\b", re.IGNORECASE)


def holds(said: Sequence[str], value: str) -> bool:
    """Whether stems of words hold those of a value in a row, with slips of the keyboard in them or without."""
    wanted = words(value)
    rows = [said[at : at + len(wanted)] for at in range(len(said) - len(wanted) + 1)]
    return any(
        all(one == other or is_slip(one, other) for one, other in zip(row, wanted, strict=True))
        for row in rows
    )


def _names(text: str, linked: Collection[tuple[str, str]]) -> bool:
    """Whether the words before a joint end in something that is wished for: in no filler and no value."""
    said = [word for word in _WORD.findall(text.lower()) if not _COUNT.fullmatch(word)]
    values = {stem for _, value in linked for stem in words(value)}
    return bool(said) and said[-1] not in _NO_THING and not set(words(said[-1])) <= values


def _ends_in(said: Sequence[str], kind: str) -> bool:
    """Whether a kind is the last that is said."""
    wanted = words(kind)
    return holds(said[-len(wanted) :], kind)


def _begins_thing(after: str, linked: Collection[tuple[str, str]]) -> bool:
    """Whether the words after a joint are something else that is wished for: "a blue plate", "new plates"."""
    said = [word for word in _WORD.findall(after.lower()) if not _COUNT.fullmatch(word)]
    while said and said[-1] in _POLITE:
        said.pop()
    if not said or said[-1] in _NO_THINGS or not _names(" ".join(said), linked):
        return False
    plural = said[-1].endswith("s") and len(said[-1]) > 3 and len(said) <= _MOST_BARE
    return plural or _ARTICLE.match(after) is not None


def wishes(text: str, linked: Collection[tuple[str, str]]) -> tuple[str, ...]:
    """Return a shopper's message cut in two where it asks for two kinds of product, () where it does not surely.

    `linked` are the (field, value) pairs of the catalogue that it mentions. What is said of both at the end ("both
    under 50") is in each part. The first may be of a kind that the catalogue does not have ("jeans and a shirt").
    """
    kinds = list(dict.fromkeys(value for field, value in linked if field == "category"))
    if len(kinds) not in (1, 2):
        return ()
    found: list[tuple[bool, str, str]] = []
    for joint in _AND.finditer(text):
        before, after = text[: joint.start()], text[joint.end() :]
        first, second = words(before), words(after)
        apart = [(holds(first, kind), holds(second, kind)) for kind in kinds]
        # A value that lies across the joint ("quill & kiln") is not two things.
        whole = all(holds(first, value) or holds(second, value) for _, value in linked)
        begins = _ARTICLE.match(after) is not None
        both = sorted(apart) == [(False, True), (True, False)]
        # Of one kind that is known: "that's done. i also need a shirt" wishes for nothing else.
        joined = _BOTH.search(joint[0]) and not _STOP.search(text[: joint.end()])
        alone = begins and apart == [(False, True)] and joined
        thing = words(_PRICE.sub("", before))
        first_known = joined and apart == [(True, False)] and _ends_in(thing, kinds[0])
        if whole and (
            both or (alone and _names(before, linked)) or (first_known and _begins_thing(after, linked))
        ):
            found.append((begins, before, after))
    # "and a ..." begins another thing; a bare "and" may stand between two words of the same one.
    marked = [cut for cut in found if cut[0]] or found
    if len(marked) != 1:
        return ()
    _, before, after = marked[0]
    shared = _SHARED.search(after)
    return (f"{before} {after[shared.start() :]}" if shared else before, after)
