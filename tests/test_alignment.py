"""Adaptor alignment: from patch features to soft tokens that stand where the right words do."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from shelftalk.finetune.align_adaptor import Settings, align
from shelftalk.finetune.photos import Labelled, features_folder
from shelftalk.finetune.vocabulary import choose_words, minilm_folder

TOWER = Path(__file__).parent.parent / "tools" / "weights" / "eye"
KINDS, COLOURS = ("dress", "boot", "lamp"), ("red", "blue")


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run folder with a vocabulary, and features of photos whose kind and colour can be told apart."""
    lines = (minilm_folder() / "vocab.txt").read_text("utf-8").splitlines()
    chosen = choose_words({word: n for n, word in enumerate(lines)}, ["a red dress"])
    folder = tmp_path / "run"
    photos = features_folder(folder, TOWER)
    photos.mkdir(parents=True)
    (folder / "vocabulary.json").write_text(json.dumps(chosen), "utf-8")
    rng = np.random.default_rng(0)
    looks = {name: rng.normal(size=384) for name in (*KINDS, *COLOURS)}
    labels = [Labelled("shop", KINDS[i % 3], COLOURS[i % 2], i >= 240) for i in range(300)]
    features = np.stack([looks[x.kind] + looks[x.colour] + 0.3 * rng.normal(size=(64, 384)) for x in labels])
    np.save(photos / "features.npy", features.astype(np.float16))
    (photos / "labels.json").write_text(json.dumps([asdict(label) for label in labels]))
    return folder


def test_unseen_photos_are_read_and_tuning_goes_on_from_there(run: Path) -> None:
    import torch
    from safetensors.torch import load_file

    from shelftalk.finetune.masters import Masters
    from shelftalk.finetune.mini_start import load_or_build
    from shelftalk.finetune.sft import last_step, save_state

    # A checkpoint as tuning leaves one.
    _, model = load_or_build(run, TOWER, "")
    model.model.vision_tower.requires_grad_(False)
    masters = Masters(model, torch.float32)
    about = {"step": 7, "seconds": 1.0, "tokens": 5, "settings": {}}
    save_state(run, masters, torch.optim.AdamW(list(masters.weights.values())), about)
    before = load_file(run / "state" / "weights.safetensors")

    table = align(Settings(str(run), str(TOWER), passes=60, minutes=0.001, threads=1), None)
    assert table["shop"]["photos"] == 60
    assert table["shop"]["kind"] > 0.9 and table["shop"]["colour"] > 0.9
    after = load_file(run / "state" / "weights.safetensors")
    changed = {name for name in before if not torch.equal(before[name], after[name])}
    assert changed and all("multi_modal_projector" in name for name in changed)
    assert last_step(run, "tuning") == 7
    assert not (run / "alignment").exists()
