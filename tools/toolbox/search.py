"""The search tool."""

from __future__ import annotations

from dataclasses import dataclass
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
BY_PICTURE = {"picture": 0.6, "words": 0.4, "taste": 0.1, "popularity": 0.03}
BY_BOTH = {"picture": 0.5, "words": 0.5, "lexical": 0.15, "taste": 0.1, "popularity": 0.03}
BY_FILTERS = {"taste": 0.5, "popularity": 0.1}
# How far words move a picture: "the same in blue" keeps the kind and changes the colour.
WORDS_IN_PICTURE = 0.8
NEIGHBOURS = 5  # products whose texts tell what a photo shows
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
    start = _pictured(visit, image) if image else _NOTHING
    hits = _found(visit, query, start, filters, sort, max(n, POOL))[:n]
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


@dataclass(frozen=True)
class _Start:
    """What a picture says: its vector, a vector among product texts, and the product that is not to be found."""

    pictures: np.ndarray | None = None
    words: np.ndarray | None = None
    without: frozenset[str] = frozenset()


_NOTHING = _Start()


def _pictured(visit: Visit, handle: str) -> _Start:
    store, encoder = visit.shop.store, visit.shop.encoder
    if handle.strip().lstrip("[").upper().startswith("P"):
        product = visible_product(visit, handle)
        vector = store.vectors([product.id], "pictures").get(product.id)
        if vector is None:
            vector = encoder.pictures([visit.picture(handle)])[0]
        # What the picture shows is on record.
        words = store.vectors([product.id], "words").get(product.id)
        return _Start(vector, words, frozenset({product.id}))
    vector = encoder.pictures([visit.picture(handle)])[0]
    return _Start(vector, _told_by_neighbours(visit, vector))


def _told_by_neighbours(visit: Visit, vector: np.ndarray) -> np.ndarray | None:
    """Return what the texts of the products that look most like a picture have in common, length 1."""
    import numpy as np

    near = visit.shop.store.nearest(vector, "pictures", NEIGHBOURS, Filters(), visit.state.hidden)
    texts = list(visit.shop.store.vectors([i for i, _ in near], "words").values())
    if not texts:
        return None
    mean = np.mean(texts, axis=0)
    return np.asarray(mean / max(float(np.linalg.norm(mean)), 1e-6), dtype=np.float32)


def _found(visit: Visit, query: str, start: _Start, filters: Filters, sort: Sort, pool: int) -> list[Hit]:
    pictured = start.pictures is not None
    if not query and not pictured and (sort != "best match" or not filters.where):
        return _sorted(_all_that_pass(visit, filters, sort, pool), sort)
    text = joined(filters, query)
    words, pictures = start.words, start.pictures
    if text:
        said, phrase = visit.shop.encoder.words([text])[0], visit.shop.encoder.phrases([text])[0]
        words = said if words is None else blend(words, said, WORDS_IN_PICTURE)
        pictures = phrase if pictures is None else blend(pictures, phrase, WORDS_IN_PICTURE)
    weights = BY_WORDS if not pictured else BY_BOTH if text else BY_PICTURE
    hits = rank(visit, Wish(text, words, pictures), filters, weights, pool, start.without)
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
