"""How a backbone does on the held-out rows of training data: the right tool, the right arguments, true replies.

Each turn is asked with the right history before it, and within a turn each decision that is learnt with the right ones
before it, as evals/suites/tools.py does; a turn is right when all its decisions are. Replies are read as
evals/suites/grounding.py reads them, against what the conversation's tools have told.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from shelftalk.agent.claims import Lexicon
from shelftalk.evals.bootstrap import Interval
from shelftalk.evals.suites.grounding import judge
from shelftalk.evals.suites.tools import same
from shelftalk.finetune.tuning.evidence import facets_of, grounds_of, records
from shelftalk.finetune.tuning.row_turns import RowTurn, as_sent, turns_of
from shelftalk.finetune.tuning.rows import Row, Split, ToolCall
from shelftalk.finetune.tuning.shares import Pair, change, share
from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel
    from langchain_core.messages import AIMessage, BaseMessage

    from shelftalk.finetune.tuning.open_data import TuningData

METRICS = ("right tool", "right arguments", "replies borne out", "claims borne out")
Summary = dict[str, dict[str, Interval]]


class Outcome(BaseModel):
    """One turn: what was asked and wanted, what the model gave, and what that is worth."""

    model_config = ConfigDict(extra="forbid")

    row: str
    turn: int
    kind: str
    user: str
    pictures: list[str] = Field(default_factory=list)
    wanted: list[ToolCall] = Field(default_factory=list)
    told: list[str] = Field(default_factory=list)  # what the tools of the turn answered
    reply: str = ""  # as the row has it
    given: list[ToolCall] = Field(default_factory=list)
    said: str = ""  # as the model wrote it
    tool: bool = True
    arguments: bool = True
    parses: bool = True
    replied: bool = False  # wrote words where words were wanted
    claims: int = 0  # of products, in what it wrote
    untrue: list[str] = Field(default_factory=list)  # those that nothing told bears out, read strictly
    taken_out: list[str] = Field(
        default_factory=list
    )  # what the check takes out that every reply goes through
    strangers: list[str] = Field(default_factory=list)  # handles that no tool has shown

    def counted(self, metric: str) -> Pair:
        """Return how much of this turn is right by a metric, and of how much."""
        if metric == "right tool":
            return float(self.tool), 1.0
        if metric == "right arguments":
            return float(self.arguments), 1.0
        if metric == "replies borne out":
            wrong = self.untrue or self.taken_out or self.strangers
            return float(self.replied and not wrong), float(self.replied)
        return float(self.claims - len(self.untrue)), float(self.claims)


def chosen(rows: Sequence[Row], limit: int | None, seed: int) -> list[Row]:
    """Return at most `limit` rows that have something to learn, drawn by `seed`, in their order."""
    usable = [row for row in rows if any(message.learn for message in row.messages)]
    if limit is None or limit >= len(usable):
        return usable
    return [usable[at] for at in sorted(random.Random(f"measure/{seed}").sample(range(len(usable)), limit))]


def measure(
    backbone: BaseChatModel,
    data: TuningData,
    split: Split = "test",
    limit: int | None = None,
    seed: int = 0,
    *,
    done: Mapping[str, Sequence[Outcome]] | None = None,
    keep: Callable[[str, Sequence[Outcome]], None] | None = None,
    progress: str = "",
) -> list[Outcome]:
    """Ask a backbone every turn of at most `limit` rows of a split and return the outcomes, in order.

    `done` holds outcomes of rows that need not be asked again, `keep` gets a row's outcomes once it is asked; a bar
    is shown where `progress` names it. UsageError: a split without rows. Errors of the backbone are passed on.
    """
    from rich.progress import track

    rows = chosen(data.rows(split), limit, seed)
    if not rows:
        raise UsageError(
            f"{data.folder} has no {split} rows to measure on; make more data, or take another --split."
        )
    bound = backbone.bind_tools(data.tools)
    facets = facets_of(data.tools)
    out: list[Outcome] = []
    for row in track(rows, description=progress, disable=not progress, transient=True):
        found = (done or {}).get(row.id)
        if found is None:
            found = list(_row(bound.invoke, row, data, facets))
            if keep is not None:
                keep(row.id, found)
        out += found
    return out


def _row(
    ask: Callable[[list[BaseMessage]], AIMessage],
    row: Row,
    data: TuningData,
    facets: Mapping[str, Mapping[str, int]],
) -> Iterator[Outcome]:
    """Yield the outcome of each turn of a row that has something to learn."""
    lexicon = Lexicon(facets)
    for one in turns_of(row):
        if not one.points:
            continue
        outcome = _ask(ask, row, one, data)
        if outcome.replied:
            before = row.messages[: one.points[-1]]
            known = records([message.content for message in before if message.role == "tool"])
            read = judge(one.turn, outcome.said, grounds_of(before, lexicon), known, facets)
            outcome.claims, outcome.untrue = read.claims, read.untrue
            outcome.taken_out, outcome.strangers = read.taken_out, read.strangers
        yield outcome


def _ask(ask: Callable[[list[BaseMessage]], AIMessage], row: Row, one: RowTurn, data: TuningData) -> Outcome:
    out = Outcome(
        row=row.id,
        turn=one.number,
        kind=one.turn.kind,
        user=one.turn.user,
        pictures=one.pictures,
        wanted=[call for place in one.points for call in row.messages[place].tool_calls],
        told=[step.result for step in one.turn.steps],
        reply=one.turn.reply,
    )
    for place in one.points:
        wanted = row.messages[place]
        answer = ask(list(as_sent(row.messages[:place], data)))
        given = [ToolCall(name=call["name"], args=call["args"]) for call in answer.tool_calls]
        out.given += given
        out.parses &= not answer.invalid_tool_calls
        text = str(answer.text).strip()
        named = [call.name for call in given] == [call.name for call in wanted.tool_calls]
        out.tool &= named and bool(given or text)  # silence answers nothing
        pairs = zip(wanted.tool_calls, given, strict=False)
        out.arguments &= out.tool and all(same(w.args, g.args) for w, g in pairs)
        out.said = out.said or text
        if not wanted.tool_calls and text and not given:
            out.said, out.replied = text, True
    return out


def _pairs(outcomes: Iterable[Outcome], metric: str, rows: Sequence[str]) -> list[Pair]:
    """Return a metric's counts a conversation, in the order of `rows`."""
    sums = {row: [0.0, 0.0] for row in rows}
    for outcome in outcomes:
        right, counted = outcome.counted(metric)
        sums[outcome.row][0] += right
        sums[outcome.row][1] += counted
    return [(right, counted) for right, counted in sums.values()]


def _parts(outcomes: Sequence[Outcome]) -> dict[str, list[Outcome]]:
    kinds = sorted({outcome.kind for outcome in outcomes})
    return {"all": list(outcomes)} | {kind: [o for o in outcomes if o.kind == kind] for kind in kinds}


def summarise(outcomes: Sequence[Outcome], seed: int = 0) -> Summary:
    """Return kind of turn -> metric -> share, with intervals over conversations; "all" comes first.

    A metric that nothing was counted for is left out: a kind of turn whose replies claim nothing has no claims.
    """
    table: Summary = {}
    for kind, part in _parts(outcomes).items():
        rows = list(dict.fromkeys(outcome.row for outcome in part))
        found = {metric: share(_pairs(part, metric, rows), seed) for metric in METRICS}
        table[kind] = {metric: value for metric, value in found.items() if value is not None}
    return table


def compare(after: Sequence[Outcome], before: Sequence[Outcome], seed: int = 0) -> Summary:
    """Return how much each share of `summarise` rose, with intervals over pairs of conversations.

    Only turns that both have are compared.
    """
    shared = {(o.row, o.turn) for o in after} & {(o.row, o.turn) for o in before}
    new, old = (_parts([o for o in part if (o.row, o.turn) in shared]) for part in (after, before))
    table: Summary = {}
    for kind, part in new.items():
        rows = list(dict.fromkeys(outcome.row for outcome in part))
        found = {
            metric: change(_pairs(part, metric, rows), _pairs(old[kind], metric, rows), seed)
            for metric in METRICS
        }
        table[kind] = {metric: value for metric, value in found.items() if value is not None}
    return table


def as_json(summary: Summary) -> dict[str, Any]:
    """Return a summary as plain numbers: mean, low, high and n of each share."""
    return {
        kind: {m: {"mean": v.mean, "low": v.low, "high": v.high, "n": v.n} for m, v in row.items()}
        for kind, row in summary.items()
    }
