"""`shelftalk finetune data`: training rows from a shop."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from shelftalk.finetune.tuning.make_data import Made
    from shelftalk.finetune.tuning.rows import Row

EXAMPLES = 3
_SOURCES = {"simulated": "simulated visits", "interactions": "from interactions", "chat": "from chats"}


def run(
    out: Annotated[Path, typer.Option(help="The folder to write; data that it holds is replaced.")],
    store: Annotated[
        Path | None, typer.Option(help="A store made by `index`; the demo shop if none.")
    ] = None,
    catalogue: Annotated[
        Path | None, typer.Option(help="A catalogue's file or folder, in place of a store.")
    ] = None,
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="FIELD=COLUMN,... of the catalogue, as `index` takes it."),
    ] = None,
    interactions: Annotated[
        Path | None,
        typer.Option(help="A file of events, as `events` takes it; what the store's own log holds if none."),
    ] = None,
    chats: Annotated[
        Path | None, typer.Option(help="Exported chat logs: JSON lines of OpenAI-style messages.")
    ] = None,
    sessions: Annotated[
        bool, typer.Option("--sessions", help="Learn from answers of your own chats that got a thumb.")
    ] = False,
    visits: Annotated[int, typer.Option(min=0, help="Visits to simulate in the shop.")] = 2000,
    seed: Annotated[int, typer.Option(help="The same seed makes the same rows.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Make training rows of a shop: simulated visits, what shoppers took, chats; split by product and shopper."""
    from shelftalk.agent.settings import Settings
    from shelftalk.finetune.tuning.interaction_rows import read_events
    from shelftalk.finetune.tuning.make_data import events_of, make_data, opened_goods
    from shelftalk.finetune.tuning.write_data import check_target
    from shelftalk.tools.columns import parse_map
    from shelftalk.tools.errors import UsageError
    from shelftalk.tools.indexing_progress import shown

    out, mapping = out.expanduser(), parse_map(",".join(map_ or ()))
    check_target(out)
    if catalogue is None:
        if mapping:
            raise UsageError("--map goes with --catalogue: a store was told when it was made.")
        store = store or Settings().store
    elif sessions:
        raise UsageError("Sessions were held in a store: give --store in place of --catalogue.")
    if chats is not None and not chats.expanduser().is_file():
        raise UsageError(f"There is no file of chats at {chats}: check the path.")
    events = read_events(interactions.expanduser()) if interactions else None
    held = None
    if sessions:
        from shelftalk.agent.sessions import Sessions

        held = Sessions()
    try:
        with (
            opened_goods(store, catalogue and catalogue.expanduser(), mapping, not as_json) as (
                goods,
                source,
            ),
            shown("Simulating visits", not as_json) as tell,
        ):
            made = make_data(
                goods,
                out,
                source=source,
                visits=visits,
                seed=seed,
                events=events or (None if catalogue else events_of(Path(source))),
                chats=chats and chats.expanduser(),
                sessions=held,
                progress=tell,
            )
    except KeyboardInterrupt:
        typer.echo("Stopped. Nothing was written; what was there before stays.", err=True)
        raise typer.Exit(130) from None
    typer.echo(json.dumps(made.about, ensure_ascii=False) if as_json else said(made))


def said(made: Made) -> str:
    """Write what was made, with three examples."""
    from shelftalk.finetune.tuning.rows import SPLITS
    from shelftalk.finetune.tuning.showing import example

    lines = []
    for split in SPLITS:
        c = made.about["counts"][split]
        sources = ", ".join(f"{c[name]:,} {words}" for name, words in _SOURCES.items() if name in c)
        lines.append(
            f"{split:<11}{c['rows']:>7,} rows{f' ({sources})' if sources else ''}, {c['turns']:,} turns, "
            f"{c['learnt']:,} messages learnt ({c['calls']:,} of them calls), {c['pictures']:,} pictures, "
            f"{c['products']:,} products, {c['shoppers']:,} shoppers"
        )
    if made.preferences:
        lines.append(f"preferences {len(made.preferences):>6,} pairs of a better and a worse answer")
    for what, counted in (("Taken out", made.about["scrubbed"]), ("Not learnt", made.about["left_out"])):
        if counted:
            lines.append(f"{what}: {', '.join(f'{name} {count:,}' for name, count in counted.items())}")
    for row in _examples(made.rows["train"]):
        lines += ["", example(row)]
    lines += ["", f"The data is {made.folder}. Train on it: shelftalk finetune lora --data {made.folder}"]
    return "\n".join(lines)


def _examples(rows: Sequence[Row]) -> list[Row]:
    """Return three rows, of different sources where there are some."""
    first: dict[str, Row] = {}
    for row in rows:
        first.setdefault(row.source, row)
    more = [row for row in (rows[len(rows) // 2], rows[len(rows) // 4]) if row not in first.values()]
    return [*first.values(), *more][:EXAMPLES]
