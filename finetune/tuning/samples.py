"""Which answers a report shows: a few that a tuning mended, a few that it spoilt, a few that it left as they were."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from shelftalk.finetune.tuning.measure import Outcome

Fate = Literal["mended", "spoilt", "still wrong", "still right"]
# How many of each are shown, in this order; what one group lacks, the next ones fill.
SHOWN: tuple[tuple[Fate, int], ...] = (("mended", 3), ("spoilt", 2), ("still wrong", 1), ("still right", 2))


@dataclass(frozen=True)
class Sample:
    """The same turn, answered before and after."""

    before: Outcome
    after: Outcome

    @property
    def fate(self) -> Fate:
        """Return what became of it."""
        was, is_now = right(self.before), right(self.after)
        if was != is_now:
            return "mended" if is_now else "spoilt"
        return "still right" if is_now else "still wrong"


def right(outcome: Outcome) -> bool:
    """Whether a turn has the right calls, and says nothing that is not borne out."""
    return outcome.arguments and not (outcome.untrue or outcome.taken_out or outcome.strangers)


def paired(before: Sequence[Outcome], after: Sequence[Outcome]) -> list[Sample]:
    """Return the turns that both hold, in the order of `after`."""
    known = {(outcome.row, outcome.turn): outcome for outcome in before}
    return [Sample(known[key], one) for one in after if (key := (one.row, one.turn)) in known]


def fates(samples: Sequence[Sample]) -> dict[Fate, int]:
    """Return how many turns were mended, spoilt, and stayed as they were."""
    counts: dict[Fate, int] = {fate: 0 for fate, _ in SHOWN}
    for sample in samples:
        counts[sample.fate] += 1
    return counts


def drawn(samples: Sequence[Sample], seed: int = 0) -> list[Sample]:
    """Return the samples to show, drawn by `seed`: of each fate some, first of kinds of turns not shown yet.

    A turn with a picture is taken before one without, as long as its kind is new.
    """
    order = list(samples)
    random.Random(f"samples/{seed}").shuffle(order)
    order.sort(key=lambda sample: not sample.after.pictures)
    out: list[Sample] = []
    owed = 0
    for fate, wanted in SHOWN:
        left = [sample for sample in order if sample.fate == fate]
        wanted += owed
        for _ in range(min(wanted, len(left))):
            shown = [one.after.kind for one in out]
            out.append(min(left, key=lambda sample: shown.count(sample.after.kind)))
            left.remove(out[-1])
            wanted -= 1
        owed = wanted
    return out
