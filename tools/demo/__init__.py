"""The shop that ships: about a thousand drawn products and the events of two thousand simulated shoppers."""

from __future__ import annotations

from pathlib import Path


def shop_path() -> Path:
    """Return the Parquet file of products, one row each, `picture` holding WebP bytes (256 x 256)."""
    return Path(__file__).parent / "shop.parquet"


def events_path() -> Path:
    """Return the Parquet file of events (shopper, item, kind, time), oldest first."""
    return Path(__file__).parent / "events.parquet"
