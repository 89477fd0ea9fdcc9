"""How long a shopper waits, and how much memory the chat takes.

    python benchmarks/chat.py [--turns 20] [--threads 2]

Prints a table: the help, the prompt, the model, a turn with one search (first word, all of it), memory. Each figure
is a median over its runs, with the least and the most. Nothing is asserted: the numbers are for a reader to judge.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

REQUESTS = [
    "a red dress under 80",
    "show me wooden chairs",
    "do you have blue sneakers?",
    "i need a leather handbag",
    "table lamps in white",
    "something warm for the winter",
    "a striped shirt",
    "black boots below 120 dollars",
    "a rug for the living room",
    "cheap mugs",
]

TURNS = """
import json, resource, sys, time
start = time.perf_counter()
import torch
torch.set_num_threads(int(sys.argv[2]))
from shelftalk import Agent
from shelftalk.agent.message import Message
from shelftalk.agent.reply import Done, Words
agent = Agent()
ready = time.perf_counter() - start
turns = []
for text in json.loads(sys.argv[1]):
    begin, first = time.perf_counter(), None
    for event in agent.stream(None, Message.of(text)):
        if first is None and isinstance(event, Words) and event.text.strip():
            first = time.perf_counter() - begin
    turns.append((first, time.perf_counter() - begin))
memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
print(json.dumps({"ready": ready, "turns": turns, "memory": memory}))
"""


def timed(run: Callable[[], None], times: int) -> list[float]:
    """Return how long each of several runs took, in seconds, after one that is not counted."""
    run()
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return seconds


def until_prompt(environment: dict[str, str]) -> None:
    """Open the chat in a terminal of its own and leave it as soon as its prompt is there."""
    import pexpect

    chat = pexpect.spawn(shelftalk(), ["chat"], env=environment, dimensions=(40, 100), timeout=60)
    chat.expect(r"\x1b\[0m>")
    chat.close(force=True)


def shelftalk() -> str:
    """Return the command that lies beside this Python."""
    return str(Path(sys.executable).with_name("shelftalk"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--turns", type=int, default=20)
    parser.add_argument("--threads", type=int, default=2)
    given = parser.parse_args()
    environment = {**os.environ, "TERM": "xterm-256color", "HF_HUB_OFFLINE": "1"}
    with tempfile.TemporaryDirectory() as home:
        environment["SHELFTALK_HOME"] = home
        # The demo shop is indexed once, when a chat first opens it.
        subprocess.run(
            [shelftalk(), "search", "dress", "--json"], env=environment, check=True, capture_output=True
        )
        rows = {
            "shelftalk --help": timed(
                lambda: subprocess.run([shelftalk(), "--help"], check=True, capture_output=True) and None, 5
            )
        }
        rows["prompt shown"] = timed(lambda: until_prompt(environment), 5)
        texts = [REQUESTS[i % len(REQUESTS)] for i in range(given.turns)]
        arguments = [sys.executable, "-c", TURNS, json.dumps(texts), str(given.threads)]
        done = subprocess.run(arguments, env=environment, check=True, capture_output=True, text=True)
    found = json.loads(done.stdout.splitlines()[-1])
    rows["model ready"] = [found["ready"]]
    rows["turn: first word"] = [first for first, _ in found["turns"] if first is not None]
    rows["turn: all"] = [whole for _, whole in found["turns"]]
    print(f"{'':24} {'median':>8} {'least':>8} {'most':>8}   seconds, {given.threads} threads")
    for name, seconds in rows.items():
        print(f"{name:24} {statistics.median(seconds):8.2f} {min(seconds):8.2f} {max(seconds):8.2f}")
    print(f"{'memory at most':24} {found['memory']:8.2f} GiB")


if __name__ == "__main__":
    main()
