"""The page on fine-tuning says what the commands and their settings are."""

from __future__ import annotations

import importlib
import re
import shlex
import tomllib
from pathlib import Path

import click
import pytest
import typer
from pydantic import BaseModel

from shelftalk.agent.cli import app
from shelftalk.finetune.tuning.dpo import DpoSettings
from shelftalk.finetune.tuning.settings import Settings

PAGE = (Path(__file__).parent.parent / "docs" / "finetuning.md").read_text("utf-8")
COMMANDS = [line.removeprefix("$ ") for line in PAGE.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("command", [line for line in COMMANDS if "shelftalk" in line])
def test_a_command_takes_its_options(command: str) -> None:
    words = shlex.split(command[command.index("shelftalk") :].replace("shelftalk)", "shelftalk"))[1:]
    group = typer.main.get_command(app)
    while isinstance(group, click.Group):
        group = group.commands[words.pop(0)]
    with group.make_context(group.name, words):  # parses, and runs nothing
        pass


def values(settings: BaseModel, before: str = "") -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in settings:
        if isinstance(value, BaseModel):
            found |= values(value, f"{before}{name}.")
        else:
            found[f"{before}{name}"] = value
    return found


def test_every_setting_stands_there_with_its_default() -> None:
    said = dict(re.findall(r"^\| `([\w.]+)` \| `(.*?)` \|", PAGE, flags=re.MULTILINE))
    read = {name: tomllib.loads(f"value = {text}")["value"] for name, text in said.items()}
    own, preferring = values(Settings()), values(DpoSettings())
    assert {name: value for name, value in read.items() if name in own} == own
    assert read.keys() == preferring.keys()
    sentence = PAGE[PAGE.index("`dpo` has a few") :].partition("| setting |")[0]
    gentler = {name: float(value) for name, value in re.findall(r"`([\w.]+) = (\S+)`", sentence)}
    assert gentler == {name: value for name, value in preferring.items() if value != read[name]}


def test_every_command_of_the_group_stands_there() -> None:
    group = importlib.import_module("shelftalk.finetune.commands").app
    for command in group.registered_commands:
        assert f"shelftalk finetune {command.name} " in PAGE
