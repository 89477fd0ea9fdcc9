"""Words and pictures as vectors, for the store: the shipped encoder, or any CLIP-like SentenceTransformer."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from sentence_transformers import SentenceTransformer

SHIPPED = Path(__file__).resolve().parent / "weights" / "eye"
BATCH = 64
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_MEND = (
    "give the folder or hub name of a SentenceTransformer for text and pictures, or none for the shipped one."
)


class Encoder:
    """Two spaces: product texts in one (`words`), pictures beside short phrases in the other.

    `fingerprint` changes when the weights change, so that a store can tell which encoder made it.
    """

    def __init__(
        self, name: str, fingerprint: str, joint: SentenceTransformer, text: SentenceTransformer | None = None
    ) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self._joint = joint
        self._text = text if text is not None else joint
        self.words_size = self._text.get_embedding_dimension() or 0
        self.pictures_size = joint.get_embedding_dimension() or 0

    def words(self, texts: Sequence[str]) -> np.ndarray:
        """Place product texts: float32 [n, words_size], L2-normalised."""
        return _encode(self._text, texts, self.words_size)

    def pictures(self, images: Sequence[Image]) -> np.ndarray:
        """Place pictures in the joint space: float32 [n, pictures_size], L2-normalised."""
        return _encode(self._joint, [image.convert("RGB") for image in images], self.pictures_size)

    def phrases(self, texts: Sequence[str]) -> np.ndarray:
        """Place words in the joint space, to compare with pictures: float32 [n, pictures_size], L2-normalised."""
        return _encode(self._joint, texts, self.pictures_size)


def load_encoder(name: str | Path | None = None) -> Encoder:
    """Load an encoder; nothing is fetched unless a hub name is given.

    `name`: None for the shipped one, else a folder or hub name of a SentenceTransformer for text and pictures
    (then `words` and `phrases` are one). UsageError: no such folder, nothing that can be loaded, no pictures.
    """
    folder = SHIPPED if name is None else Path(name).expanduser()
    with _quiet():
        if (folder / "joint.json").is_file():
            return _load_joint(folder)
        if name is None:
            raise UsageError(f"The shipped encoder is missing from {folder}: reinstall shelftalk.")
        local = folder.is_dir()
        if not local and (folder.exists() or not _HUB_NAME.fullmatch(str(name))):
            raise UsageError(f"There is no encoder folder at {str(name)!r}: {_MEND}")
        return _load_other(str(folder) if local else str(name), local)


def _load_joint(folder: Path) -> Encoder:
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    from shelftalk.tools.joint import TEXT_SHA256, JointModule

    try:
        module = JointModule.load(str(folder), local_files_only=True)
        fingerprint = _digest([folder / "model.safetensors", folder / "projection.safetensors"], TEXT_SHA256)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise UsageError(f"The encoder in {folder} cannot be read ({_line(error)}): {_MEND}") from error
    joint = SentenceTransformer(modules=[module], device="cpu")
    return Encoder(str(folder), fingerprint, joint, module.text)


def _load_other(name: str, local: bool) -> Encoder:
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer

    try:
        model = SentenceTransformer(name, device="cpu", local_files_only=local)
    except (OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError) as error:
        where = "The folder" if local else "The hub model"
        raise UsageError(
            f"{where} {name!r} cannot be loaded as an encoder ({_line(error)}): {_MEND}"
        ) from error
    missing = {"text", "image"} - set(model.modalities)
    if missing:
        raise UsageError(f"The encoder {name!r} does not take {' or '.join(sorted(missing))}: {_MEND}")
    weights = sorted(Path(name).rglob("*.safetensors")) if local else []
    return Encoder(name, _digest(weights, name) if weights else _digest_tensors(model), model)


def _digest(files: Sequence[Path], also: str) -> str:
    found = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            found.update(hashlib.file_digest(file, "sha256").digest())
    found.update(Path(also).name.encode())
    return found.hexdigest()[:16]


def _digest_tensors(model: SentenceTransformer) -> str:
    found = hashlib.sha256()
    for key, value in sorted(model.state_dict().items()):
        found.update(key.encode())
        found.update(value.contiguous().float().numpy().tobytes())
    return found.hexdigest()[:16]


def _encode(model: SentenceTransformer, inputs: Sequence[Any], size: int) -> np.ndarray:
    import numpy as np
    import torch

    from shelftalk.tools.joint import quick_dtype

    if not len(inputs):
        return np.zeros((0, size), np.float32)
    quick = quick_dtype()
    with torch.autocast("cpu", quick, enabled=quick != torch.float32):
        out = model.encode(list(inputs), batch_size=BATCH, show_progress_bar=False, convert_to_tensor=True)
    return torch.nn.functional.normalize(out.float(), dim=-1).numpy()


def _line(error: Exception) -> str:
    """Return the first line of an error, short."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the libraries' progress bars and advice off the terminal while a model loads."""
    bitsandbytes = logging.getLogger("bitsandbytes")
    before = bitsandbytes.level
    bitsandbytes.setLevel(logging.ERROR)
    from transformers.utils import logging as messages

    bars, level = messages.is_progress_bar_enabled(), messages.get_verbosity()
    messages.disable_progress_bar()  # type: ignore[no-untyped-call]
    messages.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        bitsandbytes.setLevel(before)
        messages.set_verbosity(level)
        if bars:
            messages.enable_progress_bar()  # type: ignore[no-untyped-call]
