"""MM-VAE: a variational autoencoder that also scores what nobody has taken, by its text, its picture or both.

A shopper is encoded as in Mult-VAE. An item has a latent of its own, from which its row of the decoder is made: a
product of an interaction expert (what Mult-VAE learnt of the item, the surer the more shoppers took it), a text and a
picture expert (`mm_experts`), so that any subset of them gives a score. Fitted with torch, served with NumPy alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.multvae import MultVAE

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.scores.content import Content
    from shelftalk.tools.scores.contract import Progress
    from shelftalk.tools.scores.interactions import Interactions
    from shelftalk.tools.scores.mm_experts import Expert

ENCODED = 4000  # shoppers by whose latents the items' latents are laid out
READINGS = 10  # steps an epoch of the experts has at least, where products are few
MODALITIES = ("words", "pictures")
PARTS = ("centre", "length", "units", "weights", "precision")  # of an expert, as saved


class MMVAE(MultVAE):
    """Scores an item by the decoder's row that its latent gives, for what nobody took as for what many did.

    `takers` is how many shoppers must have taken an item for behaviour to say as much of it as the prior does;
    `expert_epochs`, `expert_rate` and `contrast` (the weight of the contrastive term) train the text and picture
    experts. The other settings are Mult-VAE's.
    """

    name: ClassVar[str] = "mmvae"
    arrays: ClassVar[tuple[str, ...]] = (
        *MultVAE.arrays, "_own", "_takers", "_mean_row", "_basis", "_inputs", "_fame",
        *(f"_{modality}_{part}" for modality in MODALITIES for part in PARTS),
    )  # fmt: skip
    settings: ClassVar[tuple[str, ...]] = (
        *MultVAE.settings, "takers", "expert_epochs", "expert_rate", "contrast",
    )  # fmt: skip

    _own: np.ndarray  # float32 [items, size], what behaviour says of each item's latent
    _takers: np.ndarray  # float32 [items], how many shoppers took it
    _mean_row: np.ndarray  # float32 [latent + 1], the decoder's row of the latent 0: its weights and its bias
    _basis: np.ndarray  # float32 [size, latent + 1], from an item's latent to its row of the decoder
    _inputs: np.ndarray  # float32 [size + 1, hidden], from an item's latent to its row of the encoder
    _fame: np.ndarray  # float32 [latent + 2], from a row of the decoder and 1 to the logarithm of popularity
    _read: tuple[np.ndarray, np.ndarray] | None = None  # words and pictures of the items, while it is fitted

    def __init__(
        self,
        takers: float = 10.0,
        expert_epochs: int = 30,
        expert_rate: float = 3e-3,
        contrast: float = 0.05,
        **multvae: Any,
    ) -> None:
        super().__init__(**multvae)
        if not 0 < takers < float("inf") or not 0 < expert_rate < float("inf"):
            raise UsageError(
                f"takers={takers}, expert_rate={expert_rate}: MM-VAE needs a number above 0 for both."
            )
        if expert_epochs < 0 or not 0 <= contrast < float("inf"):
            raise UsageError(
                f"expert_epochs={expert_epochs}, contrast={contrast}: MM-VAE needs 0 or more of both."
            )
        self.takers, self.expert_epochs = takers, expert_epochs
        self.expert_rate, self.contrast = expert_rate, contrast

    def fit(
        self, interactions: Interactions, content: Content | None = None, progress: Progress | None = None
    ) -> None:
        """Learn from interactions, and from `content` if given; then take in what is in `content` alone."""
        read = None if content is None else _aligned(content, interactions.items)
        before = dict(self.__dict__)
        self._read = read
        try:
            super().fit(interactions, None, progress)
            if content is not None:
                self.take_in(content)
        except BaseException:
            self.__dict__ = before
            raise
        self._read = None

    def learn(self, matrix: Any) -> None:
        """Train Mult-VAE, lay out the items' latents, then train the experts that read."""
        import numpy as np

        from shelftalk.tools.scores.mm_experts import blank, train_experts

        told, read = self._progress, self._read
        steps = self.epochs + (0 if read is None else self.expert_epochs)
        behaviour = MultVAE(**{key: getattr(self, key) for key in MultVAE.settings})
        if told is not None:
            behaviour._progress = lambda done, _: told(done, steps)
        behaviour.learn(matrix)
        for key in MultVAE.arrays:
            setattr(self, key, getattr(behaviour, key))
        self._takers = np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.float32)
        importance = self._lay_out(matrix)
        latents = self._posterior(np.arange(matrix.shape[1]))
        experts = (blank(0, latents.shape[1]), blank(0, latents.shape[1]))
        taken = np.flatnonzero(self._takers)
        if read is not None:
            experts = train_experts(
                read[0][taken],
                read[1][taken],
                latents[taken],
                importance,
                epochs=self.expert_epochs,
                batch=max(1, min(self.batch, len(taken) // READINGS)),
                rate=self.expert_rate,
                contrast=self.contrast,
                seed=self.seed,
                progress=None if told is None else lambda done, _: told(self.epochs + done, steps),
            )
        for modality, expert in zip(MODALITIES, experts, strict=True):
            for part in PARTS:
                setattr(self, f"_{modality}_{part}", np.asarray(getattr(expert, part)))
        # An item that is new has no row in the encoder either: what its kin have there.
        ones = np.ones((len(taken), 1), np.float32)
        known = np.hstack([latents[taken], ones]) * self._takers[taken, None]
        gram = known.T @ np.hstack([latents[taken], ones]) + self.takers * np.eye(known.shape[1])
        self._inputs = np.linalg.solve(gram, known.T @ self._first[taken]).astype(np.float32)

    def _lay_out(self, matrix: Any) -> np.ndarray:
        """Give each item a latent: its decoder's row in coordinates in which the prior is standard normal.

        Returns how much items differ in each direction, in mean squared score over shoppers: float64 [size].
        """
        import numpy as np

        rows = np.hstack([self._decoder, self._bias[:, None]]).astype(np.float64)  # [items, latent + 1]
        trust = (self._takers / (self._takers + self.takers)).astype(np.float64)[:, None]
        mean = (rows * trust).sum(axis=0) / trust.sum()
        shoppers = self._encoded(matrix)  # [shoppers, latent + 1]
        moment = shoppers.T @ shoppers / len(shoppers)
        values, turned = np.linalg.eigh(moment)
        lengths = np.sqrt(np.maximum(values, 1e-6 * values[-1]))
        felt = (rows - mean) @ (turned * lengths)  # [items, latent + 1], in units of score
        taken = self._takers > 0
        _, spread, axes = np.linalg.svd((felt * trust)[taken], full_matrices=False)
        kept = spread > 1e-4 * max(spread[0], 1e-12)
        spread, axes = spread[kept] / np.sqrt(taken.sum()), axes[kept]
        self._own = (felt @ axes.T / spread).astype(np.float32)
        self._mean_row = mean.astype(np.float32)
        self._basis = ((spread[:, None] * axes / lengths) @ turned.T).astype(np.float32)
        # How well known an item is likely to be, from what the mean shopper would say of it.
        said = rows[taken] @ shoppers.mean(axis=0)
        fame = np.log(self._takers[taken] / matrix.shape[0])
        slope = 0.0
        if said.std() > 0:
            slope = max(0.0, float(np.cov(said, fame, bias=True)[0, 1] / said.var()))
        offset = fame.mean() - slope * said.mean()
        self._fame = np.append(slope * shoppers.mean(axis=0), offset).astype(np.float32)
        importance: np.ndarray = spread**2
        return importance

    def _encoded(self, matrix: Any) -> np.ndarray:
        """Return the latents of some shoppers, each with a 1 for the bias: float64 [shoppers, latent + 1]."""
        import numpy as np

        drawn = np.random.default_rng(self.seed).permutation(matrix.shape[0])[:ENCODED]
        latents = np.ones((len(drawn), self.latent + 1))
        for number, shopper in enumerate(drawn):
            places = matrix.indices[matrix.indptr[shopper] : matrix.indptr[shopper + 1]]
            weights = np.full(len(places), 1 / np.sqrt(max(1, len(places))), np.float32)
            latents[number, :-1] = self._latent(places, weights)
        return latents

    def _posterior(
        self, places: np.ndarray, words: np.ndarray | None = None, pictures: np.ndarray | None = None
    ) -> np.ndarray:
        """Return the mean of items' latents, given behaviour and what there is to read: float32 [items, size]."""
        from shelftalk.tools.scores.mm_experts import Product

        precision = (self._takers[places] / self.takers)[:, None] + 0 * self._own[places]
        product = Product(precision * self._own[places], precision)
        for modality, vectors in zip(MODALITIES, (words, pictures), strict=True):
            if vectors is not None:
                product = product * self._expert(modality).read(vectors)
        return product.mean()

    def _expert(self, modality: str) -> Expert:
        from shelftalk.tools.scores.mm_experts import Expert

        return Expert(*(getattr(self, f"_{modality}_{part}") for part in PARTS))

    def take_in(self, content: Content) -> int:
        """Read items that are new or changed; return how many of them were not known before.

        0 where it was fitted without content. UsageError: not fitted, or vectors of another width than those it was
        fitted on.
        """
        import numpy as np

        if not self.items:
            raise UsageError(f"The scorer {self.name} has not been fitted; call fit first, or load one.")
        for modality in MODALITIES:
            found, fitted = getattr(content, modality).shape[1], getattr(self, f"_{modality}_units").shape
            if fitted[0] and found != fitted[1]:
                raise UsageError(
                    f"The {modality} are vectors of {found} numbers, but {self.name} was fitted on {fitted[1]}: "
                    f"take in vectors of the same encoder, or fit it again."
                )
        if not any(len(getattr(self, f"_{modality}_units")) for modality in MODALITIES):
            return 0
        before = len(self.items)
        new = [item for item in content.items if not self.knows(item)]
        grown = {"_takers": np.append(self._takers, np.zeros(len(new), np.float32))}
        grown["_own"] = _longer(self._own, len(new))
        fitted = self.__dict__.copy()
        try:
            self.__dict__.update(grown)
            self._list([*self._items, *new])
            places = self._places(content.items)
            latents = self._posterior(places, content.words, content.pictures)  # [content, size]
            rows = self._mean_row + latents @ self._basis  # [content, latent + 1]
            self._decoder = _longer(self._decoder, len(new))
            self._bias, self._first = _longer(self._bias, len(new)), _longer(self._first, len(new))
            self._popularity = _longer(self._popularity, len(new))
            self._decoder[places], self._bias[places] = rows[:, :-1], rows[:, -1]
            untaken = self._takers[places] == 0
            at = places[untaken]
            self._first[at] = latents[untaken] @ self._inputs[:-1] + self._inputs[-1]
            fame = rows[untaken] @ self._fame[:-1] + self._fame[-1]
            self._popularity[at] = np.exp(np.minimum(fame, 0))
        except BaseException:
            self.__dict__ = fitted
            raise
        return len(self.items) - before


def _aligned(content: Content, items: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return words and pictures of `items`, rows of NaN where `content` lacks one: float32 [items, width] each."""
    import numpy as np

    place = {item: number for number, item in enumerate(content.items)}
    found = np.array([place.get(item, -1) for item in items])
    words, pictures = (
        np.vstack([part, np.full((1, part.shape[1]), np.nan, np.float32)])[found].astype(np.float32)
        for part in (content.words, content.pictures)
    )
    return words, pictures


def _longer(array: np.ndarray, more: int) -> np.ndarray:
    """Return a copy with `more` rows of zeros at the end."""
    import numpy as np

    return np.concatenate([array, np.zeros((more, *array.shape[1:]), array.dtype)])


SCORER = MMVAE
