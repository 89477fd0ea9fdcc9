"""Export a run of the embedded model as the folder that ships.

    python -m shelftalk.finetune.export_mini --run runs/mini --tower shelftalk/tools/weights/eye [--to DIR]
        [--before DIR] [--share 0.75]

The folder holds bfloat16 weights in shards, the processor, the chat template, and the settings and versions that made
it. The tower's weights stay where they are: training.json says which they are, and
`shelftalk.agent.backbones.load_mini` puts them in. With `--before`, weights are the mean of the run's, which count
`--share`, and of those that an earlier export holds: what was learnt of late, without what it cost of what was known
before (Wortsman et al., Robust fine-tuning of zero-shot models, arXiv 2109.01903).
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
from importlib.metadata import version
from pathlib import Path
from typing import Any

from shelftalk.finetune.mini_start import START, load_or_build

WEIGHTS = Path(__file__).resolve().parent.parent / "agent" / "weights" / "mini"
LIBRARIES = ("torch", "transformers", "tokenizers", "shelftalk")


def export(run: Path, tower: Path, to: Path, before: Path | None = None, share: float = 1.0) -> None:
    """Write the run's weights and which tower they go with to `to`, whole or not at all.

    Of an earlier export in `before`, they count `share` of 1 and its weights the rest.
    """
    import torch
    from transformers import AutoImageProcessor, GenerationConfig, LlavaProcessor

    from shelftalk.finetune.sft import load_state
    from shelftalk.tools import eye  # noqa: F401
    from shelftalk.tools.joint import SHARD
    from shelftalk.tools.tower import tower_digest

    tokenizer, model = load_or_build(run, tower, "")
    about = load_state(run, model, None)
    if (run / START).exists():
        about["start"] = json.loads((run / START).read_text("utf-8"))
    whole: Any = model
    part = to.with_name(to.name + ".part")
    if part.exists():
        shutil.rmtree(part)
    whole.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id, do_sample=False
    )
    whole.to(torch.bfloat16)
    kept = {name: value for name, value in whole.state_dict().items() if ".vision_tower." not in name}
    if before is not None:
        about["mean"] = {"share": share, "with": json.loads((before / "training.json").read_text("utf-8"))}
    whole.save_pretrained(part, state_dict=kept, max_shard_size=SHARD)
    if before is not None:
        _mean(part, before, share)
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
    about["settings"] = {
        k: v for k, v in about["settings"].items() if k not in ("out", "data", "tower", "photos")
    }
    (part / "training.json").write_text(json.dumps(about, indent=1) + "\n", "utf-8")
    card = to / "README.md"
    if card.exists():
        shutil.copy(card, part / "README.md")
    if to.exists():
        shutil.rmtree(to)
    os.replace(part, to)


def _mean(folder: Path, before: Path, share: float) -> None:
    """Put the mean with the weights of another folder in the place of those in a folder of shards."""
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    known: dict[str, Any] = {}
    for shard in sorted(before.glob("*.safetensors")):
        known |= load_file(shard)
    for shard in sorted(folder.glob("*.safetensors")):
        with safe_open(shard, "pt") as held:
            notes = held.metadata()
        weights = {
            name: (share * value.float() + (1 - share) * known[name].float()).to(value.dtype)
            for name, value in load_file(shard).items()
        }
        save_file(weights, shard, metadata=notes)


def main() -> None:
    """Export from the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--run", required=True, type=Path)
    parser.add_argument("--tower", required=True, type=Path)
    parser.add_argument("--to", type=Path, default=WEIGHTS)
    parser.add_argument("--before", type=Path)
    parser.add_argument("--share", type=float, default=0.75)
    given = parser.parse_args()
    export(given.run, given.tower, given.to, given.before, given.share)
    print(f"wrote {given.to}")


if __name__ == "__main__":
    main()
