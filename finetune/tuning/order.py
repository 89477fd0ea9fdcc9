"""The order that examples are trained in: drawn anew for each epoch, examples of like length side by side."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

POOL = 50  # steps whose examples are sorted together


def epoch_order(lengths: Sequence[int], together: int, seed: int, epoch: int, group: bool) -> list[int]:
    """Return the numbers of all examples in the order of one epoch.

    `together` examples make a step, over all processes. Grouped, the examples of some steps at a time are sorted by
    length and cut into steps, whose order is drawn. The same for any number of processes that make the same steps.
    """
    rng = random.Random(f"{seed}/{epoch}")
    numbers = list(range(len(lengths)))
    rng.shuffle(numbers)
    if not group:
        return numbers
    steps: list[list[int]] = []
    for start in range(0, len(numbers), together * POOL):
        pool = sorted(numbers[start : start + together * POOL], key=lambda n: -lengths[n])
        steps += [pool[at : at + together] for at in range(0, len(pool), together)]
    short = [step for step in steps if len(step) < together]
    whole = [step for step in steps if len(step) == together]
    rng.shuffle(whole)
    # A step that is not full can only be the last.
    return [number for step in [*whole, *short] for number in step]


class Order:
    """A sampler that asks for the epoch when it begins: a run that is resumed goes on with the order it had."""

    def __init__(
        self, lengths: Sequence[int], together: int, seed: int, group: bool, epoch: Callable[[], int]
    ) -> None:
        self._lengths = lengths
        self._together = together
        self._seed = seed
        self._group = group
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._lengths)

    def __iter__(self) -> Iterator[int]:
        return iter(epoch_order(self._lengths, self._together, self._seed, self._epoch(), self._group))
