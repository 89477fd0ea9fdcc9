"""Composed queries: several pictures, words and pictures to keep away from; the combiner, its file, its training."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image, ImageDraw

from shelftalk.evals.edit_wordings import fill, frames, mine, plural, singular
from shelftalk.evals.edits import Edits, read_labels
from shelftalk.finetune import combiner as training
from shelftalk.finetune.combiner import Settings, train
from shelftalk.finetune.edits import FIELDS, make_queries
from shelftalk.tools.combiner import COMBINER, Combiner, load_combiner, save_combiner
from shelftalk.tools.composing import add
from shelftalk.tools.encoder import SHIPPED, Encoder, load_encoder
from shelftalk.tools.errors import UsageError

COLOURS = {"Red": "red", "Blue": "blue", "Green": "green", "Black": "black"}
KINDS = ("Dresses", "Handbags")
GENDERS = ("Women", "Girls")


def drawing(colour: str, kind: str, shift: int = 0) -> Image.Image:
    """A dress or a bag on white."""
    image = Image.new("RGB", (60, 80), "white")
    draw = ImageDraw.Draw(image)
    if kind == "Dresses":
        draw.polygon([(30, 5 + shift % 6), (5, 75), (55, 75 - shift % 8)], fill=colour)
    else:
        draw.rectangle((8 + shift % 7, 30, 52, 70 - shift % 9), fill=colour)
    return image


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """160 drawn products in the columns of a fashion catalogue, and a few captions."""
    folder = tmp_path_factory.mktemp("data")
    rows = []
    for i in range(160):
        colour, kind, gender = list(COLOURS)[i % 4], KINDS[i // 4 % 2], GENDERS[i // 8 % 2]
        kept = io.BytesIO()
        drawing(COLOURS[colour], kind, i // 16).save(kept, "PNG")
        rows.append(
            {"id": str(i), "gender": gender, "masterCategory": "Apparel", "articleType": kind, "baseColour": colour,
             "usage": "Casual", "productDisplayName": f"Brand{i} {colour} {kind}", "image": kept.getvalue()}
        )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "fashion.parquet")
    (folder / "text").mkdir()
    captions = [
        {"captions": ["is red instead of blue", "has longer sleeves"]},
        {"captions": ["is a blue dress", "is same"]},
    ]
    pq.write_table(pa.Table.from_pylist(captions), folder / "text" / "fashion_iq_captions.parquet")
    pq.write_table(
        pa.Table.from_pylist([{"caption": "are red"}]), folder / "text" / "shoes_relative_captions.parquet"
    )
    return folder


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture(autouse=True)
def drawn_data_only(monkeypatch: pytest.MonkeyPatch, vectors: Path) -> None:
    monkeypatch.setattr(training, "data_files", lambda folder: [folder / "fashion.parquet"])
    monkeypatch.setenv("SHELFTALK_CACHE", str(vectors))


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    """The shipped encoder, without its combiner."""
    found = load_encoder()
    found.combiner = None
    return found


@pytest.fixture(scope="module")
def photos(encoder: Encoder) -> np.ndarray:
    """A red dress, a blue dress, a red bag, a blue bag: float32 [4, size]."""
    return encoder.pictures([drawing(c, k) for k in KINDS for c in ("red", "blue")])


def is_query(vector: np.ndarray, encoder: Encoder) -> bool:
    return (
        vector.dtype == np.float32
        and vector.shape == (encoder.pictures_size,)
        and abs(float(np.linalg.norm(vector)) - 1) < 1e-5
    )


# Queries -------------------------------------------------------------------------------------------------------


def test_every_form_of_query_has_length_one(encoder: Encoder, photos: np.ndarray) -> None:
    for pictures in ([], [photos[0]], list(photos)):
        for text in ("", " ", "but in red"):
            for unlike in ([], [photos[1]], [photos[0], photos[3]]):
                if pictures or text.strip() or unlike:
                    assert is_query(encoder.compose(pictures, text, unlike), encoder)
    with pytest.raises(UsageError, match="a picture or words"):
        encoder.compose([], " ")


def test_a_single_source_stays_what_it_is(encoder: Encoder, photos: np.ndarray) -> None:
    assert np.allclose(encoder.compose([photos[0]]), photos[0], atol=1e-6)
    assert np.allclose(encoder.compose([], "red dress"), encoder.phrases(["red dress"])[0], atol=1e-6)
    assert np.allclose(encoder.compose([photos[0], photos[0]]), photos[0], atol=1e-6)


def test_without_a_combiner_picture_and_words_are_added(encoder: Encoder, photos: np.ndarray) -> None:
    said = encoder.phrases(["in blue"])
    made = encoder.compose([photos[0]], "in blue")
    assert np.allclose(made, add(photos[:1], said)[0], atol=1e-6)
    assert made @ said[0] > photos[0] @ said[0]
    assert made @ photos[0] > said[0] @ photos[0]


def test_several_pictures_find_what_is_near_all(encoder: Encoder, photos: np.ndarray) -> None:
    both = encoder.compose([photos[0], photos[1]])
    assert min(both @ photos[0], both @ photos[1]) > photos[0] @ photos[1]
    assert np.allclose(both, encoder.compose([photos[1], photos[0]]), atol=1e-6)


def test_unlike_moves_away_and_keeps_what_is_wanted(encoder: Encoder, photos: np.ndarray) -> None:
    wanted, refused = photos[0], photos[1]
    made = encoder.compose([wanted], unlike=[refused])
    assert made @ refused < wanted @ refused
    assert made @ wanted > made @ refused
    assert is_query(encoder.compose([wanted], unlike=[wanted]), encoder)
    words = encoder.phrases(["red dress"])[0]
    assert encoder.compose([], "red dress", [refused]) @ refused < words @ refused
    assert encoder.compose([], unlike=[refused]) @ refused < -0.99


def test_words_are_read_once(encoder: Encoder, monkeypatch: pytest.MonkeyPatch) -> None:
    text = encoder._model._model.text  # type: ignore[attr-defined]
    reads: list[int] = []
    forward = text.forward

    def read(**tokens: torch.Tensor) -> torch.Tensor:
        reads.append(1)
        return forward(**tokens)  # type: ignore[no-any-return]

    monkeypatch.setattr(text, "forward", read)
    said = encoder.words(["a text nobody has asked for yet"])
    encoder.phrases(["a text nobody has asked for yet"])
    assert len(reads) == 1
    assert np.array_equal(encoder.words(["a text nobody has asked for yet"]), said)


# The combiner's file -------------------------------------------------------------------------------------------


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A copy of the shipped encoder's folder, without a combiner."""
    folder = tmp_path / "own"
    shutil.copytree(SHIPPED, folder, ignore=shutil.ignore_patterns("combiner.*"))
    return folder


def a_combiner(size: int) -> Combiner:
    torch.manual_seed(0)
    made = Combiner(size)
    torch.nn.init.normal_(made.write.weight, std=0.1)
    return made.eval()


def test_a_combiner_is_used_and_changes_no_fingerprint(
    own: Path, encoder: Encoder, photos: np.ndarray
) -> None:
    save_combiner(own, a_combiner(encoder.pictures_size), encoder.fingerprint, {"note": "a test"})
    found = load_encoder(own)
    assert found.fingerprint == encoder.fingerprint
    assert json.loads((own / "combiner.json").read_text())["note"] == "a test"
    assert (own / COMBINER).stat().st_size < 2e6
    made = found.compose([photos[0]], "in blue")
    assert is_query(made, found)
    assert made @ encoder.compose([photos[0]], "in blue") < 0.99
    assert np.allclose(found.compose([photos[0]]), photos[0], atol=1e-6)  # nothing to combine


def test_another_encoders_combiner_is_not_used(
    own: Path, encoder: Encoder, photos: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    save_combiner(own, a_combiner(encoder.pictures_size), "0123456789abcdef", {})
    found = load_encoder(own)
    assert found.combiner is None
    assert "trained for another encoder" in caplog.text
    assert np.allclose(
        found.compose([photos[0]], "in blue"), encoder.compose([photos[0]], "in blue"), atol=1e-6
    )


def test_an_untrained_combiner_is_the_sum(photos: np.ndarray) -> None:
    made = Combiner(photos.shape[1]).eval().combine(photos[:1], photos[2:3])
    assert np.allclose(made, add(photos[:1], photos[2:3], 0.5), atol=1e-5)


@pytest.mark.parametrize("damage", ["cut", "text", "other shape", "no settings"])
def test_a_damaged_combiner_is_a_clear_error(own: Path, encoder: Encoder, damage: str) -> None:
    from safetensors.torch import load_file, save_file

    save_combiner(own, a_combiner(encoder.pictures_size), encoder.fingerprint, {})
    path = own / COMBINER
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:5000])
    elif damage == "text":
        path.write_text("not a combiner")
    elif damage == "other shape":
        save_combiner(own, a_combiner(8), encoder.fingerprint, {})
    else:
        save_file(load_file(path), path)
    with pytest.raises(UsageError, match=r"combiner\.safetensors cannot be read.*delete it"):
        load_encoder(own)


# Wordings and edits --------------------------------------------------------------------------------------------


def test_frames_are_mined_from_captions() -> None:
    found = mine(
        ["is red instead of blue", "The dress is Navy in color.", "is more feminine", "has longer sleeves",
         "is not red but blue", "are leather, not suede", "is a shirt", "is red with long sleeves", "are identical",
         "is a striped shirt", "is less red", "is a red tee shirt", ""]
    )  # fmt: skip
    assert set(found["colour"]) == {
        "is {to} instead of {from}", "the {kind} is {to} in color", "is not {from} but {to}", "is a {to} {kind}",
    }  # fmt: skip
    assert set(found["gender"]) == {"is more {like_to}"}
    assert set(found["material"]) == {"are {to}, not {from}"}
    assert set(found["kind"]) == {"is {a_to}"}
    assert set(found["pattern"]) == {"is a {to} {kind}"}
    assert set(found["nothing"]) == {"are identical"}


def test_frames_are_said_well() -> None:
    facts = {"kind": "t-shirt", "colour": "orange", "gender": "unisex"}
    assert fill("a {to} {kind}", "colour", facts, "orange") == "an orange t-shirt"
    assert fill("{a_to} instead of {a_from}", "kind", facts, "shorts") == "shorts instead of a t-shirt"
    assert fill("{colour} {kind} for {gender}", "nothing", facts, "") is None
    assert fill("is more {like_to}", "gender", facts, "women") == "is more feminine"
    assert fill("is more {like_to}", "gender", facts, "girls") is None
    assert [plural(singular(word)) for word in ("Tshirts", "Dresses", "Scarves", "Shorts", "Watches")] == [
        "t-shirts", "dresses", "scarves", "shorts", "watches",
    ]  # fmt: skip


def test_wordings_that_measure_are_not_trained_on(data: Path) -> None:
    learned, measured = frames(data, measuring=False), frames(data, measuring=True)
    for change in learned:
        assert learned[change] and measured[change]
        assert not set(learned[change]) & set(measured[change])
    assert set(frames(None, measuring=True)) == set(measured)


def test_edits_change_one_thing(data: Path) -> None:
    import random

    labels = read_labels(data / "fashion.parquet")
    edits = Edits([item.facts for item in labels], frames(data, measuring=False))
    rng = random.Random(0)
    for change in ("colour", "gender", "kind"):
        for source in range(0, 160, 7):
            edit = edits.draw(source, change, rng)
            assert edit is not None
            own = labels[source].facts
            assert edit.wants[change] != own[change]
            assert all(own[name] == value for name, value in edit.wants.items() if name != change)
            targets = edits.targets(edit.wants)
            assert len(targets)
            assert all(labels[t].facts[name] == v for t in targets for name, v in edit.wants.items())
    assert edits.draw(0, "pattern", rng) is None


def test_queries_tell_what_is_meant_from_what_is_open(data: Path) -> None:
    labels = [item for item in read_labels(data / "fashion.parquet") if not item.held_out]
    labels[1].facts["gender"] = "unisex"
    labels[2].facts["colour"] = "navy blue"
    queries = make_queries({"fashion": labels}, frames(data, measuring=False), 300, seed=0)
    chosen = queries.products(torch.arange(50), 20, torch.Generator().manual_seed(0))
    meant, not_meant = queries.compare(torch.arange(300), torch.arange(len(labels)))
    assert not (meant & not_meant).any()
    assert meant[:50][:, chosen].any(1).all()
    for query, products in enumerate(queries.meant):
        assert meant[query].nonzero().flatten().tolist() == products.tolist()
    assert 0 < int(queries.empty.sum()) < 60
    for query in queries.empty.nonzero().flatten().tolist():  # such words ask for the like of the photo
        wants, own = queries.wants[query], queries.facts[queries.source[query]]
        assert all(want == have for want, have in zip(wants, own, strict=True) if want >= 0)
    gender, colour = FIELDS.index("gender"), FIELDS.index("colour")
    blue = next(
        q for q in range(300) if queries.wants[q, colour] == queries.facts[1, colour] and meant[q].any()
    )
    assert not meant[blue, 2]
    asked = queries.wants[:, gender] >= 0
    assert not (not_meant[asked, 1] & (queries.wants[asked, colour] == queries.facts[1, colour])).all()


# Training ------------------------------------------------------------------------------------------------------


def tiny(data: Path, out: Path, encoder: Path = SHIPPED) -> Settings:
    return Settings(str(data), str(encoder), str(out), steps=60, queries=1500, batch=128, others=100)


def test_training_beats_both_sources_and_is_used(
    data: Path, own: Path, encoder: Encoder, capsys: pytest.CaptureFixture[str]
) -> None:
    scores = train(tiny(data, own, own))
    assert "step 50" in capsys.readouterr().out
    colour = {
        name.split(": ")[1]: v
        for name, v in scores.items()
        if name.startswith("edit of the colour") and name.endswith("Recall@10, all photos")
    }
    assert colour["combiner"] > max(colour["photo alone"], colour["words alone"])
    about = json.loads((own / "combiner.json").read_text())
    assert about["encoder"] == encoder.fingerprint
    assert about["settings"]["steps"] == 60 and about["versions"]["torch"]
    trained = load_encoder(own)
    assert trained.combiner is not None
    photo = trained.pictures([drawing("red", "Dresses", 3)])
    found = trained.pictures([drawing(c, k, 5) for k in KINDS for c in COLOURS.values()])
    for text in ("but in blue", "a blue one", "blue dress"):
        assert int((found @ trained.compose(list(photo), text)).argmax()) == 1


def test_a_broken_off_run_ends_where_an_unbroken_one_does(
    data: Path, tmp_path: Path, encoder: Encoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training, "measure", lambda *_, **__: [])
    ends = []
    for name, stops in (("whole", [8]), ("broken", [4, 8])):
        for stop in stops:
            monkeypatch.setattr(
                training.Trainer, "progress", lambda self, s=stop: 1.0 if self.step >= s else 0.3
            )
            train(tiny(data, tmp_path / name))
        ends.append(load_combiner(tmp_path / name / COMBINER, encoder.fingerprint, encoder.pictures_size))
    whole, broken = (end.state_dict() for end in ends if end is not None)
    for name, value in whole.items():
        assert torch.allclose(value, broken[name], atol=1e-4), name
    assert not list((tmp_path / "broken").glob("*.part"))
