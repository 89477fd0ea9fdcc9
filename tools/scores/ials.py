"""iALS: shoppers and items as factors, by weighted alternating least squares (Hu, Koren and Volinsky, 2008)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from shelftalk.tools.errors import ShelftalkError, UsageError
from shelftalk.tools.scores.shared import ItemScorer

if TYPE_CHECKING:
    import numpy as np

STDDEV = 0.1  # of a factor vector's length when the fit begins


class IALS(ItemScorer):
    """Scores an item by the product of its factors and the shopper's; memory grows with items x `factors`.

    `alpha` is how much an interaction of full strength weighs beside a pair that was not taken (1 over the unobserved
    weight of Rendle et al.). `penalty` is the L2 regularisation (their lambda), for each thing that a factor vector
    has to explain: what the fit uses is `penalty` times the geometric mean, over shoppers and items, of how much
    weight a row of the interactions has, so that it means the same for shops of all sizes. `threads` is how many the
    fit may take, 0 for all; what is learnt does not depend on it.
    (Hu, Koren and Volinsky, Collaborative Filtering for Implicit Feedback Datasets, 2008; Rendle, Krichene, Zhang and
    Koren, Revisiting the Performance of iALS on Item Recommendation Benchmarks, arXiv 2110.14037)
    """

    name: ClassVar[str] = "ials"
    arrays: ClassVar[tuple[str, ...]] = ("_factors", "_gram")
    settings: ClassVar[tuple[str, ...]] = ("factors", "alpha", "penalty", "iterations", "seed")
    graded: ClassVar[bool] = True

    _factors: np.ndarray  # float32 [items, factors]
    _gram: np.ndarray  # float64 [factors, factors]: what all items say, and the regularisation

    def __init__(
        self,
        factors: int = 64,
        alpha: float = 5.0,
        penalty: float = 0.01,
        iterations: int = 16,
        seed: int = 0,
        threads: int = 0,
    ) -> None:
        if factors < 1 or iterations < 1 or threads < 0:
            raise UsageError(
                f"factors={factors}, iterations={iterations}, threads={threads}: needed are 1 or more of the first "
                f"two, and 0 or more threads."
            )
        for key, value in {"alpha": alpha, "penalty": penalty}.items():
            if not 0 < value < float("inf"):
                raise UsageError(f"{key}={value}: iALS needs a number above 0.")
        self.factors = factors
        self.alpha = alpha
        self.penalty = penalty
        self.iterations = iterations
        self.seed = seed
        self.threads = threads

    def learn(self, matrix: Any) -> None:
        """Alternate between shoppers' and items' factors, as `implicit` does it, by conjugate gradients."""
        import numpy as np
        from implicit.cpu.als import AlternatingLeastSquares
        from scipy.sparse import csr_matrix
        from threadpoolctl import threadpool_limits

        shoppers, items = matrix.shape
        weights = csr_matrix(matrix * np.float32(self.alpha / matrix.data.max()))
        weight = weights.sum()
        regularisation = self.penalty * float(
            np.sqrt((items + weight / shoppers) * (shoppers + weight / items))
        )
        random = np.random.default_rng(self.seed)
        told = self._progress
        # Threads inside each small product would cost more than they bring: the solver has its own.
        with threadpool_limits(1, "blas"):
            model = AlternatingLeastSquares(
                factors=self.factors,
                regularization=regularisation,
                iterations=self.iterations,
                num_threads=self.threads,
            )
            for side, count in (("user_factors", shoppers), ("item_factors", items)):
                drawn = random.standard_normal((count, self.factors), dtype=np.float32)
                setattr(model, side, drawn * np.float32(STDDEV / np.sqrt(self.factors)))
            model.fit(
                weights,
                show_progress=False,
                callback=None if told is None else lambda step, *_: told(step + 1, self.iterations),
            )
        if not np.isfinite(model.item_factors).all():
            raise ShelftalkError(
                f"iALS has diverged; raise its penalty (it is {self.penalty}) and fit again."
            )
        self._factors = model.item_factors
        factors = self._factors.astype(np.float64)
        self._gram = factors.T @ factors + regularisation * np.eye(self.factors)

    def shopper(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return float64 [factors]: the exact solution for one shopper of the items at `places`.

        An item with a weight below 0 is as surely not wanted as one with that weight above 0 is: its target is -1.
        (Hu, Koren and Volinsky, equation 4)
        """
        import numpy as np

        taken = self._factors[places].astype(np.float64)  # [places, factors]
        confidence = self.alpha * np.abs(weights).astype(np.float64)  # [places]
        normal = self._gram + (taken.T * (confidence - 1)) @ taken  # [factors, factors]
        solved: np.ndarray = np.linalg.solve(normal, (confidence * np.sign(weights)) @ taken)
        return solved

    def spread(self, places: np.ndarray, weights: np.ndarray) -> np.ndarray:
        """Return float32 [items]: how well each item suits a shopper of the items at `places`."""
        import numpy as np

        scores: np.ndarray = self._factors @ self.shopper(places, weights).astype(np.float32)
        return scores

    def similar(self, item: str, n: int) -> list[tuple[str, float]]:
        """Return up to `n` (item, cosine of the factors), best first; UsageError if unknown."""
        import numpy as np

        self._check_known(item)
        place = self._place[item]
        lengths = np.sqrt(np.einsum("if,if->i", self._factors, self._factors))  # [items]
        cosines = self._factors @ self._factors[place]
        cosines /= np.maximum(lengths * lengths[place], np.finfo(np.float32).tiny)
        cosines[place] = -np.inf
        return self._best(cosines, n)


SCORER = IALS
