"""Titles and descriptions: varied wordings in which every word is true of the record."""

from __future__ import annotations

from random import Random

from shelftalk.tools.demo.record import Kind, Model
from shelftalk.tools.demo.values import MATERIALS

_PATTERN_WORDS = {
    "striped": ("{accent} stripes run across it.", "It is striped in {colour} and {accent}."),
    "checked": ("The checks are {colour} and {accent}.", "A check in {accent} covers it."),
    "dotted": ("{accent} dots cover it.", "It is scattered with {accent} dots."),
    "floral": ("{accent} flowers bloom all over it.", "The print shows {accent} flowers on {colour}."),
    "geometric": (
        "Angular shapes in {accent} repeat across it.",
        "A geometric pattern in {accent} covers it.",
    ),
    "colour-block": (
        "Panels of {accent} break up the {colour}.",
        "It pairs {colour} with blocks of {accent}.",
    ),
}
_PATTERN_WORDS_PLURAL = {
    "striped": ("{accent} stripes run across them.", "They are striped in {colour} and {accent}."),
    "checked": ("The checks are {colour} and {accent}.", "A check in {accent} covers them."),
    "dotted": ("{accent} dots cover them.", "They are scattered with {accent} dots."),
    "floral": ("{accent} flowers bloom all over them.", "The print shows {accent} flowers on {colour}."),
    "geometric": (
        "Angular shapes in {accent} repeat across them.",
        "A geometric pattern in {accent} covers them.",
    ),
    "colour-block": (
        "Panels of {accent} break up the {colour}.",
        "They pair {colour} with blocks of {accent}.",
    ),
}
_TITLES = (
    "{name} {pattern} {material} {shape} {noun} in {colour}",
    "{name} {shape} {noun} in {colour} {pattern} {material}",
    "{colour} {pattern} {material} {shape} {noun} {name}",
    "{brand} {colour} {pattern} {shape} {noun} in {material}",
    "{name} {colour} {material} {shape} {noun} {with_pattern}",
)
_OPENINGS = (
    "{a} {style} {noun} in {colour} {material}.",
    "{a} {colour} {noun} by {brand}, made of {material}.",
    "{brand} makes this {style} {noun} in {colour} {material}.",
    "{a} {style} {colour} {noun} {audience}.",
    "Our {name} {noun} comes in {colour} {material}.",
)
_OPENINGS_PLURAL = (
    "{style} {noun} in {colour} {material}.",
    "{colour} {noun} by {brand}, made of {material}.",
    "{brand} makes these {style} {noun} in {colour} {material}.",
    "{style} {colour} {noun} {audience}.",
    "Our {name} {noun} come in {colour} {material}.",
)
_WITH = {
    "striped": "with stripes",
    "checked": "in a check",
    "dotted": "with dots",
    "floral": "with flowers",
    "geometric": "with a geometric pattern",
    "colour-block": "in colour-block",
}


def _sentence(template: str, facts: dict[str, str]) -> str:
    text = " ".join(template.format(**facts).split()).replace(" .", ".")
    text = text.replace("A/an ", "An " if text[5:6].lower() in "aeio" else "A ")
    return text[0].upper() + text[1:]


def noun_phrase(kind: Kind, model: Model) -> str:
    """Return the shape and the noun as one would say them: "wrap dress", "baseball cap", "armchair"."""
    noun = model.noun or kind.noun
    return noun if model.shape in noun else f"{model.shape} {noun}"


def write_title(random: Random, kind: Kind, model: Model, facts: dict[str, str]) -> str:
    """Return a title such as "Marlow striped linen wrap dress in blue"."""
    pattern = "" if facts["pattern"] == "plain" else facts["pattern"]
    words = {
        **facts,
        "pattern": pattern,
        "with_pattern": _WITH.get(pattern, ""),
        "noun": noun_phrase(kind, model),
        "shape": "",
    }
    return _sentence(random.choice(_TITLES), words)


def write_description(random: Random, kind: Kind, model: Model, facts: dict[str, str], title: str) -> str:
    """Return one to three sentences: what it is, its shape, and its pattern or its material."""
    audience = ""
    if facts["gender"] in ("women", "men"):
        audience = f"for {facts['gender']}"
    elif facts["gender"] == "unisex":
        audience = "for anyone"
    elif facts["room"]:
        audience = f"for the {facts['room']}"
    words = {**facts, "noun": noun_phrase(kind, model), "audience": audience, "a": "A/an"}
    openings: tuple[str, ...] = _OPENINGS_PLURAL if kind.plural else _OPENINGS
    if facts["name"] not in title.split():
        openings = openings[:-1]
    sentences = [_sentence(random.choice(openings), words), _sentence(model.note, words)]
    extra = list(MATERIALS[facts["material"]][1])
    patterns = _PATTERN_WORDS_PLURAL if kind.plural else _PATTERN_WORDS
    if facts["pattern"] in patterns:
        extra = list(patterns[facts["pattern"]])
    if random.random() < 0.75:
        third = random.choice(extra)
        if kind.plural:
            third = third.replace("makes it ", "makes them ").replace("keeps it ", "keeps them ")
            third = third.replace("gives it ", "gives them ")
        sentences.append(_sentence(third, words))
    if random.random() < 0.12:
        sentences = sentences[:1]
    return " ".join(sentences)
