"""The tool that reads one product's record."""

from __future__ import annotations

from shelftalk.tools.render import product_details
from shelftalk.tools.schema import ProductHandle
from shelftalk.tools.toolbox._products import known_hit
from shelftalk.tools.visit import Result, Visit


def details(visit: Visit, product: ProductHandle) -> Result:
    """Read everything the catalogue states about one product that was shown.

    Args:
        product: The product, as P2.
    """
    found = visit.product(product)
    return Result(text=product_details(visit.handle(found.id), found), hits=[known_hit(visit, found)])
