"""What a local model remembers changes nothing but the time: pictures, cuts, sessions, interruptions."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from shelftalk.agent.backbones import runner as runner_module
from shelftalk.agent.backbones.context import fit_context
from shelftalk.agent.backbones.inputs import Inputs
from shelftalk.agent.backbones.runner import Runner
from shelftalk.agent.decoding.ahead import Ahead, guess
from shelftalk.tools.errors import BackboneError

IMAGE, SIDE, EACH = 3, 16, 4  # the picture's token, pixels of a side, tokens of a picture
VOCABULARY, POSITIONS = 64, 512


def llava(text: dict[str, Any]) -> Any:
    import torch
    from transformers import LlavaConfig, LlavaForConditionalGeneration

    torch.manual_seed(7)
    shape = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = LlavaConfig(
        image_token_index=IMAGE,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        tie_word_embeddings=False,
        vision_config={"model_type": "siglip_vision_model", "image_size": SIDE, "patch_size": 8,
                       "vision_use_head": False, **shape},
        text_config={"vocab_size": VOCABULARY, "max_position_embeddings": POSITIONS, **shape, **text},
    )  # fmt: skip
    model = LlavaForConditionalGeneration(config).eval()
    for parameter in model.parameters():  # as they come, weights this small make every answer alike
        parameter.data.mul_(4.0)
    return model


MODELS: dict[str, Callable[[], Any]] = {
    "bert": lambda: llava({"model_type": "bert", "is_decoder": True, "tie_word_embeddings": False}),
    "llama": lambda: llava({"model_type": "llama"}),
    "qwen2": lambda: llava({"model_type": "qwen2", "num_key_value_heads": 1}),
}


@pytest.fixture(scope="module", params=MODELS)
def model(request: pytest.FixtureRequest) -> Any:
    return MODELS[request.param]()


def prompt(*parts: int | str) -> tuple[dict[str, Any], list[str]]:
    """A prompt of words (numbers) and pictures (names); the same name is the same picture."""
    import torch

    ids: list[int] = []
    pictures = [part for part in parts if isinstance(part, str)]
    for part in parts:
        ids += [IMAGE] * EACH if isinstance(part, str) else [part]
    inputs: dict[str, Any] = {"input_ids": torch.tensor([ids])}
    if pictures:
        pixels = [
            torch.randn(3, SIDE, SIDE, generator=torch.Generator().manual_seed(sum(map(ord, p))))
            for p in pictures
        ]
        inputs["pixel_values"] = torch.stack(pixels)
    return inputs, pictures


def words(seed: int, count: int) -> list[int]:
    import random

    return [random.Random(seed * 1000 + n).randrange(8, VOCABULARY) for n in range(count)]


def same(model: Any, runner: Runner, *parts: int | str) -> None:
    """A runner with a past says what one without says."""
    import torch

    assert torch.allclose(runner.start(*prompt(*parts)), Runner(model).start(*prompt(*parts)), atol=1e-4)


def test_the_runner_says_what_transformers_says(model: Any) -> None:
    import torch

    runner = Runner(model)
    talk = words(3, 30)
    logits = [runner.start(*prompt(*talk))[None], runner.feed(words(4, 6), 4), runner.feed([9])]
    with torch.inference_mode():
        told = model(input_ids=torch.tensor([[*talk, *words(4, 6), 9]])).logits[0]
    assert torch.allclose(torch.cat(logits), told[[29, 32, 33, 34, 35, 36]], atol=1e-4)
    assert (runner._lean is not None) == (model.config.get_text_config().model_type == "bert")


def read_tokens(model: Any, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that is told how many tokens each pass reads."""
    counts: list[int] = []
    run = Runner._run

    def counted(self: Runner, read: Any, tokens: list[int], *rest: Any) -> Any:
        counts.append(len(tokens))
        return run(self, read, tokens, *rest)

    monkeypatch.setattr(Runner, "_run", counted)
    return counts


def test_a_later_picture_is_read_with_what_is_new(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    begun, more = words(1, 30), words(2, 10)
    turns: list[list[int | str]] = [
        [*begun],
        [*begun, "red", *more],
        [*begun, "red", *more, "blue", "green", *words(3, 5)],
        [*begun, "red", *more, "white", *words(3, 5)],  # another picture in the same place
    ]
    expected = [Runner(model).start(*prompt(*turn)) for turn in turns]
    counts = read_tokens(model, monkeypatch)
    runner = Runner(model)
    for turn, logits in zip(turns, expected, strict=True):
        assert torch.allclose(runner.start(*prompt(*turn)), logits, atol=1e-4)
    assert counts == [30, EACH + 10, 2 * EACH + 5, EACH + 5]


def test_what_was_cut_is_read_again(model: Any) -> None:
    head, one, two, three = words(1, 20), words(2, 30), words(3, 30), words(4, 30)
    runner = Runner(model)
    same(model, runner, *head, "red", *one, *two)
    same(model, runner, *head, *two, *three)
    same(model, runner, *head, "blue", *two)
    same(model, runner, *two, *three)


def test_sessions_take_turns(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    system = words(9, 40)
    talks: list[list[int | str]] = [[*system, *words(n, 20), f"picture {n}"] for n in range(3)]
    runner = Runner(model)
    for turn in range(3):
        for number, talk in enumerate(talks):
            talk += words(100 * turn + number, 15)
            same(model, runner, *talk)
            talk += [int(runner.feed([token])[0].argmax()) % 8 + 8 for token in words(turn, 3)]
    counts = read_tokens(model, monkeypatch)
    for talk in talks:
        talk += words(1, 5)
        runner.start(*prompt(*talk))
    # Nobody's past was lost: the last few tokens were not fed, and the five new ones come on top.
    assert max(counts) <= 8


def test_an_interruption_leaves_nothing_half_read(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    talk = words(5, 40)
    runner = Runner(model)
    runner.start(*prompt(*talk))
    run = Runner._run

    def stopped(self: Runner, read: Any, *rest: Any) -> Any:
        run(self, read, *rest)
        self._now = None  # as it is in the middle of a pass
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Runner, "_run", stopped)
        with pytest.raises(KeyboardInterrupt):
            runner.feed([9, 10])
    with pytest.raises(BackboneError, match="Send the message again"):
        runner.feed([11])
    same(model, runner, *talk, *words(6, 4))


def test_what_is_kept_is_bounded(model: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from shelftalk.agent.backbones.growing import size_of

    runner = Runner(model)
    for number in range(12):
        runner.start(*prompt(*words(number, 40)))
    assert len(runner._kept) == runner_module.SEQUENCES
    one = size_of(runner._kept[0].cache)
    monkeypatch.setattr(runner_module, "BYTES", 3 * one)
    runner.start(*prompt(*words(50, 40)))
    assert len(runner._kept) == 3
    same(model, runner, *words(50, 40), *words(1, 3))
    monkeypatch.setattr(runner_module, "BYTES", 0)
    same(model, runner, *words(50, 40), *words(1, 5))
    assert len(runner._kept) <= 1


@pytest.mark.parametrize("spare", [0, 2, 6])
def test_guessing_ahead_writes_the_same(model: Any, spare: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner_module, "SPARE", spare)
    monkeypatch.setattr(runner_module, "SPARE_WIDE", spare)
    talk = [*words(1, 20)] * 3
    plain, ahead = Runner(model), Runner(model)
    logits = other = plain.start(*prompt(*talk))
    ahead.start(*prompt(*talk))
    feed = Ahead(ahead).feed
    written = []
    for step in range(24):
        # Now and then what is written is not the likeliest, and at times several tokens are certain.
        token = int(logits.argmax()) if step % 5 else talk[step]
        assert int(other.argmax()) == int(logits.argmax())
        fed = [token, *talk[step : step + 2]] if step % 7 == 3 else [token]
        logits, other = plain.feed(fed)[0], feed(fed)
        written += fed
    same(model, ahead, *talk, *written, *words(2, 5))


@settings(max_examples=50, deadline=None)
@given(keys=st.lists(st.integers(0, 5) | st.just("picture"), max_size=40), most=st.integers(1, 6))
def test_a_guess_is_what_followed_before(keys: list[int | str], most: int) -> None:
    found = guess(keys, most)
    assert len(found) <= most
    assert all(isinstance(token, int) for token in found)
    if found:
        last = keys[-2:]
        places = [at for at in range(len(keys) - 2) if keys[at : at + 2] == last]
        assert any(keys[at + 2 : at + 2 + len(found)] == found for at in places)


TURN = st.lists(st.integers(1, 40), min_size=1, max_size=5)


def conversation(turns: Sequence[Sequence[int]]) -> list[dict[str, Any]]:
    chat: list[dict[str, Any]] = [{"role": "system", "tokens": 10, "turn": -1}]
    for number, turn in enumerate(turns):
        for place, tokens in enumerate(turn):
            chat.append({"role": "assistant" if place else "user", "tokens": tokens, "turn": number})
    return chat


def length(chat: Sequence[dict[str, Any]]) -> int:
    return sum(message["tokens"] for message in chat)


@settings(max_examples=100, deadline=None)
@given(turns=st.lists(TURN, min_size=1, max_size=30))
def test_consecutive_turns_agree_on_what_is_dropped(turns: list[list[int]]) -> None:
    first = [
        fit_context(conversation(turns[:count]), length, 600, comfort=300)[1]["turn"]
        for count in range(1, len(turns) + 1)
    ]
    assert first == sorted(first)
    # Each cut frees half of the room, and the next comes once that is used up; a long turn may count for two.
    cuts = sum(one != other for one, other in pairwise(first))
    assert cuts <= 2 * length(conversation(turns)) / 150 + 1


# A newest turn of up to half the room, which is what a cut makes free: a longer one may need a second cut.
@settings(max_examples=100, deadline=None)
@given(
    turns=st.lists(TURN, min_size=1, max_size=20), newest=st.lists(st.integers(1, 37), min_size=2, max_size=4)
)
def test_a_turn_that_grows_while_it_is_answered_keeps_its_past(
    turns: list[list[int]], newest: list[int]
) -> None:
    kept = [
        fit_context(conversation([*turns, newest[:count]]), length, 600, comfort=300)[1]["turn"]
        for count in range(1, len(newest) + 1)
    ]
    assert kept == sorted(kept)
    assert len(set(kept)) <= 2


def test_pictures_are_processed_once() -> None:
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlavaConfig, LlavaProcessor, PreTrainedTokenizerFast
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    vocabulary = {"<image>": 0, "a": 1, "b": 2, "?": 3}
    core = Tokenizer(models.WordLevel(vocabulary, unk_token="?"))
    core.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core, unk_token="?", pad_token="?", additional_special_tokens=["<image>"]
    )
    processor = LlavaProcessor(
        SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}),
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="full",
        num_additional_image_tokens=0,
    )
    encoded = []
    for colour in ("red", "blue"):
        buffer = io.BytesIO()
        Image.new("RGB", (40, 30), colour).save(buffer, "PNG")
        encoded.append(base64.b64encode(buffer.getvalue()).decode())
    inputs = Inputs(processor, LlavaConfig(), "tiny")
    text = "a <image> b <image> a"
    for _ in range(2):
        made = inputs.of(text, encoded)
        told = processor(
            text=[text],
            images=[[inputs._decoded(one) for one in encoded]],
            add_special_tokens=False,
            return_tensors="pt",
        )
        assert made["input_ids"].tolist() == told["input_ids"].tolist()
        assert torch.equal(made["pixel_values"], told["pixel_values"])
    assert inputs._each == EACH
