"""Preferences: rewards that can be checked, answers ranked by them, and what tuning on pairs does."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contracts.tuning_rows import SEARCH, visit
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.agent.backbones import load_backbone
from shelftalk.agent.backbones.loading import load_engine
from shelftalk.agent.backbones.rendering import to_chat
from shelftalk.finetune.tuning.dpo import DpoSettings, group, make_ready, prefer, split
from shelftalk.finetune.tuning.evidence import records
from shelftalk.finetune.tuning.lora import hushed
from shelftalk.finetune.tuning.merge import merge
from shelftalk.finetune.tuning.open_data import TuningData, open_data
from shelftalk.finetune.tuning.preferences import Ranking, ranked_to, read_answer, told
from shelftalk.finetune.tuning.rewards import Answer, Judge, agreement
from shelftalk.finetune.tuning.row_turns import as_sent
from shelftalk.finetune.tuning.rows import Message, Preference, Row, ToolCall
from shelftalk.finetune.tuning.settings import read_settings, to_toml
from shelftalk.finetune.tuning.write_data import write_data
from shelftalk.tools.errors import UsageError
from shelftalk.tools.product import Product
from shelftalk.tools.render import product_details, product_line

FOUND = "2 found\n[P1] Red silk dress, dress, $45\n[P2] Red dress, long, dress, $60, sold out"
ASKED = [
    Message(role="user", content="a red dress under 70 [catalogue: colour: red]"),
    Message(role="assistant", tool_calls=[ToolCall(name="search", args={"query": "dress"})]),
    Message(role="tool", name="search", content=FOUND),
]
CALL = Message(
    role="assistant",
    tool_calls=[
        ToolCall(name="search", args={"query": "dress", "where": {"colour": "red"}, "max_price": 70})
    ],
)
WORDS = Message(role="assistant", content="How about [P1]? It costs $45.")


def call(**args: Any) -> Answer:
    return Answer(calls=(ToolCall(name="search", args=args),))


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge([SEARCH])


def test_the_right_call_gets_all_and_a_near_one_more_than_a_far_one(judge: Judge) -> None:
    right = judge.rewards(Answer.of(CALL), ASKED[:1], CALL)
    near = judge.rewards(call(query="dress", where={"colour": "red"}), ASKED[:1], CALL)
    far = judge.rewards(call(query="boots"), ASKED[:1], CALL)
    words = judge.rewards(Answer("What colour?"), ASKED[:1], CALL)
    assert right.total == 1.0
    assert near.parts["arguments"] == pytest.approx(0.8) and far.parts["arguments"] == 0
    assert right.total > near.total > far.total > words.total
    assert right.told_apart_by(near) == "arguments" and right.told_apart_by(words) in ("tool", "arguments")


@pytest.mark.parametrize(
    ("said", "reward"),
    [
        ("How about [P1]? It costs $20.", "supported"),  # the tool said $45
        ("[P2] is in stock and waterproof.", "supported"),
        ("[P7] is the one for you.", "handles"),  # no tool has shown it
        ("Here you are.", "names"),  # the row's words name a product
    ],
)
def test_words_lose_the_reward_that_they_do_not_earn(judge: Judge, said: str, reward: str) -> None:
    right = judge.rewards(Answer.of(WORDS), ASKED, WORDS)
    wrong = judge.rewards(Answer(said), ASKED, WORDS)
    assert right.total == 1.0
    assert right.told_apart_by(wrong) == reward
    assert wrong.total < 1


def test_what_cannot_be_read_or_would_be_refused_earns_next_to_nothing(judge: Judge) -> None:
    broken = judge.rewards(Answer("<|call|> serch", fault="no tool"), ASKED[:1], CALL)
    unknown = judge.rewards(
        Answer(calls=(ToolCall(name="buy", args={}),)), ASKED[:1], CALL
    )  # there is no such tool
    refused = judge.rewards(call(query="dress", size=3, max_price="cheap"), ASKED[:1], CALL)
    silent = judge.rewards(Answer(" "), ASKED, WORDS)
    assert broken.total < 0.15 and unknown.total < 0.15 and refused.total < 0.15
    assert silent.total == 0


arguments = st.dictionaries(
    st.sampled_from(["query", "image", "max_price"]), st.sampled_from(["red", "a red", 5, 5.0, 7])
)


@given(arguments, arguments)
def test_arguments_agree_with_themselves_and_both_ways(one: dict[str, Any], other: dict[str, Any]) -> None:
    ours, theirs = ToolCall(name="search", args=one), ToolCall(name="search", args=other)
    assert agreement([ours], [ours]) == 1
    assert 0 <= agreement([ours], [theirs]) == agreement([theirs], [ours]) <= 1


word = st.text("abcdefgh ", min_size=1, max_size=12).map(str.strip).filter(bool)


@given(
    st.builds(
        Product,
        id=st.just("x"),
        title=word,
        category=word,
        description=word,
        price=st.none() | st.floats(0, 9999).map(lambda price: round(price, 2)),
        currency=st.sampled_from(["USD", "EUR", "CHF"]),
        stock=st.integers(0, 50),
        rating=st.floats(0, 5).map(lambda rating: round(rating, 1)),
        attributes=st.dictionaries(word, word, max_size=3),
    )
)
def test_records_are_read_back_from_what_tools_write(product: Product) -> None:
    listed = f"1 found\n{product_line('P4', product)}"
    (read,) = records([listed, product_details("P4", product)]).values()
    assert read.title.lower().startswith(" ".join(product.title.split()))
    assert read.price == product.price and read.stock == product.stock and read.rating == product.rating
    assert read.price is None or read.currency == product.currency
    assert set(read.attributes) == {" ".join(name.split()) for name in product.attributes}


def preference(row: Row) -> Preference:
    """The row's reply against another one."""
    at = 4
    worse = row.messages[at].model_copy(update={"content": "Buy nothing."})
    return Preference(
        id=f"{row.id}/{at}", messages=row.messages[:at], chosen=row.messages[at], rejected=worse, why="thumbs"
    )


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TuningData:
    folder = tmp_path_factory.mktemp("data")
    pictures = folder / "drawn"
    rows = [visit(number, pictures) for number in range(4)]  # two of them with a picture
    files = {file.name: file for file in pictures.glob("*.png")}
    write_data(folder / "visits", [SEARCH], {"train": rows}, [preference(row) for row in rows], files, {})
    return open_data(folder / "visits")


def test_what_a_model_wrote_is_read_as_words_or_as_a_call(
    folders: Callable[[str], Path], data: TuningData
) -> None:
    engine = load_engine(str(folders("mini")))
    row = data.rows("train")[1]
    chat = to_chat(as_sent(row.messages[:2], data))

    def read(text: str) -> Answer:
        return read_answer(engine, chat, data.tools, text)

    assert read(" here you are.") == Answer("Here you are.")
    written = "<|call|> search<|arg|> query: dress<|arg|> colour: blue"
    args = {"query": "dress", "where": {"colour": "blue"}}
    assert read(written) == Answer(calls=(ToolCall(name="search", args=args),), written=written)
    for broken in ("<|call|> serch<|arg|> query: x", "<|call|> search<|arg|> query", "so <|call|>"):
        assert read(broken).fault and not read(broken).calls


def test_ranking_is_kept_gone_on_with_and_the_same_again(
    folders: Callable[[str], Path], data: TuningData, tmp_path: Path
) -> None:
    engine = load_engine(str(folders("mini")))
    ranking = Ranking(answers=2, rows=2, tokens=6)
    loads: list[int] = []

    def load() -> Any:
        loads.append(1)
        return engine

    path = tmp_path / "ranked.jsonl"
    ranked = ranked_to(path, {"seed": 0}, load, data, ranking, 0)
    pairs = [one.pair for one in ranked if one.pair is not None]
    assert len(ranked) == 6  # three messages to learn in each of two rows
    # A model that knows nothing: the row's own answer is the better one.
    assert pairs and all(pair.chosen.content or pair.chosen.tool_calls for pair in pairs)
    assert all(one.totals == sorted(one.totals, reverse=True) for one in ranked)
    assert "6 places" in told(ranked)
    whole = path.read_text()
    assert ranked_to(path, {"seed": 0}, load, data, ranking, 0) == ranked and len(loads) == 1
    lines = whole.splitlines(keepends=True)
    path.write_text("".join(lines[:4]) + lines[4][:20])  # killed in the middle of a line
    assert ranked_to(path, {"seed": 0}, load, data, ranking, 0) == ranked and len(loads) == 2
    assert path.read_text() == whole
    with pytest.raises(UsageError, match="made with other settings"):
        ranked_to(path, {"seed": 1}, load, data, ranking, 0)


def settings(folder: Path, data: TuningData, **more: Any) -> DpoSettings:
    training = {"steps": 4, "batch": 2, "rate": 0.01, "warm_up": 0.0, "precision": "float32", "seed": 1}
    saving = {"log_every": 1, "checkpoint_every": 2}
    lora = {"rank": 4}
    return DpoSettings(
        backbone=str(folder), data=str(data.folder), training=training, saving=saving, lora=lora, **more
    )


@pytest.mark.parametrize("name", ["idefics3", "mini"])
def test_tuning_on_pairs_puts_the_better_answer_ahead(
    name: str, folders: Callable[[str], Path], data: TuningData, tmp_path: Path
) -> None:
    run = tmp_path / "run"
    ready = make_ready(run, settings(folders(name), data), data, data.preferences())
    assert len(ready.pairs) == 4 and ready.plan.steps == 4
    result = prefer(ready, shown=False)
    log = [json.loads(line) for line in (run / "log.jsonl").read_text().splitlines()]
    losses = [line["loss"] for line in log if "loss" in line]
    margins = [line["margin"] for line in log if "margin" in line]
    assert losses[0] == pytest.approx(0.6931, abs=1e-3)  # at first it is the model that it is compared with
    assert losses[-1] < losses[0] and margins[-1] > margins[0] == 0
    assert log[-1]["ahead"] == 1.0
    adapter = Path(result["adapter"])
    about = json.loads((adapter / "training.json").read_text())
    assert about["made_by"] == "shelftalk finetune dpo" and about["pairs"]["train"] == 4
    assert not list((run / "checkpoints").glob("*/ref"))
    with hushed():
        load_backbone(str(folders(name)), adapter=adapter)
    assert merge(str(folders(name)), adapter, tmp_path / "merged").layers == ready.plan.layers
    load_backbone(str(tmp_path / "merged"))

    # From this adapter on, the comparison begins with it.
    more = settings(folders(name), data, adapter=str(adapter))
    more.training.steps = 1
    prefer(make_ready(tmp_path / "more", more, data, data.preferences()), shown=False)
    first = json.loads((tmp_path / "more" / "log.jsonl").read_text().splitlines()[0])
    assert first["loss"] == pytest.approx(0.6931, abs=1e-3)


def test_a_conversation_is_on_one_side_of_a_split() -> None:
    row = visit(1, Path("none"))
    pairs = [preference(row).model_copy(update={"id": f"row-{number // 3}/{number}"}) for number in range(30)]
    train, validation = split(pairs, 0.2, seed=5)
    assert len(train) + len(validation) == 30 and 5 <= len(validation) <= 9
    assert not {group(pair) for pair in train} & {group(pair) for pair in validation}
    assert split(pairs[:9], 0.2, seed=5) == (pairs[:9], [])


def test_settings_go_through_a_file(tmp_path: Path) -> None:
    held = DpoSettings(ranking=Ranking(answers=4))
    (tmp_path / "run.toml").write_text(to_toml(held))
    assert read_settings(tmp_path / "run.toml", DpoSettings) == held
    (tmp_path / "wrong.toml").write_text("[dpo]\nbeat = 1\n")
    with pytest.raises(UsageError, match=r"no setting dpo\.beat; there are beta, held_out"):
        read_settings(tmp_path / "wrong.toml", DpoSettings)


def test_what_is_missing_is_said(
    tmp_path: Path, data: TuningData, command_line: Callable[..., tuple[int, str, str]]
) -> None:
    none = tmp_path / "none"
    write_data(none, [SEARCH], {"train": [visit(1, tmp_path / "drawn")]}, [], {}, {})
    code, _, said = command_line("finetune", "dpo", "--out", tmp_path / "run", "--data", none)
    assert code == 2 and "holds no preferences" in said and "--rank" in said
    assert not (tmp_path / "run").exists()
    code, _, said = command_line("finetune", "dpo", "--out", tmp_path / "run", "--resume")
    assert code == 2 and "no run in" in said
    code, out, _ = command_line(
        "finetune", "dpo", "--out", tmp_path / "run", "--data", data.folder, "--rank", 3, "--dry-run"
    )
    assert code == 0 and "3 drawn at each of 12 messages" in out and "beta = 0.1" in out
    assert not (tmp_path / "run").exists()
