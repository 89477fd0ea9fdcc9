"""What a conversation has shown so far: which products, which pictures, which words."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shelftalk.agent.decoding.pointing import listed, pointed

MOST_WORDS = 600  # a longer conversation keeps the shopper's own words and the latest results
IMAGE = "<image>"
BEST_RATING = "5"  # "4.2 of 5"

_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_PRODUCT = re.compile(r"\[P(\d+)\]", re.IGNORECASE)
_BARE_PRODUCT = re.compile(r"\bP(\d+)\b")
_PICTURE = re.compile(r"\(img(\d+): <image>\)", re.IGNORECASE)
_BARE_PICTURE = re.compile(r"\bimg(\d+)\b", re.IGNORECASE)
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_NOTE = re.compile(r"\[(catalogue|so far): ([^\]]*)\]")


@dataclass(frozen=True)
class Newest:
    """The shopper's newest turn, with the notes in it: all that a new wish can be made of."""

    words: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()  # as a price is written
    values: frozenset[tuple[str, str]] = frozenset()  # (field, value) that the notes hold
    pointed: tuple[str, ...] = ()  # products it points at by place or by handle
    pictured: bool = False  # a picture is in it, or in the search that it goes on from


@dataclass(frozen=True)
class Seen:
    """The handles and words of a conversation; a tool call may use no others."""

    products: tuple[str, ...] = ()  # "P1", "P2", in the order of their numbers
    pictures: tuple[str, ...] = ()  # "img1"
    words: tuple[str, ...] = ()  # lower case, the shopper's first
    numbers: tuple[str, ...] = ()  # as a price is written: "50", "49.90"
    figures: tuple[str, ...] = ()  # as they stand in the text: "1,299.00"
    newest: Newest = Newest()


def text_of(message: Mapping[str, Any]) -> str:
    """Return a chat message's text, with `<image>` where a picture stands."""
    content = message.get("content") or ""
    if isinstance(content, str):
        return content
    return "".join(IMAGE if part["type"] == "image" else str(part.get("text", "")) for part in content)


def _notes(text: str) -> Iterable[tuple[str, str]]:
    for note in _NOTE.finditer(text):
        for piece in note[2].split(";"):
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
    for found in _NUMBER.findall(text):
        whole, cents = re.fullmatch(r"(.*?)(?:[.,](\d{1,2}))?", found).groups()  # type: ignore[union-attr]
        amount = float(f"{re.sub('[.,]', '', whole)}.{cents or 0}")
        yield f"{amount:.2f}".removesuffix(".00")


def _newest(text: str, last: Sequence[str]) -> Newest:
    bare = _without_handles(text)
    return Newest(
        words=tuple(dict.fromkeys(_words(text))),
        numbers=tuple(dict.fromkeys(_numbers(bare))),
        values=frozenset(
            (key.removeprefix("not ").removeprefix("its "), value.strip()) for key, value in _notes(text)
        ),
        pointed=pointed(_NOTE.sub(" ", text), last),
        pictured=bool(_BARE_PICTURE.search(text)),
    )


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
    for message in chat:
        text = text_of(message)
        if message["role"] in ("tool", "assistant"):
            products.update(int(number) for number in _PRODUCT.findall(text))
        if message["role"] == "user":
            pictures.update(int(number) for number in _PICTURE.findall(text))
            for _, value in _notes(text):
                products.update(int(number) for number in _BARE_PRODUCT.findall(value))
                pictures.update(int(number) for number in _BARE_PICTURE.findall(value))
            said += _words(text)
            newest = _newest(text, last)
            bare = _without_handles(text)
            numbers += _numbers(bare)
            figures += _NUMBER.findall(bare)
        elif message["role"] == "tool":
            found = _words(text) + found
            last = listed(text) or last
            bare = _without_handles(text)
            numbers += _numbers(bare)
            figures += _NUMBER.findall(bare)
    return Seen(
        products=tuple(f"P{number}" for number in sorted(products)),
        pictures=tuple(f"img{number}" for number in sorted(pictures)),
        words=tuple(dict.fromkeys(said[-MOST_WORDS:] + found))[:MOST_WORDS],
        numbers=tuple(dict.fromkeys(numbers[-MOST_WORDS:])),
        figures=tuple(dict.fromkeys([*figures[-MOST_WORDS:], BEST_RATING])),
        newest=newest,
    )
