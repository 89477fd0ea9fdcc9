"""How people say what should differ from a picture: frames with slots, written here and mined from captions.

A frame belongs to what it changes (CHANGES). Its slots: {to} the new value, {from} the old one, {a_to} the new one
with its article, {kind} and {kinds} what the product is, {colour} and {gender} what it stays. A share of the frames
is held out: they are never trained on, and measure.
"""

from __future__ import annotations

import re
import string
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from shelftalk.evals.simulation.splits import held_out

CHANGES = ("colour", "gender", "kind", "pattern", "material", "nothing")
CAPTIONS = ("text/fashion_iq_captions.parquet", "text/shoes_relative_captions.parquet")
HELD_OUT = 30  # percent of the frames
GENDERS = {  # whose, for one, and like what
    "men": ("men's", "man", "masculine"),
    "women": ("women's", "woman", "feminine"),
    "boys": ("boys'", "boy", ""),
    "girls": ("girls'", "girl", ""),
}

_WRITTEN = {
    "colour": """in {to} | but in {to} | but {to} | the same in {to} | the same but {to} | the same one in {to}
        like this but {to} | like this, but in {to} | this one in {to} | this in {to} please | in {to} instead
        do you have it in {to} | do you have this in {to}? | have you got that in {to}? | make it {to} | {to} please
        {to} | i want it in {to} | a {to} one | {to} instead of {from} | not {from} but {to} | in {to}, not {from}
        the {to} version | the same {kind} in {to} | {to} {kind} | a {to} {kind} | similar {kinds} in {to}
        something like this in {to} | any {to} ones like it? | show me this in {to} | the same style in {to}
        same thing, {to} | could i get that in {to} | {to} colour | change the colour to {to} | is there a {to} one
        in a {to} shade | {kinds} in {to} | similar but {to} | {to} {kind} for {gender} | does it come in {to}
        i like this {kind} but want it {to} | {to} {kinds} like this one | find me one in {to} | similar, but {to}
        the {kind} from the photo, in {to} | anything like it in {to}""",
    "gender": """for {to} | but for {to} | for {to} instead | for {to}, not {from} | the same for {to} | for a {one_to}
        like this but for {to} | like this for {to} | the {whose_to} version | {whose_to} | a {whose_to} one
        do you have this for {to}? | something similar for {to} | {whose_to} {kind} | {kinds} for {to}
        {colour} {kind} for {to} | is there one for {to} | i need it for a {one_to} | {whose_to} {colour} {kind}
        the same {kind} for {to} | similar, for {to} | {whose_to} instead of {whose_from} | the same style for {to}
        {whose_to} {kinds} like this | i'm shopping for a {one_to} | can i get this for {to} | in {whose_to} sizes
        show me the {whose_to} one | does it come for {to} | a {kind} for a {one_to} | same thing for {to}""",
    "kind": """{a_to} | {a_to} like this | but {a_to} | {a_to} instead | as {a_to} | {a_to} in the same colour | {tos}
        a matching {to} | {tos} like this | {tos} in this colour | the same but as {a_to} | do you have {tos} like this?
        {a_to} instead of {a_from} | {to}, not {from} | not {a_from} but {a_to} | {colour} {to} | make it {a_to}
        {colour} {to} for {gender} | show me {tos} in that colour | {tos} in the same style | {colour} {tos}
        {a_to} that looks like this | in the form of {a_to} | i'd rather have {a_to} | the {to} version | {to} please
        a similar {to} | {tos} for {gender} in this colour | something like this but {a_to} | {tos} that match
        i'm after {a_to} in this colour | {a_to} in {colour}""",
    "pattern": """{to} | but {to} | the same but {to} | like this but {to} | make it {to} | a {to} one | {to} {kind}
        a {to} {kind} | {colour} {to} {kind} | {to} instead of {from} | not {from} but {to} | in a {to} pattern
        with a {to} pattern | is there a {to} one | the {to} version | something like this, {to} | similar but {to}
        the same {kind}, {to} | i want it {to} | do you have it {to}? | {to} {kinds} like this""",
    "material": """in {to} | but in {to} | made of {to} | the same in {to} | {to} {kind} | {to} instead of {from}
        a {to} one | like this but {to} | like this but made of {to} | {colour} {to} {kind} | in {to}, not {from}
        do you have it in {to}? | the {to} version | a {to} {kind} | make it {to} | similar but in {to} | {to}
        is there one in {to} | the same {kind} in {to} | {to} rather than {from} | something like this in {to}""",
    "nothing": """like this | more like this | something similar | similar {kinds} | the same | this one | {kind}
        {kinds} | anything like this? | {colour} {kind} | {colour} {kind} for {gender} | another {kind} like this
        {a_kind} | find similar ones | the same {kind} | show me more of these | do you have this?
        {a_kind} like the one i sent
        have you got this | like in the picture | i want this one | {colour} {kinds} | {kinds} like these | in {colour}
        the same {kind} in {colour} | what is this? | can i buy this here | similar | {colour} | for {gender} | this
        {kinds} for {gender} | is there anything similar? | which {kinds} look like this | what do you have like this?
        hi, do you sell this | how much is it | i am looking for this | can you find it? | what would you recommend?
        i saw this in a shop | please | help me find this | got anything like that | what about this | hello
        where can i get one | tell me more about it | i like it | show me what you have | could you look at this photo
        is it in stock | something in this style | this is nice""",
}  # fmt: skip

_COLOURS = """red blue green black white yellow pink purple brown grey gray orange beige gold silver teal maroon
cream navy tan"""
_PATTERNS = "striped floral plaid checked checkered dotted polka-dotted plain"
_MATERIALS = "leather suede denim canvas velvet cotton wool silk linen nylon"
_PRODUCTS = "dress shirt tee t-shirt tshirt top blouse shoe boot sandal sneaker"
_SLOTS = {
    "colour": _COLOURS, "pattern": _PATTERNS, "material": _MATERIALS,
    "men": "men's mens masculine", "women": "women's womens woman's feminine",
    "kinds": "shoes dresses shirts tops tees boots heels sandals flats sneakers", "kind": _PRODUCTS,
}  # fmt: skip
_SLOT_OF = {word: slot for slot, words in _SLOTS.items() for word in words.split()}
# Words that say nothing of the product but how it relates to the other one.
_NEUTRAL = set(
    """a an the is are it its it's they i want would like prefer need has have in of but and same exactly very almost
    similar style design otherwise instead rather than not color colored coloured colour shade more all completely
    entirely to with just for that this be looking as identical match good essentially exact""".split()
)
_FRAME = re.compile(r"[a-z'-]+|[,?]")


def mine(captions: Iterable[str]) -> dict[str, Counter[str]]:
    """Return the frames in captions that name one change and nothing else, with how often each was said."""
    found: dict[str, Counter[str]] = {change: Counter() for change in CHANGES}
    for caption in captions:
        if frame := _framed(_FRAME.findall(caption.lower().strip(" ."))):
            found[frame[0]][frame[1]] += 1
    return found


def _framed(words: Sequence[str]) -> tuple[str, str] | None:
    """Return what a caption changes and its frame; None where it says more, or nothing that can be told."""
    if any(word not in _SLOT_OF and word not in _NEUTRAL and word not in ",?" for word in words):
        return None
    text = " ".join(words)
    slots = [_SLOT_OF.get(word, "") for word in words]
    named = [slot for slot in slots if slot and slot not in ("kind", "kinds")]
    products = [slot for slot in slots if slot in ("kind", "kinds")]
    if not slots or (not named and not products):
        same = {"same", "identical", "similar", "match"} & set(words)
        return ("nothing", text) if same and not {"but", "not"} & set(words) else None
    if not named and len(products) == 1:  # "is a shirt"
        if {"not", "same", "all", "than"} & set(words):
            return None
        return "kind", _tidy(re.sub(r"(\ba )?\bTO\b", "{a_to}", _slotted(words, slots, ["TO"])))
    pair = len(named) == 2 and named[0] == named[1]
    if not pair and (len(named) != 1 or "not" in words):
        return None
    order = ["{to}"]
    if pair:
        between = re.search(r"instead of|rather than|\bnot\b", text)
        if between is None or re.search(r"\bnot\b.*\b(not|instead)\b", text):
            return None
        # "Not red but blue" names the old value first.
        order = ["{from}", "{to}"] if re.match(r"(is |are |it is )?not ", text) else ["{to}", "{from}"]
    if named[0] in ("men", "women"):
        if pair:
            return None
        like = any(word in ("masculine", "feminine") for word in words)
        return "gender", _tidy(_slotted(words, slots, ["{like_to}" if like else "{whose_to}"]))
    return named[0], _tidy(_slotted(words, slots, order))


def _slotted(words: Sequence[str], slots: Sequence[str], order: list[str]) -> str:
    """Put slots in the place of words: products as {kind} and {kinds} unless they are what changes."""
    left = list(order)
    out = []
    for word, slot in zip(words, slots, strict=True):
        if slot in ("kind", "kinds") and order != ["TO"]:
            out.append("{" + slot + "}")
        else:
            out.append(left.pop(0) if slot else word)
    return " ".join(out)


def _tidy(frame: str) -> str:
    frame = re.sub(r"(\{kinds?\} )+(?=\{kind)", "", frame)  # "tee shirt" is one product
    return frame.replace(" ,", ",").replace(" ?", "?").strip(" ,")


def frames(folder: Path | None, measuring: bool) -> dict[str, dict[str, float]]:
    """Return the frames of each change with their weights: those held out for `measuring`, or the others.

    Mined ones are added where `folder` holds CAPTIONS; they weigh as much together as those written here.
    """
    mined = mine(_captions(folder)) if folder is not None else {change: Counter() for change in CHANGES}
    out: dict[str, dict[str, float]] = {}
    for change, text in _WRITTEN.items():
        kept: dict[str, float] = {}
        written = [frame.strip() for frame in re.split(r"\||\n", text)]
        for weights in (dict.fromkeys(written, 1.0), {f: n**0.5 for f, n in mined[change].items()}):
            own = {f: w for f, w in weights.items() if held_out(f"{f} ({change})", HELD_OUT) == measuring}
            total = sum(own.values())
            for frame, weight in own.items():
                kept[frame] = kept.get(frame, 0.0) + weight / total
        out[change] = kept
    return out


def _captions(folder: Path) -> list[str]:
    import pyarrow.parquet as pq

    out: list[str] = []
    for name in CAPTIONS:
        path = folder / name
        if path.is_file():
            schema = pq.read_schema(path).names
            column = pq.read_table(path, columns=["captions" if "captions" in schema else "caption"])[0]
            for value in column.to_pylist():
                out += value if isinstance(value, list) else [value]
    return out


def fields(frame: str) -> set[str]:
    """Return the names of a frame's slots."""
    return {name for _, name, _, _ in string.Formatter().parse(frame) if name}


def fill(frame: str, change: str, facts: Mapping[str, str], to: str) -> str | None:
    """Say a change of a product in words; None where the frame needs a fact that is not known.

    `facts`: kind, colour, gender and the other fields, in everyday words; `to`: the new value of the field `change`.
    """
    old = facts.get(change, "")
    values = {"to": to, "from": old} | {name: facts.get(name, "") for name in ("kind", "colour", "gender")}
    if values["gender"] not in GENDERS:
        values["gender"] = ""
    if change == "kind":
        values |= {"tos": plural(to), "a_to": article(to), "a_from": article(old) if old else ""}
    if kind := values["kind"]:
        values |= {"kinds": plural(kind), "a_kind": article(kind)}
    if change == "gender":
        whose, one, like = GENDERS[to]
        values |= {"whose_to": whose, "one_to": one, "like_to": like}
        values["whose_from"] = GENDERS[old][0] if old in GENDERS else ""
    if not all(values.get(name) for name in fields(frame)):
        return None
    return re.sub(r"\ba (?=[aeio])", "an ", frame.format(**values))


_PLURAL = re.compile(
    r"(shorts|pants|trousers|tights|leggings|capris|shoes|sandals|flops|boots|sneakers|socks|earrings|jeans|heels"
    r"|flats|glasses|briefs|trunks|boxers|booties|suits|gifts|stockings|accessories)$"
)


_ODD = {"sarees": "sari", "saree": "sari", "scarves": "scarf"}


def singular(label: str) -> str:
    """Return a label of a catalogue as people say it: "Tshirts" -> "t-shirt", "Casual Shoes" -> "casual shoes"."""
    word = re.sub(r"\bt[ -]?shirt", "t-shirt", label.lower().replace("-", " ")).strip()
    if word in _ODD:
        return _ODD[word]
    if _PLURAL.search(word) or word.endswith("ss") or not word.endswith("s"):
        return word
    return re.sub(r"(?<=ss)es$|(?<=ch)es$|s$", "", word)


def plural(noun: str) -> str:
    """Return more than one of it: "dress" -> "dresses", "shorts" -> "shorts"."""
    if _PLURAL.search(noun):
        return noun
    if noun.endswith("scarf"):
        return f"{noun[:-1]}ves"
    return noun + ("es" if re.search(r"(s|ch|sh|x)$", noun) else "s")


def article(noun: str) -> str:
    """Return it with its article: "a dress", "an umbrella", "shorts"."""
    if _PLURAL.search(noun):
        return noun
    return f"{'an' if noun[:1] in 'aeiou' else 'a'} {noun}"
