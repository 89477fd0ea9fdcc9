"""The films that may be recommended in ReDial and INSPIRED, linked by title and year to what is known of them."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from shelftalk.evals.recommendation.redial_titles import (
    Index,
    plain,
    resource_name,
    title_and_year,
    titles_within,
)

FACTS = "dialogues/redial_id2info.json"
MOVIELENS = "ml_latest_small_items.parquet"
RATINGS = "ml_latest_small_ratings.parquet"


@dataclass(frozen=True)
class Film:
    """One film: the id it has in the dialogues, and what was found for it; empty where nothing was."""

    id: str
    title: str
    year: int | None = None
    genres: tuple[str, ...] = ()
    plot: str = ""
    directors: tuple[str, ...] = ()
    stars: tuple[str, ...] = ()
    redial: tuple[str, ...] = ()  # ids in ReDial's own numbering
    movielens: str = ""

    def text(self) -> str:
        """Return all that is known of the film as one text, for an encoder."""
        people = ", ".join((*self.directors, *self.stars))
        return ". ".join(part for part in (self.title, ", ".join(self.genres), self.plot, people) if part)


@dataclass(frozen=True)
class _Name:
    id: str
    title: str  # plain
    year: int | None
    film: bool = True


def read_films(data: Path, resources: Mapping[str, int], items: Sequence[int]) -> list[Film]:
    """Link the items of `resources` (DBpedia name -> id) to film facts and to MovieLens, by title and year.

    What appears in no test row is linked in the same way as what does: the names in the rows are not read.
    """
    facts = json.loads((data / FACTS).read_text("utf-8"))
    by_number = {number: resource for resource, number in resources.items()}
    shown = {str(number): resource_name(by_number[number]) for number in items}
    names = [_Name(id_, plain(title), year, film) for id_, (title, year, film) in shown.items()]
    known = []
    for id_, about in facts.items():
        title, year = title_and_year(about["name"])
        known.append(_Name(id_, plain(title), year))
    redial, chosen = matched(names, known)
    dated = {name.id: name.year for name in known}
    movielens, released = _movielens(data)
    films = []
    for name in names:
        about = facts.get(chosen.get(name.id, ""), {})
        year = name.year if name.year is not None else dated.get(chosen.get(name.id, ""))
        title = plain(title_and_year(about["name"])[0]) if about else name.title
        found = movielens.find(name.title, year) or movielens.find_loosely(title, year)
        films.append(
            Film(
                name.id,
                shown[name.id][0],
                year,
                tuple(about.get("genre", ())),
                about.get("plot", ""),
                tuple(about.get("director", ())),
                tuple(about.get("star", ())),
                tuple(redial.get(name.id, ())),
                found,
            )
        )
    sure = {name.id for name in names if name.film and chosen.get(name.id) in redial.get(name.id, ())}
    return _each_once(films, released, sure)


def _each_once(
    films: Sequence[Film], released: Mapping[str, int | None], sure: Collection[str]
) -> list[Film]:
    """Leave each film of MovieLens to one film, the nearest in time: what was rated is not counted twice.

    Of films as near, those in `sure` come first: named as a film, with facts of their own.
    """
    rivals: dict[str, list[tuple[bool, int, bool, int]]] = defaultdict(list)
    for place, film in enumerate(films):
        if film.movielens:
            year = released[film.movielens]
            unknown = film.year is None or year is None
            apart = abs((film.year or 0) - (year or 0))
            rivals[film.movielens].append((unknown, apart, film.id not in sure, place))
    kept = {min(found)[-1] for found in rivals.values()}
    return [film if place in kept else replace(film, movielens="") for place, film in enumerate(films)]


def _movielens(data: Path) -> tuple[Index, dict[str, int | None]]:
    """Index MovieLens by title and year, the most rated first; and return each film's year."""
    import pyarrow.parquet as pq

    ratings = Counter(pq.read_table(data / RATINGS, columns=["Id"]).column("Id").to_pylist())
    table = pq.read_table(data / MOVIELENS, columns=["Id", "title"]).to_pylist()
    table.sort(key=lambda row: -ratings[row["Id"]])
    released = {str(row["Id"]): title_and_year(row["title"])[1] for row in table}
    names = ((str(row["Id"]), titles_within(row["title"])) for row in table)
    return Index((id_, titles, released[id_]) for id_, titles in names), released


def matched(names: Sequence[_Name], known: Sequence[_Name]) -> tuple[dict[str, list[str]], dict[str, str]]:
    """Match two lists of names of the same films: what belongs to each name, and whose facts it takes.

    The surest pairs of a title first, each side used once; then what is left over, to the best of its title; then
    titles that differ by some words, where both sides have nothing else. Every one of `known` belongs to one
    name at most; a name with none of its own takes the facts of the nearest of its title.
    """
    sides: dict[str, tuple[list[_Name], list[_Name]]] = defaultdict(lambda: ([], []))
    for name in names:
        sides[name.title][0].append(name)
    for film in known:
        sides[film.title][1].append(film)
    owns: dict[str, list[str]] = defaultdict(list)
    facts: dict[str, str] = {}
    alone: tuple[list[_Name], list[_Name]] = ([], [])
    for left, right in sides.values():
        if not left or not right:
            alone[0].extend(left)
            alone[1].extend(right)
            continue
        pairs = sorted((_distance(a, b), i, j) for i, a in enumerate(left) for j, b in enumerate(right))
        used: tuple[set[int], set[int]] = (set(), set())
        for _, i, j in pairs:
            if i not in used[0] and j not in used[1]:
                used[0].add(i)
                used[1].add(j)
                owns[left[i].id].append(right[j].id)
                facts[left[i].id] = right[j].id
        for _, i, j in pairs:
            if j not in used[1]:
                used[1].add(j)
                owns[left[i].id].append(right[j].id)
            facts.setdefault(left[i].id, right[j].id)
    for a, b in _by_words(*alone):
        owns[a.id].append(b.id)
        facts[a.id] = b.id
    dated = {film.id: film.year for film in known}
    by_title = {
        title: [film for film in right if film.year is not None] for title, (_, right) in sides.items()
    }
    for name in names:
        # Undated names ("Jaws") belong to an undated entry, whose facts are poor: take a dated one's.
        place = facts.get(name.id)
        if place is not None and dated[place] is None and by_title[name.title]:
            facts[name.id] = by_title[name.title][0].id
    return dict(owns), facts


def _distance(name: _Name, film: _Name) -> int:
    """Say how unlikely two names of one title mean the same film: 0 if the years agree."""
    if name.year is not None and film.year is not None:
        return min(abs(name.year - film.year), 10) * (1 if abs(name.year - film.year) != 1 else 3)
    if name.year is None and film.year is not None:
        return 1 if name.film else 5
    if name.year is None:
        return 4 if name.film else 2
    return 6


def _by_words(names: Sequence[_Name], known: Sequence[_Name]) -> list[tuple[_Name, _Name]]:
    """Pair titles of which one has all words of the other ("Star Wars: Episode VIII - The Last Jedi"), if unique."""
    by_word: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        for word in set(name.title.split()):
            by_word[word].append(name)
    found = []
    for film in known:
        words = set(film.title.split())
        near = {
            name.id: name
            for word in words
            for name in by_word.get(word, ())
            if _within(words, set(name.title.split()))
            and (name.year is None or film.year is None or abs(name.year - film.year) <= 1)
        }
        if len(near) == 1:
            found.append((next(iter(near.values())), film))
    taken = Counter(name.id for name, _ in found)
    return [(name, film) for name, film in found if taken[name.id] == 1]


def _within(a: set[str], b: set[str]) -> bool:
    small = min(a, b, key=len)
    return len(small) >= 2 and (a <= b or b <= a)
