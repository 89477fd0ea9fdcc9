"""Does the model see what an unseen picture shows: what kind of thing it is, and its colour?

Pictures of the demo shop's held-out products and, where their files are given, held-out photos of fashion, of people's
own clothes and of groceries. Each is sent alone, in the first turn, with "what is this?" and (where its colour is
known) "what colour is it?" in wordings kept from training. Kind and colour are read off the reply in the words of
evals/pictured_sets.py; the share that the set's commonest word would get stands beside them.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.pictured_sets import BROADER, COLOURS, KINDS, Seen, near_colour, read_seen, right_kind
from shelftalk.evals.simulation.dialogue import Turn
from shelftalk.evals.simulation.lexicon import plural
from shelftalk.evals.simulation.shelves import given_shelf
from shelftalk.evals.simulation.wordings import say
from shelftalk.evals.suites.tools import demo_products, user_message
from shelftalk.prompts.turn import render_user
from shelftalk.tools.errors import UsageError
from shelftalk.tools.linking import link
from shelftalk.tools.schema import tool_schemas

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

FILES = ("fashion", "clothing_cc0", "grocery")
# Colours that a reply may name and no set does.
_MORE_COLOURS = {
    "gray": "grey",
    "violet": "purple",
    "multi-coloured": "multicoloured",
    "colourful": "multicoloured",
}


@dataclass(frozen=True)
class Answer:
    """One question about one picture: what is right, what the model said, and what was read off that."""

    source: str
    key: str
    asks: str  # "kind" or "colour"
    wanted: str
    given: str  # empty where the reply names none
    right: bool
    near: bool  # right, or a neighbouring colour
    user: str
    reply: str
    commonest: bool  # the set's commonest word would have been right


@cache
def _kind_words() -> dict[str, str]:
    """Return every name of a kind that a reply may use -> the one word for it."""
    products, _, _ = demo_products()
    plain = {*KINDS.values(), *BROADER, *(p.category.lower() for p in products if p.category)}
    plain |= {narrow for kinds in BROADER.values() for narrow in kinds}
    names = KINDS | {kind: kind for kind in plain}
    for name, kind in list(names.items()):
        names.setdefault(plural(name), kind)
        if name.endswith("s") and not name.endswith(("ss", "us", "jeans", "shorts", "trousers", "glasses")):
            names.setdefault(name[:-1], kind)
    return names


def read_reply(reply: str, kinds: Sequence[str] = ()) -> tuple[str, str]:
    """Return the kind and the colour that a reply names first, in the one word for each; empty where it names none.

    `kinds` are further kinds that may be named, as they stand.
    """
    text = re.sub(r"\s+", " ", reply.lower())
    names = _kind_words() | {name: kind for kind in kinds for name in (kind, plural(kind))}
    kind, rest = _first(text, names)
    # "An orange" names no colour.
    colour, _ = _first(rest, {**COLOURS, **_MORE_COLOURS, **{c: c for c in _plain_colours()}})
    return kind, colour


def _plain_colours() -> set[str]:
    _, photos, _ = demo_products()
    return {*COLOURS.values(), *(photo.colour for photo in photos), "black", "blue", "gold"}


def _first(text: str, names: dict[str, str]) -> tuple[str, str]:
    """Return what the first, and there the longest, of the names stands for; and the text without it."""
    longest = sorted(names, key=len, reverse=True)
    found = re.search(rf"(?<![\w-])({'|'.join(map(re.escape, longest))})(?![\w-])", text)
    return (names[found[1]], text[: found.start()] + text[found.end() :]) if found else ("", text)


def pictures(count: int, seed: int, data: Path | None) -> Iterator[list[tuple[Seen, bytes]]]:
    """Yield each set's held-out pictures: the demo shop's, and at most `count` of every set that lies in `data`.

    UsageError: a data folder that holds none of the sets.
    """
    from shelftalk.tools.demo import shop_path

    files = [shop_path()]
    if data is not None:
        files += [data / f"{name}.parquet" for name in FILES if (data / f"{name}.parquet").is_file()]
        if len(files) == 1:
            raise UsageError(
                f"--data {data} holds none of {', '.join(f'{name}.parquet' for name in FILES)}; "
                "name the folder that does, or leave --data out to ask about the demo shop's pictures alone."
            )
    for file in files:
        found = [(seen, encoded) for seen, encoded in read_seen(file) if seen.held_out]
        random.Random(f"{seed}/{file.stem}").shuffle(found)
        yield found[:count]


def ask(model: BaseChatModel, picture: bytes, text: str) -> tuple[str, str]:
    """Send a picture with a question in the demo shop; return the message's text and the reply."""
    products, _, _ = demo_products()
    facets = given_shelf(random.Random(0), products, {}).facets
    user = render_user(text, ["img1"], link(text, facets))
    message = user_message(Turn("looks", user, "", photos=[0]), [picture])
    answer = model.bind_tools(tool_schemas(facets)).invoke([message])
    calls = getattr(answer, "tool_calls", ())
    # A call instead of words is no answer, whatever it asks for; the report shows it.
    return user, f"<{calls[0]['name']}>" if calls else str(answer.text)


def run(
    model: BaseChatModel, count: int = 200, seed: int = 0, progress: bool = False, data: Path | None = None
) -> list[Answer]:
    """Ask about the demo shop's held-out pictures, and at most `count` of each set in `data`; return every answer."""
    from rich.progress import track

    answers: list[Answer] = []
    for found in pictures(count, seed, data):
        kinds = sorted({seen.kind for seen, _ in found})
        common = {
            "kind": Counter(seen.kind for seen, _ in found).most_common(1)[0][0],
            "colour": Counter(seen.colour for seen, _ in found).most_common(1)[0][0],
        }
        for seen, picture in track(
            found, description=found[0][0].source, disable=not progress, transient=True
        ):
            for asks in ("kind", "colour") if seen.colour else ("kind",):
                rng = random.Random(f"{seed}/{seen.source}/{seen.key}/{asks}")
                intent = {"kind": "looks", "colour": "looks_colour"}[asks]
                user, reply = ask(model, picture, say(rng, intent, "test"))
                answers.append(judge(seen, asks, user, reply, common[asks], kinds))
    return answers


def judge(seen: Seen, asks: str, user: str, reply: str, common: str, kinds: Sequence[str] = ()) -> Answer:
    """Return what came of one question; `common` is the commonest right word of the set."""
    kind, colour = read_reply(reply, kinds)
    if asks == "kind":
        right = right_kind(seen.kind, kind)
        wanted, given, near, easy = seen.kind, kind, right, right_kind(seen.kind, common)
    else:
        wanted, given, near = seen.colour, colour, near_colour(seen.colour, colour)
        right, easy = seen.colour == colour, seen.colour == common
    return Answer(seen.source, seen.key, asks, wanted, given, right, near, user, reply, easy)


def summarise(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return a table: set and question -> how many, the share right with its bootstrap interval, the baseline."""

    def row(values: Sequence[bool], easy: Sequence[bool]) -> dict[str, float]:
        found = interval([float(value) for value in values])
        return {
            "turns": float(found.n),
            "right": found.mean,
            "low": found.low,
            "high": found.high,
            "commonest word": sum(easy) / len(easy),
        }

    table = {}
    for source in dict.fromkeys(answer.source for answer in answers):
        for asks in ("kind", "colour"):
            part = [a for a in answers if a.source == source and a.asks == asks]
            if part:
                table[f"{source}: {asks}"] = row([a.right for a in part], [a.commonest for a in part])
            if part and asks == "colour":
                near = [near_colour(a.wanted, _commonest(part)) for a in part]
                table[f"{source}: colour or a neighbour"] = row([a.near for a in part], near)
    return table


def _commonest(part: Sequence[Answer]) -> str:
    return Counter(answer.wanted for answer in part).most_common(1)[0][0]
