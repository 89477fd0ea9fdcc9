"""Fitting a shop's scorer to what its shoppers did, and saving it where a running shop picks it up."""

from __future__ import annotations

import json
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import StoreError, UsageError
from shelftalk.tools.store_faults import is_full

if TYPE_CHECKING:
    from shelftalk.tools.scores.contract import Scorer
    from shelftalk.tools.scores.interactions import Interactions

SCORER = "scorer"  # its folder in the store's
FACTS = "fit.json"  # in the scorer's file, so that the facts and what was learnt are never of two fits
READ = "read.json"  # beside them: which products the scorer has read, each with its hash in the store
# EASE ranks best of those that learn from behaviour alone; past this many items its square of weights is a burden.
MOST_FOR_EASE = 5000
_PACKAGES = ("shelftalk", "numpy", "scipy")
_STALE = 24 * 3600  # seconds after which what a killed fit left behind is swept away


@dataclass(frozen=True)
class Fit:
    """What a fit learnt from, and with what."""

    scorer: str
    settings: dict[str, Any]  # the seed among them, where the scorer draws numbers
    taken: int  # pairs of a shopper and an item that the shopper took
    refused: int  # and refused
    shoppers: int
    items: int  # that the scorer knows
    gone: int  # items that shoppers took or refused and the store does not have
    products: int  # in the store
    catalogue: str  # that the store was made from
    encoder: str  # fingerprint of the store's
    versions: dict[str, str]
    fitted: str  # when, ISO 8601, UTC
    seconds: float


def fit(
    folder: Path,
    scorer: str | None = None,
    *,
    shipped: Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Fit:
    """Fit a scorer on the events of the store in `folder` and save it there, whole or not at all.

    `scorer`: its name; None: EASE for up to 5,000 items, else iALS. `shipped`: a file of events that come before those
    of the log. A shop that has the store open goes on with the new scorer within a second or two. UsageError: there
    is no such scorer, there are no events, or none of their items is in the store; StoreError: there is no store, or
    the scorer cannot be written.
    """
    from shelftalk.tools.events import EventLog
    from shelftalk.tools.fitted import content_of, reads_content
    from shelftalk.tools.scores import scorer_class
    from shelftalk.tools.scores.interactions import read_interactions
    from shelftalk.tools.store import Store

    start = time.perf_counter()
    chosen = (
        scorer_class(scorer) if scorer is not None else None
    )  # a wrong name is told before anything is read
    content = read = None
    with Store.open(
        folder
    ) as store:  # not for longer than it is read, so that `index` need not wait for the fit
        about, catalogue, ids = store.about, store.note("catalogue") or "", store.ids()
        with EventLog(folder) as log:
            events = log.interactions()
        if shipped is not None:
            events = joined(read_interactions(shipped), events)
        gone = _check(events, ids, folder)
        model: Scorer = (chosen or scorer_class(default_scorer(len(events.items))))()
        if reads_content(model):
            content = content_of(store, ids)
            read = {id_: known.hash for id_, known in store.known().items()}
    model.fit(events, content, progress)
    report = Fit(
        scorer=model.name,
        settings={name: getattr(model, name) for name in getattr(model, "settings", ())},
        taken=int(events.matrix().nnz),
        refused=len(events.refused),
        shoppers=len(events.shoppers),
        items=len(model.items),
        gone=gone,
        products=len(ids),
        catalogue=catalogue,
        encoder=about["encoder"]["fingerprint"],
        versions={name: version(name) for name in _PACKAGES},
        fitted=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=round(time.perf_counter() - start, 3),
    )
    save(model, report, folder, read)
    return report


def default_scorer(items: int) -> str:
    """Return the name of the scorer that suits so many items."""
    return "ease" if items <= MOST_FOR_EASE else "ials"


def _check(events: Interactions, ids: list[str], folder: Path) -> int:
    """Return how many of the events' items are not in the store."""
    if not len(events.rows):
        why = "holds only what shoppers refused" if len(events.refused) else "is empty"
        raise UsageError(
            f"The log of {folder} {why}: there is nothing to learn from. Feed it with what shoppers viewed, liked or "
            f"bought: shelftalk events PATH --store {folder}"
        )
    if not ids:
        raise UsageError(
            f"The store {folder} has no products: index a catalogue first, shelftalk index CATALOGUE."
        )
    gone = set(events.items).difference(ids)
    if len(gone) == len(events.items):
        raise UsageError(
            f"None of the {len(gone):,} items in the events is a product of the store {folder}: {min(gone)!r}, for "
            f"one, beside {ids[0]!r}. Feed events with the catalogue's ids: shelftalk events PATH --map item=COLUMN "
            f"--store {folder}"
        )
    return len(gone)


def joined(first: Interactions, second: Interactions) -> Interactions:
    """Return the interactions of both, those of `first` before those of `second`."""
    import numpy as np

    from shelftalk.tools.scores.interactions import Interactions

    shoppers = list(dict.fromkeys([*first.shoppers, *second.shoppers]))
    items = list(dict.fromkeys([*first.items, *second.items]))
    shopper_at = {shopper: place for place, shopper in enumerate(shoppers)}
    item_at = {item: place for place, item in enumerate(items)}
    # Those of `first` keep their places.
    moved_shoppers = np.array([shopper_at[shopper] for shopper in second.shoppers], dtype=np.int64)
    moved_items = np.array([item_at[item] for item in second.items], dtype=np.int64)

    def both(before: np.ndarray, after: np.ndarray) -> np.ndarray:
        moved = np.stack([moved_shoppers[after[:, 0]], moved_items[after[:, 1]]], axis=1)
        return np.concatenate([before, moved])

    strengths = [
        np.ones(len(part.rows), np.float32) if part.strength is None else part.strength
        for part in (first, second)
    ]
    return Interactions(
        shoppers,
        items,
        both(first.rows, second.rows),
        both(first.refused, second.refused),
        [*first.rejected, *second.rejected],
        np.concatenate(strengths),
    )


def save(scorer: Scorer, report: Fit, folder: Path, read: Mapping[str, str] | None = None) -> None:
    """Write a scorer and the facts of its fit into the store's folder, in one file, whole or not at all.

    `read` are the ids of the products that the scorer has read, each with its hash in the store.
    """
    from shelftalk.tools.scores.shared import FILE

    target = folder / SCORER / FILE
    try:
        target.parent.mkdir(exist_ok=True)
        _sweep(target.parent)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".part-") as partial:
            scorer.save(Path(partial))
            made = Path(partial) / FILE
            with zipfile.ZipFile(made, "a") as file:
                file.writestr(FACTS, json.dumps(asdict(report), ensure_ascii=False, indent=2))
                if read is not None:
                    file.writestr(READ, json.dumps(read, ensure_ascii=False))
            with made.open("rb+") as written:
                os.fsync(written.fileno())  # a name that outlives a power cut must have its contents
            made.replace(target)
    except OSError as error:
        hint = "free some space" if is_full(folder, error) else "check the permissions of the folder"
        raise StoreError(
            f"The scorer cannot be written into {target.parent} ({error.strerror or error}): {hint} and fit again. "
            "The one before it stays."
        ) from None


def _sweep(folder: Path) -> None:
    """Delete what fits left behind that were killed while they saved."""
    import shutil

    for left in folder.glob(".part-*"):
        if time.time() - left.stat().st_mtime > _STALE:
            shutil.rmtree(left, ignore_errors=True)


def read_facts(folder: Path) -> dict[str, Any] | None:
    """Return the facts of the fit that a store's scorer comes from; None where there are none."""
    return _part(folder, FACTS)


def read_hashes(folder: Path) -> dict[str, str] | None:
    """Return what a store's scorer has read, hashes by product id; None where it says nothing of that."""
    return _part(folder, READ)


def _part(folder: Path, name: str) -> dict[str, Any] | None:
    """Return an object that was saved beside a scorer; None where there is none."""
    from shelftalk.tools.scores.shared import FILE

    try:
        with zipfile.ZipFile(folder / SCORER / FILE) as file:
            found: dict[str, Any] = json.loads(file.read(name))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile):
        return None
    return found


def read_about(folder: Path) -> dict[str, Any]:
    """Return what the scorer saved in `folder` says of itself, reading none of its numbers; UsageError as `load`."""
    import numpy as np

    from shelftalk.tools.scores import scorer_class
    from shelftalk.tools.scores.shared import FILE, VERSION

    path = folder / FILE
    try:
        with np.load(path, allow_pickle=False) as file:
            about: dict[str, Any] = json.loads(file["about"].tobytes())
        scorer_class(about["name"])
        if about["version"] != VERSION:
            raise UsageError(f"{path} has version {about['version']}, expected {VERSION}; fit it again.")
        about["items"], about["settings"]
    except FileNotFoundError:
        raise UsageError(f"{folder} holds no scorer: there is no {FILE} in it.") from None
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as error:
        raise UsageError(f"{path} is not a readable scorer ({error}); fit the scorer again.") from error
    return about
