"""The models behind the conversation: the embedded one, any local one, any OpenAI-compatible server."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langchain_core.language_models.chat_models import BaseChatModel

MINI = Path(__file__).resolve().parent.parent / "weights" / "mini"
HOSTED = "openai:"
MINI_WORDS = 0.5  # temperature of the embedded model's replies: the likeliest words are always the same few


def load_backbone(
    name: str | None = None,
    base_url: str | None = None,
    adapter: Path | None = None,
    four_bit: bool = False,
) -> BaseChatModel:
    """Return a chat model: None the embedded one, "openai:NAME" one on a server, else a folder or hub name.

    `base_url` is the server's address, `adapter` a PEFT adapter's folder, `four_bit` loads in nf4.
    BackboneError says what is missing; UsageError which options do not go together.
    """
    from shelftalk.tools.errors import UsageError

    if name is not None and name.startswith(HOSTED):
        if adapter is not None or four_bit:
            raise UsageError("An adapter and 4 bits are for local models; the server decides about its own.")
        from shelftalk.agent.backbones.hosted import load_hosted

        return load_hosted(name.removeprefix(HOSTED), base_url)
    if base_url is not None:
        raise UsageError("A base URL needs a model on a server: name it as 'openai:NAME'.")
    from shelftalk.agent.backbones.loading import load_engine
    from shelftalk.agent.backbones.local import ChatMLLM

    engine = load_engine(name or str(MINI), adapter, four_bit)
    return ChatMLLM(engine=engine, temperature=0.0 if name else MINI_WORDS)


def load_mini(**options: Any) -> tuple[Any, Any]:
    """Return the embedded model and its processor, for use with transformers alone: to generate, to train.

    `options` are those of `from_pretrained` ("dtype", "device_map"). The model is a `LlavaForConditionalGeneration`;
    its own folder leaves out the vision tower, which the store's encoder has.
    """
    from transformers import AutoProcessor

    from shelftalk.agent.backbones.loading import open_model

    model = open_model(str(MINI), **options)
    return model, AutoProcessor.from_pretrained(MINI)  # type: ignore[no-untyped-call]
