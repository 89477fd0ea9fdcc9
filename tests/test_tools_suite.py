"""The suite scores right answers as right, wrong ones as wrong, and the embedded model as good enough to talk to."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.evals.report import table, write_report
from shelftalk.evals.suites import load_suite, suite_names
from shelftalk.evals.suites import tools as suite
from shelftalk.tools.errors import UsageError


def right_answers(count: int) -> ScriptedModel:
    replies: list[object] = []
    for dialogue in suite.dialogues(count):
        for turn in dialogue.turns:
            replies += [call(step.name, **step.arguments) for step in turn.steps]
            replies.append(turn.reply)
    return ScriptedModel(replies=replies)


def test_right_answers_score_in_full() -> None:
    answers = suite.run(right_answers(6), 6)
    assert suite.summarise(answers)["all"] == {
        "turns": len(answers),
        "tool": 1.0,
        "arguments": 1.0,
        "parses": 1.0,
    }


def test_silence_scores_only_where_no_tool_was_wanted(tmp_path: Path) -> None:
    answers = suite.run(ScriptedModel(replies=["hm"] * 200), 6)
    summary = suite.summarise(answers)
    assert summary["all"]["tool"] == sum(not a.wanted for a in answers) / len(answers)
    assert table(summary).row_count == len(summary)
    write_report(tmp_path / "report.json", "tools", {"seed": 0}, summary, answers)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["summary"] == summary
    assert "torch" in report["versions"]


def test_a_question_counts_where_it_stands_for_a_tool() -> None:
    def answer(kind: str, wanted: bool, asked: bool) -> suite.Answer:
        calls = [("search", {"query": "x"})] if wanted else []
        return suite.Answer(kind, False, True, True, True, calls, [], "", asked)

    answers = [
        answer("ask", False, True),
        answer("ask", False, False),
        answer("search", True, True),
        answer("search", True, False),
        answer("talk", False, True),
    ]
    assert suite.asking(answers) == {"turns": 2, "precision": 0.5, "recall": 0.5, "F1": 0.5}


@pytest.mark.parametrize(
    ("wanted", "given", "right"),
    [
        ({"max_price": 50}, {"max_price": 50.0}, True),
        ({"query": "warm winter"}, {"query": "Winter warm"}, True),
        ({"where": {"colour": "red"}}, {"where": {"colour": "blue"}}, False),
        ({"category": "dress"}, {"category": "dress", "sort": "cheapest"}, False),
        ({"products": ["P1", "P2"]}, {"products": ["P2", "P1"]}, True),
    ],
)
def test_arguments_are_compared_by_what_they_mean(
    wanted: dict[str, object], given: dict[str, object], right: bool
) -> None:
    assert suite.same(wanted, given) is right


def test_a_wrong_suite_lists_the_right_ones() -> None:
    assert "tools" in suite_names()
    with pytest.raises(UsageError, match="tools"):
        load_suite("teeth")


def test_held_out_products_are_a_tenth_and_have_pictures() -> None:
    products, photos, pictures = suite.demo_products()
    assert 60 < len(products) < 140
    assert len(products) == len(photos) == len(pictures)


def test_the_embedded_model_calls_tools_that_parse_and_mostly_the_right_ones() -> None:
    from shelftalk.agent.backbones import load_backbone

    answers = suite.run(load_backbone(), 8)
    assert all(answer.parses for answer in answers)
    assert suite.summarise(answers)["all"]["tool"] > 0.75
