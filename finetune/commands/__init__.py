"""`shelftalk finetune`: from a shop's catalogue and chats to a better recommender."""

from __future__ import annotations

import importlib
import pkgutil

import typer

app = typer.Typer(
    help="Tune a backbone for a shop: training rows, LoRA, preferences, merging, export.",
    no_args_is_help=True,
)

# Each command is a file of this package, its name the command's; a name with "_" before it is no command.
for _module in pkgutil.iter_modules(__path__):
    if not _module.name.startswith("_"):
        app.command(_module.name)(importlib.import_module(f"{__name__}.{_module.name}").run)
