"""A multimodal language model in this process, as a LangChain chat model."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.language_models.chat_models import BaseChatModel, generate_from_stream
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from pydantic import ConfigDict, Field, PrivateAttr

from shelftalk.agent.backbones.engine import Call, Ending, Engine
from shelftalk.agent.backbones.rendering import WRITTEN, to_chat


class ChatMLLM(BaseChatModel):
    """A transformers image-text-to-text model that talks, looks at pictures and calls tools.

    Tool calls are decoded under a grammar made from the bound tools and the conversation: they always parse
    and fit their schema. A reply names only products that a tool has shown.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    engine: Engine = Field(exclude=True, repr=False)
    temperature: float = 0.0  # of a reply's words; calls are always the likeliest
    max_new_tokens: int = 160
    seed: int = 0

    _stop: threading.Event = PrivateAttr(default_factory=threading.Event)

    @property
    def _llm_type(self) -> str:
        return "shelftalk"

    @property
    def _identifying_params(self) -> dict[str, Any]:
        return {"name": self.engine.name, "temperature": self.temperature, "seed": self.seed}

    def interrupt(self) -> None:
        """Stop the answer that is being written, from any thread; what was written of a reply stays."""
        self._stop.set()

    def bind_tools(
        self,
        tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool],
        *,
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with tools that it may call.

        `tool_choice`: "auto" (or None) leaves the choice to the model, "any" forces a call, "none" forbids
        one, and a tool's name forces that tool.
        """
        schemas = [convert_to_openai_tool(tool) for tool in tools]
        return self.bind(tools=schemas, tool_choice=tool_choice, **kwargs)

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002  (an answer ends where its grammar says)
        run_manager: CallbackManagerForLLMRun | None = None,
        *,
        tools: Sequence[dict[str, Any]] = (),
        tool_choice: str | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        chat = to_chat(messages)
        only, reply = _choice(tool_choice)
        made = sum(len(turn.get("tool_calls", ())) for turn in chat)
        self._stop.clear()
        parts = self.engine.answer(
            chat,
            tools,
            reply=reply,
            only=only,
            most=int(kwargs.get("max_tokens", self.max_new_tokens)),
            temperature=float(kwargs.get("temperature", self.temperature)),
            seed=self.seed,
            stopped=self._stop.is_set,
        )
        for part in parts:
            chunk = ChatGenerationChunk(message=_message(part, f"call_{made + 1}", self.engine.name))
            if isinstance(part, Ending):
                chunk.generation_info = {"finish_reason": part.reason}
            if run_manager and isinstance(part, str):
                run_manager.on_llm_new_token(part, chunk=chunk)
            yield chunk

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return generate_from_stream(self._stream(messages, stop, run_manager, **kwargs))


def _choice(tool_choice: str | None) -> tuple[Sequence[str] | None, bool]:
    """Return the names of the tools that may be called, None for all, and whether a reply is allowed."""
    if tool_choice in (None, "auto"):
        return None, True
    if tool_choice == "none":
        return (), True
    if tool_choice in ("any", "required"):
        return None, False
    return [str(tool_choice)], False


def _message(part: str | Call | Ending, call_id: str, model: str) -> AIMessageChunk:
    if isinstance(part, str):
        return AIMessageChunk(content=part)
    if isinstance(part, Call):
        arguments = json.dumps(part.arguments, ensure_ascii=False)
        call = {"name": part.name, "args": arguments, "id": call_id, "index": 0, "type": "tool_call_chunk"}
        return AIMessageChunk(
            content="",
            tool_call_chunks=[call],  # type: ignore[list-item]
            response_metadata={WRITTEN: part.written},
        )
    usage = {
        "input_tokens": part.read,
        "output_tokens": part.written,
        "total_tokens": part.read + part.written,
    }
    return AIMessageChunk(
        content="",
        usage_metadata=usage,  # type: ignore[arg-type]
        response_metadata={"finish_reason": part.reason, "model_name": model},
    )
