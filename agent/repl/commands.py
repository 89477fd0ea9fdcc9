"""The slash commands of the chat; each is a function of the chat and of what follows the command."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from shelftalk.agent.repl.paths import expanded, unquoted
from shelftalk.agent.repl.why import explain
from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from shelftalk.agent.repl.loop import Chat


def image(chat: Chat, rest: str) -> None:
    """PATH: send a picture with the next message."""
    if not rest:
        raise UsageError("/image needs the path of a picture, as in /image photo.jpg")
    chat.attach(expanded(unquoted(rest)))


def like(chat: Chat, rest: str) -> None:
    """N: you like product PN; what follows is ranked by it."""
    chat.remember(likes=_handles("/like", rest))


def dislike(chat: Chat, rest: str) -> None:
    """N: you do not like product PN."""
    chat.remember(dislikes=_handles("/dislike", rest))


def why(chat: Chat, rest: str) -> None:
    """N: what the place of product PN in the last list was made of."""
    visit = chat.agent().visit(chat.session())
    for handle in _handles("/why", rest):
        chat.screen.line(explain(visit, handle))


def hide(chat: Chat, rest: str) -> None:
    """N: never show product PN again."""
    for handle in _handles("/hide", rest):
        title = chat.agent().hide(chat.session(), handle)
        chat.screen.note(f"{handle}, {title}, will not be shown again.")


def up(chat: Chat, _rest: str) -> None:
    """the last answer was good: a model can be tuned by it."""
    _rate(chat, True)


def down(chat: Chat, _rest: str) -> None:
    """the last answer was not good."""
    _rate(chat, False)


def undo(chat: Chat, _rest: str) -> None:
    """take back your last message and what came of it."""
    text = chat.agent().undo(chat.session())
    chat.screen.note("Taken back; change it and send it again, or clear the line.")
    chat.draft = text


def new(chat: Chat, _rest: str) -> None:
    """start a new conversation; this one stays in /sessions."""
    chat.leave_session()
    chat.screen.note("A new conversation.")


def sessions(chat: Chat, _rest: str) -> None:
    """list the conversations."""
    found = chat.sessions.all()
    if not found:
        chat.screen.note("No conversation yet.")
    here = chat.session_id()
    for about in found[:20]:
        when = about.updated.astimezone().strftime("%d %b %H:%M")
        turns = f"{about.turns} turn{'' if about.turns == 1 else 's'}"
        mark = "*" if about.id == here else " "
        chat.screen.line(f"{mark} {about.id}  {when}  {turns:>9}  {about.first_words[:50]}")
    if len(found) > 20:
        chat.screen.note(f"... and {len(found) - 20} older ones in {chat.sessions.folder}")


def resume(chat: Chat, rest: str) -> None:
    """ID: go on with another conversation; without ID, with the one before."""
    if rest:
        chat.resume(rest)
        return
    others = [about.id for about in chat.sessions.all() if about.id != chat.session_id()]
    if not others:
        raise UsageError("There is no other conversation to resume.")
    chat.resume(others[0])


def help_(chat: Chat, _rest: str) -> None:
    """show this."""
    chat.screen.line(
        "Say what you look for. A picture's path in the message, or dropped on it, is sent along."
    )
    for name, command in COMMANDS.items():
        about = (command.__doc__ or "").strip()
        argument, colon, text = about.partition(": ")
        usage = f"/{name} {argument}" if colon and argument.isupper() else f"/{name}"
        chat.screen.line(f"  {usage:<14} {text if usage != f'/{name}' else about}")
    chat.screen.line("Ctrl-C stops an answer, Ctrl-D leaves.")


def quit_(_chat: Chat, _rest: str) -> None:
    """leave; the conversation is kept."""
    raise EOFError


COMMANDS: dict[str, Callable[[Chat, str], None]] = {
    "image": image,
    "like": like,
    "dislike": dislike,
    "why": why,
    "hide": hide,
    "up": up,
    "down": down,
    "undo": undo,
    "new": new,
    "sessions": sessions,
    "resume": resume,
    "help": help_,
    "quit": quit_,
}


def run_command(chat: Chat, line: str) -> None:
    """Run a line that starts with "/"; UsageError on one that is no command, naming those there are."""
    name, _, rest = line[1:].partition(" ")
    if name not in COMMANDS:
        raise UsageError(f"There is no command /{name}; there are {', '.join('/' + n for n in COMMANDS)}.")
    COMMANDS[name](chat, rest.strip())


def _rate(chat: Chat, good: bool) -> None:
    chat.agent().rate(chat.session(), good)
    chat.screen.note(f"Noted: thumbs {'up' if good else 'down'} for the last answer.")


def _handles(command: str, rest: str) -> list[str]:
    numbers = re.findall(r"\d+", rest)
    if not numbers or not re.fullmatch(r"[Pp\d\s,\[\]]+", rest):
        raise UsageError(f"{command} needs the number of a product, as in {command} 2 for P2.")
    return [f"P{int(number)}" for number in numbers]
