"""The tool that suggests products without being told what to look for."""

from __future__ import annotations

from shelftalk.tools.product import Hit
from shelftalk.tools.schema import Category, Count, Price
from shelftalk.tools.toolbox._filters import any_filter, check_count, make_filters, nothing_found
from shelftalk.tools.toolbox._products import listed
from shelftalk.tools.toolbox._ranking import scored
from shelftalk.tools.toolbox._taste import taste_signals
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
    store, state = visit.shop.store, visit.state
    filters = make_filters(store.facets(), category, max_price=max_price)
    gone = {*state.likes, *state.dislikes, *state.hidden}
    ids = [i for i in store.matching(filters) if i not in gone]
    if not ids:
        state.last_hits = []
        return Result(text=nothing_found(visit, filters) if any_filter(filters) else "0 found")
    signals = taste_signals(visit, ids)
    head = "for you" if "taste" in signals else "popular" if "popularity" in signals else "top rated"
    hits = scored(store.get(ids), signals, WEIGHTS)
    if not signals:
        hits.sort(key=lambda hit: -(hit.product.rating or 0.0))
    return listed(visit, head, _in_stock(hits)[:n])


def _in_stock(hits: list[Hit]) -> list[Hit]:
    """Put what is sold out last."""
    return sorted(hits, key=lambda hit: hit.product.stock == 0)
