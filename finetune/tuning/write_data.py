"""Writing a folder of training data, whole or not at all; what was there before stays until the new one is."""

from __future__ import annotations

import errno
import json
import secrets
import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from shelftalk.finetune.tuning.rows import SPLITS, Preference, Row, Split
from shelftalk.tools.errors import StoreError, UsageError

ABOUT, TOOLS, PREFERENCES, PICTURES = "about.json", "tools.json", "preferences.jsonl", "pictures"


def check_target(folder: Path) -> None:
    """See that a folder of data can be written here; UsageError where it would take the place of something else."""
    if folder.is_dir() and any(folder.iterdir()) and not (folder / ABOUT).is_file():
        raise UsageError(
            f"{folder} holds something that is no training data: name another folder with --out."
        )
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file; name a folder with --out.")


def write_data(
    folder: Path,
    tools: Sequence[Mapping[str, Any]],
    rows: Mapping[Split, Sequence[Row]],
    preferences: Sequence[Preference],
    pictures: Mapping[str, Path],
    about: Mapping[str, Any],
) -> None:
    """Write a folder of training data as `rows.py` describes it; `pictures` are the files that rows name.

    UsageError: something else lies there. StoreError: the disk is full, or the folder cannot be written; what was there
    before is kept.
    """
    check_target(folder)
    part = folder.with_name(f".part-{folder.name}-{secrets.token_hex(4)}")
    old = part.with_name(f"{part.name}-old")
    try:
        try:
            (part / PICTURES).mkdir(parents=True)
            for name, source in pictures.items():
                shutil.copyfile(source, part / PICTURES / name)
            _write_json(part / TOOLS, list(tools))
            for split in SPLITS:
                _write_lines(part / f"{split}.jsonl", rows.get(split, []))
            if preferences:
                _write_lines(part / PREFERENCES, preferences)
            _write_json(part / ABOUT, about)
            if folder.exists():
                folder.rename(old)
            part.rename(folder)
        finally:
            if old.exists() and not folder.exists():
                old.rename(folder)
            shutil.rmtree(part, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        hint = "free some space" if full else "check the folder"
        raise StoreError(
            f"The training data cannot be written to {folder} ({error.strerror or error}): {hint} and do the same "
            "again. What was there before is kept."
        ) from error


def _write_lines(path: Path, rows: Iterable[BaseModel]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(row.model_dump_json(exclude_defaults=True) + "\n")


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
