"""`shelftalk search`: the search tool from the shell."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from shelftalk.tools.toolbox.search import Sort
    from shelftalk.tools.visit import Result


def run(
    query: Annotated[str, typer.Argument(help="Words to look for.")] = "",
    image: Annotated[Path | None, typer.Option(help="A picture to start from.")] = None,
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
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Find products by words, by a picture, or by both."""
    wanted, unwanted = read_pairs("--where", where or ()), read_pairs("--exclude", exclude or ())
    picture = image.expanduser() if image is not None else None

    from shelftalk.tools.opening import open_shop
    from shelftalk.tools.picture import open_picture
    from shelftalk.tools.toolbox.search import search
    from shelftalk.tools.visit import Visit

    opened = open_picture(picture) if picture is not None else None  # before the shop, which takes longer
    shop = open_shop(store, progress=not as_json)
    with shop.store, tempfile.TemporaryDirectory() as folder:
        visit = Visit(shop, pictures=Path(folder))
        result = search(
            visit,
            query=query,
            image=visit.add_picture(opened) if opened is not None else "",
            category=category,
            where=wanted,
            exclude=unwanted,
            min_price=min_price,
            max_price=max_price,
            sort=cast("Sort", sort),
            n=n,
        )
    if as_json:
        typer.echo(as_json_text(result))
    else:
        show(result)


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
    """Write a result as one JSON object: what was found in words, and each hit with its parts."""
    hits = [hit.model_dump() for hit in result.hits]
    summary = result.text.partition("\n")[0]
    return json.dumps({"summary": summary, "hits": hits}, ensure_ascii=False, indent=2)


def show(result: Result) -> None:
    """Print a result as a table."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from shelftalk.tools.render import clean, money

    console = Console(highlight=False)
    console.print(Text(result.text.partition("\n")[0]))
    if not result.hits:
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name, side in (("id", "left"), ("product", "left"), ("category", "left"), ("price", "right")):
        table.add_column(name, justify="right" if side == "right" else "left")
    table.add_column("score", justify="right")
    table.add_column("from")
    for hit in result.hits:
        product = hit.product
        price = "" if product.price is None else money(product.price, product.currency)
        parts = sorted((part for part in hit.parts.items() if part[1] >= 0.005), key=lambda part: -part[1])
        cells = [clean(product.id, 40), clean(product.title, 60), clean(product.category, 30), price]
        cells += [f"{hit.score:.2f}", ", ".join(f"{name} {value:.2f}" for name, value in parts)]
        table.add_row(*(Text(cell) for cell in cells))
    console.print(table)
