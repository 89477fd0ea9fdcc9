"""The tool that suggests products without being told what to look for."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shelftalk.tools.product import Filters
from shelftalk.tools.schema import Category, Count, Price
from shelftalk.tools.toolbox._filters import any_filter, check_count, make_filters, nothing_found
from shelftalk.tools.toolbox._products import listed, made_last
from shelftalk.tools.toolbox._ranking import POOL, by_taste
from shelftalk.tools.toolbox._taste import NEAR, SPACES, leaning
from shelftalk.tools.visit import Result, Visit

WEIGHTS = {"taste": 1.0, "popularity": 0.05}


def recommend(visit: Visit, category: Category = "", max_price: Price | None = None, n: Count = 4) -> Result:
    """Suggest products for this shopper: what people with the same likes took, or the popular ones.

    Args:
        category: The kind of product.
        max_price: The most it may cost.
        n: How many products to return, 1 to 100.
    """
    check_count(n)
    store, lean = visit.shop.store, leaning(visit)
    filters = make_filters(store.facets(), category, max_price=max_price)
    gone = lean.signals.settled
    how: dict[str, object] = {"tool": "recommend", "category": category, "max_price": max_price}
    ids = [i for i in store.matching(filters) if i not in gone]
    if not ids:
        made_last(visit, [], how)
        text, fewer = nothing_found(visit, filters) if any_filter(filters) else ("0 found", None)
        instead = [i for i in store.matching(fewer) if i not in gone] if fewer else []
        return Result(text=text, instead=by_taste(visit, instead, WEIGHTS, n) if instead else [])
    if lean.by == "likeness":
        ids = _near_likes(visit, lean.signals.likes[-NEAR:], filters, gone, max(n, POOL)) or ids
    hits = by_taste(visit, ids, WEIGHTS, max(4 * n, POOL))
    parts = hits[0].parts
    personal = "taste" in parts and lean.signals.likes
    head = "for you" if personal else "popular" if "popularity" in parts else "top rated"
    # What is sold out comes last.
    return listed(visit, head, sorted(hits, key=lambda hit: hit.product.stock == 0)[:n], how)


def _near_likes(
    visit: Visit, likes: Sequence[str], filters: Filters, gone: Collection[str], n: int
) -> list[str]:
    """Return products near what was liked, in text or look, for where behaviour is silent."""
    store = visit.shop.store
    found: dict[str, None] = {}
    for space in SPACES:
        for vector in store.vectors(likes, space).values():
            found.update((i, None) for i, _ in store.nearest(vector, space, n, filters, gone))
    return list(found)
