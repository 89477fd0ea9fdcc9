"""Opening a folder of training data: everything in it is checked once, before a model is loaded."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from shelftalk.finetune.tuning.rows import SPLITS, Message, Preference, Row, Split
from shelftalk.finetune.tuning.write_data import ABOUT, PICTURES, PREFERENCES, TOOLS
from shelftalk.prompts.turn import IMAGE
from shelftalk.tools.errors import PictureError, UsageError

MAKE = "Make it with: shelftalk finetune data --out DIR"
One = TypeVar("One", Row, Preference)


@dataclass
class TuningData:
    """A folder of training data, checked; see rows.py for what lies in it.

    `tools` are the function schemas that a model is offered, `about` the settings and counts it was made with, `digest`
    a SHA-256 of everything but the pictures.
    """

    folder: Path
    tools: list[dict[str, Any]]
    about: dict[str, Any]
    digest: str
    _rows: dict[Split, list[Row]]
    _preferences: list[Preference]

    def rows(self, split: Split) -> list[Row]:
        """Return the rows of "train", "validation" or "test"; UsageError for another name."""
        if split not in self._rows:
            raise UsageError(f"There is no split {split!r}; there are {', '.join(SPLITS)}.")
        return self._rows[split]

    def preferences(self) -> list[Preference]:
        """Return the pairs of a better and a worse message; none where there are none."""
        return self._preferences

    def picture(self, name: str) -> Path:
        """Return the file of a picture that a row names."""
        return self.folder / PICTURES / name


def open_data(folder: Path) -> TuningData:
    """Open a folder of training data and check all of it.

    UsageError: it is not there, a file is missing or damaged, a row breaks off, names a tool or a picture that is not
    there, teaches nothing, or stands in training and test at once; the message says which file and which row.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise UsageError(f"There is no training data at {folder}. {MAKE}")
    tools = _tools(folder / TOOLS)
    about = _json(folder / ABOUT)
    if not isinstance(about, dict):
        raise UsageError(f"{folder / ABOUT} holds no JSON object. {MAKE}")
    check = _Check(folder, tools)
    rows: dict[Split, list[Row]] = {}
    ids: dict[str, str] = {}
    for split in SPLITS:
        name = f"{split}.jsonl"
        found: list[Row] = []
        for number, row in _lines(folder / name, Row):
            where = f"{name}, row {number}"
            if row.id in ids:
                raise UsageError(
                    f"{where} has the id {row.id!r}, as {ids[row.id]} has: give each row its own."
                )
            ids[row.id] = where
            check.messages(where, row.messages)
            if not any(message.learn for message in row.messages):
                raise UsageError(
                    f'{where} teaches nothing: no message has "learn": true. Mark one, or take it out.'
                )
            found.append(row)
        rows[split] = found
    if not rows["train"]:
        raise UsageError(f"{folder / 'train.jsonl'} has no rows: there is nothing to learn from. {MAKE}")
    _check_sides(rows)
    preferences: list[Preference] = []
    if (folder / PREFERENCES).exists():
        for number, pair in _lines(folder / PREFERENCES, Preference):
            where = f"{PREFERENCES}, row {number}"
            check.messages(where, pair.messages)
            for better in (pair.chosen, pair.rejected):
                check.messages(where, [*pair.messages, better])
                if better.role != "assistant":
                    raise UsageError(f"{where}: what is chosen and rejected must be the assistant's.")
            preferences.append(pair)
    return TuningData(folder, tools, about, _digest(folder), rows, preferences)


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes())
    except FileNotFoundError:
        raise UsageError(
            f"{path.parent} is no training data: there is no {path.name} in it. {MAKE}"
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path} is not JSON ({str(error)[:100]}). {MAKE}") from None


def _tools(path: Path) -> list[dict[str, Any]]:
    tools = _json(path)
    try:
        named = [str(tool["function"]["name"]) for tool in tools]
    except (TypeError, KeyError):
        named = []
    if not named:
        raise UsageError(f"{path} holds no list of function schemas. {MAKE}")
    return list(tools)


def _lines(path: Path, kind: type[One]) -> Iterator[tuple[int, One]]:
    """Yield each line's number and what it holds; UsageError names the line that cannot be read, and why."""
    try:
        with path.open("rb") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _parsed(line, kind, f"{path.name}, row {number}")
    except FileNotFoundError:
        raise UsageError(
            f"{path.parent} is no training data: there is no {path.name} in it. {MAKE}"
        ) from None
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.") from None


def _parsed(line: bytes, kind: type[One], where: str) -> One:
    try:
        return kind.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        if first["type"] == "json_invalid":
            broken = (
                ""
                if line.endswith(b"\n")
                else " The line breaks off: the file may not have been copied whole."
            )
            raise UsageError(
                f"{where} is not JSON: {first['msg'].removeprefix('Invalid JSON: ')}.{broken}"
            ) from None
        raise UsageError(f"{where}: {place}: {first['msg']}.") from None


class _Check:
    """Checks messages against the tools and the pictures of one folder, each picture once."""

    def __init__(self, folder: Path, tools: Sequence[Mapping[str, Any]]) -> None:
        self._pictures = folder / PICTURES
        self._seen: set[str] = set()
        self._arguments = {
            tool["function"]["name"]: set(tool["function"].get("parameters", {}).get("properties", {}))
            for tool in tools
        }

    def messages(self, where: str, messages: Sequence[Message]) -> None:
        if not any(message.role == "user" for message in messages):
            raise UsageError(f"{where}: nobody asks anything: there is no message of the shopper's.")
        for at, message in enumerate(messages, 1):
            here = f"{where}, message {at}"
            if message.role != "assistant" and (message.learn or message.tool_calls or message.written):
                raise UsageError(
                    f"{here}: only the assistant's messages are learnt and have calls; it is {message.role}'s."
                )
            if message.learn and not (message.content.strip() or message.tool_calls):
                raise UsageError(f"{here} is to be learnt and holds nothing.")
            for call in message.tool_calls:
                self._call(here, call.name, call.args)
            places = message.content.count(IMAGE) if message.role == "user" else 0
            if places != len(message.pictures):
                raise UsageError(
                    f"{here} has {places} places for pictures ({IMAGE}) and {len(message.pictures)} pictures."
                )
            for name in message.pictures:
                self._picture(where, name)

    def _call(self, here: str, name: str, arguments: Iterable[str]) -> None:
        if name not in self._arguments:
            raise UsageError(f"{here} calls the tool {name!r}; {TOOLS} has {', '.join(self._arguments)}.")
        unknown = [key for key in arguments if key not in self._arguments[name]]
        if unknown:
            raise UsageError(
                f"{here} calls {name} with {unknown[0]!r}; it takes "
                f"{', '.join(sorted(self._arguments[name])) or 'nothing'}."
            )

    def _picture(self, where: str, name: str) -> None:
        if name in self._seen:
            return
        path = self._pictures / name
        if Path(name).name != name or name in ("", ".", ".."):
            raise UsageError(
                f"{where} names picture {name!r}; a name in {self._pictures} is needed, not a path."
            )
        if not path.is_file():
            raise UsageError(
                f"{where} names picture {name}, which is not in {self._pictures}: put it there, take the row out, or "
                "make the data again."
            )
        try:
            _look(path)
        except PictureError as error:
            raise UsageError(f"{where} names picture {name}, which cannot be read: {error}") from None
        self._seen.add(name)


def _look(path: Path) -> None:
    """See that a file begins as a picture does; PictureError where not. What follows is read when it is trained on."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path):
            pass
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise PictureError(f"{path.name} is no picture ({type(error).__name__}).") from None


def _check_sides(rows: Mapping[Split, Sequence[Row]]) -> None:
    """See that no shopper and no product that is named is on two sides."""
    for what in ("shopper", "product"):
        held: dict[str, tuple[Split, int]] = {}
        for split, several in rows.items():
            for number, row in enumerate(several, 1):
                for key in row.products if what == "product" else filter(None, [row.shopper]):
                    first = held.setdefault(key, (split, number))
                    if first[0] != split:
                        raise UsageError(
                            f"{split}.jsonl, row {number} has the {what} {key!r}, as {first[0]}.jsonl, row {first[1]} "
                            "has: what is tested must not have been learnt. Make the data again."
                        )


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in (TOOLS, *(f"{split}.jsonl" for split in SPLITS), PREFERENCES):
        if (folder / name).exists():
            digest.update(name.encode() + hashlib.sha256((folder / name).read_bytes()).digest())
    return digest.hexdigest()
