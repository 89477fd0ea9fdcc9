"""The demo shop, searched: titles and attributes find pictures, and words find products through the search tool."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import interval
from shelftalk.evals.report import Row
from shelftalk.evals.retrieval._search import (
    K,
    by_value,
    precision_within,
    system_name,
    title_rows,
    value_row,
)
from shelftalk.evals.simulation.splits import held_out

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.product import Product
    from shelftalk.tools.store import Store

NEEDS: tuple[str, ...] = ()
TITLES = "demo shop: title to picture"
VALUES = "demo shop: attribute to picture"
WORDS = "demo shop: words to products"
NOTES = {
    TITLES: (
        "Query: the title of a product kept from the shipped encoder's training (one in ten); document: the picture "
        "alone, of all products or of those kept only. Every title has one product, so Hit@10 is Recall@10."
    ),
    VALUES: (
        "Query: a category, colour, material or pattern; precision is taken at ten places, or at as many as the "
        "index has products with that value. The shipped encoder was trained on these words, with other products."
    ),
    WORDS: (
        'Query: a kind with its colour, material or pattern ("red boot"), as the products kept from training have '
        "them; relevant is every product in the index that is both; precision is taken at as many places as there "
        "are such products, at most ten. The last column asks the same, with one slip of the fingers in the longest "
        "word. The tool is what the model calls, with the words alone: no filters, no "
        "behaviour."
    ),
}
ATTRIBUTES = ("category", "colour", "material", "pattern")
Found = Callable[[str], Sequence[str]]  # words -> ids, best first


@dataclass
class _Index:
    """Some of the shop: its store, and what is in it in the store's order."""

    name: str
    store: Store
    products: list[Product]
    pictures: np.ndarray  # [products, size]


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure search in the demo shop, and among its held-out products alone; `data` is not read."""
    del data
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="shelftalk-eval-", ignore_cleanup_errors=True) as folder:
        for index in _indexes(Path(folder), encoder, progress):
            rows += _titles(index, encoder, seed)
            rows += _values(index, encoder, seed)
            rows += _words(index, encoder, seed)
    order = (TITLES, VALUES, WORDS)
    return sorted(rows, key=lambda row: order.index(row.part))


def _indexes(folder: Path, encoder: Encoder, progress: bool) -> Iterator[_Index]:
    """Give the whole shop, then its held-out products, each as a store of its own."""
    from shelftalk.tools.demo import shop_path
    from shelftalk.tools.demo.vectors import recalled
    from shelftalk.tools.indexing import index
    from shelftalk.tools.indexing_progress import shown
    from shelftalk.tools.store import Store

    with shown("demo shop", progress) as tell:
        index(shop_path(), folder / "all", recalled(encoder), progress=tell)
    with Store.open(folder / "all", encoder) as store:
        yield _index("all products", store)
        kept = [id_ for id_ in store.ids() if held_out(id_, 10)]
        products = store.get(kept)
        words, pictures = store.vectors(kept, "words"), store.vectors(kept, "pictures")
        with Store.open(folder / "held-out", encoder, create=True) as some:
            some.put(products, np.stack([words[i] for i in kept]), np.stack([pictures[i] for i in kept]))
            some.finish()
    with Store.open(folder / "held-out", encoder) as some:
        yield _index("held-out products", some)


def _index(name: str, store: Store) -> _Index:
    ids = store.ids()
    vectors = store.vectors(ids, "pictures")
    return _Index(name, store, store.get(ids), np.stack([vectors[id_] for id_ in ids]))


def _titles(index: _Index, encoder: Encoder, seed: int) -> list[Row]:
    kept = [place for place, product in enumerate(index.products) if held_out(product.id, 10)]
    queries = encoder.phrases([index.products[place].title for place in kept])
    system = f"{system_name(encoder)}, {index.name}"
    return title_rows(TITLES, system, queries, index.pictures, [[place] for place in kept], seed)


def _values(index: _Index, encoder: Encoder, seed: int) -> list[Row]:
    system = f"{system_name(encoder)}, {index.name}"
    return [
        value_row(
            VALUES,
            system,
            f"{field} P@10",
            encoder,
            index.pictures,
            [product.field(field) for product in index.products],
            seed,
            full=False,
        )
        for field in ATTRIBUTES
    ]


def _words(index: _Index, encoder: Encoder, seed: int) -> list[Row]:
    place = {product.id: number for number, product in enumerate(index.products)}
    asked: dict[str, list[tuple[str, list[int]]]] = {}  # metric -> words, and the products that are both
    for field in ATTRIBUTES[1:]:
        said = [_pair(product, field) for product in index.products]
        pairs = by_value(said)
        kept = {
            said[number]
            for number, product in enumerate(index.products)
            if held_out(product.id, 10) and product.field(field) not in ("", "plain")
        }
        asked[f"{field} + kind"] = [(words, pairs[words]) for words in sorted(kept)]
    asked["the same, a typo in each"] = [
        (misspelt(words, seed), wanted) for queries in asked.values() for words, wanted in queries
    ]
    rows = []
    for system, find in _systems(index, encoder).items():
        for metric, queries in asked.items():
            ranking = np.full((len(queries), K), -1)
            for number, (words, _) in enumerate(queries):
                found = [place[id_] for id_ in find(words)[:K]]
                ranking[number, : len(found)] = found
            precision = precision_within(ranking, [wanted for _, wanted in queries], K)
            rows.append(Row(WORDS, f"{system}, {index.name}", metric, interval(precision, seed)))
    return rows


def _pair(product: Product, field: str) -> str:
    return f"{product.field(field)} {product.category}"


def misspelt(words: str, seed: int) -> str:
    """Return words with a slip of the fingers in the longest: a letter left out, doubled or swapped, not the first."""
    rng = random.Random(f"{seed}:{words}")
    word = max(words.split(), key=len)
    at = rng.randrange(1, len(word) - 1)
    slips = [word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:]]
    if word[at] != word[at + 1]:
        slips.append(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
    return words.replace(word, rng.choice(slips), 1)


def _systems(index: _Index, encoder: Encoder) -> dict[str, Found]:
    """Return what is compared: each signal alone, and the search tool, which fuses them."""
    from shelftalk.tools.lexical import lexical_index
    from shelftalk.tools.product import Filters
    from shelftalk.tools.shop import Shop
    from shelftalk.tools.toolbox.search import search
    from shelftalk.tools.visit import Visit

    store = index.store

    def dense(words: str) -> list[str]:
        return [id_ for id_, _ in store.nearest(encoder.words([words])[0], "words", K, Filters())]

    def picture(words: str) -> list[str]:
        return [id_ for id_, _ in store.nearest(encoder.phrases([words])[0], "pictures", K, Filters())]

    def lexical(words: str) -> list[str]:
        texts = lexical_index(store)
        return [id_ for id_, _ in texts.nearest(texts.read(words), K)]

    def tool(words: str) -> list[str]:
        result = search(Visit(Shop(store, encoder)), query=words, n=K)
        return [hit.product.id for hit in result.hits]

    return {
        "texts alone, dense": dense,
        "texts alone, BM25": lexical,
        "pictures alone": picture,
        "search tool": tool,
    }
