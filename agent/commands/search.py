"""`shelftalk search`: the search tool from the shell."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from rich.table import Table

    from shelftalk.tools.product import Hit
    from shelftalk.tools.toolbox.search import Sort
    from shelftalk.tools.visit import Result, Visit


def run(
    query: Annotated[str, typer.Argument(help="Words to look for.")] = "",
    image: Annotated[list[Path] | None, typer.Option(help="A picture to start from; repeatable.")] = None,
    unlike: Annotated[
        list[Path] | None, typer.Option(help="A picture it should not look like; repeatable.")
    ] = None,
    category: Annotated[str, typer.Option(help="The kind of product.")] = "",
    where: Annotated[list[str] | None, typer.Option(help="What it must be, FIELD=VALUE; repeatable.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(help="What it must not be, FIELD=VALUE; repeatable.")
    ] = None,
    min_price: Annotated[float | None, typer.Option(help="The least it may cost.")] = None,
    max_price: Annotated[float | None, typer.Option(help="The most it may cost.")] = None,
    sort: Annotated[
        str, typer.Option(help="best match, cheapest, most expensive or top rated.")
    ] = "best match",
    n: Annotated[int, typer.Option("-n", help="How many products to show.")] = 10,
    store: Annotated[
        Path | None, typer.Option(help="A store made by `index`; the demo shop if none.")
    ] = None,
    like: Annotated[
        list[str] | None, typer.Option(help="The id of a product the shopper likes; repeatable.")
    ] = None,
    taste: Annotated[
        float | None,
        typer.Option(help="How much the shopper's taste counts: 0 not at all, 1 as usual, up to 3."),
    ] = None,
    shopper: Annotated[
        str | None, typer.Option(help="Who is looking: what the shop's log of events knows of them counts.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find products by words, by pictures, or by both."""
    wanted = read_pairs("--where", where or ())
    unwanted: dict[str, list[str]] = {}
    for text in exclude or ():
        for field, value in read_pairs("--exclude", [text]).items():
            unwanted.setdefault(field, []).append(value)

    from shelftalk.agent.settings import Settings
    from shelftalk.agent.shopper import shopper_id
    from shelftalk.tools.opening import open_shop
    from shelftalk.tools.picture import open_picture
    from shelftalk.tools.toolbox.search import search
    from shelftalk.tools.visit import Visit, VisitState, check_taste

    # Before the shop, which takes longer.
    weight = check_taste(Settings().taste if taste is None else taste)
    state = VisitState(shopper=shopper_id(shopper))
    near = [open_picture(path.expanduser()) for path in image or ()]
    away = [open_picture(path.expanduser()) for path in unlike or ()]
    shop = open_shop(store, progress=not as_json)
    with closing(shop), tempfile.TemporaryDirectory() as folder:
        visit = Visit(shop, state, Path(folder), weight)
        for product in shop.store.get(like or ()):
            state.note("like", product.id)
        result = search(
            visit,
            query=query,
            image=", ".join(dict.fromkeys(visit.add_picture(picture) for picture in near)),
            unlike=", ".join(dict.fromkeys(visit.add_picture(picture) for picture in away)),
            category=category,
            where=wanted,
            exclude=unwanted,
            min_price=min_price,
            max_price=max_price,
            sort=cast("Sort", sort),
            n=n,
        )
        because = reasons(visit, result)
    if as_json:
        typer.echo(as_json_text(result))
    else:
        show(result)
        for line in because:
            typer.echo(line)


def reasons(visit: Visit, result: Result) -> list[str]:
    """Return the lines that say which likes brought which product."""
    from shelftalk.agent.repl.why import because
    from shelftalk.agent.reply import Shown
    from shelftalk.tools.render import clean
    from shelftalk.tools.visit import Visit

    # At the shell a product goes by its id: no handles.
    visit = Visit(visit.shop, visit.state.model_copy(update={"shown": []}))
    return because(visit, [Shown(clean(hit.product.id, 40), hit) for hit in result.hits], "search")


def read_pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """Read FIELD=VALUE texts; UsageError says which one is not, or is given twice."""
    pairs: dict[str, str] = {}
    for text in texts:
        field, equals, value = text.partition("=")
        field, value = field.strip(), value.strip()
        if not (field and equals and value):
            raise UsageError(f"{option} {text!r} is not FIELD=VALUE, as in colour=red.")
        if field in pairs:
            raise UsageError(f"{option} gives {field} twice; one value a field is allowed.")
        pairs[field] = value
    return pairs


def as_json_text(result: Result) -> str:
    """Write a result as one JSON object: what was found in words, each hit with its parts, and what else there is.

    `instead` holds what would be found without the filter that emptied the page (`summary` names it), `mended` the
    words that were read as others.
    """
    found = {
        "summary": result.text.partition("\n")[0],
        "hits": [hit.model_dump() for hit in result.hits],
        "mended": result.mended,
        "instead": [hit.model_dump() for hit in result.instead],
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def show(result: Result) -> None:
    """Print a result as a table; of an empty one, why it is empty and what there is instead."""
    from rich.console import Console
    from rich.text import Text

    from shelftalk.tools.render import clean

    console = Console(highlight=False)
    for word, meant in result.mended.items():
        console.print(Text(f"{clean(word, 40)} was read as {clean(meant, 40)}"))
    console.print(Text(result.text.partition("\n")[0]))
    if result.hits:
        console.print(_table(result.hits))
    elif result.instead:
        # The summary names the filters, the first of them the one that these were found without.
        left_out = re.match(r"0 found; (without .+?): \d+(;|$)", result.text)
        console.print(Text(f"Found {left_out[1] if left_out else 'with fewer filters'}:"))
        console.print(_table(result.instead))


def _table(hits: Sequence[Hit]) -> Table:
    from rich.table import Table
    from rich.text import Text

    from shelftalk.tools.render import clean, money

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, side in (("id", "left"), ("product", "left"), ("category", "left"), ("price", "right")):
        table.add_column(name, justify="right" if side == "right" else "left")
    table.add_column("score", justify="right")
    table.add_column("from")
    for hit in hits:
        product = hit.product
        price = "" if product.price is None else money(product.price, product.currency)
        parts = sorted((part for part in hit.parts.items() if part[1] >= 0.005), key=lambda part: -part[1])
        cells = [clean(product.id, 40), clean(product.title, 60), clean(product.category, 30), price]
        cells += [f"{hit.score:.2f}", ", ".join(f"{name} {value:.2f}" for name, value in parts)]
        table.add_row(*(Text(cell) for cell in cells))
    return table
