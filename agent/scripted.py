"""A fake language model that says what it is told: for tests of a shop's own code, with no weights.

```python
from shelftalk import Agent
from shelftalk.agent.scripted import ScriptedModel, call

model = ScriptedModel(replies=[call("search", query="dress", max_price=50), "How about [P1]?"])
reply = Agent(backbone=model).ask("a dress under 50")
```
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from pydantic import Field, PrivateAttr

from shelftalk.tools.errors import BackboneError


def call(name: str, **arguments: Any) -> dict[str, Any]:
    """Return a tool call to put among a ScriptedModel's replies."""
    return {"name": name, "args": arguments}


class ScriptedModel(BaseChatModel):
    """Answers with `replies`, one a model call, and streams words one by one.

    A reply is a text, a tool call (`call(...)`), a list of tool calls for one message, an exception to raise,
    or a function of the messages seen that returns one of these. `seen` holds the messages of each call,
    `choices` the tool_choice of each. `pause`, if set, is waited for after the first word of every text.
    """

    replies: Sequence[Any] = Field(default_factory=list)
    cycle: bool = False  # start again when the replies run out; otherwise that is a BackboneError
    pause: Callable[[], object] | None = None
    seen: list[list[BaseMessage]] = Field(default_factory=list)
    choices: list[Any] = Field(default_factory=list)
    _lock: threading.Lock = PrivateAttr(default_factory=threading.Lock)

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def bind_tools(
        self, tools: Sequence[Any], *, tool_choice: Any = None, **kwargs: Any
    ) -> Runnable[Any, AIMessage]:
        """Accept any tools; the script decides which are called."""
        return self.bind(
            tools=[getattr(tool, "name", tool) for tool in tools], tool_choice=tool_choice, **kwargs
        )

    def _next(self, messages: list[BaseMessage], choice: Any) -> Any:
        with self._lock:
            at = len(self.seen)
            self.seen.append(messages)
            self.choices.append(choice)
        if not self.replies or (at >= len(self.replies) and not self.cycle):
            raise BackboneError(
                f"The script has {len(self.replies)} replies; the model was called once more."
            )
        reply = self.replies[at % len(self.replies)]
        if callable(reply):
            reply = reply(messages)
        if isinstance(reply, BaseException):
            raise reply
        return reply

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> ChatResult:
        chunks = list(self._stream(messages, stop, None, **kwargs))
        whole = chunks[0]
        for chunk in chunks[1:]:
            whole += chunk
        message = whole.message
        assert isinstance(message, AIMessageChunk)
        answer = AIMessage(message.content, tool_calls=message.tool_calls)
        return ChatResult(generations=[ChatGeneration(message=answer)])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,  # noqa: ARG002
        run_manager: CallbackManagerForLLMRun | None = None,  # noqa: ARG002
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        reply = self._next(messages, kwargs.get("tool_choice"))
        number = len(self.seen)
        if isinstance(reply, str):
            for at, word in enumerate(re.findall(r"\s*\S+\s*?|\s+", reply) or [""]):
                chunk = ChatGenerationChunk(message=AIMessageChunk(content=word))
                yield chunk
                if at == 0 and self.pause is not None:
                    self.pause()
            return
        import json

        calls = reply if isinstance(reply, list) else [reply]
        pieces = [
            {
                "name": c["name"],
                "args": json.dumps(c["args"]),
                "id": c.get("id", f"call_{number}_{at}"),
                "index": at,
                "type": "tool_call_chunk",
            }
            for at, c in enumerate(calls)
        ]
        chunk = ChatGenerationChunk(message=AIMessageChunk(content="", tool_call_chunks=pieces))  # type: ignore[arg-type]
        yield chunk
