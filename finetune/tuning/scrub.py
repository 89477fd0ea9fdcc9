"""Taking personal data out of text: e-mail addresses, phone and card numbers, IBANs, postal addresses.

What is taken out is named in its place, "(email)". A card's number must pass Luhn's check, an IBAN the one of ISO 7064
(mod 97-10); a phone number must be written as one, or stand beside a word that says so; an address needs a house number
and a street. So prices, sizes, dates and product codes stay. Names of people are not looked for.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from typing import Any

KINDS = ("email", "IBAN", "card", "phone", "address")
_EMAIL = re.compile(
    r"[\w.+%'-]*[\w+%-](?:@|\s?[(\[]at[)\]]\s?)(?:[\w-]+(?:\.|\s?[(\[](?:dot|punkt)[)\]]\s?))+[^\W\d_]{2,24}\b",
    re.IGNORECASE,
)
# Two letters, two digits, 11 to 30 characters more, in one piece or in groups of four.
_IBAN = re.compile(
    r"(?<![\w])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,4})?(?!\w)", re.IGNORECASE
)
# How long a country's IBAN is (ISO 13616, registry of SWIFT), where many shoppers come from; elsewhere 15 to 34.
_LENGTHS = {
    "AT": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "EE": 20, "ES": 24, "FI": 18,
    "FR": 27, "GB": 22, "GR": 27, "HR": 21, "HU": 28, "IE": 22, "IT": 27, "LT": 20, "LU": 20, "LV": 21, "MT": 31,
    "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SE": 24, "SI": 19, "SK": 24, "TR": 26,
}  # fmt: skip
_CARD = re.compile(r"(?<![\w.,])\d(?:[ -]?\d){12,18}(?!\w|[.,-]\w)")
# How issuers' numbers begin, with their lengths (ISO/IEC 7812): what else has as many digits may be an article's.
_ISSUERS = (
    (re.compile(r"4"), {16, 19}),
    (re.compile(r"5[1-5]|2[2-7]"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"3(?:0[0-5]|[689])"), {14, 16}),
    (re.compile(r"35|6(?:011|4[4-9]|5|2)"), {16, 17, 18, 19}),
    (re.compile(r"5[06-9]|6"), {16, 18, 19}),
)
_SEPARATOR = r"[ .\u00a0/-]"
_ABROAD = re.compile(rf"(?<![\w+.])(?:\+|00)[1-9](?:{_SEPARATOR}?\(?\d\)?){{7,14}}(?!\w|[.,-]\w)")
# (555) 123-4567, 555-123-4567, 555.123.4567
_AMERICAN = re.compile(r"(?<![\w.,-])(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}([-.]))\d{3}[-.]\d{4}(?!\w|[.,-]\w)")
# 030 1234567, 020 7946 0958, 0171/2345678, (030) 123 45 67: a leading 0 and groups of digits
_NATIONAL = re.compile(r"(?<![\w.,-])(?:\(0[1-9]\d{0,4}\)|0[1-9]\d{0,4})(?:[ /-]\d{2,8}){1,4}(?!\w|[.,-]\w)")
_RUN = re.compile(r"(?<![\w.,-])0\d{9,11}(?!\w|[.,-]\w)")
# After such a word whatever has 6 to 15 digits is a phone's number.
_CALLED = re.compile(
    r"(?P<cue>\b(?:phone|tel(?:efon|ephone)?|mobile|cell(?:phone)?|handy|whatsapp|sms|call me|ring me|text me|reach me|"
    r"my number|contact number)\b\D{0,20})(?P<number>[+(]?\d(?:[ ./()-]{0,2}\d){5,14})(?!\w|[.,-]\w)",
    re.IGNORECASE,
)
# What stands before a code of the shop's rather than a phone's number.
_CODE = re.compile(
    r"\b(?:sku|ean|upc|gtin|isbn|asin|article|art|item|product|model|code|ref|part|order|no|nr|id)\b\W{0,3}"
    r"(?:(?:no|nr|number|code|id)\b\W{0,3})?$|#\s?$",
    re.IGNORECASE,
)
_WAY = r"Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Court|Ct|Terrace|Crescent|Close|Way|Place|Square"
_END = r"(?=\.?(?:$|\s*[,;\n]|\s+(?:in|apt|flat|unit|and|please|thanks)\b|[.!?](?:\s|$)))"
_TOWN = r"(?:\.?,?\s+(?:\d{4,5}|[A-Z]{1,2}\d[A-Z\d]?\s?\d[A-Z]{2})(?:\s+[A-ZÄÖÜ][\w'-]+)?)?"
_ADDRESSES = (
    # 12 Baker Street, 221b Old Kent Rd
    re.compile(rf"\b\d{{1,5}}[a-zA-Z]? (?:[A-Z][\w'-]+ ){{1,3}}(?:{_WAY})\b{_END}{_TOWN}"),
    # Musterstraße 5, Lange Gasse 12a, 10115 Berlin
    re.compile(
        r"\b[A-ZÄÖÜ][a-zäöüß-]+(?:straße|strasse|str\.|gasse|allee|[ -](?:Straße|Strasse|Str\.|Gasse|Allee))"
        rf" ?\d{{1,4}} ?[a-z]?\b{_TOWN}"
    ),
    re.compile(r"\bP\.? ?O\.? Box \d{1,6}\b", re.IGNORECASE),
)
# After such words a street may be written small.
_LIVES = re.compile(
    r"(?P<cue>\b(?:i live (?:at|in|on)|my address is|address:|(?:deliver|ship|send) (?:it |them |this )?to)\s+)"
    rf"(?P<place>\d{{1,5}}[a-z]? (?:[\w'-]+ ){{1,3}}(?:{_WAY})\b(?:,? [A-Z]?[\w' -]{{2,30}})?)",
    re.IGNORECASE,
)


def luhn(digits: str) -> bool:
    """Say whether digits pass the check of ISO/IEC 7812-1, annex B: every second doubled, sum over ten."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 * (value > 9)
    return total % 10 == 0


def _is_card(number: str) -> bool:
    digits = re.sub(r"\D", "", number)
    known = any(begin.match(digits) and len(digits) in lengths for begin, lengths in _ISSUERS)
    return known and luhn(digits) and len(set(digits)) > 1


def _is_iban(text: str) -> bool:
    plain = re.sub(r"[ -]", "", text).upper()
    if not 15 <= len(plain) <= 34 or len(plain) != _LENGTHS.get(plain[:2], len(plain)):
        return False
    return int("".join(str(int(char, 36)) for char in plain[4:] + plain[:4])) % 97 == 1


def _without_iban(text: str, found: Counter[str]) -> str:
    """Return what begins as an IBAN may, without the longest start of it that is one."""
    ends = [len(text), *(match.start() for match in reversed(list(re.finditer(r"[ -]", text))))]
    for end in ends:
        if _is_iban(text[:end]):
            found["IBAN"] += 1
            return f"(IBAN){text[end:]}"
    return text


def _is_isbn(digits: str) -> bool:
    """Whether ten digits are a book's number, which may begin with 0 as a phone's does."""
    return len(digits) == 10 and sum((10 - at) * int(digit) for at, digit in enumerate(digits)) % 11 == 0


def scrub(text: str) -> tuple[str, Counter[str]]:
    """Return a text without personal data, and how many of each of `KINDS` were taken out."""
    found: Counter[str] = Counter()

    def put(kind: str, allowed: Callable[[re.Match[str]], bool] = bool) -> Callable[[re.Match[str]], str]:
        def replaced(match: re.Match[str]) -> str:
            if not allowed(match):
                return match[0]
            found[kind] += 1
            return f"{match.groupdict().get('cue') or ''}({kind})"

        return replaced

    def no_code(match: re.Match[str]) -> bool:
        before = match.string[max(0, match.start() - 30) : match.start()]
        return not _CODE.search(before) and not re.search(r"\d[ -]?$", before)  # nor a part of a longer one

    text = _EMAIL.sub(put("email"), text)
    text = _IBAN.sub(lambda match: _without_iban(match[0], found), text)
    text = _CARD.sub(put("card", lambda match: _is_card(match[0])), text)
    text = _CALLED.sub(put("phone"), text)
    for pattern in (_ABROAD, _AMERICAN, _NATIONAL):
        text = pattern.sub(put("phone", no_code), text)
    text = _RUN.sub(put("phone", lambda match: no_code(match) and not _is_isbn(match[0])), text)
    for pattern in (*_ADDRESSES, _LIVES):
        text = pattern.sub(put("address"), text)
    return text, found


def scrub_all(value: Any, found: Counter[str]) -> Any:
    """Return JSON-like data with every text in it scrubbed; `found` counts what was taken out."""
    if isinstance(value, str):
        clean, counts = scrub(value)
        found.update(counts)
        return clean
    if isinstance(value, dict):
        return {key: scrub_all(item, found) for key, item in value.items()}
    if isinstance(value, list):
        return [scrub_all(item, found) for item in value]
    return value
