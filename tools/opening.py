"""Opening a shop: its store, the encoder that made it, the scorer fitted for it; or the demo shop."""

from __future__ import annotations

import hashlib
import os
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.tools.errors import StoreError, UsageError
from shelftalk.tools.fitting import SCORER, fit, read_about
from shelftalk.tools.shop import Shop
from shelftalk.tools.store_about import StoreInUseError, peek

if TYPE_CHECKING:
    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.store import Store

DEMO = "shelftalk-demo"
_DEMO_SCORER = "ease"
_PATIENCE = 300  # seconds to wait while another process makes the demo shop


def home() -> Path:
    """Return the folder where shelftalk keeps its data; SHELFTALK_HOME sets another."""
    named = os.environ.get("SHELFTALK_HOME")
    if named:
        return Path(named).expanduser()
    from platformdirs import user_data_dir

    return Path(user_data_dir("shelftalk", appauthor=False))


def store_folder(name: str) -> Path:
    """Return the folder of the store with this name, "fashion" for instance; a path's stem will do."""
    safe = re.sub(r"[^\w.-]+", "-", name).strip("-.")
    return home() / "stores" / (safe or "shop")


def open_shop(folder: Path | str | None = None, encoder: str | None = None, progress: bool = False) -> Shop:
    """Open the shop in a store's folder; None: the demo shop, made at first use (`progress` shows it).

    `encoder`: its name, a folder or a name on the hub; None: the one that made the store. StoreError: there
    is no such store, it is in use or damaged, or was made by another encoder.
    """
    if folder is None:
        return _open_demo(encoder, progress)
    from shelftalk.tools.store import Store

    folder = Path(folder).expanduser()
    facts = peek(folder)
    if not facts:
        Store.open(folder)  # says that there is none, and how to make one
    model = _encoder_of(facts, encoder)
    return _shop(Store.open(folder, model), model)


def _encoder_of(facts: dict[str, object], asked: str | None) -> Encoder:
    from shelftalk.tools.encoder import load_encoder

    model = load_encoder(asked)
    made_by = facts.get("encoder")
    if asked is None and isinstance(made_by, dict) and made_by.get("fingerprint") != model.fingerprint:
        name = str(made_by.get("name"))
        # A path that is gone was an older shipped encoder's; the store then says how to mend it.
        if name != model.name and (Path(name).exists() or not Path(name).is_absolute()):
            return load_encoder(name)  # the one that was asked for when the store was made
    return model


def _shop(store: Store, model: Encoder) -> Shop:
    from shelftalk.tools.events import EventLog
    from shelftalk.tools.fitted import Fitted

    log = EventLog(store.folder, shipped_events(store.folder))
    return Shop(store, model, Fitted(store.folder / SCORER, store), log)


def _open_demo(encoder: str | None, progress: bool) -> Shop:
    from shelftalk.tools.encoder import load_encoder
    from shelftalk.tools.store import Store

    folder = store_folder(DEMO)
    model = load_encoder(encoder)
    source = _demo_source()
    waited = 0.0
    while True:
        try:
            if not _is_current(folder, model, source):
                _make_demo(folder, model, source, progress)
            store = Store.open(folder, model)
            break
        except StoreInUseError:
            if waited >= _PATIENCE:
                raise
            if waited == 0 and progress:
                print("Another process is making the demo shop; waiting for it.", file=sys.stderr)
            time.sleep(0.5)
            waited += 0.5
    _fit_demo(store)
    return _shop(store, model)


def _demo_source() -> str:
    """Return a hash of the files that the demo shop is made from."""
    from shelftalk.tools.demo import events_path, shop_path

    digest = hashlib.sha256()
    for path in (shop_path(), events_path()):
        try:
            digest.update(hashlib.sha256(path.read_bytes()).digest())
        except OSError as error:
            raise StoreError(
                f"The demo shop's file {path.name} is missing from the package ({error.strerror}): install "
                "shelftalk again, or open a store of your own with --store."
            ) from None
    return digest.hexdigest()


def _is_current(folder: Path, model: Encoder, source: str) -> bool:
    try:
        facts = peek(folder)
        made_by = facts["encoder"]["fingerprint"]
    except (StoreError, KeyError, TypeError):
        return False
    notes = facts["notes"]
    return bool(made_by == model.fingerprint and notes.get("source") == source and "unfinished" not in notes)


def _make_demo(folder: Path, model: Encoder, source: str, progress: bool) -> None:
    from shelftalk.tools.demo import shop_path
    from shelftalk.tools.demo.vectors import recalled
    from shelftalk.tools.indexing import index
    from shelftalk.tools.indexing_progress import shown
    from shelftalk.tools.store import Store

    # A store that another encoder or version made is of no use, and all of it can be made again.
    try:
        rebuild = peek(folder).get("encoder", {}).get("fingerprint", model.fingerprint) != model.fingerprint
    except StoreError:
        rebuild = True
    with shown("Preparing the demo shop, this once", progress) as tell:
        index(shop_path(), folder, recalled(model), drop_missing=True, rebuild=rebuild, progress=tell)
    (folder / SCORER / "scorer.npz").unlink(missing_ok=True)
    with Store.open(folder, model, create=True) as store:
        store.set_notes(source=source)


def made_store(folder: Path | None, progress: bool = False) -> Path:
    """Return the folder of a store that is there; None: of the demo shop's, made at first use.

    StoreError: there is none.
    """
    if folder is None:
        if not peek(store_folder(DEMO)):
            _open_demo(None, progress).close()
        return store_folder(DEMO)
    folder = Path(folder).expanduser()
    if not peek(folder):
        raise StoreError(
            f"There is no store at {folder}. Make one: shelftalk index CATALOGUE --store {folder}"
        )
    return folder


def shipped_events(folder: Path) -> Path | None:
    """Return the file of events that the shop in this folder ships with: the demo shop's, None for any other."""
    if folder.resolve() != store_folder(DEMO).resolve():
        return None
    from shelftalk.tools.demo import events_path

    return events_path()


def _fit_demo(store: Store) -> None:
    """Fit the demo shop's scorer where there is none, or one of another version."""
    try:
        read_about(store.folder / SCORER)
    except UsageError:
        fit(store.folder, _DEMO_SCORER, shipped=shipped_events(store.folder))
