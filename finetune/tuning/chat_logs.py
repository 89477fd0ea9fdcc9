"""Conversations from exported chat logs: OpenAI-style JSON lines, one conversation a line.

```json
{"messages": [
  {"role": "user", "content": "a red dress under 50"},
  {"role": "assistant", "tool_calls": [{"id": "a", "type": "function", "function":
      {"name": "search", "arguments": "{\"category\": \"dress\", \"max_price\": 50}"}}]},
  {"role": "tool", "tool_call_id": "a", "content": "1 found\n[P1] Red wrap dress, dress, $45"},
  {"role": "assistant", "content": "How about [P1]?", "thumb": "up"}
], "shopper": "4711", "shown": ["D0012"]}
```

- `content` is a text or a list of parts: `{"type": "text", "text": ...}` and `{"type": "image_url", "image_url":
  {"url": ...}}`, a data: address or the path of a file, seen from the log's folder.
- `thumb`, "up" or "down", rates the whole turn: every answer is learnt but those of turns that were thought bad.
- `better` beside a bad answer is what should have been said, a text or an assistant's message: it becomes a preference.
- `shopper` (may be missing) says who it was, `shown` (may be missing) the ids of the products by handle, P1's first;
  without it they are found by the titles in the tools' lists. System prompts are left out: the shop's own takes their
  place.

What the live loop puts beside a shopper's words, the catalogue's values and the state, is put there where it is
missing.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shelftalk.agent.backbones.mini_dialect import as_spelt
from shelftalk.finetune.tuning.chat_rows import Conversation, scrubbed
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.finetune.tuning.interaction_rows import pseudonym
from shelftalk.finetune.tuning.rows import Message, ToolCall
from shelftalk.prompts.turn import IMAGE, render_state, render_user
from shelftalk.tools.errors import PictureError, UsageError
from shelftalk.tools.linking import link
from shelftalk.tools.render import TITLE_CHARACTERS, clean

_RENDERED = re.compile(r"\[(?:catalogue|so far): ")
_LISTED = re.compile(r"^\[P(\d+)\] (.*)$", re.MULTILINE)
MOST_HANDLES = 1000  # of one conversation
_THUMBS = {"up": True, "down": False}


@dataclass
class _State:
    """What the live loop knows of a visit, read off the calls."""

    search: dict[str, Any] = field(default_factory=dict)
    likes: list[str] = field(default_factory=list)
    dislikes: list[str] = field(default_factory=list)
    size: str = ""
    budget: float | None = None
    pictures: int = 0

    def take(self, call: ToolCall) -> None:
        if call.name == "search":
            self.search = {key: value for key, value in call.args.items() if value not in ("", None, {})}
        if call.name != "remember":
            return
        for mine, other, key in (
            (self.likes, self.dislikes, "likes"),
            (self.dislikes, self.likes, "dislikes"),
        ):
            for handle in map(str, call.args.get(key) or ()):
                other[:] = [one for one in other if one != handle]
                mine[:] = [*(one for one in mine if one != handle), handle]
        self.size = str(call.args.get("size") or self.size)
        budget = call.args.get("budget")
        self.budget = float(budget) if isinstance(budget, int | float) else self.budget


class ChatLog:
    """A file of exported conversations, read for one shop; `pictures` is where pictures held in it are put."""

    def __init__(self, path: Path, goods: Goods, pictures: Path) -> None:
        self._path, self._goods, self._pictures = path, goods, pictures
        self._parameters = {
            tool["function"]["name"]: tool["function"]["parameters"] for tool in goods.tools()
        }
        self._ids: dict[str, str] = {}
        self._titles = {product.id: product.title for product in goods.products}
        for id_, title in self._titles.items():
            self._ids.setdefault(clean(title, TITLE_CHARACTERS), id_)

    def conversations(self, found: Counter[str]) -> Iterator[Conversation]:
        """Yield the conversations; `found` counts the personal data taken out.

        A turn that was thought bad, and what should have been said instead, come as conversations of their own that end
        there. UsageError names the line, and the message in it, that cannot be used.
        """
        if not self._path.is_file():
            raise UsageError(f"There is no file of chats at {self._path}: check the path.")
        count = 0
        try:
            with self._path.open(encoding="utf-8") as file:
                for number, line in enumerate(file, 1):
                    if line.strip():
                        count += 1
                        yield from self._read(f"{self._path.name}, line {number}", line, found)
        except UnicodeDecodeError as error:
            raise UsageError(
                f"{self._path} is no text in UTF-8 ({error.reason} at byte {error.start})."
            ) from None
        except OSError as error:
            raise UsageError(f"{self._path} cannot be read: {error.strerror or error}.") from None
        if not count:
            raise UsageError(f"The file of chats {self._path} is empty.")

    def _read(self, where: str, line: str, found: Counter[str]) -> Iterator[Conversation]:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{where} is not JSON: {str(error)[:100]}.") from None
        said = record.get("messages") if isinstance(record, dict) else None
        if not isinstance(said, list) or not any(
            isinstance(m, dict) and m.get("role") == "user" for m in said
        ):
            raise UsageError(
                f'{where} holds no conversation: {{"messages": [...]}} with a shopper\'s message is needed.'
            )
        key = hashlib.sha256(line.encode()).hexdigest()[:16]
        who = pseudonym(str(record["shopper"]) if record.get("shopper") else f"chat {key}")
        given = record.get("shown")
        whole = Conversation(key, who, [], [str(id_) for id_ in given] if isinstance(given, list) else [])
        state, names = _State(), dict[str, str]()
        rated: list[Any] = []  # for each message of `whole`, what was thought of it
        better: list[tuple[int, Message]] = []
        for at, message in _one_call_each(where, said):
            here = f"{where}, message {at}"
            for made in self._messages(here, message, state, names, whole):
                if message.get("better") is not None and made.role == "assistant":
                    better.append((len(whole.messages), self._better(here, message["better"])))
                whole.messages.append(made)
                rated.append(_thumb(here, message))
        whole.messages = scrubbed(whole.messages, found)
        if given is None:
            whole.shown = self._shown(whole.messages)
        whole.messages = self._by_handle(whole)
        yield from _judged(whole, rated, better, found)

    def _messages(
        self, here: str, message: Mapping[str, Any], state: _State, names: dict[str, str], whole: Conversation
    ) -> Iterator[Message]:
        role = message.get("role")
        if role in ("system", "developer"):
            return
        if role == "user":
            yield self._user(here, message, state, whole)
        elif role == "tool":
            name = names.get(str(message.get("tool_call_id", "")), str(message.get("name") or ""))
            yield Message(role="tool", name=name, content=_text(here, message.get("content")))
        elif role == "assistant":
            calls = [self._call(here, call, names) for call in message.get("tool_calls") or ()]
            for call in calls:
                state.take(call)
            text = _text(here, message.get("content"))
            if calls:
                yield Message(role="assistant", tool_calls=calls)
            elif text.strip():
                yield Message(role="assistant", content=text)
        else:
            raise UsageError(f"{here} has the role {role!r}; allowed are system, user, assistant and tool.")

    def _user(self, here: str, message: Mapping[str, Any], state: _State, whole: Conversation) -> Message:
        content = message.get("content")
        parts = content if isinstance(content, list) else [{"type": "text", "text": content}]
        text = " ".join(_text(here, part.get("text")) for part in parts if _kind(here, part) == "text")
        sent = [self._picture(here, part) for part in parts if _kind(here, part) != "text"]
        whole.pictures |= {path.name: path for path in sent}
        handles = [f"img{state.pictures + number}" for number in range(1, len(sent) + 1)]
        state.pictures += len(sent)
        if not _RENDERED.search(text) or text.count(IMAGE) != len(sent):
            known = render_state(state.search, state.likes, state.dislikes, state.size, state.budget)
            text = render_user(text, handles, link(text, self._goods.facets), known)
        return Message(role="user", content=text, pictures=[path.name for path in sent])

    def _picture(self, here: str, part: Mapping[str, Any]) -> Path:
        from shelftalk.tools.picture import open_picture, save_picture

        address = part.get("image_url")
        url = str(address.get("url", "") if isinstance(address, dict) else address or "")
        try:
            if url.startswith("data:"):
                image = open_picture(base64.b64decode(url.partition(",")[2], validate=True))
            elif re.match(r"[a-z]+://", url, re.IGNORECASE):
                raise UsageError(
                    f"{here} has a picture at {url[:60]}: links are not read. Put the file beside the "
                    "log, and its name here."
                )
            else:
                image = open_picture(self._path.parent / url)
        except binascii.Error:
            raise UsageError(f"{here} has a picture that is no valid base64.") from None
        except PictureError as error:
            raise UsageError(f"{here} has a picture that cannot be used: {error}") from None
        return self._pictures / f"{save_picture(image, self._pictures)}.png"

    def _call(self, here: str, call: Any, names: dict[str, str]) -> ToolCall:
        function = call.get("function") if isinstance(call, dict) else None
        if not isinstance(function, dict):
            raise UsageError(f'{here} has a call without "function".')
        name, arguments = str(function.get("name")), function.get("arguments") or {}
        if name not in self._parameters:
            raise UsageError(f"{here} calls the tool {name!r}; this shop has {', '.join(self._parameters)}.")
        if isinstance(arguments, str):
            try:
                arguments = json.loads(arguments)
            except ValueError as error:
                raise UsageError(
                    f"{here}: the arguments of {name} are not JSON: {str(error)[:80]}."
                ) from None
        if not isinstance(arguments, dict):
            raise UsageError(f"{here}: the arguments of {name} are no JSON object.")
        arguments = {key: value for key, value in arguments.items() if value is not None}
        parameters = self._parameters[name]
        known = parameters.get("properties", {})
        unknown = [key for key in arguments if key not in known]
        if unknown:
            allowed = ", ".join(sorted(known)) or "nothing"
            raise UsageError(f"{here} calls {name} with {unknown[0]!r}; it takes {allowed}.")
        names[str(call.get("id", ""))] = name
        return ToolCall(name=name, args=as_spelt(arguments, parameters))

    def _better(self, here: str, better: Any) -> Message:
        if isinstance(better, str) and better.strip():
            return Message(role="assistant", content=better)
        if isinstance(better, dict):
            calls = [self._call(here, call, {}) for call in better.get("tool_calls") or ()]
            text = _text(here, better.get("content"))
            if calls or text.strip():
                return Message(role="assistant", content="" if calls else text, tool_calls=calls)
        raise UsageError(f'{here}: "better" is neither a text nor an assistant\'s message.')

    def _shown(self, messages: Sequence[Message]) -> list[str]:
        """Return the ids of the products that handles mean, by the titles in the tools' lists; "" for what is gone."""
        found: dict[int, str] = {}
        for message in messages:
            for number, rest in _LISTED.findall(message.content) if message.role == "tool" else ():
                title = next((rest[:end] for end in _ends(rest) if rest[:end] in self._ids), "")
                if title and int(number) <= MOST_HANDLES:
                    found.setdefault(int(number), self._ids[title])
        return [found.get(number, "") for number in range(1, max(found, default=0) + 1)]

    def _by_handle(self, whole: Conversation) -> list[Message]:
        """Return the messages with the products that replies name by their titles named by their handles."""
        titles = {
            self._titles[id_]: f"[P{at}]" for at, id_ in enumerate(whole.shown, 1) if id_ in self._titles
        }
        longest = sorted(titles, key=len, reverse=True)

        def named(text: str) -> str:
            for title in longest:
                text = re.sub(rf"(?<!\w){re.escape(title)}(?!\w)", titles[title], text, flags=re.IGNORECASE)
            return text

        return [
            m.model_copy(update={"content": named(m.content)}) if m.role == "assistant" and m.content else m
            for m in whole.messages
        ]


def _ends(line: str) -> Iterator[int]:
    """Yield where the title of a product's line may end: before a comma, the last first; it may hold some itself."""
    yield len(line)
    for match in reversed(list(re.finditer(r"[,;] ", line))):
        yield match.start()


def _one_call_each(where: str, said: Sequence[Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield messages with their numbers; several calls of one message come one by one, each with its result.

    A model of this project makes one call at a time.
    """
    taken: set[int] = set()
    for at, message in enumerate(said):
        if not isinstance(message, dict):
            raise UsageError(f"{where}, message {at + 1} is no JSON object.")
        calls = message.get("tool_calls")
        if message.get("role") != "assistant" or not isinstance(calls, list) or len(calls) < 2:
            if at not in taken:
                yield at + 1, message
            continue
        for number, call in enumerate(calls):
            plain = {key: value for key, value in message.items() if key != "better" or not number}
            yield at + 1, {**plain, "tool_calls": [call]}
            id_ = call.get("id") if isinstance(call, dict) else None
            for place, other in enumerate(said[at + 1 : at + 1 + len(calls)], at + 1):
                if (
                    isinstance(other, dict)
                    and other.get("role") == "tool"
                    and other.get("tool_call_id") == id_
                ):
                    taken.add(place)
                    yield place + 1, other


def _kind(here: str, part: Any) -> str:
    kind = part.get("type") if isinstance(part, dict) else None
    if kind not in ("text", "image_url"):
        raise UsageError(f"{here} has a part of type {kind!r}; allowed are text and image_url.")
    return str(kind)


def _text(here: str, content: Any) -> str:
    if content is None:
        return ""
    if isinstance(content, list):
        return " ".join(_text(here, part.get("text")) for part in content if _kind(here, part) == "text")
    if not isinstance(content, str):
        raise UsageError(f"{here} has a content that is neither a text nor a list of parts.")
    return content


def _thumb(here: str, message: Mapping[str, Any]) -> bool | None:
    thumb = message.get("thumb")
    if thumb is not None and thumb not in _THUMBS:
        raise UsageError(f'{here} has the thumb {thumb!r}; allowed are "up" and "down".')
    return None if thumb is None else _THUMBS[thumb]


def _judged(
    whole: Conversation,
    rated: Sequence[bool | None],
    better: Sequence[tuple[int, Message]],
    found: Counter[str],
) -> Iterator[Conversation]:
    """Yield a conversation with what is good in it marked; then its bad answers, and those that were better."""
    messages = whole.messages
    starts = [at for at, message in enumerate(messages) if message.role == "user"]
    ends = [*starts[1:], len(messages)]
    for start, end in zip(starts, ends, strict=True):
        bad = any(thumb is False for thumb in rated[start:end])
        answered = _answered(messages[start:end])
        for at in range(start, end):
            good = messages[at].role == "assistant" and not bad and at - start < answered
            messages[at] = messages[at].model_copy(update={"learn": good})
    whole.rated = any(thumb is not None for thumb in rated[starts[-1] :])
    whole.bad = any(thumb is False for thumb in rated[starts[-1] :])
    yield whole
    for at, message in better:
        (clean,) = scrubbed([message], found)
        for last, bad in ((messages[at], True), (clean.model_copy(update={"learn": True}), False)):
            before = [m.model_copy(update={"learn": False}) for m in messages[:at]]
            key = f"{whole.key}-{at}"
            yield Conversation(key, whole.shopper, [*before, last], whole.shown, whole.pictures, True, bad)


def _answered(turn: Sequence[Message]) -> int:
    """Return how many messages of a turn can be learnt: up to a call that no tool answered."""
    for at, message in enumerate(turn):
        following = turn[at + 1 : at + 1 + len(message.tool_calls)]
        if len(following) < len(message.tool_calls) or any(m.role != "tool" for m in following):
            return at
    return len(turn)
