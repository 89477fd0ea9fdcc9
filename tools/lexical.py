"""Products found by the very words of a query, with its typos mended and its sizes brought to one form.

BM25 over every product's words, kept in memory and made anew when the store has changed. (Robertson and Zaragoza,
The Probabilistic Relevance Framework: BM25 and Beyond, 2009, eq. 3.15; computed by bm25s: Lù, arXiv 2407.03618)
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from shelftalk.tools.product import Product
from shelftalk.tools.spelling import Speller
from shelftalk.tools.terms import FILLERS, spelt, terms

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.store import Store

# The settings of the Anserini toolkit, made for short texts too.
K1, B = 0.9, 0.4
TITLE = 2  # times that a word of the title counts
CHARACTERS = 600  # of the description; what follows says little of what a product is
_BATCH = 2000


Passing = Callable[[Sequence[str]], "np.ndarray"]


@dataclass(frozen=True)
class Query:
    """What is looked for: terms, each with the word it stands for, and the words that were mended."""

    terms: dict[str, str]  # {"boot": "boots", "9": "size9"}
    mended: dict[str, str]  # {"teir": "tier"}
    text: str  # the query with its typos mended


class _Numbers(dict[str, int]):
    """Numbers of words, given out as they first come up."""

    newest = ""

    def __missing__(self, word: str) -> int:
        self.newest = word
        return self.setdefault(word, len(self))


class LexicalIndex:
    """Texts to be found by their words; it does not change."""

    def __init__(self, texts: Iterable[tuple[str, str, str]]) -> None:
        """Take each text as (id, title, the rest)."""
        import numpy as np
        from bm25s import BM25

        self._ids: list[str] = []
        words = _Numbers()
        vocabulary = _Numbers()
        numbers: list[list[int]] = []  # of the terms of each word
        counts: list[int] = []  # how often each word occurs
        rows: list[list[int]] = []
        for id_, title, rest in texts:
            self._ids.append(id_)
            said = spelt(title) * TITLE + spelt(rest)
            row: list[int] = []
            for word in map(words.__getitem__, said):
                if word == len(counts):
                    counts.append(0)
                    numbers.append([vocabulary[term] for term in terms(words.newest)])
                counts[word] += 1
                row += numbers[word]
            rows.append(row)
        self._row = {id_: row for row, id_ in enumerate(self._ids)}
        self._vocabulary = dict(vocabulary)
        self._words = dict(zip(words, counts, strict=True))
        self._speller = Speller(self._words)
        self._weights = np.zeros(0, np.float32)
        self._docs = np.zeros(0, np.int32)
        self._starts = np.zeros(1, np.int64)
        if vocabulary:
            index = BM25(k1=K1, b=B)
            index.index((rows, dict(self._vocabulary)), show_progress=False)
            self._weights, self._docs, self._starts = (index.scores[k] for k in ("data", "indices", "indptr"))

    def read(self, text: str) -> Query:
        """Return a query's terms, with the words that the catalogue does not know mended where they can be."""
        said = spelt(text)
        wanted = [word for word in said if word not in FILLERS] or said
        mended: dict[str, str] = {}
        found: dict[str, str] = {}
        for word in wanted:
            known = any(term in self._vocabulary for term in terms(word))
            better = () if known else self._speller.correct(word)
            if better:
                mended[word] = " ".join(better)
            found.update((term, other) for other in better or (word,) for term in terms(other))
        for one, two in pairwise(wanted):
            if one.isalpha() and two.isalpha() and one + two in self._words:  # "dish washer"
                found.update((term, one + two) for term in terms(one + two))
        return Query(found, mended, _mend(text, mended))

    def nearest(
        self, query: Query, n: int, passing: Passing | None = None, hidden: Collection[str] = ()
    ) -> list[tuple[str, float]]:
        """Return up to `n` (id, score above 0), best first; see `scores`.

        `passing` says of ids whether each may be returned, bool [ids]; those in `hidden` may not.
        """
        import numpy as np

        scores = self._all(query)
        scores[[self._row[id_] for id_ in hidden if id_ in self._row]] = 0
        found = np.flatnonzero(scores)
        # A filter is asked of the best alone, and of more where too few of them pass.
        looked_at, wanted = 0, n
        kept: list[tuple[str, float]] = []
        while len(kept) < n and looked_at < len(found):
            wanted = min(wanted, len(found))
            edge = np.partition(scores[found], -wanted)[-wanted]
            # With all that equal the last, so that ties are settled by the texts' order.
            best = found[scores[found] >= edge]
            best = best[np.argsort(-scores[best], kind="stable")]
            ids = [self._ids[row] for row in best.tolist()]
            may = np.ones(len(ids), bool) if passing is None else passing(ids)
            kept = [(ids[at], float(scores[best[at]])) for at in np.flatnonzero(may)[:n].tolist()]
            looked_at, wanted = len(best), len(best) * 8
        return kept

    def scores(self, query: Query, ids: Sequence[str]) -> np.ndarray:
        """Return the share of the query's weight that each text holds: float32 [ids], 0 to 1.

        The weight is the sum of the terms' inverse document frequencies, the most that BM25 can give: a term that
        no text holds has a share too, the largest. An unknown id scores 0.
        """
        import numpy as np

        scores = np.append(self._all(query), np.float32(0))
        return scores[[self._row.get(id_, -1) for id_ in ids]]

    def held(self, query: Query, id_: str) -> list[str]:
        """Return the query's words that a text holds, those that count most first."""
        row = self._row.get(id_)
        found = []
        for term, word in query.terms.items():
            docs, weights = self._postings(term)
            at = docs == row
            if at.any():
                found.append((float(weights[at][0]), word))
        return list(dict.fromkeys(word for _, word in sorted(found, key=lambda pair: -pair[0])))

    def holding(self, stems: Sequence[str], n: int) -> list[str]:
        """Return the ids of up to `n` texts that hold all of these terms, those first that say the first one most."""
        import numpy as np

        docs, weights = self._postings(stems[0] if stems else "")
        for stem in stems[1:]:
            kept = np.isin(docs, self._postings(stem)[0])
            docs, weights = docs[kept], weights[kept]
        best = np.argsort(-weights, kind="stable")[:n]
        return [self._ids[row] for row in docs[best].tolist()]

    def _all(self, query: Query) -> np.ndarray:
        import numpy as np

        size = len(self._ids)
        scores = np.zeros(size, np.float32)
        most = 0.0
        for term in query.terms:
            docs, weights = self._postings(term)
            scores[docs] += weights  # a text is in a term's list once
            most += float(np.log(1 + (size - len(docs) + 0.5) / (len(docs) + 0.5)))
        return scores / np.float32(most) if most else scores

    def _postings(self, term: str) -> tuple[np.ndarray, np.ndarray]:
        number = self._vocabulary.get(term)
        span = slice(0, 0) if number is None else slice(self._starts[number], self._starts[number + 1])
        return self._docs[span], self._weights[span]


def _mend(text: str, mended: dict[str, str]) -> str:
    return " ".join(mended.get(word.lower(), word) for word in text.split()) if mended else text


_kept: weakref.WeakKeyDictionary[Store, tuple[int, LexicalIndex]] = weakref.WeakKeyDictionary()
_making = threading.Lock()


def lexical_index(store: Store) -> LexicalIndex:
    """Return the index over a store's products, made at the first call and again when the store has changed."""
    with _making:
        version, index = _kept.get(store, (-1, None))
        if index is None or version != store.version:
            version = store.version
            index = LexicalIndex(_texts(store))
            _kept[store] = (version, index)
        return index


def _texts(store: Store) -> Iterator[tuple[str, str, str]]:
    ids = store.ids()
    for start in range(0, len(ids), _BATCH):
        for product in store.get(ids[start : start + _BATCH]):
            yield product.id, product.title, _rest(product)


def _rest(product: Product) -> str:
    """Return what is said of a product besides its title; a size is named, as a shopper names it."""
    facts = [f"size {value}" if name == "size" else value for name, value in product.attributes.items()]
    return ". ".join([product.category, *facts, product.description[:CHARACTERS]])
