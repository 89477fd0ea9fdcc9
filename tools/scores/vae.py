"""What the variational scorers share: a layer over baskets, their losses, and the loop that trains them.

A basket is the places of the items that one shopper took, each with a weight. Baskets are kept sparse: the first
layer adds up the rows of the items in a basket, which costs what a shopper took and not what the shop holds.
This module imports torch; import it where something is fitted, not where something is served.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from shelftalk.tools.errors import ShelftalkError
from shelftalk.tools.scores.contract import Progress

UNLIKELY = -1e4  # the logit of what cannot be: finite, so that 0 times it is 0
AVERAGE = 0.995  # how much of the running average of the weights a step keeps


@dataclass(frozen=True)
class Baskets:
    """A batch of baskets, one after another."""

    items: np.ndarray  # int64 [entries]
    starts: np.ndarray  # int64 [baskets + 1]
    weights: np.ndarray  # float32 [entries]

    @property
    def owners(self) -> np.ndarray:
        """Return the basket that each entry is in: int64 [entries]."""
        return np.repeat(np.arange(len(self.starts) - 1), np.diff(self.starts))

    def scaled(self, factor: float) -> Baskets:
        """Return the same baskets with each weight times `factor`."""
        return Baskets(self.items, self.starts, self.weights * np.float32(factor))


def baskets_of(matrix: Any, rows: np.ndarray) -> Baskets:
    """Return these rows of a sparse float32 [shoppers, items] matrix as baskets."""
    part = matrix[rows]
    return Baskets(part.indices.astype(np.int64), part.indptr.astype(np.int64), part.data.astype(np.float32))


def dropped(baskets: Baskets, keep: np.ndarray) -> Baskets:
    """Return the baskets with the entries at which `keep` (bool [entries]) is true."""
    starts = np.concatenate([[0], np.cumsum(keep)])[baskets.starts]
    return Baskets(baskets.items[keep], starts, baskets.weights[keep])


def normalised(baskets: Baskets) -> Baskets:
    """Return the baskets with each one's weights scaled to length 1; an empty one stays empty."""
    size = np.sqrt(np.bincount(baskets.owners, baskets.weights**2, minlength=len(baskets.starts) - 1))
    weights = (baskets.weights / np.maximum(size, 1e-12)[baskets.owners]).astype(np.float32)
    return Baskets(baskets.items, baskets.starts, weights)


class BasketLayer(nn.Module):
    """A linear layer over baskets: `weights` has a row for each item."""

    def __init__(self, items: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(nn.init.xavier_normal_(torch.empty(items, size)))
        self.bias = nn.Parameter(torch.zeros(size))

    def forward(self, baskets: Baskets) -> Tensor:
        """Return float32 [baskets, size]."""
        summed = nn.functional.embedding_bag(
            torch.from_numpy(baskets.items),
            self.weight,
            torch.from_numpy(baskets.starts[:-1]),
            mode="sum",
            per_sample_weights=torch.from_numpy(baskets.weights),
        )
        return summed + self.bias


def multinomial_loss(logits: Tensor, targets: Baskets, seen: Baskets | None = None) -> Tensor:
    """Return the negative log-likelihood of each target basket, float32 [baskets] (arXiv 1802.05814, equation 2).

    `logits` are float32 [baskets, items]. The items of `seen` baskets cannot be drawn: the likelihood is over the
    others. No item is in both.
    """
    if seen is not None:
        out = torch.zeros_like(logits, dtype=torch.bool)  # [baskets, items]
        out[torch.from_numpy(seen.owners), torch.from_numpy(seen.items)] = True
        logits = logits.masked_fill(out, UNLIKELY)
    wanted = torch.zeros_like(logits)  # [baskets, items]
    wanted[torch.from_numpy(targets.owners), torch.from_numpy(targets.items)] = torch.from_numpy(
        targets.weights
    )
    return -(nn.functional.log_softmax(logits, dim=1) * wanted).sum(dim=1)


def divergence(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Return KL(N(mean, variance) || N(0, 1)) summed over the last axis; the shapes of both are the same."""
    return -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=-1)


def sample(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Draw once from N(mean, variance), so that gradients reach both (the reparametrisation of arXiv 1312.6114)."""
    return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)


def train(
    model: nn.Module,
    rows: int,
    loss: Callable[[np.ndarray, int], Tensor],
    check: Callable[[], float] | None = None,
    *,
    epochs: int,
    batch: int,
    rate: float,
    patience: int = 5,
    every: int = 5,
    decay: float = 0.0,
    floor: float = 1.0,
    progress: Progress | None = None,
    seed: int = 0,
) -> int:
    """Train `model` with Adam and leave it with the running average of its weights; return the epochs trained.

    `loss(places, step)` gives the scalar loss of the rows at `places` (int64 [up to batch]) at a step counted
    from 0. `check` gives a figure of merit, higher is better, of the averaged weights, asked every `every` epochs
    and at the end: the best weights are kept, and training ends after `patience` checks without a better one.
    The rate falls along half a cosine to `floor` times `rate` in the last epoch (Loshchilov and Hutter, arXiv
    1608.03983, without restarts); `decay` is AdamW's weight decay. Torch's random numbers follow `seed` within the
    call and go on after it as if there had been none. ShelftalkError: the loss is not a finite number.
    (Averaging: Polyak and Juditsky, Acceleration of Stochastic Approximation by Averaging, 1992)
    """
    shuffle = np.random.default_rng(seed)
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimiser = torch.optim.AdamW(parameters, lr=rate, weight_decay=decay, fused=True)
    averages = [parameter.detach().clone() for parameter in parameters]
    best: list[Tensor] | None = None
    merit, worse, step = -math.inf, 0, 0
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        for epoch in range(1, epochs + 1):
            order = shuffle.permutation(rows)
            height = (1 + math.cos(math.pi * (epoch - 1) / epochs)) / 2
            for group in optimiser.param_groups:
                group["lr"] = rate * (floor + (1 - floor) * height)
            for start in range(0, rows, batch):
                lost = loss(order[start : start + batch], step)
                if not torch.isfinite(lost):
                    raise ShelftalkError(
                        f"The loss was {lost.item()} in epoch {epoch}: training has diverged; lower the rate "
                        f"(it is {rate}) and fit again."
                    )
                optimiser.zero_grad()
                lost.backward()  # type: ignore[no-untyped-call]
                optimiser.step()
                step += 1
                # At first the average follows closely: the weights it began with say nothing.
                share = max(1 - AVERAGE, 9 / (step + 9))
                torch._foreach_lerp_(averages, [parameter.detach() for parameter in parameters], share)
            if progress is not None:
                progress(epoch, epochs)
            if check is not None and (epoch % every == 0 or epoch == epochs):
                _swap(parameters, averages)
                now = check()
                _swap(parameters, averages)
                if now > merit:
                    merit, worse, best = now, 0, [average.clone() for average in averages]
                else:
                    worse += 1
                    if worse == patience:
                        break
    _swap(parameters, best or averages)
    return epoch


def _swap(some: list[Tensor] | list[nn.Parameter], others: list[Tensor]) -> None:
    for one, other in zip(some, others, strict=True):
        one.data, other.data = other.data, one.data


class BasketEncoder(nn.Module):
    """A basket to a normal distribution over a latent: two hidden layers, the second with the first added.

    Layer norm and swish follow each, as in the encoder of RecVAE (Shenbin et al., arXiv 1912.11160, section 3.2).
    """

    def __init__(self, items: int, hidden: int, latent: int) -> None:
        super().__init__()
        self.first, self.first_norm = BasketLayer(items, hidden), nn.LayerNorm(hidden)
        self.second, self.second_norm = nn.Linear(hidden, hidden), nn.LayerNorm(hidden)
        self.last = nn.Linear(hidden, 2 * latent)
        nn.init.xavier_normal_(self.last.weight)
        nn.init.zeros_(self.last.bias)

    def forward(self, baskets: Baskets) -> tuple[Tensor, Tensor]:
        """Return mean and log-variance, float32 [baskets, latent] each."""
        first = self.first_norm(nn.functional.silu(self.first(baskets)))  # [baskets, hidden]
        second = self.second_norm(nn.functional.silu(self.second(first) + first))  # [baskets, hidden]
        mean, log_variance = self.last(second).chunk(2, dim=1)
        return mean, log_variance


@dataclass(frozen=True)
class Held:
    """Shoppers held out of a fit: what is known of each, and what is to be found, of the same sparse shape."""

    known: Any  # csr float32 [shoppers, items]
    wanted: Any

    def quality(self, score: Callable[[Any], Tensor], places: int = 100, batch: int = 200) -> float:
        """Return the mean NDCG@`places` of what is to be found, over the shoppers who have any.

        `score` takes csr [up to batch, items] and gives float32 [up to batch, items].
        """
        gains = []
        discount = 1 / torch.log2(torch.arange(2, min(places, self.known.shape[1]) + 2))
        for start in range(0, self.known.shape[0], batch):
            known, wanted = self.known[start : start + batch], self.wanted[start : start + batch]
            with torch.no_grad():
                scores = score(known).clone()
            scores[known.nonzero()] = -math.inf
            best = scores.topk(len(discount), dim=1).indices.numpy()  # [batch, places]
            hits = torch.from_numpy(np.take_along_axis(wanted.toarray(), best, axis=1)) > 0
            count = np.minimum(np.diff(wanted.indptr), len(discount))
            ideal = torch.cat([torch.zeros(1), discount.cumsum(0)])[torch.from_numpy(count)]
            gains.append(((hits * discount).sum(dim=1) / ideal)[ideal > 0])
        return float(torch.cat(gains).mean()) if gains else 0.0


def hold_out(matrix: Any, share: float, found: float, seed: int = 0) -> tuple[np.ndarray, Held]:
    """Split shoppers at random: the rows to train on (int64), and `share` of the shoppers held out.

    `found` of what a held-out shopper took is to be found; one who took a single thing is not held out.
    """
    from scipy.sparse import csr_array

    random = np.random.default_rng(seed)
    many = random.permutation(np.flatnonzero(np.diff(matrix.indptr) > 1))
    held = np.sort(many[: int(share * matrix.shape[0])])
    part = csr_array(matrix[held])
    owners = np.repeat(np.arange(len(held)), np.diff(part.indptr))
    # The place of each entry in a random order of its shopper's: the first few are to be found, one at least.
    order = np.lexsort((random.random(len(owners)), owners))
    place = np.empty(len(order), np.int64)
    place[order] = np.arange(len(order)) - part.indptr[owners[order]]
    wanted = place < np.maximum(1, found * np.diff(part.indptr)[owners])

    def only(keep: np.ndarray) -> Any:
        return csr_array((part.data[keep], (owners[keep], part.indices[keep])), shape=part.shape)

    return np.setdiff1d(np.arange(matrix.shape[0]), held), Held(only(~wanted), only(wanted))
