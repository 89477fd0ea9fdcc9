"""The tool that notes what the shopper said about themselves."""

from __future__ import annotations

import math
from collections.abc import Sequence

from shelftalk.tools.errors import ToolError
from shelftalk.tools.product import Product
from shelftalk.tools.render import money
from shelftalk.tools.schema import Price, ProductHandle, Size
from shelftalk.tools.toolbox._products import known_hit
from shelftalk.tools.visit import Result, Visit


def remember(
    visit: Visit,
    likes: Sequence[ProductHandle] = (),
    dislikes: Sequence[ProductHandle] = (),
    size: Size = "",
    budget: Price | None = None,
) -> Result:
    """Note what the shopper likes, dislikes, their size or their budget; later suggestions follow it.

    Args:
        likes: Products they like, as P2.
        dislikes: Products they do not like; a product in both lists is disliked.
        size: The size they wear.
        budget: The most they want to spend.
    """
    liked, disliked = _products(visit, "likes", likes), _products(visit, "dislikes", dislikes)
    liked = [product for product in liked if product not in disliked]
    size = " ".join(str(size).split())[:20]
    if budget is not None and (isinstance(budget, bool) or not math.isfinite(budget) or budget <= 0):
        raise ToolError(f"budget is {budget!r}; give a number above 0.")
    noted: list[str] = []
    state = visit.state
    for name, products in (("likes", liked), ("dislikes", disliked)):
        for product in products:
            state.note(name.removesuffix("s"), product.id)
        if products:
            noted.append(f"{name} " + ", ".join(f"[{visit.handle(product.id)}]" for product in products))
    if size:
        state.size = size
        noted.append(f"size {size}")
    if budget is not None:
        state.budget = float(budget)
        noted.append(f"budget {money(budget, None)}")
    if not noted:
        raise ToolError("There is nothing to note; give likes, dislikes, size or budget.")
    return Result(text="noted: " + "; ".join(noted), hits=[known_hit(visit, p) for p in (*liked, *disliked)])


def _products(visit: Visit, name: str, handles: Sequence[str]) -> list[Product]:
    if isinstance(handles, str):
        raise ToolError(f"{name} is {handles!r}; give a list, as in ['P2'].")
    found = [visit.product(handle) for handle in handles]
    return list({product.id: product for product in found}.values())
