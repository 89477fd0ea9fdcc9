"""What people typed when they looked for something: requests, how one product differs from another, thanks.

Read from the `text/` folder of the data: WebShop's instructions (Yao et al., "WebShop: Towards Scalable Real-World
Web Interaction with Grounded Language Agents", arXiv 2207.01206), Fashion IQ's relative captions (Wu et al.,
"Fashion IQ: A New Dataset Towards Retrieving Images by Natural Language Feedback", arXiv 1905.12794), those of Guo
et al. for shoes ("Dialog-based Interactive Image Retrieval", arXiv 1805.00145), and the Schema-Guided Dialogues
(Rastogi et al., arXiv 1909.05855). A tenth of each, chosen by the text itself, is never trained on.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shelftalk.evals.simulation.splits import held_out
from shelftalk.evals.simulation.wordings import Split
from shelftalk.tools.errors import UsageError

HELD_OUT_PERCENT = 10
INSTRUCTIONS = "webshop_instructions.parquet"
FASHION = "fashion_iq_captions.parquet"
SHOES = "shoes_relative_captions.parquet"
DIALOGUES = "sgd_dialogues.parquet"
LONGEST_ANSWER = 60  # characters of what is taken as a short answer


@dataclass(frozen=True)
class Caption:
    """How the product that someone wants differs from the one they see, and what both are: a dress, boots."""

    text: str
    kind: str
    source: str


def file_of(data: Path, name: str) -> Path:
    """Return the path of one of the files; UsageError where it is not there."""
    path = data / "text" / name
    if not path.is_file():
        raise UsageError(
            f"{path} is not there; --data must name the folder that holds text/{name} with people's own requests."
        )
    return path


def _of(texts: list[str], split: Split) -> list[str]:
    """Return the texts of one split, each once, in the order of the file."""
    plain = (" ".join(text.split()) for text in texts)
    return [t for t in dict.fromkeys(plain) if t and held_out(t, HELD_OUT_PERCENT) == (split == "test")]


@cache
def instructions(data: Path, split: Split) -> list[str]:
    """Return what people typed to describe a product that they wanted."""
    import pyarrow.parquet as pq

    return _of(pq.read_table(file_of(data, INSTRUCTIONS)).column("instruction").to_pylist(), split)


@cache
def captions(data: Path, split: Split) -> list[Caption]:
    """Return people's relative captions, of clothes and of shoes, in lower case."""
    import pyarrow.parquet as pq

    found: dict[str, Caption] = {}
    table = pq.read_table(file_of(data, FASHION), columns=["category", "captions"])
    kinds = {"toptee": "top"}
    for kind, texts in zip(table["category"].to_pylist(), table["captions"].to_pylist(), strict=True):
        for text in _of([t.lower() for t in texts], split):
            found.setdefault(text, Caption(text, kinds.get(kind, kind), "fashion-iq"))
    shoes = pq.read_table(file_of(data, SHOES), columns=["reference", "caption"])
    for file, text in zip(shoes["reference"].to_pylist(), shoes["caption"].to_pylist(), strict=True):
        for one in _of([text.lower()], split):
            found.setdefault(one, Caption(one, _shoe(file), "shoes"))
    return list(found.values())


def _shoe(file: str) -> str:
    """Read the kind off a picture's name: "img_womens_rain_boots_148.jpg" -> "boot"."""
    kinds = {"boots": "boot", "sneakers": "sneaker", "clogs": "clog", "flats": "flat", "pumps": "pump"}
    word = file.removeprefix("img_womens_").rsplit("_", 1)[0].split("_")[-1]
    return kinds.get(word, {"heels": "heel", "stiletto": "heel"}.get(word, "shoe"))


@cache
def answers(data: Path, split: Split) -> dict[frozenset[str], list[str]]:
    """Return users' short turns of the schema-guided dialogues by their acts, lower case as typed."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    turns = pq.read_table(file_of(data, DIALOGUES), columns=["turns"])["turns"].combine_chunks().flatten()
    table = pa.table({name: turns.field(name) for name in ("speaker", "text", "acts")})
    short = pc.less_equal(pc.utf8_length(table["text"]), LONGEST_ANSWER)
    table = table.filter(pc.and_(short, pc.equal(table["speaker"], "USER")))
    by_acts: dict[frozenset[str], list[str]] = {}
    for text, acts in zip(table["text"].to_pylist(), table["acts"].to_pylist(), strict=True):
        by_acts.setdefault(frozenset(acts), []).append(text.lower())
    return {acts: _of(texts, split) for acts, texts in by_acts.items()}
