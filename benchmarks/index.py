"""How quickly a catalogue is taken into a store, pictures and all.

    python benchmarks/index.py [--catalogue fashion.parquet] [--rows 4000] [--threads 2]

Makes a store in a temporary folder, from the demo shop where no catalogue is named, and prints products a second and
the processor time that each took, all threads together: on an idle machine with two cores, 13 ms a product are 150
products a second. `--rows` takes as many rows of a Parquet file, evenly. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path


def some_rows(path: Path, rows: int, folder: Path) -> Path:
    """Write some rows of a Parquet file, taken evenly from the whole, to a file of their own."""
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    if table.num_rows > rows:
        table = table.take([place * table.num_rows // rows for place in range(rows)])
    pq.write_table(table, folder / path.name)
    return folder / path.name


def main() -> None:
    """Read the options, index, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--catalogue", type=Path)
    parser.add_argument("--rows", type=int)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    if os.environ.get("OMP_NUM_THREADS") != str(options.threads):
        os.environ["OMP_NUM_THREADS"] = str(options.threads)
        os.execv(
            sys.executable, [sys.executable, *sys.argv]
        )  # it is read once, when NumPy and torch are imported
    from shelftalk.tools.demo import shop_path
    from shelftalk.tools.encoder import load_encoder
    from shelftalk.tools.indexing import index

    encoder = load_encoder()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        path = options.catalogue or shop_path()
        if options.rows:
            path = some_rows(path, options.rows, folder)
        start, worked = time.perf_counter(), time.process_time()
        report = index(path, folder / "store", encoder)
        took, work = time.perf_counter() - start, time.process_time() - worked
        start = time.perf_counter()
        again = index(path, folder / "store", encoder)
        unchanged = time.perf_counter() - start
    print(f"{report.added:,} products of {path.name} in {took:.1f} s: {report.added / took:,.0f} a second")
    print(
        f"processor time: {1e3 * work / max(report.added, 1):.1f} ms a product, {work / took:.1f} cores busy"
    )
    print(f"again, {again.unchanged:,} unchanged: {unchanged:.1f} s")


if __name__ == "__main__":
    main()
