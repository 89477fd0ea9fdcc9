"""`shelftalk info`: which model, encoder, scorer, store and versions are in use, and where they lie."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Annotated, Any

import typer

_PACKAGES = (
    "torch", "transformers", "sentence-transformers", "chromadb", "langchain", "langgraph", "xgrammar", "peft",
    "numpy", "pillow",
)  # fmt: skip


def run(
    store: Annotated[
        Path | None, typer.Option(help="A store made by `index`; the demo shop if none.")
    ] = None,
    backbone: Annotated[
        str | None, typer.Option(help="A model's folder or hub name, or openai:NAME; mini if none.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say which model, encoder, scorer, store and versions are in use, and where they lie."""
    from shelftalk.agent.settings import Settings

    settings = Settings()
    facts = gather(store or settings.store, backbone or settings.backbone, settings.base_url)
    if as_json:
        typer.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    for part, found in facts.items():
        lines = found.items() if isinstance(found, dict) else [("", found)]
        for place, (name, value) in enumerate(lines):
            typer.echo(f"{part if place == 0 else '':<12}{name:<24}{_shown(value)}")


def gather(store: Path | None, backbone: str | None, base_url: str | None = None) -> dict[str, Any]:
    """Return the facts, reading no weights and opening no store; a part that is missing says so itself."""
    from shelftalk import __version__
    from shelftalk.tools.opening import DEMO, home, store_folder

    folder = store.expanduser() if store is not None else store_folder(DEMO)
    held = _store(folder, demo=store is None)
    return {
        "shelftalk": {"version": __version__, "python": platform.python_version(), "home": str(home())},
        "model": _model(backbone, base_url),
        "encoder": _encoder(held),
        "scorer": _scorer(folder, held),
        "store": held | _events(folder, held),
        "versions": {name: _version(name) for name in _PACKAGES},
    }


def _model(backbone: str | None, base_url: str | None) -> dict[str, Any]:
    from shelftalk.agent.backbones import HOSTED, MINI

    if backbone and backbone.startswith(HOSTED):
        return {"name": backbone, "base_url": base_url}
    folder = Path(backbone).expanduser() if backbone else MINI
    if not backbone or folder.is_dir():
        name = "mini" if not backbone else folder.name
        return {"name": name, "path": str(folder), "bytes": _weights(folder)}
    return {"name": backbone, "path": None}  # a hub name: it lies where the hub's own cache is


def _encoder(store: dict[str, Any]) -> dict[str, Any]:
    from shelftalk.tools.encoder import SHIPPED

    made_by = store.get("encoder") or {}
    path = Path(str(made_by.get("name", SHIPPED)))
    name = "eye" if path == SHIPPED else str(path)
    found = {"name": name, "path": str(path) if path.is_dir() else None, "bytes": _weights(path)}
    return found | ({"fingerprint": made_by["fingerprint"]} if made_by else {})


def _scorer(folder: Path, store: dict[str, Any]) -> dict[str, Any] | None:
    from shelftalk.tools.errors import StoreError, UsageError
    from shelftalk.tools.fitting import SCORER, read_about, read_facts

    path = folder / SCORER
    if not path.is_dir():
        return None
    try:
        about = read_about(path)
    except UsageError as error:
        return {"path": str(path), "problem": str(error)}
    found = {"name": about["name"], "path": str(path), "items": len(about["items"])}
    facts = read_facts(folder) or {}
    kept = ("fitted", "shoppers", "taken", "refused", "gone", "settings", "catalogue", "versions", "seconds")
    found |= {name: facts[name] for name in kept if name in facts}
    if "products" in store:
        with suppress(StoreError):  # what is wrong with the store is said beside it
            found |= _shared(folder, about["items"])
    return found


def _shared(folder: Path, items: Sequence[str]) -> dict[str, Any]:
    """Say how many of a scorer's items the store has, and where they are too few to use it."""
    from shelftalk.tools.fitted import is_foreign
    from shelftalk.tools.store_about import product_ids

    products = product_ids(folder)
    shared = len(products.intersection(items))
    if is_foreign(shared, len(items), len(products)):
        problem = (
            f"fitted on another catalogue, and left out; fit it on this one: shelftalk fit --store {folder}"
        )
        return {"in_store": shared, "problem": problem}
    return {"in_store": shared}


def _events(folder: Path, store: dict[str, Any]) -> dict[str, Any]:
    """Say how many events were taken in, beside those that the demo shop ships with."""
    from shelftalk.tools.errors import StoreError
    from shelftalk.tools.events import EventLog

    if "products" not in store:
        return {}
    try:
        with EventLog(folder) as log:
            return {"events": len(log)}
    except StoreError as error:
        return {"events": str(error)}


def _store(folder: Path, demo: bool) -> dict[str, Any]:
    from shelftalk.tools.errors import StoreError
    from shelftalk.tools.store_about import peek

    found: dict[str, Any] = {"path": str(folder), "demo": demo}
    try:
        facts = peek(folder)
    except StoreError as error:
        return found | {"problem": str(error)}
    if not facts:
        missing = (
            "made at first use" if demo else f"there is none; shelftalk index CATALOGUE --store {folder}"
        )
        return found | {"problem": missing}
    notes = facts["notes"]
    return found | {
        "products": facts["products"],
        "catalogue": notes.get("catalogue"),
        "unfinished": "unfinished" in notes,
        "made": facts.get("made"),
        "encoder": facts.get("encoder"),
    }


def _weights(folder: Path) -> int | None:
    """Return the size of the weights in a folder, None where it has none."""
    return sum(path.stat().st_size for path in folder.rglob("*.safetensors")) or None


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {inner}" for name, inner in value.items())
    return "none" if value is None else "yes" if value is True else "no" if value is False else str(value)
