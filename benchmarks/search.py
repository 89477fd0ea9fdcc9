"""How long a filtered search takes, and whether it finds what comparing everything finds.

    python benchmarks/search.py [--products 50000] [--large 1000000] [--queries 60] [--threads 2]

Four ways to the same answers, in one run: Chroma without a filter, Chroma with one to three, NumPy over every vector
with the filter after it, and ours. Then ours over a large number of rows, alone and while a thread adds and removes
products. Vectors are synthetic (length 1, 384 numbers, in clusters as a shop's texts are) and go straight into the
search's own table, with no files; Chroma keeps its collection in a temporary folder. `--large 0` leaves out the large
part, `--products 5000 --large 50000` makes a quick run. Each figure is the median, with the least and the most, and
the median of the processor time that all threads together took; the ways take turns, query by query, so that whatever
else the machine does slows all of them. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

Wanted = dict[str, Any]  # filters, by the names that `Filters` has for them
Ask = Callable[[np.ndarray, Wanted], Sequence[int]]

SIZE = 384
TOP = 10
CLUSTERS = 400
FIELDS = {"category": 40, "colour": 12, "gender": 4}  # how many values each has
BATCH = 5000


@dataclass
class Shop:
    """Products as columns, and what asks for them."""

    vectors: np.ndarray  # [n, SIZE], length 1
    values: dict[str, np.ndarray]  # field -> the number of each product's value
    prices: np.ndarray
    centres: np.ndarray

    def facts(self, rows: range) -> list[dict[str, str]]:
        """Return the closed fields of some rows."""
        return [{name: f"{name} {column[row]}" for name, column in self.values.items()} for row in rows]


def make_shop(n: int, rng: np.random.Generator) -> Shop:
    """Draw n products; common values are more common than rare ones, as in a shop."""
    centres = rng.standard_normal((CLUSTERS, SIZE), dtype=np.float32)
    vectors = np.empty((n, SIZE), np.float32)
    for start in range(0, n, BATCH):
        part = slice(start, min(start + BATCH, n))
        vectors[part] = near(centres, part.stop - start, rng)
    values = {name: (count * rng.random(n) ** 2).astype(int) for name, count in FIELDS.items()}
    return Shop(vectors, values, np.round(rng.lognormal(3.5, 0.8, n), 2), centres)


def near(centres: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw n vectors about the centres, of length 1: two of one cluster have a cosine of about 0.6."""
    found = centres[rng.integers(0, len(centres), n)] + 0.8 * rng.standard_normal((n, SIZE), dtype=np.float32)
    found /= np.linalg.norm(found, axis=1, keepdims=True)
    return np.asarray(found, np.float32)


@dataclass
class Times:
    """What one way took, query by query, and how much of the right answer it gave."""

    name: str
    seconds: list[float] = field(default_factory=list)
    work: list[float] = field(default_factory=list)  # processor time of all threads, in seconds
    recalls: list[float] = field(default_factory=list)

    def run(self, ask: Ask, query: np.ndarray, wanted: Wanted, right: set[int]) -> None:
        """Ask once, with the clock running."""
        start, worked = time.perf_counter(), time.process_time()
        found = ask(query, wanted)
        self.seconds.append(time.perf_counter() - start)
        self.work.append(time.process_time() - worked)
        self.recalls.append(len(right.intersection(found)) / len(right) if right else 1.0)

    def row(self, beside: float | None = None) -> str:
        """Return a line of the table; `beside` is the median, in seconds, that the ratio is to."""
        middle = statistics.median(self.seconds)
        ratio = f"{beside / middle:7.1f} x" if beside else " " * 9
        times = [middle, min(self.seconds), max(self.seconds), statistics.median(self.work)]
        figures = " ".join(f"{1e3 * seconds:9.2f}" for seconds in times)
        return f"{self.name:40s} {figures} {statistics.mean(self.recalls):9.3f} {ratio}"


HEAD = f"{'':40s} median ms     least      most    CPU ms recall@10 Chroma took"


def filters_of(shop: Shop, count: int, row: int) -> Wanted:
    """Return `count` filters that the product in `row` passes: none, its colour, + a price, + its category."""
    wanted: Wanted = {"where": {}}
    if count >= 1:
        wanted["where"]["colour"] = f"colour {shop.values['colour'][row]}"
    if count >= 2:
        wanted["max_price"] = float(shop.prices[row]) + 10
    if count >= 3:
        wanted["where"]["category"] = f"category {shop.values['category'][row]}"
    return wanted


def mask_of(shop: Shop, wanted: Wanted) -> np.ndarray:
    """Return which products pass, found the plain way."""
    passing = np.ones(len(shop.prices), bool)
    for name, value in wanted["where"].items():
        passing &= shop.values[name] == int(value.split()[-1])
    if "max_price" in wanted:
        passing &= shop.prices <= wanted["max_price"]
    return passing


def chroma_where(wanted: Wanted) -> Wanted | None:
    """Return filters as Chroma takes them."""
    parts: list[dict[str, Any]] = [{name: {"$eq": value}} for name, value in wanted["where"].items()]
    if "max_price" in wanted:
        parts.append({"price": {"$lte": wanted["max_price"]}})
    return parts[0] if len(parts) == 1 else {"$and": parts} if parts else None


def make_chroma(shop: Shop, folder: str) -> Any:
    """Put the shop into a plain Chroma collection."""
    import chromadb
    from chromadb.config import Settings

    client = chromadb.PersistentClient(folder, settings=Settings(anonymized_telemetry=False))
    collection: Any = client.create_collection("shop", configuration={"hnsw": {"space": "cosine"}})
    for start in range(0, len(shop.prices), BATCH):
        rows = range(start, min(start + BATCH, len(shop.prices)))
        collection.add(
            ids=[str(row) for row in rows],
            embeddings=shop.vectors[rows.start : rows.stop],
            metadatas=[
                {**fields, "price": float(shop.prices[row])}
                for row, fields in zip(rows, shop.facts(rows), strict=True)
            ],
        )
    return collection


def make_table(shop: Shop) -> Any:
    """Put the shop into the table that the store searches."""
    from shelftalk.tools.scan_columns import Facts
    from shelftalk.tools.scan_table import Table

    table = Table({"words": SIZE}, room=len(shop.prices))
    for start in range(0, len(shop.prices), BATCH):
        rows = range(start, min(start + BATCH, len(shop.prices)))
        facts = [
            Facts(fields, float(shop.prices[row])) for row, fields in zip(rows, shop.facts(rows), strict=True)
        ]
        vectors = shop.vectors[rows.start : rows.stop]
        table.put([str(row) for row in rows], facts, {"words": (range(len(rows)), vectors)})
    return table


def ask_numpy(shop: Shop, query: np.ndarray, wanted: Wanted) -> list[int]:
    """Compare everything, then leave out what does not pass."""
    scores = shop.vectors @ query
    scores[~mask_of(shop, wanted)] = -np.inf
    best = np.argpartition(-scores, TOP)[:TOP] if len(scores) > TOP else np.arange(len(scores))
    return [int(row) for row in best[np.argsort(-scores[best])] if np.isfinite(scores[row])]


def ask_ours(table: Any, query: np.ndarray, wanted: Wanted) -> list[int]:
    """Ask the table that the store searches."""
    from shelftalk.tools.product import Filters

    return [int(id_) for id_, _ in table.nearest(query, "words", TOP, Filters(**wanted))]


def ask_chroma(collection: Any, query: np.ndarray, wanted: Wanted) -> list[int]:
    """Ask Chroma, with the filters in its query."""
    found = collection.query(
        query_embeddings=[query], n_results=TOP, where=chroma_where(wanted), include=["distances"]
    )
    return [int(id_) for id_ in found["ids"][0]]


def compare(shop: Shop, table: Any, collection: Any, queries: int, rng: np.random.Generator) -> None:
    """Print the table for one shop; without a collection, ours and NumPy alone."""
    print(HEAD)
    for count in range(4):
        named = f"{count} filter{'' if count == 1 else 's'}"
        ways: dict[str, Ask] = {}
        if collection is not None:
            ways["Chroma"] = partial(ask_chroma, collection)
        ways["NumPy, all vectors"] = partial(ask_numpy, shop)
        ways["ours"] = partial(ask_ours, table)
        times = {way: Times(f"{way}, {named}") for way in ways}
        shares = []
        for turn in range(queries + 1):
            query = near(shop.centres, 1, rng)[0]
            wanted = filters_of(shop, count, int(rng.integers(len(shop.prices))))
            shares.append(float(mask_of(shop, wanted).mean()))
            right = set(ask_numpy(shop, query, wanted))
            for way, ask in ways.items():
                # The first query is not counted: it finds caches cold.
                (times[way] if turn else Times("")).run(ask, query, wanted, right)
        chroma = statistics.median(times["Chroma"].seconds) if collection is not None else None
        for way, taken in times.items():
            print(taken.row(chroma if way == "ours" else None))
        print(f"{'':40s} {100 * statistics.median(shares):.1f}% of the products pass, in the median")


def while_changing(shop: Shop, table: Any, queries: int, rng: np.random.Generator) -> None:
    """Print how long ours takes while a thread removes products, and puts as many, 256 at a time."""
    from shelftalk.tools.scan_columns import Facts

    stop, changes = threading.Event(), [0]
    own = np.random.default_rng(7)

    def change() -> None:
        n = len(shop.prices)
        while not stop.is_set():
            rows = [int(row) for row in own.choice(n, 256, replace=False)]
            table.remove([str(row) for row in rows])
            facts = [
                Facts(
                    {name: f"{name} {column[row]}" for name, column in shop.values.items()}, shop.prices[row]
                )
                for row in rows
            ]
            table.put([str(row) for row in rows], facts, {"words": (range(256), shop.vectors[rows])})
            changes[0] += 256
            stop.wait(0.05)

    thread = threading.Thread(target=change)
    taken = Times("ours, 2 filters, while products change")
    start = time.perf_counter()
    thread.start()
    try:
        for _ in range(queries):
            query = near(shop.centres, 1, rng)[0]
            wanted = filters_of(shop, 2, int(rng.integers(len(shop.prices))))
            taken.run(partial(ask_ours, table), query, wanted, set())
    finally:
        stop.set()
        thread.join()
    print(taken.row())
    rate = changes[0] / (time.perf_counter() - start)
    # Afterwards the shop is as it was, in other rows.
    right = Times("")
    for _ in range(10):
        query = near(shop.centres, 1, rng)[0]
        wanted = filters_of(shop, 1, int(rng.integers(len(shop.prices))))
        right.run(partial(ask_ours, table), query, wanted, set(ask_numpy(shop, query, wanted)))
    print(
        f"{'':40s} {rate:,.0f} products removed and as many put each second; "
        f"recall@10 afterwards {statistics.mean(right.recalls):.3f}"
    )


def resident() -> float:
    """Return how much memory the process holds now, in MiB; 0 where the system does not say."""
    try:
        with open("/proc/self/statm") as file:  # noqa: PTH123
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except OSError:
        return 0.0


def main() -> None:
    """Read the options, print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--products", type=int, default=50_000)
    parser.add_argument("--large", type=int, default=1_000_000)
    parser.add_argument("--queries", type=int, default=60)
    parser.add_argument("--threads", type=int, default=2, help="for NumPy; ours takes up to 4 at a time")
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        if os.environ.get(name) != str(options.threads):
            os.environ[name] = str(options.threads)
            os.execv(sys.executable, [sys.executable, *sys.argv])  # NumPy reads it once, when it is imported
    rng = np.random.default_rng(0)
    if options.products:
        shop = make_shop(options.products, rng)
        print(f"{options.products:,} products x {SIZE}")
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            collection = make_chroma(shop, folder)
            start = time.perf_counter()
            table = make_table(shop)
            print(f"put into the table in {time.perf_counter() - start:.2f} s")
            compare(shop, table, collection, options.queries, rng)
        while_changing(shop, table, options.queries, rng)
        print()
        del shop, table, collection
    if options.large:
        large_part(options.large, options.queries, rng)


def large_part(n: int, queries: int, rng: np.random.Generator) -> None:
    """Print the table for many products: ours and NumPy, and the memory that ours takes."""
    shop = make_shop(n, rng)
    before = resident()
    table = make_table(shop)
    taken = resident() - before
    vectors = shop.vectors.nbytes / 2**20
    print(f"{n:,} products x {SIZE}")
    print(
        f"memory of the table: {taken:,.0f} MiB ({vectors:,.0f} of it the vectors, {vectors / 4:,.0f} codes)"
    )
    compare(shop, table, None, queries, rng)
    while_changing(shop, table, queries, rng)


if __name__ == "__main__":
    main()
