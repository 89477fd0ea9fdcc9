"""Every command under the README's "Measuring", run as printed, apart from the others: they take long."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_readme import MEASURING, ROOT, check

COMMANDS = [line.removeprefix("$ ") for line in MEASURING.splitlines() if line.startswith("$ ")]


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str, tmp_path: Path) -> None:
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    check(command, tmp_path)
