"""The shop's nouns: a product, what narrows a search to some of them, and a hit."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field


class Product(BaseModel):
    """One product as the catalogue states it; a field the catalogue leaves out is empty or None."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    description: str = ""
    category: str = ""
    price: float | None = None
    currency: str | None = None  # ISO 4217, "USD"
    stock: int | None = None
    rating: float | None = None  # 0 to 5
    attributes: dict[str, str] = Field(default_factory=dict)  # lower-case names; values as written
    picture: str | None = None  # SHA-256 of the picture file in the store
    url: str | None = None

    def field(self, name: str) -> str:
        """Return the value of a closed field ("category" or an attribute), or "" where there is none."""
        return self.category if name == "category" else self.attributes.get(name, "")


def several(value: str | Sequence[str]) -> tuple[str, ...]:
    """Return one value or several as several."""
    return (value,) if isinstance(value, str) else tuple(value)


class Filters(BaseModel):
    """What a hit must satisfy; applied before the nearest products are chosen.

    `where` maps a closed field ("category" or an attribute's name) to one value, `exclude` to one or several,
    compared without regard to case. A product without a price passes neither price bound.
    """

    model_config = ConfigDict(frozen=True)

    min_price: float | None = None
    max_price: float | None = None
    where: dict[str, str] = Field(default_factory=dict)
    exclude: dict[str, str | tuple[str, ...]] = Field(default_factory=dict)


class Hit(BaseModel):
    """A product found, its score (higher is better) and the named parts the score was made from.

    `because` are the products, by id, that its taste part owes most to: what the shopper liked, bought or looked at.
    """

    model_config = ConfigDict(frozen=True)

    product: Product
    score: float
    parts: dict[str, float] = Field(default_factory=dict)
    because: list[str] = Field(default_factory=list)
