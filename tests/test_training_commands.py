"""The training commands, before they train."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest

from shelftalk.tools.errors import UsageError


@pytest.mark.parametrize(
    ("name", "option"),
    [("combiner", "--encoder"), ("eye", "--minutes"), ("language", "--data"), ("sft", "--tower")],
)
def test_help_answers(
    name: str, option: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", [name, "--help"])
    with pytest.raises(SystemExit, match="0"):
        import_module(f"shelftalk.finetune.{name}").main()
    said = capsys.readouterr().out
    assert option in said and "--seed" in said


@pytest.mark.parametrize("name", ["combiner", "eye"])
def test_a_folder_without_data_is_named(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    module = import_module(f"shelftalk.finetune.{name}")
    monkeypatch.setattr(module, "shop_path", lambda: tmp_path / "none.parquet")
    with pytest.raises(UsageError, match=r"fashion\.parquet"):
        module.data_files(tmp_path)
