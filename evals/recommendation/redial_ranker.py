"""A small ranker over the evidence: what it weighs is learnt from dialogues, as a choice among all films."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from shelftalk.evals.recommendation.redial_features import NAMES
from shelftalk.evals.recommendation.redial_rows import Row
from shelftalk.evals.recommendation.redial_samples import Samples

if TYPE_CHECKING:
    from torch import Tensor, nn

HIDDEN = 32
STAGE = 5  # numbers that say how far a conversation has come
EPOCHS = 24
MODELS = 2  # whose scores are averaged: they differ in where they start
BATCH = 64
RATE = 0.01
LINEAR_RATE = 0.05


@dataclass(frozen=True)
class Ranker:
    """What was learnt: models over features divided by `spread`; those not in `used` are taken as 0."""

    models: Sequence[nn.Module]
    spread: np.ndarray  # float32 [NAMES]
    used: np.ndarray  # bool [NAMES]

    def score(self, features: np.ndarray, row: Row) -> np.ndarray:
        """Return float32 [films] for a row's features, float32 [films, NAMES]; higher is better."""
        import torch

        own = torch.from_numpy((features / self.spread * self.used)[None])  # [1, films, NAMES]
        about = torch.from_numpy(stage([row]))  # [1, STAGE]
        with torch.inference_mode():
            scores = [model(own, about)[0] for model in self.models]
        out: np.ndarray = torch.stack(scores).mean(dim=0).numpy()
        return out


def stage(rows: Sequence[Row]) -> np.ndarray:
    """Return how far each conversation has come, and when it was held: float32 [rows, STAGE]."""
    told = [
        (
            not row.seen,
            min(len(row.seen), 6) / 6,
            min(len(row.turns), 14) / 14,
            len(row.turns) <= 2,
            row.when,
        )
        for row in rows
    ]
    return np.array(told, dtype=np.float32).reshape(-1, STAGE)


def network(hidden: int = HIDDEN) -> nn.Module:
    """Return an untrained model: a linear score of the features, and one hidden layer over them and the stage."""
    import torch
    from torch import nn

    class Network(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = nn.Parameter(torch.zeros(len(NAMES)))
            self.inner = nn.Linear(len(NAMES) + STAGE, hidden)
            self.outer = nn.Linear(hidden, 1, bias=False)
            nn.init.zeros_(self.outer.weight)

        def forward(self, features: Tensor, about: Tensor) -> Tensor:
            """features [rows, films, NAMES], about [rows, STAGE] -> scores [rows, films]."""
            squeezed = features.sign() * features.abs().log1p()
            wide = about[:, None].expand(-1, features.shape[1], -1)  # [rows, films, STAGE]
            bent = torch.tanh(self.inner(torch.cat([squeezed, wide], dim=2)) / 2)  # [rows, films, hidden]
            out: Tensor = features @ self.weights + self.outer(bent)[..., 0]
            return out

    return Network()


def fit(samples: Samples, rows: Sequence[Row], used: np.ndarray | None = None, seed: int = 0) -> Ranker:
    """Learn from samples of `rows`, with the features in `used`, bool [NAMES], alone; None: with all."""
    import torch

    used = np.ones(len(NAMES), dtype=bool) if used is None else used
    features = torch.from_numpy(samples.features * used)  # [rows, drawn, NAMES]
    about = torch.from_numpy(stage(rows))  # [rows, STAGE]
    corrections, targets = torch.from_numpy(samples.corrections), torch.from_numpy(samples.targets)
    models = []
    for number in range(MODELS):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(MODELS * seed + number)
            models.append(_train(features, about, corrections, targets))
    return Ranker(models, samples.spread, used)


def _train(features: Tensor, about: Tensor, corrections: Tensor, targets: Tensor) -> Any:
    """Train a model: the cross-entropy of the targets, each counting once, and a little weight decay."""
    import torch

    model: Any = network()
    linear = [model.weights]
    rest = [parameter for name, parameter in model.named_parameters() if name != "weights"]
    steps = EPOCHS * -(-len(features) // BATCH)
    optimiser = torch.optim.Adam([{"params": linear, "lr": LINEAR_RATE}, {"params": rest, "lr": RATE}])
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, [LINEAR_RATE, RATE], total_steps=steps, pct_start=0.2
    )
    for _ in range(EPOCHS):
        for chosen in torch.randperm(len(features)).split(BATCH):  # type: ignore[no-untyped-call]
            scores = model(features[chosen], about[chosen]) + corrections[chosen]  # [batch, drawn]
            wanted = targets[chosen]
            # Where nothing was drawn the score is -inf, and -inf times 0 is no number.
            logs = torch.log_softmax(scores, dim=1).masked_fill(wanted == 0, 0)
            decay = 1e-4 * sum(p.square().sum() for p in (*linear, model.inner.weight))
            loss = -logs.sum() / wanted.sum() + decay + 1e-3 * model.outer.weight.square().sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return model.eval()
