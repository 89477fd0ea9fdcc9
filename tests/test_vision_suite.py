"""What a reply says of a picture, the words that all sets share, and the rows and the suite made of them."""

from __future__ import annotations

import io
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.messages import AIMessage

from shelftalk.evals.pictured_sets import COLOURS, KINDS, Seen, near_colour, plain_kind, read_seen, right_kind
from shelftalk.evals.simulation.lexicon import plural
from shelftalk.evals.simulation.wordings import phrases
from shelftalk.evals.suites import vision
from shelftalk.tools.demo import shop_path
from shelftalk.tools.errors import UsageError

TOWER = Path(__file__).parent.parent / "tools" / "weights" / "eye"
NAMED = sorted(set(KINDS.values()) | {"chair", "table lamp", "dress", "watch", "mug", "jeans"})
SHADES = sorted({*COLOURS.values(), "black", "blue"})


class Fake(GenericFakeChatModel):
    """A model that says the same thing of every picture."""

    def bind_tools(self, tools: object, **_: object) -> Fake:  # type: ignore[override]
        return self


def always(text: str) -> Fake:
    def forever() -> object:
        while True:
            yield AIMessage(content=text)

    return Fake(messages=forever())


@given(
    st.sampled_from(NAMED),
    st.sampled_from(SHADES),
    st.sampled_from(phrases("replies.toml")["looks"]),
    st.booleans(),
)
@settings(deadline=None)  # the first call reads the demo shop
def test_a_reply_is_read_back(kind: str, colour: str, wording: str, many: bool) -> None:
    said = wording.format(x=f"a {colour} {plural(kind) if many else kind}")
    assert vision.read_reply(said.capitalize(), NAMED) == (kind, colour)


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_reply_can_be_read(text: str) -> None:
    kind, colour = vision.read_reply(text)
    assert isinstance(kind, str)
    assert colour == "" or plain_colours(colour)


def plain_colours(colour: str) -> bool:
    return COLOURS.get(colour, colour) == colour


def test_other_names_are_read_as_the_one_word() -> None:
    assert vision.read_reply("It's a pair of navy blue casual shoes.") == ("sneaker", "navy")
    assert vision.read_reply("an orange", ["orange"]) == ("orange", "")
    assert vision.read_reply("I cannot say.") == ("", "")


def test_labels_are_the_same_words_in_every_set() -> None:
    assert plain_kind("Tshirts") == plain_kind("T-Shirt") == "t-shirt"
    assert plain_kind("Dresses") == "dress"
    assert plain_kind("Free Gifts") == ""
    assert all(
        plain_kind(kind.replace("-", " ")) in (kind, kind.replace("-", " ")) for kind in KINDS.values()
    )
    assert all(word not in COLOURS for word in COLOURS.values())
    assert right_kind("shoe", "sneaker")
    assert not right_kind("sneaker", "shoe")
    assert near_colour("navy", "blue")
    assert not near_colour("red", "green")


def test_a_right_and_a_wrong_answer_are_judged() -> None:
    seen = Seen("shop", "1", "dress", "navy", True)
    answer = vision.judge(seen, "kind", "", "that looks like a red dress.", "dress")
    assert answer.right
    assert answer.commonest
    colour = vision.judge(seen, "colour", "", "it looks blue.", "red")
    assert (colour.right, colour.near, colour.given) == (False, True, "blue")
    table = vision.summarise([answer, colour])
    assert table["shop: kind"]["right"] == 1.0
    assert table["shop: colour"]["right"] == 0.0
    assert table["shop: colour or a neighbour"]["right"] == 1.0


def test_the_demo_shop_is_asked_about_and_baselines_are_met() -> None:
    answers = vision.run(always("that looks like a green chair."), count=30, seed=1)
    seen = {seen.key: seen for seen, _ in read_seen(shop_path()) if seen.held_out}
    assert {answer.key for answer in answers} <= seen.keys()
    assert len(answers) == 60
    assert all("(img1: <image>)" in answer.user for answer in answers)
    right = sum(seen[a.key].kind == "chair" for a in answers if a.asks == "kind") / 30
    assert vision.summarise(answers)["shop: kind"]["right"] == pytest.approx(right)
    again = vision.run(always("that looks like a green chair."), count=30, seed=1)
    assert answers == again


def test_given_photos_are_asked_about(tmp_path: Path) -> None:
    write_clothing(tmp_path / "clothing_cc0.parquet", 60)
    answers = vision.run(always("i see a hat."), count=3, data=tmp_path)
    own = [answer for answer in answers if answer.source == "clothing"]
    assert 0 < len(own) <= 3
    assert all(answer.asks == "kind" and answer.right for answer in own)


def test_an_empty_data_folder_is_explained(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"fashion\.parquet"):
        vision.run(always(""), count=1, data=tmp_path)


def write_clothing(path: Path, count: int) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq
    from PIL import Image

    made = []
    for number in range(count):
        out = io.BytesIO()
        Image.new("RGB", (40, 30), (number, 2 * number, 99)).save(out, "WEBP")
        made.append({"id": f"p{number}", "label": "Hat", "kids": "False", "image": out.getvalue()})
    pq.write_table(pa.Table.from_pylist(made), path)


def test_photos_are_looked_at_once_and_asked_about_in_short_rows(tmp_path: Path) -> None:
    from transformers import AutoTokenizer

    from shelftalk.finetune.photos import photo_features, photo_rows

    file = tmp_path / "clothing_cc0.parquet"
    write_clothing(file, 12)
    features, labels = photo_features(tmp_path / "photos", [file], TOWER)
    assert features.shape == (len(labels), 64, 384)
    assert np.isfinite(features).all()
    assert {label.source for label in labels} == {"clothing"}
    file.unlink()
    again, same = photo_features(tmp_path / "photos", [file], TOWER)
    assert np.array_equal(features, again)
    assert labels == same

    tokenizer = AutoTokenizer.from_pretrained(TOWER.parents[2] / "agent" / "weights" / "mini")
    first, second = (list(islice(photo_rows(tokenizer, labels, 3), 24)) for _ in range(2))
    assert all(np.array_equal(a.ids, b.ids) for a, b in zip(first, second, strict=True))
    for row in first:
        assert not labels[row.photos[0]].held_out
        assert "hat" in tokenizer.decode(row.ids[row.weights > 0])
        assert (row.ids == tokenizer.convert_tokens_to_ids("<image>")).sum() == 64
