"""Short texts in the space of pictures: a map of the frozen text model's vector, plus what each word piece adds.

The frozen model's mean vector says what a text means, but blurs names and numbers, which tell one product's photo
from another's. The vectors of the word pieces that captions hold keep them apart. What they add grows with the root
of their number, so that long titles do not drown the meaning.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn

VOCABULARY = 30522  # word pieces of the text model


class Phrasing(nn.Module):
    """A linear map that starts as identity, and one vector, zero at first, for each of the `ids` of word pieces."""

    lookup: Tensor

    def __init__(self, width: int, size: int, ids: Sequence[int] = ()) -> None:
        if any(not 0 <= id_ < VOCABULARY for id_ in ids):
            raise ValueError(f"word pieces are numbered 0 to {VOCABULARY - 1}, not up to {max(ids)}")
        super().__init__()
        self.project = nn.Linear(width, size)
        nn.init.eye_(self.project.weight)
        nn.init.zeros_(self.project.bias)
        self.pieces = nn.Embedding(len(ids) + 1, size, padding_idx=0)  # row 0: pieces without a vector
        nn.init.zeros_(self.pieces.weight)
        lookup = torch.zeros(VOCABULARY, dtype=torch.long)
        lookup[torch.tensor(list(ids), dtype=torch.long)] = torch.arange(1, len(ids) + 1)
        self.register_buffer("lookup", lookup, persistent=False)

    def rows(self, input_ids: Tensor) -> Tensor:
        """Word pieces [n, tokens] -> rows of `pieces` [n, tokens], 0 where a piece has no vector."""
        return self.lookup[input_ids]

    def forward(self, embeddings: Tensor, rows: Tensor) -> Tensor:
        """The text model's vectors [n, width] and rows [n, tokens] -> joint vectors, float32 [n, size], length 1."""
        count = (rows > 0).sum(1, keepdim=True).clamp(min=1)  # [n, 1]
        named = F.embedding_bag(rows, self.pieces.weight, mode="sum", padding_idx=0)  # [n, size]
        return F.normalize(self.project(embeddings) + named / count.sqrt(), dim=-1)

    def state(self) -> dict[str, Tensor]:
        """Return what a file of this holds: weight, bias and, where there are any, pieces [n, size] and their ids."""
        kept = {name: value.detach() for name, value in self.project.state_dict().items()}
        known = (self.lookup > 0).nonzero().flatten()
        if len(known):
            kept["pieces"] = self.pieces.weight.detach()[self.lookup[known]]
            kept["ids"] = known.int()
        return kept

    @torch.no_grad()
    def take(self, other: Phrasing) -> None:
        """Take over another's weights; word pieces that it does not know stay as they are."""
        self.project.load_state_dict(other.project.state_dict())
        both = ((other.lookup > 0) & (self.lookup > 0)).nonzero().flatten()
        self.pieces.weight[self.lookup[both]] = other.pieces.weight[other.lookup[both]]

    @classmethod
    def of(cls, state: dict[str, Tensor]) -> Phrasing:
        """Make one from what `state` returned."""
        size, width = state["weight"].shape
        ids = state["ids"].tolist() if "ids" in state else []
        made = cls(width, size, ids)
        with torch.no_grad():
            made.project.weight.copy_(state["weight"])
            made.project.bias.copy_(state["bias"])
            if ids:
                made.pieces.weight[1:] = state["pieces"].float()
        return made
