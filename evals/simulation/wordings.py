"""How shoppers say things. Every fifth wording of an intent is kept for evaluation and never trained on."""

from __future__ import annotations

import random
import tomllib
from functools import cache
from importlib import resources
from typing import Literal

Split = Literal["train", "test"]


@cache
def phrases(file: str) -> dict[str, list[str]]:
    """Return the phrases of one of this package's TOML files: intent -> wordings."""
    text = (resources.files("shelftalk.evals.simulation") / file).read_text(encoding="utf-8")
    return tomllib.loads(text)


@cache
def wordings(intent: str, split: Split, file: str = "wordings.toml") -> list[str]:
    """Return an intent's wordings of one split."""
    every = phrases(file)[intent]
    return [w for i, w in enumerate(every) if (i % 5 == 4) == (split == "test")]


def say(rng: random.Random, intent: str, split: Split, *, file: str = "wordings.toml", **slots: str) -> str:
    """Return one wording of the intent, filled in."""
    return rng.choice(wordings(intent, split, file)).format(**slots)
