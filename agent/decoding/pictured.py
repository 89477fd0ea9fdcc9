"""Which pictures a search may take, and when its query may name what a picture shows.

A small model now and then puts a picture of long ago, or a product that nobody spoke of, into a search. And where it
may write any word, as it must to name what it sees, it also gets wrong what it copies. Both are offered only to turns
that have a picture to speak of.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from shelftalk.agent.decoding.seen import IMAGE, Newest

Schema = dict[str, Any]

MOST_SHOWN = 3  # words that name what a picture shows: "navy table lamp"

_PICTURE = re.compile(
    r"\b(?:pictures?|photos?|pics?|images?|snaps?|screen-?shots?|selfies?)\b", re.IGNORECASE
)
# Without one of these a turn does not speak of the picture before it.
_IT = re.compile(
    r"\b(?:it|its|ones?|that|those|this|these|same|any|such|like|similar|identical|match\w*|twins?|look-?alikes?|"
    r"yours|clos(?:e|est)|near(?:est)?|sale|versions?|equivalent|counterpart|cop(?:y|ies)|replicas?|dupes?|stock|sell)\b",
    re.IGNORECASE,
)
_ALIKE = re.compile(r"\b(?:like|alike|look\w*|similar\w*|resembl\w+)\b", re.IGNORECASE)
_UNLIKE = re.compile(
    r"\b(?:unlike|different (?:from|to|than)|opposite|far from|away from|"
    r"(?:not|nothing|less|never|isn['’]?t)(?: \w+){0,2} (?:like|similar|resembl\w+))\b",
    re.IGNORECASE,
)


def of_pictures(name: str, schema: Schema, said: Schema | None, newest: Newest) -> Schema | None:
    """Return what a search for the turn's sake may have as its "query", "image" or "unlike".

    `said` is the query of words that were said, which any other turn is held to.
    """
    if name == "query":
        return {"type": "string", "x-names": MOST_SHOWN} if _may_name_what_it_shows(newest) else said
    among = schema.get("enum", ())
    handles = _looked_for(newest, among) if name == "image" else _kept_from(newest, among)
    return {**schema, "enum": handles} if handles else None


def _looked_for(newest: Newest, among: Sequence[str]) -> list[str]:
    """Return the turn's own pictures, else older ones that it speaks of, else the products it wants the like of."""
    if newest.pictures:
        return [handle for handle in among if handle in newest.pictures]
    if _PICTURE.search(newest.own):
        return [handle for handle in among if handle.startswith("img")]
    return [handle for handle in among if handle in newest.pointed] if _ALIKE.search(newest.own) else []


def _kept_from(newest: Newest, among: Sequence[str]) -> list[str]:
    """Return what the turn points at, where it wants none like that."""
    meant = {*newest.pictures, *newest.pointed, *newest.focus}
    return [handle for handle in among if handle in meant] if _UNLIKE.search(newest.own) else []


def _may_name_what_it_shows(newest: Newest) -> bool:
    """Whether a query may hold what nobody has said.

    A turn without a picture of its own that wishes for a kind of the catalogue's speaks of that, and of no picture.
    """
    if IMAGE in newest.own:
        return True
    kinds = [value for field, value in newest.linked if field == "category"]
    return bool(newest.pictures) and not kinds and bool(_IT.search(newest.own) or _PICTURE.search(newest.own))
