"""Every scorer tuned on validation users by a small grid, then reported once on test users.

Each setting's result is kept in the cache folder, so that a measurement that was broken off goes on from there; it is
made again when the data, the split, the scorer's code or the version of shelftalk is another.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.evals.bootstrap import difference, interval
from shelftalk.evals.features import cache_folder
from shelftalk.evals.recommendation.protocol import METRICS, Held, Split, predict, quality
from shelftalk.evals.report import Row
from shelftalk.tools import scores
from shelftalk.tools.errors import UsageError
from shelftalk.tools.indexing_progress import shown
from shelftalk.tools.scores import load_scorer, scorer_class, scorer_names
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from shelftalk.tools.scores.content import Content
    from shelftalk.tools.scores.contract import Scorer

Settings = Mapping[str, Any]

# What is tried; a scorer that is not named here is measured with the settings it has of itself.
GRIDS: dict[str, list[dict[str, Any]]] = {
    "ease": [{"penalty": penalty} for penalty in (100.0, 200.0, 400.0, 800.0, 1600.0)],
    "ials": [
        {"factors": 128, "alpha": alpha, "penalty": penalty}
        for alpha in (3.0, 5.0, 10.0)
        for penalty in (0.01, 0.02)
    ],
    "itemknn": [
        {"neighbours": neighbours, "shrink": shrink} for neighbours in (10, 20, 50) for shrink in (0.0, 10.0)
    ],
}
BASE = "ease"  # what the others are compared with
TUNED_BY = METRICS.index("NDCG@100")


@dataclass(frozen=True)
class DataSet:
    """Splits of one data set, each holding out other users, and what its items read and look like."""

    title: str
    splits: Sequence[Split]
    content: Content | None = None

    @cached_property
    def fingerprints(self) -> list[str]:
        """Tell the splits, together with the content, from any others."""
        digest = hashlib.sha256()
        if self.content is not None:
            digest.update("\n".join(self.content.items).encode())
            digest.update(np.ascontiguousarray(self.content.words).tobytes())
            digest.update(np.ascontiguousarray(self.content.pictures).tobytes())
        return [f"{split.fingerprint}-{digest.hexdigest()[:8]}" for split in self.splits]


@dataclass(frozen=True)
class Tuned:
    """A scorer's best settings, and its label in a table."""

    name: str
    settings: Settings

    @property
    def label(self) -> str:
        """Return for instance "itemknn, neighbours=200, shrink=10"."""
        return ", ".join([self.name, *(f"{key}={_short(value)}" for key, value in self.settings.items())])


def tune(data: DataSet, name: str, progress: bool = False) -> Tuned:
    """Return the settings with the best mean NDCG@100 over the validation users of all splits."""
    grid: Sequence[Settings] = GRIDS.get(name, [{}])
    if len(grid) == 1:
        return Tuned(name, grid[0])
    means = [float(on_validation(data, Tuned(name, one), progress)[TUNED_BY].mean()) for one in grid]
    best = int(np.argmax(means))
    for fold in range(len(data.splits)):
        for place, one in enumerate(grid):
            if place != best:
                shutil.rmtree(_kept(data, fold, Tuned(name, one)) / "scorer", ignore_errors=True)
    return Tuned(name, grid[best])


def tune_all(data: DataSet, progress: bool = False) -> list[Tuned]:
    """Return every scorer there is with its best settings, popularity first as what the others must beat."""
    names = sorted(scorer_names(), key=lambda name: (name != "popularity", name))
    return [tune(data, name, progress) for name in names]


def on_validation(data: DataSet, tuned: Tuned, progress: bool = False) -> np.ndarray:
    """Return each validation user's METRICS: float64 [metrics, users of all splits]."""
    held = [split.validation for split in data.splits]
    return np.concatenate(
        [_result(data, fold, tuned, "validation", held[fold], progress) for fold in range(len(held))], axis=1
    )


def on_test(data: DataSet, tuned: Tuned, progress: bool = False) -> np.ndarray:
    """Return each test user's METRICS: float64 [metrics, users of all splits]."""
    held = [split.test for split in data.splits]
    return np.concatenate(
        [_result(data, fold, tuned, "test", held[fold], progress) for fold in range(len(held))], axis=1
    )


def fitted(data: DataSet, fold: int, tuned: Tuned, progress: bool = False) -> Scorer:
    """Return the scorer fitted on a split's train users; it is kept, and read where it was."""
    folder = _kept(data, fold, tuned) / "scorer"
    try:
        return load_scorer(folder)
    except UsageError:
        pass  # not there, or not whole: it is fitted again
    scorer = scorer_class(tuned.name)(**tuned.settings)
    of = f" {fold + 1}/{len(data.splits)}" if len(data.splits) > 1 else ""
    with shown(f"{data.title}{of}: {tuned.label}", progress) as tell:
        scorer.fit(data.splits[fold].train, data.content, tell)
    scorer.save(folder)
    return scorer


def metric_rows(
    part: str, found: Mapping[str, np.ndarray], seed: int, metrics: Sequence[str] = METRICS
) -> list[Row]:
    """Return rows of each system's values [metrics, users] with their intervals."""
    return [
        Row(part, system, metric, interval(values, seed))
        for system, own in found.items()
        for metric, values in zip(metrics, own, strict=True)
    ]


def ahead_rows(
    part: str, found: Mapping[str, np.ndarray], base: str, seed: int, metrics: Sequence[str] = METRICS
) -> list[Row]:
    """Return rows of by how much each system is ahead of `base` for the same users, in pairs."""
    return [
        Row(part, system, metric, difference(values, of_base, seed))
        for system, own in found.items()
        if system != base
        for metric, values, of_base in zip(metrics, own, found[base], strict=True)
    ]


def _result(data: DataSet, fold: int, tuned: Tuned, what: str, held: Held, progress: bool) -> np.ndarray:
    """Return METRICS [metrics, users] as they were kept, or measure them."""
    file = _kept(data, fold, tuned) / f"{what}.npy"
    try:
        found: np.ndarray = np.load(file, allow_pickle=False)
        if found.shape == (len(METRICS), len(held.known)):
            return found
    except (OSError, ValueError, EOFError):
        pass  # not there, or not whole
    scorer = fitted(data, fold, tuned, progress)
    made = quality(predict(scorer, held, data.splits[fold].items), held.wanted)
    buffer = io.BytesIO()
    np.save(buffer, made, allow_pickle=False)
    write_whole(file, buffer.getvalue())
    return made


def _kept(data: DataSet, fold: int, tuned: Tuned) -> Path:
    """Return the folder of what is known of a scorer with these settings, fitted on a split."""
    about = json.dumps([dict(tuned.settings), _code(tuned.name)], sort_keys=True)
    key = hashlib.sha256(about.encode()).hexdigest()[:12]
    return cache_folder() / "recommendation" / f"{data.fingerprints[fold]}-{tuned.name}-{key}"


@cache  # what runs is what was read first
def _code(name: str) -> str:
    """Return a hash of the version and the scorer's code, with the modules beside it that it imports."""
    from importlib.metadata import version

    folder = Path(str(scores.__file__)).parent
    digest = hashlib.sha256(version("shelftalk").encode())
    todo, done = [name], set[str]()
    while todo:
        module = todo.pop()
        file = folder / f"{module}.py"
        if module in done or not file.is_file():
            continue
        done.add(module)
        text = file.read_text("utf-8")
        digest.update(text.encode())
        todo += sorted(set(re.findall(r"shelftalk\.tools\.scores(?:\.| import )(\w+)", text)))
    return digest.hexdigest()


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
