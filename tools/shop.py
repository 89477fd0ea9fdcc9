"""A shop: the store of products, the encoder that reads words and pictures, the scorer that knows behaviour."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.scores.contract import Scorer
    from shelftalk.tools.store import Store


@dataclass
class Shop:
    """What the tools work on."""

    store: Store
    encoder: Encoder
    scorer: Scorer | None = None
