"""Composed search: a photo and what should be otherwise, in words; several photos; and "not like this".

Photos of products that the encoder and its combiner were not trained on, in wordings that neither was trained on.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import difference, interval
from shelftalk.evals.edit_wordings import CAPTIONS, frames, plural
from shelftalk.evals.edits import Edit, Edits, read_labels
from shelftalk.evals.features import photo_vectors
from shelftalk.evals.ranking import hit_at, hits, precision_at, ranked
from shelftalk.evals.report import Row

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder

NEEDS = ("fashion.parquet", *CAPTIONS)
_EDITS = (
    "Query: a photo of fashion.parquet that neither the shipped encoder nor its combiner was trained on, and an edit "
    "in a wording that the combiner was not trained on. Relevant: {}; never the product itself. Recall@10: the share "
    "of queries with a relevant product in the first ten; P@10: the share of the first ten that are relevant. In the "
    "index: the held-out photos, or all. The sum's weight is the one that is best here. Ahead: the combiner less the "
    "sum, query by query."
)
NOTES = {
    "edit of the colour": _EDITS.format("the same kind and gender in the new colour"),
    "edit of the gender": _EDITS.format("the same kind and colour for the new gender"),
    "edit of the kind": _EDITS.format("the new kind in the same colour and for the same gender"),
    "no edit": _EDITS.format(
        "the same kind, colour and gender; the words name these again, or ask for the like"
    ),
    "several photos": (
        "Query: one held-out photo, or two of the same kind, colour and gender. P@10: the share of the first ten "
        "held-out photos that have these three too."
    ),
    "not like this": (
        "A held-out photo, with its first hit of the same kind in another colour refused; and a kind in words, with "
        "its first hit refused. The share of the first ten that are of the kind should stay, and the share that are "
        "of the kind in the refused colour should fall."
    ),
}
PARTS = {
    "colour": "edit of the colour",
    "gender": "edit of the gender",
    "kind": "edit of the kind",
    "nothing": "no edit",
}
WORN = ("apparel", "footwear", "accessories")
QUERIES = 2000  # of each change, at most
WEIGHTS = [round(0.1 * tenth, 1) for tenth in range(1, 10)]
K = 10
_AT_ONCE = 256


@dataclass
class Shelf:
    """Photos [n, size] that are searched, and what is known of them."""

    name: str
    photos: np.ndarray
    edits: Edits
    rows: np.ndarray  # [queries' shelf] the place of each held-out product here


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure composed search; `data` holds the files in NEEDS (without the captions there are fewer wordings)."""
    path = data / "fashion.parquet"
    labels = read_labels(path)
    photos = photo_vectors(path, encoder, progress)
    wordings = frames(data, measuring=True)
    if not any(item.held_out for item in labels):
        return []
    everything = Shelf("all", photos, Edits([item.facts for item in labels], wordings), np.arange(0))
    own = np.array([row for row, item in enumerate(labels) if item.held_out], np.int64)
    held = Shelf(
        "held-out", photos[own], Edits([labels[row].facts for row in own], wordings), np.arange(len(own))
    )
    everything.rows = own
    rows: list[Row] = []
    for change in PARTS:
        drawn = draw_edits(held, change, seed)
        if drawn:
            rows += _edit_rows(change, drawn, encoder, [held, everything], seed)
    rows += _several(held, encoder, seed)
    return rows + _unlike(held, encoder, seed)


def draw_edits(shelf: Shelf, change: str, seed: int) -> list[Edit]:
    """Draw one edit for each of up to QUERIES products that are worn and have a product that is meant."""
    rng = random.Random(f"{seed}:{change}")
    worn = [i for i, facts in enumerate(shelf.edits.facts) if facts.get("section", WORN[0]) in WORN]
    out: list[Edit] = []
    for source in rng.sample(worn, len(worn)):
        edit = shelf.edits.draw(source, change, rng)
        if edit is not None and set(shelf.edits.targets(edit.wants)) - {source}:
            out.append(edit)
        if len(out) == QUERIES:
            break
    return out


def _edit_rows(
    change: str, drawn: list[Edit], encoder: Encoder, shelves: list[Shelf], seed: int
) -> list[Row]:
    from shelftalk.tools.composing import add

    held = shelves[0]
    photos = held.photos[[edit.source for edit in drawn]]
    phrases = encoder.phrases([edit.text for edit in drawn])
    sums = {weight: add(photos, phrases, weight) for weight in WEIGHTS}
    reached = {weight: _found(made, drawn, held)[0].mean() for weight, made in sums.items()}
    best = max(WEIGHTS, key=lambda weight: reached[weight])
    summed = f"sum, {best:.0%} photo"
    systems = {"photo alone": photos, "words alone": phrases, summed: sums[best]}
    if encoder.combiner is not None:
        systems["combiner"] = encoder.combine(photos, phrases)
    rows = []
    for shelf in shelves:
        found = {system: _found(queries, drawn, shelf) for system, queries in systems.items()}
        for place, name in enumerate(("Recall@10", "P@10")):
            metric = f"{name}, {shelf.name} photos"
            rows += [
                Row(PARTS[change], system, metric, interval(values[place], seed))
                for system, values in found.items()
            ]
            if "combiner" in found:
                ahead = difference(found["combiner"][place], found[summed][place], seed)
                rows.append(Row(PARTS[change], "combiner, ahead of the sum", metric, ahead))
    return rows


def _found(queries: np.ndarray, drawn: Sequence[Edit], shelf: Shelf) -> tuple[np.ndarray, np.ndarray]:
    """Return whether a product that is meant is in the first ten, and the share of those: [queries] each."""
    own = [int(shelf.rows[edit.source]) for edit in drawn]
    relevant = [
        set(shelf.edits.targets(edit.wants).tolist()) - {row} for edit, row in zip(drawn, own, strict=True)
    ]
    ranking = _search(queries, shelf.photos, [[row] for row in own])
    return hit_at(ranking, relevant, K), precision_at(ranking, relevant, K)


def _search(queries: np.ndarray, photos: np.ndarray, without: Sequence[Sequence[int]]) -> np.ndarray:
    """Return each query's first ten photos, but for those it is asked with: [queries, 10]."""
    parts = []
    for start in range(0, len(queries), _AT_ONCE):
        scores = queries[start : start + _AT_ONCE] @ photos.T
        for row, own in zip(scores, without[start : start + _AT_ONCE], strict=True):
            row[list(own)] = -np.inf
        parts.append(ranked(scores, K))
    return np.concatenate(parts)


def _several(shelf: Shelf, encoder: Encoder, seed: int) -> list[Row]:
    """Two photos of the same kind, colour and gender: are more of the first ten like them than with one?"""
    rng = random.Random(seed)
    pairs, wanted = [], []
    for source, facts in enumerate(shelf.edits.facts):
        wants = {name: facts[name] for name in ("kind", "colour", "gender") if name in facts}
        alike = shelf.edits.targets(wants)
        if len(alike) > 2:
            pairs.append((source, int(rng.choice([i for i in alike if i != source]))))
            wanted.append(alike)
    if not pairs:
        return []
    relevant = [set(alike.tolist()) - set(pair) for alike, pair in zip(wanted, pairs, strict=True)]
    systems = {
        "one photo": shelf.photos[[first for first, _ in pairs]],
        "two photos": np.stack([encoder.compose([shelf.photos[i] for i in pair]) for pair in pairs]),
    }
    return [
        Row("several photos", system, "P@10: kind, colour, gender",
            interval(precision_at(_search(queries, shelf.photos, pairs), relevant, K), seed))
        for system, queries in systems.items()
    ]  # fmt: skip


@dataclass
class _Refusal:
    """A query, what it asks for, and a hit of it that is refused."""

    source: int | None  # the photo it is asked with; None where it is asked in words
    kind: str
    refused: int


def _unlike(shelf: Shelf, encoder: Encoder, seed: int) -> list[Row]:
    facts = shelf.edits.facts
    rng = random.Random(seed)
    sources = sorted(rng.sample(range(len(facts)), min(len(facts), QUERIES)))
    near = _search(shelf.photos[sources], shelf.photos, [[source] for source in sources])
    photo = []
    for source, row in zip(sources, near, strict=True):
        own = facts[source]
        others = (int(i) for i in row if i >= 0 and facts[i].get("colour") != own.get("colour"))
        first = next((i for i in others if facts[i].get("colour")), None)
        if first is not None and facts[first]["kind"] == own["kind"]:
            photo.append(_Refusal(source, own["kind"], first))
    kinds = sorted({own["kind"] for own in facts})
    phrases = encoder.phrases([plural(kind) for kind in kinds])
    hit = _search(phrases, shelf.photos, [[] for _ in kinds])[:, 0]
    words = [_Refusal(None, kind, int(first)) for kind, first in zip(kinds, hit, strict=True)]
    return _refused("photo", photo, shelf, encoder, seed) + _refused("words", words, shelf, encoder, seed)


def _refused(name: str, cases: list[_Refusal], shelf: Shelf, encoder: Encoder, seed: int) -> list[Row]:
    """Measure the first ten before and after a refusal."""
    if not cases:
        return []
    targets, facts = shelf.edits.targets, shelf.edits.facts
    kept = [set(targets({"kind": case.kind}).tolist()) for case in cases]
    away = [
        set(targets({"kind": case.kind, "colour": facts[case.refused]["colour"]}).tolist())
        if "colour" in facts[case.refused] else set()
        for case in cases
    ]  # fmt: skip
    without = [[i for i in (case.source, case.refused) if i is not None] for case in cases]
    rows = []
    for system, refusing in ((name, False), (f"{name}, a hit refused", True)):
        queries = [
            encoder.compose(
                [] if case.source is None else [shelf.photos[case.source]],
                plural(case.kind) if case.source is None else "",
                [shelf.photos[case.refused]] if refusing else [],
            )
            for case in cases
        ]
        ranking = _search(np.stack(queries), shelf.photos, without)
        for metric, relevant in (("kind", kept), ("kind in the refused colour", away)):
            share = interval(hits(ranking, relevant).mean(1), seed)
            rows.append(Row("not like this", system, f"of the {metric}", share))
    return rows
