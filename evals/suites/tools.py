"""Does the model call the right tool with the right arguments?

Dialogues are simulated in shops that training never saw: held-out seeds, every fifth wording, held-out products of
the demo shop and their pictures, and random shops with invented words. Each turn is asked with the right history
before it, and within a turn each decision with the right ones before it: a tool call after the shopper's words,
words after the tool's answer. A turn is right when all its decisions are. A model asks where it answers a wish with a
question instead of a tool; it should, where the wish says nothing to search by, and nowhere else.
"""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from shelftalk.agent.backbones.rendering import WRITTEN
from shelftalk.evals.simulation.dialogue import Dialogue, Turn, written
from shelftalk.evals.simulation.shelves import Shelf, given_shelf, random_shelf
from shelftalk.evals.simulation.shopper import Photo, simulate
from shelftalk.evals.simulation.splits import held_out
from shelftalk.tools.product import Product
from shelftalk.tools.schema import tool_schemas

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

HELD_OUT_PERCENT = 10
Call = tuple[str, dict[str, Any]]


@dataclass
class Answer:
    """One turn's outcome: its kind, and whether tool, arguments and form were right."""

    kind: str
    carried: bool  # the right arguments include some that the turn's words do not say
    tool: bool
    arguments: bool
    parses: bool
    wanted: list[Call]
    given: list[Call]
    user: str
    asked: bool = False  # answered with a question, and no tool


@cache
def demo_products() -> tuple[list[Product], list[Photo], list[bytes]]:
    """Return the demo shop's held-out products, and their pictures as photos a shopper may send."""
    import pyarrow.parquet as pq

    from shelftalk.tools.demo import shop_path

    products: list[Product] = []
    photos: list[Photo] = []
    pictures: list[bytes] = []
    plain = ("id", "title", "description", "category", "price", "currency", "stock", "rating")
    for row in pq.read_table(shop_path()).to_pylist():
        if held_out(str(row["id"]), HELD_OUT_PERCENT):
            picture = row.pop("picture")
            attributes = {k: str(v) for k, v in row.items() if k not in plain and v not in (None, "")}
            products.append(
                Product(**{k: row[k] for k in plain if row[k] is not None}, attributes=attributes)
            )
            photos.append(Photo(len(pictures), row["category"], row["colour"]))
            pictures.append(picture)
    return products, photos, pictures


def dialogues(count: int, seed: int = 0) -> Iterator[Dialogue]:
    """Yield evaluation dialogues: in turn from the demo shop's held-out products and from a random shop."""
    products, photos, _ = demo_products()
    for number in range(count):
        key = f"evaluation/{seed}/{number}"
        rng = random.Random(key)
        shelf: Shelf = given_shelf(rng, products, {}) if number % 2 == 0 else random_shelf(rng)
        yield simulate(key, shelf, "test", photos)


def user_message(turn: Turn, pictures: Sequence[bytes]) -> BaseMessage:
    """Return a turn's message as the live loop builds it: text, then the pictures in the order of their places."""
    from langchain_core.messages import HumanMessage

    blocks: list[str | dict[str, Any]] = [{"type": "text", "text": turn.user}]
    for photo in turn.photos:
        encoded = base64.b64encode(pictures[photo]).decode()
        blocks.append({"type": "image", "base64": encoded, "mime_type": "image/webp"})
    return HumanMessage(content=blocks)


def step_messages(
    name: str, arguments: dict[str, Any], result: str, number: int, written: str = ""
) -> list[BaseMessage]:
    """Return a tool call and its answer as messages; `written`: the call as the embedded model writes it."""
    from langchain_core.messages import AIMessage, ToolMessage

    call = {"name": name, "args": arguments, "id": f"call_{number}", "type": "tool_call"}
    return [
        AIMessage(content="", tool_calls=[call], response_metadata={WRITTEN: written}),
        ToolMessage(content=result, tool_call_id=f"call_{number}", name=name),
    ]


def same(wanted: Any, given: Any) -> bool:
    """Compare arguments: numbers by value, words without regard to case and order of words."""
    if isinstance(wanted, dict) and isinstance(given, dict):
        return wanted.keys() == given.keys() and all(same(wanted[k], given[k]) for k in wanted)
    if isinstance(wanted, list) and isinstance(given, list):
        return sorted(map(str, wanted)) == sorted(map(str, given))
    if isinstance(wanted, int | float) and isinstance(given, int | float):
        return abs(wanted - given) < 1e-6
    if isinstance(wanted, str) and isinstance(given, str):
        return sorted(wanted.lower().split()) == sorted(given.lower().split())
    return bool(wanted == given)


def _carried(turn: Turn) -> bool:
    return turn.kind in ("refine", "accept") and any(step.name == "search" for step in turn.steps)


def run_dialogue(model: BaseChatModel, dialogue: Dialogue, pictures: Sequence[bytes]) -> Iterator[Answer]:
    """Ask every turn of a dialogue and yield the outcomes."""
    from langchain_core.messages import AIMessage

    bound = model.bind_tools(tool_schemas(dialogue.facets))
    history: list[BaseMessage] = []
    number = 0
    for turn in dialogue.turns:
        history.append(user_message(turn, pictures))
        wanted: list[Call] = [(step.name, step.arguments) for step in turn.steps]
        given: list[Call] = []
        said = ""
        tool = arguments = parses = True
        for step in [*turn.steps, None]:
            answer: AIMessage = bound.invoke(history)
            parses &= not answer.invalid_tool_calls
            said = said or str(answer.text)
            called = [(c["name"], c["args"]) for c in answer.tool_calls]
            given += called
            expected = [] if step is None else [(step.name, step.arguments)]
            tool &= [name for name, _ in called] == [name for name, _ in expected]
            arguments &= tool and all(same(e[1], c[1]) for e, c in zip(expected, called, strict=False))
            if step is not None:
                number += 1
                history += step_messages(step.name, step.arguments, step.result, number, written(turn, step))
        history.append(AIMessage(content=turn.reply))
        asked = not given and "?" in said
        yield Answer(turn.kind, _carried(turn), tool, arguments, parses, wanted, given, turn.user, asked)


def asking(answers: Sequence[Answer]) -> dict[str, float]:
    """Return how well a model knows when to ask: precision, recall and F1 over turns that are wishes.

    What needs no tool for another reason (small talk, a look at a picture) may well be answered with a question.
    """
    wishes = [a for a in answers if a.kind == "ask" or a.wanted]
    hits = sum(a.asked and a.kind == "ask" for a in wishes)
    asked, should = sum(a.asked for a in wishes), sum(a.kind == "ask" for a in wishes)
    precision, recall = hits / max(1, asked), hits / max(1, should)
    f1 = 2 * hits / max(1, asked + should)
    return {"turns": should, "precision": precision, "recall": recall, "F1": f1}


def summarise(answers: Sequence[Answer]) -> dict[str, dict[str, float]]:
    """Return a table: kind of turn -> how many, and the shares of right tools, right arguments, parsed calls.

    The row "asks when it should" has precision, recall and F1 instead (see `asking`).
    """

    def row(part: Sequence[Answer]) -> dict[str, float]:
        count = len(part)
        return {
            "turns": count,
            "tool": sum(a.tool for a in part) / count,
            "arguments": sum(a.arguments for a in part) / count,
            "parses": sum(a.parses for a in part) / count,
        }

    kinds = sorted({answer.kind for answer in answers})
    table = {"all": row(answers)}
    carried = [answer for answer in answers if answer.carried]
    if carried:
        table["state carried over"] = row(carried)
    table |= {kind: row([a for a in answers if a.kind == kind]) for kind in kinds}
    return table | ({"asks when it should": asking(answers)} if "ask" in kinds else {})


def run(model: BaseChatModel, count: int = 200, seed: int = 0, progress: bool = False) -> list[Answer]:
    """Run the suite on `count` dialogues and return every turn's outcome."""
    from rich.progress import track

    _, _, pictures = demo_products()
    answers: list[Answer] = []
    for dialogue in track(
        dialogues(count, seed), total=count, description="dialogues", disable=not progress, transient=True
    ):
        answers += run_dialogue(model, dialogue, pictures)
    return answers
