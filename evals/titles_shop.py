"""A shop of titles alone, from the data folder's fashion products and Home Depot: no fields, prices drawn."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.evals.features import read_columns, word_vectors

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.shop import Shop

# File -> the column that holds titles.
FILES = {"fashion.parquet": "productDisplayName", "home_depot_products.parquet": "title"}
EACH = 6000  # titles of each file, drawn once for all


@contextmanager
def titles_shop(
    data: Path, encoder: Encoder, each: int = EACH, progress: bool = False
) -> Iterator[Shop | None]:
    """Open a shop of at most `each` titles of every file that is there; None where none is.

    Titles have no price, so each product is given one, from 5 to 200 dollars, evenly on a logarithmic scale.
    """
    import numpy as np

    from shelftalk.tools.product import Product
    from shelftalk.tools.shop import Shop
    from shelftalk.tools.store import Store

    products: list[Product] = []
    vectors: list[np.ndarray] = []
    for name, column in FILES.items():
        path = data / name
        if not path.is_file():
            continue
        rng = random.Random(name)
        known = list(dict.fromkeys(t for t in read_columns(path, (column,))[column] if t and t.strip()))
        titles = rng.sample(known, min(each, len(known)))
        vectors.append(word_vectors(path, titles, encoder, progress))  # [titles, words_size]
        for number, title in enumerate(titles):
            price = round(10 ** rng.uniform(0.7, 2.3), 2)
            products.append(Product(id=f"{path.stem}-{number}", title=title, price=price, currency="USD"))
    if not products:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="shelftalk-eval-", ignore_cleanup_errors=True) as folder:
        with Store.open(Path(folder) / "store", encoder, create=True) as store:
            store.put(products, np.concatenate(vectors))
            store.finish()
        with Store.open(Path(folder) / "store", encoder) as store:
            yield Shop(store, encoder)
