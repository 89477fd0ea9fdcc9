"""A shop: the store of products, the encoder that reads words and pictures, and what is known of behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.events import EventLog
    from shelftalk.tools.fitted import Fitted
    from shelftalk.tools.scores.contract import Scorer
    from shelftalk.tools.store import Store


class Shop:
    """What the tools work on."""

    def __init__(
        self,
        store: Store,
        encoder: Encoder,
        scorer: Scorer | Fitted | None = None,
        events: EventLog | None = None,
    ) -> None:
        """Put a shop together; `scorer` is one that stays, or the one saved in a folder, whichever it is then.

        `events` is where what shoppers do is kept; None keeps nothing.
        """
        self.store = store
        self.encoder = encoder
        self.events = events
        self._scorer = scorer

    @property
    def scorer(self) -> Scorer | None:
        """The scorer from behaviour; where it is fitted anew, by another process perhaps, the new one."""
        from shelftalk.tools.fitted import Fitted

        return self._scorer.current() if isinstance(self._scorer, Fitted) else self._scorer

    def close(self) -> None:
        """Close the store and the events."""
        if self.events is not None:
            self.events.close()
        self.store.close()
