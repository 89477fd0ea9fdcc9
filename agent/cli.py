"""The command line: `shelftalk COMMAND`. Each command is a file in `commands/`; a mistake ends in one line."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import typer

from shelftalk import __version__
from shelftalk.evals import commands as evals
from shelftalk.finetune import commands as finetune
from shelftalk.tools.errors import ShelftalkError

COMMANDS = ("chat", "ask", "index", "search", "events", "fit", "tools", "info")

app = typer.Typer(
    name="shelftalk",
    help="A shop assistant that sees: talk with a catalogue in words and pictures.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"shelftalk {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[bool, typer.Option("--version", callback=_version, is_eager=True)] = False,
) -> None:
    """A shop assistant that sees: talk with a catalogue in words and pictures."""


for _name in COMMANDS:
    app.command(_name)(importlib.import_module(f"shelftalk.agent.commands.{_name}").run)


app.add_typer(evals.app, name="eval")
app.add_typer(finetune.app, name="finetune")


def main() -> None:
    """Run the command line; a `ShelftalkError` becomes one line on stderr and its exit code."""
    try:
        app()
    except ShelftalkError as error:
        print(f"shelftalk: {error}", file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        print("shelftalk: interrupted", file=sys.stderr)
        sys.exit(130)
