"""The demo shop's simulated shoppers, held out; then its new shoppers, and its new products."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.recommendation import shop_cold
from shelftalk.evals.recommendation.protocol import split_users
from shelftalk.evals.recommendation.shoppers import HOW, SHOWN, after_likes, title
from shelftalk.evals.recommendation.tuning import (
    BASE,
    DataSet,
    ahead_rows,
    metric_rows,
    on_test,
    tune_all,
)

if TYPE_CHECKING:
    from shelftalk.evals.report import Row
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.scores.content import Content
    from shelftalk.tools.scores.interactions import Interactions

NEEDS: tuple[str, ...] = ()
SHOP = "demo shop"
AHEAD = f"{SHOP}: ahead of {BASE}"
HELD_OUT, FOLDS = 200, 4
READERS = ("mmvae",)  # scorers that know a product before anybody takes it
NOTES = {
    SHOP: (
        f"Held-out shoppers: a scorer is fitted on the others, 80% of the products that a test shopper viewed, liked "
        f"or bought are folded in and left out of the ranking, the rest are to be found among all that anybody took. "
        f"{FOLDS} splits, each with {HELD_OUT} shoppers to test and {HELD_OUT} to validate; nobody is held out twice, "
        f"and one setting is chosen for all splits, by NDCG@100 on validation shoppers. A view counts as much as a "
        f"purchase where it is folded in or found. The shoppers are simulated."
    ),
    AHEAD: "The difference for the same test shoppers, drawn in pairs.",
    **{title(SHOP, metric): HOW for metric in SHOWN},
    **shop_cold.NOTES,
}


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure every scorer on the demo shop; `data` is not read."""
    del data
    events, content = load_events(), load_products(encoder)
    found = shop(events, content, seed)
    chosen = tune_all(found, progress)
    values = {tuned.label: on_test(found, tuned, progress) for tuned in chosen}
    base = next(tuned.label for tuned in chosen if tuned.name == BASE)
    rows = metric_rows(SHOP, values, seed) + ahead_rows(AHEAD, values, base, seed)
    rows += after_likes(found, chosen, seed, progress)
    readers = [tuned for tuned in chosen if tuned.name in READERS]
    return rows + shop_cold.new_products(events, content, readers, seed)


def shop(events: Interactions, content: Content, seed: int = 0) -> DataSet:
    """Return the demo shop's events in a few splits that hold out different shoppers."""
    return DataSet(SHOP, [split_users(events, HELD_OUT, seed, fold) for fold in range(FOLDS)], content)


def load_events() -> Interactions:
    """Return who viewed, liked and bought what in the demo shop."""
    from shelftalk.tools.demo import events_path
    from shelftalk.tools.scores.interactions import read_interactions

    return read_interactions(events_path())


def load_products(encoder: Encoder) -> Content:
    """Return what the demo shop's products read and look like, by the shipped vectors where they are this encoder's."""
    from shelftalk.tools.catalogue import Catalogue, Row
    from shelftalk.tools.demo import shop_path
    from shelftalk.tools.demo.vectors import recalled
    from shelftalk.tools.indexing import product_text
    from shelftalk.tools.picture import open_picture
    from shelftalk.tools.scores.content import Content
    from shelftalk.tools.store_pictures import SIDE

    model = recalled(encoder)
    rows = [row for row in Catalogue(shop_path()) if isinstance(row, Row)]
    pictures = np.full((len(rows), model.pictures_size), np.nan, np.float32)
    shown = [place for place, row in enumerate(rows) if row.picture is not None]
    images = [open_picture(row.picture, longest=SIDE) for row in rows if row.picture is not None]
    pictures[shown] = model.pictures(images)
    return Content(
        [row.product.id for row in rows],
        model.words([product_text(row.product) for row in rows]),
        pictures,
    )
