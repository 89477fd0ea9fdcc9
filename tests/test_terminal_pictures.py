"""What is written to a terminal, read back as a terminal would read it."""

from __future__ import annotations

import base64
import io
import re
import shlex
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from shelftalk.agent.repl.cards import CARD, GAP, NARROWEST, Look, cards, cells, layout, wrap
from shelftalk.agent.repl.paths import find_pictures
from shelftalk.agent.repl.pictures import choose, half_blocks, iterm2, kitty, sixel
from shelftalk.agent.reply import Shown
from shelftalk.tools.errors import UsageError
from shelftalk.tools.product import Hit, Product

QUARTERS = {(0, 0): (255, 0, 0), (1, 0): (0, 255, 0), (0, 1): (0, 0, 255), (1, 1): (95, 135, 175)}


@pytest.fixture(scope="module")
def image() -> Image.Image:
    """Red, green, blue and grey-blue quarters."""
    image = Image.new("RGB", (40, 40))
    for (x, y), colour in QUARTERS.items():
        image.paste(colour, (20 * x, 20 * y, 20 * x + 20, 20 * y + 20))
    return image


def corners(decoded: Image.Image) -> dict[tuple[int, int], tuple[int, ...]]:
    w, h = decoded.size
    return {(x, y): decoded.getpixel((w // 4 + x * w // 2, h // 4 + y * h // 2)) for x, y in QUARTERS}  # type: ignore[misc]


CUBE = [0, 95, 135, 175, 215, 255]


def colour(code: str) -> tuple[int, ...]:
    kind, *numbers = map(int, code.split(";"))
    if kind == 2:
        return tuple(numbers)
    index = numbers[0]
    if index >= 232:
        return (8 + 10 * (index - 232),) * 3
    index -= 16
    return CUBE[index // 36], CUBE[index // 6 % 6], CUBE[index % 6]


def read_blocks(lines: list[str], columns: int) -> Image.Image:
    out = Image.new("RGB", (columns, 2 * len(lines)))
    for row, line in enumerate(lines):
        assert line.endswith("\x1b[0m")
        at, upper, lower = 0, (0, 0, 0), (0, 0, 0)
        for fore, back, block in re.findall(r"\x1b\[38;([\d;]+?);48;([\d;]+)m|(▀)", line):
            if block:
                out.putpixel((at, 2 * row), upper)
                out.putpixel((at, 2 * row + 1), lower)
                at += 1
            else:
                upper, lower = colour(fore), colour(back)  # type: ignore[assignment]
        assert at == columns
    return out


@pytest.mark.parametrize("true_colour", [True, False])
def test_half_blocks(image: Image.Image, true_colour: bool) -> None:
    assert corners(read_blocks(half_blocks(image, 20, 10, true_colour), 20)) == QUARTERS


def test_a_wide_picture_is_centred_on_white() -> None:
    read = read_blocks(half_blocks(Image.new("RGB", (40, 10), "red"), 20, 10), 20)
    assert read.getpixel((0, 0)) == (255, 255, 255) and read.getpixel((10, 10)) == (255, 0, 0)


def test_kitty(image: Image.Image) -> None:
    noisy = Image.effect_noise((300, 300), 90).convert("RGB")  # large enough for several chunks
    for source in (image, noisy):
        parts = re.findall(r"\x1b_G([^;]*);([A-Za-z0-9+/=]*)\x1b\\", kitty(source, 20, 10))
        assert "".join(f"\x1b_G{head};{data}\x1b\\" for head, data in parts) == kitty(source, 20, 10)
        assert parts[0][0].startswith("a=T,f=100,c=20,r=10,C=1,q=2,m=")
        assert [head[-3:] for head, _ in parts] == ["m=1"] * (len(parts) - 1) + ["m=0"]
        assert all(len(data) <= 4096 for _, data in parts) and (source is image or len(parts) > 1)
        decoded = Image.open(io.BytesIO(base64.b64decode("".join(data for _, data in parts))))
        assert decoded.tobytes() == source.tobytes()


def test_iterm2(image: Image.Image) -> None:
    found = re.fullmatch(
        r"\x1b\]1337;File=inline=1;size=(\d+);width=20;height=10;preserveAspectRatio=1:([A-Za-z0-9+/=]+)\x07",
        iterm2(image, 20, 10),
    )
    assert found
    data = base64.b64decode(found[2])
    assert len(data) == int(found[1]) and Image.open(io.BytesIO(data)).tobytes() == image.tobytes()


def read_sixel(text: str) -> Image.Image:
    found = re.fullmatch(r'\x1bPq"1;1;(\d+);(\d+)(.*)\x1b\\', text, flags=re.DOTALL)
    assert found
    out = Image.new("RGB", (int(found[1]), int(found[2])))
    palette: dict[int, tuple[int, ...]] = {}
    x = y = index = 0
    tokens = re.compile(r"#(\d+);2;(\d+);(\d+);(\d+)|#(\d+)|!(\d+)([?-~])|([?-~])|([$-])")
    at = 0
    while at < len(found[3]):
        token = tokens.match(found[3], at)
        assert token, found[3][at : at + 20]
        at = token.end()
        define, r, g, b, select, times, repeated, single, move = token.groups()
        if define:
            palette[int(define)] = tuple(round(int(v) * 255 / 100) for v in (r, g, b))
        elif select:
            index = int(select)
        elif move:
            x, y = 0, y + 6 * (move == "-")
        else:
            bits, run = ord(repeated or single) - 63, int(times or 1)
            for bit in range(6):
                if bits >> bit & 1:
                    out.paste(palette[index], (x, y + bit, x + run, y + bit + 1))  # type: ignore[arg-type]
            x += run
    assert y == out.height
    return out


def test_sixel(image: Image.Image) -> None:
    read = corners(read_sixel(sixel(image, 20, 10)))
    for corner, wanted in QUARTERS.items():
        assert all(abs(a - b) <= 3 for a, b in zip(read[corner], wanted, strict=True))


def test_sixel_of_many_colours_is_near_the_picture() -> None:
    gradient = Image.radial_gradient("L").convert("RGB").resize((100, 100))
    read = read_sixel(sixel(gradient, 10, 6, cell=(10, 20)))
    assert read.size == (100, 120)
    assert abs(read.getpixel((50, 60))[0] - gradient.getpixel((50, 50))[0]) < 25  # type: ignore[index]


@pytest.mark.parametrize(
    ("env", "way"),
    [
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "WezTerm"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1", "TMUX": "x"}, "256"),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor", "TMUX": "x"}, "truecolor"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "vt100"}, "none"),
        ({"TERM": "dumb", "COLORTERM": "truecolor"}, "none"),
        ({"TERM": "xterm-kitty", "NO_COLOR": "1"}, "none"),
        ({"TERM": "dumb", "SHELFTALK_PICTURES": "sixel"}, "sixel"),
    ],
)
def test_the_way_follows_the_terminal(env: dict[str, str], way: str) -> None:
    assert choose(env, is_tty=True) == way
    if "SHELFTALK_PICTURES" not in env:
        assert choose(env, is_tty=False) == "none"


def test_an_unknown_way_is_refused() -> None:
    with pytest.raises(UsageError, match="truecolor"):
        choose({"SHELFTALK_PICTURES": "hologram"}, is_tty=True)


# Cards.


def products(
    n: int, title: str = "A rather long name of a summer dress with pockets and a belt"
) -> list[Shown]:
    return [
        Shown(
            f"P{i + 1}",
            Hit(product=Product(id=str(i), title=title, price=9.5, currency="EUR", rating=4), score=1),
        )
        for i in range(n)
    ]


def seen(text: str) -> str:
    return re.sub(r"\x1b\[[\d;]*[A-Za-z]", "", text)


@given(st.integers(1, 7), st.integers(NARROWEST + 1, 200), st.text(max_size=80))
@settings(max_examples=30, deadline=None)
def test_no_line_of_cards_is_wider_than_the_terminal(n: int, width: int, title: str) -> None:
    picture = Image.new("RGB", (8, 8), "red")
    text = cards(products(n, title), lambda _: picture, Look("truecolor", True, width))
    lines = seen(text).split("\n")
    assert max(map(cells, lines)) <= width
    across, card = layout(n, width)
    assert sum("▀" in line for line in lines) == card // 2 * -(-n // across)
    assert all(f"P{i + 1}" in seen(text) for i in range(n)) and "€9.50" in text


def test_graphics_are_placed_side_by_side_without_moving_the_text() -> None:
    picture = Image.new("RGB", (8, 8), "red")
    text = cards(products(3), lambda _: picture, Look("kitty", True, 80))
    assert [int(c) for c in re.findall(r"\x1b7\x1b\[(\d+)G\x1b_G", text)] == [1, 25, 49]
    assert text.count("\x1b8") == 3 and f"\x1b[{CARD // 2}A" in text and f"\x1b[{CARD // 2}B" in text


def test_four_cards_fit_a_terminal_of_80_columns() -> None:
    assert layout(4, 80) == (4, 18) and layout(4, 120) == (4, 22)
    assert layout(4, 60) == (2, 22) and layout(5, 60) == (3, 18) and layout(1, 18) == (1, 18)


def test_without_pictures_a_product_is_a_line_and_without_style_there_are_no_escapes() -> None:
    text = cards(products(2, "Red \x1b[31mdress"), lambda _: None, Look("none", False, 80))
    assert text == "  P1  Red dress  €9.50  ★ 4.0\n  P2  Red dress  €9.50  ★ 4.0\n"


def test_a_product_without_a_picture_keeps_its_place() -> None:
    picture = Image.new("RGB", (8, 8), "red")
    text = cards(products(2), lambda p: picture if p.id == "1" else None, Look("truecolor", True, 80))
    assert "(no picture)" in text and seen(text).split("\n")[0].startswith(" " * (CARD + GAP) + "▀")


@given(st.text(), st.integers(4, 40), st.integers(1, 4))
def test_wrapped_text_fits(text: str, width: int, most: int) -> None:
    lines = wrap(text, width, most)
    assert len(lines) <= most and all(cells(line) <= width for line in lines)


# Paths in a message.

NAME = st.text(
    st.characters(exclude_characters="/\\\0'\"", exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"])
    | st.sampled_from(" "),
    min_size=1,
    max_size=12,
).filter(lambda name: name.strip() == name and not name.startswith(("~", ".")))


@given(NAME, st.sampled_from(["quote", "escape", "url", "double", "bare"]))
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_dropped_path_is_found_however_it_is_written(tmp_path: Path, name: str, how: str) -> None:
    path = tmp_path / f"{name}.JPG"
    path.touch()
    written = {
        "quote": shlex.quote(str(path)) if "'" not in name else f'"{path}"',
        "escape": re.sub(r"([^\w/.-])", r"\\\1", str(path)),
        "url": path.as_uri(),
        "double": f'"{path}"',
        "bare": str(path),
    }[how]
    if how == "bare":
        assert find_pictures(f" {written} ") == ("", [path])
    else:
        assert find_pictures(f"like this {written} in blue") == ("like this in blue", [path])


@pytest.mark.parametrize(
    "text",
    [
        "a red dress under 50",
        "what's new? it's \"nice\"",
        "a picture.png of nothing",
        "see http://shop.example/a.png",
        "50/50 cotton \\ linen",
        "a\nb  c",
        "'",
        '"',
    ],
)
def test_other_words_stay_as_they_are(text: str) -> None:
    assert find_pictures(text) == (text, [])


def test_an_absolute_path_that_is_no_file_is_a_picture_to_complain_of(tmp_path: Path) -> None:
    assert find_pictures(f"see {tmp_path}/gone.png") == ("see", [tmp_path / "gone.png"])


@given(st.text())
def test_no_message_breaks_it(text: str) -> None:
    find_pictures(text)
