"""A measurement as a file: every turn's outcome, with what made it. A long one is kept row by row, to go on from."""

from __future__ import annotations

import hashlib
import json
import platform
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from shelftalk.finetune.tuning.measure import Outcome, as_json, measure, summarise
from shelftalk.finetune.tuning.rows import Split
from shelftalk.tools.errors import UsageError
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

    from shelftalk.finetune.tuning.open_data import TuningData

MINI_NAME = "mini"  # what the embedded model is called where a model must have a name
LIBRARIES = ("shelftalk", "torch", "transformers", "trl", "peft", "accelerate", "bitsandbytes", "langchain")


class Measured(BaseModel):
    """What was measured, on what, with what, and how it came out."""

    model_config = ConfigDict(extra="forbid")

    settings: dict[str, Any]
    versions: dict[str, str]
    made: str
    seconds: float
    summary: dict[str, dict[str, dict[str, float]]]
    outcomes: list[Outcome]


def settings_of(
    data: TuningData,
    backbone: str | None,
    adapter: Path | None,
    four_bit: bool = False,
    split: Split = "test",
    limit: int | None = None,
    seed: int = 0,
) -> dict[str, Any]:
    """Return what decides a measurement: the model, the adapter's weights, the rows, the seed."""
    weights = sorted(adapter.glob("adapter_*")) if adapter is not None else []
    return {
        "data": str(data.folder),
        "digest": data.digest,
        "split": split,
        "conversations": limit,
        "seed": seed,
        "backbone": backbone or MINI_NAME,
        "4bit": four_bit,
        "adapter": None if adapter is None else str(adapter),
        "weights": None if adapter is None else digest(weights),
    }


def load_model(
    backbone: str | None, adapter: Path | None = None, four_bit: bool = False, base_url: str | None = None
) -> BaseChatModel:
    """Return the model that a measurement asks; no name, or "mini", is the embedded one. Errors: `load_backbone`."""
    from shelftalk.agent.backbones import load_backbone

    return load_backbone(None if backbone in (None, "", MINI_NAME) else backbone, base_url, adapter, four_bit)


def digest(files: Sequence[Path]) -> str:
    """Return the SHA-256 of some files' bytes, in order, those that are there."""
    found = hashlib.sha256()
    for file in files:
        if file.is_file():
            with file.open("rb") as content:
                while block := content.read(1 << 20):
                    found.update(block)
    return found.hexdigest()


def versions() -> dict[str, str]:
    """Return the versions of Python and of the libraries that a tuned model's answers depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def read_measured(path: Path) -> Measured:
    """Return what `measure_to` wrote; UsageError where a file is none or cannot be read."""
    try:
        return Measured.model_validate_json(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    except ValidationError:
        raise UsageError(
            f"{path} is no measurement of this version; make it again with `shelftalk finetune measure`."
        ) from None


def measure_to(
    path: Path | None,
    load: Callable[[], BaseChatModel],
    data: TuningData,
    settings: dict[str, Any],
    progress: str = "",
) -> Measured:
    """Measure by `settings` (see `settings_of`), write the outcome to `path` and return it.

    A file that already holds what these settings give is returned as it is, without loading the model. Each row's
    outcomes are kept beside it in "PATH.part" meanwhile; the same call goes on from there.
    """
    if path is not None and path.is_file():
        with suppress(UsageError):
            found = read_measured(path)
            if found.settings == settings:
                return found
    part = None if path is None else path.with_name(path.name + ".part")
    done = _kept(part, settings) if part else {}
    began = time.perf_counter()
    model = load()
    if part is not None:  # written afresh: the last line of what was kept may be cut off
        kept = "".join(_line(row, outcomes) for row, outcomes in done.items())
        write_whole(part, (json.dumps({"settings": settings}) + "\n" + kept).encode())

    def keep(row: str, outcomes: Sequence[Outcome]) -> None:
        if part is not None:
            with part.open("a", encoding="utf-8") as file:
                file.write(_line(row, outcomes))

    try:
        outcomes = measure(
            model,
            data,
            settings["split"],
            settings["conversations"],
            settings["seed"],
            done=done,
            keep=keep,
            progress=progress,
        )
    except KeyboardInterrupt:
        if part is not None and part.is_file():
            print(
                f"What was measured is kept in {part}; the same command goes on from there.", file=sys.stderr
            )
        raise
    found = Measured(
        settings=settings,
        versions=versions(),
        made=time.strftime("%Y-%m-%d %H:%M:%S"),
        seconds=round(time.perf_counter() - began, 1),
        summary=as_json(summarise(outcomes, settings["seed"])),
        outcomes=outcomes,
    )
    if path is not None and part is not None:
        write_whole(path, found.model_dump_json(indent=1).encode() + b"\n")
        part.unlink(missing_ok=True)
    return found


def _line(row: str, outcomes: Sequence[Outcome]) -> str:
    return json.dumps({"row": row, "outcomes": [outcome.model_dump() for outcome in outcomes]}) + "\n"


def _kept(part: Path, settings: dict[str, Any]) -> dict[str, list[Outcome]]:
    """Return the outcomes by row that a broken-off measurement with the same settings left."""
    if not part.is_file():
        return {}
    first, *rest = part.read_text("utf-8").splitlines() or [""]
    found: dict[str, list[Outcome]] = {}
    with suppress(ValueError):  # the last line may be cut off
        if json.loads(first).get("settings") == settings:
            for line in rest:
                row = json.loads(line)
                found[row["row"]] = [Outcome.model_validate(one) for one in row["outcomes"]]
    return found
