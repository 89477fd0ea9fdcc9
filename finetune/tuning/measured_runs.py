"""A run's backbone measured before it and after, on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.finetune.tuning.measured import Measured, load_model, measure_to, settings_of
from shelftalk.finetune.tuning.run_folder import RunFolder
from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from shelftalk.finetune.tuning.open_data import TuningData


def before_and_after(
    run: RunFolder, data: TuningData, limit: int | None, seed: int = 0, progress: bool = True
) -> tuple[Measured, Measured]:
    """Measure and return what `before.json` and `after.json` in the run's folder hold then.

    Before is the backbone alone, or with the adapter that the run went on from. What the files hold already is not
    measured again; on other data than the run's own, their names have its digest. UsageError: the run has no adapter.
    """
    if run.adapter is None:
        raise UsageError(
            f"{run.folder} has no adapter yet, so there is nothing to measure; train on with --resume, or make the "
            "report of the curves alone: -n 0"
        )
    backbone, four_bit = str(run.settings.get("backbone") or ""), bool(run.settings.get("four_bit"))

    def measured(name: str, adapter: Path | None) -> Measured:
        def load() -> BaseChatModel:
            return load_model(backbone, adapter, four_bit)

        settings = settings_of(data, backbone, adapter, four_bit, "test", limit, seed)
        return measure_to(run.folder / f"{name}{other}.json", load, data, settings, name if progress else "")

    other = f"-{data.digest[:8]}" if is_other(run, data.digest) else ""
    first = str(run.settings.get("adapter") or "")
    return measured("before", Path(first) if first else None), measured("after", run.adapter)


def is_other(run: RunFolder, digest: str) -> bool:
    """Whether data with this digest is other data than a run was trained on."""
    own = run.training.get("data")
    return isinstance(own, Mapping) and own.get("digest") != digest
