"""Prices as people write them: "₹10,999", "$1,299.00", "12,50 €", "CHF 1'299.-", 12.5."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

BLANK = frozenset({"", "-", "--", "–", "—", "na", "n/a", "nan", "none", "null", "nil", "<na>", "#n/a"})

# The active ISO 4217 codes.
_CODES = (
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ "
    "GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR "
    "LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN "
    "PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB "
    "TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW "
    "ZWG"
)
CURRENCIES = frozenset(_CODES.split())
# How a currency is written beside an amount, lower case.
_SIGNS = {
    "$": "USD", "us$": "USD", "a$": "AUD", "au$": "AUD", "c$": "CAD", "ca$": "CAD", "nz$": "NZD",
    "hk$": "HKD", "s$": "SGD", "mx$": "MXN", "nt$": "TWD", "r$": "BRL", "€": "EUR", "euro": "EUR",
    "euros": "EUR", "£": "GBP", "₹": "INR", "rs": "INR", "rs.": "INR", "¥": "JPY", "￥": "JPY",
    "円": "JPY", "元": "CNY", "rmb": "CNY", "₩": "KRW", "₽": "RUB", "₺": "TRY", "₪": "ILS", "₫": "VND",
    "฿": "THB", "₴": "UAH", "₦": "NGN", "₱": "PHP", "₸": "KZT", "₡": "CRC", "₲": "PYG", "zł": "PLN",
    "kč": "CZK", "ft": "HUF", "lei": "RON", "fr": "CHF", "fr.": "CHF", "sfr": "CHF", "sfr.": "CHF",
    "rp": "IDR", "rm": "MYR", "dollar": "USD", "dollars": "USD", "pound": "GBP", "pounds": "GBP",
}  # fmt: skip
# Signs that several currencies share: the catalogue's own currency decides, where it is one of them.
_SHARED = {
    "$": ("USD", "AUD", "CAD", "NZD", "HKD", "SGD", "MXN", "TWD", "ARS", "CLP", "COP"),
    "£": ("GBP", "EGP", "GIP", "SHP", "FKP"),
    "¥": ("JPY", "CNY"),
    "￥": ("JPY", "CNY"),
    "rs": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "rs.": ("INR", "PKR", "LKR", "NPR", "MUR"),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("SEK", "NOK", "DKK", "ISK"),
}
_SPACES = "\u00a0\u2007\u2009\u202f"
_AMOUNT = re.compile(r"-?\d[\d.,' ]*|-?[.,]\d+")
_NO_CENTS = re.compile(r"(?<=\d)(?:[.,]\s?[-–—]+|/-)(?!\d)")  # "1299.-", "499/-"
_LARGEST = 1e12


class Price(NamedTuple):
    """An amount and its ISO 4217 currency, None where the text names none."""

    amount: float
    currency: str | None


def parse_price(value: object, currency: str | None = None) -> Price | None:
    """Read a price; None where there is none (None, "", "n/a", "none").

    `currency` is taken where the value names none, and settles a sign that several currencies share ("$",
    "kr"). Three digits after a lone separator are thousands ("1.299" is 1299, "0.125" is not). ValueError,
    with the reason: NaN, infinite, negative, a range, no number, words beside the number.
    """
    if value is None:
        return None
    if isinstance(value, bool):
        raise ValueError(f"{value!r} is not a price")
    if not isinstance(value, str):
        try:
            return Price(_checked(float(value)), currency)  # type: ignore[arg-type]
        except (TypeError, OverflowError):
            raise ValueError(f"{_shown(value)} is not a price") from None
    text = value.translate(dict.fromkeys(map(ord, _SPACES), " ")).replace("’", "'").replace("−", "-").strip()
    if text.lower() in BLANK - {"nan"}:
        return None
    if text.lower() in {"free", "gratis", "kostenlos", "gratuit"}:
        return Price(0.0, currency)
    if text.lower() == "nan":
        return Price(_checked(math.nan), currency)
    trimmed = _NO_CENTS.sub("", text)
    amounts = list(_AMOUNT.finditer(trimmed))
    if not amounts:
        raise ValueError(f"{_shown(value)} holds no number")
    if len(amounts) > 1:
        raise ValueError(f"{_shown(value)} holds more than one number, a range perhaps")
    found = amounts[0]
    before, after = trimmed[: found.start()].strip(), trimmed[found.end() :].strip()
    if before.startswith("-"):  # "-$5"
        raise ValueError(f"{_shown(value)} is negative")
    amount = _checked(_number(found.group().strip(), value))
    named = [_currency(sign, currency, value) for sign in (before, after) if sign]
    known = {name for name in named if name}
    if len(known) > 1:
        raise ValueError(f"{_shown(value)} names two currencies")
    return Price(amount, known.pop() if known else None if named else currency)


def _currency(sign: str, hint: str | None, value: object) -> str | None:
    """Return the currency that a sign stands for; None for one that several share and nothing settles."""
    sign = sign.removesuffix(":").strip() if len(sign) > 1 else sign
    low = sign.lower()
    if low in _SHARED and hint in _SHARED[low]:
        return hint
    if low in _SIGNS:
        return _SIGNS[low]
    if low in _SHARED:
        return None
    if sign.upper() in CURRENCIES:
        return sign.upper()
    # "USD $", "$ USD", "US $"
    parts = low.split()
    joined = "".join(parts)
    if joined in _SIGNS:
        return _SIGNS[joined]
    if len(parts) == 2:
        codes = [part.upper() for part in parts if part.upper() in CURRENCIES]
        if codes and all(part in _SIGNS or part in _SHARED or part.upper() in CURRENCIES for part in parts):
            return codes[0]
    raise ValueError(f"{_shown(value)} has {sign[:20]!r} beside the number, which is no currency known here")


def _number(text: str, value: object) -> float:
    """Read digits with separators in any country's way."""
    negative, body = text.startswith("-"), text.lstrip("-")
    plain = body.replace(" ", "").replace("'", "").rstrip(".,")
    if negative:
        raise ValueError(f"{_shown(value)} is negative")
    wrong = ValueError(f"{_shown(value)} has its separators where no number has them")
    if " " in body or "'" in body:
        whole = re.split(r"[.,]", body)[0]
        if not _grouped(whole.replace("'", " "), " "):
            raise wrong
    dots, commas = plain.count("."), plain.count(",")
    if dots and commas:
        decimal = "." if plain.rfind(".") > plain.rfind(",") else ","
        group = "," if decimal == "." else "."
        whole, _, cents = plain.rpartition(decimal)
        if decimal in whole or group in cents or not _grouped(whole, group):
            raise wrong
        return float(f"{whole.replace(group, '')}.{cents}")
    separator = "." if dots else ","
    if dots + commas == 0:
        return float(plain)
    if dots + commas > 1:
        if not _grouped(plain, separator):
            raise wrong
        return float(plain.replace(separator, ""))
    whole, _, cents = plain.partition(separator)
    thousands = len(cents) == 3 and 1 <= len(whole) <= 3 and not whole.startswith("0")
    if thousands and " " not in body and "'" not in body:
        return float(whole + cents)
    return float(f"{whole or '0'}.{cents}")


def _grouped(text: str, separator: str) -> bool:
    """Return whether digits are grouped in threes, or in twos before the last three as in India."""
    head, *groups = text.split(separator)
    if not groups:
        return head.isdigit()
    return 1 <= len(head) <= 3 and len(groups[-1]) == 3 and all(len(g) in (2, 3) for g in groups)


def _checked(amount: float) -> float:
    if math.isnan(amount):
        raise ValueError("the price is NaN, not a number")
    if amount < 0:
        raise ValueError(f"the price {amount:g} is negative")
    if amount > _LARGEST:
        raise ValueError(f"the price {amount:g} is too large")
    return amount


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
