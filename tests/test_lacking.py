"""Simulated shoppers ask for what a shop lacks, and are told so."""

from __future__ import annotations

import random
import re
from collections import Counter

from shelftalk.agent.decoding.wishes import wishes
from shelftalk.evals.simulation.shelves import random_shelf
from shelftalk.evals.simulation.shopper import simulate
from shelftalk.tools.linking import link, words
from shelftalk.tools.render import found_head

HEAD = re.compile(r"(?:no (.+); \d nearest|0 found; no (.+))")


def test_what_the_shelf_lacks_is_said_first_and_named_as_it_was_typed() -> None:
    seen = Counter[str]()
    for seed in range(120):
        shelf = random_shelf(random.Random(seed))
        for turn in simulate(f"lacking {seed}", shelf, "train").turns:
            for step in turn.steps:
                head = HEAD.fullmatch(step.result.partition("\n")[0])
                if head is None:
                    continue
                missing = head[1] or head[2]
                seen[turn.kind] += 1
                assert set(missing.split()) <= set(step.arguments["query"].split())
                assert shelf.lacks(missing) and "category" not in step.arguments
                if step.name == "search":
                    assert missing in turn.reply and re.search(r"\b(?:no|any|none)\b", turn.reply)
                if turn.kind == "two wishes":
                    text = turn.user.partition("[")[0]
                    first, second = wishes(text, link(text, shelf.facets))
                    assert (missing in first.lower()) != (missing in second.lower())
    assert min(seen["search"], seen["switch"], seen["two wishes"], seen["refine"]) > 2


def test_a_shelf_lacks_what_no_product_has_a_word_of() -> None:
    shelf = random_shelf(random.Random(1))
    kind = shelf.products[0].category
    assert not shelf.lacks(kind) and not shelf.lacks(f"{kind} zorb") and shelf.lacks("zorb")
    assert all(not shelf.lacks(stem) for stem in words(shelf.products[0].title))


def test_the_head_of_a_list_tells_what_is_missing_or_how_many_there_are() -> None:
    assert found_head(4) == "4 best matches" and found_head(4, 31) == "31 found"
    assert found_head(4, 31, "plates") == "no plates; 4 nearest"
    assert found_head(0, missing="[P1] plates") == "0 found; no (P1) plates"
