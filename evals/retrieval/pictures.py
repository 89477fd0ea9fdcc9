"""Words find photos: studio photos of fashion, people's own photos of clothes, photos taken in grocery shops.

Title to photo and category to photo follow the published evaluation of Marqo's fashion encoders on the same photos:
https://github.com/marqo-ai/marqo-FashionCLIP, LEADERBOARD.md (9 August 2024), KAGL.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.evals.bootstrap import Interval
from shelftalk.evals.features import photo_vectors, phrase_vectors, read_columns
from shelftalk.evals.report import Row
from shelftalk.evals.retrieval._search import by_value, naming_row, system_name, title_rows, value_row
from shelftalk.evals.simulation.splits import held_out

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.encoder import Encoder

NEEDS = ("fashion.parquet", "clothing_cc0.parquet", "grocery.parquet")
TITLES = "title to photo"
KINDS = "category to photo"
CLOTHES = "people's photos of clothes, named"
GROCERIES = "photos from grocery shops, named"
NOTES = {
    TITLES: (
        "Query: a product's title; document: the photo alone; all photos of fashion.parquet are in the index. The "
        "queries are the titles kept from the shipped encoder's training, one in ten. Relevant is every product with "
        "exactly that title: Recall@k is the share of them among the first k, MRR@10 is 1 over the place of the first "
        "of them and 0 beyond ten, both as in the published table; Hit@10 asks for any of them; MRR looks at the "
        "whole ranking and puts a tie last. The shipped encoder was trained on the other products of this set; the "
        "published ones were not (zero-shot), and searched 44,434 photos with at most 2,000 titles."
    ),
    KINDS: (
        "Query: a sub-category, fine category or colour, in lower case. P@10 is the share of the first ten that have "
        "it. A document is the photo alone, or, as in the published table, 0.9 of its vector and 0.1 of its title's. "
        "The shipped encoder was trained on these words. Of the held-out rows the index has only products whose "
        "titles were kept from training; where fewer than ten of them have a value, precision is taken at as many "
        "places."
    ),
    CLOTHES: (
        "Photos of clothing_cc0.parquet kept from the shipped encoder's training, one in seven. The answer is the "
        "nearest of the labels' own words. Of the 20 labels, Not sure, Other and Skip name no garment: the first "
        "column leaves them and their photos out; the second has all 20 as answers, and every photo."
    ),
    GROCERIES: (
        "Photos of the official test split of grocery.parquet kept from the shipped encoder's training. The answer is "
        "the nearest of the 43 groups' or the 81 classes' names."
    ),
}
NO_GARMENT = ("Not sure", "Other", "Skip")
PHOTO_WEIGHT = 0.9  # of a document that is a photo and its title
CATEGORIES = {
    "sub-category P@10": "subCategory",
    "fine category P@10": "articleType",
    "colour P@10": "baseColour",
}
# Recall@1, Recall@10, MRR@10; P@10 of sub-category, fine category, colour.
PUBLISHED = {
    "Marqo-FashionSigLIP (203 M, zero-shot, published)": (0.179, 0.489, 0.293, 0.687, 0.629, 0.502),
    "Marqo-FashionCLIP (150 M, zero-shot, published)": (0.159, 0.446, 0.265, 0.613, 0.613, 0.496),
}


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure how well words find photos and name them; `data` holds the files in NEEDS."""
    rows = _fashion(data / "fashion.parquet", encoder, seed, progress)
    rows += _clothes(data / "clothing_cc0.parquet", encoder, seed, progress)
    return rows + _groceries(data / "grocery.parquet", encoder, seed, progress)


def _fashion(path: Path, encoder: Encoder, seed: int, progress: bool) -> list[Row]:
    table = read_columns(path, ["productDisplayName", *CATEGORIES.values()])
    titles = [title.strip() for title in table.pop("productDisplayName")]
    photos = photo_vectors(path, encoder, progress)
    unseen = sorted({title for title in titles if held_out(title, 10)})
    products = by_value(titles)
    wanted = [products[title] for title in unseen]
    rows = title_rows(TITLES, system_name(encoder), encoder.phrases(unseen), photos, wanted, seed)
    for name, (*figures, _, _, _) in PUBLISHED.items():
        rows += _stated(TITLES, name, ("Recall@1", "Recall@10", "MRR@10"), figures)

    titled = _with_titles(path, photos, titles, encoder, progress)
    everything = list(range(len(titles)))
    kept = [place for place in everything if held_out(titles[place], 10)]
    for documents, of in ((photos, "photo alone"), (titled, "0.9 photo + 0.1 title")):
        for index, among in ((everything, "all"), (kept, "held-out")):
            for metric, column in CATEGORIES.items():
                values = [table[column][place] for place in index]
                system = f"{system_name(encoder)}, {of}, {among}"
                full = index is everything
                rows.append(
                    value_row(KINDS, system, metric, encoder, documents[index], values, seed, full=full)
                )
    for name, (_, _, _, *figures) in PUBLISHED.items():
        rows += _stated(KINDS, name, tuple(CATEGORIES), figures)
    return rows


def _with_titles(
    path: Path, photos: np.ndarray, titles: list[str], encoder: Encoder, progress: bool
) -> np.ndarray:
    """Return documents made of a photo and its title: float32 [photos, size], L2-normalised."""
    import numpy as np

    distinct = sorted(set(titles))
    said = phrase_vectors(path, distinct, encoder, progress)[np.searchsorted(distinct, titles)]
    both = PHOTO_WEIGHT * photos + (1 - PHOTO_WEIGHT) * said
    return np.asarray(both / np.maximum(np.linalg.norm(both, axis=1, keepdims=True), 1e-6), np.float32)


def _stated(part: str, system: str, metrics: tuple[str, ...], figures: list[float]) -> list[Row]:
    """Return rows of figures that others published; an interval with n = 0 says that they were not measured here."""
    return [
        Row(part, system, metric, Interval(figure, figure, figure, 0))
        for metric, figure in zip(metrics, figures, strict=True)
    ]


def _clothes(path: Path, encoder: Encoder, seed: int, progress: bool) -> list[Row]:
    table = read_columns(path, ["id", "label"])
    kept = [place for place, key in enumerate(table["id"]) if held_out(key, 15)]
    labels = [table["label"][place] for place in kept]
    photos = photo_vectors(path, encoder, progress, kept)
    garments = [place for place, label in enumerate(labels) if label not in NO_GARMENT]
    some = [labels[place] for place in garments]
    system = system_name(encoder)
    names = sorted(set(table["label"]))
    return [
        naming_row(
            CLOTHES, system, "top-1 of 17 garments", encoder, photos[garments], some,
            [name for name in names if name not in NO_GARMENT], seed,
        ),
        naming_row(CLOTHES, system, "top-1 of all 20 labels", encoder, photos, labels, names, seed),
    ]  # fmt: skip


def _groceries(path: Path, encoder: Encoder, seed: int, progress: bool) -> list[Row]:
    table = read_columns(path, ["id", "split", "label", "coarse"])
    kept = [
        place
        for place, (key, split) in enumerate(zip(table["id"], table["split"], strict=True))
        if split == "test" and held_out(key, 30)
    ]
    photos = photo_vectors(path, encoder, progress, kept)
    rows = []
    for metric, column in (("top-1 of the groups", "coarse"), ("top-1 of the classes", "label")):
        own = [table[column][place] for place in kept]
        names = sorted(set(table[column]))
        rows.append(naming_row(GROCERIES, system_name(encoder), metric, encoder, photos, own, names, seed))
    return rows
