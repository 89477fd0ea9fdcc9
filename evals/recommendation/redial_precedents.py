"""Conversations in which much the same was said, and what was recommended then."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import numpy as np

from shelftalk.evals.recommendation.redial_rows import Dialogue, Row, sharing
from shelftalk.evals.recommendation.redial_words import Words

NEAREST = 60
_SHARPNESS = 10.0  # of the weights: what a difference in cosine similarity is multiplied by

# How people ask for a genre, as parts of words; the genres are those of the film facts.
_ASKED = {
    "action": "action|fight|explosion",
    "adventure": "adventur|epic",
    "animation": "animat|cartoon|disney|pixar|anime",
    "biography": "biograph|biopic|true stor|real life",
    "comedy": "comed|funny|laugh|humou?r|hilarious|silly|goofy",
    "crime": "crime|gangster|mafia|mob|heist|detective|murder",
    "documentary": "documentar",
    "drama": "drama|serious|emotional|tear ?jerker|sad",
    "family": "family|kid|child|daughter|son|disney|pixar",
    "fantasy": "fantas|magic|wizard|fairy",
    "history": "histor|period piece",
    "horror": "horror|scar[ey]|creepy|slasher|zombie|ghost|spooky|gory|gore|halloween",
    "music": "music|band|singer",
    "musical": "musical|sing",
    "mystery": "myster|whodunn?it|detective",
    "romance": "roman|love stor|chick flick|date night",
    "sci-fi": "sci.?fi|scien|space|alien|futur|robot",
    "sport": "sport|football|baseball|boxing|basketball",
    "thriller": "thrill|suspens|psycholog|edge of",
    "war": "war|military|soldier",
    "western": "western|cowboy",
}
_PATTERNS = {genre: re.compile(rf"\b(?:{words})", re.IGNORECASE) for genre, words in _ASKED.items()}


def genres_said(text: str) -> set[str]:
    """Return the genres that are asked for in so many words; what is refused is not told apart."""
    return {genre for genre, pattern in _PATTERNS.items() if pattern.search(text)}


class Precedents:
    """Rows whose targets are known, found by what was said in them."""

    def __init__(self, dialogues: Sequence[Dialogue], words: Words, place: Mapping[str, int]) -> None:
        """Take the dialogues to look in, and the words of their rows; `place` is each film's number."""
        rows = [row for dialogue in dialogues for row in dialogue.rows]
        self._said = _together(words)
        self._near = sharing(dialogues)
        self._dialogues = np.array([row.dialogue for row in rows])
        self._targets = [[place[film] for film in row.targets] for row in rows]
        self._films = len(place)

    def of(self, row: Row, words: Words, number: int) -> np.ndarray:
        """Return how much speaks for each film in the nearest rows of other people, summing to 1: float32 [films].

        Several targets of one row share its weight.
        """
        alike = self._said @ _together(words, number)
        alike[np.isin(self._dialogues, self._near.get(row.dialogue, ()))] = -np.inf
        near = np.argpartition(-alike, min(NEAREST, len(alike) - 1))[:NEAREST]
        near = near[np.isfinite(alike[near])]
        out = np.zeros(self._films, dtype=np.float32)
        if len(near):
            weights = np.exp(_SHARPNESS * (alike[near] - alike[near].max()))
            for place, weight in zip(near, weights / weights.sum(), strict=True):
                out[self._targets[place]] += weight / len(self._targets[place])
        return out


def _together(words: Words, number: int | slice = slice(None)) -> np.ndarray:
    """Return all that the seeker said beside their last turn, of length 1: float32 [..., 2 x size]."""
    parts = [words.all_said[number], words.last_said[number]]
    out: np.ndarray = np.concatenate(parts, axis=-1) / np.sqrt(2)
    return out
