"""The eye's tower, opened once in a process: the store's encoder and the language model look through the same one."""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import torch

from shelftalk.tools.eye import EyeModel

_open: WeakValueDictionary[tuple[Any, ...], EyeModel] = WeakValueDictionary()
_opening = threading.Lock()


def open_tower(folder: Path, dtype: torch.dtype) -> EyeModel:
    """Return the tower that a folder holds, on the CPU, in use; the same object for as long as somebody keeps it.

    Whoever changes its weights changes them for all: take a copy for that.
    """
    files = sorted(folder.glob("model*.safetensors"))
    key = (folder.resolve(), dtype, *((file.name, file.stat().st_mtime_ns) for file in files))
    with _opening:
        tower: Any = _open.get(key)
        if tower is None:
            tower = EyeModel.from_pretrained(folder, dtype=dtype, local_files_only=True)
            _open[key] = tower.train(False).to(memory_format=torch.channels_last)
    found: EyeModel = tower
    return found


def tower_digest(tower: Any) -> str:
    """Return the SHA-256 of a tower's weights as bfloat16, by name; how they are held or sharded is of no account."""
    digest = hashlib.sha256()
    for name, value in sorted(tower.state_dict().items()):
        digest.update(name.encode())
        if value.is_floating_point():
            value = value.to(torch.bfloat16).cpu().contiguous().view(torch.int16)
        digest.update(value.cpu().numpy().tobytes())
    return digest.hexdigest()
