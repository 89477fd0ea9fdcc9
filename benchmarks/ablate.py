"""What each limit on the embedded model's calls is worth: the dialogue suite with one of them lifted at a time.

    python benchmarks/ablate.py [-n 100] [--seed 0] [--backbone NAME]

The same dialogues are answered with all limits, and without one: values and words held to the shopper's newest turn
(agent/decoding/newest.py), all that this mentions of the catalogue asked for (due.py), what a "no" stands near and
nothing else ruled out (scope.py), orders as words plainly name them (orders.py), queries held to what may be looked for
(query.py), products held to those that the turn points at (pointing.py), each of two wishes held to its own words
(wishes.py). Prints right tool and all arguments right, over all turns and over those concerned.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any
from unittest.mock import patch

from rich.console import Console
from rich.table import Table

from shelftalk.agent.backbones import load_backbone
from shelftalk.agent.decoding.orders import orders
from shelftalk.evals.suites import tools

SEEN = "shelftalk.agent.decoding.seen"
NEWEST = "shelftalk.agent.decoding.newest"
EVERY_ORDER = orders("")
POINTING = ("details", "compare", "similar", "remember")
SEARCHING = ("search", "switch", "picture", "refine", "two wishes")


def lifting(**limits: Callable[..., Any]) -> Callable[[], AbstractContextManager[Any]]:
    """Return what puts other functions in the place of limits that the newest turn sets."""
    return lambda: patch.multiple(NEWEST, **limits)


# Arm -> what lifts the limit, the kinds of turns that it concerns.
ARMS: dict[str, tuple[Callable[[], AbstractContextManager[Any]], tuple[str, ...]]] = {
    "all limits": (nullcontext, ()),
    "values of the whole conversation": (
        lambda: patch("shelftalk.agent.backbones.mini_dialect.hold_to_newest", lambda held, *_: list(held)),
        SEARCHING,
    ),
    "values may be left out": (lifting(due=lambda *_: {}), SEARCHING),
    "a no may reach anything": (
        lifting(may_be_ruled_out=lambda *_: True, must_be_ruled_out=lambda *_: False),
        SEARCHING,
    ),
    "any order of hits": (lifting(orders=lambda _: EVERY_ORDER, order_due=lambda _: None), SEARCHING),
    "any words said in a query": (lifting(of_query=lambda said, *_, **__: said), SEARCHING),
    "any product shown": (lambda: patch(f"{SEEN}.pointed", lambda *_: ()), POINTING),
    "two wishes not told apart": (lambda: patch(f"{SEEN}.wishes", lambda *_: ()), ("two wishes",)),
}


def share(answers: Sequence[tools.Answer], figure: str) -> str:
    """Return how many of the answers are right, in per cent."""
    return f"{sum(getattr(a, figure) for a in answers) / len(answers):.1%}" if answers else "-"


def main() -> None:
    """Measure every arm and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("-n", "--dialogues", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--backbone")
    given = parser.parse_args()
    model = load_backbone(given.backbone)
    table = Table(box=None)
    for column in ("calls limited by", "turns", "tool", "arguments", "turns concerned", "tool", "arguments"):
        table.add_column(column, justify="left" if not table.columns else "right")
    whole: list[tools.Answer] = []
    for name, (lifted, kinds) in ARMS.items():
        with lifted():
            answers = tools.run(model, given.dialogues, given.seed, progress=True)
        whole = whole or answers
        figures = [str(len(answers)), share(answers, "tool"), share(answers, "arguments")]
        if kinds:
            both = [[a for a in of if a.kind in kinds] for of in (whole, answers)]
            figures.append(str(len(both[1])))
            figures += [" -> ".join(share(of, what) for of in both) for what in ("tool", "arguments")]
        table.add_row(name, *figures)
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
