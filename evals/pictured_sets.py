"""Pictures of products and what they show, every set in the same words: the demo shop's own where it has one.

The sets name one thing in many ways ("Tshirts" and "T-Shirt", "casual shoes" and "sneaker", "navy blue" and "navy").
KINDS and COLOURS say which word stands for each of them, so that a model learns, and is asked for, one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shelftalk.evals.simulation.splits import held_out

# The word for a kind <- the sets' own words for it. What is not listed keeps its own word, in the singular.
_KINDS = {
    "t-shirt": "tshirts, lounge tshirts, polo",
    "shirt": "shirts",
    "long-sleeved top": "longsleeve",
    "top": "tops, tunics, blouse, shrug, camisoles",
    "vest": "undershirt, innerwear vests",
    "kurta": "kurtas, kurtis, kurta sets",
    "jumper": "sweaters, sweatshirts, hoodie",
    "jacket": "jackets, rain jacket, nehru jackets, outwear, blazer, blazers, waistcoat",
    "bodysuit": "body, rompers",
    "trousers": "pants, track pants, lounge pants, rain trousers, capris, patiala, salwar, churidar, "
    "salwar and dupatta",
    "leggings": "jeggings, tights, stockings",
    "shorts": "lounge shorts",
    "briefs": "trunk, boxers, shapewear",
    "nightdress": "baby dolls",
    "pyjamas": "night suits",
    "bathrobe": "bath robe, robe",
    "sari": "sarees, lehenga choli",
    "scarf": "scarves, stoles, mufflers, dupatta",
    "hat": "caps, headband",
    "sneaker": "casual shoes, sports shoes",
    "sandal": "sandals, sports sandals, flats",
    "flip flop": "flip flops",
    "formal shoe": "formal shoes",
    "heel": "heels",
    "boot": "booties",
    "backpack": "backpacks, rucksacks",
    "laptop bag": "messenger bag, tablet sleeve",
    "duffel bag": "trolley bag",
    "handbag": "clutches",
    "pouch": "mobile pouch, waist pouch",
    "perfume": "perfume and body mist, fragrance gift set",
    "necklace": "necklace and chains, pendant, jewellery set",
    "bracelet": "bangle",
    "lipstick": "lip gloss, lip liner, lip care, lip plumper",
    "eyeliner": "kajal and eyeliner, mascara",
    "face powder": "compact, highlighter and blush, eyeshadow",
    "foundation": "foundation and primer, concealer",
    "face cream": "face moisturisers, sunscreen, face wash and cleanser, mask and peel, body lotion, eye cream, "
    "face scrub and exfoliator, toner, makeup remover, face serum and gel, body wash and scrub",
    "gift set": "accessory gift set",
    "football": "footballs",
    "basketball": "basketballs",
    "yoghurt": "soyghurt, oatghurt",
    "milk": "sour milk, soy milk, oat milk",
    "grapefruit": "red grapefruit",
    "courgette": "zucchini",
    "beetroot": "red beet",
    "carrot": "carrots",
}
KINDS = {own: word for word, owns in _KINDS.items() for own in re.split(r",\s*", owns)}
# Labels that say less than a shopper sees: whichever of these narrower kinds is named, it is right.
BROADER = {
    "shoe": ("sneaker", "boot", "sandal", "heel", "formal shoe", "flip flop"),
    "pants": ("trousers", "jeans", "leggings"),
}
# Labels that do not say what is in the picture.
NOTHING = frozenset(
    "not sure,other,skip,free gifts,shoe accessories,travel accessory,beauty accessory,clothing set,"
    "mens grooming kit,hair accessory,nail essentials".split(",")
)
_COLOURS = {
    "navy": "navy blue",
    "teal": "turquoise blue",
    "red": "maroon, burgundy",
    "orange": "rust",
    "pink": "magenta, rose, peach",
    "purple": "lavender, mauve",
    "green": "olive, sea green, lime green, fluorescent green",
    "yellow": "mustard",
    "brown": "tan, coffee brown, mushroom brown, taupe, bronze, copper",
    "beige": "khaki, skin, nude",
    "white": "off white, cream",
    "grey": "charcoal, grey melange",
    "silver": "steel, metallic",
    "multicoloured": "multi",
}
COLOURS = {own: word for word, owns in _COLOURS.items() for own in re.split(r",\s*", owns)}
# Neighbouring colours, between which people differ: a name of the same group is nearly right.
_SHADES = [
    set(group.split())
    for group in (
        "blue navy teal,blue purple,black navy,green teal,purple pink,red pink,orange red,yellow gold,brown beige,"
        "beige white,grey white,grey silver,black grey"
    ).split(",")
]
_PLURAL = re.compile(
    r"(shorts|trousers|leggings|jeans|sunglasses|briefs|pyjamas|suspenders|cufflinks|ss|us|is)$"
)
SETS = ("shop", "fashion", "clothing", "grocery")


@dataclass(frozen=True)
class Seen:
    """What one picture shows; `colour` is empty where the set does not say. `held_out` ones train nothing."""

    source: str
    key: str
    kind: str
    colour: str
    held_out: bool


def plain_kind(own: str) -> str:
    """Return the one word for a set's own name of a kind; empty where the name says nothing."""
    kind = own.lower().replace("-", " ").replace("t shirt", "t-shirt").strip()
    if kind in NOTHING:
        return ""
    if kind in KINDS:
        return KINDS[kind]
    if kind == "watches":
        return "watch"
    if kind.endswith("dresses"):
        return kind[:-2]
    return kind if _PLURAL.search(kind) or not kind.endswith("s") else kind[:-1]


def plain_colour(own: str) -> str:
    """Return the one word for a set's own name of a colour; empty where it is not known."""
    colour = own.lower().strip()
    return "" if colour == "na" else COLOURS.get(colour, colour)


def right_kind(wanted: str, given: str) -> bool:
    """Say whether a kind is the one in the picture, or a narrower one of what the label says."""
    return given == wanted or given in BROADER.get(wanted, ())


def near_colour(wanted: str, given: str) -> bool:
    """Say whether two colours are the same or neighbours."""
    return wanted == given or any({wanted, given} <= group for group in _SHADES)


def read_seen(path: Path) -> Iterator[tuple[Seen, bytes]]:
    """Yield what the pictures of one Parquet file show, with the encoded pictures; its name says which set it is."""
    import pyarrow.parquet as pq

    table = pq.ParquetFile(path)
    names = table.schema_arrow.names
    column = next(name for name in ("image", "picture") if name in names)
    wanted = ("id", "articleType", "baseColour", "productDisplayName", "label", "coarse", "split", "category")
    columns = [column, *(name for name in (*wanted, "colour") if name in names)]
    for batch in table.iter_batches(512, columns=columns):
        for row in batch.to_pylist():
            picture = row.pop(column)
            seen = _seen(path.stem, row)
            if picture and seen.kind:
                yield seen, picture["bytes"] if isinstance(picture, dict) else picture


def _seen(source: str, row: dict[str, Any]) -> Seen:
    """Return one row's labels; the sides of the split are those that the eye was trained with."""
    key = str(row["id"])
    if source == "shop":
        return Seen(source, key, row["category"], row["colour"] or "", held_out(key, 10))
    if source == "fashion":
        # Sizes and views of one product share a title, and so a side.
        title = row["productDisplayName"].strip()
        kind, colour = plain_kind(row["articleType"]), plain_colour(row["baseColour"])
        return Seen(source, key, kind, colour, held_out(title, 10))
    if source == "clothing_cc0":
        kind = {"shoes": "shoe", "pants": "pants"}.get(row["label"].lower(), plain_kind(row["label"]))
        return Seen("clothing", key, kind, "", held_out(key, 15))
    return Seen(source, key, plain_kind(row["coarse"]), "", row["split"] == "test" and held_out(key, 30))
