"""Language pre-training of the embedded model: the running text there is, every token counted in the loss.

    python -m shelftalk.finetune.language --out runs/mini --tower shelftalk/tools/weights/eye --data DIR --minutes 20

Dialogue turns, requests, captions and product titles of the data folder, and the demo shop's titles and descriptions.
MiniLM's layers saw both sides of each word; here they learn to go from left to right. Leaves a run folder that
adaptor alignment and supervised tuning go on from (`sft --resume`); `--resume` goes on with this stage itself.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from shelftalk.finetune.command_line import add_settings, training_parser
from shelftalk.finetune.dialogues import Batch, Row, batches
from shelftalk.finetune.sft import Settings, last_step, seed_at, train

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

LONGEST = 256  # tokens of a row; short texts stand one after the other in it
# Column of a file of the data folder, read as running text.
TEXTS = {
    "fashion.parquet": "productDisplayName",
    "text/webshop_instructions.parquet": "instruction",
    "text/shoes_relative_captions.parquet": "caption",
    "text/fashion_iq_captions.parquet": "captions",
}


def running_texts(data: Path | None) -> list[str]:
    """Return the texts: the demo shop's, and those of the data folder's files that are there; held-out ones are not."""
    import pyarrow.parquet as pq

    from shelftalk.evals.simulation.splits import held_out
    from shelftalk.tools.demo import shop_path

    table = pq.read_table(shop_path(), columns=["id", "title", "description"])
    texts = [f"{r['title']}. {r['description']}" for r in table.to_pylist() if not held_out(str(r["id"]), 10)]
    if data is None:
        return texts
    for name, column in TEXTS.items():
        if not (data / name).exists():
            continue
        for value in pq.read_table(data / name, columns=[column]).column(0).to_pylist():
            texts += value if isinstance(value, list) else [value or ""]
    talk = data / "text" / "sgd_dialogues.parquet"
    if talk.exists():
        texts += [_spoken(row) for row in pq.read_table(talk).to_pylist()]
    return [text for text in dict.fromkeys(texts) if text.strip() and not held_out(text, 10)]


def _spoken(row: dict[str, list[dict[str, str]]]) -> str:
    return " ".join(turn["text"] for turn in row["turns"])


def text_rows(tokenizer: PreTrainedTokenizerFast, texts: list[str], seed: int) -> Iterator[Row]:
    """Yield rows of running text without end, in an order drawn anew each time round."""
    from shelftalk.prompts.dialect import END

    rng = random.Random(f"language/{seed}")
    end = int(tokenizer.vocab[END])
    kept: list[int] = []
    while True:
        rng.shuffle(texts)
        for text in texts:
            kept += [*tokenizer.encode(text, add_special_tokens=False), end]
            while len(kept) >= LONGEST:
                yield Row(np.asarray(kept[:LONGEST], np.int32), np.ones(LONGEST, np.float32), [])
                kept = kept[LONGEST:]


def text_batches(settings: Settings, tokenizer: PreTrainedTokenizerFast, seed: int) -> Iterator[Batch]:
    """Yield the stage's batches without end; the same seed yields the same ones."""
    texts = running_texts(Path(settings.data) if settings.data else None)
    made = text_rows(tokenizer, texts, seed)
    return batches(made, settings.tokens, int(tokenizer.pad_token_id), seed)


def main() -> None:
    """Read the settings from the command line and train."""
    from shelftalk.finetune.mini_start import load_or_build

    parser = training_parser("language", __doc__)
    parser.add_argument("--out", required=True)
    parser.add_argument("--tower", required=True)
    parser.add_argument("--data", default="")
    add_settings(
        parser, Settings, ("minutes", "rate", "decay_to", "save_minutes", "tokens", "threads", "seed")
    )
    parser.add_argument("--resume", action="store_true")
    given = vars(parser.parse_args())
    resume = given.pop("resume")
    settings = Settings(**given, words_only=True, stage="language")
    folder = Path(settings.out)
    resume = resume and (folder / "state" / "about.json").exists()
    tokenizer, model = load_or_build(folder, Path(settings.tower), settings.data)
    step = last_step(folder, settings.stage) if resume else 0
    stream = text_batches(settings, tokenizer, seed_at(settings, step))
    loss = train(settings, model, tokenizer, stream, None, resume)
    print(f"done: loss {loss:.4f}; go on with python -m shelftalk.finetune.align_adaptor --out {folder}")


if __name__ == "__main__":
    main()
