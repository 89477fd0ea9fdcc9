"""The embedded model adapted to a shop of a kind that it never saw, films, and what that does to the shop it knows.

    python benchmarks/adapt.py --data DIR --out FOLDER [--visits 1400] [-n 150]

A film shop is made of MovieLens-1M (DIR/ml1m_items.parquet: titles, plots, directors, casts, posters; prices are
drawn, for there are none), training rows of it and of what a thousand people took (DIR/ml1m_train.parquet), rows of
the demo shop to be replayed, and an adapter, all with the commands that anybody uses. Then the model is measured
without the adapter and with it, on the same held-out conversations about films and in the demo shop. What FOLDER holds
already is not made again; a run that was broken off goes on. Nothing trained here is shipped: MovieLens is for
research.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from shelftalk.evals.features import read_columns
from shelftalk.tools.whole import write_whole

# What a shop would call a film of several genres: the first of these that fits.
KINDS = {
    "Animation": "animated film",
    "Documentary": "documentary",
    "Musical": "musical",
    "Western": "western",
    "Film-Noir": "film noir",
    "War": "war film",
    "Horror": "horror film",
    "Sci-Fi": "science fiction film",
    "Children": "family film",
    "Comedy|Romance": "romantic comedy",
    "Fantasy": "fantasy film",
    "Mystery": "mystery",
    "Thriller": "thriller",
    "Crime": "crime film",
    "Action": "action film",
    "Adventure": "adventure film",
    "Comedy": "comedy",
    "Romance": "romance",
    "Drama": "drama",
}
PEOPLE = 1000
TOLD = ("right tool", "right arguments", "replies borne out", "claims borne out")


def films(data: Path) -> Iterator[dict[str, Any]]:
    """Yield the films as a shop's records; `poster` are the bytes of a picture, or none."""
    names = ["iid", "title", "genres", "plot", "director", "cast", "poster"]
    columns = read_columns(data / "ml1m_items.parquet", names)
    for row in zip(*(columns[name] for name in names), strict=True):
        film = dict(zip(names, row, strict=True))
        genres = set(film["genres"].split("|"))
        kind = next((kind for genre, kind in KINDS.items() if set(genre.split("|")) <= genres), "film")
        title, year = film["title"].rstrip(")").rsplit(" (", 1)
        name, _, article = (
            title.partition(", ") if title.endswith((", The", ", A", ", An")) else (title, "", "")
        )
        rng = random.Random(f"price/{film['iid']}")
        yield {
            "id": str(film["iid"]),
            "title": f"{article} {name}".strip(),
            "category": kind,
            "description": film["plot"],
            "price": round(rng.uniform(4, 12) + max(0, int(year) - 1960) * rng.uniform(0, 0.3)) - 0.01,
            "decade": f"{year[:3]}0s",
            "director": film["director"],
            "star": (film["cast"] or "").split(",")[0],
            "poster": film["poster"],
        }


def make_shop(data: Path, folder: Path) -> None:
    """Write films.jsonl, posters/ and taken.csv, whole or not at all."""
    if (folder / "taken.csv").exists():
        return
    (folder / "posters").mkdir(parents=True, exist_ok=True)
    lines = []
    for film in films(data):
        poster = film.pop("poster")
        if poster:
            film["image"] = f"posters/{film['id']}.webp"
            write_whole(folder / film["image"], poster)
        lines.append(json.dumps(film, ensure_ascii=False))
    write_whole(folder / "films.jsonl", "\n".join(lines).encode())
    taken = read_columns(data / "ml1m_train.parquet", ["uid", "iid"])
    pairs = [f"{u},{i}" for u, i in zip(taken["uid"], taken["iid"], strict=True) if int(u) < PEOPLE]
    write_whole(folder / "taken.csv", "\n".join(["shopper,product", *pairs]).encode())


def shelftalk(*arguments: str | Path) -> None:
    """Run a command of shelftalk."""
    command = shutil.which("shelftalk")
    if command is None:
        raise SystemExit("There is no shelftalk on the path: install it, with its finetune extra.")
    subprocess.run([command, *map(str, arguments)], check=True)


def timed(out: Path, name: str, *arguments: str | Path) -> None:
    """Run a command, and note how long it took in out/seconds.json."""
    begun = time.perf_counter()
    shelftalk(*arguments)
    noted = out / "seconds.json"
    seconds = json.loads(noted.read_text()) if noted.exists() else {}
    seconds[name] = seconds.get(name, 0) + time.perf_counter() - begun
    write_whole(noted, json.dumps(seconds).encode())


def measured(rows: Path, out: Path, adapter: Path | None, count: int) -> list[Any]:
    """Measure the model on the test rows of `rows`, unless `out` has it, and return what came of every turn."""
    from shelftalk.finetune.tuning.measured import read_measured

    with_it = ["--adapter", adapter] if adapter else []
    if not out.exists():
        shelftalk("finetune", "measure", "--data", rows, "-n", str(count), "--out", out, *with_it)
    return read_measured(out).outcomes


def main() -> None:
    """Make the shop, the rows and the adapter, measure, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--visits", type=int, default=1400)
    parser.add_argument("--config", type=Path, help="settings of the run")
    parser.add_argument("-n", "--conversations", type=int, default=150)
    given = parser.parse_args()
    out: Path = given.out
    shop, rows, known, run = (out / name for name in ("shop", "film-rows", "demo-rows", "run"))
    make_shop(given.data, shop)
    if not rows.exists():
        catalogue = ("--catalogue", shop / "films.jsonl", "--interactions", shop / "taken.csv")
        timed(out, "data", "finetune", "data", *catalogue, "--visits", str(given.visits), "--out", rows)
    if not known.exists():
        shelftalk("finetune", "data", "--visits", "3000", "--out", known)
    if not (run / "result.json").exists():
        config = ("--config", given.config) if given.config else ()
        how = ("--resume",) if run.exists() else ("--data", rows, "--replay", known, *config)
        timed(out, "lora", "finetune", "lora", "--out", run, *how)
    table = Table("shop", "", box=None)
    for column in ("turns", *TOLD):
        table.add_column(column, justify="right")
    for name, data in (("films", rows), ("demo shop", known)):
        table_rows(table, name, out, data, run / "adapter", given.conversations)
    console = Console(width=180)
    console.print(table)
    seconds = json.loads((out / "seconds.json").read_text())
    console.print("; ".join(f"{name}: {value / 60:.1f} minutes" for name, value in seconds.items()))


def table_rows(table: Table, name: str, out: Path, data: Path, adapter: Path, count: int) -> None:
    """Add what was measured in one shop before and after, and the change."""
    from shelftalk.finetune.tuning.measure import compare, summarise
    from shelftalk.finetune.tuning.summary import percent, points

    short = name.split()[0]
    before = measured(data, out / f"{short}-before.json", None, count)
    after = measured(data, out / f"{short}-after.json", adapter, count)
    for when, outcomes in (("before", before), ("after", after)):
        shares = summarise(outcomes)["all"]
        table.add_row(
            name, when, f"{len(outcomes):,}", *(percent(shares[m]) if m in shares else "" for m in TOLD)
        )
    change = compare(after, before)["all"]
    table.add_row("", "change, points", "", *(points(change[m]) if m in change else "" for m in TOLD))


if __name__ == "__main__":
    main()
