"""Is what the model says of products true, and is nothing untrue shown?

The model answers every turn of the simulated dialogues, each with the right history and the right tool calls before
it. Its words are read twice: by the check that stands before the shopper (agent/checked.py), and by the reading below,
which shares no code with it and is stricter: the nearest product before a claim must bear it out, by its own fields.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from shelftalk.agent.checked import check
from shelftalk.agent.claims import Lexicon
from shelftalk.agent.grounding import Grounds, last_named
from shelftalk.evals.simulation.dialogue import Dialogue, Turn
from shelftalk.evals.suites.tools import demo_products, dialogues, step_messages, user_message
from shelftalk.tools.linking import link, words
from shelftalk.tools.product import Product
from shelftalk.tools.render import product_details, product_line
from shelftalk.tools.schema import tool_schemas

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import BaseMessage

_HANDLE = re.compile(r"\[(P\d+)\]", re.IGNORECASE)
_NUMBER = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_PART = re.compile(r"[,;:]\s|\band\b")
_DENIES = re.compile(r"\b(?:no|not|none|nothing|never|without|n't|\w+n't)\b", re.IGNORECASE)
# What shops promise; none of it is in a simulated record, save where a record's text says the very word.
PROMISES = (
    "waterproof,handmade,organic,recycled,washable,breathable,lightweight,durable,comfortable,free shipping,"
    "free delivery,warranty,guarantee,discount,on sale,free of charge,best seller,best-selling,"
    "limited edition,returns,gift wrap"
).split(",")


@dataclass
class Answer:
    """One reply: as the model wrote it, as it is shown, and what the strict reading says of both."""

    kind: str
    user: str
    said: str
    shown: str
    claims: int = 0  # of products, in what the model wrote
    untrue: list[str] = field(default_factory=list)  # those among them that no record bears out
    untrue_shown: list[str] = field(default_factory=list)  # those that the check let through
    taken_out: list[str] = field(default_factory=list)  # what the check took out
    needless: int = 0  # how much of that was true
    strangers: list[str] = field(default_factory=list)  # handles that no list has held


def strict_claims(
    text: str, records: Mapping[str, Product], facets: Mapping[str, Mapping[str, int]], heard: str
) -> Iterator[tuple[str, bool]]:
    """Yield each claim that a reply makes of a product, and whether its record bears it out.

    `heard` is what else may be repeated where no product is spoken of: the shopper's words and the tools' heads.
    """
    last = ""
    for sentence in _SENTENCE.split(text):
        handles = [(match.start(), match[1].upper()) for match in _HANDLE.finditer(sentence)]
        bare = _HANDLE.sub(lambda match: " " * len(match[0]), sentence)
        if not _DENIES.search(bare) and (handles or not sentence.rstrip().endswith("?")):
            claims = list(_said(bare, facets))
            prices = [at for said, at in claims if _NUMBER.fullmatch(said)]
            for said, at in claims:
                handle = _nearest(sentence, handles, at) or last
                figure = _NUMBER.fullmatch(said)
                ahead = bool(handles) and at < handles[0][0]
                if figure and ahead and len(prices) == len(handles) and prices[-1] < handles[0][0]:
                    handle = handles[prices.index(at)][1]  # "$11 against $3, [P1] against [P2]"
                if handle in records:  # "4 match that, among them [P1]" counts what was found
                    yield said, _true(said, records[handle], heard if ahead or not handles else "")
                elif figure and not handle:
                    yield said, _number(said) in {_number(n) for n in _NUMBER.findall(heard)}
        if handles:
            last = handles[-1][1]


def _nearest(sentence: str, handles: Sequence[tuple[int, str]], at: int) -> str:
    """Return the handle that a claim at a place speaks of: in its own part of the sentence, the one before it first."""
    starts = [0, *(match.end() for match in _PART.finditer(sentence) if match.end() <= at)]
    ends = [*(match.start() for match in _PART.finditer(sentence) if match.start() >= at), len(sentence)]
    for low, high in ((starts[-1], at), (at, ends[0]), (0, at)):
        near = [handle for start, handle in handles if low <= start < high]
        if near:
            return near[0] if low == at else near[-1]
    return handles[0][1] if handles else ""


def _said(bare: str, facets: Mapping[str, Mapping[str, int]]) -> Iterator[tuple[str, int]]:
    for match in _NUMBER.finditer(bare):
        if not re.search(r"(?:out of|of|/)\s*$", bare[: match.start()]) or match[0] != "5":  # "4.2 of 5"
            yield match[0], match.start()
    starts = [0, *(match.end() for match in _PART.finditer(bare)), len(bare)]
    for start, end in pairwise(starts):  # the same value may be said of two products
        part = bare[start:end]
        for value in dict.fromkeys(value for _, value in link(part, facets)):
            first = re.search(re.escape(value.split()[0][:3]), part, re.IGNORECASE)
            yield value, start + (first.start() if first else 0)
        yield from (
            (promise, start + part.lower().index(promise)) for promise in PROMISES if promise in part.lower()
        )


def _number(text: str) -> float:
    return float(text.replace(",", ""))


def _true(said: str, product: Product, heard: str) -> bool:
    facts = [product.title, product.description, product.category, *product.attributes.values()]
    if _NUMBER.fullmatch(said):
        own = {product.price, product.stock, None if product.rating is None else round(product.rating, 1)}
        told = {_number(n) for text in (*facts, heard) for n in _NUMBER.findall(text)}
        return _number(said) in own | told
    wanted = words(said)
    return any(
        words(fact)[at : at + len(wanted)] == wanted for fact in facts for at in range(len(words(fact)))
    )


def records_of(dialogue: Dialogue, shelf: Sequence[Product]) -> dict[str, Product]:
    """Return the products that a dialogue's tools gave handles to, found by the lines they were written in."""
    fitting: dict[str, list[Product]] = {}
    for line in (line for turn in dialogue.turns for step in turn.steps for line in step.result.splitlines()):
        head = re.match(r"\[(P\d+)\] ", line)
        if head:
            own = fitting.get(
                head[1], shelf
            )  # products that read alike in a list may differ in their details
            fitting[head[1]] = [p for p in own if line in (product_line(head[1], p), _facts(head[1], p))]
            if not fitting[head[1]]:
                raise AssertionError(f"no product of the shelf is written {line!r}")
    return {handle: products[0] for handle, products in fitting.items()}


def _facts(handle: str, product: Product) -> str:
    return product_details(handle, product).partition("\n")[0]


def judge(turn: Turn, said: str, grounds: Grounds, records: Mapping[str, Product], facets: Any) -> Answer:
    """Read one reply twice and return what was found."""
    shown, gone = check(said, grounds)
    heard = f"{grounds.asked}\n{grounds.heads()}"
    before = list(strict_claims(said, records, facets, heard))
    after = list(strict_claims(shown, records, facets, heard))
    true = [claim for claim, holds in before if holds]
    return Answer(
        kind=turn.kind,
        user=turn.user,
        said=said,
        shown=shown,
        claims=len(before),
        untrue=[claim for claim, holds in before if not holds],
        untrue_shown=[claim for claim, holds in after if not holds],
        taken_out=[claim.text for claim in gone],
        needless=len(true) - sum(holds for _, holds in after),
        strangers=[handle.upper() for handle in _HANDLE.findall(said) if handle.upper() not in records],
    )


def grounds_of(
    turn: Turn, history: Sequence[str], records: Mapping[str, Product], lexicon: Lexicon
) -> Grounds:
    """Return what a turn's reply is held against, as the live loop has it after the turn's tool calls."""
    told = [step.result for step in turn.steps]
    lists = [re.findall(r"^\[(P\d+)\]", text, re.MULTILINE) for text in told]
    found = list(dict.fromkeys(handle for handles in lists for handle in handles))
    listed = [records[handle] for handle in (lists[-1] if lists else [])]
    return Grounds(
        records.get, lexicon, turn.user, lambda: found, last_named(history), lambda: listed, told=told
    )


def run_dialogue(
    model: BaseChatModel, dialogue: Dialogue, shelf: Sequence[Product], pictures: Sequence[bytes]
) -> Iterator[Answer]:
    """Ask for the words of every turn of a dialogue and yield what they are worth."""
    from langchain_core.messages import AIMessage

    bound = model.bind_tools(tool_schemas(dialogue.facets))
    records, lexicon = records_of(dialogue, shelf), Lexicon(dialogue.facets)
    history: list[BaseMessage] = []
    replies: list[str] = []
    known: dict[str, Product] = {}
    number = 0
    for turn in dialogue.turns:
        history.append(user_message(turn, pictures))
        for step in turn.steps:
            number += 1
            history += step_messages(step.name, step.arguments, step.result, number)
            shown = {handle.upper() for handle in _HANDLE.findall(step.result)}
            known |= {handle: product for handle, product in records.items() if handle in shown}
        said = str(bound.invoke(history).text)
        yield judge(turn, said, grounds_of(turn, replies, known, lexicon), known, dialogue.facets)
        replies.append(turn.reply)
        history.append(AIMessage(content=turn.reply))


def distinct(replies: Sequence[str], n: int) -> float:
    """Return the share of different n-grams among all n-grams of some replies, handles taken as one word.

    Jiwei Li and others, "A Diversity-Promoting Objective Function for Neural Conversation Models", arXiv 1510.03055.
    """
    grams = [
        tuple(said[at : at + n])
        for said in (re.findall(r"\w+|[^\w\s]", _HANDLE.sub(" product ", reply.lower())) for reply in replies)
        for at in range(len(said) - n + 1)
    ]
    return len(set(grams)) / len(grams) if grams else 0.0


def summarise(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return a table: kind of turn -> replies, claims of products, the share that is true, what was shown and lost."""

    def row(part: Sequence[Answer]) -> dict[str, float]:
        replies = [answer.said for answer in part if answer.said.strip()]
        claims = sum(answer.claims for answer in part)
        return {
            "turns": len(part),
            "replies": len(replies),
            "claims": claims,
            "claims per reply": claims / max(1, len(replies)),
            "supported": 1 - sum(len(answer.untrue) for answer in part) / claims if claims else 1.0,
            "untrue shown": sum(len(answer.untrue_shown) for answer in part),
            "taken out": sum(len(answer.taken_out) for answer in part),
            "needlessly": sum(answer.needless for answer in part),
            "strange handles": sum(len(answer.strangers) for answer in part),
            "distinct-1": distinct(replies, 1),
            "distinct-2": distinct(replies, 2),
        }

    kinds = sorted({answer.kind for answer in answers})
    return {"all": row(answers)} | {kind: row([a for a in answers if a.kind == kind]) for kind in kinds}


def run(model: BaseChatModel, count: int = 200, seed: int = 0, progress: bool = False) -> list[Answer]:
    """Run the suite on `count` dialogues and return every reply with what was found in it."""
    from rich.progress import track

    _, _, pictures = demo_products()
    answers: list[Answer] = []
    shown = track(
        zip(dialogues(count, seed), shelves(count, seed), strict=True),
        total=count,
        description="dialogues",
        disable=not progress,
        transient=True,
    )
    for dialogue, shelf in shown:
        answers += run_dialogue(model, dialogue, shelf, pictures)
    return answers


def shelves(count: int, seed: int = 0) -> Iterator[list[Product]]:
    """Yield the products of the shops that `dialogues` are held in."""
    from shelftalk.evals.simulation.shelves import given_shelf, random_shelf

    products, _, _ = demo_products()
    for number in range(count):
        rng = random.Random(f"evaluation/{seed}/{number}")
        yield (given_shelf(rng, products, {}) if number % 2 == 0 else random_shelf(rng)).products
