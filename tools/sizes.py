"""Sizes and measures, however they are written, as one word each: 55 inch, 55-inch and 55" are all "55in".

Shops and shoppers spell sizes in many ways, which a lexical index would take for different words. Only the
form is changed, never the amount: an inch stays an inch, and a US size is not turned into a European one.
"""

from __future__ import annotations

import re
from itertools import pairwise

# A unit's one name, and the words it is written with. A single letter counts only where it touches its number.
_WRITTEN = {
    "in": "in inch inches \" '' ”",
    "ft": "ft foot feet '",
    "yd": "yd yds yard yards",
    "mm": "mm millimeter millimeters millimetre millimetres",
    "cm": "cm cms centimeter centimeters centimetre centimetres",
    "m": "m meter meters metre metres",
    "sqft": "sqft",
    "cuft": "cuft",
    "gal": "gal gals gallon gallons",
    "qt": "qt qts quart quarts",
    "pt": "pint pints",
    "floz": "floz",
    "oz": "oz ounce ounces",
    "lb": "lb lbs pound pounds",
    "kg": "kg kgs kilo kilos kilogram kilograms",
    "g": "g gram grams",
    "mg": "mg milligram milligrams",
    "l": "l liter liters litre litres",
    "ml": "ml milliliter milliliters millilitre millilitres",
    "w": "w watt watts",
    "kw": "kw kilowatt kilowatts",
    "v": "v volt volts",
    "amp": "a amp amps ampere amperes",
    "ah": "ah",
    "mah": "mah",
    "hp": "hp horsepower",
    "btu": "btu btus",
    "psi": "psi",
    "gpm": "gpm",
    "gpf": "gpf",
    "cfm": "cfm",
    "ga": "ga gauge",
    "deg": "degree degrees °",
    "lm": "lumen lumens",
    "gb": "gb gigabyte gigabytes",
    "tb": "tb terabyte terabytes",
    "pack": "pack packs pk pks count ct",
    "pc": "pc pcs piece pieces",
}
_UNITS = {written: unit for unit, all_ways in _WRITTEN.items() for written in all_ways.split()}
_LETTERS = {"small": "s", "medium": "m", "large": "l", "x": "x", "s": "s", "m": "m", "l": "l"}
_DENOMINATORS = frozenset({2, 3, 4, 5, 6, 8, 10, 12, 16, 32, 64})

_AMOUNT = (
    r"(?:\d{1,3}[\s-]\d{1,2}/\d{1,2}|\d{1,2}/\d{1,2}|\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)(?![\d/])"
)
_NUMBER = re.compile(rf"(?<![\w.])(?<!\d[-/]){_AMOUNT}")
_NEXT_NUMBER = re.compile(_AMOUNT)
_UNIT = re.compile(r"(?P<gap>[\s-]{0,2})(?P<word>[a-z°]+|''|[\"'](?![a-z]))\.?")
_BY = re.compile(r"(?:\s?[whdl]\b\.?)?\s*(?:x|\bby\b)\s*(?=\.?\d)")
_SIDE = re.compile(r"\s?[whdl]\b\.?")
_ONE = re.compile(r"[\s-]+1\b(?![\s.-]*[x/\d])")  # "3 in 1" has no inches
_TWO_WORDS = re.compile(
    r"(?<![^\W\d_])(?:(?:(sq)(?:uare)?|(cu)(?:bic)?)\.?[\s-]*(?:ft|feet|foot)|fl(?:uid)?\.?[\s-]*(?:oz|ounces?))\b\.?"
)
_REGION = r"(?:(us|uk|eu)[\s-]?)"
_SIZE = re.compile(rf"\b{_REGION}?sizes?:?\s*{_REGION}?({_AMOUNT})(?![\w/\"'-])")
_SIZE_BEFORE = re.compile(rf"(?<![\w./-])({_AMOUNT})\ssize\b(?!\s?\d)")
_OF_REGION = re.compile(r"\b(us|uk|eu)\s?(\d{1,2}(?:\.5|[\s-]1/2)?)(?![\w.%/-])")
_LETTER = re.compile(r"\b(size:?\s+)?(?:(xx|x|extra)[\s-]?(small|large)|(x*[sml])|(small|medium|large))\b")
_PACK = re.compile(r"\b(?:packs?|set|box|case)\sof\s(\d+)\b")
_VULGAR = {"½": "1/2", "¼": "1/4", "¾": "3/4", "⅛": "1/8", "⅜": "3/8", "⅝": "5/8", "⅞": "7/8", "⅓": "1/3"}
_SIGNS = str.maketrans(
    {"″": '"', "”": '"', "“": '"', "′": "'", "’": "'", "×": "x", "⁄": "/", "–": "-"}
    | {sign: f" {written}" for sign, written in _VULGAR.items()}
)
_SIZED = re.compile(rf"(\d+(?:\.\d+)?)(?:{'|'.join(_WRITTEN)})|(?:size|us|uk|eu)([\d.]+|x*[sml])")


def normalise(text: str) -> str:
    """Return the text in lower case, with each size or measure in it as one word.

    "5/8 in" and '5/8"' become "0.625in", "9 1/2" becomes "9.5", "2 in. x 4 in." becomes "2in 4in 2x4",
    "US size 9" becomes "size9 us9", "pack of 6" becomes "6pack".
    """
    text = text.translate(_SIGNS).lower()
    if "size" in text or "large" in text or "small" in text:
        text = _LETTER.sub(_lettered, text)
        text = _SIZE.sub(_sized, text)
        text = _SIZE_BEFORE.sub(lambda found: f"size{_decimal(found[1])}", text)
    if not any(map(str.isdecimal, text)):
        return text
    if "us" in text or "uk" in text or "eu" in text:
        text = _OF_REGION.sub(lambda found: f"{found[1]}{_decimal(found[2])}", text)
    if " of " in text:
        text = _PACK.sub(r"\1pack", text)
    if "sq" in text or "cu" in text or "fl" in text:
        text = _TWO_WORDS.sub(_one_word, text)
    return _measured(text)


def _measured(text: str) -> str:
    """Rewrite every number, with its unit and the numbers it is multiplied with."""
    out: list[str] = []
    done = 0
    while found := _NUMBER.search(text, done):
        out.append(text[done : found.start()])
        amounts, units, done = _chain(text, found)
        written = [f"{amount}{unit}" for amount, unit in zip(amounts, units, strict=True) if unit]
        if len(amounts) > 1:
            written.append("x".join(amounts))
        out.append(" ".join(written or amounts))
        if text[done : done + 1].isalnum() and text[done - 1] in "\"'.":
            out.append(" ")
    return "".join([*out, text[done:]])


def _chain(text: str, found: re.Match[str]) -> tuple[list[str], list[str], int]:
    """Return the amounts and units of "2 in. x 4 in. x 8 ft.", and where it ends."""
    amounts, units, end = [_decimal(found[0])], [""], found.end()
    while True:
        units[-1], end = _unit(text, end)
        by = _BY.match(text, end)
        number = _NEXT_NUMBER.match(text, by.end()) if by else None
        if number is None:
            break
        amounts.append(_decimal(number[0]))
        units.append("")
        end = number.end()
    if len(amounts) > 1:
        side = _SIDE.match(text, end)
        end = side.end() if side else end
        units = ["" if unit in ("w", "l") else unit for unit in units]  # the sides in "70w x 36l"
        units = [unit or units[-1] for unit in units]  # "8 x 10 ft" is feet twice
    return amounts, units, end


def _unit(text: str, at: int) -> tuple[str, int]:
    """Return the unit that stands at a place, and where it ends; "" and the same place where there is none."""
    found = _UNIT.match(text, at)
    if found is None:
        return "", at
    word, end = found["word"], found.end()
    if word[-1] == "x" and text[end : end + 1].isdecimal():  # "2inx4in"
        word, end = word[:-1], end - 1
    unit = _UNITS.get(word, "")
    if not unit or (found["gap"] and len(word) == 1 and word.isalpha()):
        return "", at
    if word.isalpha() and text[end : end + 1].isdecimal() and text[end - 1] != ".":
        return "", at  # "2in1"
    if word == "in" and text[end - 1] != "." and _ONE.match(text, end):
        return "", at
    return unit, end


def _decimal(written: str) -> str:
    """Return an amount as a decimal without needless zeros; what is no true fraction stays as written."""
    whole, _, last = written.replace(",", "").replace("-", " ").rpartition(" ")
    top, slash, bottom = last.partition("/")
    if slash:
        if int(bottom) not in _DENOMINATORS or int(top) >= int(bottom):
            return written  # "12/2" is a cable, "24/7" is no size
        return _short(int(whole or 0) + int(top) / int(bottom))
    return _short(float(last)) if "." in last else last


def _short(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _sized(found: re.Match[str]) -> str:
    size, region = _decimal(found[3]), found[1] or found[2]
    return f"size{size} {region}{size}" if region else f"size{size}"


def _lettered(found: re.Match[str]) -> str:
    size, times, long, short, plain = found.groups()
    if long:
        letter = {"extra": "x"}.get(times, times) + long[0]
    elif size:
        letter = short or plain[0]
    else:
        return found[0]  # a letter alone, or "large", need not be a size
    return f"size{letter} {letter}" if size else letter


def _one_word(found: re.Match[str]) -> str:
    measured = found[1] or found[2]
    return f"{measured}ft" if measured else "floz"


def parts(word: str) -> list[str]:
    """Return the smaller words in a normalised size: "55in" holds "55", "2x4x8" holds "2x4", "4x8" and "8"..."""
    numbers = word.split("x")
    if len(numbers) > 1 and all(number.replace(".", "", 1).isdecimal() for number in numbers):
        pairs = [f"{a}x{b}" for a, b in pairwise(numbers)] if len(numbers) > 2 else []
        return [*pairs, *numbers]
    found = _SIZED.fullmatch(word)
    return [found[1] or found[2]] if found else []
