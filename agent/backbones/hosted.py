"""A language model on any OpenAI-compatible server (vLLM, Ollama, `transformers serve`, hosted ones)."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import openai
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun, CallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage, HumanMessage
from langchain_core.outputs import ChatGenerationChunk, ChatResult
from langchain_core.runnables import Runnable
from langchain_core.tools import BaseTool
from langchain_core.utils.function_calling import convert_to_openai_tool
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from shelftalk.agent.backbones.json_dialect import brief
from shelftalk.agent.backbones.rendering import interleaved
from shelftalk.tools.errors import BackboneError, UsageError

TIMEOUT = 60.0  # seconds without a word from the server
_LOCAL = ("localhost", "127.0.0.1", "::1", "host.docker.internal")


class HostedChat(ChatOpenAI):
    """A chat model on a server; whatever goes wrong there is a BackboneError that says what to do."""

    @contextmanager
    def _explained(self) -> Iterator[None]:
        where = f"{self.model_name} at {self.openai_api_base or 'api.openai.com'}"
        try:
            yield
        except openai.APITimeoutError as error:
            raise BackboneError(
                f"The model {where} did not answer within {self.request_timeout} seconds. "
                "Try again, or check that the server is not overloaded."
            ) from error
        except openai.APIConnectionError as error:
            raise BackboneError(
                f"The model {where} cannot be reached: {error}. Check that the server runs and that the "
                "base URL is right (it usually ends in /v1)."
            ) from error
        except openai.AuthenticationError as error:
            raise BackboneError(
                f"The server refused the key for {where}. Set OPENAI_API_KEY to a key that is valid there."
            ) from error
        except openai.NotFoundError as error:
            raise BackboneError(
                f"The server does not know {where}: {error.message}. Check the model's name and the base URL."
            ) from error
        except openai.APIStatusError as error:
            raise BackboneError(
                f"The model {where} answered with an error, HTTP {error.status_code}: {error.message}"
            ) from error
        except (openai.OpenAIError, KeyError, TypeError, AttributeError, ValueError) as error:
            # A server that only resembles the protocol shows as one of these inside the client.
            raise BackboneError(f"The model {where} gave an answer that cannot be read: {error}") from error

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with self._explained():
            return super()._generate(_placed(messages), stop, run_manager, **kwargs)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        with self._explained():
            return await super()._agenerate(_placed(messages), stop, run_manager, **kwargs)

    def _stream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        ended = False
        with self._explained():
            for chunk in super()._stream(_placed(messages), *args, **kwargs):
                ended = ended or _ends(chunk)
                yield chunk
        self._check_ended(ended)

    async def _astream(
        self, messages: list[BaseMessage], *args: Any, **kwargs: Any
    ) -> AsyncIterator[ChatGenerationChunk]:
        ended = False
        with self._explained():
            async for chunk in super()._astream(_placed(messages), *args, **kwargs):
                ended = ended or _ends(chunk)
                yield chunk
        self._check_ended(ended)

    def _check_ended(self, ended: bool) -> None:
        if not ended:
            raise BackboneError(
                f"The answer of {self.model_name} at {self.openai_api_base} broke off before its end. Try again; "
                "if it stays so, the server does not speak OpenAI's streaming protocol."
            )

    def bind_tools(
        self, tools: Sequence[dict[str, Any] | type | Callable[..., Any] | BaseTool], **kwargs: Any
    ) -> Runnable[LanguageModelInput, AIMessage]:
        """Return this model with tools that it may call; long lists of values are cut to their first few."""
        return super().bind_tools([brief(convert_to_openai_tool(tool)) for tool in tools], **kwargs)


def _ends(chunk: ChatGenerationChunk) -> bool:
    return bool((chunk.generation_info or {}).get("finish_reason"))


def _placed(messages: Sequence[BaseMessage]) -> list[BaseMessage]:
    """Put each picture where "<image>" stands for it in the shopper's words."""
    return [
        HumanMessage([*interleaved(m)], id=m.id)
        if m.type == "human" and not isinstance(m.content, str)
        else m
        for m in messages
    ]


def load_hosted(name: str, base_url: str | None = None, timeout: float = TIMEOUT) -> HostedChat:
    """Return the model `name` on the server at `base_url` (None: OPENAI_BASE_URL, else OpenAI's own).

    The key is OPENAI_API_KEY; a server on this machine needs none. Nothing is sent before the first question.
    UsageError: no name, or a base URL that is none. BackboneError: a key is needed and not set.
    """
    if not name:
        raise UsageError("A model on a server needs a name: 'openai:NAME'.")
    base_url = base_url or os.environ.get("OPENAI_BASE_URL") or None
    parts = urlsplit(base_url or "https://api.openai.com/v1")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise UsageError(f"{base_url!r} is not a base URL; give one such as 'http://localhost:8000/v1'.")
    key = os.environ.get("OPENAI_API_KEY", "")
    if not key and parts.hostname not in _LOCAL:
        raise BackboneError(
            f"The model {name} at {parts.hostname} needs a key: set OPENAI_API_KEY in the environment."
        )
    return HostedChat(
        model=name,
        base_url=base_url,
        api_key=SecretStr(key or "none"),
        timeout=timeout,
        max_retries=1,
        use_responses_api=False,
    )
