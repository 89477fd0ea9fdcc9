"""A transformers model with its key-value cache: feed tokens, get logits, keep what two prompts share."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from shelftalk.tools.errors import BackboneError

if TYPE_CHECKING:
    import torch

SMALL = 100_000_000  # parameters
FEW = 256  # tokens


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


class Runner:
    """Runs one sequence at a time.

    A turn asks twice (for the call, then for the reply) and the next turn goes on from there, so the cache of
    the last sequence is kept, and only what follows the shared beginning is computed.
    """

    def __init__(self, model: Any) -> None:
        self._model = model
        self._last_only = (
            {"logits_to_keep": 1} if "logits_to_keep" in inspect.signature(model.forward).parameters else {}
        )
        config = model.config
        self._image_token = getattr(config, "image_token_id", getattr(config, "image_token_index", None))
        self._small = model.device.type == "cpu" and model.num_parameters() < SMALL
        self._ids: list[int] = []  # what the cache holds
        self._pictures: list[str] = []
        self._cache: Any = None

    def start(self, inputs: Mapping[str, Any], pictures: Sequence[str]) -> torch.Tensor:
        """Read a prompt and return the logits of what comes next, [vocabulary].

        `inputs` are a processor's, of batch size 1; `pictures` identify the prompt's pictures.
        """
        import torch

        ids: list[int] = inputs["input_ids"][0].tolist()
        shared = self._shared(ids, list(pictures))
        cache, self._cache = self._cache, None  # an interruption must not leave a half-written cache
        if shared:
            if shared < len(self._ids):
                cache.crop(shared - len(self._ids))
            self._ids = ids[:shared]
            return self._run(ids[shared:], cache)
        self._ids, self._pictures = [], list(pictures)
        known = {key: value.to(self._model.device) for key, value in inputs.items() if hasattr(value, "to")}
        for key, value in known.items():
            if torch.is_floating_point(value):
                known[key] = value.to(self._model.dtype)
        with torch.inference_mode(), _failures(), _one_thread(self._small and len(ids) <= FEW):
            out = self._model(**known, use_cache=True, **self._last_only)
        self._ids, self._cache = ids, out.past_key_values
        logits: torch.Tensor = out.logits[0, -1].float().cpu()
        return logits

    def feed(self, tokens: Sequence[int]) -> torch.Tensor:
        """Append tokens and return the logits of what comes next, [vocabulary]."""
        cache, self._cache = self._cache, None
        return self._run(list(tokens), cache)

    def _run(self, tokens: list[int], cache: Any) -> torch.Tensor:
        import torch

        device = self._model.device
        total = len(self._ids) + len(tokens)
        with torch.inference_mode(), _failures(), _one_thread(self._small and len(tokens) <= FEW):
            out = self._model(
                input_ids=torch.tensor([tokens], device=device),
                attention_mask=torch.ones(1, total, dtype=torch.long, device=device),
                past_key_values=cache,
                use_cache=True,
                **self._last_only,
            )
        self._ids += tokens
        self._cache = out.past_key_values
        logits: torch.Tensor = out.logits[0, -1].float().cpu()
        return logits

    def _shared(self, ids: list[int], pictures: list[str]) -> int:
        """Return how many leading tokens of a prompt the cache stands for; 0: it must be read whole."""
        from transformers.cache_utils import DynamicCache, DynamicLayer

        cache = self._cache
        # A cache with a sliding window has forgotten its beginning and cannot be cut back.
        plain = isinstance(cache, DynamicCache) and all(type(layer) is DynamicLayer for layer in cache.layers)
        if not plain or pictures != self._pictures:
            return 0
        shared = 0
        for ours, theirs in zip(self._ids, ids[:-1], strict=False):
            if ours != theirs:
                break
            shared += 1
        # Pictures are read with the whole prompt only.
        return 0 if self._image_token in ids[shared:] else shared
