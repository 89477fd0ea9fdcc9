"""`shelftalk index`: take a catalogue into a store."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from shelftalk.tools.indexing import Report

SHOWN = 20


def run(
    path: Annotated[Path, typer.Argument(help="CSV, JSONL, JSON or Parquet file, or a folder of pictures.")],
    store: Annotated[
        Path | None, typer.Option(help="The store's folder; by default named after PATH.")
    ] = None,
    map_: Annotated[
        list[str] | None, typer.Option("--map", help="FIELD=COLUMN,...: what names alone do not tell.")
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help="A folder of pictures named by product id.")] = None,
    drop_missing: Annotated[
        bool, typer.Option("--drop-missing", help="Remove products that PATH no longer has.")
    ] = False,
    rebuild: Annotated[bool, typer.Option("--rebuild", help="Empty the store first.")] = False,
    currency: Annotated[
        str | None, typer.Option(help="Of prices that name none: USD, EUR, ... (ISO 4217).")
    ] = None,
    encoder: Annotated[
        str | None, typer.Option(help="A folder or hub name of a CLIP-like model; the built-in one if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take a catalogue into a store; a second run takes in only what changed, a killed one goes on."""
    from shelftalk.tools.catalogue import Catalogue
    from shelftalk.tools.columns import parse_map
    from shelftalk.tools.indexing import index
    from shelftalk.tools.indexing_progress import shown

    path = path.expanduser()
    mapping = parse_map(",".join(map_ or ()))
    folder = store.expanduser() if store is not None else _default_folder(path)
    pictures = pictures.expanduser() if pictures else None
    Catalogue(
        path, mapping, pictures, currency
    )  # a mistake is told before the encoder takes its time to load
    from shelftalk.tools.encoder import load_encoder

    try:
        with shown(f"Indexing {path.name}", not as_json) as tell:
            report = index(
                path,
                folder,
                load_encoder(encoder),
                mapping=mapping,
                pictures=pictures,
                currency=currency,
                drop_missing=drop_missing,
                rebuild=rebuild,
                progress=tell,
            )
    except KeyboardInterrupt:
        typer.echo("Stopped. What was taken in stays: run the same command again to go on.", err=True)
        raise typer.Exit(130) from None
    if as_json:
        typer.echo(json.dumps(_as_dict(report, folder), ensure_ascii=False))
    else:
        typer.echo(_as_text(report, folder))


def _default_folder(path: Path) -> Path:
    from shelftalk.tools.opening import store_folder
    from shelftalk.tools.store_about import peek

    folder = store_folder(path.resolve().stem)
    there = peek(folder).get("notes", {}).get("catalogue")
    if there and Path(there) != path.resolve():
        raise UsageError(f"{folder} holds another catalogue, {there}: name a folder with --store DIR.")
    return folder


def _as_dict(report: Report, folder: Path) -> dict[str, object]:
    counts = ("added", "changed", "unchanged", "removed", "missing", "dropped", "without_currency")
    return {
        "store": str(folder),
        **{name: getattr(report, name) for name in counts},
        "bad_rows": [vars(row) for row in report.bad],
        "seconds": round(report.seconds, 2),
    }


def _as_text(report: Report, folder: Path) -> str:
    counts = [("added", report.added), ("changed", report.changed), ("unchanged", report.unchanged)]
    counts += [("removed", report.removed)] if report.removed else []
    lines = [", ".join(f"{n:,} {name}" for name, n in counts) + f" in {report.seconds:,.1f} s", ""]
    if report.bad:
        lines[1:1] = _bad_rows(report, folder)
    if report.missing:
        lines.append(
            f"{report.missing:,} products are no longer in the catalogue; --drop-missing removes them."
        )
    if report.without_currency:
        lines.append(f"{report.without_currency:,} prices name no currency; --currency USD says which it is.")
    lines.append(f"The store is {folder}. Talk with it: shelftalk chat --store {folder}")
    return "\n".join(line for line in lines if line)


def _bad_rows(report: Report, folder: Path) -> list[str]:
    """List the rows, those that were left out first."""
    bad, unit = report.bad, report.unit
    lines = [f"{len(bad):,} rows with something wrong, {report.dropped:,} of them left out:"]
    for row in sorted(bad, key=lambda row: (row.kept, row.row))[:SHOWN]:
        name = f" ({row.id})" if row.id else ""
        lines.append(
            f"  {unit} {row.row}{name}: {row.problem}; {'kept without it' if row.kept else 'left out'}"
        )
    if len(bad) > SHOWN:
        kinds = Counter(row.problem.split(":")[0].split("(")[0].strip()[:40] for row in bad)
        most = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common(5))
        lines.append(f"  and {len(bad) - SHOWN:,} more ({most}); all are in {folder / 'bad_rows.jsonl'}")
    return lines
