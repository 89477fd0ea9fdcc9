"""Where a run of the embedded model starts: its tokenizer and warm-started weights, made once for a run folder."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from shelftalk.evals.simulation.shelves import random_shelf
from shelftalk.evals.simulation.shopper import simulate
from shelftalk.finetune.mini import build_mini, widen_context
from shelftalk.finetune.new_words import minilm_words, new_words, take_in
from shelftalk.finetune.vocabulary import BLANK, build_tokenizer, choose_words

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, PreTrainedTokenizerFast

START = "start.json"  # how the weights were made that a run started from


def corpus(data: str) -> Iterator[str]:
    """Yield the texts whose words the tokenizer keeps: dialogues, the demo shop, and real requests where given."""
    import pyarrow.parquet as pq

    from shelftalk.tools.demo import shop_path

    for seed in range(1500):
        shelf = random_shelf(random.Random(seed))
        yield from (m["content"] for m in simulate(seed, shelf, "train").messages())
    files = {shop_path(): ("title", "description")}
    if data:
        folder = Path(data)
        files[folder / "fashion.parquet"] = ("productDisplayName",)  # type: ignore[assignment]
        files[folder / "text" / "webshop_instructions.parquet"] = ("instruction",)  # type: ignore[assignment]
        files[folder / "text" / "shoes_relative_captions.parquet"] = ("caption",)  # type: ignore[assignment]
        files[folder / "text" / "fashion_iq_captions.parquet"] = ("captions",)  # type: ignore[assignment]
    for file, columns in files.items():
        if not file.exists():
            continue
        for name in columns:
            for value in pq.read_table(file, columns=[name]).column(0).to_pylist():
                yield from value if isinstance(value, list) else [value or ""]


def start_from(weights: Path, folder: Path) -> tuple[PreTrainedTokenizerFast, LlavaForConditionalGeneration]:
    """Return an exported model's tokenizer and weights (float32), to be trained further in a new run folder.

    Words that shoppers say and that it has no token for are taken in (see new_words.py).
    """
    import torch
    from transformers import AutoTokenizer

    from shelftalk.agent.backbones.loading import open_model

    tokens = AutoTokenizer.from_pretrained(weights).get_vocab()
    # The run's vocabulary in order; where the embeddings once came from no longer matters.
    sources = dict.fromkeys(sorted(tokens, key=lambda token: tokens[token]), "[UNK]")
    minilm = minilm_words()
    had, new = list(sources), new_words(sources, minilm)
    sources |= {token: token.removeprefix(BLANK) for token in new}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "vocabulary.json").write_text(json.dumps(sources, ensure_ascii=False), "utf-8")
    if (weights / "training.json").exists():
        (folder / START).write_bytes((weights / "training.json").read_bytes())
    model = open_model(str(weights), dtype=torch.float32)
    widen_context(model)
    take_in(model, had, new, minilm)
    return build_tokenizer(sources), model


def load_or_build(
    folder: Path, tower: Path, data: str
) -> tuple[PreTrainedTokenizerFast, LlavaForConditionalGeneration]:
    """Return the run's tokenizer and its model before training; the tokenizer is made once and kept."""
    kept = folder / "vocabulary.json"
    if kept.exists():
        sources = json.loads(kept.read_text("utf-8"))
    else:
        sources = choose_words(minilm_words(), corpus(data))
        folder.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(sources, ensure_ascii=False), "utf-8")
    tokenizer = build_tokenizer(sources)
    return tokenizer, build_mini(tokenizer, sources, tower)
