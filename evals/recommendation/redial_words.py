"""What was said in conversations, apart from the names of films: as texts, and as vectors beside those of films."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.evals.features import word_vectors
from shelftalk.evals.recommendation.redial_films import Film
from shelftalk.evals.recommendation.redial_rows import Row
from shelftalk.evals.recommendation.redial_titles import title_and_year

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder

_LAST_TURNS = 3


@dataclass(frozen=True)
class Words:
    """What was said in each row: the seeker's words as text, and as vectors with their last turn and the last three."""

    texts: Sequence[str]
    all_said: np.ndarray  # float32 [rows, size]
    last_said: np.ndarray  # float32 [rows, size]
    last_turns: np.ndarray  # float32 [rows, size]


def read_words(
    path: Path,
    rows: Sequence[Row],
    titles: Mapping[str, Sequence[str]],
    encoder: Encoder,
    progress: bool = False,
) -> Words:
    """Encode what was said in rows that were read from `path`; vectors are kept in the cache."""
    texts = [said(row, titles) for row in rows]
    flat = [text or " " for row in texts for text in row]
    vectors = word_vectors(path, flat, encoder, progress).reshape(len(rows), 3, -1)
    return Words([text for text, _, _ in texts], *(vectors[:, way] for way in range(3)))


def film_vectors(path: Path, films: Sequence[Film], encoder: Encoder, progress: bool = False) -> np.ndarray:
    """Encode what is known of each film: float32 [films, size]; kept in the cache."""
    return word_vectors(path, [film.text() for film in films], encoder, progress)


def said(row: Row, titles: Mapping[str, Sequence[str]]) -> tuple[str, str, str]:
    """Return all that the seeker said, their last turn, and the last three turns; each film seen is an "it".

    What a film's title says is known from the film; in a sentence about it, it would stand for a wish.
    """
    names = sorted({title for film in row.seen for title in titles[film]}, key=len, reverse=True)
    pattern = re.compile(
        rf"(?<!\w)(?:{'|'.join(map(re.escape, names))})(?!\w)(?: \(\d{{4}}\))?", re.IGNORECASE
    )
    turns = []
    for turn in row.turns:
        text = " ".join(turn.text.split())
        turns.append((turn.system, pattern.sub("it", text) if names else text))
    seeker = [text for system, text in turns if not system]
    last = " ".join(text for _, text in turns[-_LAST_TURNS:])
    return " ".join(seeker), seeker[-1] if seeker else "", last


def shown_titles(films: Sequence[Film], facts: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the titles of each film as they are written in conversations, without the year."""
    out = {}
    for film in films:
        own = [title_and_year(facts[number]["name"])[0] for number in film.redial if number in facts]
        out[film.id] = [title for title in dict.fromkeys((*own, film.title)) if title]
    return out
