"""`shelftalk eval`: the suites of dialogues, retrieval and recommendation."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from shelftalk.evals import recommendation as recommending
from shelftalk.evals import retrieval as retrieving
from shelftalk.evals.parts import Parts
from shelftalk.evals.suites import load_suite, suite_names
from shelftalk.tools.errors import UsageError

WIDE = 160  # of tables that go to a file, so that a cell stays on its line

app = typer.Typer(
    help="Measure a model on dialogues, an encoder and the search on retrieval, scorers on recommendation.",
    no_args_is_help=True,
)


def _on_dialogues(name: str) -> Callable[..., None]:
    def run(
        dialogues: Annotated[int, typer.Option("--dialogues", "-n", min=1, help="How many dialogues.")] = 200,
        seed: Annotated[int, typer.Option(help="Of the simulated shoppers.")] = 0,
        backbone: Annotated[str, typer.Option(help="A model's folder or hub name, or openai:NAME.")] = "",
        base_url: Annotated[str, typer.Option(help="Of an OpenAI-compatible server.")] = "",
        out: Annotated[str, typer.Option(help="Write every answer to this JSON file.")] = "",
    ) -> None:
        from rich.console import Console

        from shelftalk.agent.backbones import load_backbone
        from shelftalk.evals.report import table, write_report

        check_out(Path(out) if out else None)
        suite = load_suite(name)
        model = load_backbone(backbone or None, base_url=base_url or None)
        answers = suite.run(model, dialogues, seed, progress=True)
        summary = suite.summarise(answers)
        Console().print(table(summary))
        if out:
            settings = {"dialogues": dialogues, "seed": seed, "backbone": backbone or "mini"}
            write_report(Path(out), name, settings, summary, answers)

    return run


for _name in suite_names():
    app.command(_name, help=f"Measure a model on the suite of dialogues {_name!r}.")(_on_dialogues(_name))


Data = Annotated[Path | None, typer.Option("--data", help="The folder that holds the data sets.")]
Coder = Annotated[
    str, typer.Option("--encoder", help="An encoder's folder or hub name; none: the shipped one.")
]
Seed = Annotated[int, typer.Option("--seed", min=0, help="Of the intervals, and of what is drawn.")]
Cache = Annotated[
    Path | None,
    typer.Option(
        "--cache", help="Where vectors, and results of scorers, are kept.", envvar="SHELFTALK_CACHE"
    ),
]
Out = Annotated[Path | None, typer.Option("--out", help="Write every row to this JSON file.")]


def _one_of(parts: Parts) -> str:
    return f"Which part: {', '.join(parts.names())}; repeatable."


@app.command("retrieval")
def retrieval(
    data: Data = None,
    part: Annotated[list[str] | None, typer.Option(help=_one_of(retrieving.PARTS))] = None,
    encoder: Coder = "",
    seed: Seed = 0,
    cache: Cache = None,
    out: Out = None,
) -> None:
    """Does the search find what is asked for? Without --part: all that can be measured with the files there are."""
    _measure(retrieving.PARTS, "queries", data, part, encoder, seed, cache, out)


@app.command("recommendation")
def recommendation(
    data: Data = None,
    part: Annotated[list[str] | None, typer.Option(help=_one_of(recommending.PARTS))] = None,
    encoder: Coder = "",
    seed: Seed = 0,
    cache: Cache = None,
    out: Out = None,
) -> None:
    """Do scorers rank first what shoppers take next? Without --part: all that the files there are allow.

    Each setting's result is kept in the cache, so that a measurement that was broken off goes on from there.
    """
    _measure(recommending.PARTS, "users", data, part, encoder, seed, cache, out)


def _measure(
    parts: Parts,
    counted: str,
    data: Path | None,
    part: list[str] | None,
    encoder: str,
    seed: int,
    cache: Path | None,
    out: Path | None,
) -> None:
    """Measure parts and show their tables; `counted` is what an interval's n counts."""
    from rich.console import Console
    from rich.padding import Padding

    from shelftalk.evals.report import row_tables, write_rows
    from shelftalk.tools.encoder import load_encoder

    out = out.expanduser() if out is not None else None
    check_out(out)
    folder = data.expanduser() if data is not None else None
    names = list(dict.fromkeys(part or ())) or parts.measurable(folder)
    for name in names:
        parts.check_data(name, folder)
    if cache is not None:
        os.environ["SHELFTALK_CACHE"] = str(cache.expanduser())
    model = load_encoder(encoder or None)
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDE)
    rows, said = [], {}
    for name in names:
        found = parts.load(name).measure(folder or Path(), model, seed, progress=True)
        for title, table in row_tables(found, counted).items():
            console.print(table)
            if note := parts.notes(name).get(title):
                console.print(Padding(note, (0, 0, 1, 1)), style="dim")
                said[title] = note
        rows += found
    if out is not None:
        settings = {"parts": names, "seed": seed}
        write_rows(out, parts.of, settings, model, rows, said)


def check_out(out: Path | None) -> None:
    """Raise UsageError where a report cannot be written, before it is made."""
    if out is None:
        return
    folder = out.parent
    if out.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        reason = "is a folder" if out.is_dir() else f"cannot be written: check the folder {folder}"
        raise UsageError(f"--out {out} {reason}; name a file in a folder that is there.")
