"""A scorer that reads content, opened beside a store whose products have changed since it was fitted."""

from __future__ import annotations

import json
import sys
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import COLOURS, BagEncoder, draw

from shelftalk.tools.events import EventLog
from shelftalk.tools.fitted import Fitted
from shelftalk.tools.fitting import READ, SCORER, fit, read_hashes
from shelftalk.tools.indexing import index
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.mmvae import MMVAE
from shelftalk.tools.scores.shared import FILE
from shelftalk.tools.store import Store

ENCODER: Any = BagEncoder()
EACH = 20  # products of a colour
UNTAKEN = ("red-19", "blue-19")


class Small(MMVAE):
    """MM-VAE, quick to fit, that tells what it was given to read after it was loaded."""

    told: ClassVar[list[Content]] = []

    def __init__(self, **settings: Any) -> None:
        small = {"latent": 8, "hidden": 16, "epochs": 20, "rate": 1e-2, "seed": 1}
        super().__init__(**(small | settings))

    def take_in(self, content: Content) -> int:
        self.told.append(content)
        return super().take_in(content)


Catalogue = Callable[..., None]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[Content]:
    monkeypatch.setattr("shelftalk.tools.scores.scorer_class", lambda _: Small)
    monkeypatch.setattr(Small, "told", [])
    return Small.told


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "store"


@pytest.fixture
def catalogue(tmp_path: Path, folder: Path) -> Catalogue:
    """Index a catalogue of red and blue dresses, in which some fields of some products are others."""

    def write(changed: dict[str, dict[str, Any]] | None = None, more: Sequence[str] = ()) -> None:
        for colour in COLOURS:
            draw(colour, "dress").save(tmp_path / f"{colour}.png")
        ids = [*(f"{colour}-{n}" for colour in ("red", "blue") for n in range(EACH)), *more]
        rows = []
        for id_ in ids:
            colour = id_.split("-")[0]
            row = {"id": id_, "title": f"{colour} dress", "price": 10.0, "image": f"{colour}.png"}
            rows.append(row | (changed or {}).get(id_, {}))
        path = tmp_path / "catalogue.jsonl"
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        index(path, folder, ENCODER)

    return write


def behave(folder: Path) -> None:
    """Shoppers who keep to one colour; the last product of each colour is taken by nobody."""
    with EventLog(folder) as log:
        log.extend(
            {"shopper": f"s{s}", "item": f"{('red', 'blue')[s % 2]}-{n}", "kind": "buy", "time": s}
            for s in range(60)
            for n in range(EACH - 1)
            if (s // 2 + n) % 3
        )


def opened(folder: Path) -> Any:
    with Store.open(folder, ENCODER) as store:
        fitted = Fitted(folder / SCORER, store)
        assert fitted.problem == ""
        return fitted.current()


def red_over_blue(scorer: Any, ids: Sequence[str] = UNTAKEN) -> float:
    """How much higher the first product is scored than the second, for whoever likes red."""
    first, second = scorer.score(scorer.fold_in(["red-1", "red-2"]), ids)
    return float(first - second)


def test_a_changed_product_is_read_and_no_other(
    catalogue: Catalogue, folder: Path, told: list[Content]
) -> None:
    catalogue()
    behave(folder)
    fit(folder, "mmvae")
    told.clear()
    before = opened(folder)
    assert told == [] and red_over_blue(before) > 0, "nothing has changed, and nothing is read"

    turned = {"title": "blue dress", "image": "blue.png"}
    catalogue({"red-19": turned, "blue-19": {"title": "red dress", "image": "red.png"}}, more=["red-new"])
    after = opened(folder)
    assert [sorted(content.items) for content in told] == [["blue-19", "red-19", "red-new"]]
    np.testing.assert_array_equal(told[0].words, ENCODER.words([_text(i) for i in told[0].items]))
    assert red_over_blue(after) < 0 < red_over_blue(after, ["red-new", "red-19"])
    same = [item for item in before.items if item not in UNTAKEN]
    taste = before.fold_in(["red-1"])
    np.testing.assert_allclose(before.score(taste, same), after.score(taste, same), rtol=1e-5, atol=1e-5)

    fit(folder, "mmvae")
    told.clear()
    assert red_over_blue(opened(folder)) < 0 and told == [], "the next fit has read them"


def _text(id_: str) -> str:
    return {"red-19": "blue dress", "blue-19": "red dress"}.get(id_, "red dress")


@pytest.mark.parametrize("field", ["title", "image"])
def test_a_changed_title_or_picture_alone_is_read(
    catalogue: Catalogue, folder: Path, told: list[Content], field: str
) -> None:
    catalogue()
    behave(folder)
    fit(folder, "mmvae")
    told.clear()
    catalogue({"red-19": {"title": "blue dress"} if field == "title" else {"image": "blue.png"}})
    opened(folder)
    assert [list(content.items) for content in told] == [["red-19"]]


def test_what_was_taken_before_it_was_in_the_store_is_read_once_it_is(
    catalogue: Catalogue, folder: Path, told: list[Content]
) -> None:
    catalogue()
    behave(folder)
    with EventLog(folder) as log:
        log.append("s0", "red-late", "buy")
    fit(folder, "mmvae")
    told.clear()
    catalogue(more=["red-late"])
    scorer = opened(folder)
    assert [list(content.items) for content in told] == [["red-late"]]
    assert red_over_blue(scorer, ["red-late", "blue-19"]) > 0


def test_a_scorer_that_does_not_say_what_it_read_reads_what_is_new(
    catalogue: Catalogue, folder: Path, told: list[Content]
) -> None:
    catalogue()
    behave(folder)
    fit(folder, "mmvae")
    assert len(read_hashes(folder) or ()) == 2 * EACH
    path = folder / SCORER / FILE
    with zipfile.ZipFile(path) as file:
        parts = {name: file.read(name) for name in file.namelist() if name != READ}
    with zipfile.ZipFile(path, "w") as file:
        for name, data in parts.items():
            file.writestr(name, data)
    told.clear()
    catalogue({"red-19": {"title": "blue dress"}}, more=["red-new"])
    opened(folder)
    assert read_hashes(folder) is None and [list(content.items) for content in told] == [["red-new"]]


def test_behaviour_alone_reads_and_notes_nothing(catalogue: Catalogue, folder: Path) -> None:
    catalogue()
    behave(folder)
    fit(folder, "ease")
    assert read_hashes(folder) is None
    catalogue({"red-19": {"title": "blue dress"}})
    assert opened(folder).knows("red-1")
