"""Names of films made comparable: a title without its trimmings, and a year; and films found by both."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

_YEAR = re.compile(r"\((\d{4})(?:\s*[-–]\s*(?:\d{4})?)?\)\s*$")
_BRACKET = re.compile(r"\s*\(([^()]*)\)\s*$")
_INVERTED = re.compile(r"^(.*), (the|an?|les?|la|l'|il|el|los|las|der|die|das|den|det)$", re.IGNORECASE)
_ARTICLE = re.compile(r"^(?:the|an?) (?=\S)")


def plain(title: str) -> str:
    """Return a title without case, accents, marks, double spaces and ", The" inversions, so that equals are equal."""
    title = " ".join(unquote(title).split())
    if turned := _INVERTED.match(title):
        title = f"{turned[2]}{'' if turned[2].endswith(chr(39)) else ' '}{turned[1]}"
    title = unicodedata.normalize("NFKD", title.lower().replace("&", " and "))
    title = "".join(c for c in title if not unicodedata.combining(c)).replace("'", "").replace("’", "")
    # A title that is all marks stays as it is.
    return " ".join(re.sub(r"[\W_]+", " ", title).split()) or title.strip()


def title_and_year(name: str) -> tuple[str, int | None]:
    """Split "Shining, The  (1980)" into "Shining, The" and 1980; None where there is no year."""
    name = " ".join(unquote(name).split())
    found = _YEAR.search(name)
    return (name[: found.start()].strip(), int(found[1])) if found else (name, None)


def resource_name(resource: str) -> tuple[str, int | None, bool]:
    """Split "<http://dbpedia.org/resource/Red_(2010_film)>" into "Red", 2010, and whether it may be a film.

    It may not where its bracket says something else: "Jaws (ride)", "Titanic (restaurant)".
    """
    name = unquote(resource.strip("<>").rsplit("/resource/", 1)[-1]).replace("_", " ")
    bracket = _BRACKET.search(name)
    if not bracket:
        return name, None, True
    year = re.search(r"\b(1[89]\d\d|20\d\d)\b", bracket[1])
    film = bracket[1] in ("film", "movie", "miniseries") or year is not None
    return name[: bracket.start()] or name, int(year[1]) if year else None, film


def titles_within(name: str) -> list[str]:
    """Return the plain titles in a MovieLens name: the main one, and those in brackets without their "a.k.a."."""
    title, _ = title_and_year(name)
    inner = [
        re.sub(r"^a\.?k\.?a\.? ", "", part, flags=re.IGNORECASE)
        for part in re.findall(r"\(([^()]*)\)", title)
    ]
    main = re.sub(r"\s*\([^()]*\)", "", title)
    return list(dict.fromkeys(plain(part) for part in (main, *inner) if part.strip()))


class Index:
    """Finds films by plain title and year; where names are equal, what was given first is preferred."""

    def __init__(self, films: Iterable[tuple[str, Sequence[str], int | None]]) -> None:
        """Take (id, plain titles, year) of each film."""
        self._by: dict[str, list[tuple[str, int | None]]] = defaultdict(list)
        self._starts: dict[tuple[str, int | None], set[tuple[str, str]]] = defaultdict(set)
        for id_, titles, year in films:
            for title in titles:
                self._by[title].append((id_, year))
                for word in title.split()[:1]:
                    self._starts[word, year].add((title, id_))

    def find(self, title: str, year: int | None) -> str:
        """Return the id of the nearest year, which may be one off, as sources disagree; "" if there is none.

        Without a year, the title must be one film's only.
        """
        found = self._by.get(title, [])
        if year is None:
            return found[0][0] if len({id_ for id_, _ in found}) == 1 else ""
        dated = [(abs(own - year), place, id_) for place, (id_, own) in enumerate(found) if own is not None]
        near = min(dated, default=(2, 0, ""))
        return near[2] if near[0] <= 1 else ""

    def find_loosely(self, title: str, year: int | None) -> str:
        """Return the id by `find`, else by a longer or shorter title of that year, else by the title alone.

        "Borat" of 2006 is found as "Borat: Cultural Learnings of America ..."; "Notebook" as "The Notebook". The
        title alone says which film people mean where they give a year that no film of that title has.
        """
        if exact := self.find(title, year):
            return exact
        if year is not None and title:
            longer = {
                id_
                for other, id_ in self._starts[title.split()[0], year]
                if (len(title) > 3 and other.startswith(title + " "))
                or (len(other) > 3 and title.startswith(other + " "))
            }
            if len(longer) == 1:
                return longer.pop()
        bare = _ARTICLE.sub("", title)
        for form in (title, bare, f"the {bare}", f"a {bare}"):
            if form in self._by:
                return self._by[form][0][0]
        return ""
