"""What the combiner is trained on: photos, edits in words, and the products that are meant.

A query's wants are codes by field. A product that has them all is meant; one that may have them (its shade has the
same plain name, it is for everybody, the catalogue does not say) is left out; any other is a negative.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from shelftalk.evals.edit_wordings import GENDERS, article, fields, plural
from shelftalk.evals.edits import Edit, Edits, Labelled
from shelftalk.finetune.captions import SHADES

# How often each kind of query is drawn; those that a product cannot have fall to the others.
MIX = {
    "colour": 0.32, "gender": 0.17, "kind": 0.14, "nothing": 0.1, "described": 0.14, "titled": 0.05,
    "pattern": 0.04, "material": 0.04,
}  # fmt: skip
# A text may describe all of what is meant, whatever the photo shows.
DESCRIBED = (
    "{colour} {kind}", "{a_colour} {kind}", "{colour} {kinds}", "{kinds} in {colour}", "{kind}", "{kinds}", "{a_kind}",
    "{colour} {kind} for {gender}", "{whose} {colour} {kind}", "{whose} {kinds}", "{kinds} for {gender}",
    "{kinds} like this in {colour}", "{pattern} {kind}", "{colour} {pattern} {kind}", "{material} {kind}",
    "{colour} {material} {kind}", "i am looking for {a_colour} {kind}", "find {colour} {kinds}",
)  # fmt: skip
FIELDS = ("set", "kind", "colour", "gender", "pattern", "material", "title")
ANY, UNKNOWN = -1, -2
SHOP = 0.08  # share of queries from the demo shop


@dataclass
class Queries:
    """A pool of queries over products; [q] and [n] rows."""

    source: Tensor  # [q] the product whose photo is given
    text: Tensor  # [q] which of `texts`
    texts: list[str]
    wants: Tensor  # int32 [q, fields], ANY where nothing is asked
    facts: Tensor  # int32 [n, fields], UNKNOWN where the data does not say
    family: Tensor  # int32 [codes] the code of a colour's plain name; each other code is its own
    everybody: int  # the code of products for all genders
    meant: list[np.ndarray]  # [q] the products that are meant
    empty: Tensor  # bool [q] the words say nothing of any product, so that the photo says all

    def compare(self, at: Tensor, products: Tensor) -> tuple[Tensor, Tensor]:
        """Say which products queries mean and which they do not: two bool [queries, products]; else it is open."""
        meant = torch.ones(len(at), len(products), dtype=torch.bool)
        maybe = meant.clone()
        for column, name in enumerate(FIELDS):
            want, have = self.wants[at, column, None], self.facts[products, column]
            same = (want == have) | (want == ANY)
            meant &= same
            if name == "set":
                # Catalogues name their kinds differently, so that only products of the same one are compared.
                elsewhere = ~same
            elif name == "colour":
                same |= (self.family[want] == self.family[have]) & (have != UNKNOWN)
            elif name == "gender":
                same |= have == self.everybody
            maybe &= same | (have == UNKNOWN)
        return meant, ~maybe & ~elsewhere

    def products(self, at: Tensor, others: int, rng: torch.Generator) -> Tensor:
        """Draw the products of one step: the sources, some that are meant, some like these, `others` at random."""
        draws = torch.rand(len(at), 4, generator=rng).tolist()
        near = [
            int(self.meant[query][int(share * len(self.meant[query]))])
            for query, row in zip(at.tolist(), draws, strict=True)
            for share in row
        ]
        far = torch.randint(len(self.facts), (others,), generator=rng)
        found: Tensor = torch.cat([self.source[at], torch.tensor(near), far]).unique()  # type: ignore[no-untyped-call]
        return found


def make_queries(
    shelves: Mapping[str, Sequence[Labelled]],
    frames: Mapping[str, Mapping[str, float]],
    count: int,
    seed: int,
) -> Queries:
    """Draw `count` queries over the products of `shelves`, set by set; their order is that of the products."""
    rng = random.Random(seed)
    products = [(name, item) for name, shelf in shelves.items() for item in shelf]
    facts = [{**item.facts, "set": name, "title": item.title} for name, item in products]
    edits = Edits(facts, frames)
    rows = {name: [i for i, (own, _) in enumerate(products) if own == name] for name in shelves}
    share = {name: SHOP if name == "shop" and len(shelves) > 1 else 1.0 for name in shelves}
    drawn: list[Edit] = []
    while len(drawn) < count:
        shelf = rng.choices(list(share), list(share.values()))[0]
        source = rng.choice(rows[shelf])
        change = rng.choices(list(MIX), list(MIX.values()))[0]
        if change == "described":
            edit = _described(facts, source, rng.choice(rows[shelf]), rng)
        elif change == "titled":
            edit = _titled(facts, source, edits, rng)
        else:
            edit = edits.draw(source, change, rng)
        if edit is not None:
            edit.wants["set"] = shelf
            edit.wants.pop("section", None)  # a kind says it
            drawn.append(edit)
    empty = {frame for frame in frames["nothing"] if not fields(frame)}
    return _coded(drawn, facts, edits, empty)


def _described(
    facts: Sequence[Mapping[str, str]], source: int, target: int, rng: random.Random
) -> Edit | None:
    """Describe another product in full; only what the text names is wanted."""
    own = facts[target]
    frame = rng.choice(DESCRIBED)
    kind, colour, gender = own["kind"], own.get("colour", ""), own.get("gender", "")
    values = {
        "kind": kind, "kinds": plural(kind), "a_kind": article(kind), "colour": colour,
        "a_colour": colour if article(kind) == kind else article(colour),  # "blue shorts", "a blue shirt"
        "gender": gender if gender in GENDERS else "", "whose": GENDERS[gender][0] if gender in GENDERS else "",
        "pattern": own.get("pattern", ""), "material": own.get("material", ""),
    }  # fmt: skip
    named = {name for name, value in values.items() if "{" + name + "}" in frame}
    if not all(values[name] for name in named):
        return None
    owner = {"kinds": "kind", "a_kind": "kind", "a_colour": "colour", "whose": "gender"}
    wants = {owner.get(name, name): own[owner.get(name, name)] for name in named}
    return Edit(source, "described", frame.format(**values), wants)


def _titled(facts: Sequence[Mapping[str, str]], source: int, edits: Edits, rng: random.Random) -> Edit | None:
    """Give the title of another product of the same kind."""
    kind = {"kind": facts[source]["kind"], "set": facts[source]["set"]}
    target = facts[int(rng.choice(edits.targets(kind)))]
    return Edit(source, "titled", target["title"], {"title": target["title"]})


def _coded(
    drawn: Sequence[Edit], facts: Sequence[Mapping[str, str]], edits: Edits, empty: Collection[str]
) -> Queries:
    codes: dict[tuple[str, str], int] = {}

    def code(name: str, value: str) -> int:
        return codes.setdefault((name, value), len(codes))

    have = [[code(n, own[n]) if own.get(n) else UNKNOWN for n in FIELDS] for own in facts]
    want = [[code(n, e.wants[n]) if e.wants.get(n) else ANY for n in FIELDS] for e in drawn]
    everybody = code("gender", "unisex")
    family = [code(n, SHADES.get(v, v) if n == "colour" else v) for n, v in list(codes)]
    family += range(len(family), len(codes))
    texts: dict[str, int] = {}
    return Queries(
        torch.tensor([e.source for e in drawn]),
        torch.tensor([texts.setdefault(e.text, len(texts)) for e in drawn]),
        list(texts),
        torch.tensor(want, dtype=torch.int32),
        torch.tensor(have, dtype=torch.int32),
        torch.tensor(family, dtype=torch.int32),
        everybody,
        [edits.targets(e.wants) for e in drawn],
        torch.tensor([e.change == "nothing" and e.text in empty for e in drawn]),
    )
