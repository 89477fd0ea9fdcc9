"""A backbone is measured on held-out rows as it would be asked in a conversation; a run becomes one safe page."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelftalk.agent.scripted import ScriptedModel, call
from shelftalk.finetune.tuning.curves import Line, chart, smoothed, thinned, ticks
from shelftalk.finetune.tuning.measure import Outcome, compare, measure, summarise
from shelftalk.finetune.tuning.measured import (
    Measured,
    measure_to,
    read_measured,
    settings_of,
)
from shelftalk.finetune.tuning.open_data import TuningData, open_data
from shelftalk.finetune.tuning.report import write_report
from shelftalk.finetune.tuning.rows import Message, Row, ToolCall
from shelftalk.finetune.tuning.run_folder import read_log
from shelftalk.finetune.tuning.samples import drawn, fates, paired
from shelftalk.finetune.tuning.shares import FEWEST, change, share
from shelftalk.finetune.tuning.write_data import write_data
from shelftalk.prompts import system
from shelftalk.tools.errors import BackboneError, UsageError
from shelftalk.tools.schema import tool_schemas

FACETS = {"category": {"dress": 2, "boot": 2}, "colour": {"red": 2, "blue": 2}, "material": {"leather": 3}}
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)> \"'& [P1] </style></pre><a href='http://evil.example'>"
SEARCH = {"query": "summer", "category": "dress", "max_price": 50.0}
FOUND = "2 found\n[P1] Red dress, dress, $40\n[P2] Blue dress, dress, $45, sold out"
REPLY = "How about [P1], a red dress for $40?"


def conversation(id_: str, asked: str = "a dress under 50 for the summer", pictured: bool = False) -> Row:
    said = f"{asked} (img1: <image>)" if pictured else asked
    return Row(
        id=id_,
        source="simulated",
        kinds=["search", "remember"],
        messages=[
            Message(role="system", content=system(FACETS)),
            Message(role="user", content=said, pictures=["red.png"] if pictured else []),
            Message(role="assistant", tool_calls=[ToolCall(name="search", args=SEARCH)], learn=True),
            Message(role="tool", name="search", content=FOUND),
            Message(role="assistant", content=REPLY, learn=True),
            Message(role="user", content="I love the first one [so far: query: summer; category: dress]"),
            Message(
                role="assistant", tool_calls=[ToolCall(name="remember", args={"likes": ["P1"]})], learn=True
            ),
            Message(role="tool", name="remember", content="noted: likes [P1]"),
            Message(role="assistant", content="Noted: you like [P1].", learn=True),
        ],
    )


RIGHT: list[Any] = [
    call("search", query="Summer", category="dress", max_price=50),
    REPLY,
    call("remember", likes=["P1"]),
    "Noted.",
]


@pytest.fixture
def data(tmp_path: Path) -> TuningData:
    from PIL import Image

    picture = tmp_path / "red.png"
    Image.new("RGB", (48, 32), (200, 20, 20)).save(picture)
    rows = [conversation(f"visit-{number}", pictured=number == 0) for number in range(3)]
    held = {"train": [conversation("learnt")], "validation": [], "test": rows}
    about = {"counts": {"train": {"rows": 1}, "test": {"rows": 3}, "pictures": 1}, "shop": HOSTILE}
    write_data(tmp_path / "data", tool_schemas(FACETS), held, [], {"red.png": picture}, about)  # type: ignore[arg-type]
    return open_data(tmp_path / "data")


def test_right_answers_score_in_full_and_are_asked_with_the_right_history(data: TuningData) -> None:
    model = ScriptedModel(replies=RIGHT * 3)
    outcomes = measure(model, data)
    assert {m: v.mean for m, v in summarise(outcomes)["all"].items()} == dict.fromkeys(
        ("right tool", "right arguments", "replies borne out", "claims borne out"), 1.0
    )
    assert [(one.row, one.turn, one.kind) for one in outcomes[:2]] == [
        ("visit-0", 0, "search"),
        ("visit-0", 1, "remember"),
    ]
    first, second = model.seen[0], model.seen[3]
    assert [message.type for message in first] == ["system", "human"]
    assert [block["type"] for block in first[-1].content_blocks] == ["text", "image"]
    assert [message.type for message in second][-3:] == ["human", "ai", "tool"]
    assert second[4].text == REPLY  # what the row has, not what the model said


@pytest.mark.parametrize(
    ("replies", "tool", "arguments", "borne_out"),
    [
        ([call("search", query="winter", category="dress"), *RIGHT[1:]], True, False, True),
        ([call("recommend"), *RIGHT[1:]], False, False, True),
        (["Which colour?", *RIGHT[1:]], False, False, True),
        ([RIGHT[0], "[P1] is made of leather.", *RIGHT[2:]], True, True, False),
        ([RIGHT[0], "[P1] costs $12.", *RIGHT[2:]], True, True, False),
        ([RIGHT[0], "Take [P7]!", *RIGHT[2:]], True, True, False),
    ],
)
def test_what_is_wrong_is_found(
    data: TuningData, replies: list[Any], tool: bool, arguments: bool, borne_out: bool
) -> None:
    first = measure(ScriptedModel(replies=replies), data, limit=1)[0]
    assert (first.tool, first.arguments) == (tool, arguments)
    assert first.counted("replies borne out") == (float(borne_out), 1.0)


def test_words_where_a_call_is_wanted_are_no_reply_and_a_second_call_no_words(data: TuningData) -> None:
    first = measure(ScriptedModel(replies=[RIGHT[0], call("search", query="x"), *RIGHT[2:]]), data, limit=1)[
        0
    ]
    assert (first.tool, first.replied) == (False, False)
    assert first.counted("replies borne out") == (0.0, 0.0)
    silent = measure(ScriptedModel(replies=[RIGHT[0], "", *RIGHT[2:]]), data, limit=1)[0]
    assert (silent.tool, silent.arguments, silent.replied) == (False, False, False)


def test_a_limit_draws_by_the_seed_and_no_rows_are_explained(data: TuningData) -> None:
    asked = {measure(ScriptedModel(replies=RIGHT), data, limit=1, seed=seed)[0].row for seed in range(8)}
    assert len(asked) > 1
    with pytest.raises(UsageError, match="no validation rows"):
        measure(ScriptedModel(), data, "validation")


PAIRS = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4)).map(lambda p: (float(min(p)), float(max(p)))), max_size=30
)


@given(pairs=PAIRS)
@settings(max_examples=40, deadline=None)
def test_a_share_lies_in_its_interval_and_a_change_to_itself_is_nothing(
    pairs: list[tuple[float, float]],
) -> None:
    found, none = share(pairs), change(pairs, pairs)
    counted = sum(of for _, of in pairs)
    if not counted:
        assert found is None
        assert none is None
        return
    assert found is not None
    assert none is not None
    assert 0 <= found.low <= found.mean <= found.high <= 1
    assert found.mean == pytest.approx(sum(right for right, _ in pairs) / counted)
    assert (none.low, none.mean, none.high) == (0, 0, 0)
    assert (found.n > 0) == (sum(of > 0 for _, of in pairs) >= FEWEST)


def test_turns_of_one_conversation_do_not_count_as_many() -> None:
    apart = share([(float(number % 2), 1.0) for number in range(40)])
    together = share([(5.0 * (number % 2), 5.0) for number in range(8)])
    assert apart is not None
    assert together is not None
    assert apart.mean == together.mean == 0.5
    assert together.high - together.low > 1.5 * (apart.high - apart.low)


def test_a_change_is_of_the_turns_that_both_have() -> None:
    def outcomes(right: bool, rows: int) -> list[Outcome]:
        return [Outcome(row=str(n), turn=0, kind="search", user="", arguments=right) for n in range(rows)]

    rose = compare(outcomes(True, 20), outcomes(False, 9))["all"]["right arguments"]
    assert (rose.mean, rose.n) == (1.0, 9)


def test_a_measurement_that_breaks_off_goes_on_and_is_not_made_twice(
    data: TuningData, tmp_path: Path
) -> None:
    out, what = tmp_path / "found.json", settings_of(data, "scripted", None)
    broken = ScriptedModel(replies=[*RIGHT, RIGHT[0], BackboneError("gone")])
    with pytest.raises(BackboneError):
        measure_to(out, lambda: broken, data, what)
    part = tmp_path / "found.json.part"
    part.write_text(part.read_text() + '{"row": "visit-1", "outc')  # killed in the middle of a line
    second = ScriptedModel(replies=RIGHT * 2)
    found = measure_to(out, lambda: second, data, what)
    assert len(second.seen) == 2 * len(RIGHT)
    assert [one.row for one in found.outcomes] == [f"visit-{n}" for n in (0, 0, 1, 1, 2, 2)]
    assert not part.exists()
    assert read_measured(out) == found
    assert found.summary["all"]["right tool"]["mean"] == 1.0
    assert measure_to(out, ScriptedModel, data, what) == found
    third = ScriptedModel(replies=RIGHT)
    again = measure_to(out, lambda: third, data, settings_of(data, "scripted", None, limit=1))
    assert (len(again.outcomes), read_measured(out)) == (2, again)


def test_the_command_measures_the_embedded_model(
    data: TuningData, tmp_path: Path, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    out = tmp_path / "mini.json"
    code, said, _ = command_line("finetune", "measure", "--data", data.folder, "-n", 1, "--out", out)
    assert (code, "right arguments" in said) == (0, True)
    found = read_measured(out)
    assert (found.settings["backbone"], len(found.outcomes)) == ("mini", 2)
    assert all(one.parses for one in found.outcomes)
    assert {"python", "torch", "transformers"} <= found.versions.keys()
    code, _, error = command_line("finetune", "measure", "--data", data.folder, "--split", "exam")
    assert (code, "train, validation, test" in error) == (2, True)


class Reader(HTMLParser):
    """Reads a page, and sees that its elements are closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def safe(path: Path) -> Reader:
    text = path.read_text("utf-8")
    read = Reader(text)
    assert not read.open
    assert not {"script", "a", "link", "iframe", "object", "form"} & set(read.tags)
    for name, value in read.attributes:
        assert not name.startswith("on")
        assert name not in ("href", "srcset", "style")
        assert name != "src" or str(value).startswith("data:image/webp;base64,")
    assert "url(" not in text
    return read


@pytest.fixture
def run(tmp_path: Path, data: TuningData) -> Path:
    folder = tmp_path / "run"
    (folder / "adapter").mkdir(parents=True)
    (folder / "run.toml").write_text(
        f'backbone = "mini"\ndata = {json.dumps(str(data.folder))}\nnote = {json.dumps(HOSTILE)}\n'
    )
    lines = [
        {"step": step, "loss": 2 / step, "tokens_per_second": 100.0, "seconds": step} for step in range(1, 31)
    ]
    lines[9]["validation_loss"] = 0.5
    lines[19]["validation_loss"] = 0.4
    lines[25]["loss"] = math.nan
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "log.jsonl").write_text(text + '{"step": 31, "lo')
    (folder / "adapter" / "adapter_config.json").write_text("{}")
    (folder / "adapter" / "training.json").write_text(
        json.dumps({"seed": 0, "data": {"digest": data.digest}, "versions": {"peft": "<b>1</b>"}})
    )
    return folder


def measured(data: TuningData, *replies: object) -> Measured:
    return measure_to(None, lambda: ScriptedModel(replies=replies), data, settings_of(data, "scripted", None))


def hostile(data: TuningData) -> Measured:
    found = measured(
        data, *([call("search", query=HOSTILE), HOSTILE, call("remember", likes=[HOSTILE]), ""] * 3)
    )
    for one in found.outcomes:
        one.user, one.kind, one.row, one.reply = f"{HOSTILE} [so far: {HOSTILE}]", HOSTILE, one.row, HOSTILE
        one.told, one.pictures = [HOSTILE], ["red.png", HOSTILE]
    return found


def test_a_page_shows_the_run_and_runs_nothing(run: Path, data: TuningData) -> None:
    before, after = measured(data, *([call("recommend"), "Hm."] * 6)), measured(data, *(RIGHT * 3))
    page = safe(write_report(run, data, before, after))
    for said in ("validation loss", "30", "0.4", "right arguments", "mended", "peft", "wanted", "<b>1</b>"):
        assert said in page.text
    assert page.tags.count("polyline") >= 3
    assert "img" in page.tags
    assert "1 of 30 logged losses are not finite" in page.text
    assert "other data" not in page.text
    after.settings["digest"] = "another"
    assert "other data" in safe(write_report(run, data, before, after)).text


def test_hostile_text_stays_text(run: Path, data: TuningData) -> None:
    page = safe(write_report(run, data, hostile(data), hostile(data)))
    assert page.text.count("<script>alert(1)</script>") > 10


@given(text=st.text(max_size=60))
@settings(max_examples=25, deadline=None)
def test_any_text_leaves_the_page_whole(text: str) -> None:
    from shelftalk.finetune.tuning.page import facts, page, sample_card
    from shelftalk.finetune.tuning.samples import Sample

    one = Outcome(row=text, turn=0, kind=text, user=text, said=text, reply=text, untrue=[text], told=[text])
    one.given = [ToolCall(name=text, args={text: text})]
    whole = page(text, [sample_card(Sample(one, one), lambda _: ""), facts({text: text})])
    assert not Reader(whole).open


def test_a_page_is_made_of_what_there_is(run: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "run.toml").write_text("")
    assert "logged no step" in safe(write_report(bare)).text
    without = safe(write_report(run, out=tmp_path / "other.html"))
    assert "Before and after" not in without.text
    with pytest.raises(UsageError, match=r"run\.toml is missing"):
        write_report(tmp_path / "nowhere")


def test_a_resumed_log_counts_the_later_steps(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({"step": s, "loss": s}) + "\n" for s in (1, 2, 3, 4, 2, 3)))
    with log.open("a") as file:
        file.write('{"step": 3, "validation_loss": 7}\n[]\n{"no": "step"}\n')
    assert [line["step"] for line in read_log(log)] == [1, 2, 3]
    assert read_log(log)[-1] == {"step": 3, "loss": 3, "validation_loss": 7}


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_the_command_measures_with_the_adapter_and_without(
    run: Path, data: TuningData, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    from peft import LoraConfig, get_peft_model

    from shelftalk.agent.backbones import load_mini

    model, _ = load_mini()
    names = ".*language_model.*(query|value)$"
    get_peft_model(model, LoraConfig(r=2, target_modules=names)).save_pretrained(run / "adapter")
    code, said, _ = command_line("finetune", "report", run, "-n", 1)
    assert (code, str(run / "report.html") in said) == (0, True)
    # An adapter that has learnt nothing changes no answer.
    before, after = (read_measured(run / f"{name}.json") for name in ("before", "after"))
    assert before.outcomes == after.outcomes
    assert after.settings["adapter"] == str(run / "adapter")
    assert "still" in safe(run / "report.html").text
    (run / "adapter" / "adapter_config.json").unlink()
    code, _, error = command_line("finetune", "report", run)
    assert (code, "-n 0" in error) == (2, True)
    (run / "run.toml").write_text("")
    assert command_line("finetune", "report", run, "-n", 0)[0] == 0
    assert "--data" in command_line("finetune", "report", run)[2]


def test_samples_are_some_of_each_fate() -> None:
    def outcomes(rights: str) -> list[Outcome]:
        return [
            Outcome(row=str(n), turn=0, kind="k", user="", arguments=right == "+")
            for n, right in enumerate(rights)
        ]

    samples = paired(outcomes("-" * 20 + "+" * 20), outcomes("+-" * 20))
    assert fates(samples) == {"mended": 10, "spoilt": 10, "still wrong": 10, "still right": 10}
    assert fates(drawn(samples)) == {"mended": 3, "spoilt": 2, "still wrong": 1, "still right": 2}
    assert drawn(samples) == drawn(samples)
    assert len(drawn(paired(outcomes("+" * 20), outcomes("+" * 20)))) == 8


POINTS = st.lists(
    st.tuples(st.integers(0, 5000).map(float), st.floats(-1e6, 1e6) | st.just(math.nan)), max_size=30
)


@given(points=POINTS)
@settings(max_examples=40, deadline=None)
def test_any_points_make_a_whole_drawing_or_none(points: list[tuple[float, float]]) -> None:
    drawing = chart([Line("a", points, "train"), Line("b", smoothed(points), "smooth", dots=True)], "x", "y")
    assert bool(drawing) == any(math.isfinite(y) for _, y in points)
    assert not Reader(drawing).open
    assert "nan" not in drawing.lower()


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-6, 1e6), most=st.integers(3, 9))
@settings(max_examples=60, deadline=None)
def test_ticks_are_few_and_within(low: float, span: float, most: int) -> None:
    found = ticks(low, low + span, most)
    assert len(found) <= most
    assert all(
        low - 1e-6 * abs(low) - span / 100 <= one <= low + span * 1.01 + 1e-6 * abs(low) for one in found
    )


def test_a_long_line_is_thinned_to_means_of_neighbours() -> None:
    points = [(float(x), float(x % 2)) for x in range(1000)]
    short = thinned(points, 100)
    assert (len(short), short[0], short[-1]) == (100, points[0], points[-1])
    assert all(0.3 < y < 0.7 for _, y in short[1:-1])
