"""The embedded model's training, end to end and tiny: build, tune, resume, export, load."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.finetune.dialogues import LENGTHS, Source, batches, rows
from shelftalk.finetune.mini import build_mini
from shelftalk.finetune.vocabulary import build_tokenizer, choose_words, minilm_folder

TOWER = Path(__file__).parent.parent / "tools" / "weights" / "eye"
LINES = (minilm_folder() / "vocab.txt").read_text("utf-8").splitlines()
CHOSEN = choose_words({word: n for n, word in enumerate(LINES)}, ["a red dress", "t-shirt"] * 20)
TOKENIZER = build_tokenizer(CHOSEN)
ASCII = st.text(alphabet=[chr(code) for code in range(33, 127)], min_size=1, max_size=12)


@given(st.lists(ASCII, min_size=1, max_size=8))
def test_the_tokenizer_loses_nothing_but_capitals(words: list[str]) -> None:
    text = " ".join(words)
    ids = TOKENIZER(text, add_special_tokens=False)["input_ids"]
    if not any(special in text for special in TOKENIZER.all_special_tokens):
        assert TOKENIZER.decode(ids) == " " + text.lower()


def test_accents_go_and_digits_stand_alone() -> None:
    assert TOKENIZER.tokenize("Café 49.90") == ["▁cafe", "▁4", "9", ".", "9", "0"]


def test_rows_have_loss_only_where_the_assistant_answers() -> None:
    for row in islice(rows(TOKENIZER, [Source(1.0)], seed=1), 20):
        assert len(row.ids) == len(row.weights) <= LENGTHS[-1]
        text = TOKENIZER.decode(row.ids[row.weights > 0])
        assert "<|user|>" not in text
        assert "<|tool|>" not in text
        assert text.count("<|end|>") == TOKENIZER.decode(row.ids).count("<|assistant|>")


def test_batches_hold_what_they_may_and_repeat_for_a_seed() -> None:
    first, again = (
        list(islice(batches(rows(TOKENIZER, [Source(1.0)], 3), 2048, 0, 3, pool=24), 6)) for _ in range(2)
    )
    for one, other in zip(first, again, strict=True):
        assert np.array_equal(one.ids, other.ids)
        assert one.ids.size <= 2048


def test_train_resume_export_and_load(tmp_path: Path) -> None:
    import torch

    from shelftalk.agent.backbones.loading import load_engine
    from shelftalk.finetune.export_mini import export
    from shelftalk.finetune.mini_start import START, start_from
    from shelftalk.finetune.sft import Settings, train
    from shelftalk.tools.eye import EyeModel

    run = tmp_path / "run"
    run.mkdir()
    (run / "vocabulary.json").write_text(json.dumps(CHOSEN), "utf-8")
    settings = Settings(out=str(run), tower=str(TOWER), minutes=0.05, tokens=512, warm_up=2, threads=1)
    stream = batches(rows(TOKENIZER, [Source(1.0)], 1), 512, 0, 1, pool=8)
    train(settings, build_mini(TOKENIZER, CHOSEN, TOWER), TOKENIZER, stream, None, resume=False)
    steps = json.loads((run / "state" / "about.json").read_text())["step"]
    settings.minutes = 0.12
    model = build_mini(TOKENIZER, CHOSEN, TOWER)
    train(settings, model, TOKENIZER, stream, None, resume=True)
    assert json.loads((run / "state" / "about.json").read_text())["step"] > steps > 0

    export(run, TOWER, tmp_path / "mini")
    about = json.loads((tmp_path / "mini" / "training.json").read_text())
    assert about["settings"]["seed"] == 1
    assert "torch" in about["versions"]
    assert all(file.stat().st_size < 15 * 2**20 for file in (tmp_path / "mini").glob("*.safetensors"))
    engine = load_engine(str(tmp_path / "mini"))
    # The tower sees in the language model as it does alone, the statistics of its norms included.
    alone = EyeModel.from_pretrained(TOWER).state_dict()
    inside = engine.model.model.vision_tower.state_dict()
    assert all(torch.equal(inside[name].float(), value.float()) for name, value in alone.items())
    parts = list(
        engine.answer([{"role": "user", "content": [{"type": "text", "text": "hello"}]}], [], most=5)
    )
    assert parts

    # A new run goes on from what was exported, and says so; words that shoppers say are taken in behind the others.
    further = tmp_path / "further"
    tokens, model = start_from(tmp_path / "mini", further)
    had = TOKENIZER.get_vocab()
    assert {token: at for token, at in tokens.get_vocab().items() if at < len(had)} == had
    assert len(TOKENIZER.tokenize("allergic")) > 1 and tokens.tokenize("allergic") == ["▁allergic"]
    assert (
        len(tokens) == len(model.get_output_embeddings().weight) == len(model.get_input_embeddings().weight)
    )
    assert json.loads((further / START).read_text()) == about
    ids = tokens("a red dress", return_tensors="pt").input_ids
    with torch.inference_mode():
        before = engine.model(input_ids=ids).logits[..., : len(had)].float()
        assert torch.allclose(model.eval()(input_ids=ids).logits[..., : len(had)], before, atol=0.1)


def test_a_stage_goes_on_from_another_with_a_clock_of_its_own(tmp_path: Path) -> None:
    from shelftalk.finetune.language import text_batches
    from shelftalk.finetune.sft import Settings, last_step, train

    run = tmp_path / "run"
    run.mkdir()
    (run / "vocabulary.json").write_text(json.dumps(CHOSEN), "utf-8")
    settings = Settings(out=str(run), tower=str(TOWER), minutes=0.03, tokens=512, threads=1, stage="language")
    texts = text_batches(settings, TOKENIZER, 1)
    assert next(texts).weights.all()  # every token counts
    train(settings, build_mini(TOKENIZER, CHOSEN, TOWER), TOKENIZER, texts, None, resume=False)
    assert last_step(run, "language") > 0
    assert last_step(run, "tuning") == 0

    settings.stage, settings.minutes = "tuning", 0.02
    stream = batches(rows(TOKENIZER, [Source(1.0)], 1), 512, 0, 1, pool=8)
    train(settings, build_mini(TOKENIZER, CHOSEN, TOWER), TOKENIZER, stream, None, resume=True)
    about = json.loads((run / "state" / "about.json").read_text())
    assert [stage["stage"] for stage in about["before"]] == ["language"]
    assert about["settings"]["stage"] == "tuning"


@pytest.mark.parametrize("length", [1, 200])
def test_the_cache_changes_nothing(length: int) -> None:
    import torch

    model = build_mini(TOKENIZER, CHOSEN, TOWER).eval()
    ids = torch.randint(20, len(CHOSEN), (1, length + 3), generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        whole = model(input_ids=ids).logits[:, -1]
        begun = model(input_ids=ids[:, :length], use_cache=True)
        rest = model(input_ids=ids[:, length:], past_key_values=begun.past_key_values).logits[:, -1]
    assert torch.allclose(whole, rest, atol=1e-3)
