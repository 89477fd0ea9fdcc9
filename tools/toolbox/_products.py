"""Handles to products, and the list a tool answers with."""

from __future__ import annotations

from collections.abc import Sequence

from shelftalk.tools.errors import ToolError
from shelftalk.tools.product import Hit, Product
from shelftalk.tools.render import product_list
from shelftalk.tools.visit import Result, Visit


def visible_product(visit: Visit, handle: str) -> Product:
    """Return the product behind a handle; ToolError where there is none or the shopper has hidden it."""
    product = visit.product(str(handle))
    if product.id in visit.state.hidden:
        raise ToolError(f"The shopper asked never to see {handle} again; choose another product.")
    return product


def known_hit(visit: Visit, product: Product) -> Hit:
    """Return the product as it stood in the last list, with its parts, or without a score."""
    last = (hit for hit in visit.state.last_hits if hit.product.id == product.id)
    return next(last, Hit(product=product, score=0.0))


def listed(visit: Visit, head: str, hits: Sequence[Hit], said: str = "") -> Result:
    """Make the hits, found by what was `said`, the visit's last list, each with a handle; write them under `head`."""
    handles = [visit.handle(hit.product.id) for hit in hits]
    visit.state.last_hits, visit.state.last_said = list(hits), said
    return Result(text=product_list(head, handles, [hit.product for hit in hits]), hits=list(hits))
