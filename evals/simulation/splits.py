"""Which examples are kept from training: decided by their key alone, so that no list has to be carried along."""

from __future__ import annotations

import hashlib


def held_out(key: str, percent: int) -> bool:
    """Say whether this key belongs to the share that is never trained on; always the same answer."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 100 < percent
