"""What is used when the caller names nothing; every field is an environment variable."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`SHELFTALK_STORE`, `SHELFTALK_BACKBONE`, ...; command-line options come first.

    `SHELFTALK_HOME`, the folder of all that is kept, is read by `shelftalk.tools.opening.home`.
    """

    model_config = SettingsConfigDict(env_prefix="SHELFTALK_", extra="ignore")

    store: Path | None = None  # None: the demo shop
    backbone: str | None = None  # None: the embedded model
    base_url: str | None = None  # of an OpenAI-compatible server
    adapter: Path | None = None
    max_tool_calls: int = 4  # in one turn
    taste: float = 1.0  # how much the shopper's taste counts in a ranking: 0 not at all, 3 the most
