"""Training reads and writes what a conversation does: the same prompts, and answers that its grammar allows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from contracts.tuning_rows import SEARCH, visit, write_visits
from langchain_core.messages import AIMessage, HumanMessage, ToolMessage

from shelftalk.agent.backbones import MINI, load_backbone
from shelftalk.agent.backbones.local import ChatMLLM
from shelftalk.agent.backbones.rendering import WRITTEN
from shelftalk.agent.loop import Agent
from shelftalk.agent.scripted_shop import make_small_shop, small_catalogue
from shelftalk.finetune.tuning.collate import Collator
from shelftalk.finetune.tuning.open_data import TuningData, open_data
from shelftalk.finetune.tuning.rendered import NOT_LEARNT, Example, Rendering, open_rendering
from shelftalk.finetune.tuning.rows import Message, Row, ToolCall

NAMES = ["idefics3", "gemma3", "llava", "mini"]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> TuningData:
    return open_data(write_visits(tmp_path_factory.mktemp("data") / "visits"))


def learnt(rendering: Rendering, example: Example) -> str:
    kept = [label for label in example.labels if label != NOT_LEARNT]
    return str(rendering.processor.tokenizer.decode(kept))


def answers(row: Row) -> Iterator[tuple[list[Message], Message]]:
    for place, message in enumerate(row.messages):
        if message.learn:
            yield row.messages[:place], message


@pytest.mark.parametrize("name", NAMES)
def test_what_is_learnt_can_be_written(name: str, data: TuningData, folders: Callable[[str], Path]) -> None:
    rendering = open_rendering(str(folders(name)), data.tools)
    for number in (0, 1):
        row = data.rows("train")[number]
        (example,) = rendering.row(row, data)  # each prompt goes on where the last answer ended
        assert example.learnt < len(example.ids)
        assert not rendering.left_out
        written = learnt(rendering, example)
        assert "P1" in written.upper()
        assert "with pleasure." in written.lower()
        for messages, message in answers(row):
            answer = rendering.next(messages, message, data)
            assert rendering.allowed(messages, answer, data)
            assert answer.completion_ids[-1] in rendering.reader.vocabulary.stops


def test_the_embedded_model_writes_calls_as_they_stand(data: TuningData) -> None:
    rendering = open_rendering(str(MINI), data.tools)
    row = visit(1, data.folder / "pictures")
    row.messages[2].written = "<|call|> search<|arg|> query: blue"
    (example,) = rendering.row(row, data)
    assert "query: blue<|end|>" in learnt(rendering, example)


def test_arguments_are_in_the_grammar_s_order_and_spelling(
    data: TuningData, folders: Callable[[str], Path]
) -> None:
    rendering = open_rendering(str(folders("idefics3")), data.tools)
    asked = data.rows("train")[1].messages[:2]
    args = {"max_price": 51.5, "where": {"colour": "blue"}, "query": "blue dress", "image": None}
    call = Message(role="assistant", tool_calls=[ToolCall(name="search", args=args)])
    answer = rendering.next(asked, call, data)
    text = rendering.processor.tokenizer.decode(answer.completion_ids)
    assert '{"query": "blue dress", "where": {"colour": "blue"}, "max_price": 51.50}' in text


def test_what_cannot_be_written_is_left_out_and_counted(
    data: TuningData, folders: Callable[[str], Path]
) -> None:
    rendering = open_rendering(str(folders("mini")), data.tools)
    row = visit(1, data.folder / "pictures")
    row.messages[4].content = "你好"
    row.messages[6].tool_calls = [ToolCall(name="search", args={"query": "dress"})] * 2
    (example,) = rendering.row(row, data)
    assert "query" in learnt(rendering, example)
    assert sum(rendering.left_out.values()) == 2
    short = open_rendering(str(folders("mini")), data.tools, longest=20)
    assert short.row(row, data) == []


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_is_its_examples_side_by_side(
    name: str, data: TuningData, folders: Callable[[str], Path]
) -> None:
    """With a picture and without: the loss of a batch is what its rows cost alone."""
    import torch

    from shelftalk.agent.backbones.loading import open_model

    rendering = open_rendering(str(folders(name)), data.tools)
    examples = [example for row in data.rows("train")[:4] for example in rendering.row(row, data)]
    assert {len(example.pictures) for example in examples} == {0, 1}
    assert len({len(example.ids) for example in examples}) > 1
    model = open_model(str(folders(name)), dtype=torch.float32)
    collator = Collator(rendering, examples)

    def loss(some: list[Example]) -> float:
        batch = collator.batch(some)
        labels = batch.pop("labels")
        with torch.no_grad():
            logits = model(**batch).logits[:, :-1]
        return float(
            torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels[:, 1:].flatten(), reduction="sum")
        )

    assert loss(examples) == pytest.approx(sum(loss([example]) for example in examples), rel=1e-4)


@pytest.mark.parametrize("name", ["", "idefics3"])
def test_prompts_are_those_of_a_conversation(
    name: str, folders: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a session came to, rendering it again gives the ids that the model read at each of its answers."""
    from PIL import Image

    backbone = str(folders(name) if name else MINI)
    model = load_backbone(backbone)
    assert isinstance(model, ChatMLLM)
    read: list[list[int]] = []
    fitted = model.engine.reader.fitted

    def noted(chat: Any, tools: Any) -> Any:
        kept, inputs = fitted(chat, tools)
        read.append(inputs["input_ids"][0].tolist())
        return kept, inputs

    monkeypatch.setattr(model.engine.reader, "fitted", noted)
    offered: list[Any] = []
    answer = model.engine.answer
    monkeypatch.setattr(
        model.engine, "answer", lambda chat, tools, **k: (offered.append(tools), answer(chat, tools, **k))[1]
    )
    model.max_new_tokens = 24
    shop = make_small_shop(tmp_path / "store", small_catalogue())
    agent = Agent(shop, model, tmp_path / "sessions")
    agent.ask("a red dress under 49.90", [Image.new("RGB", (30, 20), "red")])
    agent.ask("in blue")

    session = agent.session()
    messages = agent._values(session)["messages"]
    from shelftalk.prompts import system

    rows = [Message(role="system", content=system(list(agent.facets)))]
    for message in messages:
        if isinstance(message, HumanMessage):
            held = [f"{digest}.png" for digest in message.additional_kwargs.get("pictures", [])]
            rows.append(Message(role="user", content=message.text, pictures=held))
        elif isinstance(message, ToolMessage):
            rows.append(Message(role="tool", content=message.text, name=str(message.name)))
        elif isinstance(message, AIMessage):
            calls = [ToolCall(name=call["name"], args=call["args"]) for call in message.tool_calls]
            written = str(message.response_metadata.get(WRITTEN, ""))
            rows.append(Message(role="assistant", content=message.text, tool_calls=calls, written=written))
    kept = session.pictures
    assert kept is not None
    data = TuningData(tmp_path, offered[0], {}, "", {}, [])
    monkeypatch.setattr(data, "picture", lambda name: kept / name)
    rendering = open_rendering(backbone, offered[0])
    asked = [place for place, row in enumerate(rows) if row.role == "assistant"]
    again = [rendering.next(rows[:place], Message(role="assistant", content="Yes."), data) for place in asked]
    assert [answer.prompt_ids for answer in again] == read[: len(again)]
    assert again[0].pictures


def test_older_turns_go_as_in_a_conversation(data: TuningData) -> None:
    """A visit that the model's context cannot hold becomes several examples, and none is longer than it reads."""
    rendering = open_rendering(str(MINI), [SEARCH])
    one = visit(1, data.folder / "pictures")
    row = one.model_copy(update={"messages": [one.messages[0], *one.messages[1:] * 12]})
    examples = rendering.row(row, data)
    assert 1 < len(examples) < 12
    assert max(len(example.ids) for example in examples) <= rendering.reader.limit
    assert sum(example.learnt for example in examples) == 12 * rendering.row(one, data)[0].learnt
