"""Every command and snippet of the README, run as printed."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parent.parent
TEXT = (ROOT / "README.md").read_text("utf-8")
TALKING, MEASURING = TEXT.split("\n## Measuring\n")  # the latter's commands: test_readme_measuring.py
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TALKING, flags=re.DOTALL)
COMMANDS = [
    line.removeprefix("$ ")
    for kind, block in BLOCKS
    if kind == "console"
    for line in block.splitlines()
    if line.startswith("$ ")
]
SNIPPETS = [block for kind, block in BLOCKS if kind == "python"]
NAMES = re.findall(r"Save this as `([\w.]+)`", TEXT)
TABLES = dict(zip(NAMES, [block for kind, block in BLOCKS if kind == "csv"], strict=True))


def environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("readme")
    for name, text in TABLES.items():
        (folder / name).write_text(text, "utf-8")
    Image.new("RGB", (200, 260), "seagreen").save(folder / "photo.jpg")
    return folder


def check(command: str, folder: Path) -> None:
    """Run a command as printed: it succeeds, says something, and shows no traceback."""
    run = subprocess.run(
        shlex.split(command), cwd=folder, env=environment(), capture_output=True, text=True, timeout=280
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()
    assert "Traceback" not in run.stderr


INSTALLING = ("make", "pip")  # not run here: what they install is what runs


@pytest.mark.parametrize("command", [c for c in COMMANDS if not c.startswith(INSTALLING)])
def test_command(command: str, folder: Path) -> None:
    check(command, folder)


def test_what_is_installed_is_what_the_project_offers() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    wanted = [extra for c in COMMANDS if c.startswith("pip") for extra in re.findall(r"\[(\w+)\]", c)]
    assert wanted and set(wanted) <= set(extras)


@pytest.mark.parametrize("command", [c for c in COMMANDS if c.startswith("make")])
def test_make_target(command: str) -> None:
    run = subprocess.run([*shlex.split(command), "-n"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_snippet(snippet: str, folder: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-c", snippet],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip()


def test_every_page_that_is_linked_is_there() -> None:
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]
    for page in pages:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert link.startswith("https://") or (page.parent / link).exists(), f"{page.name}: {link}"
