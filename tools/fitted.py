"""The scorer saved beside a store, picked up again whenever it has been fitted anew."""

from __future__ import annotations

import logging
import math
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.tools.errors import ShelftalkError, UsageError
from shelftalk.tools.fitting import read_facts, read_hashes
from shelftalk.tools.scores import load_scorer
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.shared import FILE, ItemScorer

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import numpy as np

    from shelftalk.tools.scores.contract import Scorer
    from shelftalk.tools.store import Store
    from shelftalk.tools.store_records import Space

_EVERY = 1.0  # seconds between two looks at the file
_SHARED = 0.01  # a scorer that shares fewer of its items with the store was fitted on another catalogue
_log = logging.getLogger(__name__)

_State = tuple[int, int, int]
# What a file of another version, or no file of ours at all, may end in; a running chat outlives all of it.
_FAULTS = (ShelftalkError, OSError, ValueError, TypeError, KeyError, MemoryError)


class Fitted:
    """The scorer in a folder. A new file is read whole; where it cannot be, the scorer before it stays.

    What is wrong with a file is said once, as a warning of the logger "shelftalk.tools.fitted", and in `problem`.
    """

    problem: str = ""  # why the file that lies there now is not in use; "" where it is

    def __init__(self, folder: Path, store: Store, every: float = _EVERY) -> None:
        """Read the scorer in `folder`, if there is one, and look for a new one at most each `every` seconds."""
        self._path = folder / FILE
        self._store = store
        self._every = every
        self._lock = threading.Lock()
        self._scorer: Scorer | None = None
        self._state: _State | None = None
        self._looked = -math.inf
        self.current()

    def current(self) -> Scorer | None:
        """Return the scorer that was saved last and could be read; None where there is none."""
        # Whoever comes while another thread reads a new one goes on with the old one.
        if time.monotonic() - self._looked >= self._every and self._lock.acquire(blocking=False):
            try:
                self._look()
                self._looked = time.monotonic()
            finally:
                self._lock.release()
        return self._scorer

    def _look(self) -> None:
        state = _state(self._path)
        if state == self._state:
            return
        self._state = state
        if state is None:
            return  # deleted, by `index --rebuild` for instance: what was learnt is not forgotten by that
        try:
            self._scorer, self.problem = read_fitted(self._path.parent, self._store), ""
        except _FAULTS as error:
            text = (
                str(error) if isinstance(error, ShelftalkError) else f"{self._path} cannot be read ({error})."
            )
            self.problem = text
            instead = "the scorer before it stays in use" if self._scorer else "ranking goes on without it"
            _log.warning("%s Until then %s.", text, instead)


def read_fitted(folder: Path, store: Store) -> Scorer:
    """Read the scorer saved in `folder` and let it read the products that are new or changed since it was fitted.

    UsageError: it cannot be read, or was fitted on another catalogue.
    """
    scorer = load_scorer(folder)
    ids = store.ids()
    new = [id_ for id_ in ids if not scorer.knows(id_)]
    if is_foreign(len(ids) - len(new), len(scorer.items), len(ids)):
        raise UsageError(
            f"The scorer {folder / FILE} was fitted on another catalogue: the store has {len(ids) - len(new):,} of "
            f"its {len(scorer.items):,} items. Fit it on this one's events: shelftalk fit --store {store.folder}"
        )
    if reads_content(scorer):
        made_by = (read_facts(folder.parent) or {}).get("encoder", store.about["encoder"]["fingerprint"])
        if made_by != store.about["encoder"]["fingerprint"]:
            raise UsageError(
                f"The scorer {folder / FILE} was fitted on the vectors of another encoder than the store's. Fit it "
                f"again: shelftalk fit --store {store.folder}"
            )
        if unread := [*new, *_changed(scorer, folder, store)]:
            scorer.take_in(content_of(store, unread))
    return scorer


def _changed(scorer: Scorer, folder: Path, store: Store) -> list[str]:
    """Return the products that the scorer knows and has not read as they are now, by their hashes alone."""
    read = read_hashes(folder.parent)
    if read is None:  # an earlier version's: what has changed since cannot be told
        return []
    return [id_ for id_, known in store.known().items() if scorer.knows(id_) and read.get(id_) != known.hash]


def is_foreign(shared: int, items: int, products: int) -> bool:
    """Return whether a scorer's `items` and a store's `products` have hardly any in common."""
    return products > 0 and shared < max(1.0, _SHARED * min(items, products))


def reads_content(scorer: Scorer) -> bool:
    """Return whether what items read and look like tells the scorer anything."""
    return not isinstance(scorer, ItemScorer) or type(scorer).take_in is not ItemScorer.take_in


def content_of(store: Store, ids: Collection[str]) -> Content:
    """Return the store's vectors of these products, NaN where one has none."""
    ids = list(ids)
    return Content(ids, _vectors(store, ids, "words"), _vectors(store, ids, "pictures"))


def _vectors(store: Store, ids: Sequence[str], space: Space) -> np.ndarray:
    import numpy as np

    found = store.vectors(ids, space)
    vectors = np.full((len(ids), store.about["encoder"][f"{space}_size"]), np.nan, np.float32)
    for row, id_ in enumerate(ids):
        if id_ in found:
            vectors[row] = found[id_]
    return vectors


def _state(path: Path) -> _State | None:
    """Return what changes whenever the file is replaced; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
