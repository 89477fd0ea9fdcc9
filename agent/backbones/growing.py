"""A key-value cache with room to grow: a token is written into it instead of copying all that came before.

Import it only where transformers is loaded anyway.
"""

from __future__ import annotations

from typing import Any

from torch import Tensor
from transformers.cache_utils import DynamicCache, DynamicLayer

ROOM = 256  # tokens that a layer is enlarged by, at the least


class GrowingLayer(DynamicLayer):  # type: ignore[no-untyped-call]
    """Keys and values [1, heads, tokens, size] of one layer, as views of larger tensors."""

    _room: tuple[Tensor, Tensor] | None = None

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:
        """Append keys and values [1, heads, new tokens, size]; return those of all tokens."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        length = self.get_seq_length()
        end = length + key_states.shape[-2]
        if self._room is None or end > self._room[0].shape[-2]:
            self._room = (
                self._larger(self.keys, key_states, end),
                self._larger(self.values, value_states, end),
            )
        keys, values = self._room
        keys[..., length:end, :] = key_states
        values[..., length:end, :] = value_states
        self.keys, self.values = keys[..., :end, :], values[..., :end, :]
        return self.keys, self.values

    def _larger(self, kept: Tensor | None, new: Tensor, end: int) -> Tensor:
        length = self.get_seq_length()
        room = new.new_empty(*new.shape[:-2], max(end + ROOM, end * 5 // 4), new.shape[-1])
        if kept is not None and length:
            room[..., :length, :] = kept
        return room

    def copied(self, tokens: int) -> GrowingLayer:
        """Return a layer of its own that holds the first tokens."""
        layer = GrowingLayer()  # type: ignore[no-untyped-call]
        if tokens and self.keys is not None and self.values is not None:
            layer.update(self.keys[..., :tokens, :], self.values[..., :tokens, :])
        return layer

    def size(self) -> int:
        """Return the bytes that the layer takes, its room included."""
        return sum(part.nelement() * part.element_size() for part in self._room or ())


def growing_cache(config: Any) -> DynamicCache | None:
    """Return an empty cache for a model of this configuration; None where a layer has to forget or to differ.

    A sliding window has forgotten its beginning, a recurrent layer never had one: such a cache cannot be cut back.
    """
    cache = DynamicCache(config=config)
    if not cache.layers or any(type(layer) is not DynamicLayer for layer in cache.layers):
        return None
    cache.layers = [GrowingLayer() for _ in cache.layers]  # type: ignore[no-untyped-call]
    return cache


def grows(cache: Any) -> bool:
    """Return whether a cache can be cut back, copied and measured here."""
    return isinstance(cache, DynamicCache) and all(isinstance(layer, GrowingLayer) for layer in cache.layers)


def copied(cache: DynamicCache, tokens: int) -> DynamicCache:
    """Return a cache of its own that holds the first tokens of one that grows."""
    copy = DynamicCache()
    copy.layers = [layer.copied(tokens) for layer in cache.layers if isinstance(layer, GrowingLayer)]
    return copy


def size_of(cache: DynamicCache) -> int:
    """Return the bytes that a growing cache takes."""
    return sum(layer.size() for layer in cache.layers if isinstance(layer, GrowingLayer))
