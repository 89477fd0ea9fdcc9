"""The decode loop: one answer, token by token, under a guide."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch

    from shelftalk.agent.decoding.guide import Guide

TRIED = 16  # tokens that are drawn before all that are allowed are looked for
UNLIKELY = 1e-4  # chances that are too small to draw from
MOST_CLOSING = 128  # tokens that an answer may take to end once its room is used up


def draw(guide: Guide, logits: torch.Tensor, temperature: float, random: torch.Generator) -> int | None:
    """Take, and return, a token drawn from those that the guide allows; None where there is none.

    logits float [vocabulary]. A token drawn from all of them and kept if it is allowed is drawn from the allowed
    ones; only where many are not kept need these be known.
    """
    import torch

    chances = torch.softmax(logits / temperature, dim=-1)
    for _ in range(TRIED):
        token = int(torch.multinomial(chances, 1, generator=random))
        if guide.accept(token):
            return token
        chances[token] = 0.0
        if float(chances.sum()) < UNLIKELY:
            break
    allowed = guide.allowed()
    if len(allowed) == 0:
        return None
    chances = torch.softmax(logits[allowed] / temperature, dim=-1)
    token = int(allowed[int(torch.multinomial(chances, 1, generator=random))])
    guide.accept(token)
    return token


def begin(guide: Guide, logits: torch.Tensor, temperature: float, random: torch.Generator) -> int | None:
    """Take, and return, an answer's first token: a call where that is likelier than words, else the words' first.

    logits float [vocabulary]. Words begin in many ways, each of them less likely than a call that is less likely than
    all of them together: what is weighed is to call or not to call.
    """
    import torch

    openers = sorted(guide.openers, key=lambda token: -float(logits[token]))
    if float(torch.softmax(logits, dim=-1)[openers].sum()) >= 0.5:
        for token in openers:
            if guide.accept(token):
                return token
    words = logits.clone()
    words[openers] = float("-inf")
    if temperature <= 0:
        return guide.take_best(words)
    token = int(torch.multinomial(torch.softmax(words / temperature, dim=-1), 1, generator=random))
    return token if guide.accept(token) else guide.take_best(words)


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
    so that a tool call is always whole. Whether to call, and every tool call, is the likeliest: `temperature` is for
    the words of a reply.
    """
    written = 0
    while not stopped() and written < most + MOST_CLOSING:
        token = guide.take_closing() if written >= most else None
        if token is None and not written:
            token = begin(guide, logits, temperature, random)
        elif token is None and (guide.calling or temperature <= 0):
            token = guide.take_best(logits)
        elif token is None:
            token = draw(guide, logits, temperature, random)
        if token is None or guide.done:
            return
        fed = [token]
        yield token
        if guide.calling:
            for token in guide.certain(encode):
                fed.append(token)
                yield token
        written += len(fed)
        logits = forward(fed)
