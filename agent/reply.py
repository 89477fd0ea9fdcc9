"""What comes back from a turn: events while it goes on, and the reply at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from shelftalk.agent.claims import Claim
from shelftalk.tools.product import Hit


@dataclass(frozen=True)
class Shown:
    """A product put before the shopper, under its handle ("P3")."""

    handle: str
    hit: Hit


@dataclass(frozen=True)
class Words:
    """The next stretch of the answer as it is shown; `handle` is set where it is a product's name."""

    text: str
    handle: str = ""


@dataclass(frozen=True)
class ToolCalled:
    """The model called a tool."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Found:
    """A tool put these products before the shopper."""

    hits: Sequence[Shown]
    tool: str = ""


@dataclass(frozen=True)
class Reply:
    """A finished turn."""

    text: str  # as shown: products by their catalogue titles
    raw: str  # as the model wrote it: products by their handles
    products: list[Shown]  # found in this turn, or, where none was, those that the text names
    tool_calls: list[ToolCalled]
    session: str
    seconds: float
    unknown_handles: list[str] = field(default_factory=list)  # named by the model, never given out; not shown
    stopped: bool = False
    unsupported: list[Claim] = field(
        default_factory=list
    )  # said by the model, borne out by no record; not shown

    def as_dict(self) -> dict[str, Any]:
        """Return the reply as plain data, for JSON."""
        return {
            "text": self.text,
            "products": [
                {
                    "handle": shown.handle,
                    "id": shown.hit.product.id,
                    "title": shown.hit.product.title,
                    "price": shown.hit.product.price,
                    "currency": shown.hit.product.currency,
                    "score": shown.hit.score,
                    "parts": shown.hit.parts,
                    "because": shown.hit.because,
                }
                for shown in self.products
            ],
            "tool_calls": [{"name": c.name, "arguments": c.arguments} for c in self.tool_calls],
            "unknown_handles": self.unknown_handles,
            "unsupported": [asdict(claim) for claim in self.unsupported],
            "session": self.session,
            "seconds": round(self.seconds, 3),
        }


@dataclass(frozen=True)
class Done:
    """The turn is over and saved."""

    reply: Reply


Event = Words | ToolCalled | Found | Done
