"""A part of a real shop to simulate in: the closed fields are the store's own, and broad words mean what they cover."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache

from shelftalk.evals.simulation.lexicon import ADJECTIVES, BROAD, KINDS, OCCASIONS, THINGS, USES, plural
from shelftalk.evals.simulation.shelves import Shelf, given_shelf
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.tools.linking import words
from shelftalk.tools.product import Filters, Product

SIZE = 120  # products that one visit's shop has: searches then find some, not all
SOLD_OUT = 0.3  # of what is sold out: enough to learn to say so, few enough not to recommend it often
# Fields that are asked for even where they are too many to be closed: their values are words of the query then.
_MAKERS = ("brand", "author", "director", "artist")
# What each broad word covers: departments of the lexicon, and kinds.
_COVERS = {
    "shoes": "shoes",
    "footwear": "shoes",
    "furniture": "furniture",
    "clothes": "clothes",
    "jewellery": "ring,necklace,bracelet,earring,watch,brooch",
    "kitchenware": "kitchen,mug,plate,bowl,teapot",
    "decoration": "home,lighting",
    "storage": "basket,bookcase,wardrobe,sideboard,toolbox,box,shelf",
    "bedding": "blanket,cushion,pillow,duvet,sheet",
    "headgear": "hat,cap,beanie,helmet",
    "outerwear": "jacket,coat,raincoat,vest,parka",
    "knitwear": "jumper,cardigan,scarf,glove,sweater",
    "lighting": "lighting",
    "luggage": "bags",
    "tableware": "mug,plate,bowl,teapot,glass",
    "toys": "toys",
    "electronics": "electronics",
    "books": "books",
    "groceries": "food,groceries",
    "cosmetics": "beauty",
    "garden tools": "garden,tools",
    "sportswear": "clothes,sneaker,running shoe",
    "stationery": "notebook,diary,calendar,sketchbook,pen,pencil",
    "camping gear": "tent,sleeping bag,lantern,backpack",
    "baby clothes": "clothes",
    "underwear": "sock,pyjamas,briefs,bra",
    "snacks": "food",
    "instruments": "music",
}


def covered(query: str) -> frozenset[str]:
    """Return the words (stems) of the kinds that the broad words of a query cover; none where it holds no such word."""
    found: set[str] = set()
    for broad in BROAD:
        if f" {broad} " in f" {query} ":
            found.update(words(broad))
            for part in _COVERS[broad].split(","):
                for kind in KINDS.get(part, part).split(","):
                    found.update(words(kind))
    return frozenset(found)


@cache
def subjective() -> frozenset[str]:
    """Return the words (stems) that shoppers wish by and few records hold: "comfy", "for a wedding", "gift"."""
    carried = [words_ for pairs in (USES, OCCASIONS) for _, words_ in pairs]
    return frozenset(word for text in (*ADJECTIVES, *THINGS, *carried) for word in words(text))


@dataclass
class ShopShelf(Shelf):
    """A shelf whose search knows what broad words cover, as the shop's own does: "footwear" finds boots.

    `whole` are its products by id with all that their records say; those of the shelf have only what shoppers ask for.
    """

    whole: dict[str, Product] = field(default_factory=dict)

    def search(
        self, rng: random.Random, said: str, filters: Filters, n: int = 4
    ) -> tuple[int, list[Product]]:
        """Return how many pass the filters, and the n of them whose texts share most words with the query."""
        more = [word for kind in sorted(covered(said)) for word in (kind, plural(kind))]
        return super().search(rng, " ".join([said, *more]), filters, n)


def shop_shelf(rng: random.Random, goods: Goods, products: Sequence[Product]) -> ShopShelf:
    """Take a random part of the products as a shop."""
    kept = [product for product in products if product.stock != 0 or rng.random() < SOLD_OUT]
    return whole_shelf(given_shelf(rng, kept or products, {}, SIZE).products, goods)


def whole_shelf(products: Sequence[Product], goods: Goods) -> ShopShelf:
    """Take products as a shop; of its fields only those are closed, and of their values known, that its tools take."""
    shelf = ShopShelf([_as_asked(product, goods) for product in products])
    shelf.whole = {product.id: product for product in products}
    known = {
        name: {value: n for value, n in counts.items() if value in goods.facets[name]}
        for name, counts in shelf.facets.items()
        if name in goods.fields
    }
    shelf.facets = {name: counts for name, counts in known.items() if counts or name == "category"}
    return shelf


def _as_asked(product: Product, goods: Goods) -> Product:
    """Return a product with the attributes that shoppers ask for: of fields that tell products apart, and makers."""
    asked = {
        name: value
        for name, value in product.attributes.items()
        if (name in goods.fields and len(goods.facets[name]) > 1)
        or (name in _MAKERS and len(value.split()) <= 4 and value.replace(" ", "").isalpha())
    }
    return product if asked == product.attributes else product.model_copy(update={"attributes": asked})
