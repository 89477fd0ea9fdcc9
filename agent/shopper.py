"""The shopper behind a session: who they are to the log of events, and what goes into it."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

from shelftalk.tools.errors import SessionError, ShelftalkError, ToolError, UsageError
from shelftalk.tools.events_reading import Event
from shelftalk.tools.signals import new_opinions

if TYPE_CHECKING:
    from shelftalk.agent.session import Session
    from shelftalk.tools.shop import Shop
    from shelftalk.tools.visit import Visit, VisitState

_LONGEST = 500  # characters of an id, as the log takes them
_HANDLE = re.compile(r"P\d+", re.IGNORECASE)
# "never show me the second one again"; which one is meant, the model says by noting a dislike.
_NEVER = re.compile(
    r"\b(never|not|don[’']?t)\s+((ever|again|please|even|you|want(\s+you)?\s+to|wish\s+to)\s+)*"
    r"(show|see|suggest|recommend)\b[^.!?,;]*\b(again|any ?more|ever)\b"
    r"|\bnever\s+(again\s+)?(show|suggest|recommend)\b",
    re.IGNORECASE,
)
_log = logging.getLogger(__name__)


def shopper_id(shopper: str | None) -> str:
    """Return a shopper's id as the log keeps it, "" for none; UsageError where it cannot be one."""
    if shopper is None:
        return ""
    found = " ".join(str(shopper).split())
    if not found or len(found) > _LONGEST or not found.isprintable():
        raise UsageError(
            f"shopper is {str(shopper)[:40]!r}; give an id of 1 to {_LONGEST} printable characters."
        )
    return found


def bind(state: VisitState, session: Session, shopper: str) -> None:
    """Say whose visit it is, "" for nobody's; SessionError where it is another shopper's already."""
    if state.shopper and shopper and state.shopper != shopper:
        raise SessionError(
            f"Session {session.id} is another shopper's, not {shopper!r}'s. Go on with it without naming a shopper, or "
            "start a new one."
        )
    state.shopper = state.shopper or shopper


def resolve(visit: Visit, product: str) -> str:
    """Return the id of a product given by its id or its handle; "[P2]" is always a handle.

    UsageError: there is no such product.
    """
    text = str(product).strip()
    try:
        return visit.shop.store.get([text])[0].id
    except ToolError:
        if not _HANDLE.fullmatch(text.strip("[]")):
            raise UsageError(
                f"There is no product {text[:80]!r}: give a product's id, or the handle of one that was shown, as P2."
            ) from None
    return visit.id_of(text)


def keep(shop: Shop, before: VisitState, after: VisitState) -> None:
    """Add what a shopper known by an id said to the shop's log; what nobody is known to have said is not kept.

    Where the log cannot be written, the conversation goes on, and a warning says so.
    """
    if shop.events is None or not after.shopper:
        return
    try:
        for said in new_opinions(before, after):
            shop.events.append(after.shopper, said.item, said.kind, said.time)
    except ShelftalkError as error:
        _log.warning("What shopper %s said is not in the log of events: %s", after.shopper, error)


def take_back(shop: Shop, before: VisitState, after: VisitState) -> None:
    """Take back from the shop's log what the shopper came to say between two states; what they did stays.

    StoreError: the log cannot be written.
    """
    said = after.opinions[len(before.opinions) :]
    if shop.events is not None and said:
        shop.events.take_back([Event(after.shopper, one.item, one.kind, one.time) for one in said])


def says_never(text: str) -> bool:
    """Whether a shopper asks that something be never shown again."""
    return _NEVER.search(text) is not None
