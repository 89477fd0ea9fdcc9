"""How a tool's findings are put to the model: short, numbered by handle, nothing that the record lacks.

Text from the catalogue is data to the model. It is cut short, put on one line, and brackets in it are
replaced, so that it can neither forge a handle nor open a tool call.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from shelftalk.tools.product import Product

TITLE_CHARACTERS = 60
DESCRIPTION_CHARACTERS = 160
_UNSEEN = ("Cc", "Cf", "Co", "Cs")  # control and formatting characters, private ones, halves of characters
_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "INR": "₹", "JPY": "¥"}
SIGNS = "".join(_SYMBOLS.values())  # what stands before an amount


# Brackets as they are written elsewhere, which a tokenizer may take for ours.
_MARKS = str.maketrans("[]<>|［］＜＞｜【】〔〕", "()()/()()/()()")


def clean(text: str, limit: int) -> str:
    """Return catalogue text on one line, at most `limit` characters: no brackets, no characters that cannot be seen."""
    seen = "".join(c for c in text if c.isspace() or unicodedata.category(c) not in _UNSEEN)
    line = re.sub(r"\s+", " ", seen.translate(_MARKS)).strip()
    return line if len(line) <= limit else line[:limit].rsplit(" ", 1)[0] + "..."


def _value(text: str, limit: int = 40) -> str:
    """Return an attribute's name or value, which cannot begin another: "red; in stock: 99" is one value."""
    return clean(text, limit).replace(";", ",")


def money(amount: float, currency: str | None = "USD") -> str:
    """Write a price as a shopper reads it: "$29.90", "$30", "12 CHF"."""
    number = f"{amount:,.2f}".removesuffix(".00")
    symbol = _SYMBOLS.get(currency or "")
    return f"{symbol}{number}" if symbol else f"{number} {currency}" if currency else number


def product_line(handle: str, product: Product) -> str:
    """Write one product on one line: handle, title, kind, price."""
    parts = [clean(product.title, TITLE_CHARACTERS)]
    if product.category:
        parts.append(clean(product.category, 30).lower())
    if product.price is not None:
        parts.append(money(product.price, product.currency))
    if product.stock == 0:
        parts.append("sold out")
    return f"[{handle}] " + ", ".join(parts)


def found_head(hits: int, total: int = 0, missing: str = "") -> str:
    """Write what stands over a list that a search found: "4 best matches", "31 found", "no plates; 4 nearest".

    `hits` are listed of the `total` that pass filters, 0 where there were none; `missing` is what was asked for and
    the shop does not have.
    """
    if missing:
        return f"no {clean(missing, 40)}; {hits} nearest" if hits else f"0 found; no {clean(missing, 40)}"
    return f"{total} found" if total else f"{hits} best matches"


def product_list(head: str, handles: Sequence[str], products: Sequence[Product]) -> str:
    """Write a headed list of products, one a line."""
    return "\n".join([head, *(product_line(h, p) for h, p in zip(handles, products, strict=True))])


def product_details(handle: str, product: Product) -> str:
    """Write what the record holds of one product: line, attributes, rating, stock, description."""
    facts = [f"{_value(name)}: {_value(value)}" for name, value in product.attributes.items() if value]
    if product.rating is not None:
        facts.append(f"rating: {product.rating:.1f}")
    if product.stock is not None:
        facts.append(f"in stock: {product.stock}")
    about = clean(product.description, DESCRIPTION_CHARACTERS).replace('"', "'")
    text = f'\n"{about}"' if about else ""
    return f"{product_line(handle, product)}; " + "; ".join(facts) + text
