"""The eye: its shape and interface, its place in a Llava model, and that training teaches it and can go on."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch
from PIL import Image, ImageDraw

from shelftalk.evals.simulation.splits import held_out
from shelftalk.finetune import eye as training
from shelftalk.finetune.captions import plain_kind
from shelftalk.finetune.eye import Settings, train
from shelftalk.finetune.eye_data import load_data
from shelftalk.finetune.eye_learner import contrast
from shelftalk.tools.eye import EyeConfig, EyeModel, picture_processor

pytestmark = [
    pytest.mark.filterwarnings("ignore:.*torch.jit.script_method.*:DeprecationWarning"),
]

SMALL: dict[str, Any] = {
    "image_size": 32, "stages": [8, 16], "hidden_size": 384, "intermediate_size": 64,
    "num_hidden_layers": 1, "num_attention_heads": 2,
}  # fmt: skip
TINY = SMALL | {"hidden_size": 24}
COLOURS = {"Red": "red", "Blue": "blue", "Green": "green", "Black": "black"}
KINDS = {"Dresses": "Dress", "Bags": "Bag"}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """64 drawn products in the columns of a fashion catalogue."""
    folder = tmp_path_factory.mktemp("pictures")
    rows = []
    for i in range(64):
        colour, kind = list(COLOURS)[i % 4], list(KINDS)[i // 4 % 2]
        image = Image.new("RGB", (60, 80), "white")
        draw = ImageDraw.Draw(image)
        shift = i // 8
        if kind == "Dresses":
            draw.polygon([(30, 5 + shift), (5, 75), (55, 75 - shift)], fill=COLOURS[colour])
        else:
            draw.rectangle((8 + shift, 30, 52, 70 - shift), fill=COLOURS[colour])
        kept = io.BytesIO()
        image.save(kept, "PNG")
        rows.append(
            {"id": str(i), "gender": "Women", "articleType": kind, "baseColour": colour, "usage": "Casual",
             "productDisplayName": f"Brand{i} {colour} {KINDS[kind]}", "image": kept.getvalue()}
        )  # fmt: skip
    pq.write_table(pa.Table.from_pylist(rows), folder / "fashion.parquet")
    return folder


@pytest.fixture(autouse=True)
def drawn_data_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "data_files", lambda folder: [folder / "fashion.parquet"])


def test_interface_is_siglips() -> None:
    model = EyeModel(EyeConfig(**TINY)).eval()
    out = model(torch.rand(2, 3, 32, 32), output_hidden_states=True)
    assert out.last_hidden_state.shape == (2, 4, 24)
    assert out.pooler_output.shape == (2, 24)
    assert len(out.hidden_states) == 2  # before the layer and after it
    assert torch.equal(out.hidden_states[-1], out.last_hidden_state)
    assert model(torch.rand(1, 3, 32, 32)).hidden_states is None
    assert isinstance(model(torch.rand(1, 3, 32, 32), return_dict=False), tuple)


def test_other_sizes_pass() -> None:
    assert EyeModel(EyeConfig(**TINY)).eval()(torch.rand(1, 3, 64, 48)).last_hidden_state.shape == (1, 12, 24)


def test_shipped_shape_has_64_patches() -> None:
    model = EyeModel(EyeConfig()).eval()
    assert 8e6 < sum(p.numel() for p in model.parameters()) < 12e6
    with torch.inference_mode():
        out = model(torch.rand(1, 3, 128, 128))
    assert out.last_hidden_state.shape == (1, 64, 384)


def test_stages_must_make_the_patch() -> None:
    with pytest.raises(ValueError, match="patches of 8 pixels, not 16"):
        EyeModel(EyeConfig(stages=[8]))


def test_saved_and_loaded_agree(tmp_path: Path) -> None:
    from transformers import AutoImageProcessor, AutoModel

    model = EyeModel(EyeConfig(**TINY)).eval()
    model.save_pretrained(tmp_path)
    picture_processor(model.config).save_pretrained(tmp_path)
    again = AutoModel.from_pretrained(tmp_path, dtype=torch.float32).eval()
    pixels = AutoImageProcessor.from_pretrained(tmp_path)(
        images=[Image.new("RGB", (50, 90), "red")], return_tensors="pt"
    )
    assert pixels["pixel_values"].shape == (1, 3, 32, 32)
    assert pixels["pixel_values"][0, :, 0, 0].tolist() == [1, -1, -1]
    assert torch.equal(model(**pixels).pooler_output, again(**pixels).pooler_output)


def test_frozen_tower_keeps_its_statistics() -> None:
    model = EyeModel(EyeConfig(**TINY)).requires_grad_(False)
    before = {name: value.clone() for name, value in model.named_buffers()}
    model.train()(torch.rand(2, 3, 32, 32))
    assert not model.training
    assert all(torch.equal(value, before[name]) for name, value in model.named_buffers())


def test_llava_sees_through_it() -> None:
    from transformers import LlavaConfig, LlavaForConditionalGeneration
    from transformers.models.bert import BertConfig

    text = BertConfig(
        vocab_size=50, hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=16,
        is_decoder=True, max_position_embeddings=32, tie_word_embeddings=False,
    )  # fmt: skip
    config = LlavaConfig(
        vision_config=EyeConfig(**TINY), text_config=text, image_token_index=49,
        vision_feature_layer=-1, vision_feature_select_strategy="full", tie_word_embeddings=False,
    )  # fmt: skip
    model = LlavaForConditionalGeneration(config).eval()
    words = torch.tensor([[1, 49, 49, 49, 49, 2, 3]])
    with torch.inference_mode():
        red = model(input_ids=words, pixel_values=torch.ones(1, 3, 32, 32)).logits
        dark = model(input_ids=words, pixel_values=-torch.ones(1, 3, 32, 32)).logits
    assert red.shape == (1, 7, 50)
    assert not torch.allclose(red, dark)


def test_training_lowers_the_loss_and_goes_on(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = Settings(
        str(shop),
        str(tmp_path / "run"),
        steps=20,
        batch=32,
        rate=3e-3,
        warm_up=2,
        threads=1,
        precision="float32",
    )
    losses: list[float] = []
    step = training.train_step

    def noted(*args: Any) -> tuple[float, float]:
        loss, right = step(*args)
        losses.append(loss)
        return loss, right

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "train_step", noted)
        train(settings, EyeConfig(**SMALL))
        assert sum(losses[-10:]) / 10 < 0.92 * sum(losses[:5]) / 5
        assert len(losses) == 20
        settings.steps, settings.resume = 24, True
        scores = train(settings, EyeConfig(**SMALL))
    assert len(losses) == 24
    assert "step 20" in capsys.readouterr().out.rsplit("pictures to train on", 1)[1]
    assert [score["step"] for score in scores] == [20, 24]
    about = json.loads((tmp_path / "run" / "state.json").read_text())
    assert about["settings"]["seed"] == 0
    assert "torch" in about["versions"]
    assert (tmp_path / "run" / "export" / "model.safetensors").exists()


def test_resumed_run_ends_where_an_unbroken_one_does(shop: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    ends = []
    for name, stops in (("whole", [4]), ("broken", [2, 4])):
        for stop in stops:
            torch.manual_seed(0)
            settings = Settings(
                str(shop), str(tmp_path / name), steps=4, batch=8, threads=1, precision="float32"
            )
            settings.resume = stop != stops[0]
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(
                    training.Trainer, "progress", lambda self, s=stop: 1.0 if self.step >= s else 0.3
                )
                train(settings, EyeConfig(**SMALL))
        ends.append(load_file(tmp_path / name / "state.safetensors"))
    assert ends[0].keys() == ends[1].keys()
    for name, value in ends[0].items():
        assert torch.allclose(value, ends[1][name], atol=1e-3), name


def test_true_captions_are_no_negatives(shop: Path, tmp_path: Path) -> None:
    data = load_data([shop / "fashion.parquet"], tmp_path, seed=0)
    red_dress, red_bag, blue_dress = (
        next(i for i, e in enumerate(data.examples) if e.facts["colour"] == c and e.facts["kind"] == k)
        for c, k in (("red", "dress"), ("red", "bag"), ("blue", "dress"))
    )
    captions = data.examples[red_dress].captions
    colour_and_kind = next(i for i, c in enumerate(captions) if c.text == "red dress")
    colour = next((i for i, c in enumerate(captions) if set(c.needs) == {"colour"}), colour_and_kind)
    at = torch.tensor([red_dress, red_bag, blue_dress])
    true, false = data.compare(data.first[red_dress] + torch.tensor([colour_and_kind, colour, 0]), at)
    assert true[0].tolist() == [True, False, False]
    assert false[0].tolist() == [False, True, True]
    assert true[1, 0] and not false[1, 0]
    assert false[2].tolist() == [False, True, True]  # the title is this product's own
    assert float(data.weights(0.1)[data.rows("fashion", held_out=True)].sum()) == 0


def test_contrast_ignores_what_is_unknown() -> None:
    words, pictures = torch.eye(3), torch.eye(3)
    true = torch.eye(3, dtype=torch.bool)
    all_false = ~true
    some = all_false.clone()
    some[0, 1] = False
    scale = torch.tensor(1.0)
    assert contrast(words, pictures, scale, true, some) < contrast(words, pictures, scale, true, all_false)


def test_held_out_share_is_stable() -> None:
    keys = [f"title {i}" for i in range(5000)]
    share = [held_out(key, 10) for key in keys]
    assert 0.08 < sum(share) / len(share) < 0.12
    assert share == [held_out(key, 10) for key in keys]


@pytest.mark.parametrize(
    ("raw", "kind"), [("Tshirts", "t-shirt"), ("Dresses", "dress"), ("Casual Shoes", "casual shoes")]
)
def test_kinds_get_everyday_names(raw: str, kind: str) -> None:
    assert plain_kind(raw) == kind
