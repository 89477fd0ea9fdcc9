"""The command line: `shelftalk COMMAND`. Each command is a file in `commands/`; a mistake ends in one line."""

from __future__ import annotations

import importlib
import sys
from typing import Annotated

import typer

from shelftalk import __version__
from shelftalk.tools.errors import ShelftalkError

COMMANDS = ("chat", "ask", "index", "search", "tools", "info")

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


@app.command("eval")
def evaluate(
    suite: Annotated[str, typer.Argument(help="Which suite: tools.")],
    dialogues: Annotated[int, typer.Option("--dialogues", "-n", min=1, help="How many dialogues.")] = 200,
    seed: Annotated[int, typer.Option(help="Of the simulated shoppers.")] = 0,
    backbone: Annotated[str, typer.Option(help="A model's folder or hub name, or openai:NAME.")] = "",
    base_url: Annotated[str, typer.Option(help="Of an OpenAI-compatible server.")] = "",
    out: Annotated[str, typer.Option(help="Write every answer to this JSON file.")] = "",
) -> None:
    """Measure a model on a suite of dialogues."""
    from pathlib import Path

    from rich.console import Console

    from shelftalk.agent.backbones import load_backbone
    from shelftalk.evals.report import table, write_report
    from shelftalk.evals.suites import load_suite

    module = load_suite(suite)
    model = load_backbone(backbone or None, base_url=base_url or None)
    answers = module.run(model, dialogues, seed, progress=True)
    summary = module.summarise(answers)
    Console().print(table(summary))
    if out:
        settings = {"dialogues": dialogues, "seed": seed, "backbone": backbone or "mini"}
        write_report(Path(out), suite, settings, summary, answers)


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
