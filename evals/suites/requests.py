"""Does the query that the model sends find as well as the sentence that somebody typed?

Requests that no template wrote, from the tenth that is never trained on: what people typed to describe a product,
some with a bound on the price put behind it as WebShop does, and how a product should differ from one shown, said of
a product in a list. Each is asked twice: in the demo shop with its closed fields, and in a shop of titles alone that
can hold such wishes. The model reads the turn as in the live loop; its call is run by the real tool.

What it finds is compared with what the sentence itself finds as the query of the same tool, with no filter but the
bound on the price, which words cannot express. `same` is the share of the sentence's first ten hits that the call
finds among its own first ten; a call of another tool, or none, finds nothing. `near` is how near the texts of the hits
are to the sentence by the shop's own encoder, as a share of what the sentence's hits reach: a call that filters by
what was meant finds other products, which may be as good. `query` judges the words alone: the share of hits
that stay where the sentence takes the place of the call's query, beside the same filters or the same product.
`yardstick` is `same` for the sentence's own words without articles, pronouns and the like: how much of the sentence's
list hangs on words that name nothing.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.real_captions import cleaned, worded
from shelftalk.evals.real_words import captions, instructions
from shelftalk.evals.simulation.lexicon import article
from shelftalk.evals.suites.tools import step_messages
from shelftalk.tools.errors import StoreError, ToolError, UsageError
from shelftalk.tools.schema import MAX_QUERY
from shelftalk.tools.terms import FILLERS

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

    from shelftalk.tools.shop import Shop
    from shelftalk.tools.visit import Visit

TOP = 10
PRICED = 0.5  # the share of instructions that get a bound on the price
SHOWN = 4  # products in the list that a caption is said of
PLACES = ("the first one", "the second one", "the third one", "number four")
SOURCES = ("instructions", "instructions", "fashion-iq", "shoes")  # in turn
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_SHOES = ("sneaker", "boot", "sandal", "heel")


@dataclass(frozen=True)
class Answer:
    """One request: what the model called, and how what it found compares with what the sentence finds."""

    source: str
    shop: str
    user: str
    sentence: str  # what the model's query is compared with
    tool: str  # "" where the model answered in words
    arguments: dict[str, Any]
    same: float
    query: float
    near: float
    yardstick: float
    invented: int  # words of the query that the turn does not hold
    price: float | None  # the bound that was said
    price_right: bool | None


@dataclass(frozen=True)
class Asked:
    """One request before it is put to the model."""

    source: str
    text: str  # of an instruction or a cleaned caption
    kind: str  # of product that a caption is about


def requests(data: Path, count: int, seed: int = 0) -> Iterator[Asked]:
    """Yield held-out requests, half of them instructions, a quarter each captions of clothes and of shoes."""
    rng = random.Random(f"requests/{seed}")
    differences = [(caption, cleaned(caption.text)) for caption in captions(data, "test")]
    pools = {"instructions": [Asked("instructions", text, "") for text in instructions(data, "test")]}
    for source in ("fashion-iq", "shoes"):
        pools[source] = [
            Asked(source, text, c.kind) for c, text in differences if text and c.source == source
        ]
    for source, pool in pools.items():
        if not pool:
            raise UsageError(f"{data}/text holds no held-out requests of {source!r}; give the whole files.")
        rng.shuffle(pool)
    drawn = dict.fromkeys(pools, 0)
    for number in range(count):
        source = SOURCES[number % len(SOURCES)]
        yield pools[source][drawn[source] % len(pools[source])]
        drawn[source] += 1


def _search(visit: Visit, name: str, arguments: dict[str, Any]) -> list[str]:
    """Call a tool on a copy of the visit; return the ids of its first ten hits, none where it cannot be run."""
    from shelftalk.agent.calls import run_tool
    from shelftalk.tools.visit import Visit

    try:
        result = run_tool(name, Visit(visit.shop, visit.state.model_copy(deep=True)), {**arguments, "n": TOP})
    except ToolError:
        return []
    return [hit.product.id for hit in result.hits]


def _overlap(found: Sequence[str], wanted: Sequence[str]) -> float:
    return len(set(found) & set(wanted)) / max(1, len(wanted))


def _nearness(shop: Shop, sentence: str, ids: Sequence[str]) -> float:
    """Return the mean cosine of products' texts to a sentence, a place left empty counting 0."""
    vector = shop.encoder.words([sentence])[0]  # [words_size]
    return float(shop.store.similarities(list(ids), vector, "words").sum()) / TOP if ids else 0.0


def _first(answer: AIMessage) -> tuple[str, dict[str, Any]]:
    return (answer.tool_calls[0]["name"], answer.tool_calls[0]["args"]) if answer.tool_calls else ("", {})


def ask(model: BaseChatModel, shop: Shop, name: str, asked: Asked, rng: random.Random) -> Answer:
    """Put one request to the model, in a visit of its own, and compare what its call finds."""
    from langchain_core.messages import AIMessage, SystemMessage

    from shelftalk.agent.asked import human
    from shelftalk.agent.message import Message
    from shelftalk.prompts import system
    from shelftalk.tools.schema import tool_schemas
    from shelftalk.tools.visit import Visit

    facets = {field: dict(counts) for field, counts in shop.store.facets().items()}
    visit = Visit(shop)
    messages: list[BaseMessage] = [SystemMessage(system(list(facets)))]
    price: float | None = None
    if asked.kind:
        kind = _kind(asked.kind, facets, rng)
        opening = {"category": kind} if kind in facets.get("category", {}) else {"query": kind}
        messages.append(human(Message(f"i'm looking for {article(kind)}"), visit, facets))
        listed = _listed(visit, opening)
        messages += step_messages("search", opening, listed, 1)
        messages.append(AIMessage("take a look at these."))
        at = rng.randrange(min(SHOWN, len(visit.state.last_hits)))
        text = worded(rng, asked.text, PLACES[at], "test")
        reference: tuple[str, dict[str, Any]] = ("similar", {"product": f"P{at + 1}", "query": asked.text})
    else:
        text = asked.text
        reference = ("search", {"query": text[:MAX_QUERY]})
        if rng.random() < PRICED:
            price = _bound(shop, rng)
            text = f"{text.rstrip(' .!?,')}, and price lower than {price:.2f} dollars"
            reference[1]["max_price"] = price
    message = human(Message(text), visit, facets)
    tool, arguments = _first(model.bind_tools(tool_schemas(facets)).invoke([*messages, message]))
    plain = " ".join(w for w in _WORD.findall(asked.text) if w.lower() not in FILLERS) or asked.text
    wanted = _search(visit, *reference)
    bare = _search(visit, reference[0], {**reference[1], "query": plain[:MAX_QUERY]})
    found = _search(visit, tool, arguments) if tool in ("search", "similar") else []
    swapped = _search(visit, tool, {**arguments, "query": asked.text[:MAX_QUERY]}) if found else []
    said = {word.lower() for word in _WORD.findall(str(message.content))}
    query = [word.lower() for word in _WORD.findall(str(arguments.get("query", "")))]
    reached = _nearness(shop, asked.text, wanted)
    return Answer(
        source=asked.source,
        shop=name,
        user=str(message.content),
        sentence=asked.text,
        tool=tool,
        arguments=arguments,
        same=_overlap(found, wanted),
        query=_overlap(found, swapped),
        near=_nearness(shop, asked.text, found) / reached if reached > 0 else 0.0,
        yardstick=_overlap(bare, wanted),
        invented=sum(word not in said for word in query),
        price=price,
        price_right=None if price is None else arguments.get("max_price") == price,
    )


def _kind(kind: str, facets: dict[str, dict[str, int]], rng: random.Random) -> str:
    """Return a kind of product of the shop for captions of a kind: of shoes, any that it has."""
    wanted = ("shirt", "t-shirt") if kind in ("top", "shirt") else (kind,) if kind == "dress" else _SHOES
    there = [one for one in wanted if one in facets.get("category", {})]
    return rng.choice(there or wanted)


def _listed(visit: Visit, opening: dict[str, Any]) -> str:
    from shelftalk.agent.calls import run_tool

    result = run_tool("search", visit, {**opening, "n": SHOWN})
    if not result.hits:
        raise StoreError(f"the shop holds nothing like {opening}; captions need a list to be said of.")
    return result.text


def _bound(shop: Shop, rng: random.Random) -> float:
    """Draw a bound on the price, in whole fives, that some of the shop's products keep."""
    ids = rng.sample(shop.store.ids(), min(50, len(shop.store)))
    prices = sorted(product.price for product in shop.store.get(ids) if product.price is not None)
    return 5.0 * max(1, round(prices[int(len(prices) * rng.uniform(0.3, 0.9))] / 5))


def run(
    model: BaseChatModel,
    count: int = 200,
    seed: int = 0,
    progress: bool = False,
    data: Path | None = None,
) -> list[Answer]:
    """Put `count` requests to the model in each shop and return what came of each.

    `data` is the folder with text/ (people's own words) and, for the shop of titles, fashion.parquet and
    home_depot_products.parquet; what is not there is left out. UsageError: no `data`, or no requests in it.
    """
    from rich.progress import track

    from shelftalk.evals.titles_shop import titles_shop
    from shelftalk.tools.opening import open_shop

    if data is None:
        raise UsageError(
            "This suite reads what people typed: name the folder that holds text/webshop_instructions.parquet "
            "with --data."
        )
    asked = list(requests(data, count, seed))
    answers: list[Answer] = []
    with ExitStack() as stack:
        demo = open_shop(progress=progress)
        stack.callback(demo.close)
        shops = {"demo shop": demo}
        titles = stack.enter_context(titles_shop(data, demo.encoder, progress=progress))
        if titles is not None:
            shops["titles"] = titles
        work = [(name, shop, number) for name, shop in shops.items() for number in range(len(asked))]
        for name, shop, number in track(work, description="requests", disable=not progress, transient=True):
            rng = random.Random(f"requests/{seed}/{name}/{number}")
            answers.append(ask(model, shop, name, asked[number], rng))
    return answers


def summarise(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return a table: source and shop -> how many, calls of the right tool, what they find with 95% intervals.

    `same`, `query`, `near` and `yardstick`: see above; `no new words`: queries made of the turn's words alone;
    `price`: of the bounds that were said, those kept to.
    """

    def row(part: Sequence[Answer]) -> dict[str, float]:
        same, query = interval([a.same for a in part]), interval([a.query for a in part])
        said = [a.price_right for a in part if a.price_right is not None]
        right = ("similar",) if part[0].source != "instructions" else ("search",)
        return {
            "turns": float(len(part)),
            "calls": sum(a.tool in ("search", "similar") for a in part) / len(part),
            "right tool": sum(a.tool in right for a in part) / len(part),
            "same": same.mean,
            "low": same.low,
            "high": same.high,
            "yardstick": sum(a.yardstick for a in part) / len(part),
            "query": query.mean,
            "query, low": query.low,
            "query, high": query.high,
            "near": sum(a.near for a in part) / len(part),
            "no new words": sum(not a.invented for a in part) / len(part),
        } | ({"price": sum(said) / len(said)} if said else {})

    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        groups.setdefault(f"{answer.source}, {answer.shop}", []).append(answer)
    return {name: row(part) for name, part in sorted(groups.items())}
