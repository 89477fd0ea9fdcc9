"""Training captions: what may be said of each picture, and which sayings hold for which pictures.

A picture has a code in each of FIELDS; a caption requires codes in some of them. Compared, they say whether a
caption is true of another picture in the batch (then it is no negative), false, or unknown (then it is left out).
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from shelftalk.evals.simulation.splits import held_out

# Unknown: the data does not say. Any: the caption does not ask.
UNKNOWN, ANY = -2, -1
FIELDS = ("title", "kind", "group", "colour", "shade", "gender", "usage", "pattern", "material", "set")

SHADES = {
    "navy blue": "blue", "turquoise blue": "blue", "teal": "blue", "navy": "blue", "sky blue": "blue",
    "maroon": "red", "burgundy": "red", "rust": "orange", "wine": "red", "crimson": "red",
    "charcoal": "grey", "grey melange": "grey", "steel": "silver", "metallic": "silver", "gray": "grey",
    "olive": "green", "sea green": "green", "lime green": "green", "fluorescent green": "green", "mint": "green",
    "off white": "white", "cream": "white", "ivory": "white", "nude": "beige", "skin": "beige", "tan": "brown",
    "khaki": "beige", "mushroom brown": "brown", "coffee brown": "brown", "taupe": "brown", "bronze": "brown",
    "copper": "brown", "lavender": "purple", "mauve": "purple", "magenta": "pink", "rose": "pink", "peach": "pink",
    "mustard": "yellow",
}  # fmt: skip
LIGHT = {
    "white",
    "cream",
    "off white",
    "beige",
    "skin",
    "nude",
    "silver",
    "ivory",
    "grey melange",
    "steel",
    "peach",
}
_TOPS = """t-shirt, shirt, top, polo, polo shirt, longsleeve, blouse, kurta, kurti, tunic, undershirt, innerwear vest,
vest, body, sweatshirt, sweater, jumper, hoodie, jacket, outwear, blazer, coat, waistcoat, rain jacket, nehru jacket,
shrug"""
_TROUSERS = """jeans, trousers, pants, shorts, track pants, capris, leggings, jegging, tights, churidar, salwar,
patiala, lounge pants, rain trousers"""
_SHOES = """shoes, casual shoes, sports shoes, formal shoes, heels, heel, flats, sandals, sandal, flip flops,
sports sandals, boots, boot, sneakers, sneaker"""
_BAGS = """bag, handbag, backpack, clutch, duffel bag, laptop bag, messenger bag, trolley bag, mobile pouch, rucksack,
waist pouch"""
GROUPS = {
    kind.strip(): group
    for group, kinds in {
        "tops": _TOPS, "trousers": _TROUSERS, "dresses": "dress, skirt, nightdress, sari, jumpsuit, lehenga choli",
        "shoes": _SHOES, "hats": "hat, cap, headband", "bags": _BAGS,
    }.items()
    for kind in kinds.split(",")
}  # fmt: skip
CLOTHES = ("tops", "trousers", "dresses", "shoes")
KINDS = {
    "tshirts": "t-shirt", "t-shirt": "t-shirt", "dresses": "dress", "watches": "watch", "sarees": "sari",
    "clutches": "clutch", "scarves": "scarf", "accessory gift set": "gift set", "longsleeve": "longsleeve",
    "briefs": "briefs", "jeans": "jeans", "heels": "heels", "flats": "flats", "sunglasses": "sunglasses",
    "polo": "polo shirt", "trunk": "trunks", "mask": "mask", "lip gloss": "lip gloss", "shoes": "shoes",
}  # fmt: skip
PLURAL = re.compile(
    r"(shorts|pants|trousers|tights|leggings|capris|shoes|sandals|flops|boots|sneakers|socks|earrings|jeans|heels|flats|glasses|briefs|trunks)$"
)
CLOTHING_WORDS = {
    "longsleeve": ["long-sleeved shirt", "long sleeve t-shirt", "longsleeve"],
    "outwear": ["jacket", "coat", "outerwear"],
    "pants": ["pants", "trousers", "jeans or trousers"],
    "undershirt": ["undershirt", "sleeveless vest", "tank top"],
    "body": ["baby bodysuit", "bodysuit"],
    "hat": ["hat", "cap or hat"],
    "polo": ["polo shirt", "polo"],
    "t-shirt": ["t-shirt", "tee"],
    "top": ["women's top", "top"],
}
PEOPLE = {
    "men": ["men's", "man's"],
    "women": ["women's", "woman's", "ladies'"],
    "boys": ["boy's"],
    "girls": ["girl's"],
}


@dataclass
class Caption:
    """One saying and what must be true of a picture for it to hold: field -> value."""

    text: str
    needs: dict[str, str]


@dataclass
class Example:
    """One training picture: its set, key, facts (field -> value) and captions, the fullest first."""

    source: str
    key: str
    facts: dict[str, str]
    captions: list[Caption]
    held_out: bool
    light: bool = False  # the product is nearly white
    extra: dict[str, str] = field(default_factory=dict)  # raw labels, for scores


def plain_kind(raw: str) -> str:
    """Return a kind's everyday name in lower case, singular where it has one: "Tshirts" -> "t-shirt"."""
    kind = raw.lower().replace("-", " ").replace("t shirt", "t-shirt").strip()
    if kind in KINDS:
        return KINDS[kind]
    if kind.endswith("s") and not kind.endswith("ss") and not PLURAL.search(kind):
        return kind[:-1]
    return kind


def group_of(kind: str) -> str:
    """Return the wider group a kind belongs to, or the kind itself."""
    return GROUPS.get(kind, kind)


def _article(words: str) -> str:
    if PLURAL.search(words):
        return words
    return f"{'an' if words[:1] in 'aeiou' else 'a'} {words}"


def _sayings(noun: str, raw: str, facts: dict[str, str], shade: str, rng: random.Random) -> list[Caption]:
    """Say a product's kind and colour in several ways; `noun` is the plain kind, `raw` the data's own word."""
    colour = {"colour": facts["colour"], "shade": facts["shade"]} if shade else {}
    if shade and shade == facts["colour"] and facts["set"] != "shop":
        colour = {"colour": shade}
    kind = {"kind": facts["kind"], "group": facts["group"]}
    word = rng.choice([noun, noun, raw])
    out = [
        Caption(f"{shade} {noun}".strip(), kind | colour),
        Caption(
            rng.choice(["a photo of {}", "{}", "a picture of {}"]).format(
                _article(f"{shade} {word}".strip())
            ),
            kind | colour,
        ),
        Caption(rng.choice([noun, raw, f"a photo of {_article(noun)}", _article(noun)]), kind),
    ]
    wider = {"shoes": "shoes", "bags": "bag"}.get(facts["group"], noun)
    if wider != noun:
        out.append(Caption(f"{shade} {wider}".strip(), {"group": facts["group"]} | colour))
    if shade:
        out.append(
            Caption(
                rng.choice([shade, f"something {shade}", f"{shade} colour", f"{noun} in {shade}"]), colour
            )
        )
        if "in" in out[-1].text.split() and noun in out[-1].text:
            out[-1].needs = kind | colour
        if shade != facts["colour"]:
            out.append(Caption(f"{facts['colour']} {noun}", kind | {"colour": facts["colour"]}))
    return out


def _fashion(row: dict[str, Any], rng: random.Random) -> Example:
    title, raw = row["productDisplayName"].strip(), row["articleType"].lower()
    noun = plain_kind(raw)
    shade = (
        row["baseColour"].lower().replace("na", "")
        if row["baseColour"] == "NA"
        else row["baseColour"].lower()
    )
    shade = {"multi": "multicoloured"}.get(shade, shade)
    gender, usage = row["gender"].lower(), row["usage"].lower()
    facts = {"title": title, "kind": noun, "group": group_of(noun), "set": "fashion"}
    facts |= {"colour": SHADES.get(shade, shade), "shade": shade} if shade else {}
    facts |= {"gender": gender} if gender in PEOPLE else {}
    facts |= {"usage": usage} if usage not in ("", "na", "home") else {}
    captions = [Caption(title, {"title": title})]
    captions += _sayings(noun, raw, facts, shade, rng)
    needs = {k: facts[k] for k in ("kind", "group", "colour", "shade") if k in facts}
    if gender in PEOPLE:
        whose = rng.choice(PEOPLE[gender])
        captions.append(Caption(f"{whose} {shade} {noun}".replace("  ", " "), needs | {"gender": gender}))
        phrase = rng.choice(["{} {} for {}", "{} {}, {}", "a photo of {} {} for {}"])
        captions.append(Caption(phrase.format(shade, noun, gender).strip(), needs | {"gender": gender}))
    if "usage" in facts:
        who = f" for {gender}" if gender in PEOPLE and rng.random() < 0.5 else ""
        extra = {"usage": usage} | ({"gender": gender} if who else {})
        captions.append(Caption(f"{usage} {shade} {noun}{who}".replace("  ", " "), needs | extra))
    return Example(
        "fashion", row["id"], facts, captions, held_out(title, 10), shade in LIGHT,
        {"kind": row["articleType"], "colour": row["baseColour"]},
    )  # fmt: skip


def _clothing(row: dict[str, Any], rng: random.Random) -> Example | None:
    label = row["label"]
    if label in ("Not sure", "Other", "Skip"):
        return None
    noun = plain_kind(label)
    needs = {"kind": noun, "group": group_of(noun)}
    kids = row["kids"] == "True"
    facts = needs | {"set": "clothing"} | ({} if kids else {"title": row["id"]})
    words = CLOTHING_WORDS.get(label.lower(), [noun])
    texts = [noun, rng.choice(words), f"a photo of {_article(rng.choice(words))} someone owns"]
    texts.append(
        f"{_article(rng.choice(words))} {rng.choice(['lying on the floor', 'on a hanger', 'at home', 'on the bed'])}"
    )
    texts.append(f"{rng.choice(['my', 'a used', 'a second-hand'])} {rng.choice(words)}")
    if kids:
        texts.append(f"a child's {rng.choice(words)}")
    captions = [Caption(text, needs) for text in texts]
    return Example("clothing", row["id"], facts, captions, held_out(row["id"], 15), extra={"kind": label})


def _grocery(row: dict[str, Any], rng: random.Random) -> Example:
    kind, group = (row[k].lower().replace("-", " ") for k in ("label", "coarse"))
    facts = {"title": row["id"], "kind": kind, "group": group, "set": "grocery"}
    needs = {"kind": kind, "group": group}
    full = kind if group in kind else f"{kind} {group}"
    captions = [
        Caption(full, needs),
        Caption(rng.choice([group, f"a photo of {group}", f"{group} in a shop"]), {"group": group}),
        Caption(rng.choice([kind, f"a photo of {full}", f"{full} on a supermarket shelf"]), needs),
    ]
    return Example("grocery", row["id"], facts, captions, row["split"] == "test" and held_out(row["id"], 30))


def _shop(row: dict[str, Any], rng: random.Random) -> Example:
    """A product of the demo shop; its columns are those of the shop's own catalogue."""
    title, category = str(row["title"]).strip(), plain_kind(str(row["category"]))
    shade = str(row.get("colour") or "").lower()
    facts = {"title": str(row["id"]), "kind": category, "group": group_of(category), "set": "shop"}
    facts |= {"colour": SHADES.get(shade, shade), "shade": shade} if shade else {}
    if facts["group"] in CLOTHES and str(row.get("gender") or "") in PEOPLE:
        facts["gender"] = row["gender"]
    for name in ("pattern", "material"):
        if row.get(name):
            facts[name] = str(row[name]).lower()
    captions = [Caption(title, {"title": str(row["id"])})]
    captions += _sayings(category, category, facts, shade, rng)
    needs = {k: facts[k] for k in ("kind", "group", "colour", "shade") if k in facts}
    if "gender" in facts:
        whose = rng.choice(PEOPLE[facts["gender"]])
        captions.append(
            Caption(f"{whose} {shade} {category}".replace("  ", " "), needs | {"gender": facts["gender"]})
        )
    for name in ("pattern", "material"):
        if name in facts:
            captions.append(Caption(f"{shade} {facts[name]} {category}".strip(), needs | {name: facts[name]}))
            short = {"kind": category, "group": facts["group"], name: facts[name]}
            captions.append(Caption(f"{facts[name]} {category}", short))
    for name in ("style",):
        if row.get(name):
            value = str(row[name]).lower()
            captions.append(
                Caption(f"{value} {shade} {category}".replace("  ", " "), {"title": str(row["id"])})
            )
    light = shade in LIGHT
    return Example("shop", str(row["id"]), facts, captions, held_out(str(row["id"]), 10), light,
                   {"kind": category, "colour": shade})  # fmt: skip


READERS = {"fashion": _fashion, "clothing_cc0": _clothing, "grocery": _grocery, "shop": _shop}


def read_examples(path: Path, seed: int) -> Iterator[tuple[Example, bytes]]:
    """Yield the examples of one Parquet file, whose name says how it is read, with their encoded pictures."""
    import pyarrow.parquet as pq

    reader = READERS[path.stem]
    table = pq.ParquetFile(path)
    column = next(name for name in ("image", "picture") if name in table.schema_arrow.names)
    for batch in table.iter_batches(512):
        for row in batch.to_pylist():
            picture = row.pop(column)
            row.setdefault("id", row.get("sku"))
            example = reader(row, random.Random(f"{seed}:{row['id']}"))
            if example is not None and picture:
                yield example, picture["bytes"] if isinstance(picture, dict) else picture
