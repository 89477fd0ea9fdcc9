"""Processes that train together hold the same weights after they have met, and agree when to end."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from typing import Any

from shelftalk.finetune.together import EVERY, Together, join

MEMBER = """
import json
import torch
from shelftalk.finetune.together import join
us = join()
weights = [torch.full((2, 3), float(us.number)), torch.tensor([10.0 * us.number])]
us.average(weights)
ends = [us.any(us.number == 1), us.any(False)]
print(json.dumps([us.number, us.count, [w.tolist() for w in weights], ends]))
torch.distributed.destroy_process_group()
"""


def test_two_processes_average_and_agree() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port)}
    members = [
        subprocess.Popen(
            [sys.executable, "-c", MEMBER],
            env={**os.environ, **shared, "RANK": str(number)},
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    found = [json.loads(member.communicate(timeout=120)[0].splitlines()[-1]) for member in members]
    same = [[[0.5] * 3] * 2, [5.0]]
    assert found == [[0, 2, same, [True, False]], [1, 2, same, [True, False]]]


def test_one_alone_meets_nobody_and_goes_on(monkeypatch: Any) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    us = join()
    assert us == Together() and us.meets(1) and us.any(True) and not us.any(False)
    assert [Together(0, 2).meets(step) for step in (EVERY, EVERY + 1)] == [True, False]
