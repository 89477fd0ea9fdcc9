"""What the demo shop knows of one product: the facts that its words and its picture are both made from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Model:
    """One silhouette of a kind: its word in titles, its look, and a true sentence about its shape."""

    shape: str
    style: str
    materials: tuple[str, ...]
    patterns: tuple[str, ...]
    note: str
    noun: str = ""  # replaces the kind's noun: "beanie" rather than "hat"
    genders: tuple[str, ...] = ()  # replaces the kind's
    rooms: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A category: what it is called, what it costs, who or which room it is for, its silhouettes."""

    category: str
    noun: str
    price: float  # US dollars, for a middling one
    models: tuple[Model, ...]
    genders: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    plural: bool = False


@dataclass(frozen=True)
class DemoProduct:
    """One product; `shape`, `accent` and `seed` decide the drawing and are not columns of their own."""

    id: str
    title: str
    description: str
    category: str
    price: float
    currency: str
    stock: int
    rating: float
    colour: str
    material: str
    pattern: str
    style: str
    brand: str
    gender: str
    room: str
    shape: str
    accent: str
    seed: int
