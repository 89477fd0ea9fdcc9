"""A catalogue large enough to be split, and what the tests of training data look for in rows."""

from __future__ import annotations

import json
import re
from pathlib import Path

from PIL import Image

from shelftalk.finetune.tuning.rows import Row

COLOURS = ("red", "blue", "green", "black", "white")
KINDS = {"dress": 40, "boot": 90, "lamp": 25, "rug": 120}
MATERIALS = {"dress": ("cotton", "silk"), "boot": ("leather", "suede"), "lamp": ("glass",), "rug": ("wool",)}


def write_catalogue(folder: Path) -> Path:
    """Write 90 products, each with a picture of its own beside the catalogue's file."""
    rows = []
    for colour in COLOURS:
        for kind, price in KINDS.items():
            for material in MATERIALS[kind]:
                for maker in ("Oruvane", "Halden Row", "Tessaly"):
                    number = len(rows)
                    Image.new("RGB", (12, 12), (number, 2 * number, 255 - number)).save(
                        folder / f"{number}.png"
                    )
                    rows.append(
                        {
                            "id": f"A{number:03}",
                            "title": f"{maker} {colour} {material} {kind}",
                            "category": kind,
                            "price": price + number,
                            "currency": "USD",
                            "colour": colour,
                            "material": material,
                            "brand": maker,
                            "stock": number % 7,
                            "rating": 3 + number % 3 / 2,
                            "picture": f"{number}.png",
                        }
                    )
    path = folder / "shop.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def shown(rows: list[Row]) -> set[str]:
    """The products of all lists, by title."""
    lines = [
        line for row in rows for m in row.messages if m.role == "tool" for line in m.content.splitlines()
    ]
    return {match[1] for line in lines if (match := re.match(r"\[P\d+\] ([^,]+),", line))}
