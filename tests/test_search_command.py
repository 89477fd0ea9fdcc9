"""`shelftalk search` and `shelftalk tools`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from shelftalk.tools.schema import tool_schemas

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder, behaviour, draw, make_store, png


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shop") / "store"
    make_store(folder)
    behaviour().save(folder / "scorer")
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, command_line: Any) -> Any:
    # The store and the command are the real ones; the encoder is a small one, so that nothing is loaded.
    monkeypatch.setattr("shelftalk.tools.encoder.load_encoder", lambda *_: BagEncoder())
    return command_line


def test_search_prints_json(run: Any, folder: Path) -> None:
    code, out, err = run(
        *("search", "red boots", "--store", str(folder), "--max-price", "95", "--where", "colour=red"),
        *("--exclude", "material=glass", "--sort", "cheapest", "-n", "2", "--json"),
    )
    found = json.loads(out)
    assert code == 0 and err == "" and found["summary"] == "4 found"
    assert [hit["product"]["id"] for hit in found["hits"]] == ["red-boot-0"]
    assert found["hits"][0]["parts"].keys() == {"words", "picture", "lexical", "popularity"}


def test_search_prints_a_table(run: Any, folder: Path) -> None:
    code, out, _ = run("search", "--category", "lamp", "--store", str(folder))
    assert code == 0 and out.startswith("6 found") and "$25" in out and "blue-lamp-0" in out


def test_search_takes_a_picture(run: Any, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(png(draw("green", "boot")))
    image = str(tmp_path / "photo.png")
    _, out, _ = run("search", "--image", image, "-n", "2", "--json", "--store", str(folder))
    assert {hit["product"]["id"] for hit in json.loads(out)["hits"]} == {"green-boot-0", "green-boot-1"}


def test_search_takes_several_pictures_and_keeps_away_from_others(
    run: Any, folder: Path, tmp_path: Path
) -> None:
    paths = {}
    for colour, kind in (("green", "boot"), ("green", "lamp"), ("red", "dress")):
        paths[colour, kind] = str(tmp_path / f"{colour}-{kind}.png")
        Path(paths[colour, kind]).write_bytes(png(draw(colour, kind)))
    both = ("--image", paths["green", "boot"], "--image", paths["green", "lamp"])

    def found(*arguments: str) -> list[str]:
        code, out, _ = run("search", *arguments, "-n", "18", "--json", "--store", str(folder))
        assert code == 0
        return [hit["product"]["id"] for hit in json.loads(out)["hits"]]

    like = found(*both)
    assert {id_.split("-")[0] for id_ in like[:4]} == {"green"}  # what both pictures show
    assert {id_.split("-")[1] for id_ in like[:4]} >= {"boot", "lamp"}
    away = found("dress", "--unlike", paths["red", "dress"])
    assert [id_.rpartition("-")[0] for id_ in away[4:6]] == ["red-dress"] * 2  # the last of the dresses


def test_an_empty_page_says_why_and_what_there_is_instead(run: Any, folder: Path) -> None:
    asked = ("search", "boot", "--category", "boot", "--where", "colour=red", "--max-price", "20")
    code, out, _ = run(*asked, "--store", str(folder))
    lines = out.splitlines()
    assert code == 0 and lines[0].startswith("0 found; without ")
    assert lines[1].startswith("Found without ") and lines[1].endswith(":")
    assert "red-boot-0" in out
    _, out, _ = run(*asked, "--json", "--store", str(folder))
    found = json.loads(out)
    assert found["hits"] == [] and {hit["product"]["id"] for hit in found["instead"]} >= {"red-boot-0"}


def test_a_typo_is_mended_and_said(run: Any, folder: Path) -> None:
    code, out, _ = run("search", "leathr boots", "--store", str(folder))
    assert code == 0 and out.startswith("leathr was read as leather\n") and "leather" in out.lower()


def test_likes_and_their_weight_are_given_from_the_shell(run: Any, folder: Path) -> None:
    def found(*arguments: str) -> list[dict[str, Any]]:
        code, out, err = run("search", "boot", "-n", "6", "--json", "--store", str(folder), *arguments)
        assert code == 0, err
        hits: list[dict[str, Any]] = json.loads(out)["hits"]
        return hits

    likes = ("--like", "red-lamp-0", "--like", "red-lamp-1")
    without = [hit["product"]["id"] for hit in found()]
    assert [hit["product"]["id"] for hit in found(*likes, "--taste", "0")] == without
    liked = found(*likes, "--taste", "3")
    assert liked[0]["product"]["id"].startswith("red") and not without[0].startswith("red")
    assert set(liked[0]["because"]) <= {"red-lamp-0", "red-lamp-1"} and liked[0]["because"]
    assert [hit["product"]["id"] for hit in found("--shopper", "nobody knows")] == without
    _, out, _ = run("search", "boot", *likes, "--taste", "3", "--store", str(folder))
    assert "red-boot-1" in out.splitlines()[2]
    assert re.search("red-boot-0.*: because you liked .*Metal lamp in red number 0", out)


def test_a_returning_shopper_is_known_to_the_shell(run: Any, folder: Path) -> None:
    from shelftalk.tools.events import EventLog

    with EventLog(folder) as log:
        log.append("S1", "green-boot-0", "hide")
        log.append("S1", "red-lamp-0", "buy")
    _, out, _ = run("search", "boot", "-n", "18", "--shopper", "S1", "--json", "--store", str(folder))
    hits = json.loads(out)["hits"]
    assert len(hits) == 17 and "green-boot-0" not in {hit["product"]["id"] for hit in hits}
    assert any(hit["parts"].get("taste") for hit in hits)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x", "--like", "nothing"], "no product with the id 'nothing'"),
        (["x", "--taste", "4"], "give 0 (not at all) to 3"),
        (["x", "--taste", "nan"], "taste is nan"),
        (["x", "--shopper", " "], "shopper is ' '"),
        (["x", "--where", "colour"], "--where 'colour' is not FIELD=VALUE"),
        (["x", "--where", "colour=red", "--where", "colour=blue"], "gives colour twice"),
        (["x", "--where", "colour=scarlet"], "There is no colour 'scarlet'"),
        (["x", "--image", "nowhere.png"], "nowhere.png"),
        (["x", "--unlike", "nowhere.png"], "nowhere.png"),
        (["x", "--sort", "newest"], "allowed: best match"),
        (["x", "-n", "0"], "give 1 to 100"),
        ([], "at least one of"),
        (["x" * 100_000], "100000 characters"),
    ],
)
def test_bad_input_is_one_line(run: Any, folder: Path, arguments: list[str], message: str) -> None:
    code, out, err = run("search", *arguments, "--store", str(folder))
    assert (code, out) == (2, "") and message in err, err
    assert err.startswith("shelftalk: ") and err.count("\n") == 1


def test_no_such_store(run: Any, tmp_path: Path) -> None:
    code, _, err = run("search", "x", "--store", str(tmp_path / "none"))
    assert code == 3 and "shelftalk index" in err


def test_tools_are_listed(run: Any, folder: Path) -> None:
    code, out, _ = run("tools")
    assert code == 0 and "search(query='', image=''" in out and "remember(" in out
    _, out, _ = run("tools", "--json")
    assert json.loads(out) == tool_schemas({})
    _, out, _ = run("tools", "--json", "--store", str(folder))
    assert '"boot"' in out


def test_help_loads_nothing_heavy() -> None:
    heavy = "('torch', 'transformers', 'chromadb', 'numpy', 'langchain', 'pyarrow', 'scipy', 'PIL')"
    code = (
        "import sys, shelftalk.agent.commands.search, shelftalk.agent.commands.tools, shelftalk.tools.toolbox;"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
