"""Training rows for the language model: simulated dialogues, rendered and cut to length, loss where it answers."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.evals.simulation.dialogue import Dialogue
from shelftalk.evals.simulation.shelves import Shelf, given_shelf, random_shelf
from shelftalk.evals.simulation.shopper import Photo, simulate
from shelftalk.evals.simulation.wordings import Split
from shelftalk.finetune.vocabulary import ASSISTANT, IMAGE
from shelftalk.prompts.dialect import CALL

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

    from shelftalk.tools.product import Product

PATCHES = 64  # soft tokens of a picture
# Tokens of a row: the newest turns; what went before stands in the turn itself. Most rows are short, since attention's
# cost grows with their square; some are as long as a visit becomes.
LENGTHS, SHARES = (400, 640, 900), (6, 3, 1)
REPLY_WEIGHT = 0.25  # a reply may be worded in many ways, a call in one: the call's tokens count more


@dataclass
class Row:
    """One dialogue as tokens: numbers, the weight of each in the loss, the photos in order of their places."""

    ids: np.ndarray  # int32 [tokens]
    weights: np.ndarray  # float32 [tokens]; zero where the model only reads
    photos: list[int]


@dataclass
class Source:
    """Where rows come from: visits to random shops, or to a part of real products; or dialogues or rows made elsewhere.

    `photos` are what its shoppers may send.
    """

    share: float
    products: Sequence[Product] = ()
    photos: Sequence[Photo] = ()
    draw_prices: bool = False
    dialogues: Iterator[Dialogue] | None = None
    rows: Iterator[Row] | None = None

    def shelf(self, rng: random.Random) -> Shelf:
        """Make one shop."""
        if not self.products:
            return random_shelf(rng)
        return given_shelf(rng, self.products, {}, price=_any_price if self.draw_prices else None)


def _any_price(rng: random.Random, _: Product) -> float:
    return round(10 ** rng.uniform(0.7, 2.3), rng.choice((0, 1, 2)))


def encode(tokenizer: PreTrainedTokenizerFast, dialogue: Dialogue, longest: int = LENGTHS[-1]) -> Row | None:
    """Return a dialogue's row; the oldest turns are left out until it fits. None where one turn alone does not."""
    for first in range(len(dialogue.turns)):
        messages = dialogue.messages(first)
        for message in messages:
            message["content"] = message["content"].replace(IMAGE, IMAGE * PATCHES)
        out: Any = tokenizer.apply_chat_template(
            messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True
        )
        ids = np.asarray(out["input_ids"], np.int32)
        if len(ids) <= longest:
            weights = np.asarray(out["assistant_masks"], np.float32)
            call, answer = (tokenizer.convert_tokens_to_ids(token) for token in (CALL, ASSISTANT))
            starts = np.flatnonzero(ids == answer)
            for start, end in zip(starts, [*starts[1:], len(ids)], strict=True):
                if ids[start + 1] != call:
                    # The first token, which decides for words and against a tool, counts in full.
                    weights[start + 2 : end] *= REPLY_WEIGHT
            photos = [photo for turn in dialogue.turns[first:] for photo in turn.photos]
            return Row(ids, weights, photos)
    return None


def rows(
    tokenizer: PreTrainedTokenizerFast, sources: Sequence[Source], seed: int, split: Split = "train"
) -> Iterator[Row]:
    """Yield rows without end; the same seed yields the same ones."""
    number = 0
    while True:
        number += 1
        rng = random.Random(f"{seed}/{number}")
        source = rng.choices(sources, [s.share for s in sources])[0]
        if source.rows is not None:
            yield next(source.rows)
            continue
        dialogue = (
            simulate(f"{seed}/{number}", source.shelf(rng), split, source.photos)
            if source.dialogues is None
            else next(source.dialogues)
        )
        row = encode(tokenizer, dialogue, rng.choices(LENGTHS, SHARES)[0])
        if row is not None:
            yield row


@dataclass
class Batch:
    """Rows of like length, padded on the right: ids, weights [rows, tokens], photos in order."""

    ids: np.ndarray
    weights: np.ndarray
    photos: list[int] = field(default_factory=list)


def batches(source: Iterator[Row], tokens: int, pad: int, seed: int, pool: int = 96) -> Iterator[Batch]:
    """Group rows of like length into batches of at most `tokens`, in random order."""
    rng = random.Random(seed)
    while True:
        waiting = sorted((next(source) for _ in range(pool)), key=lambda row: len(row.ids))
        groups: list[list[Row]] = [[]]
        for row in waiting:
            if groups[-1] and len(row.ids) * (len(groups[-1]) + 1) > tokens:
                groups.append([])
            groups[-1].append(row)
        rng.shuffle(groups)
        for group in groups:
            width = max(len(row.ids) for row in group)
            ids = np.full((len(group), width), pad, np.int64)
            weights = np.zeros((len(group), width), np.float32)
            for at, row in enumerate(group):
                ids[at, : len(row.ids)] = row.ids
                weights[at, : len(row.ids)] = row.weights
            yield Batch(ids, weights, [photo for row in group for photo in row.photos])
