"""The tool that sets products side by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from shelftalk.tools.errors import ToolError
from shelftalk.tools.render import product_details
from shelftalk.tools.schema import Limit, ProductHandle
from shelftalk.tools.toolbox._products import known_hit
from shelftalk.tools.visit import Result, Visit

MOST = 5


def compare(
    visit: Visit, products: Annotated[Sequence[ProductHandle], Limit("minItems", 2), Limit("maxItems", MOST)]
) -> Result:
    """Set two or more products that were shown side by side.

    Args:
        products: The products, as P1 and P3.
    """
    if isinstance(products, str):
        raise ToolError(f"products is {products!r}; give a list, as in ['P1', 'P3'].")
    found = list({product.id: product for product in (visit.product(p) for p in products)}.values())
    if not 2 <= len(found) <= MOST:
        raise ToolError(f"{len(found)} different products given; compare takes 2 to {MOST}.")
    # Descriptions are long and say little that can be set side by side.
    lines = [product_details(visit.handle(p.id), p.model_copy(update={"description": ""})) for p in found]
    return Result(text="\n".join(["compare", *lines]), hits=[known_hit(visit, p) for p in found])
