"""A shop as training rows are made from it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from shelftalk.tools.product import Product
from shelftalk.tools.schema import filter_fields
from shelftalk.tools.store import Store


@dataclass
class Goods:
    """A shop as rows are made from it: products, closed fields as its tools know them, the file of each picture."""

    products: list[Product]
    facets: Mapping[str, Mapping[str, int]]
    picture: Callable[[Product], Path | None]
    _by_id: dict[str, Product] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._by_id = {product.id: product for product in self.products}

    @classmethod
    def of(cls, store: Store) -> Goods:
        """Read a store."""
        return cls(store.get(store.ids()), store.facets(), store.picture_file)

    def tools(self) -> list[dict[str, Any]]:
        """Return the function schemas that a model is offered in this shop."""
        from langchain_core.utils.function_calling import convert_to_openai_tool

        from shelftalk.agent.calls import langchain_tools

        return [convert_to_openai_tool(tool) for tool in langchain_tools(self.facets)]

    def product(self, id_: str) -> Product:
        """Return a product by its id."""
        return self._by_id[id_]

    @cached_property
    def fields(self) -> set[str]:
        """Return the closed fields that its tools take."""
        return {"category", *filter_fields(self.facets)}

    @cached_property
    def priced(self) -> bool:
        """Whether prices can be searched by: most products say theirs."""
        return 2 * sum(product.price is not None for product in self.products) > len(self.products)
