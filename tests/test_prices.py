"""Prices as people write them."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.tools.prices import CURRENCIES, parse_price


@pytest.mark.parametrize(
    ("text", "amount", "currency"),
    [
        ("₹10,999", 10999, "INR"),
        ("₹10,99,999.50", 1099999.5, "INR"),
        ("Rs. 1,299", 1299, "INR"),
        ("Rs 499/-", 499, "INR"),
        ("$1,299.00", 1299, "USD"),
        ("US$ 12", 12, "USD"),
        ("USD $12.50", 12.5, "USD"),
        ("USD 12", 12, "USD"),
        ("12 usd", 12, "USD"),
        ("12,50 €", 12.5, "EUR"),
        ("1.299,00 €", 1299, "EUR"),
        ("1\u202f299,00\u00a0€", 1299, "EUR"),
        ("€12", 12, "EUR"),
        ("CHF 1'299.-", 1299, "CHF"),
        ("Fr. 5.–", 5, "CHF"),
        ("1 299,00 kr", 1299, None),
        ("£ 5", 5, "GBP"),
        ("zł 5,5", 5.5, "PLN"),
        ("1.299", 1299, None),
        ("0.125", 0.125, None),
        ("12.5", 12.5, None),
        ("12,", 12, None),
        (",99", 0.99, None),
        ("1.234.567,89", 1234567.89, None),
        ("0", 0, None),
        ("free", 0, None),
        (12, 12, None),
        (12.5, 12.5, None),
        (Decimal("12.50"), 12.5, None),
    ],
)
def test_reads_what_people_write(text: object, amount: float, currency: str | None) -> None:
    assert parse_price(text) == (amount, currency)


@pytest.mark.parametrize("blank", [None, "", "  ", "n/a", "None", "null", "-", "—"])
def test_no_price_is_none(blank: object) -> None:
    assert parse_price(blank) is None


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (math.nan, "NaN"),
        ("NaN", "NaN"),
        (math.inf, "too large"),
        (-1, "negative"),
        ("-5", "negative"),
        ("-$5", "negative"),
        ("$-5", "negative"),
        ("$10 - $20", "more than one number"),
        ("3 for 2", "more than one number"),
        ("call us", "holds no number"),
        ("12 apples", "'apples' beside the number"),
        ("from 12", "'from' beside the number"),
        ("€12 USD", "two currencies"),
        ("12.5.3", "separators"),
        ("1,299.0.0", "separators"),
        ("10 99", "separators"),
        (True, "not a price"),
        ([1], "not a price"),
    ],
)
def test_says_why_a_price_cannot_be_read(text: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_price(text)


def test_the_catalogues_currency_fills_in_and_settles_shared_signs() -> None:
    assert parse_price("5", "EUR") == (5, "EUR")
    assert parse_price("€5", "USD") == (5, "EUR")
    assert parse_price("$5", "CAD") == (5, "CAD")
    assert parse_price("$5", "EUR") == (5, "USD")
    assert parse_price("5 kr", "SEK") == (5, "SEK")
    assert parse_price("5 kr", "EUR") == (5, None)


cents = st.integers(0, 10**11)


@given(cents, st.sampled_from([(",", "."), (".", ","), (" ", ","), ("'", "."), ("\u00a0", ","), ("", ".")]))
def test_any_countrys_separators_give_the_amount_back(amount: int, separators: tuple[str, str]) -> None:
    group, decimal = separators
    text = f"{amount // 100:,}".replace(",", group) + f"{decimal}{amount % 100:02d}"
    price = parse_price(text)
    assert price is not None and price.amount == pytest.approx(amount / 100)


@given(cents, st.sampled_from(sorted(CURRENCIES)), st.booleans(), st.sampled_from(["", " ", "\u00a0"]))
def test_any_currency_code_on_either_side(amount: int, code: str, before: bool, space: str) -> None:
    number = f"{amount / 100:.2f}"
    price = parse_price(f"{code}{space}{number}" if before else f"{number}{space}{code}")
    assert price is not None
    assert price.currency == code and price.amount == pytest.approx(amount / 100)


@given(st.one_of(st.text(), st.text("0123456789.,' -$€kr/e"), st.floats(), st.integers(), st.binary()))
def test_anything_is_a_price_none_or_a_reason(value: object) -> None:
    try:
        price = parse_price(value)
    except ValueError as error:
        assert str(error)
    else:
        assert price is None or (price.amount >= 0 and math.isfinite(price.amount))
