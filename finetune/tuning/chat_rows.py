"""Rows and preferences from conversations that were held: what is learnt of them, and on which side they are."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shelftalk.agent.backbones.display import sentence_case
from shelftalk.agent.middleware import MOST_PICTURES, MOST_TURNS
from shelftalk.finetune.tuning.catalogue_rows import named_products
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.finetune.tuning.rows import Message, Preference, Row, Split
from shelftalk.finetune.tuning.scrub import scrub, scrub_all
from shelftalk.finetune.tuning.splitting import side_of
from shelftalk.prompts import system

_HANDLE = re.compile(r"\[P(\d+)\]")
THUMBS = "thumbs"


@dataclass
class Conversation:
    """A conversation that was held, in the live loop's form, without a system prompt; what is good in it is learnt."""

    key: str  # of the conversation, for its rows' ids
    shopper: str  # a pseudonym
    messages: list[Message]
    shown: list[str] = field(default_factory=list)  # product ids by handle; the first is P1's
    pictures: dict[str, Path] = field(default_factory=dict)
    rated: bool = False  # somebody said what they thought of its last turn
    bad: bool = False  # and thought it bad


def scrubbed(messages: Iterable[Message], found: Counter[str], tools: bool = True) -> list[Message]:
    """Return messages without personal data; `found` counts it. Without `tools`, what tools said stays as it is."""
    clean = []
    for message in messages:
        if message.role == "tool" and not tools:
            clean.append(message)
            continue
        content, counts = scrub(message.content)
        written, _ = scrub(message.written)
        found.update(counts)
        calls = [
            call.model_copy(update={"args": scrub_all(call.args, Counter())}) for call in message.tool_calls
        ]
        clean.append(message.model_copy(update={"content": content, "written": written, "tool_calls": calls}))
    return clean


def chat_rows(
    conversations: Iterable[Conversation], goods: Goods, sides: Mapping[str, Split], left_out: Counter[str]
) -> Iterator[tuple[Split, Row, dict[str, Path]]]:
    """Yield the rows of conversations with their sides and pictures; `left_out` counts messages not learnt, by reason.

    A side is the shopper's. A message is learnt where its source says that it is good, its calls fit the shop's tools
    and catalogue as they are now, and all products that it names are of the side. A long conversation gives several
    rows, each of as many turns and pictures as the live loop shows.
    """
    told = Message(role="system", content=system(list(goods.facets)))
    fits = Fitting(goods.tools())
    seen: set[str] = set()
    for conversation in conversations:
        side = side_of(conversation.shopper)
        judge = _Judge(conversation.shown, sides, side, fits, left_out)
        messages = [judge(message) for message in conversation.messages]
        for number, part in enumerate(_parts(messages), 1):
            digest = hashlib.sha256("".join(m.model_dump_json() for m in part).encode()).hexdigest()
            if digest in seen or not any(message.learn for message in part):
                continue
            seen.add(digest)
            names = {name for message in part for name in message.pictures}
            row = Row(
                id=f"{side}-chat-{conversation.key}-{number}",
                source="chat",
                messages=[told, *part],
                products=[id_ for id_ in named_products(part, conversation.shown) if id_ in sides],
                shopper=conversation.shopper,
            )
            yield side, row, {name: conversation.pictures[name] for name in sorted(names)}


class _Judge:
    """Says message by message whether it is to be learnt, as its source says, and puts it as it is to be."""

    def __init__(
        self,
        shown: Sequence[str],
        sides: Mapping[str, Split],
        side: Split,
        fits: Fitting,
        left_out: Counter[str],
    ) -> None:
        self._shown, self._sides, self._side, self._fits = shown, sides, side, fits
        self._left_out = left_out
        self._listed: set[int] = set()

    def __call__(self, message: Message) -> Message:
        if message.role == "tool":
            self._listed.update(int(number) for number in _HANDLE.findall(message.content))
        if message.role == "assistant" and message.content and not message.tool_calls:
            message = message.model_copy(update={"content": sentence_case(message.content)})
        if not message.learn:
            return message
        why = self._against(message)
        if not why:
            return message
        self._left_out[why] += 1
        return message.model_copy(update={"learn": False})

    def _against(self, message: Message) -> str:
        """Return why a message is not learnt; "" where it is."""
        handles = {int(number) for number in _HANDLE.findall(message.content)}
        if any(not 0 < handle <= len(self._shown) for handle in handles - self._listed):
            return "names a product that was not shown"
        if any(
            self._sides.get(id_, self._side) != self._side for id_ in named_products([message], self._shown)
        ):
            return "names a product of another side of the split"
        if not all(self._fits(call.name, call.args) for call in message.tool_calls):
            return "calls a tool in a way that the catalogue no longer knows"
        return ""


class Fitting:
    """Says whether a call fits the tools' schemas: arguments that there are, values that the catalogue has."""

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        self._parameters = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}

    def __call__(self, name: str, arguments: Mapping[str, Any]) -> bool:
        """Return whether a tool of this name takes these arguments."""
        return name in self._parameters and _is(arguments, self._parameters[name])


def _is(value: Any, schema: Mapping[str, Any]) -> bool:
    if "enum" in schema:
        return value in schema["enum"]
    kind = schema.get("type")
    if kind == "object":
        known = schema.get("properties", {})
        return isinstance(value, dict) and all(
            key in known and _is(item, known[key]) for key, item in value.items()
        )
    if kind == "array":
        return isinstance(value, list) and all(_is(item, schema.get("items", {})) for item in value)
    if kind in ("number", "integer"):
        return isinstance(value, int | float) and not isinstance(value, bool)
    if kind == "string":
        return isinstance(value, str) and re.search(schema.get("pattern", ""), value) is not None
    return True


def _parts(messages: Sequence[Message]) -> Iterator[list[Message]]:
    """Yield a conversation in parts of whole turns, as many as the live loop shows at once."""
    part: list[Message] = []
    for message in messages:
        if message.role == "user":
            turns = sum(before.role == "user" for before in part)
            sent = sum(len(before.pictures) for before in part)
            if turns == MOST_TURNS or sent + len(message.pictures) > MOST_PICTURES:
                yield part
                part = []
        if part or message.role == "user":
            part.append(message)
    if part:
        yield part


def preferences(
    conversations: Iterable[Conversation], goods: Goods, sides: Mapping[str, Split]
) -> Iterator[tuple[Preference, dict[str, Path]]]:
    """Yield a pair for each good answer and each bad one that the same words got in the same conversation.

    The pair is of the first message in which the answers differ. Only shoppers of training, and products of training,
    are in it.
    """
    told = Message(role="system", content=system(list(goods.facets)))
    groups: dict[str, tuple[list[Conversation], list[Conversation]]] = {}
    seen: set[str] = set()
    for conversation in conversations:
        if conversation.rated and side_of(conversation.shopper) == "train":
            asked = max(at for at, m in enumerate(conversation.messages) if m.role == "user")
            key = "\0".join(m.role + _said(m) for m in conversation.messages[: asked + 1])
            groups.setdefault(f"{conversation.shopper}\0{key}", ([], []))[conversation.bad].append(
                conversation
            )
    for good, bad in groups.values():
        for one, other in ((one, other) for one in good for other in bad):
            at = next(
                (
                    at
                    for at, pair in enumerate(zip(one.messages, other.messages, strict=False))
                    if _said(pair[0]) != _said(pair[1])
                ),
                None,
            )
            if at is None or {one.messages[at].role, other.messages[at].role} != {"assistant"}:
                continue
            chosen, rejected = _plain(one.messages[at]), _plain(other.messages[at])
            what = "\0".join(map(_said, [*one.messages[:at], chosen, rejected]))
            if what in seen:
                continue
            seen.add(what)
            named = named_products([chosen.model_copy(update={"learn": True})], one.shown)
            named += named_products([rejected.model_copy(update={"learn": True})], other.shown)
            if any(sides.get(id_, "train") != "train" for id_ in named):
                continue
            pair = Preference(
                id=f"thumbs-{one.key}-{other.key}",
                messages=[told, *map(_plain, one.messages[:at])],
                chosen=chosen,
                rejected=rejected,
                why=THUMBS,
                products=list(dict.fromkeys(id_ for id_ in named if id_ in sides)),
                shopper=one.shopper,
            )
            names = {name for message in pair.messages for name in message.pictures}
            yield pair, {name: one.pictures[name] for name in sorted(names)}


def _said(message: Message) -> str:
    return message.model_dump_json(include={"content", "tool_calls", "pictures"})


def _plain(message: Message) -> Message:
    """Return a message as it is shown, with nothing to be learnt."""
    said = message.role == "assistant" and not message.tool_calls
    content = sentence_case(message.content) if said else message.content
    return message.model_copy(update={"content": content, "learn": False})
