"""How people type: slips, capitals, no punctuation, stories around the wish, smileys."""

from __future__ import annotations

import random
import re
from collections.abc import Collection

from shelftalk.evals.simulation.wordings import Split, say
from shelftalk.tools.linking import words

_LEADS = (
    "please ", "ok, ", "hmm, ", "well ", "so ", "hey, ", "um ", "great. ", "and ", "alright, ", "oh, ", "right, ",
    "hi, ", "ok so ", "sorry, ", "uh ", "actually, ", "hm ok, ", "excuse me, ", "yeah, ", "cool, ", "listen, ",
)  # fmt: skip
_TAILS = (
    " please", " thanks", "!", " thank you", "...", " :)", " if possible", ", ok?", " :-)", "!!", " pls", " thx",
    " please!", " if you can", " many thanks", "?", "??", " ;)", ", thank you", ", that would be great", " 🙂", " 🙏",
    " ❤️", " 😊", "!!!", " lol", " asap",
)  # fmt: skip
_NEAR = {
    "a": "s", "b": "v", "c": "x", "d": "f", "e": "r", "f": "g", "g": "h", "h": "j", "i": "o", "j": "k", "k": "l",
    "l": "k", "m": "n", "n": "m", "o": "p", "p": "o", "q": "w", "r": "t", "s": "d", "t": "y", "u": "i", "v": "b",
    "w": "e", "x": "c", "y": "u", "z": "x",
}  # fmt: skip
_VOWELS = {"a": "e", "e": "a", "i": "e", "o": "u", "u": "o"}
_POINT = re.compile(r"[.,](?!\d)|[?!]")


def slip(rng: random.Random, word: str) -> str:
    """Return a word of four letters or more with one slip: a letter lost, doubled, swapped, wrong."""
    cut = rng.randrange(1, len(word) - 1)
    letter = word[cut]
    kinds = [
        word[:cut] + word[cut + 1 :],
        word[:cut] + letter + word[cut:],
        word[: cut - 1] + letter + word[cut - 1] + word[cut + 1 :],
        word[:cut] + word[cut + 1] + letter + word[cut + 2 :],
        word[:cut] + _NEAR.get(letter, "e") + word[cut + 1 :],
        word[:-1],
    ]
    if letter in _VOWELS:
        kinds.append(word[:cut] + _VOWELS[letter] + word[cut + 1 :])
    doubled = re.sub(r"([a-z])\1", r"\1", word)
    if doubled != word:
        kinds.append(doubled)
    return rng.choice(kinds)


def _slipped(rng: random.Random, text: str, keep: set[str]) -> str:
    """Put one slip into a word that nothing depends on, or run two such words together."""
    parts = text.split(" ")
    free = [i for i, part in enumerate(parts) if part.isalpha() and not set(words(part)) <= keep]
    long = [i for i in free if len(parts[i]) > 3]
    pairs = [i for i in free if i + 1 in free and len(parts[i]) > 1]
    if pairs and rng.random() < 0.12:
        at = rng.choice(pairs)
        parts[at : at + 2] = [parts[at] + parts[at + 1]]
    elif long:
        at = rng.choice(long)
        parts[at] = slip(rng, parts[at])
    return " ".join(parts)


def bare(text: str, keep: Collection[str] = ()) -> str:
    """Return a text without punctuation; figures keep theirs, and words that are kept their apostrophe."""
    parts = [p if keep and not set(words(p)).isdisjoint(keep) else p.replace("'", "") for p in text.split()]
    return " ".join(_POINT.sub("", " ".join(parts)).split())


def scruffy(rng: random.Random, text: str, keep: set[str]) -> str:
    """Make a text less tidy: leads, tails, a slip in a word that is not in `keep`, no punctuation, shouting.

    The words in `keep` (stems) stay as they are, but for their capitals.
    """
    if rng.random() < 0.1:
        text = rng.choice(_LEADS) + text
    if rng.random() < 0.12:
        text = text.rstrip("?.! ") + rng.choice(_TAILS)
    while rng.random() < 0.1:
        text = _slipped(rng, text, keep)
    draw = rng.random()
    if draw < 0.12:
        text = bare(text, keep)
    elif draw < (0.17 if len(text.split()) > 4 else 0.22):
        text = text.upper()
    elif draw < 0.27:
        text = text[:1].upper() + text[1:]
    elif draw < 0.30:
        text = text.replace(", ", ",").replace(". ", ".")
    return text


def rambling(rng: random.Random, text: str, split: Split) -> str:
    """Put a story of one to four sentences around a wish."""
    before = rng.choice((0, 1, 1, 2, 2))
    after = rng.choice((0, 0, 1, 1, 2)) if before else rng.choice((1, 2))
    told = [say(rng, "before", split, file="stories.toml") for _ in range(before)]
    told += [text.strip().rstrip("."), *(say(rng, "after", split, file="stories.toml") for _ in range(after))]
    whole = ". ".join(dict.fromkeys(told))
    return whole.replace("?.", "?").replace("!.", "!")
