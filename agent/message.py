"""What a shopper sends: words, pictures, or both. Checked once, here, at the edge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_CHARACTERS = 4000
MAX_PICTURES = 4


@dataclass(frozen=True)
class Message:
    """One turn of the shopper's, safe to hand on: a short enough `text`, decoded RGB pictures."""

    text: str
    images: tuple[Image, ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) > MAX_CHARACTERS:
            raise UsageError(
                f"The message has {len(self.text):,} characters; at most {MAX_CHARACTERS:,} can be sent "
                "at once. Shorten it, or send it in parts. Nothing of the conversation was changed."
            )
        if len(self.images) > MAX_PICTURES:
            raise UsageError(
                f"The message has {len(self.images)} pictures; at most {MAX_PICTURES} can be sent at once. "
                "Send the others with the next message."
            )
        if not self.text.strip() and not self.images:
            raise UsageError("The message is empty: write what you are looking for, or send a picture.")

    @classmethod
    def of(cls, text: str, images: Sequence[Path | str | bytes | Image] = ()) -> Message:
        """Make a message from words and pictures given as paths, file contents or PIL images.

        UsageError: too long, too many pictures, or nothing at all. PictureError: a picture cannot be read.
        """
        from PIL.Image import Image as PILImage

        if len(images) > MAX_PICTURES:  # before any is decoded
            return cls(text, tuple(None for _ in images))  # type: ignore[misc]
        from shelftalk.tools.picture import open_picture

        opened = (
            item.convert("RGB")
            if isinstance(item, PILImage)
            else open_picture(item if isinstance(item, bytes) else Path(item))
            for item in images
        )
        return cls(text, tuple(opened))
