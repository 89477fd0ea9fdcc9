"""Why a product was shown, in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from contracts.small_shop import BagEncoder, draw, make_store

from shelftalk.agent.repl.why import explain
from shelftalk.tools.errors import ToolError
from shelftalk.tools.shop import Shop
from shelftalk.tools.store import Store
from shelftalk.tools.toolbox import load_tool
from shelftalk.tools.visit import Visit


def test_words_typos_pictures_and_filters_are_told(tmp_path: Path) -> None:
    encoder: Any = BagEncoder()
    make_store(tmp_path / "store")
    with Store.open(tmp_path / "store", encoder) as store:
        visit = Visit(Shop(store, encoder, None), pictures=tmp_path)
        search = load_tool("search")
        search(visit, "leathr boots", where={"colour": "red"}, n=2)
        said = explain(visit, "P1")
        assert "it has the very words: " in said and "leather" in said and "boots" in said
        assert "leathr was read as leather." in said and "It passes the filters: colour red." in said
        assert "The search" not in said
        visit.add_picture(draw("green", "lamp"))
        found = search(visit, "metal", image="img1", unlike="P1", n=1)
        said = explain(visit, visit.handle(found.hits[0].product.id))
        assert "The search looked for what is like img1 and kept away from what is like P1." in said
        with pytest.raises(ToolError, match="not in the list"):
            explain(visit, "P1")
