"""The search tool."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from shelftalk.tools.errors import ToolError
from shelftalk.tools.fusion import blend
from shelftalk.tools.product import Filters, Hit
from shelftalk.tools.schema import MAX_QUERY, Category, Count, FieldValues, PictureHandle, Price, Words
from shelftalk.tools.toolbox._filters import (
    any_filter,
    check_count,
    make_filters,
    nothing_found,
    visible_count,
)
from shelftalk.tools.toolbox._products import listed, visible_product
from shelftalk.tools.toolbox._ranking import POOL, Wish, by_taste, rank
from shelftalk.tools.visit import Result, Visit

if TYPE_CHECKING:
    import numpy as np

Sort = Literal["best match", "cheapest", "most expensive", "top rated"]

# What each signal can add to a score, by what the shopper gave.
BY_WORDS = {"words": 0.45, "picture": 0.3, "lexical": 0.25, "taste": 0.15, "popularity": 0.05}
BY_PICTURE = {"picture": 1.0, "taste": 0.1, "popularity": 0.03}
BY_BOTH = {"picture": 0.7, "words": 0.25, "lexical": 0.15, "taste": 0.1, "popularity": 0.03}
BY_FILTERS = {"taste": 0.5, "popularity": 0.1}
# How far words move a picture: "the same in blue" keeps the kind and changes the colour.
WORDS_IN_PICTURE = 0.6
# Of what is sorted by price or rating, only what is at least this near to the best match is kept.
RELEVANT = 0.6


def search(
    visit: Visit,
    query: Words = "",
    image: PictureHandle = "",
    category: Category = "",
    where: FieldValues | None = None,
    exclude: FieldValues | None = None,
    min_price: Price | None = None,
    max_price: Price | None = None,
    sort: Sort = "best match",
    n: Count = 4,
) -> Result:
    """Find products by words, by a picture, or by both, among those that pass the filters.

    Args:
        query: Words for what no filter covers: style, occasion, shape.
        image: A picture to start from: img1 as the shopper sent it, or a product's own, P2.
        category: The kind of product.
        where: What the product must be, one value a field.
        exclude: What it must not be, one value a field.
        min_price: The least it may cost.
        max_price: The most it may cost.
        sort: The order of what is found.
        n: How many products to return, 1 to 100.
    """
    query = query.strip()
    if len(query) > MAX_QUERY:
        raise ToolError(f"query has {len(query)} characters; at most {MAX_QUERY}: give the main words.")
    if sort not in get_args(Sort):
        raise ToolError(f"sort is {sort!r}; allowed: {', '.join(get_args(Sort))}.")
    check_count(n)
    filters = make_filters(visit.shop.store.facets(), category, where, exclude, min_price, max_price)
    if not (query or image or any_filter(filters)):
        raise ToolError("The search is empty; give at least one of query, image, category, where or a price.")
    vector, without = _picture(visit, image) if image else (None, set())
    hits = _found(visit, query, vector, filters, sort, max(n, POOL), without)[:n]
    visit.state.last_search = _as_called(
        query=query,
        image=image,
        category=category,
        where=dict(where or {}),
        exclude=dict(exclude or {}),
        min_price=min_price,
        max_price=max_price,
        sort="" if sort == "best match" else sort,
    )
    if not hits and any_filter(filters):
        visit.state.last_hits = []
        return Result(text=nothing_found(visit, filters))
    total = visible_count(visit, filters) if any_filter(filters) else 0
    return listed(visit, f"{total} found" if total else f"{len(hits)} best matches", hits)


def _as_called(**arguments: object) -> dict[str, object]:
    return {name: value for name, value in arguments.items() if value not in ("", None, {})}


def _picture(visit: Visit, handle: str) -> tuple[np.ndarray, set[str]]:
    """Return the vector of a picture, and the product it shows, which is not to be found again."""
    if not handle.strip().lstrip("[").upper().startswith("P"):
        return visit.shop.encoder.pictures([visit.picture(handle)])[0], set()
    product = visible_product(visit, handle)
    vector = visit.shop.store.vectors([product.id], "pictures").get(product.id)
    if vector is None:
        vector = visit.shop.encoder.pictures([visit.picture(handle)])[0]
    return vector, {product.id}


def _found(
    visit: Visit,
    query: str,
    vector: np.ndarray | None,
    filters: Filters,
    sort: Sort,
    pool: int,
    without: set[str],
) -> list[Hit]:
    if not query and vector is None and (sort != "best match" or not filters.where):
        return _sorted(_all_that_pass(visit, filters, sort, pool), sort)
    text = joined(filters, query)
    wish = Wish(text, visit.shop.encoder.words([text])[0] if text else None, vector)
    weights = BY_PICTURE if vector is not None else BY_WORDS
    if text:
        phrase = visit.shop.encoder.phrases([text])[0]
        moved = phrase if vector is None else blend(vector, phrase, WORDS_IN_PICTURE)
        wish = Wish(text, wish.words, moved)
        weights = BY_WORDS if vector is None else BY_BOTH
    hits = rank(visit, wish, filters, weights, pool, without)
    if sort != "best match":
        hits = [hit for hit in hits[:pool] if hit.score >= RELEVANT * hits[0].score]
    return _sorted(hits, sort)


def _all_that_pass(visit: Visit, filters: Filters, sort: Sort, n: int) -> list[Hit]:
    hidden = set(visit.state.hidden)
    ids = [i for i in visit.shop.store.matching(filters) if i not in hidden]
    # To be sorted by price or rating, all are needed.
    return by_taste(visit, ids, BY_FILTERS, n if sort == "best match" else len(ids)) if ids else []


def joined(filters: Filters, query: str) -> str:
    """Return the filters' values and the query as one text, no word twice."""
    words = " ".join([*filters.where.values(), query]).split()
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
