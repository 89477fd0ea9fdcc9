"""The words by which a product is found."""

from __future__ import annotations

from shelftalk.tools.product import Product

_CHARACTERS = 600  # more would be cut off by the encoder anyway


def product_text(product: Product) -> str:
    """Return the words by which a product is found: title, category, attributes, description."""
    values = [product.category, *product.attributes.values()]
    facts = [value for value in dict.fromkeys(values) if value and value.lower() not in product.title.lower()]
    return ". ".join(filter(None, [product.title, ", ".join(facts), product.description]))[:_CHARACTERS]
