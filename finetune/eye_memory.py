"""Titles against many photos: what earlier steps saw serves as further negatives.

A batch holds few products that a title could be taken for. The vectors of the last few thousand pictures and titles,
kept as they were, are compared too (Wang, Zhang, Huang, Scott, "Cross-Batch Memory for Embedding Learning",
arXiv 1912.06798). They are used once they are many, since the first steps change everything.
"""

from __future__ import annotations

import torch
from torch import Tensor

from shelftalk.finetune.eye_learner import one_way

TWINS = 0.97  # titles whose frozen vectors are as near as this mean the same


class Memory:
    """The newest `size` pictures and titles, each as a joint vector, with its title's code and frozen vector."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.forget()

    def forget(self) -> None:
        """Begin anew, as when the pictures change their size."""
        self.pictures = torch.zeros(0, 1)  # [kept, joint size]
        self.words = torch.zeros(0, 1)  # [kept, joint size]
        self.frozen = torch.zeros(0, 1)  # [kept, 384]
        self.codes = torch.zeros(0, dtype=torch.long)  # [kept]

    def loss(self, words: Tensor, pictures: Tensor, frozen: Tensor, codes: Tensor, scale: Tensor) -> Tensor:
        """Titles [n, size] against their own pictures [n, size] and all that is remembered, both ways.

        `frozen` [n, 384] are the titles' own vectors, `codes` [n] say which titles are the same. What was given is
        remembered for the next steps.
        """
        n = len(codes)
        known = len(self.codes) >= self.size // 2
        others = (self.codes, self.frozen) if known else (codes[:0], frozen[:0])
        all_codes, all_frozen = torch.cat([codes, others[0]]), torch.cat([frozen, others[1]])
        twins = frozen @ all_frozen.T > TWINS
        false = (codes[:, None] != all_codes) & ~twins  # [n, n + kept]
        true = torch.zeros_like(false)
        true[torch.arange(n), torch.arange(n)] = True
        losses = []
        for a, b, kept in ((words, pictures, self.pictures), (pictures, words, self.words)):
            against = torch.cat([b, kept]) if known else b
            losses.append(one_way(scale * a @ against.T, true, false))
        self._keep(words, pictures, frozen, codes)
        return (losses[0] + losses[1]) / 2

    def _keep(self, words: Tensor, pictures: Tensor, frozen: Tensor, codes: Tensor) -> None:
        new = {"words": words, "pictures": pictures, "frozen": frozen, "codes": codes}
        for name, value in new.items():
            old: Tensor = getattr(self, name)
            value = value.detach()
            setattr(self, name, torch.cat([value, old])[: self.size] if len(old) else value[: self.size])

    def state(self) -> dict[str, Tensor]:
        """Return what `load` takes."""
        return {name: getattr(self, name) for name in ("pictures", "words", "frozen", "codes")}

    def load(self, state: dict[str, Tensor]) -> None:
        """Go on from what `state` returned."""
        for name, value in state.items():
            setattr(self, name, value)
