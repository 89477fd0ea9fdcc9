"""`shelftalk ask` and `shelftalk chat` from the shell."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from typer.testing import CliRunner

from shelftalk.agent.cli import app
from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.agent.scripted_shop import make_small_shop
from shelftalk.tools.errors import PictureError, SessionError, UsageError


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ask") / "store"
    make_small_shop(folder).store.close()
    return folder


@pytest.fixture
def model(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ScriptedModel:
    """The commands find this model and the small shop where they would load their own."""
    model = ScriptedModel(
        replies=[call("search", query="dress", max_price=45), "[P1], i would say."], cycle=True
    )
    monkeypatch.setenv("SHELFTALK_HOME", str(tmp_path))
    monkeypatch.setattr("shelftalk.agent.backbones.load_backbone", lambda *_, **__: model)
    monkeypatch.setattr("shelftalk.tools.opening.open_shop", lambda *_, **__: make_small_shop(store))
    return model


def run(*arguments: str, **more: Any) -> Any:
    return CliRunner().invoke(app, list(arguments), catch_exceptions=True, **more)


def test_json_holds_words_products_parts_calls_and_the_session(model: ScriptedModel, tmp_path: Path) -> None:
    photo = tmp_path / "x.png"
    Image.new("RGB", (20, 20), "red").save(photo)
    result = run("ask", "a dress under 45", "--image", str(photo), "--json")
    assert result.exit_code == 0, result.output
    reply = json.loads(result.stdout)
    first = reply["products"][0]
    assert set(first) == {"handle", "id", "title", "price", "currency", "score", "parts", "because"}
    assert first["handle"] == "P1" and first["price"] <= 45 and first["parts"]["words"] > 0
    assert reply["text"].startswith(first["title"]) and reply["seconds"] >= 0
    assert reply["tool_calls"] == [{"name": "search", "arguments": {"query": "dress", "max_price": 45}}]
    assert "img1" in str(model.seen[0][-1].content)

    again = run("ask", "cheaper", "--session", reply["session"], "--json")
    assert json.loads(again.stdout)["session"] == reply["session"]
    assert [m.type for m in model.seen[-1]].count("human") == 2


def test_words_for_a_person(model: ScriptedModel) -> None:
    result = run("ask", "a dress", "--session", "mine")
    assert result.exit_code == 0
    assert ", I would say.\n\n  P1  " in result.stdout or ", i would say.\n\n  P1  " in result.stdout
    assert "\x1b" not in result.stdout and "session mine" in result.stderr


def test_a_shopper_is_named(model: ScriptedModel) -> None:
    assert run("ask", "a dress", "--session", "theirs", "--shopper", "S1").exit_code == 0
    assert isinstance(run("ask", "more", "--session", "theirs", "--shopper", "S2").exception, SessionError)
    assert isinstance(run("ask", "more", "--shopper", " ").exception, UsageError)
    result = run("chat", "--shopper", "S1", input="a dress\n/like 1\n")
    assert result.exit_code == 0 and "Noted: you like P1" in result.stdout


def test_mistakes_before_anything_is_loaded(model: ScriptedModel, tmp_path: Path) -> None:
    (tmp_path / "cut.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    assert isinstance(run("ask", "x" * 100_000).exception, UsageError)
    assert isinstance(run("ask", "see", "--image", str(tmp_path / "cut.png")).exception, PictureError)
    assert isinstance(run("ask").exception, UsageError)
    assert model.seen == []


def test_chat_from_a_pipe_and_resumed(model: ScriptedModel) -> None:
    result = run("chat", input="a dress\n/like 1\n/why 1\n")
    assert result.exit_code == 0, result.output
    assert "Noted: you like P1" in result.stdout and "number 1 of" in result.stdout
    result = run("chat", "--resume", input="more\n/sessions\n")
    assert "2 turns  a dress" in result.stdout
    assert isinstance(run("chat", "--resume", "nosuch").exception, SessionError)
    assert isinstance(run("chat", "stray").exception, UsageError)


def test_a_mistake_is_one_line_and_an_exit_code(tmp_path: Path) -> None:
    code = "from shelftalk.agent.cli import main; main()"
    command = [sys.executable, "-c", code, "ask", "see", "--image", str(tmp_path / "none.png")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("shelftalk: ") and done.stderr.count("\n") == 1
