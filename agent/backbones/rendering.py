"""LangChain messages as the chat messages that transformers templates read."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import PictureError, UsageError

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage
    from PIL.Image import Image

IMAGE = "<image>"
WRITTEN = "written"  # in a message's metadata: its tool call as the model wrote it
Chat = list[dict[str, Any]]


def interleaved(message: BaseMessage) -> list[dict[str, Any]]:
    """Return a shopper's message as text and picture parts, each picture where its "<image>" stands."""
    texts: list[str] = []
    images: list[dict[str, Any]] = []
    for block in message.content_blocks:
        if block["type"] == "text":
            texts.append(block["text"])
        elif block["type"] == "image":
            if "base64" not in block:
                raise UsageError(
                    "A picture must come in the message itself, as base64; links and file ids are not read."
                )
            kind = block.get("mime_type", "image/png")
            images.append({"type": "image", "base64": block["base64"], "mime_type": kind})
        else:
            raise UsageError(f"A message may hold text and images; it cannot hold {block['type']!r}.")
    pieces = "".join(texts).split(IMAGE)
    if len(pieces) != len(images) + 1:
        # The places do not tell which picture goes where: pictures first, then the words.
        pieces = ["", *[""] * (len(images) - 1), " ".join(pieces)] if images else [" ".join(pieces)]
    parts: list[dict[str, Any]] = []
    for index, piece in enumerate(pieces):
        if piece:
            parts.append({"type": "text", "text": piece})
        if index < len(images):
            parts.append(images[index])
    return parts


def to_chat(messages: Sequence[BaseMessage]) -> Chat:
    """Return messages as transformers chat messages: role, content as a list of parts, tool calls.

    Each "<image>" in a shopper's text becomes the next picture of that message, as
    `{"type": "image", "base64": ...}`. UsageError for content that is neither text nor a picture held in
    the message.
    """
    chat: Chat = []
    for message in messages:
        if message.type == "human":
            chat.append({"role": "user", "content": interleaved(message)})
            continue
        text = message.text
        turn: dict[str, Any] = {"role": "system", "content": [{"type": "text", "text": text}] if text else []}
        if message.type == "ai":
            turn["role"] = "assistant"
            calls = [
                {"type": "function", "function": {"name": call["name"], "arguments": call["args"]}}
                for call in getattr(message, "tool_calls", ())
            ]
            if calls:
                turn["tool_calls"] = calls
            if written := getattr(message, "response_metadata", {}).get(WRITTEN):
                turn[WRITTEN] = str(written)
        elif message.type == "tool":
            turn["role"] = "tool"
            turn["name"] = getattr(message, "name", None) or ""
        elif message.type != "system":
            raise UsageError(f"A conversation cannot hold a message of type {message.type!r}.")
        chat.append(turn)
    return chat


def encoded_pictures(chat: Sequence[dict[str, Any]]) -> list[str]:
    """Return the chat's pictures in order, as base64."""
    return [part["base64"] for turn in chat for part in turn["content"] if part["type"] == "image"]


def decode_picture(encoded: str) -> Image:
    """Return the picture that base64 holds; PictureError where it holds none."""
    from shelftalk.tools.picture import open_picture

    try:
        return open_picture(base64.b64decode(encoded, validate=True))
    except binascii.Error as error:
        raise PictureError("A picture in the conversation is not valid base64.") from error


def defuse(chat: Sequence[dict[str, Any]], marks: Iterable[str]) -> Chat:
    """Return the chat with the model's own marks broken up wherever a shopper or a tool wrote them.

    Text from outside is data: it can neither end a turn nor open a tool call.
    """
    found = sorted({mark for mark in marks if len(mark) > 1 and not mark.isspace()}, key=len, reverse=True)
    if not found:
        return list(chat)
    pattern = re.compile("|".join(re.escape(mark) for mark in found), re.IGNORECASE)

    def broken(part: dict[str, Any]) -> dict[str, Any]:
        if part["type"] != "text":
            return part
        return {**part, "text": pattern.sub(lambda match: match[0][0] + " " + match[0][1:], part["text"])}

    return [
        {**turn, "content": [broken(part) for part in turn["content"]]}
        if turn["role"] in ("user", "tool")
        else turn
        for turn in chat
    ]


def as_strings(chat: Sequence[dict[str, Any]], image: str = IMAGE) -> Chat:
    """Return the chat with each content as one string, with the mark `image` where a picture stands."""
    return [
        {**turn, "content": "".join(part.get("text", image) for part in turn["content"])} for turn in chat
    ]
