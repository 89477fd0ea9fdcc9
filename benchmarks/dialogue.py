"""What the caches save over a conversation, against plain generation that reads every prompt from its beginning.

    python benchmarks/dialogue.py [--backbone NAME] [--rounds 3] [--threads 2] [--memory]

A dialogue of eight turns, with a picture in the third, is answered twice in one process by one model: by our engine,
and by `model.generate`, greedily, with the same prompts, the same number of tokens and no cache across turns. What
the shopper says and what the tools find is fixed. Each turn asks twice: for a call and, after its result, for a reply;
both stand in the prompts that follow, as in a session. Prints the median of the rounds' ratios.
With `--memory`, prints the peak memory of a process that has the whole assistant with the demo shop answer six turns.
"""

from __future__ import annotations

import argparse
import base64
import io
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from typing import Any

WATCHED = 6  # the turn whose first token is timed

# The shopper's words, the call that would answer them, its result, and a reply for a model that has none.
TURNS: list[tuple[str, str, dict[str, Any], str, str]] = [
    (
        "hi, i need a dress for a summer wedding [catalogue: category: dress]",
        "search",
        {"query": "summer wedding", "category": "dress"},
        "4 found\n[P1] Kestrel & Pine evening dress, dress, $80; colour: brown; material: velvet\n"
        "[P2] Rhoda evening dress, dress, $50; colour: red; material: velvet\n"
        "[P3] Otis wrap dress, dress, $55.90; colour: red; material: cotton\n"
        "[P4] Delphi shift dress, dress, $126; colour: navy; material: silk",
        "[P3] in red cotton would suit a summer wedding, and [P4] is the finest of them.",
    ),
    (
        "red, and under 80 please [catalogue: colour: red] [so far: query: summer wedding; category: dress]",
        "search",
        {"query": "summer wedding", "category": "dress", "where": {"colour": "red"}, "max_price": 80},
        "2 found\n[P2] Rhoda evening dress, dress, $50; colour: red; material: velvet\n"
        "[P3] Otis wrap dress, dress, $55.90; colour: red; material: cotton",
        "That leaves [P2] in velvet and [P3] in cotton.",
    ),
    (
        "do you have shoes that go with this? (img1: <image>) "
        "[so far: query: summer wedding; category: dress; colour: red; max price: 80]",
        "search",
        {"query": "shoes", "image": "img1"},
        "4 found\n[P5] Lorn strappy sandals, sandals, $39.90; colour: red; material: leather\n"
        "[P6] Mabel block heels, pumps, $72; colour: beige; material: suede\n"
        "[P7] Fenn ballet flats, flats, $28.50; colour: red; material: cotton\n"
        "[P8] Juno court shoes, pumps, $95; colour: black; material: leather",
        "The red sandals [P5] match it best; [P6] in beige would be a calmer choice.",
    ),
    (
        "tell me more about the second one [so far: query: shoes; image: img1]",
        "details",
        {"product": "P6"},
        "[P6] Mabel block heels, pumps, $72; colour: beige; material: suede; heel: 6 cm; sizes: 36, 37, 38, 39, 40; "
        "rating: 4.3; in stock: 7",
        "[P6] has a block heel of 6 cm in beige suede, and there are 7 left.",
    ),
    (
        "i like those. anything like them in leather? "
        "[catalogue: material: leather] [so far: query: shoes; image: img1; liked: P6]",
        "search",
        {"query": "block heels", "category": "pumps", "where": {"material": "leather"}},
        "3 found\n[P8] Juno court shoes, pumps, $95; colour: black; material: leather\n"
        "[P9] Tamsin block heels, pumps, $84; colour: tan; material: leather\n"
        "[P10] Odile kitten heels, pumps, $61.50; colour: white; material: leather",
        "[P9] is the nearest, in tan leather.",
    ),
    (
        "cheaper? [so far: query: block heels; category: pumps; material: leather; liked: P6]",
        "search",
        {"query": "block heels", "category": "pumps", "where": {"material": "leather"}, "max_price": 80},
        "2 found\n[P10] Odile kitten heels, pumps, $61.50; colour: white; material: leather\n"
        "[P11] Hester pumps, pumps, $58; colour: black; material: leather",
        "[P11] at $58 is the cheapest in leather.",
    ),
    (
        "compare the two [so far: query: block heels; category: pumps; material: leather; max price: 80; liked: P6]",
        "compare",
        {"products": ["P10", "P11"]},
        "compare\n[P10] Odile kitten heels, $61.50; colour: white; heel: 4 cm; rating: 4.6; in stock: 3\n"
        "[P11] Hester pumps, $58; colour: black; heel: 7 cm; rating: 4.1; in stock: 12",
        "[P10] is lower and better rated, [P11] a little cheaper and higher.",
    ),
    (
        "is the white one in stock? [so far: query: block heels; category: pumps; material: leather; liked: P6]",
        "details",
        {"product": "P10"},
        "[P10] Odile kitten heels, pumps, $61.50; colour: white; material: leather; heel: 4 cm; rating: 4.6; "
        "in stock: 3",
        "Yes, 3 of [P10] are left.",
    ),
]

MEMORY = """
import json, resource, sys
from PIL import Image
from shelftalk import Agent
agent = Agent()
ready = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for number, text in enumerate(json.loads(sys.argv[1])):
    agent.ask(text, [Image.new("RGB", (800, 600), "crimson")] if number == 2 else [])
unit = 2**30 if sys.platform == "darwin" else 2**20
print(json.dumps([ready / unit, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit]))
"""


@dataclass(frozen=True)
class Timed:
    """One answer: seconds until its first token and until its last, and how many there were."""

    first: float
    whole: float
    tokens: int


def picture() -> str:
    """Return the picture that the shopper sends, as base64."""
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (640, 480), "ivory")
    ImageDraw.Draw(image).polygon([(320, 40), (480, 440), (160, 440)], fill="crimson")
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def by_engine(engine: Any, messages: list[Any], tools: list[Any], choice: str) -> tuple[Timed, str, Any]:
    """Answer with our engine; return the words and the call as well."""
    from shelftalk.agent.backbones.engine import Call, Ending
    from shelftalk.agent.backbones.rendering import to_chat

    start = time.perf_counter()
    first, written, words, call = 0.0, 0, "", None
    only = None if choice == "any" else ()  # the tools stay in the prompt
    for part in engine.answer(to_chat(messages), tools, reply=choice == "none", most=60, only=only):
        first = first or time.perf_counter() - start
        if isinstance(part, Ending):
            written = part.written
        elif isinstance(part, Call):
            call = part
        else:
            words += part
    return Timed(first, time.perf_counter() - start, written), words, call


def by_generate(engine: Any, messages: list[Any], tools: list[Any], tokens: int) -> Timed:
    """Answer with `generate`: the same prompt, the same number of tokens."""
    import torch
    from transformers.generation.streamers import BaseStreamer

    from shelftalk.agent.backbones.rendering import decode_picture, encoded_pictures, to_chat

    class Clock(BaseStreamer):  # type: ignore[misc]
        times: list[float] = []  # noqa: RUF012

        def put(self, value: Any) -> None:  # noqa: ARG002
            self.times.append(time.perf_counter())

        def end(self) -> None:
            pass

    chat, _ = engine.fitted(to_chat(messages), tools)
    clock = Clock()
    clock.times = []
    start = time.perf_counter()
    pictures = [decode_picture(encoded) for encoded in encoded_pictures(chat)]
    text = engine.dialect.prompt(chat, tools)
    more = {"images": [pictures]} if pictures else {}
    inputs = engine.processor(text=[text], add_special_tokens=False, return_tensors="pt", **more)
    inputs = inputs.to(engine.model.device, engine.model.dtype)
    with torch.inference_mode():
        engine.model.generate(
            **inputs, do_sample=False, max_new_tokens=tokens, min_new_tokens=tokens, streamer=clock
        )
    return Timed(clock.times[1] - start, time.perf_counter() - start, tokens)


def one_round(engine: Any, tools: list[Any]) -> dict[str, float]:
    """Answer the dialogue both ways; return the ratios, and our tokens a second."""
    from langchain_core.messages import AIMessage, HumanMessage, SystemMessage, ToolMessage

    from shelftalk.prompts import system

    pairs: list[tuple[int, str, Timed, Timed]] = []
    engine.forget()
    messages: list[Any] = [SystemMessage(system(["category", "colour", "material", "heel"]))]

    def ask(turn: int, choice: str) -> tuple[str, Any]:
        ours, words, call = by_engine(engine, messages, tools, choice)
        plain = by_generate(engine, messages, tools, max(2, ours.tokens))
        pairs.append((turn, choice, ours, plain))
        return words.strip(), call

    for turn, (said, name, arguments, result, reply) in enumerate(TURNS, start=1):
        parts: list[str | dict[str, Any]] = [{"type": "text", "text": said}]
        if "<image>" in said:
            parts.append({"type": "image", "base64": picture(), "mime_type": "image/png"})
        messages.append(HumanMessage(parts))
        _, call = ask(turn, "any")
        name, arguments = (call.name, call.arguments) if call is not None else (name, arguments)
        messages.append(AIMessage("", tool_calls=[{"name": name, "args": arguments, "id": f"call_{turn}"}]))
        messages.append(ToolMessage(result, tool_call_id=f"call_{turn}", name=name))
        words, _ = ask(turn, "none")
        messages.append(AIMessage(words or reply))
    sixth = [(ours, plain) for turn, _, ours, plain in pairs if turn == WATCHED]
    written = sum(ours.tokens - 1 for _, _, ours, _ in pairs)
    seconds = sum(ours.whole - ours.first for _, _, ours, _ in pairs)
    return {
        f"time to first token, turn {WATCHED}": sixth[0][1].first / sixth[0][0].first,
        f"whole turn {WATCHED}": sum(p.whole for _, p in sixth) / sum(o.whole for o, _ in sixth),
        "time to first token, all turns": sum(p.first for *_, p in pairs)
        / sum(o.first for *_, o, _ in pairs),
        "all turns": sum(p.whole for *_, p in pairs) / sum(o.whole for *_, o, _ in pairs),
        "tokens a second": written / seconds,
        "tokens a second, plain": sum(p.tokens - 1 for *_, p in pairs)
        / sum(p.whole - p.first for *_, p in pairs),
        "milliseconds to first token, ours": 1000 * sixth[0][0].first,
        "milliseconds to first token, plain": 1000 * sixth[0][1].first,
    }


def memory() -> None:
    """Print the peak memory of a process that has the whole assistant with the demo shop."""
    with tempfile.TemporaryDirectory() as home:
        environment = {**os.environ, "SHELFTALK_HOME": home, "HF_HUB_OFFLINE": "1"}
        command = [
            sys.executable,
            "-c",
            MEMORY,
            json.dumps([words.partition(" [")[0] for words, *_ in TURNS[:6]]),
        ]
        for which in ("first start, the shop is indexed", "later starts"):
            done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
            ready, peak = json.loads(done.stdout.splitlines()[-1])
            print(f"memory, {which}: {ready:.2f} GiB when ready, {peak:.2f} GiB at most")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--backbone", help="a local model's folder or hub name; the embedded one if not given"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--memory", action="store_true")
    given = parser.parse_args()
    if given.memory:
        memory()
        return
    os.environ["HF_HUB_OFFLINE"] = "1"
    import torch
    from langchain_core.utils.function_calling import convert_to_openai_tool

    from shelftalk.agent.backbones import load_backbone
    from shelftalk.agent.calls import langchain_tools

    torch.set_num_threads(given.threads)
    facets = {
        "category": {"dress": 9, "sandals": 9, "pumps": 9, "flats": 9},
        "colour": {"red": 9, "brown": 9, "navy": 9, "beige": 9, "tan": 9, "white": 9, "black": 9},
        "material": {"velvet": 9, "cotton": 9, "silk": 9, "leather": 9, "suede": 9},
    }
    engine = load_backbone(given.backbone).engine  # type: ignore[attr-defined]
    tools = [convert_to_openai_tool(tool) for tool in langchain_tools(facets)]
    one_round(engine, tools)  # not counted
    rounds = [one_round(engine, tools) for _ in range(given.rounds)]
    print(f"{given.threads} threads, {engine.model.dtype}; medians of {given.rounds} rounds; plain / ours")
    for name in rounds[0]:
        values = [found[name] for found in rounds]
        print(f"{name:36} {statistics.median(values):8.1f}   ({min(values):.1f} to {max(values):.1f})")


if __name__ == "__main__":
    main()
