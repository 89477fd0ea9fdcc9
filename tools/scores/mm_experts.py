"""Experts over an item's latent, and their product: what its text says of it, and what its picture does.

The latent of an item has a standard normal prior. An expert reads a modality and answers with a normal distribution
in natural parameters, its precision and its precision times its mean; experts multiply by adding these up, the prior
among them with precision 1 and mean 0, and a modality that is missing adds nothing: the product of Gaussian experts
of Wu and Goodman, Multimodal Generative Models for Scalable Weakly-Supervised Learning (arXiv 1802.05335, section 2.2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch

    from shelftalk.tools.scores.contract import Progress

UNITS = 2048  # hidden units an expert has at most; each stands at the vector of an item
WIDTH = 1.0  # of a unit, squared, in mean squared distances of an item from the mean of all
RIDGE = 0.3  # the precision of the weights' prior, for a noise of 1
LEAST = 0.01  # of an expert's precision
NEAREST = 0.07  # the temperature of the contrastive term
AT_ONCE = 4096  # items that an expert reads at a time
# What is left of a modality at each step: text alone, picture alone, both (the sub-sampled terms of section 3).
SUBSETS = ((1.0, 0.0), (0.0, 1.0), (1.0, 1.0))


@dataclass(frozen=True)
class Product:
    """Normal distributions in natural parameters, one an item; multiplied by adding."""

    natural: np.ndarray  # float32 [items, size], precision times mean
    precision: np.ndarray  # float32 [items, size]

    def __mul__(self, other: Product) -> Product:
        """Return the product of both."""
        return Product(self.natural + other.natural, self.precision + other.precision)

    def mean(self) -> np.ndarray:
        """Return the mean of the product with the prior: float32 [items, size]."""
        out: np.ndarray = self.natural / (1 + self.precision)
        return out


@dataclass(frozen=True)
class Expert:
    """A network with one hidden layer of Gaussian units; NumPy alone."""

    centre: np.ndarray  # float32 [width], the mean vector
    length: np.ndarray  # float32 [], of a difference that counts as 1
    units: np.ndarray  # float32 [units, width], what `placed` gives of the items they stand at
    weights: np.ndarray  # float32 [units + 1, size], to the mean of the latent, the last row its offset
    precision: np.ndarray  # float32 [size]

    def read(self, vectors: np.ndarray) -> Product:
        """Say what vectors, float32 [items, width], tell of the latent; a row with a NaN tells nothing."""
        natural = np.zeros((len(vectors), self.weights.shape[1]), np.float32)
        precision = np.zeros_like(natural)
        there = np.flatnonzero(~np.isnan(vectors).any(axis=1)) if len(self.units) else np.empty(0, np.int64)
        for start in range(0, len(there), AT_ONCE):
            rows = there[start : start + AT_ONCE]
            mean = near(self.placed(vectors[rows]), self.units) @ self.weights[:-1] + self.weights[-1]
            natural[rows] = (1 + self.precision) * mean
            precision[rows] = self.precision
        return Product(natural, precision)

    def placed(self, vectors: np.ndarray) -> np.ndarray:
        """Return vectors around the mean one, in the units' measure: float32 [items, width]."""
        out: np.ndarray = ((vectors - self.centre) / self.length).astype(np.float32)
        return out


def near(some: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return exp(-d^2 / 2) of each one's distance d to each unit: float32 [items, units]."""
    apart = (some**2).sum(axis=1)[:, None] + (units**2).sum(axis=1) - 2 * some @ units.T  # [items, units]
    out: np.ndarray = np.exp(-0.5 * np.maximum(apart, 0))
    return out


def blank(width: int, size: int) -> Expert:
    """Return an expert that has nothing to tell."""
    nothing = np.zeros((1, size), np.float32)
    units = np.empty((0, width), np.float32)
    return Expert(np.zeros(width, np.float32), np.ones((), np.float32), units, nothing, nothing[0])


def train_experts(
    words: np.ndarray,
    pictures: np.ndarray,
    latents: np.ndarray,
    *,
    epochs: int,
    batch: int,
    rate: float,
    contrast: float,
    seed: int,
    progress: Progress | None = None,
) -> tuple[Expert, Expert]:
    """Return a text and a picture expert that say of items what behaviour says of them.

    `words` and `pictures` are float32 [items, width], rows of NaN where missing; `latents` float32 [items, size],
    what behaviour says, with mean 0 and variance 1. Each expert begins at the ridge regression from its hidden
    units, its precision that of the errors it makes on items left out. Then both are trained together to explain
    the latents by text alone, by the picture alone and by both (arXiv 1802.05335, section 3, sub-sampled terms; as
    all is normal here, each term is exact and not a bound), with a contrastive term of weight `contrast` that pulls
    what text and picture say of one item together and apart from other items' (InfoNCE: van den Oord et al., arXiv
    1807.03748). Where fewer than two items have a modality, its expert is blank.
    """
    drafts = [_Draft(part, latents, seed) for part in (words, pictures)]
    if epochs and all(len(draft.rows) > 1 for draft in drafts):
        _together(drafts, latents, epochs, batch, rate, contrast, seed, progress)
    first, second = (draft.expert() for draft in drafts)
    return first, second


class _Draft:
    """An expert in the making: its hidden layer turned so that the units do not repeat one another."""

    def __init__(self, vectors: np.ndarray, latents: np.ndarray, seed: int) -> None:
        self.width, self.size = vectors.shape[1], latents.shape[1]
        self.rows = np.flatnonzero(~np.isnan(vectors).any(axis=1)) if self.size else np.empty(0, np.int64)
        if len(self.rows) < 2:
            return
        known = vectors[self.rows]
        centre = known.mean(axis=0)
        length = np.sqrt(max(WIDTH * float(np.square(known - centre).sum(axis=1).mean()), 1e-12))
        drawn = np.random.default_rng(seed).permutation(len(self.rows))[:UNITS]
        offset = latents[self.rows].mean(axis=0)
        nothing = np.zeros((len(drawn) + 1, self.size), np.float32)
        self.plain = Expert(centre, np.float32(length), known[np.sort(drawn)], nothing, offset)
        self.plain = replace(self.plain, units=self.plain.placed(self.plain.units))
        # The inverse square root of the units' nearness to one another: ridge regression on the turned units is
        # that of the kernel (Williams and Seeger, Using the Nystroem Method to Speed Up Kernel Machines, 2000).
        values, vectors_ = np.linalg.eigh(near(self.plain.units, self.plain.units).astype(np.float64))
        self.turn = (vectors_ / np.sqrt(np.maximum(values, 1e-4))) @ vectors_.T  # [units, units]
        self.hidden = near(self.plain.placed(known), self.plain.units) @ self.turn  # [rows, units]
        gram = self.hidden.T @ self.hidden + RIDGE * np.eye(len(drawn))
        wanted = latents[self.rows] - offset
        self.weights = np.linalg.solve(gram, self.hidden.T @ wanted)  # [units, size]
        self.offset = offset
        # The error on each item had it been left out, without leaving each out.
        lever = (self.hidden * np.linalg.solve(gram, self.hidden.T).T).sum(axis=1)
        errors = (wanted - self.hidden @ self.weights) / np.maximum(1 - lever, 0.1)[:, None]
        self.precision = np.maximum(1 / np.square(errors).mean(axis=0).clip(1e-3) - 1, LEAST)  # [size]

    def expert(self) -> Expert:
        if len(self.rows) < 2:
            return blank(self.width, self.size)
        weights = np.vstack([self.turn @ self.weights, self.offset]).astype(np.float32)
        return replace(self.plain, weights=weights, precision=self.precision.astype(np.float32))


def _together(
    drafts: list[_Draft],
    latents: np.ndarray,
    epochs: int,
    batch: int,
    rate: float,
    contrast: float,
    seed: int,
    progress: Progress | None,
) -> None:
    import torch
    from torch import nn

    from shelftalk.tools.scores import vae

    items = len(latents)
    wanted = torch.from_numpy(latents.astype(np.float32))  # [items, size]
    place = [torch.full((items,), -1, dtype=torch.int64) for _ in drafts]
    layers = [torch.from_numpy(draft.hidden.astype(np.float32)) for draft in drafts]  # [rows, units]
    model = nn.ParameterList()
    for draft, at in zip(drafts, place, strict=True):
        at[torch.from_numpy(draft.rows)] = torch.arange(len(draft.rows))
        for array in (draft.weights, draft.offset, np.log(draft.precision)):
            model.append(nn.Parameter(torch.from_numpy(array.astype(np.float32))))
    rows = np.flatnonzero((place[0] >= 0).numpy() | (place[1] >= 0).numpy())

    def loss(places: np.ndarray, step: int) -> torch.Tensor:  # noqa: ARG001
        some = torch.from_numpy(rows[places])
        means, precisions, there = [], [], []
        for number, layer in enumerate(layers):
            weights, offset, log_precision = model[3 * number : 3 * number + 3]
            own = place[number][some]
            means.append(layer[own.clamp(min=0)] @ weights + offset)  # [batch, size]
            precisions.append(log_precision.exp())  # [size]
            there.append((own >= 0).float()[:, None])  # [batch, 1]
        lost = torch.zeros(())
        for subset in SUBSETS:
            kept = [has * left for has, left in zip(there, subset, strict=True)]
            precision = 1 + kept[0] * precisions[0] + kept[1] * precisions[1]  # [batch, size]
            natural = sum(
                has * (1 + own) * mean for has, own, mean in zip(kept, precisions, means, strict=True)
            )
            missed = 0.5 * (precision * (wanted[some] - natural / precision) ** 2 - precision.log())
            any_left = (kept[0] + kept[1]).clamp(max=1)
            lost = lost + (any_left * missed).mean()
        for number in range(len(layers)):
            # The weights' prior: what keeps them from learning single items by heart.
            prior = (1 + precisions[number].detach()) * model[3 * number] ** 2
            lost = lost + 0.5 * RIDGE * prior.sum() / prior.shape[1] / len(rows) * 2
        both = torch.nonzero(there[0][:, 0] * there[1][:, 0])[:, 0]
        if contrast and len(both) > 1:
            texts, looks = (nn.functional.normalize(mean[both], dim=1) for mean in means)
            alike = texts @ looks.T / NEAREST  # [both, both]
            own = torch.arange(len(both))
            near_ = nn.functional.cross_entropy(alike, own) + nn.functional.cross_entropy(alike.T, own)
            lost = lost + 0.5 * contrast * near_
        return lost

    vae.train(model, len(rows), loss, epochs=epochs, batch=batch, rate=rate, progress=progress, seed=seed)
    for number, draft in enumerate(drafts):
        weights, offset, log_precision = (one.detach().numpy() for one in model[3 * number : 3 * number + 3])
        draft.weights, draft.offset, draft.precision = weights, offset, np.exp(log_precision)
