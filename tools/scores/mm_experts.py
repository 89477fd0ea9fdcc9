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
WIDTHS = (1.0, 4.0)  # tried: of a unit, squared, in mean squared distances of an item from the mean of all
RIDGES = (0.1, 0.3, 1.0, 3.0, 10.0)  # tried: the precision of the weights' prior, for a noise of 1
LEAST = 0.01  # of an expert's precision
STAY = 300.0  # how strongly training keeps an expert to its beginning
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
    importance: np.ndarray,
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
    what behaviour says, with mean 0 and variance 1; `importance` [size], what an error costs. Where fewer than two
    items have a modality, its expert is blank.

    Each expert begins at the ridge regression from its hidden units; their width and the ridge are those that err
    least on items left out, and its precision is that of these errors. Then the experts' last layers and precisions
    are trained together on what they say of items left out: to explain the latents by text alone, by the picture
    alone and by both (arXiv 1802.05335, section 3, sub-sampled terms; as all is normal here, each term is exact and
    not a bound), with a contrastive term of weight `contrast` that pulls what text and picture say of one item
    together, and apart from other items' (InfoNCE: van den Oord et al., arXiv 1807.03748).
    """
    drafts = [_Draft(part, latents, importance, seed) for part in (words, pictures)]
    if epochs and all(len(draft.rows) > 1 for draft in drafts):
        _together(drafts, latents, epochs, batch, rate, contrast, seed, progress)
    first, second = (draft.expert() for draft in drafts)
    return first, second


def _plain(known: np.ndarray, drawn: np.ndarray, width: float, size: int) -> Expert:
    """Return an expert with units at the drawn ones of the known vectors, that has nothing to tell yet."""
    centre = known.mean(axis=0)
    length = np.sqrt(max(width * float(np.square(known - centre).sum(axis=1).mean()), 1e-12))
    nothing = np.zeros((len(drawn) + 1, size), np.float32)
    plain = Expert(centre, np.asarray(length, np.float32), known[drawn], nothing, nothing[0])
    return replace(plain, units=plain.placed(plain.units))


class _Draft:
    """An expert in the making: its hidden layer turned so that the units do not repeat one another."""

    def __init__(self, vectors: np.ndarray, latents: np.ndarray, importance: np.ndarray, seed: int) -> None:
        self.width, self.size = vectors.shape[1], latents.shape[1]
        self.rows = np.flatnonzero(~np.isnan(vectors).any(axis=1)) if self.size else np.empty(0, np.int64)
        if len(self.rows) < 2:
            return
        known = vectors[self.rows]
        drawn = np.sort(np.random.default_rng(seed).permutation(len(known))[:UNITS])
        self.offset = latents[self.rows].mean(axis=0)
        wanted = (latents[self.rows] - self.offset).astype(np.float64)  # [rows, size]
        best = np.inf
        for width in WIDTHS:
            plain = _plain(known, drawn, width, self.size)
            # The inverse square root of the units' nearness to one another: ridge regression from units so turned is
            # that of the kernel (Williams and Seeger, Using the Nystroem Method to Speed Up Kernel Machines, 2000).
            values, axes = np.linalg.eigh(near(plain.units, plain.units).astype(np.float64))
            turn = axes / np.sqrt(np.maximum(values, 1e-4))  # [units, units]
            hidden = near(plain.placed(known), plain.units) @ turn  # [rows, units]
            values, axes = np.linalg.eigh(hidden.T @ hidden)
            hidden, turn = hidden @ axes, turn @ axes
            said = hidden.T @ wanted  # [units, size]
            for ridge in RIDGES:
                weights = said / (values + ridge)[:, None]
                # The error on each item had it been left out, without leaving each out.
                lever = (hidden**2 / (values + ridge)).sum(axis=1)
                errors = (wanted - hidden @ weights) / np.maximum(1 - lever, 0.1)[:, None]
                missed = np.square(errors).mean(axis=0)  # [size]
                if missed @ importance < best:
                    best = missed @ importance
                    self.plain, self.hidden, self.turn, self.ridge = plain, hidden, turn, ridge
                    self.weights, self.left_out = weights, wanted - errors
                    self.precision = np.maximum(1 / missed.clip(1e-3) - 1, LEAST)  # [size]

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

    wanted = torch.from_numpy(latents.astype(np.float32))  # [items, size]
    size = wanted.shape[1]
    place = [torch.full((len(latents),), -1, dtype=torch.int64) for _ in drafts]
    # What an expert says of an item that it has not seen: what it says of one it has learnt is too good to be true.
    said = [torch.from_numpy(draft.left_out.astype(np.float32)) for draft in drafts]  # [rows, size]
    model = nn.ParameterList()
    for draft, at in zip(drafts, place, strict=True):
        at[torch.from_numpy(draft.rows)] = torch.arange(len(draft.rows))
        for array in (np.zeros((size, size)), draft.offset, np.log(draft.precision)):
            model.append(nn.Parameter(torch.from_numpy(array.astype(np.float32))))
    rows = np.flatnonzero((place[0] >= 0).numpy() | (place[1] >= 0).numpy())

    def loss(places: np.ndarray, step: int) -> torch.Tensor:  # noqa: ARG001
        some = torch.from_numpy(rows[places])
        means, precisions, there = [], [], []
        lost = torch.zeros(())
        for number, own_said in enumerate(said):
            turn, offset, log_precision = model[3 * number : 3 * number + 3]
            own = place[number][some]
            before = own_said[own.clamp(min=0)]  # [batch, size]
            means.append(before + before @ turn + offset)  # [batch, size]
            precisions.append(log_precision.exp())  # [size]
            there.append((own >= 0).float()[:, None])  # [batch, 1]
            lost = lost + STAY * turn.square().sum() / len(rows)
        for subset in SUBSETS:
            kept = [has * left for has, left in zip(there, subset, strict=True)]
            precision = 1 + kept[0] * precisions[0] + kept[1] * precisions[1]  # [batch, size]
            natural = sum(
                has * (1 + own) * mean for has, own, mean in zip(kept, precisions, means, strict=True)
            )
            missed = 0.5 * (precision * (wanted[some] - natural / precision) ** 2 - precision.log())
            any_left = (kept[0] + kept[1]).clamp(max=1)
            lost = lost + (any_left * missed).mean()
        both = torch.nonzero(there[0][:, 0] * there[1][:, 0])[:, 0]
        if contrast and len(both) > 1:
            texts, looks = (nn.functional.normalize(mean[both], dim=1) for mean in means)
            alike = texts @ looks.T / NEAREST  # [both, both]
            own = torch.arange(len(both))
            apart = nn.functional.cross_entropy(alike, own) + nn.functional.cross_entropy(alike.T, own)
            lost = lost + 0.5 * contrast * apart
        return lost

    vae.train(model, len(rows), loss, epochs=epochs, batch=batch, rate=rate, progress=progress, seed=seed)
    for number, draft in enumerate(drafts):
        turn, offset, log_precision = (one.detach().numpy() for one in model[3 * number : 3 * number + 3])
        draft.weights = draft.weights + draft.weights @ turn
        draft.offset, draft.precision = offset, np.exp(log_precision)
