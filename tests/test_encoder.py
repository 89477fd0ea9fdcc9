"""The encoder's contract, kept by the shipped one and by a CLIP model put in its place."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw

from shelftalk.tools.encoder import SHIPPED, Encoder, load_encoder
from shelftalk.tools.errors import UsageError


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    return load_encoder()


def dress(colour: str, size: tuple[int, int] = (180, 240)) -> Image.Image:
    """A sleeveless dress on white."""
    w, h = size
    image = Image.new("RGB", size, "white")
    shape = [
        (0.4, 0.08),
        (0.44, 0.16),
        (0.56, 0.16),
        (0.6, 0.08),
        (0.62, 0.4),
        (0.8, 0.92),
        (0.2, 0.92),
        (0.38, 0.4),
    ]
    ImageDraw.Draw(image).polygon([(x * w, y * h) for x, y in shape], fill=colour)
    return image


def chair(colour: str) -> Image.Image:
    """A plain chair seen from the front, on white."""
    image = Image.new("RGB", (240, 240), "white")
    draw = ImageDraw.Draw(image)
    for box in (
        (70, 30, 80, 220),
        (160, 30, 170, 220),
        (70, 30, 170, 45),
        (70, 60, 170, 75),
        (62, 120, 178, 140),
    ):
        draw.rectangle(box, fill=colour)
    return image


def test_contract(encoder: Encoder) -> None:
    words, phrases = encoder.words(["a long red dress", "chair"]), encoder.phrases(["red dress"])
    pictures = encoder.pictures([dress("red"), chair("blue"), dress("green")])
    assert words.shape == (2, encoder.words_size)
    assert phrases.shape == (1, encoder.pictures_size)
    assert pictures.shape == (3, encoder.pictures_size)
    for vectors in (words, phrases, pictures):
        assert vectors.dtype == np.float32
        assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert encoder.words([]).shape == (0, encoder.words_size)
    assert encoder.pictures([]).shape == (0, encoder.pictures_size)


def test_order_is_kept(encoder: Encoder) -> None:
    texts = ["a much longer text about a wooden chair with a woven seat", "red", "a blue dress", "x " * 400]
    together = encoder.words(texts)
    for text, vector in zip(texts, together, strict=True):
        assert encoder.words([text])[0] @ vector > 0.995
    images = [dress("red", (60, 80)), chair("blue"), dress("green", (300, 100))]
    together = encoder.pictures(images)
    for image, vector in zip(images, together, strict=True):
        assert encoder.pictures([image])[0] @ vector > 0.995


def test_any_mode_of_picture(encoder: Encoder) -> None:
    image = dress("red")
    plain = encoder.pictures([image])[0]
    assert encoder.pictures([image.convert("RGBA")])[0] @ plain > 0.99
    assert encoder.pictures([image.convert("L"), image.convert("1"), image.convert("P")]).shape[0] == 3
    assert encoder.pictures([Image.new("RGB", (1, 1)), Image.new("RGB", (3000, 7))]).shape[0] == 2


def test_words_find_the_right_picture(encoder: Encoder) -> None:
    pictures = encoder.pictures([dress("red"), dress("blue"), chair("red"), chair("blue")])
    phrases = encoder.phrases(["red dress", "blue dress", "red chair", "blue chair"])
    right = (phrases @ pictures.T).argmax(1)
    assert right[0] == 0 and right[1] == 1
    assert {int(right[2]), int(right[3])} <= {2, 3}


def test_words_are_minilms(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    from shelftalk.tools.joint import text_model_folder

    texts = ["a red dress", "running shoes for men"]
    exact = SentenceTransformer(text_model_folder(), device="cpu").encode(texts)
    assert (encoder.words(texts) * exact).sum(1).min() > 0.998


def test_sentence_transformer_takes_both_in_one_list(encoder: Encoder) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(SHIPPED), trust_remote_code=True, device="cpu")
    mixed = model.encode([dress("red"), "red dress", chair("blue"), "blue chair"])
    assert mixed.shape == (4, encoder.pictures_size)
    assert (mixed[0::2] * encoder.pictures([dress("red"), chair("blue")])).sum(1).min() > 0.99
    assert (mixed[1::2] * encoder.phrases(["red dress", "blue chair"])).sum(1).min() > 0.99
    with pytest.raises(ValueError, match="not int"):
        model[0].preprocess([3])


def test_saved_again_is_the_same(encoder: Encoder, tmp_path: Path) -> None:
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(SHIPPED), trust_remote_code=True, device="cpu")
    model.save(str(tmp_path / "again"), create_model_card=False)
    again = load_encoder(tmp_path / "again")
    assert again.fingerprint == encoder.fingerprint
    assert not list((tmp_path / "again").rglob("vocab.txt"))  # the text model stays where it is
    assert again.pictures([dress("red")])[0] @ encoder.pictures([dress("red")])[0] > 0.999


def test_fingerprint_follows_the_weights(encoder: Encoder, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(SHIPPED, tmp_path / "other")
    path = tmp_path / "other" / "projection.safetensors"
    weights = load_file(path)
    save_file(weights | {"weight": weights["weight"] * 2}, path)
    assert load_encoder(tmp_path / "other").fingerprint != encoder.fingerprint


def test_word_pieces_of_another_text_model_are_refused(tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    shutil.copytree(SHIPPED, tmp_path / "other")
    path = tmp_path / "other" / "projection.safetensors"
    weights = load_file(path)
    save_file(weights | {"ids": weights["ids"] + 30522}, path)
    with pytest.raises(UsageError, match="word pieces"):
        load_encoder(tmp_path / "other")


def test_pixels_are_the_processors(encoder: Encoder) -> None:
    from shelftalk.tools.joint import JointModel

    model = JointModel.load(SHIPPED)
    pictures = [dress("red"), dress("blue").resize((300, 90))]
    ours = model.pixels(pictures)
    theirs = model.processor(images=pictures, return_tensors="pt")["pixel_values"]
    assert float((ours - theirs).abs().max()) < 1e-6


def test_shipped_weights_are_small_and_described() -> None:
    sizes = [file.stat().st_size for file in SHIPPED.iterdir()]
    assert sum(sizes) < 40e6
    assert max(sizes) < 15e6
    assert "shelftalk.finetune.eye" in (SHIPPED / "README.md").read_text()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny CLIP with random weights, as transformers saves one."""
    from transformers import BertTokenizer, CLIPConfig, CLIPImageProcessorPil, CLIPModel, CLIPProcessor

    folder = tmp_path_factory.mktemp("clip")
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "dress", "blue", "chair", "a"]
    tokenizer = BertTokenizer(vocab={word: i for i, word in enumerate(vocabulary)}, model_max_length=16)
    shape = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    torch.manual_seed(0)
    config = CLIPConfig(
        text_config=shape
        | {
            "vocab_size": 10,
            "max_position_embeddings": 16,
            "eos_token_id": 3,
            "bos_token_id": 2,
            "pad_token_id": 0,
        },
        vision_config=shape | {"image_size": 32, "patch_size": 16},
        projection_dim=12,
    )
    CLIPModel(config).save_pretrained(folder)
    size = {"height": 32, "width": 32}
    CLIPProcessor(CLIPImageProcessorPil(size=size, crop_size=size), tokenizer).save_pretrained(folder)
    return folder


def test_clip_drops_in(clip: Path, encoder: Encoder) -> None:
    other = load_encoder(clip)
    assert other.words_size == other.pictures_size == 12
    texts = ["a red dress", "blue chair", "red " * 100]
    assert np.allclose(other.words(texts), other.phrases(texts))
    vectors = other.pictures([dress("red"), chair("blue")])
    assert vectors.shape == (2, 12)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    assert other.fingerprint != encoder.fingerprint
    assert other.fingerprint == load_encoder(str(clip)).fingerprint


def test_what_is_no_encoder_is_refused(tmp_path: Path) -> None:
    from shelftalk.tools.joint import text_model_folder

    with pytest.raises(UsageError, match="no encoder folder"):
        load_encoder(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="cannot be loaded"):
        load_encoder(tmp_path / "empty")
    with pytest.raises(UsageError, match="does not take image"):
        load_encoder(text_model_folder())
    shutil.copytree(SHIPPED, tmp_path / "broken")
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"no weights")
    with pytest.raises(UsageError, match="cannot be read"):
        load_encoder(tmp_path / "broken")
    shutil.copytree(SHIPPED, tmp_path / "foreign")
    about = json.loads((tmp_path / "foreign" / "joint.json").read_text())
    (tmp_path / "foreign" / "joint.json").write_text(json.dumps(about | {"text_sha256": "0" * 64}))
    with pytest.raises(UsageError, match="trained against"):
        load_encoder(tmp_path / "foreign")


def test_a_damaged_text_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shelftalk.tools import joint

    package = tmp_path / "damaged_text"
    (package / "model").mkdir(parents=True)
    (package / "__init__.py").write_text("raise RuntimeError('this code must not run')")
    (package / "model" / "model.safetensors").write_bytes(b"other weights")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(joint, "TEXT_PACKAGE", "damaged_text")
    with pytest.raises(UsageError, match="SHA-256"):
        joint.text_model_folder()
    monkeypatch.setattr(joint, "TEXT_PACKAGE", "no_such_package")
    assert joint.text_model_folder() == joint.TEXT_MODEL
