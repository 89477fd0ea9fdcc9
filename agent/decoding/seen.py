"""What a conversation has shown so far: which products, which pictures, which words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from shelftalk.agent.decoding.bounds import amount
from shelftalk.agent.decoding.pointing import focus_of, listed, pointed, says_it, titles
from shelftalk.agent.decoding.wishes import holds, wishes
from shelftalk.tools.linking import words
from shelftalk.tools.render import SIGNS

MOST_WORDS = 600  # a longer conversation keeps the shopper's own words and the latest results
IMAGE = "<image>"
BEST_RATING = "5"  # "4.2 of 5"

_WORD = re.compile(r"\d+(?:[.,]\d+)+|[^\W_]+(?:['’-][^\W_]+)*")
_PRODUCT = re.compile(r"\[P(\d+)\]", re.IGNORECASE)
_BARE_PRODUCT = re.compile(r"\bP(\d+)\b")
_PICTURE = re.compile(r"\(img(\d+): <image>\)", re.IGNORECASE)
_BARE_PICTURE = re.compile(r"\bimg(\d+)\b", re.IGNORECASE)
_LINE = re.compile(r"\[P(\d+)\]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_FIGURE = re.compile(rf"[{SIGNS}]?{_NUMBER.pattern}")  # with the sign that makes it a price
# "from the 70s", "a 40th birthday", "of the year 1999", "500 ml", "2 people"
_NO_PRICE = re.compile(
    r"\b\d+(?:s|st|nd|rd|th)\b|\byear\s+\d{4}\b|\b\d+(?:[.,]\d+)?\s?(?:[gtm]b|m?l|cl|k?g|lbs?|oz|inch(?:es)?|[cm]m|"
    r"ft|watts?|w|volts?|v|mah|hz|people|persons?|seater|pieces?|pack)\b",
    re.IGNORECASE,
)
_AMOUNTS = ("min price", "max price", "budget")  # as the notes call them
_MISSING = re.compile(r"(?:0 found; )?no ([^;\d]+?)(?:; \d+ nearest)?")
_NOTE = re.compile(r"\[(catalogue|so far): ([^\]]*)\]")


@dataclass(frozen=True)
class Newest:
    """The shopper's newest turn, with the notes in it: all that a new wish can be made of."""

    words: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()  # as a price is written
    values: frozenset[tuple[str, str]] = frozenset()  # (field, value) that the notes hold
    pointed: tuple[str, ...] = ()  # products it points at by place, by handle or by a word of a title
    focus: tuple[str, ...] = ()  # what "it" means, where the turn says so
    own_words: tuple[str, ...] = ()  # without the notes
    own_numbers: tuple[str, ...] = ()
    linked: frozenset[tuple[str, str]] = frozenset()  # (field, value) that its own words mention
    searched: int = 0  # searches made in this turn
    own: str = ""  # what the shopper typed
    so_far: str = ""  # what the session knows, as the note has it
    pictures: tuple[str, ...] = ()  # what it sends, or else what the turn before asked about
    wish: Newest | None = None  # of two wishes the one whose turn it is: one search for each
    due: bool = False  # the first of two wishes was searched for, the second is still to be


@dataclass(frozen=True)
class Seen:
    """The handles and words of a conversation; a tool call may use no others."""

    products: tuple[str, ...] = ()  # "P1", "P2", in the order of their numbers
    pictures: tuple[str, ...] = ()  # "img1"
    words: tuple[str, ...] = ()  # lower case, the shopper's first
    numbers: tuple[str, ...] = ()  # as a price is written: "50", "49.90"
    figures: tuple[str, ...] = ()  # as they stand in the text: "$1,299.00"
    facts: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # product -> figures told of it in this turn
    mentioned: frozenset[str] = frozenset()  # products that the newest turn points at, or its tools name
    counts: tuple[str, ...] = ()  # figures told in this turn of no product
    told: bool = False  # a tool has answered in the newest turn
    detail: str = ""  # what a tool told last in the newest turn, where it is about one product
    missing: str = ""  # what a tool said in the newest turn is not in the shop: "plates"
    newest: Newest = Newest()


def text_of(message: Mapping[str, Any]) -> str:
    """Return a chat message's text, with `<image>` where a picture stands."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(IMAGE if part["type"] == "image" else str(part.get("text", "")) for part in content)


def _notes(text: str) -> Iterable[tuple[str, str]]:
    for held in _NOTE.finditer(text):
        for piece in held[2].split(";"):
            key, _, value = piece.partition(":")
            yield key.strip(), value


def _words(text: str) -> list[str]:
    bare = _BARE_PRODUCT.sub(" ", _PRODUCT.sub(" ", _PICTURE.sub(" ", text)))
    values = " ".join(value for _, value in _notes(bare))
    return [
        word.lower()
        for word in _WORD.findall(_NOTE.sub(" ", bare) + " " + values)
        if not _BARE_PICTURE.fullmatch(word)
    ]


def _without_handles(text: str) -> str:
    return _BARE_PICTURE.sub(" ", _BARE_PRODUCT.sub(" ", text))


def _numbers(text: str) -> Iterable[str]:
    yield from map(amount, _NUMBER.findall(text))


def _amounts(own: str, linked: str) -> list[str]:
    """Return the numbers of a shopper's words that may be prices: none that a unit or a value of the shop's holds."""
    own = _NO_PRICE.sub(" ", _without_handles(own))
    for _, value in _notes(f"[catalogue: {linked}]"):
        if _NUMBER.search(value):
            own = re.sub(rf"(?<!\w){re.escape(value.strip())}(?!\w)", " ", own, flags=re.IGNORECASE)
    return list(_numbers(own))


def _amounts_known(text: str) -> list[str]:
    return [n for key, value in _notes(text) if key in _AMOUNTS for n in _numbers(value)]


def note(text: str, kind: str) -> str:
    """Return what a note in a shopper's turn holds ("catalogue", "so far"), "" where there is none."""
    return {found[1]: found[2] for found in _NOTE.finditer(text)}.get(kind, "")


def _newest(
    text: str, last: Sequence[str], lines: Mapping[str, frozenset[str]], focus: tuple[str, ...]
) -> Newest:
    own = _NOTE.sub(" ", text)
    linked = note(text, "catalogue")
    amounts = _amounts(own, linked)
    return Newest(
        words=tuple(dict.fromkeys(_words(text))),
        numbers=tuple(dict.fromkeys([*amounts, *_amounts_known(text)])),
        values=_values(text),
        pointed=pointed(own, last, lines),
        focus=focus if says_it(own) else (),
        own_words=tuple(dict.fromkeys(_words(own))),
        own_numbers=tuple(dict.fromkeys(amounts)),
        linked=_values(f"[catalogue: {linked}]"),
        own=own,
        so_far=note(text, "so far"),
        pictures=tuple(f"img{number}" for number in _PICTURE.findall(text)),
    )


def _values(text: str) -> frozenset[tuple[str, str]]:
    return frozenset(
        (key.removeprefix("not ").removeprefix("its "), value.strip()) for key, value in _notes(text)
    )


def _wish(text: str, searched: int) -> Newest | None:
    """Return of a message with two wishes the one that comes next, after so many searches; None where it has one."""
    linked = [(key, value.strip()) for key, value in _notes(f"[catalogue: {note(text, 'catalogue')}]")]
    parts = wishes(_NOTE.sub(" ", text), linked)
    if searched >= len(parts):
        return None
    part = parts[searched]
    said = words(part)
    values = frozenset(pair for pair in linked if holds(said, pair[1]))
    own = tuple(dict.fromkeys(_words(part)))
    known = "; ".join(f"{field}: {value}" for field, value in values)
    budget = [n for key, value in _notes(text) if key == "budget" for n in _numbers(value)]
    amounts = _amounts(part, known)
    sent = tuple(f"img{number}" for number in _PICTURE.findall(part))
    return Newest(
        words=own,
        numbers=tuple(dict.fromkeys([*amounts, *budget])),
        own_numbers=tuple(dict.fromkeys(amounts)),
        values=values,
        own=part,
        pictures=sent,
    )


def _with_wish(newest: Newest, asked: str, searched: int) -> Newest:
    wish = _wish(asked, searched)
    return replace(newest, wish=wish, due=wish is not None and searched > 0, searched=searched)


def _facts(told: Iterable[str]) -> tuple[dict[str, tuple[str, ...]], tuple[str, ...]]:
    """Return the figures that tools told of each product, and those that stand before any product."""
    facts: dict[str, list[str]] = {}
    counts: list[str] = []
    for text in told:
        of = counts
        for line in text.splitlines():
            if begins := _LINE.match(line):
                of = facts.setdefault(f"P{begins[1]}", [])
            of += _FIGURE.findall(_PRODUCT.sub(" ", line))
    return {handle: tuple(dict.fromkeys(held)) for handle, held in facts.items()}, tuple(
        dict.fromkeys(counts)
    )


def _missing(told: Sequence[str]) -> str:
    """Return what is missing by the first head that says so (see `shelftalk.tools.render.found_head`)."""
    heads = (_MISSING.fullmatch(text.partition("\n")[0]) for text in told)
    return next((said[1] for said in heads if said), "")


def look(chat: Sequence[Mapping[str, Any]]) -> Seen:
    """Collect handles and words from chat messages (see `shelftalk.agent.backbones.rendering.to_chat`).

    A product counts once a tool or a reply named it, or the session's own note in the shopper's turn does;
    a handle that the shopper merely typed does not count.
    """
    products: set[int] = set()
    pictures: set[int] = set()
    said: list[str] = []
    found: list[str] = []
    numbers: list[str] = []
    figures: list[str] = []
    newest = Newest()
    last: tuple[str, ...] = ()  # the list that places count in
    lines: dict[str, frozenset[str]] = {}
    focus: tuple[str, ...] = ()
    asked, searched = "", 0  # the newest turn, and the searches made in it
    told: list[str] = []  # by the tools in the newest turn
    open_pictures: tuple[str, ...] = ()  # the turn before asked about them, and no tool has looked for them
    for message in chat:
        text = text_of(message)
        if message["role"] in ("tool", "assistant"):
            named = [int(number) for number in _PRODUCT.findall(text)]
            products.update(named)
            if message["role"] == "assistant" and not focus and named:
                focus = (f"P{named[0]}",)  # the one that the reply put first
        if message["role"] == "user":
            sent = [int(number) for number in _PICTURE.findall(text)]
            pictures.update(sent)
            for _, value in _notes(text):
                products.update(int(number) for number in _BARE_PRODUCT.findall(value))
                pictures.update(int(number) for number in _BARE_PICTURE.findall(value))
            said += _words(text)
            newest, searched, asked, told = _newest(text, last, lines, focus), 0, text, []
            here = newest.pictures
            newest, open_pictures = replace(newest, pictures=here or open_pictures), here
            bare = _without_handles(text)
            numbers += _numbers(bare)
            figures += _FIGURE.findall(bare)
        elif message["role"] == "tool":
            searched += message.get("name", "search") == "search"
            told.append(text)
            open_pictures = ()
            found = _words(text) + found
            if shown := listed(text):
                last, lines = shown, titles(text)
                focus = shown if len(shown) == 1 else ()
            else:
                focus = () if text.startswith("0 found") else focus_of(text) or focus
            bare = _without_handles(text)
            numbers += _numbers(bare)
            figures += _FIGURE.findall(bare)
    facts, counts = _facts(told)
    return Seen(
        products=tuple(f"P{number}" for number in sorted(products)),
        pictures=tuple(f"img{number}" for number in sorted(pictures)),
        words=tuple(dict.fromkeys(said[-MOST_WORDS:] + found))[:MOST_WORDS],
        numbers=tuple(dict.fromkeys(numbers[-MOST_WORDS:])),
        figures=tuple(dict.fromkeys([*figures[-MOST_WORDS:], BEST_RATING])),
        facts=facts,
        mentioned=frozenset(newest.pointed).union(f"P{n}" for text in told for n in _PRODUCT.findall(text)),
        counts=counts,
        told=bool(told),
        detail=told[-1] if told and _LINE.match(told[-1]) else "",
        missing=_missing(told),
        newest=_with_wish(newest, asked, searched) if asked else newest,
    )
