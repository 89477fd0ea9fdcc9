"""Rows as tokens: for each message to learn, what the live engine would read, and the tokens it would then write.

Everything here goes through the conversation's own code: the newest turns and pictures as the middleware keeps them,
the engine's reader and the model's dialect. A conversation's answers share one sequence as long as each prompt goes on
where the one before it and its answer ended; where it does not (older turns were dropped, a template writes history in
another way), another example begins.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.agent.backbones.reader import Reader
from shelftalk.agent.backbones.rendering import WRITTEN, Chat, encoded_pictures, to_chat
from shelftalk.agent.decoding.guide import Guide
from shelftalk.agent.decoding.seen import look
from shelftalk.finetune.tuning.rows import Message, Row, ToolCall
from shelftalk.tools.errors import BackboneError, UsageError

if TYPE_CHECKING:
    from torch import Tensor

    from shelftalk.finetune.tuning.open_data import TuningData

NOT_LEARNT = -100  # the label that losses pass over
_ANCHOR = "\n"  # what no tokenizer joins with the word behind it


@dataclass(frozen=True)
class Answer:
    """One message to learn: what is read before it, and the tokens to write, the last of them ending it."""

    prompt: str
    prompt_ids: list[int]
    completion_ids: list[int]
    pictures: tuple[Path, ...] = ()


@dataclass
class Example:
    """A sequence to learn from: ids, and labels that are -100 where nothing is learnt.

    `prompt` is the text of its last prompt, in which `pictures` have their places.
    """

    ids: list[int]
    labels: list[int]
    prompt: str
    asked: int  # tokens of that prompt
    pictures: tuple[Path, ...] = ()

    @property
    def learnt(self) -> int:
        """How many tokens are learnt."""
        return sum(label != NOT_LEARNT for label in self.labels)


class Rendering:
    """Renders for one model.

    `tools` are the schemas that it is offered; `longest` is the most tokens of an example, 0: what the model reads.

    `left_out` counts the messages that cannot be learnt, by reason.
    """

    def __init__(
        self,
        processor: Any,
        model_config: Any,
        name: str,
        tools: Sequence[dict[str, Any]],
        generation: Any = None,
        longest: int = 0,
    ) -> None:
        self.processor = processor
        self.config = model_config
        self.reader = Reader(processor, model_config, name, generation)
        self.tools = list(tools)
        self.longest = min(self.reader.limit, longest or self.reader.limit)
        self.left_out: Counter[str] = Counter()
        self._orders = {tool["function"]["name"]: tool["function"]["parameters"] for tool in self.tools}
        self._around: dict[bool, tuple[str, int]] = {}
        tokenizer = getattr(processor, "tokenizer", processor)
        stops = self.reader.vocabulary.stops
        self._end = tokenizer.eos_token_id if tokenizer.eos_token_id in stops else min(stops)

    def of(self, tools: Sequence[dict[str, Any]]) -> Rendering:
        """Return a rendering for the same model where it is offered other tools; what is left out is counted here."""
        other = copy(self)
        other.tools = list(tools)
        other._orders = {tool["function"]["name"]: tool["function"]["parameters"] for tool in tools}
        other._around = {}
        return other

    def row(self, row: Row, data: TuningData) -> list[Example]:
        """Return a conversation's examples; messages that cannot be learnt are left out and counted."""
        examples: list[Example] = []
        for place, message in enumerate(row.messages):
            if not (message.learn and message.role == "assistant"):
                continue
            try:
                answer = self.next(row.messages[:place], message, data)
            except UsageError as error:
                self.left_out[str(error)] += 1
                continue
            last = examples[-1] if examples else None
            if last is None or not self._goes_on(last, answer):
                examples.append(example_of(answer))
            else:
                _append(last, answer)
        return examples

    def next(self, messages: Sequence[Message], message: Message, data: TuningData) -> Answer:
        """Return what a model reads of `messages` and the tokens of `message` as its answer.

        UsageError where it could never write that, or where it is too long.
        """
        if len(message.tool_calls) > 1:
            raise UsageError("it makes several calls at once; a model writes one at a time")
        chat, paths = self.chat(messages, data)
        turn = self._answer_turn(message)
        body = self.reader.dialect.written([*chat, turn], self.tools)
        if not body:
            raise UsageError("it is empty")
        try:
            fitted, inputs = self.reader.fitted(self.reader.safe(chat), self.tools)
        except UsageError as error:
            raise UsageError("its prompt is too long for the model") from error
        prompt = self.reader.dialect.prompt(fitted, self.tools)
        lead, end = self._surrounding(prompt, fitted, turn, body)
        completion = self._tokens(lead + body)
        if completion is None:
            raise UsageError("it has characters that the model cannot write")
        ids: list[int] = inputs["input_ids"][0].tolist()
        if len(ids) + len(completion) + 1 > self.longest:
            raise UsageError(f"with its prompt it is longer than {self.longest:,} tokens")
        shown = tuple(paths[encoded] for encoded in encoded_pictures(fitted))
        return Answer(prompt, ids, [*completion, end], shown)

    def allowed(self, messages: Sequence[Message], answer: Answer, data: TuningData) -> bool:
        """Return whether the grammar of a conversation lets the model write an answer, token by token."""
        chat, _ = self.chat(messages, data)
        seen = look(chat)
        grammar = self.reader.dialect.grammar(self.reader.narrowed(seen, self.tools), seen, True)
        guide = Guide(self.reader.vocabulary, grammar, self.reader.dialect.opening)
        return all(guide.accept(token) for token in answer.completion_ids)

    def chat(self, messages: Sequence[Message], data: TuningData) -> tuple[Chat, dict[str, Path]]:
        """Return the chat that the live loop would send, and the file that each of its pictures (base64) came from."""
        from shelftalk.agent.middleware import trim, with_pictures

        built = [self._built(message, number) for number, message in enumerate(messages)]
        lead = [message for message in built if message.type == "system"]
        rest = [message for message in built if message.type != "system"]
        chat = to_chat([*lead, *with_pictures(trim(rest), data.picture)])
        named = [name for message in rest for name in message.additional_kwargs.get("pictures", ())]
        if not named:
            return chat, {}
        # The middleware keeps the newest ones.
        encoded = encoded_pictures(chat)
        kept = named[len(named) - len(encoded) :]
        return chat, {one: data.picture(name) for one, name in zip(encoded, kept, strict=True)}

    def tensors(self, example: Example | Answer) -> dict[str, Tensor]:
        """Return what the processor gives for an example's last prompt beside its ids and their mask."""
        encoded = [_encoded(path) for path in example.pictures]
        inputs = self.reader.inputs_of(example.prompt, encoded)
        return {key: inputs[key] for key in inputs if key not in ("input_ids", "attention_mask")}

    def _built(self, message: Message, number: int) -> Any:
        from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

        if message.role == "system":
            return SystemMessage(message.content)
        if message.role == "user":
            more = {"pictures": list(message.pictures)} if message.pictures else {}
            return HumanMessage(message.content, additional_kwargs=more)
        if message.role == "tool":
            return ToolMessage(message.content, name=message.name, tool_call_id=f"call_{number}")
        calls = [
            {"name": call.name, "args": self._ordered(call), "id": f"call_{number}", "type": "tool_call"}
            for call in message.tool_calls
        ]
        written = {WRITTEN: message.written} if message.written else {}
        return AIMessage(message.content.strip(), tool_calls=calls, response_metadata=written)

    def _answer_turn(self, message: Message) -> dict[str, Any]:
        return to_chat([self._built(message, 0)])[0]

    def _ordered(self, call: ToolCall) -> dict[str, Any]:
        """Return a call's arguments in the order of their schema, which is the one that a grammar has them in."""
        ordered: dict[str, Any] = _in_order(call.args, self._orders.get(call.name, {}))
        return ordered

    def _surrounding(self, prompt: str, chat: Chat, turn: dict[str, Any], body: str) -> tuple[str, int]:
        """Return the white space that the template writes before an answer and the token that it ends with."""
        calls = bool(turn.get("tool_calls"))
        if calls not in self._around:
            around = self._shown_around(prompt, chat, turn, body)
            if around is None:
                return "", self._end
            self._around[calls] = around
        return self._around[calls]

    def _shown_around(
        self, prompt: str, chat: Chat, turn: dict[str, Any], body: str
    ) -> tuple[str, int] | None:
        try:
            whole = self.reader.dialect.prompt([*chat, turn], self.tools)
        except BackboneError:
            return None
        lead, found, rest = whole[len(prompt) :].partition(body)
        if not whole.startswith(prompt) or not found or lead.strip():
            return None
        after = self.reader.encode(rest)[:1]
        stops = self.reader.vocabulary.stops
        return lead, after[0] if after and after[0] in stops else self._end

    def _tokens(self, text: str) -> list[int] | None:
        """Return the tokens that write exactly this text; None where there are none."""
        wanted = self.reader.dialect.spell(text).encode()
        anchor = self.reader.encode(_ANCHOR)
        anchored = self.reader.encode(_ANCHOR + text)
        pieces = self.reader.vocabulary.pieces
        for ids in (self.reader.encode(text), anchored[len(anchor) :]):
            if b"".join(pieces[token] if token < len(pieces) else b"" for token in ids) == wanted:
                return ids
        return None

    def _goes_on(self, last: Example, answer: Answer) -> bool:
        length = len(last.ids)
        return (
            answer.prompt_ids[:length] == last.ids
            and answer.pictures[: len(last.pictures)] == last.pictures
            and len(answer.prompt_ids) + len(answer.completion_ids) <= self.longest
        )


def open_rendering(name: str, tools: Sequence[dict[str, Any]], longest: int = 0) -> Rendering:
    """Return the rendering for a folder's or a hub model's processor, without its weights.

    BackboneError where it cannot be loaded or has no chat template.
    """
    from transformers import AutoConfig, AutoProcessor, GenerationConfig

    from shelftalk.agent.backbones.loading import source_of
    from shelftalk.tools import eye  # noqa: F401  (registers the embedded model's tower with transformers)
    from shelftalk.tools.quiet import quiet

    source, _ = source_of(name)
    try:
        with quiet():
            processor = AutoProcessor.from_pretrained(source)  # type: ignore[no-untyped-call]
            config = AutoConfig.from_pretrained(source)
            try:
                generation = GenerationConfig.from_pretrained(source)
            except OSError:  # not every model has one
                generation = None
    except (OSError, ValueError, KeyError, ImportError) as error:
        reason = str(error).strip().splitlines()
        raise BackboneError(
            f"The model {name} cannot be loaded: {reason[0] if reason else error!r}"
        ) from error
    return Rendering(processor, config, name, tools, generation, longest)


def _encoded(path: Path) -> str:
    from shelftalk.agent.middleware import encoded_picture

    return encoded_picture(path)


def example_of(answer: Answer) -> Example:
    """Return an answer with its prompt as a sequence of its own."""
    labels = [NOT_LEARNT] * len(answer.prompt_ids) + answer.completion_ids
    ids = answer.prompt_ids + answer.completion_ids
    return Example(ids, labels, answer.prompt, len(answer.prompt_ids), answer.pictures)


def _append(example: Example, answer: Answer) -> None:
    read = answer.prompt_ids[len(example.ids) :]
    example.ids += read + answer.completion_ids
    example.labels += [NOT_LEARNT] * len(read) + answer.completion_ids
    example.prompt, example.asked = answer.prompt, len(answer.prompt_ids)
    example.pictures = answer.pictures


def _in_order(value: Any, schema: dict[str, Any]) -> Any:
    if not isinstance(value, dict):
        return value
    parts = schema.get("properties", {})
    names = [name for name in parts if name in value] + [name for name in value if name not in parts]
    return {name: _in_order(value[name], parts.get(name, {})) for name in names if value[name] is not None}
