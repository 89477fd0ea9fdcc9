"""What a run shows while it goes on: a bar or lines on stderr, and a line of JSON for each entry of its log.

Import it only where transformers is loaded anyway.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from shelftalk.finetune.tuning.resuming import LOG

# What a trainer of preferences measures besides: by how much the better answer is ahead, and how often it is.
MORE = {
    "rewards/margins": "margin",
    "rewards/accuracies": "ahead",
    "eval_rewards/margins": "validation_margin",
    "eval_rewards/accuracies": "validation_ahead",
}


class Progress(TrainerCallback):
    """Follows one run. `tokens` says how many tokens were read since it was asked last."""

    def __init__(self, run: Path, seconds: float, tokens: Callable[[], int], shown: bool) -> None:
        self._run = run
        self._before = seconds  # that the run took before it was resumed
        self._tokens = tokens
        self._shown = shown
        self._bar: Any = None
        self._began = self._last = time.monotonic()
        self._first = 0
        self._said: dict[str, str] = {}

    def on_train_begin(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Open the bar."""
        self._began = self._last = time.monotonic()
        self._first = state.global_step
        if self._shown and state.is_world_process_zero and sys.stderr.isatty():
            from tqdm import tqdm

            layout = "{desc} {percentage:3.0f}%|{bar}| {n_fmt}/{total_fmt} steps, {remaining} left{postfix}"
            self._bar = tqdm(
                total=state.max_steps,
                initial=state.global_step,
                desc="Training",
                bar_format=layout,
                dynamic_ncols=True,
            )

    def on_step_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Move the bar on."""
        if self._bar is not None:
            self._bar.update(1)

    def on_log(
        self,
        args: Any,  # noqa: ARG002
        state: Any,
        control: Any,  # noqa: ARG002
        logs: dict[str, float] | None = None,
        **_: Any,
    ) -> None:
        """Write what was measured: the training loss since the last entry, or the loss on the validation rows."""
        logs = logs or {}
        # Every process asks, so that each begins to count anew.
        read, now = self._tokens(), time.monotonic()
        line: dict[str, Any] = {"step": state.global_step, "epoch": round(state.epoch or 0.0, 4)}
        if "loss" in logs:
            line |= {
                "loss": logs["loss"],
                "rate": logs.get("learning_rate"),
                "gradient": logs.get("grad_norm"),
            }
            line["tokens_per_second"] = round(read / max(now - self._last, 1e-9), 1)
        elif "eval_loss" in logs:
            line["validation_loss"] = logs["eval_loss"]
        line |= {name: logs[key] for key, name in MORE.items() if key in logs}
        self._last = now
        if len(line) == 2 or not state.is_world_process_zero:
            return
        line["seconds"] = round(self._before + now - self._began, 2)
        with (self._run / LOG).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
        if self._shown:
            self._tell(line, state)

    def on_train_end(self, args: Any, state: Any, control: Any, **_: Any) -> None:  # noqa: ARG002
        """Close the bar."""
        self.close()

    def close(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None

    def _tell(self, line: dict[str, Any], state: Any) -> None:
        if "loss" in line:
            self._said["loss"] = f"loss {line['loss']:.4f}"
            self._said["speed"] = f"{line['tokens_per_second']:,.0f} tokens/s"
        else:
            self._said["validation"] = f"validation {line['validation_loss']:.4f}"
        if self._bar is not None:
            self._bar.set_postfix_str(", ".join(self._said.values()))
            return
        done = state.global_step - self._first
        left = (time.monotonic() - self._began) / max(done, 1) * (state.max_steps - state.global_step)
        said = ", ".join(self._said.values())
        print(
            f"step {state.global_step:,} of {state.max_steps:,}: {said}, {time_left(left)} left",
            file=sys.stderr,
            flush=True,
        )


def time_left(seconds: float) -> str:
    """Return a time as hours, minutes and seconds."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
