"""`shelftalk events`: take what shoppers did into a store's log."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shelftalk.tools.events import BadEvent
    from shelftalk.tools.events_feeding import Fed

SHOWN = 20
FIELDS = ("shopper", "item", "kind", "time")


def run(
    path: Annotated[
        str, typer.Argument(help="CSV, JSONL, JSON or Parquet file; - reads JSON lines as they come.")
    ],
    store: Annotated[
        Path | None, typer.Option(help="A store made by `index`; the demo shop if none.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="FIELD=COLUMN,... of shopper, item, kind and time, where names do not tell."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Take what shoppers did into the log that `fit` learns from; the same event is kept once."""
    from shelftalk.agent.settings import Settings
    from shelftalk.tools.columns import parse_map
    from shelftalk.tools.events_feeding import feed, feed_lines, stdin_lines
    from shelftalk.tools.indexing_progress import shown
    from shelftalk.tools.opening import made_store

    mapping = parse_map(",".join(map_ or ()))
    folder = made_store(store or Settings().store, progress=not as_json)
    try:
        if path == "-":
            fed = feed_lines(stdin_lines(), folder, mapping, lambda bad: _tell(bad, "line"))
        else:
            with shown(f"Taking in {Path(path).name}", not as_json) as tell:
                fed = feed(Path(path).expanduser(), folder, mapping, tell)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was taken in stays; a second run adds nothing twice.", err=True)
        raise typer.Exit(130) from None
    typer.echo(json.dumps(_as_dict(fed, folder), ensure_ascii=False) if as_json else _as_text(fed, folder))


def _tell(bad: BadEvent, unit: str) -> None:
    typer.echo(f"shelftalk: {unit} {bad.row} is left out: {bad.problem}", err=True)


def _as_dict(fed: Fed, folder: Path) -> dict[str, object]:
    return {
        "store": str(folder),
        "read": fed.read,
        "added": fed.added,
        "repeated": fed.repeated,
        "columns": fed.columns,
        "unknown": fed.unknown,
        "unknown_items": len(fed.unknown_items),
        "bad_rows": [vars(row) for row in fed.bad],
        "seconds": round(fed.seconds, 2),
    }


def _as_text(fed: Fed, folder: Path) -> str:
    counts = [f"{fed.added:,} {'event' if fed.added == 1 else 'events'} added"]
    counts += [f"{fed.repeated:,} there already"] if fed.repeated else []
    counts += [f"{len(fed.bad):,} left out"] if fed.bad else []
    lines = [", ".join(counts) + f" in {fed.seconds:,.1f} s"]
    lines += [f"  {fed.unit} {bad.row}: {bad.problem}" for bad in fed.bad[:SHOWN]]
    if len(fed.bad) > SHOWN:
        kinds = Counter(row.problem.split("'")[0].strip()[:40] for row in fed.bad)
        most = ", ".join(f"{kind} {count:,}" for kind, count in kinds.most_common(5))
        lines.append(
            f"  and {len(fed.bad) - SHOWN:,} more ({most}); all are in {folder / 'bad_events.jsonl'}"
        )
    lines += _columns(fed.columns)
    if fed.unknown:
        lines.append(
            f"Items that the store does not have: {len(fed.unknown_items):,} in {fed.unknown:,} events "
            f"({min(fed.unknown_items)}, for one); they are kept."
        )
    lines.append(f"Learn from them: shelftalk fit --store {folder}")
    return "\n".join(lines)


def _columns(columns: dict[str, str]) -> list[str]:
    """Say what was read from where, unless each column has its own name."""
    if not columns or columns == {name: name for name in FIELDS}:
        return []
    lacking = [name for name in FIELDS if name not in columns]
    read = ", ".join(f"{name} from {columns[name]}" for name in FIELDS if name in columns)
    if lacking:
        read += f"; no column is known to hold the {' or the '.join(lacking)}: --map {lacking[0]}=COLUMN"
    return [f"Read {read}."]
