"""Composed search: a photo and what should be otherwise, in words; several photos; and "not like this".

Photos of products that the encoder and its combiner were not trained on, in wordings that neither was trained on.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.edit_wordings import CAPTIONS, frames, plural
from shelftalk.evals.edits import Edit, Edits, read_labels
from shelftalk.evals.features import photo_vectors
from shelftalk.evals.ranking import hit_at, hits, precision_at, ranked
from shelftalk.evals.report import Row

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder

NEEDS = ("fashion.parquet", *CAPTIONS)
NOTES = {
    "edits": (
        "Query: a held-out photo and an edit in held-out words. Relevant after an edit of the colour: the same kind "
        "and gender, the new colour; of the gender: the same kind and colour; of the kind: the same colour and gender. "
        "Never the product itself. Recall@10: the share of queries with a relevant product in the first ten; P@10: "
        "the share of the first ten that are relevant. The weight of the sum is the one that is best here. Nothing: "
        "words that name the product again, or only ask for the like."
    )
}
WORN = ("apparel", "footwear", "accessories")
MEASURED = ("colour", "gender", "kind", "nothing")
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
    everything = Shelf("all", photos, Edits([item.facts for item in labels], wordings), np.arange(0))
    own = np.array([row for row, item in enumerate(labels) if item.held_out], np.int64)
    held = Shelf(
        "held-out", photos[own], Edits([labels[row].facts for row in own], wordings), np.arange(len(own))
    )
    everything.rows = own
    rows: list[Row] = []
    for change in MEASURED:
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
    systems = {"photo alone": photos, "words alone": phrases, f"sum, {best} photo": sums[best]}
    if encoder.combiner is not None:
        systems["combiner"] = encoder.combine(photos, phrases)
    rows = []
    for shelf in shelves:
        for system, queries in systems.items():
            recall, precision = _found(queries, drawn, shelf)
            part = f"edits: {change}"
            where = f"{shelf.name} photos"
            rows.append(Row(part, system, f"Recall@10, {where}", interval(recall, seed)))
            rows.append(Row(part, system, f"P@10, {where}", interval(precision, seed)))
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


def _unlike(shelf: Shelf, encoder: Encoder, seed: int) -> list[Row]:
    """Refuse the first hit that has another colour (photo), or the first hit at all (words): is less like it found?"""
    facts = shelf.edits.facts
    rng = random.Random(seed)
    sources = sorted(rng.sample(range(len(facts)), min(len(facts), QUERIES)))
    near = _search(shelf.photos[sources], shelf.photos, [[source] for source in sources])
    cases: list[tuple[int, int]] = []
    for source, row in zip(sources, near, strict=True):
        other = [int(i) for i in row if i >= 0 and facts[i].get("colour") != facts[source].get("colour")]
        if other and "colour" in facts[other[0]] and facts[other[0]]["kind"] == facts[source]["kind"]:
            cases.append((source, other[0]))
    kinds = sorted({own["kind"] for own in facts})
    words = encoder.phrases([plural(kind) for kind in kinds])
    first = _search(words, shelf.photos, [[] for _ in kinds])[:, 0]

    def rows(
        part: str, before: np.ndarray, refused: Sequence[int], kind: Sequence[str], without: list[list[int]],
        compose: Callable[[int], np.ndarray],
    ) -> list[Row]:  # fmt: skip
        after = np.stack([compose(i) for i in range(len(refused))])
        kept = [set(shelf.edits.targets({"kind": own}).tolist()) for own in kind]
        away = [
            set(shelf.edits.targets({"colour": facts[bad].get("colour", "")}).tolist()) & own
            if facts[bad].get("colour") else set()
            for bad, own in zip(refused, kept, strict=True)
        ]  # fmt: skip
        out = []
        for system, queries in (("before", before), ("after", after)):
            ranking = _search(queries, shelf.photos, without)
            for metric, relevant in (("kind", kept), ("kind in the refused colour", away)):
                out.append(
                    Row(part, system, f"first ten: {metric}", interval(hits(ranking, relevant).mean(1), seed))
                )
        return out

    found: list[Row] = []
    if cases:
        found += rows(
            "not like this: photo", shelf.photos[[source for source, _ in cases]], [bad for _, bad in cases],
            [facts[source]["kind"] for source, _ in cases], [list(case) for case in cases],
            lambda i: encoder.compose([shelf.photos[cases[i][0]]], unlike=[shelf.photos[cases[i][1]]]),
        )  # fmt: skip
    found += rows(
        "not like this: words", words, first.tolist(), kinds, [[int(i)] for i in first],
        lambda i: encoder.compose([], plural(kinds[i]), [shelf.photos[first[i]]]),
    )  # fmt: skip
    return found
