"""`shelftalk tools`: what the model may call."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer


def run(
    as_json: Annotated[bool, typer.Option("--json", help="Print the function schemas.")] = False,
    store: Annotated[
        Path | None, typer.Option(help="Fill in this store's fields and values; by default none are.")
    ] = None,
) -> None:
    """List the tools the model may call, with their arguments."""
    from shelftalk.tools.toolbox import load_tool, tool_names, tool_schemas

    if store is not None:
        from shelftalk.tools.store import Store

        with Store.open(store.expanduser()) as opened:
            facets = opened.facets()
    else:
        facets = {}
    if as_json:
        typer.echo(json.dumps(tool_schemas(facets), indent=2, ensure_ascii=False))
        return

    from rich.console import Console
    from rich.markup import escape

    from shelftalk.tools.schema import read_docstring, signature_text

    console = Console(highlight=False)
    for name in tool_names():
        tool = load_tool(name)
        about, notes = read_docstring(tool)
        console.print(f"[bold]{escape(signature_text(tool))}[/bold]", soft_wrap=True)
        console.print(f"  {escape(about)}", soft_wrap=True)
        for argument, note in notes.items():
            console.print(f"    {argument}: {escape(note)}", soft_wrap=True)
        console.print()
