"""The search tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from shelftalk.tools.errors import ToolError
from shelftalk.tools.lexical import Query, lexical_index
from shelftalk.tools.linking import words as stems
from shelftalk.tools.missing import missing
from shelftalk.tools.product import Filters, Hit, several
from shelftalk.tools.render import found_head
from shelftalk.tools.schema import (
    MAX_QUERY,
    Category,
    Count,
    ExcludedValues,
    FieldValues,
    PictureHandles,
    Price,
    Words,
)
from shelftalk.tools.terms import FILLERS
from shelftalk.tools.toolbox._filters import (
    any_filter,
    check_count,
    make_filters,
    nothing_found,
    visible_count,
)
from shelftalk.tools.toolbox._pictured import Pictured, pictured
from shelftalk.tools.toolbox._products import listed, made_last
from shelftalk.tools.toolbox._ranking import POOL, Wish, by_taste, rank
from shelftalk.tools.visit import Result, Visit

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

Sort = Literal["best match", "cheapest", "most expensive", "top rated"]

# What each signal can add to a score, by what the shopper gave.
BY_WORDS = {"words": 0.45, "lexical": 0.55, "picture": 0.2, "taste": 0.2, "popularity": 0.03}
BY_PICTURE = {"picture": 0.6, "words": 0.4, "taste": 0.2, "popularity": 0.03}
BY_BOTH = {"picture": 0.5, "words": 0.5, "lexical": 0.25, "taste": 0.2, "popularity": 0.03}
BY_FILTERS = {"taste": 0.5, "popularity": 0.1}
# How far words move what a picture's neighbours tell: "the same in blue" keeps the kind and changes the colour.
WORDS_IN_PICTURE = 0.8
# Of what is sorted by price or rating, only what is at least this near to the best match is kept.
RELEVANT = 0.6


def search(
    visit: Visit,
    query: Words = "",
    image: PictureHandles = "",
    category: Category = "",
    where: FieldValues | None = None,
    exclude: ExcludedValues | None = None,
    min_price: Price | None = None,
    max_price: Price | None = None,
    sort: Sort = "best match",
    n: Count = 4,
    unlike: PictureHandles = "",
) -> Result:
    """Find products by words, by a picture, or by both, among those that pass the filters.

    Args:
        query: Words for what no filter covers: style, occasion, shape.
        image: A picture to start from: img1 as the shopper sent it, or a product's own, P2.
        category: The kind of product.
        where: What the product must be, one value a field.
        exclude: What it must not be, by field.
        min_price: The least it may cost.
        max_price: The most it may cost.
        sort: The order of what is found.
        n: How many products to return, 1 to 100.
        unlike: What it should not look like: img1 or P2; several with commas.
    """
    query = query.strip()
    if len(query) > MAX_QUERY:
        raise ToolError(f"query has {len(query)} characters; at most {MAX_QUERY}: give the main words.")
    if sort not in get_args(Sort):
        raise ToolError(f"sort is {sort!r}; allowed: {', '.join(get_args(Sort))}.")
    check_count(n)
    filters = make_filters(visit.shop.store.facets(), category, where, exclude, min_price, max_price)
    if not (query or image or unlike or any_filter(filters)):
        raise ToolError("The search is empty; give at least one of query, image, category, where or a price.")
    start, away = pictured(visit, image), pictured(visit, unlike)
    said = _read(visit, filters, query)
    hits = _found(visit, said, start, away, filters, sort, max(n, POOL))[:n]
    visit.state.last_search = _as_called(
        query=query,
        image=image,
        category=category,
        where=dict(where or {}),
        exclude={field: _listed(values) for field, values in (exclude or {}).items() if several(values)},
        min_price=min_price,
        max_price=max_price,
        sort="" if sort == "best match" else sort,
        unlike=unlike,
    )
    mended = said.mended if said else {}
    # Beside a kind that there is, or a picture, nothing that is said is sure to be what is wanted itself.
    plain = bool(query) and not (image or unlike or "category" in filters.where)
    lacking = missing(visit.shop, query) if plain else ""
    how = {"tool": "search", **visit.state.last_search}
    if not hits and any_filter(filters):
        made_last(visit, [], how)
        if lacking:
            return Result(text=found_head(0, missing=lacking), mended=mended, missing=lacking)
        head, fewer = nothing_found(visit, filters)
        if fewer is None:
            return Result(text=head, mended=mended)
        instead = _found(visit, _read(visit, fewer, query), start, away, fewer, sort, max(n, POOL))
        return Result(text=head, instead=instead[:n], mended=mended)
    total = visible_count(visit, filters) if any_filter(filters) else 0
    head = found_head(len(hits), total, lacking)
    result = listed(visit, head, hits, how, joined(filters, query))
    return result.model_copy(update={"mended": mended, "missing": lacking})


def _listed(values: str | Sequence[str]) -> str | list[str]:
    """Return what is ruled out of a field as a state keeps it: one value bare, several as a list."""
    named = list(dict.fromkeys(several(values)))
    return named[0] if len(named) == 1 else named


def _as_called(**arguments: object) -> dict[str, object]:
    return {name: value for name, value in arguments.items() if value not in ("", None, {})}


def _read(visit: Visit, filters: Filters, query: str) -> Query | None:
    text = joined(filters, query)
    return lexical_index(visit.shop.store).read(text) if text else None


def _found(
    visit: Visit, said: Query | None, start: Pictured, away: Pictured, filters: Filters, sort: Sort, pool: int
) -> list[Hit]:
    seen = bool(start.pictures or away.pictures)
    held = joined(filters, "")
    if not seen and (said is None or said.text == held) and (sort != "best match" or not held):
        return _sorted(_all_that_pass(visit, filters, sort, pool), sort)
    text = said.text if said else ""
    wish = Wish(
        said,
        _words(visit, text, start, away),
        visit.shop.encoder.compose(start.pictures, text, away.pictures),
        seen,
    )
    weights = BY_WORDS if not seen else BY_BOTH if text else BY_PICTURE
    hits = rank(visit, wish, filters, weights, pool, start.ids | away.ids)
    if sort != "best match":
        # Whoever asks for the cheapest asks for the cheapest of what was named, whatever they like else.
        fit = [hit.score - hit.parts.get("taste", 0.0) for hit in hits]
        hits = [hit for hit, score in zip(hits, fit, strict=True) if score >= RELEVANT * max(fit)]
    return _sorted(hits, sort)


def _words(visit: Visit, text: str, start: Pictured, away: Pictured) -> np.ndarray | None:
    """Return where, among product texts, to look: what was said and what the pictures' texts tell, length 1."""
    import numpy as np

    from shelftalk.tools.composing import blend, unit

    def moved(told: np.ndarray, phrase: np.ndarray) -> np.ndarray:
        return unit(told + WORDS_IN_PICTURE * phrase)

    said = visit.shop.encoder.words([text])[0] if text else None
    if said is None and not start.words and not away.words:
        return None
    none = np.zeros((0, visit.shop.encoder.words_size), np.float32)
    return blend(
        np.stack(start.words) if start.words else none,
        said,
        np.stack(away.words) if away.words else none,
        moved,
    )


def _all_that_pass(visit: Visit, filters: Filters, sort: Sort, n: int) -> list[Hit]:
    store, hidden = visit.shop.store, visit.hidden()
    if sort == "best match":
        ids = [i for i in store.matching(filters) if i not in hidden]
    else:
        ids = store.sorted_by(
            "rating" if sort == "top rated" else "price", sort != "cheapest", n, filters, hidden
        )
    return by_taste(visit, ids, BY_FILTERS, n) if ids else []


def joined(filters: Filters, query: str) -> str:
    """Return the filters' values and the query as one text, nothing said twice."""
    values = " ".join(filters.where.values())
    held = set(stems(values))
    # What a filter holds, the query need not say: asked for twice, it would count twice.
    new = [word for word in query.split() if not stems(word) or not held.issuperset(stems(word))]
    if held and all(word.lower() in FILLERS for word in new):
        new = []
    words = [*values.split(), *new]
    return " ".join({word.lower(): word for word in reversed(words)}[w] for w in _once(words))


def _once(words: list[str]) -> list[str]:
    return list(dict.fromkeys(word.lower() for word in words))


def _sorted(hits: list[Hit], sort: Sort) -> list[Hit]:
    """Order hits; equals stay by relevance, and what lacks a price or a rating comes last."""
    if sort == "cheapest":
        return sorted(hits, key=lambda hit: _or(hit.product.price, float("inf")))
    if sort == "most expensive":
        return sorted(hits, key=lambda hit: -_or(hit.product.price, -1.0))
    if sort == "top rated":
        return sorted(hits, key=lambda hit: -_or(hit.product.rating, -1.0))
    return hits


def _or(value: float | None, missing: float) -> float:
    return missing if value is None else value
