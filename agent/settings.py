"""Where things lie and what is used when the caller names nothing; every field is an environment variable."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`SHELFTALK_HOME`, `SHELFTALK_STORE`, `SHELFTALK_BACKBONE`, ...; command-line options come first."""

    model_config = SettingsConfigDict(env_prefix="SHELFTALK_", extra="ignore")

    home: Path | None = None  # sessions, history and stores; None: the user's data folder
    store: Path | None = None  # None: the demo shop
    backbone: str | None = None  # None: the embedded model
    base_url: str | None = None  # of an OpenAI-compatible server
    adapter: Path | None = None
    max_tool_calls: int = 4  # in one turn

    def data_folder(self) -> Path:
        """Return the folder that holds everything shelftalk keeps for this user; it may not exist yet."""
        if self.home is not None:
            return self.home.expanduser()
        from platformdirs import user_data_path

        return user_data_path("shelftalk", appauthor=False)
