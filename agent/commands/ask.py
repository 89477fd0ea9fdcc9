"""`shelftalk ask`: one question, one answer, for scripts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def run(
    text: Annotated[str, typer.Argument(help="What you are looking for.")] = "",
    image: Annotated[list[Path] | None, typer.Option(help="A picture to send along; repeatable.")] = None,
    session: Annotated[
        str | None, typer.Option(help="The session to go on with, or to start under this id.")
    ] = None,
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
        str | None, typer.Option(help="Who is asking: what the shop's log of events knows of them counts.")
    ] = None,
    four_bit: Annotated[bool, typer.Option("--4bit", help="Load the model in 4 bits.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Ask once and print the answer."""
    from shelftalk.agent.message import Message
    from shelftalk.agent.repl.paths import expanded

    # Before the model is loaded, which takes seconds.
    message = Message.of(text, [expanded(str(path)) for path in image or ()])

    from shelftalk.agent.loop import Agent
    from shelftalk.agent.reply import Done
    from shelftalk.agent.sessions import Sessions

    sessions = Sessions()
    if session is not None:
        store = store or sessions.store_of(session)
    agent = Agent(
        store, backbone, sessions, base_url=base_url, adapter=adapter, four_bit=four_bit, shopper=shopper
    )
    try:
        events = agent.stream(session, message)
        reply = next(event.reply for event in events if isinstance(event, Done))
    finally:
        agent.close()
    if as_json:
        import json

        typer.echo(json.dumps(reply.as_dict(), ensure_ascii=False, indent=2))
        return
    from shelftalk.agent.repl.cards import Look, cards
    from shelftalk.agent.repl.screen import plain_where_needed

    plain_where_needed()
    typer.echo(reply.text)
    if reply.products:
        typer.echo()
        typer.echo(cards(reply.products, lambda _: None, Look("none", False, 80)), nl=False)
    typer.echo(f"\nsession {reply.session}", err=True)
