from __future__ import annotations

import random
from itertools import pairwise

import pytest

from shelftalk.evals.simulation.shelves import random_shelf
from shelftalk.evals.simulation.shopper import Photo, simulate
from shelftalk.evals.simulation.wordings import phrases, wordings
from shelftalk.prompts.dialect import parse_call, render_call
from shelftalk.tools.schema import tool_schemas

PHOTOS = [Photo(0, "dress", "red"), Photo(1, "lamp", "blue")]


def test_the_same_seed_gives_the_same_dialogue() -> None:
    first, again = (simulate(3, random_shelf(random.Random(3)), "train", PHOTOS).messages() for _ in range(2))
    assert first == again
    assert first != simulate(4, random_shelf(random.Random(3)), "train", PHOTOS).messages()


def test_wordings_of_evaluation_are_not_trained_on() -> None:
    for intent in phrases("wordings.toml"):
        assert wordings(intent, "test")
        assert not set(wordings(intent, "test")) & set(wordings(intent, "train"))


@pytest.mark.parametrize("seed", range(40))
def test_every_right_answer_fits_the_tools_and_the_conversation(seed: int) -> None:
    shelf = random_shelf(random.Random(seed))
    dialogue = simulate(seed, shelf, "train", PHOTOS)
    schemas = tool_schemas(dialogue.facets)
    shown = 0
    for turn in dialogue.turns:
        assert turn.reply
        assert turn.user.count("<image>") == len(turn.photos)
        for step in turn.steps:
            # What the dialect cannot write could not be learned.
            assert parse_call(render_call(step.name, step.arguments), schemas) == (step.name, step.arguments)
            handles = [step.arguments.get("product"), *step.arguments.get("products", [])]
            assert all(int(h[1:]) <= shown for h in handles if h)
            numbers = [int(part.split("]")[0]) for part in step.result.split("[P")[1:]]
            shown = max([shown, *numbers])


def test_a_refinement_keeps_what_was_asked_before() -> None:
    kept = 0
    for seed in range(60):
        dialogue = simulate(seed, random_shelf(random.Random(seed)), "train")
        searches = [(t.kind, s.arguments) for t in dialogue.turns for s in t.steps if s.name == "search"]
        for (_, before), (kind, after) in pairwise(searches):
            if kind == "refine":
                same = [key for key in before if after.get(key) == before[key]]
                kept += 1
                assert len(same) >= len(before) - 2
    assert kept > 20
