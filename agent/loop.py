"""The conversation: a shop, a language model and a session in; answers and products out.

LangChain's `create_agent` runs the loop; what is ours is in the model, the tools and the middleware.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from langchain.agents import AgentState, create_agent
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, ToolMessage
from langgraph.graph.state import CompiledStateGraph
from langsmith import tracing_context

from shelftalk.agent.asked import PastTurn, asked, human, past_turns, since_asked, text_of
from shelftalk.agent.calls import langchain_tools, run_tool
from shelftalk.agent.claims import Lexicon
from shelftalk.agent.grounding import Grounds, last_named
from shelftalk.agent.message import Message
from shelftalk.agent.middleware import ShopMiddleware
from shelftalk.agent.naming import naming, reading
from shelftalk.agent.reply import Done, Event, Reply
from shelftalk.agent.session import Session, damaged, explained
from shelftalk.agent.sessions import Sessions
from shelftalk.agent.settings import Settings
from shelftalk.agent.shopper import bind, keep, resolve, says_never, shopper_id, take_back
from shelftalk.agent.speaker import Speaker
from shelftalk.agent.thumbs import rate
from shelftalk.agent.turn import StopAtToken, Turn
from shelftalk.prompts import system
from shelftalk.tools.errors import SessionError, UsageError
from shelftalk.tools.product import Product
from shelftalk.tools.shop import Shop
from shelftalk.tools.visit import OPINIONS, Result, Visit, VisitState, check_taste

if TYPE_CHECKING:
    from PIL.Image import Image


def _newest(_old: dict[str, Any], new: dict[str, Any]) -> dict[str, Any]:
    return new


class ShopState(AgentState[Any]):
    """What a session saves: the messages and the visit."""

    visit: Annotated[dict[str, Any], _newest]


class Agent:
    """A shop assistant.

    `shop`: a Shop, the folder of a store, or None for the demo shop. `backbone`: a LangChain chat model,
    a name for `load_backbone`, or None for the embedded model. `sessions`: where conversations are kept;
    None: the user's data folder. `shopper`: who it talks with, where no session says otherwise; what the shop's log of
    events holds of them counts as well, and what they do is added to it. `taste`: how much their taste counts in a
    ranking, 0 to 3. Loads everything at once: seconds with the embedded model.
    """

    def __init__(
        self,
        shop: Shop | Path | str | None = None,
        backbone: BaseChatModel | str | None = None,
        sessions: Sessions | Path | str | None = None,
        *,
        base_url: str | None = None,
        adapter: Path | None = None,
        four_bit: bool = False,
        max_tool_calls: int | None = None,
        shopper: str | None = None,
        taste: float | None = None,
    ) -> None:
        settings = Settings()
        self.shopper = shopper_id(shopper)
        self.taste = check_taste(settings.taste if taste is None else taste)
        if not isinstance(backbone, BaseChatModel):
            from shelftalk.agent.backbones import load_backbone

            backbone = load_backbone(
                backbone or settings.backbone,
                base_url=base_url or settings.base_url,
                adapter=adapter or settings.adapter,
                four_bit=four_bit,
            )
        self._owns_shop = not isinstance(shop, Shop)
        self.shop = shop if isinstance(shop, Shop) else _open_shop(shop or settings.store)
        self.backbone = backbone
        self.sessions = sessions if isinstance(sessions, Sessions) else Sessions(sessions)
        self.max_tool_calls = settings.max_tool_calls if max_tool_calls is None else max_tool_calls
        self.facets: Mapping[str, Mapping[str, int]] = self.shop.store.facets()
        self._lexicon = Lexicon(self.facets)
        self._own: Session | None = None
        self._graph = create_agent(
            self.backbone,
            langchain_tools(self.facets),
            system_prompt=system(list(self.facets)),
            middleware=[ShopMiddleware()],
            state_schema=ShopState,
            context_schema=Turn,
        )

    def ask(
        self,
        text: str,
        images: Sequence[Path | str | bytes | Image] = (),
        session: Session | str | None = None,
    ) -> Reply:
        """Send words and pictures, return the finished reply.

        `session`: an open one, or an id (a new one is made); None: this agent's own conversation, which goes
        on from call to call.
        """
        for event in self.stream(session, Message.of(text, images)):
            if isinstance(event, Done):
                return event.reply
        raise AssertionError("a turn ends in Done or raises")

    def stream(self, session: Session | str | None, message: Message) -> Iterator[Event]:
        """Send a message, yield what happens while it happens; the last event is `Done`.

        Closing the iterator, or an exception in the caller's loop (Ctrl-C), stops the answer at its next
        token; what was said until then is kept. A turn that fails is not kept.
        """
        session = self.session(session)
        events: queue.SimpleQueue[Event | BaseException] = queue.SimpleQueue()
        stop = threading.Event()

        def work() -> None:
            try:
                events.put(Done(self._run(session, message, events.put, stop)))
            except BaseException as error:  # noqa: BLE001 raised again where the caller waits
                events.put(error)

        # The model works in a thread of its own, so that the caller can leave at any moment.
        threading.Thread(target=work, name="turn", daemon=True).start()
        try:
            while True:
                try:
                    event = events.get(timeout=0.5)  # a bounded wait: Ctrl-C reaches Windows only between two
                except queue.Empty:
                    continue
                if isinstance(event, BaseException):
                    raise event
                yield event
                if isinstance(event, Done):
                    return
        finally:
            stop.set()

    def session(self, session: Session | str | None = None, shopper: str | None = None) -> Session:
        """Return the session meant by an id, or this agent's own where None is given.

        `shopper` says who is in it from now on; a visit that was a shopper's stays theirs (SessionError).
        """
        if isinstance(session, str):
            session = self.sessions.open(session, create=True)
        if session is None:
            session = self._own = self._own or self.sessions.new()
        if shopper is not None:
            with session.busy:
                wanted = shopper_id(shopper)
                bind(self._saved(session, self._values(session)), session, wanted)
                session.shopper = wanted
        return session

    def visit(self, session: Session | str | None = None) -> Visit:
        """Return the visit as it was last saved; changes to it are not kept."""
        session = self.session(session)
        with session.busy:
            return self._visit(session, self._values(session))

    def call(self, session: Session | str | None, tool: str, **arguments: Any) -> Result:
        """Call a tool in the session's visit and keep what it changes, without the model: `/like 2`."""
        session = self.session(session)
        with session.busy, explained(session.folder):
            visit = self._visit(session, self._values(session))
            before = visit.state.model_copy(deep=True)
            result = run_tool(tool, visit, arguments)
            self._save(session, {"visit": visit.state.model_dump(mode="json")})
            keep(self.shop, before, visit.state)
            return result

    def note(self, session: Session | str | None, kind: str, product: str) -> Product:
        """Note what the shopper did with a product, and return it: "like", "dislike", "click", "buy" or "hide".

        `product` is an id or the handle of one that was shown; where an id could be either, "[P2]" is the handle.
        The next list follows it, what is hidden is in none again (until it is liked), and where the shopper is known
        by an id the shop's log of events gets it. UsageError: no such kind, no such product. StoreError: the log
        cannot be written; the session has it.
        """
        session = self.session(session)
        with session.busy, explained(session.folder):
            visit = self._visit(session, self._values(session))
            product_id = resolve(visit, product)
            visit.state.note(kind, product_id)
            self._save(session, {"visit": visit.state.model_dump(mode="json")})
            if self.shop.events is not None and visit.state.shopper:
                when = visit.state.opinions[-1].time if kind in OPINIONS else None
                self.shop.events.append(visit.state.shopper, product_id, kind, when)
        return self.shop.store.get([product_id])[0]

    def hide(self, session: Session | str | None, handle: str) -> str:
        """Never show the product behind `handle` to this shopper again; return its title."""
        return self.note(session, "hide", f"[{handle.strip('[] ')}]").title

    def undo(self, session: Session | str | None = None) -> str:
        """Go back to before the last message, with all that it and what followed changed; return its text.

        What the shopper said of products since then, likes, dislikes and what was hidden, is taken back in the shop's
        log of events too; a click or a purchase happened, and stays there. StoreError: the log cannot be written;
        nothing is undone.
        """
        session = self.session(session)
        with session.busy, explained(session.folder):
            values = self._values(session)
            past = asked(values)
            if not past:
                raise UsageError("There is nothing to undo: nothing has been said in this session yet.")
            target, then = next(
                ((at, values) for at, values in session.states() if len(asked(values)) < len(past)), ("", {})
            )
            if not target and len(past) > 1:
                raise UsageError("The states before this message are no longer kept; /new starts afresh.")
            # The log first: whoever is killed in between can undo once more, and no like stays that nobody holds.
            take_back(self.shop, self._saved(session, then), self._visit(session, values).state)
            session.forget_after(target)
            session.note(session.about.first_words if target else "", len(past) - 1)
            return str(past[-1].additional_kwargs.get("text", ""))

    def rate(self, session: Session | str | None, good: bool) -> None:
        """Keep a thumb for the last answer, up where it was good; UsageError where there is none."""
        rate(self.session(session), good)

    def history(self, session: Session | str | None = None) -> list[PastTurn]:
        """Return the turns of a session as they were shown."""
        session = self.session(session)
        with session.busy:
            values = self._values(session)
            visit = self._visit(session, values)
        return past_turns(values.get("messages", []), naming(visit))

    def close(self) -> None:
        """Let go of every open session, and of the shop where this agent opened it."""
        self.sessions.close()
        self._own = None
        if self._owns_shop:
            self.shop.close()

    def __enter__(self) -> Agent:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(
        self, session: Session, message: Message, emit: Callable[[Event], None], stop: threading.Event
    ) -> Reply:
        with session.busy, explained(session.folder), tracing_context(enabled=False):
            before = session.head()
            try:
                return self._turn(session, message, emit, stop, before)
            except BaseException:
                # LangGraph saves what a failed run had reached; a conversation goes on from whole turns.
                session.forget_after(before)
                raise

    def _turn(
        self,
        session: Session,
        message: Message,
        emit: Callable[[Event], None],
        stop: threading.Event,
        before: str,
    ) -> Reply:
        began = time.perf_counter()
        values = self._values(session)
        visit = self._visit(session, values)
        was = visit.state.model_copy(deep=True)
        asking = human(message, visit, self.facets)
        count = len(asked(values)) + 1
        if count == 1:
            session.note(message.text.strip() or "(a picture)", 0)
        turn = Turn(visit, emit, self.max_tool_calls, stop, never=says_never(message.text))
        grounds = Grounds(
            reading(visit),
            self._lexicon,
            asked=str(asking.content),
            found=lambda: [shown.handle for shown in turn.found],
            before=last_named(map(text_of, values.get("messages", []))),
            listed=lambda: [hit.product for hit in visit.state.last_hits],
        )
        speaker = Speaker(emit, naming(visit), grounds)
        graph = self._bound(session)
        for chunk, about in graph.stream(
            {"messages": [asking], "visit": visit.state.model_dump(mode="json")},
            {
                **session.config,
                "callbacks": [StopAtToken(turn)],
                "recursion_limit": 4 * self.max_tool_calls + 12,
            },
            context=turn,
            stream_mode="messages",
            durability="exit",
        ):
            if isinstance(chunk, ToolMessage):
                grounds.told.append(str(chunk.text))
            elif (
                isinstance(chunk, AIMessage)
                and isinstance(about, dict)
                and about["langgraph_node"] == "model"
            ):
                speaker.say(chunk)
        speaker.finish()
        messages = self._values(session)["messages"]
        raw = "\n\n".join(text for text in map(text_of, since_asked(messages)) if text)
        mended = [
            m.model_copy(update={"content": speaker.mended[str(m.id)]})
            for m in since_asked(messages)
            if isinstance(m, AIMessage) and str(m.id) in speaker.mended
        ]
        if mended:  # what was taken out is not said later either, to the shopper or to the model
            self._save(session, {"messages": mended})
            messages = self._values(session)["messages"]
        if not turn.stopped and not text_of(messages[-1]):
            # The last word is empty: a small model may say nothing, or only try one more call.
            fallback = turn.last_word()
            self._save(session, {"messages": [AIMessage(fallback, id=messages[-1].id)]})
            raw = f"{raw}\n\n{fallback}".strip()
            speaker.say(AIMessage(fallback, id="fallback"))
            speaker.finish()
        if turn.stopped and not raw and not turn.found:
            session.forget_after(before)
            count -= 1
        with suppress(OSError):  # the turn is saved; the list's line is written again with the next
            session.note(session.about.first_words or message.text, count)
        session.prune()
        if session.head() != before:  # last: a turn that fails is not kept, in the log neither
            keep(self.shop, was, visit.state)
        return Reply(
            text=speaker.shown.strip(),
            raw=raw,
            products=turn.found or turn.named(speaker.named),
            tool_calls=turn.calls,
            session=session.id,
            seconds=time.perf_counter() - began,
            unknown_handles=speaker.unknown,
            stopped=turn.stopped,
            unsupported=speaker.unsupported,
        )

    def _visit(self, session: Session, values: Mapping[str, Any]) -> Visit:
        here = str(self.shop.store.folder)
        if session.about.store not in ("", here):
            raise SessionError(
                f"Session {session.id} was held in another shop. To go on with it, open that shop with "
                f"--store {session.about.store}; this one is {here}."
            )
        session.about = session.about.model_copy(update={"store": here})
        state = self._saved(session, values)
        bind(state, session, session.shopper or self.shopper)
        return Visit(self.shop, state, session.pictures, self.taste)

    def _saved(self, session: Session, values: Mapping[str, Any]) -> VisitState:
        try:
            return VisitState.model_validate(values.get("visit") or {})
        except ValueError as error:
            raise damaged(session, error) from error

    def _bound(self, session: Session) -> CompiledStateGraph[Any, Turn, Any, Any]:
        return self._graph.copy(update={"checkpointer": session.saver})

    def _values(self, session: Session) -> dict[str, Any]:
        with explained(session.folder):
            try:
                return dict(self._bound(session).get_state(session.config).values)
            except (ValueError, TypeError, KeyError, EOFError) as error:
                raise damaged(session, error) from error

    def _save(self, session: Session, update: dict[str, Any]) -> None:
        self._bound(session).update_state(session.config, update, as_node="model")


def _open_shop(folder: Path | str | None) -> Shop:
    from shelftalk.tools.opening import open_shop

    return open_shop(Path(folder) if folder else None)
