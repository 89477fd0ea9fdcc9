"""`shelftalk chat`: talk with a shop in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from shelftalk.agent.loop import Agent


def run(
    session: Annotated[
        str | None, typer.Argument(help="The session to resume; its first letters do.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with the last session, or with ID.")
    ] = False,
    store: Annotated[
        Path | None, typer.Option(help="A store made by `index`; the demo shop if none.")
    ] = None,
    backbone: Annotated[
        str | None,
        typer.Option(help="A model's folder or hub name, or openai:NAME; the embedded one if none."),
    ] = None,
    base_url: Annotated[str | None, typer.Option(help="The address of the server of openai:NAME.")] = None,
    adapter: Annotated[Path | None, typer.Option(help="A PEFT adapter's folder.")] = None,
    shopper: Annotated[
        str | None, typer.Option(help="Who is talking: what the shop's log of events knows of them counts.")
    ] = None,
    four_bit: Annotated[bool, typer.Option("--4bit", help="Load the model in 4 bits.")] = False,
) -> None:
    """Talk with a shop, in words and pictures."""
    import os
    import sys

    from shelftalk.agent.repl.loop import Chat
    from shelftalk.agent.repl.pictures import choose
    from shelftalk.agent.repl.screen import Screen, plain_where_needed
    from shelftalk.agent.sessions import Sessions
    from shelftalk.tools import opening
    from shelftalk.tools.errors import SessionError, UsageError

    plain_where_needed()
    sessions = Sessions()
    if session is not None and not resume:
        raise UsageError(f"chat takes no argument {session!r}; to go on with a session: --resume {session}")
    if resume:
        known = [about.id for about in sessions.all() if about.id.startswith(session or "")]
        if not known or (session is not None and len(known) > 1 and session not in known):
            there = ", ".join(known or [about.id for about in sessions.all()[:5]]) or "none yet"
            raise SessionError(f"There is no session {session or 'to resume'!r}. Sessions: {there}.")
        session = session if session in known else known[0]
        store = store or sessions.store_of(session)

    made = store is not None or opening.store_folder(opening.DEMO).exists()

    def build() -> Agent:
        chat.loading.tell("opening the shop" if made else "preparing the demo shop, this once")
        from shelftalk.agent.settings import Settings

        shop = opening.open_shop(store or Settings().store)
        chat.loading.tell("loading the model")
        from shelftalk.agent.loop import Agent

        return Agent(
            shop, backbone, sessions, base_url=base_url, adapter=adapter, four_bit=four_bit, shopper=shopper
        )

    styled = sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    chat = Chat(build, sessions, Screen(choose(ask_terminal=True), styled), session)
    try:
        chat.run()
    finally:
        if chat.loading.ready:
            chat.agent().shop.close()
