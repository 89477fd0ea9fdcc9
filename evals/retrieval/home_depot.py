"""Home Depot's search queries: words, their meaning, and the search tool that fuses both."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.evals.bootstrap import difference, interval
from shelftalk.evals.features import read_columns, word_vectors
from shelftalk.evals.ranking import ndcg_at, ranked, recall_at
from shelftalk.evals.report import Row

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.shop import Shop

QUERIES, PRODUCTS = "home_depot.parquet", "home_depot_products.parquet"
NEEDS = (QUERIES, PRODUCTS)
SEARCH = "Home Depot: words to products"
AHEAD = "Home Depot: how far the search tool is ahead"
NOTES = {
    SEARCH: (
        "Query: what people typed; document: a product's title alone; 54,667 of them. NDCG@10 takes the graded "
        "relevance (1 to 3) as gain, and a title that nobody judged as 0. Recall@50 asks for the titles of grade 2 "
        "and more, over the queries that have one. BM25: Snowball stems, k1 1.5, b 0.75, no stop words. Meaning: the "
        "encoder's own vectors, compared with all. Fused by ranks: the first 100 of both, 1 / (60 + rank). Lexical "
        "side: the tool's own index, with typos mended and sizes brought to one form. Search tool: what the model "
        "calls, with the words alone. Its weights were chosen on other sets."
    ),
    AHEAD: "The mean difference to the search tool, query by query, with its interval.",
}
GOOD = 2.0  # the least grade that counts as relevant
DEPTH = 50
FUSED = 100  # documents of each list that are fused by rank
RANK_OFFSET = 60  # Cormack, Clarke and Büttcher, Reciprocal Rank Fusion, SIGIR 2009
_AT_ONCE = 256
_BATCH = 5000


@dataclass
class _Judged:
    """Queries, titles, and each query's grades by the title's place."""

    queries: list[str]
    titles: list[str]
    grades: list[dict[int, float]]


def measure(data: Path, encoder: Encoder, seed: int = 0, progress: bool = False) -> list[Row]:
    """Measure plain BM25, the encoder, their fusion by ranks, the lexical index and the search tool."""
    judged = _read(data)
    titles = word_vectors(data / PRODUCTS, judged.titles, encoder, progress)
    queries = word_vectors(data / QUERIES, judged.queries, encoder, progress)
    words, meaning = _bm25(judged), _nearest(queries, titles)
    rankings = {
        "BM25": words,
        "meaning": meaning,
        "both, fused by ranks": _by_ranks(words, meaning),
        "search tool, lexical side": _lexical(judged),
        "search tool": _tool(judged, titles, encoder, progress),
    }
    metrics = {system: _metrics(ranking, judged) for system, ranking in rankings.items()}
    own = metrics["search tool"]
    rows = [
        Row(SEARCH, system, metric, interval(values, seed))
        for system, found in metrics.items()
        for metric, values in found.items()
    ]
    ahead = [
        Row(AHEAD, f"of {system}", metric, difference(own[metric], values, seed))
        for system, found in metrics.items()
        if system != "search tool"
        for metric, values in found.items()
    ]
    return rows + ahead


def _read(data: Path) -> _Judged:
    products = read_columns(data / PRODUCTS, ("product", "title"))
    place = {product: at for at, product in enumerate(products["product"])}
    found = read_columns(data / QUERIES, ("query", "product", "relevance"))
    grades: dict[str, dict[int, float]] = {}
    for query, product, grade in zip(found["query"], found["product"], found["relevance"], strict=True):
        grades.setdefault(query, {})[place[product]] = float(grade)
    return _Judged(list(grades), products["title"], list(grades.values()))


def _metrics(ranking: np.ndarray, judged: _Judged) -> dict[str, np.ndarray]:
    """Return both metrics by name, one value a query: [queries], and [queries that have a good title]."""
    good = [{title for title, grade in grades.items() if grade >= GOOD} for grades in judged.grades]
    asked = [query for query, titles in enumerate(good) if titles]
    return {
        "NDCG@10": ndcg_at(ranking, judged.grades, 10),
        "Recall@50": recall_at(ranking[asked], [good[query] for query in asked], DEPTH),
    }


def _bm25(judged: _Judged) -> np.ndarray:
    """Rank with BM25 as it comes: int64 [queries, FUSED], -1 where no word is shared."""
    import bm25s
    from Stemmer import Stemmer

    settings = {
        "token_pattern": r"\w+",
        "stopwords": None,
        "stemmer": Stemmer("english"),
        "show_progress": False,
    }
    index = bm25s.BM25()
    index.index(bm25s.tokenize(judged.titles, **settings), show_progress=False)
    texts = bm25s.tokenize(judged.queries, return_ids=False, **settings)
    titles, scores = index.retrieve(texts, k=min(FUSED, len(judged.titles)), show_progress=False)
    return np.where(scores > 0, titles.astype(np.int64), -1)


def _nearest(queries: np.ndarray, titles: np.ndarray) -> np.ndarray:
    parts = [
        ranked(queries[start : start + _AT_ONCE] @ titles.T, FUSED)
        for start in range(0, len(queries), _AT_ONCE)
    ]
    return np.concatenate(parts)


def _by_ranks(*rankings: np.ndarray) -> np.ndarray:
    """Fuse rankings [queries, places] by 1 / (RANK_OFFSET + rank): int64 [queries, DEPTH]."""
    fused = []
    for lists in zip(*rankings, strict=True):
        scores: dict[int, float] = {}
        for titles in lists:
            for rank, title in enumerate(titles[titles >= 0].tolist(), 1):
                scores[title] = scores.get(title, 0.0) + 1 / (RANK_OFFSET + rank)
        fused.append(sorted(scores, key=lambda title: -scores[title]))
    return _rows(fused)


def _lexical(judged: _Judged) -> np.ndarray:
    from shelftalk.tools.lexical import LexicalIndex

    index = LexicalIndex((str(place), title, "") for place, title in enumerate(judged.titles))
    return _rows([[int(id_) for id_, _ in index.nearest(index.read(q), DEPTH)] for q in judged.queries])


def _tool(judged: _Judged, titles: np.ndarray, encoder: Encoder, progress: bool) -> np.ndarray:
    """Rank with the search tool over a store of all titles: int64 [queries, DEPTH]."""
    from shelftalk.tools.indexing_progress import shown
    from shelftalk.tools.schema import MAX_QUERY
    from shelftalk.tools.toolbox.search import search
    from shelftalk.tools.visit import Visit

    found = []
    with _shop(judged.titles, titles, encoder) as shop, shown("Home Depot: searches", progress) as tell:
        for done, query in enumerate(judged.queries, 1):
            hits = search(Visit(shop), query[:MAX_QUERY], n=DEPTH).hits
            found.append([int(hit.product.id) for hit in hits])
            if tell is not None:
                tell(done, len(judged.queries))
    return _rows(found)


@contextmanager
def _shop(titles: Sequence[str], vectors: np.ndarray, encoder: Encoder) -> Iterator[Shop]:
    from shelftalk.tools.product import Product
    from shelftalk.tools.shop import Shop
    from shelftalk.tools.store import Store

    with tempfile.TemporaryDirectory(prefix="shelftalk-eval-", ignore_cleanup_errors=True) as folder:
        with Store.open(Path(folder) / "store", encoder, create=True) as store:
            for start in range(0, len(titles), _BATCH):
                some = range(start, min(start + _BATCH, len(titles)))
                products = [Product(id=str(place), title=titles[place]) for place in some]
                store.put(products, vectors[start : start + _BATCH])
            store.finish()
        with Store.open(Path(folder) / "store", encoder) as store:
            yield Shop(store, encoder)


def _rows(rankings: Sequence[Sequence[int]]) -> np.ndarray:
    """Return rankings as int64 [queries, DEPTH], -1 where one is shorter."""
    rows = [[*ranking[:DEPTH], *[-1] * (DEPTH - len(ranking))] for ranking in rankings]
    return np.array(rows, np.int64)
