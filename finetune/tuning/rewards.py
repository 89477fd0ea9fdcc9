"""Rewards that can be checked: what an answer gets right, by rules, with no model to judge it.

An answer is either one or more tool calls, or words. It is held against the conversation before it and against the
answer that the training row has in its place. Each reward is between 0 and 1:

| reward | of | what it is |
| --- | --- | --- |
| parses | both | 1 where calls can be read and their tools would take them, or words are there; 0 for neither |
| tool | both | 1 where the same tools are called as in the row, in that order; none where the row has words |
| arguments | a call | F1 over the calls' arguments, each filter of `where` and `exclude` one; 1 only where all agree |
| handles | both | the share of the products named that a tool or the session showed before; 1 where none is named |
| supported | words | the share of what is claimed of products that the tools' text bears out (agent/checked.py) |
| names | words | 1 where it names a product and the row's words do, or neither does; so that silence earns nothing |

`total` is their mean, weighted by `WEIGHTS`. A reward of calls counts only where the row has a call, and is 0 where
the answer has none; the same for words. Ranking answers by rules that can be checked, instead of by a learnt reward:
Lambert and others, "Tulu 3: Pushing Frontiers in Open Language Model Post-Training", arXiv 2411.15124, section 6.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shelftalk.agent.calls import checked_arguments
from shelftalk.agent.checked import check
from shelftalk.agent.claims import Lexicon
from shelftalk.agent.decoding.seen import look
from shelftalk.agent.grounding import mentions, named
from shelftalk.evals.suites.tools import same
from shelftalk.finetune.tuning.evidence import facets_of, grounds_of
from shelftalk.finetune.tuning.rows import Message, ToolCall
from shelftalk.tools.errors import ToolError

WEIGHTS = {"parses": 1.0, "tool": 3.0, "arguments": 3.0, "handles": 1.0, "supported": 3.0, "names": 1.0}
OF_CALLS = ("parses", "tool", "arguments", "handles")
OF_WORDS = ("parses", "tool", "handles", "supported", "names")


@dataclass(frozen=True)
class Answer:
    """What a model wrote: words, or calls; `fault` says why what should have been a call is none."""

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    fault: str = ""
    written: str = ""  # the call as it was written

    @classmethod
    def of(cls, message: Message) -> Answer:
        """Return a row's message as an answer."""
        return cls(message.content, tuple(message.tool_calls), written=message.written)


@dataclass(frozen=True)
class Rewards:
    """The rewards that count for one answer, by name."""

    parts: dict[str, float]
    claims: list[str] = field(default_factory=list)  # that nothing bears out

    @property
    def total(self) -> float:
        """The weighted mean, 0 to 1."""
        weight = sum(WEIGHTS[name] for name in self.parts)
        return sum(WEIGHTS[name] * value for name, value in self.parts.items()) / weight

    def told_apart_by(self, worse: Rewards) -> str:
        """Return the reward that sets this answer most apart from a worse one."""
        return max(
            self.parts, key=lambda name: WEIGHTS[name] * (self.parts[name] - worse.parts.get(name, 0.0))
        )


class Judge:
    """Rewards answers in conversations with one set of tools."""

    def __init__(self, tools: Sequence[Mapping[str, Any]]) -> None:
        """Take the OpenAI-style function schemas that the model is offered."""
        self._lexicon = Lexicon(facets_of(tools))
        self._names = frozenset(tool["function"]["name"] for tool in tools)

    def rewards(self, answer: Answer, messages: Sequence[Message], row: Message) -> Rewards:
        """Return an answer's rewards; `messages` stand before it, `row` is what the training row has in its place."""
        fault = answer.fault or next((f for call in answer.calls if (f := self.fault(call))), "")
        parses = not fault and bool(answer.calls or answer.text.strip())
        wanted = [call.name for call in row.tool_calls]
        tool = parses and [call.name for call in answer.calls] == wanted
        parts = {"parses": float(parses), "tool": float(tool)}
        if row.tool_calls:
            parts["arguments"] = agreement(row.tool_calls, answer.calls) if tool else 0.0
            parts["handles"] = self._shown(answer, messages) if answer.calls else 0.0
            return Rewards(parts)
        if answer.calls or not parses:
            return Rewards(parts | dict.fromkeys(("handles", "supported", "names"), 0.0))
        supported, claims = self._supported(answer.text, messages)
        parts |= {
            "handles": self._shown(answer, messages),
            "supported": supported,
            "names": float(bool(named(answer.text)) == bool(named(row.content))),
        }
        return Rewards(parts, claims)

    def fault(self, call: ToolCall) -> str:
        """Return why a call's tool would refuse it, "" where it would not."""
        if call.name not in self._names:
            return f"there is no tool {call.name!r}"
        try:
            checked_arguments(call.name, call.args)
        except ToolError as error:
            return str(error)
        return ""

    def _shown(self, answer: Answer, messages: Sequence[Message]) -> float:
        said = answer.text + json.dumps([_handles(call.args) for call in answer.calls])
        handles = named(said)
        if not handles:
            return 1.0
        shown = look([{"role": m.role, "content": m.content} for m in messages]).products
        return sum(handle in shown for handle in handles) / len(handles)

    def _supported(self, text: str, messages: Sequence[Message]) -> tuple[float, list[str]]:
        grounds = grounds_of(messages, self._lexicon)
        _, gone = check(text, grounds)
        claims = max(len(gone), len(mentions(text, self._lexicon)))
        return 1.0 - len(gone) / claims if claims else 1.0, [claim.text for claim in gone]


def _handles(args: Mapping[str, Any]) -> list[str]:
    """Return the values of a call that are products' handles, in the brackets that a reply has them in."""
    values = [item for value in args.values() for item in (value if isinstance(value, list) else [value])]
    return [
        f"[{value}]"
        for value in values
        if isinstance(value, str) and value[:1] == "P" and value[1:].isdigit()
    ]


def flat(call: ToolCall) -> dict[str, Any]:
    """Return a call's arguments on one level: "where.colour" is one, as "query" is; empty ones are left out."""
    found: dict[str, Any] = {}
    for name, value in call.args.items():
        if isinstance(value, Mapping):
            found |= {f"{name}.{key}": item for key, item in value.items()}
        elif value not in (None, "", []):
            found[name] = value
    return found


def agreement(wanted: Sequence[ToolCall], given: Sequence[ToolCall]) -> float:
    """Return the F1 of arguments over calls of the same tools: 2 agreeing / (wanted + given); 1 where both have none.

    Arguments agree as the tools suite has it (`shelftalk.evals.suites.tools.same`).
    """
    agreeing = count = 0
    for one, other in zip(wanted, given, strict=True):
        ours, theirs = flat(one), flat(other)
        agreeing += sum(same(value, theirs[name]) for name, value in ours.items() if name in theirs)
        count += len(ours) + len(theirs)
    return 2 * agreeing / count if count else 1.0
