"""A transformers model with its key-value caches: feed tokens, get logits, keep what prompts share."""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from shelftalk.agent.backbones.lean import lean_decoder
from shelftalk.tools.errors import BackboneError

if TYPE_CHECKING:
    import torch

SMALL = 100_000_000  # parameters
FEW = 256  # tokens
SEQUENCES = 8  # that are kept at most
BYTES = 256 * 2**20  # that they may take together; the newest is kept however large it is
WORTH = 16  # tokens; a shorter beginning is as quickly read again
SPARE, SPARE_WIDE = 2, 6  # tokens that can be read beside one
TAIL = 64  # tokens; where more than these would be lost, a sequence is left as it is and its beginning copied


@contextmanager
def _one_thread(wanted: bool) -> Iterator[None]:
    """Run on one thread: a small model's step is over before threads have found each other.

    Two threads gain little there, and on a busy machine waiting for the other takes ten times as long as the
    step itself.
    """
    import torch

    threads = torch.get_num_threads()
    if wanted and threads > 1:
        torch.set_num_threads(1)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
    else:
        yield


@contextmanager
def _failures() -> Iterator[None]:
    try:
        yield
    except (RuntimeError, AssertionError) as error:  # out of memory; a kernel that cannot do these shapes
        reason = (str(error).strip() or repr(error)).splitlines()[0]
        raise BackboneError(
            f"The model failed while it was answering: {reason}. Where memory ran out, take a smaller model, load "
            "it in 4 bits or send smaller pictures."
        ) from error


@dataclass
class Read:
    """One sequence that the model has read, with what it remembers of it."""

    keys: list[int | str]  # a token's id; where a picture stands, its digest
    cache: Any
    offset: Any = None  # of positions, where pictures take fewer of them than they have tokens


class Runner:
    """Runs one sequence at a time, and remembers the last few.

    A turn asks twice (for the call, then for the reply) and the next turn goes on from there; several sessions may
    take turns on one model. So the caches of the last sequences are kept, and only what follows the beginning that a
    prompt shares with one of them is computed.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._keeps = "logits_to_keep" in inspect.signature(model.forward).parameters
        config = model.config
        self._image_token = getattr(config, "image_token_id", getattr(config, "image_token_index", None))
        # Its pictures are read one by one, and nothing looks ahead: one can be read after all that stands before it.
        self._one_by_one = config.model_type == "llava"
        self._lean = lean_decoder(model)
        self._small = model.device.type == "cpu" and model.num_parameters() < SMALL
        self._kept: list[Read] = []  # the newest last
        self._now: Read | None = None  # None while it is being written to, and after a failure within

    def start(self, inputs: Mapping[str, Any], pictures: Sequence[str]) -> torch.Tensor:
        """Read a prompt and return the logits of what comes next, [vocabulary].

        `inputs` are a processor's, of batch size 1; `pictures` are the prompt's pictures in order, in any form that
        tells them apart.
        """
        ids: list[int] = inputs["input_ids"][0].tolist()
        digests = [hashlib.blake2b(picture.encode(), digest_size=16).hexdigest() for picture in pictures]
        one_by_one = self._one_by_one and set(inputs) <= {"input_ids", "attention_mask", "pixel_values"}
        keys = self._keys(ids, digests, one_by_one)
        self._lay_by()
        read = self._beginning(keys, one_by_one)
        known = len(read.keys)
        more: dict[str, Any] = {}
        if one_by_one:
            seen = len(_pictures(read.keys)) * len(digests) // max(1, len(_pictures(keys)))
            if seen < len(digests):
                more["pixel_values"] = self._moved(inputs["pixel_values"][seen:])
        elif not known:
            more = {key: self._moved(value) for key, value in inputs.items() if hasattr(value, "to")}
            more = {key: value for key, value in more.items() if key not in ("input_ids", "attention_mask")}
        return self._run(read, ids[known:], keys[known:], 1, more)[0]

    def feed(self, tokens: Sequence[int], rows: int = 1) -> torch.Tensor:
        """Append tokens and return the logits after each of the last `rows` of them, [rows, vocabulary]."""
        if self._now is None:
            raise BackboneError(
                "There is nothing to go on with: the model failed on it. Send the message again."
            )
        read, self._now = self._now, None
        return self._run(read, list(tokens), list(tokens), rows, {})

    def forget(self) -> None:
        """Forget every sequence."""
        self._now = None
        self._kept.clear()

    def take_back(self, tokens: int) -> None:
        """Forget the last tokens that were fed; only where `spare` is above 0."""
        if tokens and self._now is not None:
            self._now.cache.crop(-tokens)
            del self._now.keys[-tokens:]

    @property
    def spare(self) -> int:
        """How many tokens more can be fed with one and hardly take longer; 0 where none could be taken back."""
        import torch

        from shelftalk.agent.backbones.growing import grows
        from shelftalk.tools.joint import quick_dtype

        if self._now is None or not self._keeps or not grows(self._now.cache):
            return 0
        # A CPU in full precision waits for memory with one token, for itself from four on.
        wide = self._model.device.type != "cpu" or self._model.dtype == quick_dtype() == torch.bfloat16
        return SPARE_WIDE if wide else SPARE

    @property
    def keys(self) -> Sequence[int | str]:
        """What was read so far: a token's id, or a picture's digest where a picture stands."""
        return self._now.keys if self._now is not None else []

    def _keys(self, ids: list[int], digests: list[str], one_by_one: bool) -> list[int | str]:
        """Return the ids with digests in place of picture tokens, so that what is equal reads the same."""
        places = [at for at, token in enumerate(ids) if token == self._image_token] if digests else []
        keys: list[int | str] = list(ids)
        if digests and not places:
            keys[0] = "".join(digests)
        for number, at in enumerate(places):
            # Elsewhere a picture takes as many tokens as it needs: all of them are taken together.
            keys[at] = digests[number * len(digests) // len(places)] if one_by_one else "".join(digests)
        return keys

    def _beginning(self, keys: list[int | str], one_by_one: bool) -> Read:
        """Return the longest beginning of a prompt that was read before, as a sequence to go on with; maybe empty."""
        from shelftalk.agent.backbones.growing import copied, growing_cache

        best, longest = None, WORTH - 1
        for read in reversed(self._kept):
            shared = _shared(read.keys, keys[:-1])
            # Pictures are read with the whole prompt only, but for models that take them one by one.
            if shared > longest and (one_by_one or not _pictures(keys[shared:])):
                best, longest = read, shared
        if best is None:
            return Read([], growing_cache(self._model.config))
        lost = len(best.keys) - longest
        self._kept.remove(best)
        if lost > TAIL:
            # It may be another session's, which comes back to it.
            self._kept.append(best)
            return Read(keys[:longest], copied(best.cache, longest), best.offset)
        best.cache.crop(-lost)
        return Read(keys[:longest], best.cache, best.offset)

    def _run(
        self, read: Read, tokens: list[int], keys: list[Any], rows: int, more: Mapping[str, Any]
    ) -> torch.Tensor:
        import torch

        device = self._model.device
        total = len(read.keys) + len(tokens)
        given = dict(more)
        if (
            not self._one_by_one
        ):  # there every token sees all before it, which is what a model does without a mask
            given["attention_mask"] = torch.ones(1, total, dtype=torch.long, device=device)
        if self._keeps:
            given["logits_to_keep"] = rows
        if read.offset is not None:
            self._model.model.rope_deltas = read.offset
        ids = torch.tensor([tokens], device=device)
        with torch.inference_mode(), _failures(), _one_thread(self._small and len(tokens) <= FEW):
            if self._lean is not None and not more:
                logits = self._lean.logits(ids, read.cache, rows)
            else:
                out = self._model(input_ids=ids, past_key_values=read.cache, use_cache=True, **given)
                logits, read.cache = out.logits, out.past_key_values
        read.keys += keys
        read.offset = getattr(getattr(self._model, "model", None), "rope_deltas", None)
        # Set last: an interruption leaves nothing half-written behind.
        self._now = read
        last: torch.Tensor = logits[0, -rows:].float().cpu()
        return last

    def _moved(self, value: Any) -> Any:
        import torch

        moved = value.to(self._model.device)
        return moved.to(self._model.dtype) if torch.is_floating_point(moved) else moved

    def _lay_by(self) -> None:
        """Put what was last written to the others, and forget the oldest where they are too many or too large."""
        from shelftalk.agent.backbones.growing import grows, size_of

        read, self._now = self._now, None
        if read is None or not grows(read.cache):
            return
        self._kept.append(read)
        sizes = [size_of(kept.cache) for kept in self._kept]
        while len(sizes) > 1 and (len(sizes) > SEQUENCES or sum(sizes) > BYTES):
            del self._kept[0], sizes[0]


def _pictures(keys: Sequence[int | str]) -> list[int | str]:
    return [key for key in keys if isinstance(key, str)]


def _shared(ours: Sequence[int | str], theirs: Sequence[int | str]) -> int:
    """Return how many leading keys are equal."""
    for number, (one, other) in enumerate(zip(ours, theirs, strict=False)):
        if one != other:
            return number
    return min(len(ours), len(theirs))
