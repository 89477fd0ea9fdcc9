"""A prompt and its pictures as tensors: each picture decoded and processed once, however often it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from shelftalk.agent.backbones.rendering import decode_picture
from shelftalk.tools.errors import UsageError

PICTURES = 8  # that are kept in mind


class Inputs:
    """Makes a model's inputs with its processor."""

    def __init__(self, processor: Any, config: Any, name: str) -> None:
        self._processor = processor
        self._name = name
        self._tokenizer = getattr(processor, "tokenizer", processor)
        # Such a model takes each picture by itself, and the same number of tokens for any.
        self._alike = config.model_type == "llava"
        self._each = 0  # that number, once it is known
        self._mark = str(getattr(processor, "image_token", ""))
        self._decoded = lru_cache(PICTURES)(decode_picture)
        self._pixels = lru_cache(PICTURES)(self._process)

    def of(self, prompt: str, encoded: Sequence[str]) -> Mapping[str, Any]:
        """Return a processor's inputs, of batch size 1; `encoded` are the prompt's pictures, as base64.

        UsageError where the model cannot look at pictures, PictureError where one cannot be read.
        """
        import torch

        if encoded and not hasattr(self._processor, "image_processor"):
            raise UsageError(f"The model {self._name} cannot look at pictures.")
        if self._alike and (self._each or not encoded):
            text = prompt.replace(self._mark, self._mark * self._each) if encoded else prompt
            ids = self._tokenizer.encode(text, add_special_tokens=False)
            given = {"input_ids": torch.tensor([ids])}
            if encoded:
                given["pixel_values"] = torch.cat([self._pixels(picture) for picture in encoded])
            return given
        more = {"images": [[self._decoded(picture) for picture in encoded]]} if encoded else {}
        inputs: Mapping[str, Any] = self._processor(
            text=[prompt], add_special_tokens=False, return_tensors="pt", **more
        )
        if encoded and self._alike and set(inputs) <= {"input_ids", "attention_mask", "pixel_values"}:
            places = self._tokenizer.convert_tokens_to_ids(self._mark)
            count = int((inputs["input_ids"] == places).sum())
            if count % len(encoded) == 0 and len(inputs["pixel_values"]) == len(encoded):
                self._each = count // len(encoded)
        return inputs

    def _process(self, encoded: str) -> Any:
        return self._processor.image_processor(images=[self._decoded(encoded)], return_tensors="pt")[
            "pixel_values"
        ]
