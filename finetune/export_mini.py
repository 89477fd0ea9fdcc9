"""Export a run of the embedded model as the folder that ships.

    python -m shelftalk.finetune.export_mini --run runs/mini --tower shelftalk/tools/weights/eye [--to DIR]

The folder holds bfloat16 weights in shards, the processor, the chat template, and the settings and versions that made
it. The tower's weights stay where they are: training.json says which they are, and
`shelftalk.agent.backbones.load_mini` puts them in.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shelftalk.finetune.mini_start import load_or_build

WEIGHTS = Path(__file__).resolve().parent.parent / "agent" / "weights" / "mini"
LIBRARIES = ("torch", "transformers", "tokenizers", "shelftalk")


def export(run: Path, tower: Path, to: Path) -> None:
    """Write the run's weights and which tower they go with to `to`, whole or not at all."""
    import torch
    from transformers import AutoImageProcessor, GenerationConfig, LlavaProcessor

    from shelftalk.finetune.sft import load_state
    from shelftalk.tools import eye  # noqa: F401
    from shelftalk.tools.joint import SHARD
    from shelftalk.tools.tower import tower_digest

    tokenizer, model = load_or_build(run, tower, "")
    about = load_state(run, model, None)
    whole: Any = model
    part = to.with_name(to.name + ".part")
    if part.exists():
        shutil.rmtree(part)
    whole.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    whole.to(torch.bfloat16)
    kept = {name: value for name, value in whole.state_dict().items() if ".vision_tower." not in name}
    whole.save_pretrained(part, state_dict=kept, max_shard_size=SHARD)
    processor = LlavaProcessor(  # type: ignore[no-untyped-call]
        image_processor=AutoImageProcessor.from_pretrained(tower),  # type: ignore[no-untyped-call]
        tokenizer=tokenizer,
        patch_size=whole.config.vision_config.patch_size,
        vision_feature_select_strategy="full",
        chat_template=tokenizer.chat_template,
        num_additional_image_tokens=0,
    )
    processor.save_pretrained(part)
    about["tower"] = tower_digest(whole.model.vision_tower)
    about["versions"] = {name: version(name) for name in LIBRARIES}
    about["settings"] = {k: v for k, v in about["settings"].items() if k not in ("out", "data", "tower")}
    (part / "training.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    card = to / "README.md"
    if card.exists():
        shutil.copy(card, part / "README.md")
    if to.exists():
        shutil.rmtree(to)
    os.replace(part, to)


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--tower", required=True, type=Path)
    parser.add_argument("--to", type=Path, default=WEIGHTS)
    given = parser.parse_args()
    export(given.run, given.tower, given.to)
    print(f"wrote {given.to}")


if __name__ == "__main__":
    main()
