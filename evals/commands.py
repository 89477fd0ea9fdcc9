"""`shelftalk eval`: the suites of dialogues, retrieval and recommendation."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Annotated, Any

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


Data = Annotated[Path | None, typer.Option("--data", help="The folder that holds the data sets.")]
Dialogues = Annotated[int, typer.Option("--dialogues", "-n", min=1, help="How many dialogues, or cases.")]
Drawn = Annotated[int, typer.Option("--seed", help="Of the simulated shoppers.")]
Backbone = Annotated[str, typer.Option("--backbone", help="A model's folder or hub name, or openai:NAME.")]
Server = Annotated[str, typer.Option("--base-url", help="Of an OpenAI-compatible server.")]
Answers = Annotated[str, typer.Option("--out", help="Write every answer to this JSON file.")]


def _on_dialogues(name: str, reads_data: bool) -> Callable[..., None]:
    """Return a suite's command; one that reads data sets has `--data`."""

    def measure(count: int, seed: int, backbone: str, base_url: str, out: str, more: dict[str, Any]) -> None:
        from rich.console import Console

        from shelftalk.agent.backbones import load_backbone
        from shelftalk.evals.report import tables, write_report

        check_out(Path(out).expanduser() if out else None)
        suite = load_suite(name)
        model = load_backbone(backbone or None, base_url=base_url or None)
        answers = suite.run(model, count, seed, progress=True, **more)
        summary = suite.summarise(answers)
        console = Console()
        if not console.is_terminal:
            console = Console(width=WIDE)
        for table in tables(summary):
            console.print(table)
        if out:
            settings = {"dialogues": count, "seed": seed, "backbone": backbone or "mini"}
            write_report(Path(out).expanduser(), name, settings, summary, answers)

    def run(
        dialogues: Dialogues = 200,
        seed: Drawn = 0,
        backbone: Backbone = "",
        base_url: Server = "",
        out: Answers = "",
    ) -> None:
        measure(dialogues, seed, backbone, base_url, out, {})

    def run_on_data(
        dialogues: Dialogues = 200,
        seed: Drawn = 0,
        backbone: Backbone = "",
        base_url: Server = "",
        data: Data = None,
        out: Answers = "",
    ) -> None:
        folder = data.expanduser() if data is not None else None
        measure(dialogues, seed, backbone, base_url, out, {"data": folder})

    return run_on_data if reads_data else run


def _about(name: str) -> tuple[str, bool]:
    """Return what a suite asks, and whether it reads data sets; read off its file, for imports take a second."""
    text = (resources.files("shelftalk.evals.suites") / f"{name}.py").read_text(encoding="utf-8")
    run = re.search(r"^def run\((.*?)\) ->", text, re.MULTILINE | re.DOTALL)
    return text.removeprefix('"""').partition("\n")[0], run is not None and "data:" in run[1]


for _name in suite_names():
    _help, _reads_data = _about(_name)
    app.command(_name, help=_help)(_on_dialogues(_name, _reads_data))


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
