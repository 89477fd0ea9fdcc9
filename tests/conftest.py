"""A home of their own for the tests' stores and sessions, and no look-ups on any hub."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

# Before anything imports a library that reads them.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ.setdefault("SHELFTALK_HOME", tempfile.mkdtemp(prefix="shelftalk-tests-"))


@pytest.fixture(scope="session")
def home() -> Path:
    """The folder that holds stores and sessions; the demo shop is indexed into it once for all tests."""
    return Path(os.environ["SHELFTALK_HOME"])
