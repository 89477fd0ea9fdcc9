"""Training data for tests: a few visits to a shop of dresses, some with a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image

from shelftalk.finetune.tuning.rows import Message, Row, ToolCall
from shelftalk.finetune.tuning.write_data import write_data

COLOURS = ("red", "blue")
SEARCH: dict[str, Any] = {
    "type": "function",
    "function": {
        "name": "search",
        "description": "Search the catalogue.",
        "parameters": {
            "type": "object",
            "properties": {
                "query": {"type": "string", "maxLength": 60, "x-words": "conversation"},
                "image": {"type": "string", "pattern": "^(img|P)[0-9]+$"},
                "where": {
                    "type": "object",
                    "properties": {"colour": {"type": "string", "enum": list(COLOURS)}},
                    "additionalProperties": False,
                },
                "max_price": {"type": "number", "minimum": 0},
            },
            "required": ["query"],
            "additionalProperties": False,
        },
    },
}
SYSTEM = "You are a shop assistant."


def visit(number: int, pictures: Path, split: str = "train") -> Row:
    """A visit of two turns; every third one shows a picture, which is written to `pictures`."""
    colour, price = COLOURS[number % 2], 50 + number
    args: dict[str, Any] = {"max_price": price, "query": f"{colour} dress", "where": {"colour": colour}}
    words, shown = f"a {colour} dress under {price}", []
    if number % 3 == 0:
        shown = [f"{split}{number}.png"]
        pictures.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (40, 30), colour).save(pictures / shown[0])
        words, args["image"] = f"{words} like this (img1: <image>)", "img1"
    more = " and some words" * (number % 4)
    return Row(
        id=f"{split}-{number}",
        source="simulated",
        messages=[
            Message(role="system", content=SYSTEM),
            Message(role="user", content=f"{words}{more} [catalogue: colour: {colour}]", pictures=shown),
            Message(role="assistant", tool_calls=[ToolCall(name="search", args=args)], learn=True),
            Message(role="tool", name="search", content=f"1 hit: [P1] {colour} dress, 45.00"),
            Message(role="assistant", content=f"How about [P1], in {colour}?", learn=True),
            Message(role="user", content="thank you"),
            Message(role="assistant", content="With pleasure.", learn=True),
        ],
    )


def write_visits(
    folder: Path, train: int = 6, validation: int = 2, tools: Sequence[dict[str, Any]] = (SEARCH,)
) -> Path:
    """Write a folder of training data and return it."""
    pictures = folder.parent / f"{folder.name}-pictures"
    rows = {
        "train": [visit(number, pictures) for number in range(train)],
        "validation": [visit(number, pictures, "validation") for number in range(validation)],
    }
    found = {file.name: file for file in sorted(pictures.glob("*.png"))}
    write_data(folder, list(tools), rows, [], found, {})
    return folder
