"""Which side of a price an amount stands on is read from the words around it, or left open."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.agent.decoding.bounds import LEAST, MOST, amount, sides


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("under $50", {"50": MOST}),
        ("not a penny over 50", {"50": MOST}),
        ("60$ at the outside", {"60": MOST}),
        ("a hat without going over £19.90 please", {"19.90": MOST}),
        ("the most i can pay is 1,299 euros", {"1299": MOST}),
        ("40 bucks or less", {"40": MOST}),
        ("at least 20", {"20": LEAST}),
        ("900 pounds upwards", {"900": LEAST}),
        ("nothing under 30", {"30": LEAST}),
        ("i won't look at anything that isn't under 50", {"50": MOST}),
        ("between 20 and 50", {"20": LEAST, "50": MOST}),
        ("$20-$50", {"20": LEAST, "50": MOST}),
        ("pricier than 10 but cheaper than 20", {"10": LEAST, "20": MOST}),
        ("min 10 max 20", {"10": LEAST, "20": MOST}),
        ("nothing under 10 or over 40", {"10": LEAST, "40": MOST}),
        ("15 or more but $45 at most", {"15": LEAST, "45": MOST}),
        ("55 is the ceiling, but under 30 i don't trust it", {"55": MOST}),
    ],
)
def test_the_words_around_an_amount_tell_its_side(said: str, told: dict[str, str]) -> None:
    assert sides(said) == told
    assert sides(said.upper()) == told


@pytest.mark.parametrize(
    "said",
    [
        "about 50",
        "the $30 one",
        "skip the ones under 50",  # wanted above
        "i'll walk away if it's over 50",
        "going over 50",  # somebody's "without" with a slip in it
        "size 9",
        "no number at all",
    ],
)
def test_what_the_words_do_not_tell_plainly_is_left_open(said: str) -> None:
    assert sides(said) == {}


@given(st.text(alphabet="abcdefghij underovmtlsaxin0123456789.,$€£-%", max_size=60))
def test_any_text_can_be_read(said: str) -> None:
    assert {*sides(said).values()} <= {MOST, LEAST}


@given(st.integers(1, 99_999), st.integers(0, 99))
def test_an_amount_is_read_as_calls_write_it(whole: int, cents: int) -> None:
    written = f"{whole}.{cents:02d}" if cents else str(whole)
    assert amount(f"{whole:,}.{cents:02d}") == amount(f"{whole}.{cents:02d}") == written
    assert sides(f"under ${whole:,}.{cents:02d}") == {written: MOST}
