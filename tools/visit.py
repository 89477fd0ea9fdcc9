"""One shopper's visit: which products and pictures have handles, what was liked, what was last asked for.

`VisitState` is what a session saves; `Visit` binds it to a shop, and every tool's first argument is a visit.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from shelftalk.tools.errors import ToolError
from shelftalk.tools.product import Hit, Product

if TYPE_CHECKING:
    from PIL.Image import Image

    from shelftalk.tools.shop import Shop


class VisitState(BaseModel):
    """What a visit remembers; plain data, so that a session can be saved at any moment."""

    shown: list[str] = Field(default_factory=list)  # product ids; the first has handle P1
    pictures: list[str] = Field(default_factory=list)  # SHA-256 of each picture sent; the first is img1
    likes: list[str] = Field(default_factory=list)  # product ids
    dislikes: list[str] = Field(default_factory=list)
    hidden: list[str] = Field(default_factory=list)  # never to be shown again
    size: str = ""
    budget: float | None = None
    last_search: dict[str, Any] = Field(default_factory=dict)  # arguments as the tool was called
    last_hits: list[Hit] = Field(default_factory=list)  # the list that was last shown, for "why"
    last_said: str = ""  # the words that list was found by


class Result(BaseModel):
    """What a tool answers: `text` for the model, the rest for the application."""

    text: str
    hits: list[Hit] = Field(default_factory=list)
    instead: list[Hit] = Field(
        default_factory=list
    )  # where no product passes the filters: what would, with fewer
    mended: dict[str, str] = Field(default_factory=dict)  # words read as others: {"snekers": "sneakers"}


@dataclass
class Visit:
    """A shop with one shopper in it."""

    shop: Shop
    state: VisitState = field(default_factory=VisitState)
    pictures: Path | None = None  # folder that holds the pictures sent, each as <SHA-256>.png

    def handle(self, product_id: str) -> str:
        """Return the product's handle ("P3"), giving it the next free one the first time."""
        if product_id not in self.state.shown:
            self.state.shown.append(product_id)
        return f"P{self.state.shown.index(product_id) + 1}"

    def product(self, handle: str) -> Product:
        """Return the product behind a handle; ToolError names the handles there are."""
        number = handle.strip().lstrip("[").rstrip("]").upper().removeprefix("P")
        if not number.isdigit() or not 1 <= int(number) <= len(self.state.shown):
            allowed = f"P1 to P{len(self.state.shown)}" if self.state.shown else "none yet: search first"
            raise ToolError(f"There is no product {handle!r}. Products shown so far: {allowed}.")
        return self.shop.store.get([self.state.shown[int(number) - 1]])[0]

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
