"""Keeps the libraries' progress bars and advice off the terminal while a model loads."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet() -> Iterator[None]:
    """Let transformers and bitsandbytes speak only of errors within this block."""
    from transformers.utils import logging as messages

    bitsandbytes = logging.getLogger("bitsandbytes")
    before = bitsandbytes.level
    bars, level = messages.is_progress_bar_enabled(), messages.get_verbosity()
    bitsandbytes.setLevel(logging.ERROR)
    messages.disable_progress_bar()  # type: ignore[no-untyped-call]
    messages.set_verbosity(logging.ERROR)
    try:
        yield
    finally:
        bitsandbytes.setLevel(before)
        messages.set_verbosity(level)
        if bars:
            messages.enable_progress_bar()  # type: ignore[no-untyped-call]
