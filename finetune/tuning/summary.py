"""What was measured, as a table for a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from shelftalk.finetune.tuning.measure import METRICS, Outcome, summarise
from shelftalk.finetune.tuning.rows import SPLITS, Split
from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from shelftalk.evals.bootstrap import Interval


def as_split(name: str) -> Split:
    """Return the split of that name; UsageError lists the right ones."""
    for split in SPLITS:
        if split == name:
            return split
    raise UsageError(f"There is no split {name!r}; there are {', '.join(SPLITS)}.")


def percent(value: Interval) -> str:
    """Write a share with its interval, where it has one: "85.2% (82.0 to 88.1)"."""
    return f"{value.mean:.1%}" + (f" ({100 * value.low:.1f} to {100 * value.high:.1f})" if value.n else "")


def points(value: Interval) -> str:
    """Write a change of a share in percentage points: "+4.2 (+1.0 to +7.3)"."""
    return f"{100 * value.mean:+.1f}" + (
        f" ({100 * value.low:+.1f} to {100 * value.high:+.1f})" if value.n else ""
    )


def summary_table(outcomes: Sequence[Outcome], seed: int = 0) -> Table:
    """Return the shares by kind of turn with their intervals; a cell is empty where there was nothing to count."""
    from rich.table import Table

    rows = len({outcome.row for outcome in outcomes})
    out = Table(
        "kind of turn",
        title=f"{rows} conversations, {len(outcomes)} turns; in brackets 95% intervals over conversations",
        title_justify="left",
        box=None,
    )
    out.add_column("turns", justify="right")
    for metric in METRICS:
        out.add_column(metric, justify="right")
    for kind, shares in summarise(outcomes, seed).items():
        turns = len(outcomes) if kind == "all" else sum(outcome.kind == kind for outcome in outcomes)
        out.add_row(kind, f"{turns:,}", *(percent(shares[m]) if m in shares else "" for m in METRICS))
    return out
