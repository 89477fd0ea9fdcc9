"""A BERT decoder's forward pass written out: the same numbers, a third less time for a step of one token.

In a model as small as the embedded one, a step's time goes as much into finding the way through modules, hooks and
masks as into the products themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch


class LeanDecoder:
    """The decoder and output layer of a `LlavaForConditionalGeneration` over BERT, for one sequence of words."""

    def __init__(self, model: Any) -> None:
        decoder = model.model.language_model
        self._heads = decoder.config.num_attention_heads
        self._epsilon = decoder.config.layer_norm_eps
        embeddings = decoder.embeddings
        self._words = embeddings.word_embeddings.weight
        self._positions = embeddings.position_embeddings.weight
        self._types = embeddings.token_type_embeddings.weight
        self._norm = _pair(embeddings.LayerNorm)
        self._output = model.lm_head.weight
        # Parameters, not their values: who converts the model converts these too.
        self._layers = [
            (
                *(_pair(getattr(layer.attention.self, name)) for name in ("query", "key", "value")),
                _pair(layer.attention.output.dense),
                _pair(layer.attention.output.LayerNorm),
                _pair(layer.intermediate.dense),
                _pair(layer.output.dense),
                _pair(layer.output.LayerNorm),
            )
            for layer in decoder.encoder.layer
        ]

    def logits(self, input_ids: torch.Tensor, cache: Any, rows: int) -> torch.Tensor:
        """Append tokens [1, n] to a cache; return the logits after the last `rows` of them, [1, rows, vocabulary]."""
        import torch
        import torch.nn.functional as F

        new, before = input_ids.shape[1], cache.get_seq_length()
        if before + new > len(self._positions):
            raise RuntimeError(
                f"{before + new} tokens are more than the model's {len(self._positions)} positions"
            )
        mask = None
        if new > 1:
            # bool [new, all tokens]: each sees itself and what stands before it.
            mask = torch.ones(new, before + new, dtype=torch.bool, device=input_ids.device).tril_(before)
        x = F.embedding(input_ids, self._words) + self._types[0]  # [1, new, width]
        x = x + self._positions[before : before + new]
        width = x.shape[-1]
        x = F.layer_norm(x, (width,), *self._norm, self._epsilon)
        for layer, (query, key, value, mix, mix_norm, up, down, norm) in zip(
            cache.layers, self._layers, strict=True
        ):
            # [1, heads, new, size]
            q, k, v = (
                F.linear(x, *part).view(1, new, self._heads, -1).transpose(1, 2)
                for part in (query, key, value)
            )
            keys, values = layer.update(k, v)  # [1, heads, all tokens, size]
            seen = F.scaled_dot_product_attention(q, keys, values, attn_mask=mask)
            seen = seen.transpose(1, 2).reshape(1, new, width)
            x = F.layer_norm(F.linear(seen, *mix) + x, (width,), *mix_norm, self._epsilon)
            x = F.layer_norm(F.linear(F.gelu(F.linear(x, *up)), *down) + x, (width,), *norm, self._epsilon)
        return F.linear(x[:, -rows:], self._output)


def _pair(module: Any) -> tuple[torch.Tensor, torch.Tensor]:
    return module.weight, module.bias


def lean_decoder(model: Any) -> LeanDecoder | None:
    """Return the short way through a model's decoder; None where it is not one that this is written for."""
    from torch import nn

    text = model.config.get_text_config()
    fits = (
        model.config.model_type == "llava"
        and text.model_type == "bert"
        and text.is_decoder
        and not text.add_cross_attention
        and text.hidden_act == "gelu"
        and model.device.type == "cpu"
        and text._attn_implementation == "sdpa"
    )
    if not fits:
        return None
    modules = [*model.model.language_model.modules(), model.lm_head]
    # Weights in four bits, or with an adapter beside them, are not plain matrices.
    plain = all(type(m) is nn.Linear for m in modules if hasattr(m, "in_features"))
    return LeanDecoder(model) if plain and model.lm_head.bias is None else None
