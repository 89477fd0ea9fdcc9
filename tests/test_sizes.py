"""Sizes and measures in texts and queries, however they are written."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.tools.sizes import normalise, parts

WAYS = {
    "in": ['"', " in", " in.", "in", "-inch", " inches", " Inch", "”", "″"],
    "ft": ["'", " ft", " ft.", "ft", "-foot", " feet", "′"],
    "mm": ["mm", " mm", " millimetres"],
    "cm": ["cm", " cm", "-cm"],
    "gal": [" gal.", "-gal", " gallon", " Gallons"],
    "oz": [" oz", "oz.", "-ounce"],
    "lb": [" lb.", "lbs", " pounds"],
    "w": ["w", "W", "-Watt", " watts"],
    "v": ["V", " volt", "-volt"],
    "cuft": [" cu. ft.", " cu ft", " cubic feet"],
    "sqft": [" sq. ft.", "sq ft", " square foot"],
    "pack": ["-pack", " pk", " count"],
}
EIGHTHS = st.integers(0, 99).flatmap(lambda whole: st.integers(0, 7).map(lambda n: (whole, Fraction(n, 8))))


def amount_ways(whole: int, part: Fraction) -> list[str]:
    decimal = f"{float(whole + part):g}"
    if not part:
        return [decimal, f"{whole}.0"]
    return [f"{whole} {part}", f"{whole}-{part}", decimal] if whole else [str(part), decimal]


@given(amount=EIGHTHS, unit=st.sampled_from(list(WAYS)), data=st.data())
def test_one_measure_is_one_word_in_all_its_spellings(
    amount: tuple[int, Fraction], unit: str, data: st.DataObject
) -> None:
    written = data.draw(st.sampled_from(amount_ways(*amount))) + data.draw(st.sampled_from(WAYS[unit]))
    word = f"{float(sum(amount)):g}{unit}"
    assert normalise(f"new {written} Thing").split() == ["new", word, "thing"]
    assert normalise(normalise(f"a {written} b")) == normalise(f"a {written} b")
    assert parts(word) == [f"{float(sum(amount)):g}"]


@given(
    sides=st.lists(st.integers(1, 200), min_size=2, max_size=3),
    by=st.sampled_from(["x", " x ", " X ", "×", " by "]),
    unit=st.sampled_from(["", " in.", " ft.", "cm"]),
)
def test_sides_are_one_word_with_or_without_their_unit(sides: list[int], by: str, unit: str) -> None:
    chain = "x".join(map(str, sides))
    words = normalise("rug " + by.join(f"{side}{unit}" for side in sides) + " red").split()
    name = unit.strip(" .")
    assert words == ["rug", *([f"{side}{name}" for side in sides] if name else []), chain, "red"]
    assert set(map(str, sides)) <= set(parts(chain))


@given(st.text(max_size=80))
def test_any_text_can_be_normalised(text: str) -> None:
    assert isinstance(normalise(text), str)


@given(st.lists(st.from_regex(r"[a-zA-Z]{1,10}", fullmatch=True), max_size=8))
def test_words_without_sizes_stay(words: list[str]) -> None:
    text = " ".join(words)
    if not any(part in text.lower() for part in ("size", "large", "small")):
        assert normalise(text) == text.lower()


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("size 9", "size9"),
        ("Size: 9 1/2 boots", "size9.5 boots"),
        ("boots in a 9.5 size", "boots in a size9.5"),
        ("US size 9", "size9 us9"),
        ("size UK 8.5", "size8.5 uk8.5"),
        ("EU 42 shoes", "eu42 shoes"),
        ("size XL", "sizexl xl"),
        ("extra large shirt", "xl shirt"),
        ("a large rug", "a large rug"),
        ("pack of 6", "6pack"),
        ("2 in. x 4 in. x 8 ft. board", "2in 4in 8ft 2x4x8 board"),
        ("8 x 10 ft rug", "8ft 10ft 8x10 rug"),
        ("70w x 36h shade", "70x36 shade"),
        ("6'2\"", "6ft 2in"),
        ("10,000 BTU", "10000btu"),
        ("60 in. 1-piece wall", "60in 1pc wall"),
        # What only looks like a size.
        ("3 in 1 tool", "3 in 1 tool"),
        ("2-in-1", "2-in-1"),
        ("12/2 wire", "12/2 wire"),
        ("open 24/7", "open 24/7"),
        ("the 80's", "the 80's"),
        ("model WS-145 R13", "model ws-145 r13"),
        ("sizes 8-12", "sizes 8-12"),
    ],
)
def test_sizes_that_need_care(text: str, plain: str) -> None:
    assert normalise(text) == plain
