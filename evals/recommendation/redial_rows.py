"""Conversations as rows: what was said before a recommender's turn, and the films that the turn names.

The test rows are those of He et al., "Large Language Models as Zero-Shot Conversational Recommenders" (arXiv
2308.10053); the validation dialogues of ReDial (Li et al., arXiv 1812.07617) are cut into rows in the same way.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from shelftalk.evals.recommendation.redial_films import Film
from shelftalk.evals.recommendation.redial_titles import plain, title_and_year

_MARK = re.compile(r"@(\d+)")
_FINAL_YEAR = re.compile(r" \d{4}$")


@dataclass(frozen=True)
class Turn:
    """What one of the two said, before the other spoke again."""

    system: bool
    text: str


@dataclass(frozen=True)
class Row:
    """One turn of a recommender: the conversation before it, the films seen in it, and the films it names.

    `seen` are the films mentioned before, in no order; `targets` those of the turn without them: what may be hit.
    `when` is the conversation's place in time among those that are learnt from, 0 to 1; the test rows come after.
    """

    dialogue: str
    turns: tuple[Turn, ...]
    seen: tuple[str, ...]
    targets: tuple[str, ...]
    when: float = 1.0


@dataclass(frozen=True)
class Dialogue:
    """A whole conversation: its rows, every film that was mentioned, in order, and the numbers of who spoke."""

    id: str
    rows: tuple[Row, ...]
    films: tuple[str, ...]
    speakers: frozenset[int] = frozenset()
    when: float = 1.0


def sharing(dialogues: Sequence[Dialogue]) -> dict[str, list[str]]:
    """Return, for each dialogue, those in which one of its two people speaks too; itself among them.

    People say the same things and name the same films again. What is counted for a row that is learnt from leaves
    out all that its own two people said, as it would for people who speak for the first time.
    """
    by_speaker: dict[int, list[str]] = defaultdict(list)
    for dialogue in dialogues:
        for speaker in dialogue.speakers:
            by_speaker[speaker].append(dialogue.id)
    return {
        dialogue.id: list(
            dict.fromkeys(
                [dialogue.id, *(id_ for who in sorted(dialogue.speakers) for id_ in by_speaker[who])]
            )
        )
        for dialogue in dialogues
    }


def read_test(path: Path, films: Sequence[Film]) -> list[Row]:
    """Read the scored rows; those whose films were all seen before have no target and are left out."""
    known = {film.id for film in films}
    out = []
    with path.open(encoding="utf-8") as file:
        for line in file:
            record = json.loads(line)
            seen = [str(entity) for entity in record["prev_entity"]]
            targets = without(map(str, record["rec"]), seen)
            if targets:
                turns = alternating([text for text in record["context"] if text.strip()])
                own = tuple(id_ for id_ in dict.fromkeys(seen) if id_ in known)
                out.append(Row(str(record["dialog_id"]), turns, own, targets))
    return out


def alternating(texts: Sequence[str]) -> tuple[Turn, ...]:
    """Return turns of two people who take turns; the last is the seeker's, as the recommender speaks next.

    Who begins differs from dialogue to dialogue, and the rows do not say.
    """
    return tuple(Turn((len(texts) - number) % 2 == 0, text) for number, text in enumerate(texts))


def read_dialogues(path: Path, films: Sequence[Film]) -> list[Dialogue]:
    """Read ReDial's dialogues and link their films; a film that cannot be recommended is left out of both sides.

    They are numbered in the order in which they were held, which is what their places in time are taken from.
    """
    linked = {number: film.id for film in films for number in film.redial}
    with path.open(encoding="utf-8") as file:
        found = [read_dialogue(json.loads(line), linked) for line in file]
    order = sorted(range(len(found)), key=lambda place: (len(found[place].id), found[place].id))
    for rank, place in enumerate(order):
        when = rank / max(1, len(found) - 1)
        rows = tuple(replace(row, when=when) for row in found[place].rows)
        found[place] = replace(found[place], rows=rows, when=when)
    return found


def read_dialogue(record: Mapping[str, Any], linked: Mapping[str, str]) -> Dialogue:
    """Cut one dialogue into rows; `linked` maps ReDial's numbers of films to ids."""
    names = record["movieMentions"] or {}
    turns: list[tuple[bool, str]] = []
    for message in record["messages"]:
        system = message["senderWorkerId"] == record["respondentWorkerId"]
        if turns and turns[-1][0] == system:
            turns[-1] = (system, f"{turns[-1][1]} {message['text']}")
        else:
            turns.append((system, message["text"]))
    seen: dict[str, None] = {}
    rows: list[Row] = []
    before: list[Turn] = []
    for system, text in turns:
        named = [linked[number] for number in _MARK.findall(text) if number in linked]
        targets = without(named, seen)
        if system and targets:
            rows.append(Row(str(record["conversationId"]), tuple(before), tuple(seen), targets))
        seen.update(dict.fromkeys(named))
        before.append(Turn(system, _MARK.sub(lambda mark: _name(names.get(mark[1])), text)))
    speakers = frozenset((record["respondentWorkerId"], record["initiatorWorkerId"]))
    return Dialogue(str(record["conversationId"]), tuple(rows), tuple(seen), speakers)


def _name(name: str | None) -> str:
    return " ".join((name or "").split())


def without(ids: Iterable[str], seen: Iterable[str]) -> tuple[str, ...]:
    """Return the ids that were not seen, each once, in order."""
    gone = set(seen)
    return tuple(id_ for id_ in dict.fromkeys(ids) if id_ not in gone)


@dataclass(frozen=True)
class Mention:
    """A seen film in the conversation: the turn in which it was last named, and by whom."""

    film: str
    turn: int  # place in the row's turns; -1 where the name was not found
    place: int  # of the name's end in the turn's plain text
    system: bool


def mentions(row: Row, names: Mapping[str, Sequence[str]]) -> list[Mention]:
    """Find where each seen film was last named, oldest first; `names` are the plain names of each film.

    A name with its year is surer than one without, which is looked for only where none has its year. A film
    whose name is not found stands first, at turn -1.
    """
    texts = [f" {plain(turn.text)} " for turn in row.turns]
    found = []
    for film in row.seen:
        turn, place = _last(texts, names[film])
        if turn < 0:
            turn, place = _last(texts, [_FINAL_YEAR.sub("", name) for name in names[film]])
        found.append(Mention(film, turn, place, turn >= 0 and row.turns[turn].system))
    return sorted(found, key=lambda mention: (mention.turn, mention.place))


def _last(texts: Sequence[str], names: Sequence[str]) -> tuple[int, int]:
    """Return the last text that holds one of the names, and where its end is; -1 and 0 if none does."""
    for turn in range(len(texts) - 1, -1, -1):
        ends = [
            texts[turn].rfind(f" {name} ") + len(name) + 1 for name in names if f" {name} " in texts[turn]
        ]
        if ends:
            return turn, max(ends)
    return -1, 0


def spoken_names(films: Sequence[Film], facts: Mapping[str, Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return the plain names by which each film may be called in a conversation, with the year where it is known."""
    out = {}
    for film in films:
        own = [title_and_year(facts[number]["name"]) for number in film.redial if number in facts]
        titles = [(plain(title), year) for title, year in (*own, (film.title, film.year))]
        out[film.id] = list(dict.fromkeys(f"{title} {year}" if year else title for title, year in titles))
    return out
