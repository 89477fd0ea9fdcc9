"""The measure of taste in searches."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder, make_store

from shelftalk.evals.recommendation import searches
from shelftalk.tools.store import Store


def test_what_shoppers_took_next_is_looked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder: Any = BagEncoder()
    make_store(tmp_path / "store")

    @contextmanager
    def small(*_: object) -> Iterator[Store]:
        with Store.open(tmp_path / "store", encoder) as store:
            yield store

    colours, kinds = ("red", "blue", "green"), ("lamp-0", "lamp-1", "boot-0", "dress-0", "boot-1")
    rows = [
        f"s{shopper},{colours[shopper % 3]}-{kinds[(at + shopper) % 5]},{'view' if at > 4 else 'like'},{at}"
        for shopper in range(30)
        for at in range(6)
    ]
    (tmp_path / "events.csv").write_text("\n".join(["shopper,item,kind,time", *rows]))
    monkeypatch.setattr(searches, "_store", small)
    monkeypatch.setattr(searches, "HELD_OUT", 9)
    monkeypatch.setattr("shelftalk.tools.demo.events_path", lambda: tmp_path / "events.csv")
    found = searches.measure(tmp_path, encoder)
    assert found == searches.measure(tmp_path, encoder)
    value = {(row.part, row.system, row.metric): row.value for row in found}
    assert len(value) == 2 * len(searches.WEIGHTS) * 3 and all(cell.n == 9 for cell in value.values())
    assert {part for part, _, _ in value} == set(searches.NOTES)
    # Each keeps to one colour, and their likes tell which.
    gain = [value[searches.KIND, f"taste {weight}", "NDCG@10"].mean for weight in (0, 1, 3)]
    assert gain[0] < gain[1] <= gain[2]
    assert value[searches.KIND, "taste 0", "names hold"].mean == 1
