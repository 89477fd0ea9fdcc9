"""Mult-VAE: a variational autoencoder over what a shopper took (Liang et al., arXiv 1802.05814).

The encoder turns a basket of items into a normal distribution over a latent; the decoder turns the latent into a
multinomial over all items. Fitted with torch, served with NumPy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.shared import ItemScorer

if TYPE_CHECKING:
    import numpy as np


FEWEST_STEPS = 10  # steps an epoch has at least, where the log is small
HELD_OUT = 0.05  # the share of shoppers that decide when to stop
FEWEST_HELD = 10  # shoppers below which their quality is mostly chance, and all of the epochs are run
FOUND = 0.2  # the share of a held-out shopper's items that are to be found
# How a shopper's size, over the mean one, weighs in the loss: in the likelihood (which is a sum over what was hidden)
# to the power of -EVEN, in the divergence to that of PRIOR.
EVEN = 0.25
PRIOR = 0.5


class MultVAE(ItemScorer):
    """Scores an item by the log-likelihood that the decoder gives it; memory grows with items x (hidden + latent).

    `latent` and `hidden` are the sizes of the layers; the decoder is one linear layer, so that a list over a large
    catalogue costs items x `latent`. `dropout` is the mean share of a basket that is hidden from the encoder; for
    each shopper it is drawn evenly around that. `beta` is the weight of the divergence from the prior, reached over
    the first `anneal` steps (the paper's KL annealing). `epochs` is how many there are at most: a twentieth of the
    shoppers is held out, and training ends where what is held back of theirs is no longer found better.

    What differs from the paper: the likelihood is that of what was hidden from the encoder, among all that it was
    not shown, as a list never holds what the taste does; the encoder has a second layer, swish and layer norm, and
    the divergence weighs more for a shopper who took more, both as in RecVAE (Shenbin et al., arXiv 1912.11160);
    shoppers who took much count for less; the input's length is `scale`, not 1, which the first layer would have
    to learn; the weights are averaged over the steps.
    """

    name: ClassVar[str] = "multvae"
    prior: ClassVar[float] = 0.0
    arrays: ClassVar[tuple[str, ...]] = (
        "_first", "_first_bias", "_second", "_second_bias", "_norms", "_last", "_last_bias", "_decoder", "_bias",
    )  # fmt: skip
    settings: ClassVar[tuple[str, ...]] = (
        "latent", "hidden", "epochs", "dropout", "beta", "anneal", "rate", "batch", "scale", "seed",
    )  # fmt: skip

    _first: np.ndarray  # float32 [items, hidden]
    _first_bias: np.ndarray  # float32 [hidden]
    _second: np.ndarray  # float32 [hidden, hidden]
    _second_bias: np.ndarray  # float32 [hidden]
    _norms: np.ndarray  # float32 [2 layers, scale and shift, hidden]
    _last: np.ndarray  # float32 [latent, hidden]
    _last_bias: np.ndarray  # float32 [latent]
    _decoder: np.ndarray  # float32 [items, latent]
    _bias: np.ndarray  # float32 [items]

    def __init__(
        self,
        latent: int = 96,
        hidden: int = 600,
        epochs: int = 60,
        dropout: float = 0.5,
        beta: float = 0.15,
        anneal: int = 500,
        rate: float = 1.5e-3,
        batch: int = 200,
        scale: float = 4.0,
        seed: int = 0,
    ) -> None:
        for key, whole in {"latent": latent, "hidden": hidden, "epochs": epochs, "batch": batch}.items():
            if whole < 1:
                raise UsageError(f"{key}={whole}: Mult-VAE needs 1 or more.")
        if not 0 <= dropout < 1:
            raise UsageError(f"dropout={dropout}: Mult-VAE needs a share from 0 up to, but not, 1.")
        if not 0 <= beta < float("inf") or anneal < 0:
            raise UsageError(f"beta={beta}, anneal={anneal}: Mult-VAE needs 0 or more of both.")
        for key, number in {"rate": rate, "scale": scale}.items():
            if not 0 < number < float("inf"):
                raise UsageError(f"{key}={number}: Mult-VAE needs a number above 0.")
        self.latent, self.hidden, self.epochs, self.dropout = latent, hidden, epochs, dropout
        self.beta, self.anneal, self.rate, self.batch = beta, anneal, rate, batch
        self.scale, self.seed = scale, seed

    def learn(self, matrix: Any) -> None:
        """Train encoder and decoder (equations 2 to 6 of the paper); to time one epoch, make it with `epochs=1`.

        ShelftalkError: training diverged; what was learnt before stays.
        """
        import numpy as np
        import torch
        from torch import nn

        from shelftalk.tools.scores import vae

        random = np.random.default_rng(self.seed)
        counts = np.asarray(matrix.sum(axis=0), np.float32)  # [items]
        rows, held = np.arange(matrix.shape[0]), None
        if HELD_OUT * matrix.shape[0] >= FEWEST_HELD:
            rows, held = vae.hold_out(matrix, HELD_OUT, FOUND, self.seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            encoder = vae.BasketEncoder(matrix.shape[1], self.hidden, self.latent)
            decoder = nn.Linear(self.latent, matrix.shape[1])
            nn.init.xavier_normal_(decoder.weight)
        with torch.no_grad():  # what everybody takes need not be learnt
            decoder.bias.copy_(torch.from_numpy(np.log((counts + 1) / (counts + 1).mean())))
        mean_size = matrix.nnz / matrix.shape[0]

        def loss(places: np.ndarray, step: int) -> torch.Tensor:
            full = vae.baskets_of(matrix, rows[places])
            # As much for one shopper as little for another: a taste may hold three likes or three hundred.
            share = random.uniform(max(0.0, 2 * self.dropout - 1), min(1.0, 2 * self.dropout), len(places))
            shown = random.random(len(full.items)) >= share[full.owners]
            seen = vae.normalised(vae.dropped(full, shown))
            mean, log_variance = encoder(seen.scaled(self.scale))
            logits = decoder(vae.sample(mean, log_variance))  # [batch, items]
            missed = vae.multinomial_loss(logits, vae.dropped(full, ~shown), seen)  # [batch]
            size = torch.from_numpy((np.diff(full.starts).clip(1) / mean_size).astype(np.float32))
            apart = min(1.0, step / max(1, self.anneal)) * self.beta * vae.divergence(mean, log_variance)
            whole: torch.Tensor = (missed * size**-EVEN + apart * size**PRIOR).mean() / mean_size
            return whole

        def score(known: Any) -> torch.Tensor:
            baskets = vae.baskets_of(known, np.arange(known.shape[0]))
            scores: torch.Tensor = decoder(encoder(vae.normalised(baskets).scaled(self.scale))[0])
            return scores

        vae.train(
            nn.ModuleList([encoder, decoder]),
            len(rows),
            loss,
            None if held is None else lambda: held.quality(score),
            epochs=self.epochs,
            batch=max(1, min(self.batch, len(rows) // FEWEST_STEPS)),
            rate=self.rate,
            progress=self._progress,
            seed=self.seed,
        )
        norms = [encoder.first_norm, encoder.second_norm]
        found = (
            encoder.first.weight,
            encoder.first.bias,
            encoder.second.weight,
            encoder.second.bias,
            torch.stack([torch.stack([norm.weight, norm.bias]) for norm in norms]),
            encoder.last.weight[: self.latent],  # what gives the mean
            encoder.last.bias[: self.latent],
            decoder.weight,
            decoder.bias,
        )
        for key, array in zip(self.arrays, found, strict=True):
            setattr(self, key, array.detach().numpy().copy())

    def spread(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return float32 [items]: the log-likelihood of each item over that of the least likely.

        What is disliked moves the latent away from where it alone would take it, so that its kin falls.
        """
        import numpy as np

        liked, length = weights > 0, float(np.linalg.norm(weights))
        latent = self._latent(
            places[liked], weights[liked] / max(1e-12, float(np.linalg.norm(weights[liked])))
        )
        if not liked.all():
            nowhere = self._latent(places[:0], weights[:0])
            latent = latent - (self._latent(places[~liked], -weights[~liked] / length) - nowhere)
        scores: np.ndarray = self._decoder @ latent
        scores += self._bias
        scores -= scores.min()
        return scores

    def _latent(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return the mean of the latent for a basket: float32 [latent]."""
        import numpy as np

        first = self.scale * (weights @ self._first[places]) + self._first_bias  # [hidden]
        first = _normed(_swish(first), self._norms[0])
        second = _normed(_swish(self._second @ first + self._second_bias + first), self._norms[1])
        latent: np.ndarray = self._last @ second + self._last_bias
        return latent.astype(np.float32)


def _swish(values: np.ndarray) -> np.ndarray:
    import numpy as np

    out: np.ndarray = values / (1 + np.exp(np.minimum(-values, 80)))  # 80: exp of more is beyond float32
    return out


def _normed(values: np.ndarray, norm: np.ndarray) -> np.ndarray:
    """Layer norm as torch's: `norm` is scale and shift, float32 [2, hidden]."""
    import numpy as np

    out: np.ndarray = (values - values.mean()) / np.sqrt(values.var() + 1e-5) * norm[0] + norm[1]
    return out


SCORER = MultVAE
