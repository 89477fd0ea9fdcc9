"""The model card of an exported model: what it is, what it was tuned on and how, how it does, its limits, its use."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from shelftalk.finetune.tuning.rows import SPLITS

if TYPE_CHECKING:
    from shelftalk.finetune.tuning.measured import Measured
    from shelftalk.finetune.tuning.merge import Merged
    from shelftalk.finetune.tuning.run_folder import RunFolder

NOT_GIVEN = "not given"
CHECK = "validation_loss"  # in a run's log
OWN = "shelftalk_eye"  # the model type of the embedded model's tower, which other libraries do not have


@dataclass(frozen=True)
class Given:
    """What only whoever exports knows: a title, the licences of model and data, a word on the data."""

    title: str
    licence: str = ""
    data_licence: str = ""
    data_about: str = ""


@dataclass(frozen=True)
class Facts:
    """All that a card is made of."""

    given: Given
    run: RunFolder
    merged: Merged
    base: str  # a hub name, a folder's name, "mini"
    counts: Mapping[str, Mapping[str, int]] = field(default_factory=dict)  # of the data, by split
    before: Measured | None = None
    after: Measured | None = None
    tower: str = ""  # the model type of its vision tower


def card(facts: Facts) -> str:
    """Return a model card as Markdown with the front matter that model hubs read."""
    parts = [
        _front(facts),
        f"# {_line(facts.given.title)}",
        _lead(facts),
        "## Data\n\n" + _data(facts),
        "## Training\n\n" + _training(facts),
        "## Scores\n\n" + _scores(facts),
        "## Limits\n\n" + _limits(facts),
        "## Use\n\n" + _use(facts),
    ]
    return "\n\n".join(parts) + "\n"


def _line(text: str) -> str:
    return " ".join(text.split())


def _front(facts: Facts) -> str:
    # A JSON string is a YAML string.
    lines = ["---", "library_name: transformers", "pipeline_tag: image-text-to-text"]
    if "/" in facts.base:
        lines += [f"base_model: {json.dumps(facts.base)}", "base_model_relation: finetune"]
    if facts.given.licence:
        lines.append(f"license: {json.dumps(facts.given.licence)}")
    lines += ["tags:", "- shelftalk", "- recommender", "- conversational", "- lora", "---"]
    return "\n".join(lines)


def _lead(facts: Facts) -> str:
    way = "preferences (DPO)" if "dpo" in facts.run.settings else "conversations (supervised)"
    return (
        f"A shop assistant that looks at pictures, calls a shop's tools and answers in words: `{facts.base}`, tuned "
        f"with LoRA on {way} and merged. Licence: {facts.given.licence or NOT_GIVEN}; the base model's own licence "
        "holds for it as well."
    )


def _data(facts: Facts) -> str:
    lines = [_line(facts.given.data_about)] if facts.given.data_about else []
    lines.append(f"Licence of the data: {_line(facts.given.data_licence) or NOT_GIVEN}.")
    training = facts.run.training
    data = training.get("data")
    if isinstance(data, Mapping) and data.get("digest"):
        lines.append(f"Digest of the data (SHA-256): `{data['digest']}`.")
    pairs = training.get("pairs")
    if isinstance(pairs, Mapping):
        lines.append(
            f"Preferences: {pairs.get('train', 0):,} pairs to train on, {pairs.get('validation', 0):,} to validate on."
        )
    splits = [split for split in SPLITS if isinstance(facts.counts.get(split), Mapping)]
    names = dict.fromkeys(
        name for split in splits for name, n in facts.counts[split].items() if isinstance(n, int)
    )
    if splits:
        rows = [[name, *(f"{facts.counts[split].get(name, 0):,}" for split in splits)] for name in names]
        lines.append("\n" + table(["", *splits], rows))
    else:
        lines.append("What the data counts is not known: it was not there when this card was written.")
    return "\n".join(lines)


def _training(facts: Facts) -> str:
    log = [line for line in facts.run.log if "step" in line]
    lines = []
    if log:
        checks = [(line[CHECK], line["step"]) for line in log if isinstance(line.get(CHECK), float)]
        said = f"{log[-1]['step']:,} steps"
        if checks:
            loss, step = min(checks)
            said += f"; lowest validation loss {loss:.4f} at step {step:,}"
        lines.append(said + ".")
    merged = facts.merged
    said = f"Merged into {merged.layers:,} layers and written in {merged.dtype}"
    said += f"; rounding lost {merged.rounding:.2%} of the adapter's change." if merged.rounding else "."
    if merged.dequantised:
        said += " The adapter was trained on weights in 4 bits (nf4); it was merged into those, taken out of 4 bits."
    lines.append(said)
    versions = facts.run.training.get("versions")
    if isinstance(versions, Mapping):
        lines.append("Versions: " + ", ".join(f"{name} {number}" for name, number in versions.items()) + ".")
    return (
        "\n".join(lines) + f"\n\nEvery setting of the run:\n\n```toml\n{public(facts.run.toml).strip()}\n```"
    )


def public(toml: str) -> str:
    """Return a run's settings without the folders of the machine that it ran on, only their last parts."""
    return re.sub(
        r'^((?:data|backbone|adapter) = ")(?:[/~.]|[A-Za-z]:)[^"\n]*[/\\](?=[^"\n/\\]+[/\\]*")',
        r"\1",
        toml,
        flags=re.MULTILINE,
    )


def _scores(facts: Facts) -> str:
    from shelftalk.finetune.tuning.measure import METRICS, compare, summarise
    from shelftalk.finetune.tuning.summary import percent
    from shelftalk.finetune.tuning.summary import points as change

    after, before = facts.after, facts.before
    if after is None:
        return (
            "Not measured. `shelftalk finetune report` measures a run; export it again after that, and its scores "
            "stand here."
        )
    new = summarise(after.outcomes)["all"]
    old = summarise(before.outcomes)["all"] if before else {}
    rose = compare(after.outcomes, before.outcomes).get("all", {}) if before else {}
    rows = [
        [
            metric,
            percent(old[metric]) if metric in old else "",
            percent(new[metric]) if metric in new else "",
            change(rose[metric]) if metric in rose else "",
        ]
        for metric in METRICS
    ]
    count = len({outcome.row for outcome in after.outcomes})
    about = (
        f"{count:,} held-out conversations ({after.settings.get('split', 'test')}), {len(after.outcomes):,} turns; in "
        "brackets 95% bootstrap intervals over conversations. Change in percentage points."
    )
    return about + "\n\n" + table(["", f"{facts.base} before", "this model", "change"], rows)


def _limits(facts: Facts) -> str:
    lines = [
        "It was tuned on one shop's products and ways of asking; in another shop it may call the wrong tool or take a "
        "value for another field's.",
        "It knows no product: prices, stock and properties come from the shop's tools. Used without shelftalk's own "
        "check of each sentence, it may claim of a product what no record says.",
        "Simulated conversations are worded by templates; what real shoppers write differs.",
    ]
    if facts.after is None:
        lines.append("It was not measured before it was exported.")
    if facts.tower == OWN:
        lines.append(
            "Its vision tower is shelftalk's own: the folder opens where shelftalk is installed; vLLM does not know it."
        )
    return "\n".join(f"- {line}" for line in lines)


def _use(facts: Facts) -> str:
    lines = ["```sh", "shelftalk chat --backbone THIS_FOLDER", "```", "", "In Python:", "", "```python"]
    if facts.tower == OWN:
        lines += [
            "from shelftalk.agent.backbones.loading import open_model",
            "from transformers import AutoProcessor",
            "",
            'model = open_model("THIS_FOLDER")  # with the vision tower that shelftalk ships',
            'processor = AutoProcessor.from_pretrained("THIS_FOLDER")',
            "```",
        ]
    else:
        lines += [
            "from transformers import AutoModelForImageTextToText, AutoProcessor",
            "",
            'model = AutoModelForImageTextToText.from_pretrained("THIS_FOLDER")',
            'processor = AutoProcessor.from_pretrained("THIS_FOLDER")',
            "```",
            "",
            "On a server: `vllm serve THIS_FOLDER`, then `shelftalk chat --backbone openai:THIS_FOLDER "
            "--base-url http://localhost:8000/v1`.",
        ]
    return "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, the first column to the left and the others to the right."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)
