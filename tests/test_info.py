"""What `shelftalk info` and `shelftalk index` print."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from shelftalk.agent.cli import main


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def shelftalk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., Done]:
    """The command line, in this process."""
    monkeypatch.setenv("SHELFTALK_HOME", str(tmp_path))

    def run(*arguments: object) -> Done:
        monkeypatch.setattr("sys.argv", ["shelftalk", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        code = ended.value.code
        return Done(code if isinstance(code, int) else 0, *capsys.readouterr())

    return run


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    path = tmp_path / "hats.csv"
    path.write_text(
        "id,title,price,hue,rating\n"
        "1,Red straw hat,$12.50,red,4.5\n"
        "2,Blue cap,$8,blue,Get\n"
        "3,,$9,blue,\n"
        "2,Blue cap again,$8,blue,\n"
    )
    return path


def test_info_of_a_machine_with_nothing_on_it(tmp_path: Path, shelftalk: Callable[..., Done]) -> None:
    done = shelftalk("info", "--json")
    assert done.returncode == 0, done.stderr
    facts = json.loads(done.stdout)
    assert facts["model"]["name"] == "mini" and Path(facts["model"]["path"]).is_absolute()
    assert facts["encoder"]["name"] == "eye"
    assert facts["scorer"] is None
    assert facts["store"]["demo"] and facts["store"]["problem"] == "made at first use"
    assert facts["store"]["path"].startswith(str(tmp_path))
    assert facts["versions"]["chromadb"]
    assert "made at first use" in shelftalk("info").stdout


def test_index_then_info_with_the_shipped_encoder(
    tmp_path: Path, catalogue: Path, shelftalk: Callable[..., Done]
) -> None:
    done = shelftalk("index", catalogue, "--map", "colour=hue")
    assert done.returncode == 0, done.stderr
    assert "2 added, 0 changed, 0 unchanged" in done.stdout
    for line in (
        "line 4 (3): it has no title (title is empty); left out",
        "line 5 (2): its id '2' was used before, in line 3; left out",
        "line 3 (2): rating: 'Get' cannot be read; kept without it",
    ):
        assert line in done.stdout
    store = tmp_path / "stores" / "hats"
    assert f"shelftalk chat --store {store}" in done.stdout

    again = json.loads(shelftalk("index", catalogue, "--map", "colour=hue", "--json").stdout)
    assert (again["added"], again["unchanged"], again["dropped"], len(again["bad_rows"])) == (0, 2, 2, 3)

    facts = json.loads(shelftalk("info", "--store", store, "--json").stdout)
    assert facts["store"]["products"] == 2 and not facts["store"]["unfinished"]
    assert facts["store"]["catalogue"] == str(catalogue.resolve())
    assert facts["encoder"]["fingerprint"] == facts["store"]["encoder"]["fingerprint"]


@pytest.mark.parametrize(
    ("text", "arguments", "code", "words"),
    [
        (None, [], 2, "There is no catalogue at"),
        ("", [], 2, "is empty"),
        ("id,title\n", [], 2, "holds no products"),
        ("id,hue\n1,red\n", [], 2, "Say which it is: --map title="),
        ("id,title\n1,a\n", ["--map", "title"], 2, "FIELD=COLUMN"),
        ("id,title\n1,a\n", ["--currency", "moons"], 2, "ISO 4217"),
    ],
)
def test_mistakes_end_in_one_line(
    tmp_path: Path,
    shelftalk: Callable[..., Done],
    text: str | None,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    path = tmp_path / "a.csv"
    if text is not None:
        path.write_text(text)
    done = shelftalk("index", path, *arguments)
    assert done.returncode == code
    assert words in done.stderr and "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
