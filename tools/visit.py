"""One shopper's visit: which products and pictures have handles, what was liked, what was last asked for.

`VisitState` is what a session saves; `Visit` binds it to a shop, and every tool's first argument is a visit.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from shelftalk.tools.errors import ToolError, UsageError
from shelftalk.tools.product import Hit, Product

if TYPE_CHECKING:
    from PIL.Image import Image

    from shelftalk.tools.shop import Shop
    from shelftalk.tools.signals import Past, Signals
    from shelftalk.tools.toolbox._taste import Leaning

MOST_TASTE = 3.0
KINDS = ("like", "dislike", "click", "buy", "hide")  # what a shopper can do with a product
OPINIONS = ("like", "dislike", "hide")  # those that are said, and can be taken back; the others happened


class Opinion(BaseModel):
    """What a shopper said of a product, and when: as the log of events has it."""

    kind: str  # one of OPINIONS
    item: str  # product id
    time: float  # seconds since 1970, UTC


class VisitState(BaseModel):
    """What a visit remembers; plain data, so that a session can be saved at any moment."""

    shown: list[str] = Field(default_factory=list)  # product ids; the first has handle P1
    pictures: list[str] = Field(default_factory=list)  # SHA-256 of each picture sent; the first is img1
    likes: list[str] = Field(default_factory=list)  # product ids
    dislikes: list[str] = Field(default_factory=list)
    clicks: list[str] = Field(default_factory=list)  # the newest last
    bought: list[str] = Field(default_factory=list)
    hidden: list[str] = Field(default_factory=list)  # never to be shown again
    shopper: str = ""  # whom the log of events knows; "": nobody it knows, and nothing is added to it
    opinions: list[Opinion] = Field(default_factory=list)  # such a shopper's, newest last
    size: str = ""
    budget: float | None = None
    last_search: dict[str, Any] = Field(default_factory=dict)  # arguments as the tool was called
    last_hits: list[Hit] = Field(default_factory=list)  # the list that was last shown, for "why"
    last_said: str = ""  # the words that list was found by
    # How that list was made: the "tool", its arguments as it was called, and what its "taste" was read off.
    last_list: dict[str, Any] = Field(default_factory=dict)

    def note(self, kind: str, product_id: str) -> None:
        """Note one of `KINDS` of a product; what contradicts it is struck out, and what was hidden is not named.

        A like of what was hidden shows it again. UsageError: there is no such kind.
        """
        if kind not in KINDS:
            raise UsageError(f"There is no kind {kind!r} of signal; there are {', '.join(KINDS)}.")
        into = {
            "like": self.likes,
            "dislike": self.dislikes,
            "click": self.clicks,
            "buy": self.bought,
            "hide": self.hidden,
        }
        against = {"like": (self.dislikes, self.hidden), "dislike": (self.likes,), "buy": (self.dislikes,)}
        against |= {"click": (self.clicks,), "hide": (self.likes, self.clicks)}  # a click is the newest again
        for other in against[kind]:
            if product_id in other:
                other.remove(product_id)
        if product_id not in into[kind]:
            into[kind].append(product_id)
        if self.shopper and kind in OPINIONS:
            self.opinions.append(Opinion(kind=kind, item=product_id, time=time.time()))
        if kind == "hide":
            self.last_hits = [hit for hit in self.last_hits if hit.product.id != product_id]


class Result(BaseModel):
    """What a tool answers: `text` for the model, the rest for the application."""

    text: str
    hits: list[Hit] = Field(default_factory=list)
    instead: list[Hit] = Field(
        default_factory=list
    )  # where no product passes the filters: what would, with fewer
    mended: dict[str, str] = Field(default_factory=dict)  # words read as others: {"snekers": "sneakers"}
    missing: str = ""  # what was asked for by name and the shop does not have: "plates"


@dataclass
class Visit:
    """A shop with one shopper in it.

    `taste` is how much the shopper's taste counts in a ranking: 0 not at all, 1 as it is meant to, 3 the most.
    """

    shop: Shop
    state: VisitState = field(default_factory=VisitState)
    pictures: Path | None = None  # folder that holds the pictures sent, each as <SHA-256>.png
    taste: float = 1.0
    _past: tuple[str, int, Past] | None = field(default=None, repr=False, compare=False)
    leaning: Leaning | None = field(default=None, repr=False, compare=False)  # the tools' own

    def __post_init__(self) -> None:
        check_taste(self.taste)

    def past(self) -> Past:
        """Return what the log of events tells of the shopper; nothing where there is no log, or no shopper."""
        from shelftalk.tools.signals import Past, past_of

        log, shopper = self.shop.events, self.state.shopper
        if log is None or not shopper:
            return Past()
        length = len(log)
        if self._past is None or self._past[:2] != (shopper, length):  # the log only ever grows
            self._past = (shopper, length, past_of(log.of(shopper)))
        return self._past[2]

    def signals(self) -> Signals:
        """Return what is known of the shopper's taste now."""
        from shelftalk.tools.signals import signals

        return signals(self)

    def hidden(self) -> frozenset[str]:
        """Return the ids of the products that the shopper asked never to see again, now or earlier."""
        return self.signals().hidden

    def handle(self, product_id: str) -> str:
        """Return the product's handle ("P3"), giving it the next free one the first time."""
        if product_id not in self.state.shown:
            self.state.shown.append(product_id)
        return f"P{self.state.shown.index(product_id) + 1}"

    def product(self, handle: str) -> Product:
        """Return the product behind a handle; ToolError where there is none, or the shopper has hidden it."""
        product_id = self.id_of(str(handle))
        if product_id in self.hidden():
            raise ToolError(f"The shopper asked never to see {handle} again; choose another product.")
        return self.shop.store.get([product_id])[0]

    def id_of(self, handle: str) -> str:
        """Return the id of the product behind a handle, hidden or not; ToolError names the handles there are."""
        number = handle.strip().lstrip("[").rstrip("]").upper().removeprefix("P")
        if not number.isdigit() or not 1 <= int(number) <= len(self.state.shown):
            allowed = f"P1 to P{len(self.state.shown)}" if self.state.shown else "none yet: search first"
            raise ToolError(f"There is no product {handle!r}. Products shown so far: {allowed}.")
        return self.state.shown[int(number) - 1]

    def add_picture(self, image: Image) -> str:
        """Keep a picture that the shopper sent and return its handle ("img1")."""
        from shelftalk.tools.picture import save_picture

        if self.pictures is None:
            raise ToolError("This visit has no folder for pictures.")
        digest = save_picture(image, self.pictures)
        if digest not in self.state.pictures:
            self.state.pictures.append(digest)
        return f"img{self.state.pictures.index(digest) + 1}"

    def picture(self, handle: str) -> Image:
        """Return the picture behind a handle ("img1", or "P3" for a product's own picture)."""
        if handle.strip().lstrip("[").upper().startswith("P"):
            found = self.shop.store.picture(self.product(handle))
            if found is None:
                raise ToolError(f"Product {handle} has no picture; search by words instead.")
            return found
        number = handle.strip().lower().removeprefix("img")
        count = len(self.state.pictures)
        if self.pictures is None or not number.isdigit() or not 1 <= int(number) <= count:
            allowed = f"img1 to img{count}" if count else "none: the shopper has sent no picture"
            raise ToolError(f"There is no picture {handle!r}. Pictures so far: {allowed}.")
        from shelftalk.tools.picture import open_picture

        return open_picture(self.pictures / f"{self.state.pictures[int(number) - 1]}.png")


def check_taste(taste: float) -> float:
    """Return how much taste is to count; UsageError where it is not 0 to 3."""
    if isinstance(taste, bool) or not math.isfinite(taste) or not 0 <= taste <= MOST_TASTE:
        raise UsageError(
            f"taste is {taste!r}; give 0 (not at all) to {MOST_TASTE:g}, 1 is what it counts by default."
        )
    return float(taste)
