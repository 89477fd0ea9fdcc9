"""Making a folder of training data: rows from every source, split, counted and written."""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from shelftalk.finetune.tuning.catalogue_rows import catalogue_rows
from shelftalk.finetune.tuning.chat_logs import ChatLog
from shelftalk.finetune.tuning.chat_rows import Conversation, chat_rows, preferences
from shelftalk.finetune.tuning.goods import Goods
from shelftalk.finetune.tuning.interaction_rows import Histories, interaction_rows
from shelftalk.finetune.tuning.rows import SPLITS, Preference, Row, Split
from shelftalk.finetune.tuning.splitting import by_side, share, split_products
from shelftalk.finetune.tuning.thumb_chats import thumb_chats
from shelftalk.finetune.tuning.write_data import check_target, write_data
from shelftalk.tools.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shelftalk.agent.sessions import Sessions
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.scores.interactions import Interactions

FORMAT = 1
MOST_HISTORIES = (
    2000  # rows from interactions where no visits are simulated; beside those, half as many as they
)
_PACKAGES = ("shelftalk", "pydantic", "langchain-core")
Tell = Callable[[int, int | None], None]


@dataclass
class Made:
    """What was made: the rows of each side, and what `about.json` says."""

    folder: Path
    rows: dict[Split, list[Row]] = field(default_factory=lambda: {split: [] for split in SPLITS})
    preferences: list[Preference] = field(default_factory=list)
    pictures: dict[str, Path] = field(default_factory=dict)
    about: dict[str, Any] = field(default_factory=dict)


@contextmanager
def opened_goods(
    store: Path | None,
    catalogue: Path | None,
    mapping: Mapping[str, str] | None = None,
    progress: bool = False,
) -> Iterator[tuple[Goods, str]]:
    """Give a shop's goods and what it is called: a store's, or a catalogue's that no store was made of.

    Neither: the demo shop. `mapping` says which column of a catalogue is which field. UsageError: both.
    """
    from shelftalk.tools.store import Store

    if store is not None and catalogue is not None:
        raise UsageError("Give --store or --catalogue, not both: a store has its catalogue in it.")
    if catalogue is None:
        from shelftalk.tools.opening import made_store

        folder = made_store(store, progress)
        with Store.open(folder) as opened:
            yield Goods.of(opened), str(folder)
        return
    from shelftalk.finetune.tuning.unseen import UnseenEncoder
    from shelftalk.tools.indexing import index
    from shelftalk.tools.indexing_progress import shown

    encoder = cast("Encoder", UnseenEncoder())
    with tempfile.TemporaryDirectory(prefix="shelftalk-") as temporary:
        folder = Path(temporary) / "store"
        with shown(f"Reading {catalogue.name}", progress) as tell:
            index(catalogue, folder, encoder, mapping=dict(mapping or {}), progress=tell)
        with Store.open(folder) as opened:
            yield Goods.of(opened), str(catalogue)


def events_of(store: Path) -> Interactions | None:
    """Read the log of a store, and what the demo shop ships with; None where nothing was taken."""
    from shelftalk.tools.events import EventLog
    from shelftalk.tools.fitting import joined
    from shelftalk.tools.opening import shipped_events
    from shelftalk.tools.scores.interactions import read_interactions

    with EventLog(store) as log:
        events = log.interactions()
    shipped = shipped_events(store)
    if shipped is not None:
        events = joined(read_interactions(shipped), events)
    return events if len(events.rows) else None


def make_data(
    goods: Goods,
    folder: Path,
    *,
    source: str,
    visits: int = 2000,
    seed: int = 0,
    events: Interactions | None = None,
    chats: Path | None = None,
    sessions: Sessions | None = None,
    progress: Tell | None = None,
) -> Made:
    """Make training data of a shop and write it to `folder`, whole or not at all.

    `source` is the folder of its store, or the catalogue's file. `events` are what shoppers did, `chats` a log that
    `chat_logs` describes, `sessions` those in which answers were rated. UsageError: something else lies there, nothing
    can be made of what was given. StoreError: the disk is full.
    """
    if visits < 0:
        raise UsageError(f"visits is {visits}; give 0 or more.")
    check_target(folder)
    made = Made(folder)
    sides = split_products(goods.products)
    products = by_side(goods.products, sides)
    done = 0
    for split, count in share(visits).items():
        for row, pictures in catalogue_rows(goods, products[split], split, count, seed):
            made.rows[split].append(row)
            made.pictures |= pictures
            done += 1
            if progress is not None and done % 50 == 0:
                progress(done, visits)
    if events is not None:
        histories = Histories.of(events, sides)
        for split, most in share(visits // 2 if visits else MOST_HISTORIES).items():
            for row, _ in interaction_rows(goods, histories, split, most, seed):
                made.rows[split].append(row)
    scrubbed: Counter[str] = Counter()
    left_out: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="shelftalk-") as temporary:
        held: list[Conversation] = []
        if chats is not None:
            held += ChatLog(chats, goods, Path(temporary)).conversations(scrubbed)
        if sessions is not None:
            held += thumb_chats(sessions, Path(source), scrubbed, left_out)
        for side, row, pictures in chat_rows(held, goods, sides, left_out):
            made.rows[side].append(row)
            made.pictures |= pictures
        for pair, pictures in preferences(held, goods, sides):
            made.preferences.append(pair)
            made.pictures |= pictures
        for several in made.rows.values():  # the first few of them are then a sample of all
            random.Random(seed).shuffle(several)
        if not made.rows["train"]:
            raise UsageError(
                "There is nothing to learn from: no row of training came of what was given. Have visits simulated: "
                "--visits 2000."
            )
        made.about = {
            "format": FORMAT,
            "shop": source,
            "settings": {
                "visits": visits,
                "seed": seed,
                "interactions": events is not None,
                "chats": str(chats or ""),
                "sessions": str(sessions.folder) if sessions else "",
            },
            "counts": counts(made.rows, made.preferences, len(made.pictures)),
            "products": {split: len(several) for split, several in products.items()},
            "scrubbed": dict(scrubbed),
            "left_out": dict(left_out),
            "versions": {name: version(name) for name in _PACKAGES},
            "made": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_data(folder, goods.tools(), made.rows, made.preferences, made.pictures, made.about)
    return made


def counts(rows: Mapping[Split, Sequence[Row]], pairs: Sequence[Preference], pictures: int) -> dict[str, Any]:
    """Count rows by side and source, and each side's turns, messages learnt, pictures, and kinds of turns."""
    found: dict[str, Any] = {}
    for split, several in rows.items():
        messages = [message for row in several for message in row.messages]
        found[split] = {
            "rows": len(several),
            **dict(sorted(Counter(row.source for row in several).items())),
            "turns": sum(message.role == "user" for message in messages),
            "learnt": sum(message.learn for message in messages),
            "calls": sum(len(message.tool_calls) for message in messages if message.learn),
            "pictures": sum(len(message.pictures) for message in messages),
            "products": len({id_ for row in several for id_ in row.products}),
            "shoppers": len({row.shopper for row in several}),
            "kinds": dict(Counter(kind for row in several for kind in row.kinds).most_common()),
        }
    return {**found, "preferences": len(pairs), "pictures": pictures}
