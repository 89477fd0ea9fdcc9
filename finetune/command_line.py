"""What the training commands' options share."""

from __future__ import annotations

import argparse
from collections.abc import Iterable


def training_parser(module: str, doc: str | None) -> argparse.ArgumentParser:
    """Return the parser of `python -m shelftalk.finetune.MODULE`, described by its docstring's first line."""
    return argparse.ArgumentParser(
        prog=f"python -m shelftalk.finetune.{module}", description=(doc or "").split("\n")[0]
    )


def add_settings(parser: argparse.ArgumentParser, default: object, names: Iterable[str]) -> None:
    """Add an option for each of these settings, of the type and with the value that it has in `default`."""
    for name in names:
        value = getattr(default, name)
        parser.add_argument(f"--{name.replace('_', '-')}", type=type(value), default=value)
