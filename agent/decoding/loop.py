"""The decode loop: one answer, token by token, under a guide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from shelftalk.agent.decoding.guide import Guide

MOST_CLOSING = 128  # tokens that an answer may take to end once its room is used up


def choose(logits: torch.Tensor, allowed: torch.Tensor, temperature: float, random: torch.Generator) -> int:
    """Return one of the allowed ids: the likeliest, or with a temperature above 0 one drawn at random.

    logits float [vocabulary]; allowed int64 [n], n at least 1.
    """
    import torch

    scores = logits[allowed].float()
    if temperature <= 0:
        return int(allowed[int(scores.argmax())])
    chances = torch.softmax(scores / temperature, dim=-1)
    return int(allowed[int(torch.multinomial(chances, 1, generator=random))])


def decode(
    guide: Guide,
    logits: torch.Tensor,
    forward: Callable[[list[int]], torch.Tensor],
    encode: Callable[[str], list[int]],
    most: int,
    temperature: float,
    random: torch.Generator,
    stopped: Callable[[], bool] = lambda: False,
) -> Iterator[int]:
    """Yield the answer's token ids, without the stop token.

    `logits` [vocabulary] are for the first token; `forward` feeds tokens and returns the next logits;
    `encode` turns certain text into tokens. After `most` tokens the answer ends as soon as its grammar allows,
    so that a tool call is always whole. The first token and every tool call are greedy: `temperature` is for
    the words of a reply.
    """
    written = 0
    while not stopped():
        allowed = guide.allowed()
        if len(allowed) == 0 or written >= most + MOST_CLOSING:
            return
        token = guide.closing(allowed) if written >= most else None
        if token is None:
            token = choose(logits, allowed, 0.0 if guide.calling or not written else temperature, random)
        guide.accept(token)
        if guide.done:
            return
        fed = [token]
        yield token
        if guide.calling:
            for token in guide.certain(encode):
                fed.append(token)
                yield token
        written += len(fed)
        logits = forward(fed)
