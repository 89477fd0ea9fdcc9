"""Words and pictures as vectors, for the store: the shipped encoder, or any CLIP-like SentenceTransformer."""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from shelftalk.tools.errors import UsageError
from shelftalk.tools.quiet import quiet

if TYPE_CHECKING:
    import numpy as np
    from PIL.Image import Image
    from sentence_transformers import SentenceTransformer
    from torch import Tensor

    from shelftalk.tools.combiner import Combiner
    from shelftalk.tools.joint import JointModel

SHIPPED = Path(__file__).resolve().parent / "weights" / "eye"
BATCH = 128
REMEMBERED = 300  # texts: a query's are asked for in both spaces, and again on its next page
_log = logging.getLogger(__name__)
_HUB_NAME = re.compile(r"[\w.-]+(/[\w.-]+)?")
_MEND = (
    "give the folder or hub name of a SentenceTransformer for text and pictures, or none for the shipped one."
)


class Model(Protocol):
    """What an encoder asks of a model: vectors of one batch, [n, size]."""

    words_size: int
    pictures_size: int

    def words(self, texts: Sequence[str]) -> Tensor:
        """Return texts in the space of product texts."""

    def phrases(self, texts: Sequence[str]) -> Tensor:
        """Return texts in the space of pictures."""

    def pictures(self, images: Sequence[Image]) -> Tensor:
        """Return RGB pictures in their space."""


class Encoder:
    """Two spaces: product texts in one (`words`), pictures beside short phrases in the other.

    `fingerprint` changes when the weights change, so that a store can tell which encoder made it. A combiner is none
    of them: it makes queries, and changes no product's vector.
    """

    def __init__(self, name: str, fingerprint: str, model: Model, combiner: Combiner | None = None) -> None:
        self.name = name
        self.fingerprint = fingerprint
        self.words_size = model.words_size
        self.pictures_size = model.pictures_size
        self.combiner = combiner
        self._model = model

    def words(self, texts: Sequence[str]) -> np.ndarray:
        """Place product texts: float32 [n, words_size], L2-normalised."""
        return _in_batches(self._model.words, texts, self.words_size, len)

    def phrases(self, texts: Sequence[str]) -> np.ndarray:
        """Place words in the joint space, to compare with pictures: float32 [n, pictures_size], L2-normalised."""
        return _in_batches(self._model.phrases, texts, self.pictures_size, len)

    def pictures(self, images: Sequence[Image]) -> np.ndarray:
        """Place pictures in the joint space: float32 [n, pictures_size], L2-normalised."""
        return _in_batches(self._model.pictures, images, self.pictures_size, lambda _: 0)

    def compose(
        self, pictures: Sequence[np.ndarray], text: str = "", unlike: Sequence[np.ndarray] = ()
    ) -> np.ndarray:
        """Make one query of pictures, an edit in words ("but in red") and pictures to keep away from.

        Pictures are vectors [pictures_size] as `pictures` gives them; so is the query, float32 [pictures_size],
        L2-normalised. Without a combiner, picture and words are added. UsageError: nothing is given.
        """
        import numpy as np

        from shelftalk.tools.composing import blend

        if not (len(pictures) or text.strip() or len(unlike)):
            raise UsageError("A query needs a picture or words: give at least one of them.")
        nothing = np.zeros((0, self.pictures_size), np.float32)
        phrase = self.phrases([text])[0] if text.strip() else None
        return blend(
            np.stack(pictures) if len(pictures) else nothing,
            phrase,
            np.stack(unlike) if len(unlike) else nothing,
            self.combine,
        )

    def combine(self, pictures: np.ndarray, phrases: np.ndarray) -> np.ndarray:
        """Combine each picture with its phrase: float32 [n, pictures_size] twice -> the same, L2-normalised."""
        from shelftalk.tools.composing import add

        if self.combiner is None:
            return add(pictures, phrases)
        return self.combiner.combine(pictures, phrases)


class _Joint:
    """The joint model, batch by batch."""

    def __init__(self, model: JointModel) -> None:
        self._model = model
        self.words_size = model.phrasing.project.in_features
        self.pictures_size = model.phrasing.project.out_features
        self._one = lru_cache(REMEMBERED)(lambda text: self._read([text]))

    def words(self, texts: Sequence[str]) -> Tensor:
        return self._one(texts[0]) if len(texts) == 1 else self._read(texts)

    def _read(self, texts: Sequence[str]) -> Tensor:
        out: Tensor = self._model.text(**self._model.text.tokens(texts))
        return out

    def phrases(self, texts: Sequence[str]) -> Tensor:
        return self._model.say(self.words(texts), self._model.text.tokens(texts)["input_ids"])

    def pictures(self, images: Sequence[Image]) -> Tensor:
        return self._model.look(self._model.pixels(images))


class _Other:
    """Any SentenceTransformer for text and pictures, batch by batch; it has one space for all."""

    def __init__(self, model: SentenceTransformer) -> None:
        self._model = model
        self._one = lru_cache(REMEMBERED)(lambda text: self.pictures([text]))
        self.words_size = self.pictures_size = model.get_embedding_dimension() or self.words([""]).shape[1]

    def words(self, texts: Sequence[str]) -> Tensor:
        return self._one(texts[0]) if len(texts) == 1 else self.pictures(texts)

    phrases = words

    def pictures(self, images: Sequence[Any]) -> Tensor:
        return self._model.encode(
            list(images), batch_size=BATCH, show_progress_bar=False, convert_to_tensor=True
        )


def load_encoder(name: str | Path | None = None) -> Encoder:
    """Load an encoder; nothing is fetched unless a hub name is given.

    `name`: None for the shipped one, else a folder or hub name of a SentenceTransformer for text and pictures
    (then `words` and `phrases` are one). UsageError: no such folder, nothing that can be loaded, no pictures.
    """
    folder = SHIPPED if name is None else Path(name).expanduser()
    with quiet():
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

    from shelftalk.tools.joint import TEXT_SHA256, JointModel

    try:
        model = JointModel.load(folder)
        fingerprint = _digest(_weights(folder.glob("*.safetensors")), TEXT_SHA256)
    except (OSError, ValueError, KeyError, RuntimeError, SafetensorError) as error:
        raise UsageError(f"The encoder in {folder} cannot be read ({_line(error)}): {_MEND}") from error
    made = _Joint(model)
    return Encoder(str(folder), fingerprint, made, _combiner(folder, fingerprint, made.pictures_size))


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
    weights = _weights(Path(name).rglob("*.safetensors")) if local else []
    fingerprint = _digest(weights, name) if weights else _digest_tensors(model)
    made = _Other(model)
    combiner = _combiner(Path(name), fingerprint, made.pictures_size) if local else None
    return Encoder(name, fingerprint, made, combiner)


def _weights(files: Iterable[Path]) -> list[Path]:
    """Return the files that products' vectors depend on, in order."""
    from shelftalk.tools.combiner import COMBINER

    return sorted(path for path in files if path.name != COMBINER)


def _combiner(folder: Path, fingerprint: str, size: int) -> Combiner | None:
    """Load the folder's combiner; None where there is none, or one of another encoder."""
    from shelftalk.tools.combiner import COMBINER, load_combiner

    path = folder / COMBINER
    if not path.is_file():
        return None
    combiner = load_combiner(path, fingerprint, size)
    if combiner is None:
        _log.warning("%s was trained for another encoder: pictures and words are added instead.", path)
    return combiner


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


def _in_batches(
    encode: Callable[[Sequence[Any]], Tensor], inputs: Sequence[Any], size: int, length: Callable[[Any], int]
) -> np.ndarray:
    """Encode inputs of like length together, and put the vectors back in order; float32 [n, size], normalised."""
    import numpy as np
    import torch

    out = np.zeros((len(inputs), size), np.float32)
    order = sorted(range(len(inputs)), key=lambda i: -length(inputs[i]))
    for start in range(0, len(order), BATCH):
        part = order[start : start + BATCH]
        with torch.inference_mode():
            vectors = torch.nn.functional.normalize(encode([inputs[i] for i in part]).float(), dim=-1)
        out[part] = vectors.numpy()
    return out


def _line(error: Exception) -> str:
    """Return the first line of an error, short."""
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]
