"""Pairs of a better and a worse answer, out of a model's own answers ranked by rewards that can be checked.

At each message to learn, the model answers several times, each token drawn and no grammar to hold it. The answers, and
the row's own, are rewarded (rewards.py); the best and the worst make a pair where they differ enough. Where no answer
of the model's is as good as the row's, that one is the better of the pair.

Pairs from a model's own answers: Rafailov and others, "Direct Preference Optimization", arXiv 2305.18290, section 4.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from shelftalk.finetune.tuning.rewards import Answer, Judge
from shelftalk.finetune.tuning.rows import Message, Preference, Row, ToolCall
from shelftalk.finetune.tuning.settings import Table
from shelftalk.tools.errors import UsageError
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from shelftalk.agent.backbones.engine import Engine
    from shelftalk.finetune.tuning.open_data import TuningData

LEAST = 0.1  # that two answers' rewards must differ by to make a pair


class Ranking(Table):
    """How answers are drawn and which become pairs."""

    answers: int = Field(
        default=0, ge=0, description="drawn at each message to learn, 0: the data's own preferences"
    )
    rows: int = Field(default=200, ge=0, description="of which answers are drawn, at most so many, 0: all")
    temperature: float = Field(default=1.0, gt=0, description="of what is drawn")
    tokens: int = Field(default=160, ge=1, description="of an answer, at most")
    least: float = Field(
        default=LEAST, gt=0, le=1, description="that two answers' rewards must differ by to make a pair"
    )


class Ranked(BaseModel):
    """One place in a row: the rewards of its answers, best first, and the pair that they make, if they do.

    There are no rewards where the prompt is too long for the model.
    """

    model_config = ConfigDict(extra="forbid")

    row: str
    place: int
    totals: list[float]
    pair: Preference | None = None


@dataclass(frozen=True)
class Place:
    """One message to learn: its row and its place there."""

    row: Row
    at: int


def places(rows: Sequence[Row], most: int, seed: int) -> list[Place]:
    """Return the messages to learn of at most `most` rows drawn by `seed`, 0: of all, in the rows' order."""
    if most and most < len(rows):
        rows = [rows[at] for at in sorted(random.Random(f"rank/{seed}").sample(range(len(rows)), most))]
    return [
        Place(row, at)
        for row in rows
        for at, message in enumerate(row.messages)
        if message.learn and message.role == "assistant"
    ]


def rank(
    engine: Engine,
    data: TuningData,
    ranking: Ranking,
    seed: int = 0,
    done: Mapping[tuple[str, int], Ranked] | None = None,
    keep: Callable[[Ranked], None] = lambda _: None,
) -> Iterator[Ranked]:
    """Yield what each message to learn of the training rows gives; `done` are those that need not be asked again.

    `keep` is called with each that was asked.
    """
    from shelftalk.agent.backbones.rendering import to_chat
    from shelftalk.finetune.tuning.row_turns import as_sent

    judge = Judge(data.tools)
    for place in places(data.rows("train"), ranking.rows, seed):
        known = (done or {}).get((place.row.id, place.at))
        if known is None:
            before, own = place.row.messages[: place.at], place.row.messages[place.at]
            chat = to_chat(as_sent(before, data))
            start = zlib.crc32(f"{seed}/{place.row.id}/{place.at}".encode())
            known = Ranked(row=place.row.id, place=place.at, totals=[])
            with suppress(UsageError):  # longer than the model reads
                texts = engine.sample(
                    chat,
                    data.tools,
                    [start + number for number in range(ranking.answers)],
                    ranking.tokens,
                    ranking.temperature,
                )
                answers = [read_answer(engine, chat, data.tools, text) for text in dict.fromkeys(texts)]
                known = _ranked(place, judge, answers, before, own, ranking.least)
            keep(known)
        yield known


def read_answer(
    engine: Engine, chat: list[dict[str, Any]], tools: Sequence[dict[str, Any]], text: str
) -> Answer:
    """Return what a model wrote as words or as a call, in which case `fault` says where it cannot be read."""
    from shelftalk.agent.decoding.seen import look

    dialect = engine.dialect
    if dialect.opening.strip().partition("\n")[0] in text:
        seen = look(chat)
        arguments: Any  # some models write a list, or a number
        try:
            name, arguments = dialect.parse(text, engine.reader.narrowed(seen, tools), seen)
        except ValueError as error:
            return Answer(text.strip(), fault=str(error) or "it cannot be read", written=text)
        if not isinstance(arguments, dict):
            return Answer(text.strip(), fault="its arguments are no object", written=text)
        return Answer(calls=(ToolCall(name=name, args=arguments),), written=text.strip())
    shown = dialect.shown()
    return Answer((shown.add(text) + shown.end()).strip())


def _ranked(
    place: Place, judge: Judge, answers: Sequence[Answer], before: list[Message], own: Message, least: float
) -> Ranked:
    drawn = [(judge.rewards(answer, before, own), answer) for answer in answers]
    drawn.sort(key=lambda one: -one[0].total)  # stable: of equals, the one drawn first
    row_rewards = judge.rewards(Answer.of(own), before, own)
    totals = [round(rewards.total, 6) for rewards, _ in drawn]
    best, worst = drawn[0], drawn[-1]
    chosen = own.model_copy(update={"learn": True})
    better = row_rewards
    if best[0].total >= row_rewards.total:
        chosen, better = _message(best[1]), best[0]
    pair = None
    if better.total - worst[0].total >= least:
        pair = Preference(
            id=f"{place.row.id}/{place.at}",
            messages=[message.model_copy(update={"learn": False}) for message in before],
            chosen=chosen,
            rejected=_message(worst[1]),
            why=better.told_apart_by(worst[0]),
            products=place.row.products,
            shopper=place.row.shopper,
        )
    return Ranked(row=place.row.id, place=place.at, totals=totals, pair=pair)


def _message(answer: Answer) -> Message:
    written = answer.written if answer.calls else ""
    return Message(
        role="assistant", content=answer.text, tool_calls=list(answer.calls), written=written, learn=True
    )


def ranked_to(
    path: Path,
    settings: Mapping[str, Any],
    load: Callable[[], Engine],
    data: TuningData,
    ranking: Ranking,
    seed: int,
) -> list[Ranked]:
    """Rank with a progress bar, each place written to `path` as it is done, and return all of them.

    `settings` decide what is found; a file that other settings made is refused, one that broke off is gone on with.
    """
    from rich.console import Console
    from rich.progress import track

    done = _kept(path, settings)
    total = len(places(data.rows("train"), ranking.rows, seed))
    if len(done) >= total:
        return list(done.values())
    lines = [
        json.dumps({"settings": settings}, ensure_ascii=False),
        *(one.model_dump_json() for one in done.values()),
    ]
    write_whole(path, "".join(f"{line}\n" for line in lines).encode())  # afresh: the last line may be cut off
    engine = load()
    with path.open("a", encoding="utf-8") as file:

        def keep(one: Ranked) -> None:
            file.write(one.model_dump_json() + "\n")
            file.flush()

        found = rank(engine, data, ranking, seed, done, keep)
        bar = Console(stderr=True)
        return list(track(found, "ranking answers", total, console=bar, transient=True))


def _kept(path: Path, settings: Mapping[str, Any]) -> dict[tuple[str, int], Ranked]:
    if not path.is_file():
        return {}
    first, *rest = path.read_text("utf-8").splitlines() or [""]
    found: dict[tuple[str, int], Ranked] = {}
    try:
        known = json.loads(first)["settings"]
    except (ValueError, KeyError, TypeError):
        known = None
    if known != json.loads(json.dumps(settings)):
        raise UsageError(
            f"{path} was made with other settings, another model or other data. Give --out a new folder."
        )
    with suppress(ValidationError):  # the last line may be cut off
        for line in rest:
            one = Ranked.model_validate_json(line)
            found[one.row, one.place] = one
    return found


def told(ranked: Sequence[Ranked]) -> str:
    """Write what was found: how good the answers were, and what told the pairs apart; UsageError where no pair is."""
    answered = [one for one in ranked if one.totals]
    pairs = [one.pair for one in ranked if one.pair is not None]
    if not pairs:
        raise UsageError(
            f"Of {len(answered):,} places none gave answers that differ enough to learn from. Draw more answers with "
            "--rank, or a higher ranking.temperature."
        )
    mean = sum(sum(one.totals) / len(one.totals) for one in answered) / len(answered)
    best = sum(one.totals[0] for one in answered) / len(answered)
    why = {
        name: sum(pair.why == name for pair in pairs) for name in dict.fromkeys(pair.why for pair in pairs)
    }
    reasons = ", ".join(f"{name} {count}" for name, count in sorted(why.items(), key=lambda item: -item[1]))
    return (
        f"{len(answered):,} places: mean reward {mean:.3f}, of the best of each {best:.3f}; "
        f"{len(pairs):,} pairs ({reasons})"
    )
