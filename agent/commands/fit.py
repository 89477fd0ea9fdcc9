"""`shelftalk fit`: learn from what shoppers did."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shelftalk.tools.fitting import Fit


def run(
    store: Annotated[
        Path | None, typer.Option(help="A store made by `index`; the demo shop if none.")
    ] = None,
    scorer: Annotated[
        str | None, typer.Option(help="ease, ials, itemknn, ...; the one that suits the shop's size if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Fit a scorer on a store's events; a chat or service that has the store open picks it up."""
    from shelftalk.agent.settings import Settings
    from shelftalk.tools.fitting import fit
    from shelftalk.tools.indexing_progress import shown
    from shelftalk.tools.opening import made_store, shipped_events
    from shelftalk.tools.scores import scorer_class

    if scorer is not None:
        scorer_class(scorer)  # a wrong name is told before the demo shop is made
    folder = made_store(store or Settings().store, progress=not as_json)
    try:
        with shown("Fitting", not as_json) as tell:
            found = fit(folder, scorer, shipped=shipped_events(folder), progress=tell)
    except KeyboardInterrupt:
        typer.echo("Stopped. The scorer is as it was before.", err=True)
        raise typer.Exit(130) from None
    typer.echo(
        json.dumps({"store": str(folder), **asdict(found)}, ensure_ascii=False) if as_json else _said(found)
    )


def _said(found: Fit) -> str:
    text = (
        f"{found.scorer} learnt from {found.taken:,} things that {found.shoppers:,} shoppers viewed, liked or bought, "
        f"{found.items:,} items in all, in {found.seconds:,.1f} s."
    )
    return text + (f" Not in the store: {found.gone:,} of the items." if found.gone else "")
