"""Make the shop that ships: products with drawn pictures, and the events of simulated shoppers.

Run: python -m shelftalk.tools.demo.make (needs skia-python, from the development extra)
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.tools.demo import events_path, shop_path
from shelftalk.tools.demo.catalogue import SEED, make_catalogue
from shelftalk.tools.demo.record import DemoProduct

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = (
    *("id", "title", "description", "category", "price", "currency", "stock", "rating"),
    *("colour", "material", "pattern", "style", "brand", "gender", "room"),
)


def product_table(products: list[DemoProduct], pictures: list[bytes]) -> pa.Table:
    """Return the shop's table: COLUMNS and `picture`, one row a product."""
    import pyarrow as pa

    columns: dict[str, object] = {name: [getattr(p, name) for p in products] for name in COLUMNS}
    columns["stock"] = pa.array(columns["stock"], pa.int32())
    columns["picture"] = pa.array(pictures, pa.binary())
    return pa.table(columns)


def event_table(products: list[DemoProduct], seed: int = SEED) -> pa.Table:
    """Return the events as a table: shopper, item, kind, time (UTC), oldest first."""
    import pyarrow as pa

    from shelftalk.tools.demo.shoppers import make_events

    events = make_events(products, seed)
    return pa.table(
        {
            "shopper": [e.shopper for e in events],
            "item": [e.item for e in events],
            "kind": [e.kind for e in events],
            "time": pa.array([e.time * 1000 for e in events], pa.timestamp("ms")),
        }
    )


def main() -> None:
    """Draw every product and write both files, each whole or not at all."""
    import pyarrow.parquet as pq

    from shelftalk.tools.demo.draw import draw_product

    products = make_catalogue()
    tables = {
        shop_path(): product_table(products, [draw_product(p) for p in products]),
        events_path(): event_table(products),
    }
    with tempfile.TemporaryDirectory(dir=shop_path().parent) as folder:
        for path, table in tables.items():
            pq.write_table(table, Path(folder) / path.name, compression="zstd")
        for path in tables:
            (Path(folder) / path.name).replace(path)
    for path, table in tables.items():
        print(f"{path.name}: {table.num_rows} rows, {path.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
