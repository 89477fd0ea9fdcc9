"""A local model that answers a chat: prompt, grammar, decode loop, and the answer's parts as they come."""

from __future__ import annotations

import threading
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from shelftalk.agent.backbones.draft import Draft
from shelftalk.agent.backbones.reader import Reader
from shelftalk.agent.backbones.rendering import Chat, encoded_pictures
from shelftalk.agent.backbones.runner import Runner
from shelftalk.agent.decoding.ahead import Ahead
from shelftalk.agent.decoding.guide import Guide
from shelftalk.agent.decoding.loop import decode
from shelftalk.agent.decoding.proof import Proof
from shelftalk.agent.decoding.seen import look
from shelftalk.agent.decoding.told import heard, told_grounds


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
        self.reader = Reader(processor, model.config, name, model.generation_config)
        self.dialect = self.reader.dialect
        self._spelt = self.dialect.words(self.reader.vocabulary.pieces)
        self._runner = Runner(model)
        self._lock = threading.Lock()

    def fitted(self, chat: Chat, tools: Sequence[dict[str, Any]]) -> tuple[Chat, Any]:
        """Return as much of a chat as the model reads, and the processor's inputs for it: see `Reader.fitted`."""
        return self.reader.fitted(chat, tools)

    def forget(self) -> None:
        """Forget every conversation that was read: the next one is read from its beginning."""
        with self._lock:
            self._runner.forget()

    def sample(
        self,
        chat: Chat,
        tools: Sequence[dict[str, Any]],
        seeds: Sequence[int],
        most: int = 160,
        temperature: float = 1.0,
    ) -> list[str]:
        """Return an answer for each seed as the model writes it of itself: every token drawn, no grammar to hold it.

        An answer ends where the model ends it, or after `most` tokens. UsageError where the chat is too long.
        """
        import torch

        pieces, stops = self.reader.vocabulary.pieces, self.reader.vocabulary.stops
        answers: list[str] = []
        with self._lock:
            fitted, inputs = self.fitted(self.reader.safe(chat), tools)
            for seed in seeds:
                random = torch.Generator().manual_seed(seed)
                logits = self._runner.start(inputs, encoded_pictures(fitted))  # [vocabulary]
                tokens: list[int] = []
                while len(tokens) < most:
                    chances = torch.softmax(logits / temperature, dim=-1)
                    token = int(torch.multinomial(chances, 1, generator=random))
                    if token in stops:
                        break
                    tokens.append(token)
                    logits = self._runner.feed([token])[0]
                answers.append(b"".join(pieces[token] for token in tokens).decode("utf-8", "replace"))
        return answers

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

        A sentence that says something of a product is yielded when it is whole; where it says what no tool has told,
        it is written again from there on.

        `tools` are OpenAI-style function schemas; with `reply` False only a call is allowed. `most` tokens
        are written; `stopped` is asked before each of them. `only` names the
        tools that may be called now, None all of them: the prompt tells of all in any case, so that it goes on as it
        began. UsageError where the chat is too long or has a
        picture that cannot be read.
        """
        import torch

        reader = self.reader
        seen = look(chat)
        narrowed = reader.narrowed(seen, tools, only)
        with self._lock:
            fitted, inputs = reader.fitted(reader.safe(chat), tools)
            read = int(inputs["input_ids"].shape[1])
            with ThreadPoolExecutor(1) as beside:
                # The grammar is made while the prompt is read.
                grammar = self.dialect.grammar(narrowed, seen, reply)
                making = beside.submit(Guide, reader.vocabulary, grammar, self.dialect.opening)
                logits = self._runner.start(inputs, encoded_pictures(fitted))
                guide = making.result()
            # Each prompt draws words of its own, and the same ones whenever it is asked again.
            own = zlib.crc32(inputs["input_ids"].numpy().tobytes())
            random = torch.Generator().manual_seed(seed + own)
            draft, written = Draft(reader.vocabulary.pieces, self.dialect.shown()), 0
            proof = Proof(told_grounds(chat, tools), self._spelt, lambda: heard(chat, tools))
            fault, opened = None, None
            while True:
                left, feed = most - len(draft.tokens), Ahead(self._runner).feed
                for token in decode(guide, logits, feed, reader.encode, left, temperature, random, stopped):
                    written += 1
                    if guide.calling and opened is None:
                        opened = len(draft.text)  # what is written from here on is the call
                    draft.add(token)
                    fault = None if guide.calling else proof.read(draft.text)
                    if fault is not None:
                        break
                    # Nothing to show is passed on too: whoever listens may want to stop.
                    yield from list(draft.give(proof.stands if opened is None else opened)) or [""]
                if fault is None and not guide.calling and not stopped():
                    fault = proof.read(draft.text, ended=True)
                if fault is None:
                    break
                draft.take_back(fault.start)
                # Written again from the fault on, with what is right where that is known.
                logits = self._runner.start(inputs, encoded_pictures(fitted))
                if draft.tokens:
                    logits = self._runner.feed(draft.tokens)[0]
                right = [self.dialect.spell(one) for one in fault.right if reader.can_write(one)]
                guide.go_back(draft.tokens, self.dialect.spell(fault.word), right)
                fault = None
            text = draft.text
            if guide.calling:
                if not guide.done:
                    # Only an interruption leaves a call unfinished; there is nothing to carry out then.
                    yield Ending("interrupted", read, written)
                    return
                name, arguments = self.dialect.parse(text, narrowed, seen)
                yield Call(name, arguments, text)
                yield Ending("tool_calls", read, written)
                return
            yield from filter(None, draft.end())
            reason = "interrupted" if stopped() else "length" if len(draft.tokens) >= most else "stop"
            yield Ending(reason, read, written)
