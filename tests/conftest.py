"""A home of their own for the tests' stores and sessions, and no look-ups on any hub."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest

# Before anything imports a library that reads them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
# The models here are small: threads would wait for one another longer than they work.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("SHELFTALK_HOME", tempfile.mkdtemp(prefix="shelftalk-tests-"))
if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # tests run side by side share no store
    os.environ["SHELFTALK_HOME"] = str(Path(os.environ["SHELFTALK_HOME"]) / worker)
    Path(os.environ["SHELFTALK_HOME"]).mkdir(parents=True, exist_ok=True)
# A shell that starts the tests in the background has them and what they start ignore Ctrl-C.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def home() -> Path:
    """The folder that holds stores and sessions; the demo shop is indexed into it once for all tests."""
    return Path(os.environ["SHELFTALK_HOME"])


@pytest.fixture
def command_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run `shelftalk ARGUMENTS` in this process; returns the exit code, stdout and stderr."""

    def run(*arguments: object) -> tuple[int, str, str]:
        from shelftalk.agent.cli import main

        monkeypatch.setattr(sys, "argv", ["shelftalk", *map(str, arguments)])
        with pytest.raises(SystemExit) as stopped:
            main()
            raise SystemExit(0)
        said = capsys.readouterr()
        return int(stopped.value.code or 0), said.out, said.err

    return run


@pytest.fixture
def taste_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out what popularity adds to scores where there are few likes."""
    from shelftalk.tools.scores.shared import ItemScorer

    monkeypatch.setattr(ItemScorer, "prior", 0.0)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Make a tiny model's folder at its first use, by its name in contracts/tiny_models.py."""
    made: dict[str, Path] = {}

    def get(name: str) -> Path:
        if name not in made:
            import torch
            from contracts.tiny_models import MODELS

            torch.manual_seed(len(name))
            made[name] = tmp_path_factory.mktemp(name)
            MODELS[name](made[name])
        return made[name]

    return get
