"""What stands behind a handle: the name that is shown for it, and the record that claims are held against."""

from __future__ import annotations

from collections.abc import Callable

from shelftalk.tools.errors import ToolError
from shelftalk.tools.product import Product
from shelftalk.tools.render import money
from shelftalk.tools.visit import Visit

HIDDEN = "a product you hid"


def reading(visit: Visit) -> Callable[[str], Product | None]:
    """Return what reads the record behind a handle; None where no product has it any more."""

    def record(handle: str) -> Product | None:
        try:
            (product,) = visit.shop.store.get([visit.id_of(handle)])
        except ToolError:  # never given out, or since gone from the catalogue
            return None
        return product

    return record


def naming(visit: Visit) -> Callable[[str], str | None]:
    """Return what names a handle: the catalogue's title and price; None where no product has it."""
    hidden = visit.hidden()  # what is hidden from now on may still be named as what goes
    record = reading(visit)

    def name_of(handle: str) -> str | None:
        product = record(handle)
        if product is None:
            return None
        if product.id in hidden:
            return HIDDEN
        price = f" ({money(product.price, product.currency)})" if product.price is not None else ""
        return f"{product.title}{price}"

    return name_of
