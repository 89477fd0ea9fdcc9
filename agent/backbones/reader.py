"""What a model reads of a chat, and in which tokens its answers are written: all of an engine but the weights.

A conversation and a training run go through the same reader, so that a model is tuned on what it will be asked.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Any

from shelftalk.agent.backbones.context import RESERVED, fit_context
from shelftalk.agent.backbones.dialects import choose_dialect
from shelftalk.agent.backbones.inputs import Inputs
from shelftalk.agent.backbones.rendering import Chat, defuse, encoded_pictures
from shelftalk.agent.decoding.guide import Vocabulary, tokenizer_pieces
from shelftalk.agent.decoding.narrowing import narrow
from shelftalk.agent.decoding.seen import Seen
from shelftalk.tools.errors import BackboneError

SIZES = 512  # prompts whose length is kept in mind
WORDS = 8192  # texts of which is kept in mind whether they can be written
DEFAULT_POSITIONS = 2048  # where a configuration does not say how many positions there are


class Reader:
    """Prompts as tokens, and the vocabulary that answers are written in.

    `config` is the model's, `generation` its generation config, where there is one.
    """

    def __init__(self, processor: Any, config: Any, name: str, generation: Any = None) -> None:
        self.name = name
        self.dialect = choose_dialect(processor)
        self._tokenizer = getattr(processor, "tokenizer", processor)
        text_config = config.get_text_config()
        self.limit = int(getattr(text_config, "max_position_embeddings", None) or DEFAULT_POSITIONS)
        self._comfort: int | None = self._tokenizer.init_kwargs.get("shelftalk_comfort")
        self.vocabulary = self._read_vocabulary(int(text_config.vocab_size), (generation, text_config))
        # Whether a text can be written. The catalogue's values and the shopper's words are asked for in every turn.
        self.can_write = lru_cache(WORDS)(lambda text: self.vocabulary.can_write(self.dialect.spell(text)))
        # tokens of a prompt, by its hash: old turns are asked for again and again
        self._sizes: dict[int, int] = {}
        self._read = Inputs(processor, config, name)
        added = self._tokenizer.added_tokens_decoder
        self._marks = [token.content for token in added.values()] + [self.dialect.opening]

    def _read_vocabulary(self, size: int, sources: Sequence[Any]) -> Vocabulary:
        stops = {self._tokenizer.eos_token_id}
        for source in sources:
            found = getattr(source, "eos_token_id", None)
            stops.update(found if isinstance(found, list) else [found])
        known = sorted(stop for stop in stops if stop is not None and stop < size)
        if not known:
            raise BackboneError(f"The model {self.name} names no token that ends an answer (eos_token_id).")
        added = self._tokenizer.added_tokens_decoder
        if self.dialect.raw:
            tokens = self._tokenizer.convert_ids_to_tokens(list(range(len(self._tokenizer))))
            pieces = [(token or "").replace("▁", " ").encode() for token in tokens]
            # A mark is one token: it is never spelt out.
            pieces = [b"" if b"<" in piece and i not in added else piece for i, piece in enumerate(pieces)]
            pieces = [*pieces, *[b""] * (size - len(pieces))][:size]
        else:
            pieces = tokenizer_pieces(self._tokenizer, size)
            for token, mark in added.items():
                if mark.special and mark.content not in self.dialect.opening and token < size:
                    pieces[token] = b""
        return Vocabulary(pieces, known)

    def encode(self, text: str) -> list[int]:
        """Return a text's tokens."""
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def safe(self, chat: Chat) -> Chat:
        """Return a chat in which nothing from outside can pass for a mark of the model's."""
        return defuse(chat, self._marks)

    def inputs(self, chat: Chat, tools: Sequence[dict[str, Any]]) -> Any:
        """Return the processor's inputs for a whole chat, of batch size 1."""
        return self._read.of(self.dialect.prompt(chat, tools), encoded_pictures(chat))

    def inputs_of(self, prompt: str, encoded: Sequence[str]) -> Any:
        """Return the processor's inputs for a prompt and its pictures (base64), of batch size 1."""
        return self._read.of(prompt, encoded)

    def narrowed(
        self, seen: Seen, tools: Sequence[dict[str, Any]], only: Collection[str] | None = None
    ) -> list[dict[str, Any]]:
        """Return the tools' schemas with what a conversation has shown; `only` names those that may be called."""
        may = [tool for tool in tools if only is None or tool["function"]["name"] in only]
        return narrow(may, seen, self.can_write)

    def fitted(self, chat: Chat, tools: Sequence[dict[str, Any]]) -> tuple[Chat, Any]:
        """Return as much of a chat as the model reads, and the processor's inputs for it, of batch size 1.

        UsageError where its newest turn is too long.
        """
        last: dict[int, Any] = {}  # the inputs made last, by prompt

        def size(part: Chat) -> int:
            prompt, encoded = self.dialect.prompt(part, tools), encoded_pictures(part)
            key = hash((prompt, *encoded))
            if key not in self._sizes:
                last.clear()
                last[key] = self._read.of(prompt, encoded)
                if len(self._sizes) >= SIZES:
                    del self._sizes[next(iter(self._sizes))]
                self._sizes[key] = int(last[key]["input_ids"].shape[1])
            asked.append((key, prompt, encoded))
            return self._sizes[key]

        asked: list[tuple[int, str, list[str]]] = []
        fitted = fit_context(chat, size, self.limit - RESERVED, self._comfort)
        key, prompt, encoded = asked[-1]  # what was asked for last is what is kept
        return fitted, last.get(key) or self._read.of(prompt, encoded)
