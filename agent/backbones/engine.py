"""A local model that answers a chat: prompt, grammar, decode loop, and the answer's parts as they come."""

from __future__ import annotations

import codecs
import threading
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from shelftalk.agent.backbones.context import RESERVED, fit_context
from shelftalk.agent.backbones.dialects import choose_dialect
from shelftalk.agent.backbones.inputs import Inputs
from shelftalk.agent.backbones.rendering import Chat, defuse, encoded_pictures
from shelftalk.agent.backbones.runner import Runner
from shelftalk.agent.decoding.ahead import Ahead
from shelftalk.agent.decoding.guide import Guide, Vocabulary, tokenizer_pieces
from shelftalk.agent.decoding.loop import decode
from shelftalk.agent.decoding.narrowing import narrow
from shelftalk.agent.decoding.seen import look
from shelftalk.tools.errors import BackboneError

SIZES = 512  # prompts whose length is kept in mind
WORDS = 8192  # texts of which is kept in mind whether they can be written
DEFAULT_POSITIONS = 2048  # where a configuration does not say how many positions there are


@dataclass(frozen=True)
class Call:
    """A tool call that the model made."""

    name: str
    arguments: dict[str, Any]
    written: str = ""  # as the model wrote it


@dataclass(frozen=True)
class Ending:
    """How an answer ended: "stop", "length", "tool_calls" or "interrupted"; tokens read and written."""

    reason: str
    read: int
    written: int


class Engine:
    """One model with its processor; answers one chat at a time."""

    def __init__(self, model: Any, processor: Any, name: str) -> None:
        self.name = name
        self.model = model
        self.processor = processor
        self.dialect = choose_dialect(processor)
        self._tokenizer = getattr(processor, "tokenizer", processor)
        text_config = model.config.get_text_config()
        self._limit = int(getattr(text_config, "max_position_embeddings", None) or DEFAULT_POSITIONS)
        self._comfort: int | None = self._tokenizer.init_kwargs.get("shelftalk_comfort")
        self._vocabulary = self._read_vocabulary(int(text_config.vocab_size))
        # The catalogue's values and the shopper's words are asked for again in every turn.
        self._writable = lru_cache(WORDS)(lambda text: self._vocabulary.can_write(self.dialect.spell(text)))
        self._runner = Runner(model)
        self._sizes: dict[
            int, int
        ] = {}  # tokens of a prompt, by its hash: old turns are asked for again and again
        self._read = Inputs(processor, model.config, name)
        self._lock = threading.Lock()
        added = self._tokenizer.added_tokens_decoder
        self._marks = [token.content for token in added.values()] + [self.dialect.opening]

    def _read_vocabulary(self, size: int) -> Vocabulary:
        stops = {self._tokenizer.eos_token_id}
        for source in (self.model.generation_config, self.model.config.get_text_config()):
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

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text, add_special_tokens=False)
        return ids

    def _inputs(self, chat: Chat, tools: Sequence[dict[str, Any]]) -> Any:
        return self._read.of(self.dialect.prompt(chat, tools), encoded_pictures(chat))

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
        fitted = fit_context(chat, size, self._limit - RESERVED, self._comfort)
        key, prompt, encoded = asked[-1]  # what was asked for last is what is kept
        return fitted, last.get(key) or self._read.of(prompt, encoded)

    def forget(self) -> None:
        """Forget every conversation that was read: the next one is read from its beginning."""
        with self._lock:
            self._runner.forget()

    def answer(
        self,
        chat: Chat,
        tools: Sequence[dict[str, Any]],
        reply: bool = True,
        most: int = 160,
        temperature: float = 0.0,
        seed: int = 0,
        stopped: Callable[[], bool] = lambda: False,
        only: Collection[str] | None = None,
    ) -> Iterator[str | Call | Ending]:
        """Yield the reply's text token by token ("" while there is none), or a call; last of all the ending.

        `tools` are OpenAI-style function schemas; with `reply` False only a call is allowed. `most` tokens
        are written; `stopped` is asked before each of them. `only` names the
        tools that may be called now, None all of them: the prompt tells of all in any case, so that it goes on as it
        began. UsageError where the chat is too long or has a
        picture that cannot be read.
        """
        import torch

        safe = defuse(chat, self._marks)
        seen = look(chat)
        may = [tool for tool in tools if only is None or tool["function"]["name"] in only]
        narrowed = narrow(may, seen, self._writable)
        with self._lock:
            fitted, inputs = self.fitted(safe, tools)
            read = int(inputs["input_ids"].shape[1])
            with ThreadPoolExecutor(1) as beside:
                # The grammar is made while the prompt is read.
                grammar = self.dialect.grammar(narrowed, seen, reply)
                making = beside.submit(Guide, self._vocabulary, grammar, self.dialect.opening)
                logits = self._runner.start(inputs, encoded_pictures(fitted))
                guide = making.result()
            # Each prompt draws words of its own, and the same ones whenever it is asked again.
            own = zlib.crc32(inputs["input_ids"].numpy().tobytes())
            random = torch.Generator().manual_seed(seed + own)
            tokens = decode(
                guide,
                logits,
                Ahead(self._runner).feed,
                self._encode,
                most,
                temperature,
                random,
                stopped,
            )
            shown = self.dialect.shown()
            decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
            text, begun, written = "", False, 0
            for token in tokens:
                written += 1
                piece = decoder.decode(self._vocabulary.pieces[token])
                text += piece
                # Nothing to show is passed on too: whoever listens may want to stop.
                new = "" if guide.calling else shown.add(piece)
                new = new if begun else new.lstrip()
                begun = begun or bool(new)
                yield new
            if guide.calling:
                if not guide.done:
                    # Only an interruption leaves a call unfinished; there is nothing to carry out then.
                    yield Ending("interrupted", read, written)
                    return
                name, arguments = self.dialect.parse(text, narrowed, seen)
                yield Call(name, arguments, text)
                yield Ending("tool_calls", read, written)
                return
            last = shown.end() if begun else shown.end().lstrip()
            if last:
                yield last
            reason = "interrupted" if stopped() else "length" if written >= most else "stop"
            yield Ending(reason, read, written)
