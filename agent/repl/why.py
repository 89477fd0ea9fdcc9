"""Why a product was shown, read off the parts that its score was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from shelftalk.agent.present import harmless
from shelftalk.agent.reply import Shown
from shelftalk.tools.errors import ToolError
from shelftalk.tools.lexical import lexical_index
from shelftalk.tools.product import several
from shelftalk.tools.render import clean
from shelftalk.tools.signals import BOUGHT_IT, LIKED, LOOKED
from shelftalk.tools.visit import Visit

REASONS = {
    "words": "its text means what was asked for",
    "picture": "it looks like what was asked for",
    "lexical": "it has the very words",  # followed by which
    "popularity": "many people take it",
}
LIKE_THE_ONE = {"words": "its text is like {}'s", "picture": "it looks like {}"}
LEAST = 0.01  # a smaller share is not worth a line
WORTH_SAYING = 0.1  # under a search: the least share of taste in a score
_TITLE = 40  # characters


def explain(visit: Visit, handle: str) -> str:
    """Return in words what a product's score in the last list was made of; ToolError on a wrong handle."""
    product = visit.product(handle)
    ids = [hit.product.id for hit in visit.state.last_hits]
    name = visit.handle(product.id)
    title = harmless(product.title).replace("\n", " ")
    if product.id not in ids:
        listed = ", ".join(visit.handle(i) for i in ids) or "none"
        raise ToolError(f"{name} is not in the list that was last shown ({listed}); its score is not kept.")
    place = ids.index(product.id)
    hit = visit.state.last_hits[place]
    total = sum(value for value in hit.parts.values() if value > 0)
    head = f"{name}, {title}: number {place + 1} of {len(ids)}"
    lines = [f"{head}, score {hit.score:.2f}." if total > 0 else f"{head}."]
    how = _how(visit)
    words, read_as = _words(visit, product.id)
    reasons = REASONS
    if how.get("tool") == "similar":
        reasons = REASONS | {part: text.format(how["product"]) for part, text in LIKE_THE_ONE.items()}
    for part, value in sorted(hit.parts.items(), key=lambda item: -item[1]):
        if total > 0 and value / total >= LEAST:
            reason = _taste(visit, hit.because, product.id) if part == "taste" else reasons.get(part, part)
            reason += f": {words}" if part == "lexical" and words else ""
            lines.append(f"  {value / total:4.0%}  {reason} ({part} {value:.2f})")
    lines += [f"  {read_as}."] if read_as else []
    lines += [f"  {seen}."] if (seen := _seen(how)) else []
    lines += [f"  It passes the filters: {filters}."] if (filters := _filters(how)) else []
    if len(lines) == 1:
        return f"{head}. Nothing was asked that would set it apart."
    return "\n".join(lines)


def because(visit: Visit, shown: Sequence[Shown], tool: str) -> list[str]:
    """Return the lines to stand under a list: which of the shopper's likes brought which product.

    `visit` may be from before the list; what a search owes to taste is said where it is a good part of it.
    """
    if tool not in ("search", "similar", "recommend"):
        return []
    least = 0.0 if tool == "recommend" else WORTH_SAYING
    brought: dict[str, list[str]] = {}
    for one in shown:
        hit = one.hit
        named = [id_ for id_ in hit.because if id_ != hit.product.id]
        if named and hit.parts.get("taste", 0.0) >= least * hit.score:
            said = " and ".join(f"you {verb} {names}" for verb, names in _by_verb(visit, named).items())
            brought.setdefault(said, []).append(one.handle)
    if len(brought) == 1 and len(next(iter(brought.values()))) == len(shown):
        return [f"because {next(iter(brought))}"]
    return [f"{', '.join(handles)}: because {said}" for said, handles in brought.items()]


def _taste(visit: Visit, ids: Sequence[str], product_id: str) -> str:
    """Say what a taste part was made of, as far as it can be named."""
    by = _how(visit).get("taste", "behaviour")
    if product_id in ids:
        return "you liked it"
    named = _by_verb(visit, ids)
    if not named and not visit.signals().likes:
        return "it is far from what you do not like"
    if by == "behaviour":
        whose = " and ".join(f"people who {verb} {names}" for verb, names in named.items())
        return f"{whose or 'people with your likes, or people in general,'} took it"
    whose = " and ".join(f"{names}, which you {verb}" for verb, names in named.items())
    if by == "content":
        return f"by who took what, by text and by look it goes with {whose or 'what you liked'}"
    return f"it is like {whose or 'what you liked'}"


def _by_verb(visit: Visit, ids: Sequence[str]) -> dict[str, str]:
    """Return what was "liked", "bought" and "looked at", by name."""
    names: dict[str, list[str]] = {}
    for id_ in ids:
        names.setdefault(_verb(visit, id_), []).append(_name(visit, id_))
    return {verb: " and ".join(several) for verb, several in names.items()}


def _verb(visit: Visit, id_: str) -> str:
    state = visit.state
    for verb, ids in ((LIKED, state.likes), (BOUGHT_IT, state.bought), (LOOKED, state.clicks)):
        if id_ in ids:
            return verb
    return visit.past().verbs.get(id_, LIKED)  # noted in the turn at hand, or taken back since


def _name(visit: Visit, id_: str) -> str:
    """Return a product's handle, where it has one, and its title."""
    try:
        title = harmless(clean(visit.shop.store.get([id_])[0].title, _TITLE))
    except ToolError:  # it has left the shop
        title = "something that is no longer here"
    return f"{visit.handle(id_)} {title}" if id_ in visit.state.shown else title


def _how(visit: Visit) -> Mapping[str, Any]:
    """Return how the last list was made; a session of before that was kept knows the last search."""
    return visit.state.last_list or {"tool": "search", **visit.state.last_search}


def _words(visit: Visit, product_id: str) -> tuple[str, str]:
    """Return which of the words that the last list was found by a product has, and which were read as others."""
    if not visit.state.last_said:
        return "", ""
    index = lexical_index(visit.shop.store)
    query = index.read(visit.state.last_said)
    read_as = ", ".join(f"{word} was read as {meant}" for word, meant in query.mended.items())
    return harmless(", ".join(index.held(query, product_id))), harmless(read_as)


def _seen(how: Mapping[str, Any]) -> str:
    parts = [f"looked for what is like {how['image']}"] if how.get("image") else []
    parts += [f"kept away from what is like {how['unlike']}"] if how.get("unlike") else []
    return harmless("The search " + " and ".join(parts)) if parts else ""


def _filters(how: Mapping[str, Any]) -> str:
    parts = [f"category {how['category']}"] if how.get("category") else []
    parts += [f"{field} {value}" for field, value in (how.get("where") or {}).items()]
    parts += [f"not {field} {', '.join(several(v))}" for field, v in (how.get("exclude") or {}).items()]
    parts += [f"from {how['min_price']:g}"] if how.get("min_price") is not None else []
    parts += [f"up to {how['max_price']:g}"] if how.get("max_price") is not None else []
    return harmless(", ".join(parts))
