"""Mult-VAE: a variational autoencoder over what a shopper took (Liang et al., arXiv 1802.05814).

The encoder turns a basket of items into a normal distribution over a latent; the decoder turns the latent into a
multinomial over all items. Fitted with torch, served with NumPy alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.shared import ItemScorer

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import torch

    from shelftalk.tools.scores.contract import Progress


FEWEST_STEPS = (
    30  # steps an epoch has at least, where the log is small: fewer do not learn it in as many epochs
)
HELD_OUT = 0.05  # the share of shoppers that decide when to stop
FEWEST_HELD = 10  # shoppers below which their quality is mostly chance, and all of the epochs are run
FOUND = 0.2  # the share of a held-out shopper's items that are to be found
# How a shopper's size, over the mean one, weighs in the loss: in the likelihood (which is a sum over what was hidden)
# to the power of -EVEN, in the divergence to that of PRIOR.
EVEN = 0.25
PRIOR = 0.5
# How the share that was hidden weighs in the likelihood, to the power of -BALANCE: a basket of which little is hidden
# gives few terms, and would hardly be learnt from beside one of which all is. A share below LEAST counts as LEAST.
BALANCE = 1.0
LEAST = 0.05
FLOOR = 0.1  # of the rate, at the last epoch
ENCODED = 4000  # shoppers by whose latents the members' are put together


class MultVAE(ItemScorer):
    """Scores an item by the log-likelihood that the decoder gives it.

    Memory grows with items x (`members` x `hidden` + `latent`), time to answer with items x `latent`. `members` is
    how many are trained, each from a seed of its own; their mean log-likelihood decides. `latent` and `hidden` are
    the sizes of each one's layers; the decoder is one linear layer, and the members' are put together in one of the
    same `latent`. `dropout` is the mean share of a basket that is hidden from the encoder; for each shopper it is
    drawn evenly around that. `beta` is the weight of the divergence from the prior, reached over the first `anneal`
    steps (the paper's KL annealing). `epochs` is how many there are at most: a twentieth of the shoppers is held
    out, and training ends where what is held back of theirs is no longer found better. `rate` is that of the first
    epoch.

    What differs from the paper: the likelihood is that of what was hidden from the encoder, among all that it was
    not shown, as a list never holds what the taste does, and counts for each item that was hidden, so that a basket
    shown nearly whole is learnt from as much as one shown in part; the encoder has a second layer, swish and layer
    norm, and the divergence weighs more for a shopper who took more, both as in RecVAE (Shenbin et al., arXiv
    1912.11160); shoppers who took much count for less; the input's length is `scale`, not 1, which the first layer
    would have to learn; the rate falls and the weights are averaged over the steps; several members are averaged.
    """

    name: ClassVar[str] = "multvae"
    prior: ClassVar[float] = 0.0
    arrays: ClassVar[tuple[str, ...]] = (
        "_first", "_first_bias", "_second", "_second_bias", "_norms", "_last", "_last_bias", "_decoder", "_bias",
    )  # fmt: skip
    settings: ClassVar[tuple[str, ...]] = (
        "latent", "hidden", "members", "epochs", "dropout", "beta", "anneal", "rate", "batch", "scale", "seed",
    )  # fmt: skip

    _first: np.ndarray  # float32 [items, members x hidden]
    _first_bias: np.ndarray  # float32 [members, hidden]
    _second: np.ndarray  # float32 [members, hidden, hidden]
    _second_bias: np.ndarray  # float32 [members, hidden]
    _norms: np.ndarray  # float32 [members, 2 layers, scale and shift, hidden]
    _last: np.ndarray  # float32 [members, latent, hidden]; what they give is added up
    _last_bias: np.ndarray  # float32 [latent]
    _decoder: np.ndarray  # float32 [items, latent]
    _bias: np.ndarray  # float32 [items]

    def __init__(
        self,
        latent: int = 96,
        hidden: int = 400,
        epochs: int = 80,
        dropout: float = 0.5,
        beta: float = 0.15,
        anneal: int = 500,
        rate: float = 1.5e-3,
        batch: int = 200,
        scale: float = 4.0,
        seed: int = 0,
        members: int = 2,
    ) -> None:
        wholes = {"latent": latent, "hidden": hidden, "members": members, "epochs": epochs, "batch": batch}
        for key, whole in wholes.items():
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
        self.scale, self.seed, self.members = scale, seed, members

    def learn(self, matrix: Any) -> None:
        """Train encoders and decoders (equations 2 to 6 of the paper); to time one epoch, make it with `epochs=1`.

        Progress is of the epochs of a mean member. ShelftalkError: training diverged; what was learnt before stays.
        """
        import numpy as np
        import torch

        from shelftalk.tools.scores import vae

        told, epochs, encoders, decoders, latents = self._progress, self.epochs, [], [], []
        drawn = np.random.default_rng(self.seed).permutation(matrix.shape[0])[:ENCODED]
        for member in range(self.members):

            def tell(done: int, _: int, before: int = member * epochs) -> None:
                if told is not None:
                    told(-(-(before + done) // self.members), epochs)

            encoder, decoder = self._member(matrix, self.seed + member, tell)
            encoders.append(encoder)
            decoders.append(decoder)
            with torch.no_grad():
                shown = vae.normalised(vae.baskets_of(matrix, drawn)).scaled(self.scale)
                latents.append(encoder(shown)[0].double().numpy())  # [shoppers, latent]

        def stacked(of: Callable[[Any], torch.Tensor]) -> np.ndarray:
            return np.stack([of(encoder).detach().numpy() for encoder in encoders])

        self._first = np.hstack([encoder.first.weight.detach().numpy() for encoder in encoders])
        self._first_bias = stacked(lambda encoder: encoder.first.bias)
        self._second = stacked(lambda encoder: encoder.second.weight)
        self._second_bias = stacked(lambda encoder: encoder.second.bias)
        self._norms = stacked(
            lambda encoder: torch.stack(
                [torch.stack([norm.weight, norm.bias]) for norm in (encoder.first_norm, encoder.second_norm)]
            )
        )
        self._last = stacked(lambda encoder: encoder.last.weight[: self.latent])  # what gives the mean
        self._last_bias = stacked(lambda encoder: encoder.last.bias[: self.latent])
        rows = [decoder.weight.detach().numpy() for decoder in decoders]
        self._decoder = np.hstack(rows) / np.float32(self.members)  # [items, members x latent]
        self._bias = np.mean([decoder.bias.detach().numpy() for decoder in decoders], axis=0)
        if self.members == 1:
            self._last_bias = self._last_bias[0]
        else:
            self._fold(np.hstack(latents))

    def _member(self, matrix: Any, seed: int, progress: Progress) -> tuple[Any, Any]:
        """Train one encoder and its decoder."""
        import numpy as np
        import torch
        from torch import nn

        from shelftalk.tools.scores import vae

        random = np.random.default_rng(seed)
        counts = np.asarray(matrix.sum(axis=0), np.float32)  # [items]
        rows, held = np.arange(matrix.shape[0]), None
        if HELD_OUT * matrix.shape[0] >= FEWEST_HELD:
            rows, held = vae.hold_out(matrix, HELD_OUT, FOUND, seed)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
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
            size = np.diff(full.starts).clip(1) / mean_size
            weight = torch.from_numpy((size**-EVEN * (2 * share.clip(LEAST)) ** -BALANCE).astype(np.float32))
            prior = torch.from_numpy((size**PRIOR).astype(np.float32))
            apart = min(1.0, step / max(1, self.anneal)) * self.beta * vae.divergence(mean, log_variance)
            whole: torch.Tensor = (missed * weight + apart * prior).mean() / mean_size
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
            floor=FLOOR,
            progress=progress,
            seed=seed,
        )
        return encoder, decoder

    def _fold(self, latents: np.ndarray) -> None:
        """Put one latent of the same size in place of the members' own: least squares over shoppers and items.

        `latents`: float64 [shoppers, members x latent], of some shoppers. Decoders are linear, so that the members'
        mean is one linear decoder of all their latents, and little of what it says is lost in fewer directions.
        """
        import numpy as np

        mean = latents.mean(axis=0)
        values, turned = np.linalg.eigh(np.atleast_2d(np.cov(latents.T, bias=True)))
        lengths = np.sqrt(np.maximum(values, 1e-6 * max(values[-1], 1e-6)))
        decoder = self._decoder.astype(np.float64)  # [items, members x latent]
        felt = decoder - decoder.mean(axis=0)  # what is added to every item's score changes no list
        felt = felt @ (turned * lengths)  # in units of score
        axes = np.linalg.eigh(felt.T @ felt)[1][:, : -self.latent - 1 : -1]  # [members x latent, latent]
        into = (turned / lengths) @ axes  # [members x latent, latent]
        self._bias = (self._bias + decoder @ mean).astype(np.float32)
        self._decoder = (felt @ axes).astype(np.float32)
        parts = np.split(into, self.members)
        self._last_bias = ((np.concatenate(self._last_bias) - mean) @ into).astype(np.float32)
        self._last = np.stack([part.T @ own for part, own in zip(parts, self._last, strict=True)]).astype(
            np.float32
        )

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

        latent = self._last_bias.copy()
        # [members, hidden]
        first = (self.scale * (weights @ self._first[places])).reshape(
            self._first_bias.shape
        ) + self._first_bias
        first = _swish(first)
        for member, own in enumerate(first):
            norms = self._norms[member]
            one = _normed(own, norms[0])
            two = _normed(_swish(self._second[member] @ one + self._second_bias[member] + one), norms[1])
            latent += self._last[member] @ two
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
