"""The list that a tool answers with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shelftalk.tools.product import Hit, Product
from shelftalk.tools.render import product_list
from shelftalk.tools.toolbox._reasons import with_reasons
from shelftalk.tools.toolbox._taste import leaning
from shelftalk.tools.visit import Result, Visit


def known_hit(visit: Visit, product: Product) -> Hit:
    """Return the product as it stood in the last list, with its parts, or without a score."""
    last = (hit for hit in visit.state.last_hits if hit.product.id == product.id)
    return next(last, Hit(product=product, score=0.0))


def listed(visit: Visit, head: str, hits: Sequence[Hit], how: Mapping[str, object], said: str = "") -> Result:
    """Make the hits the visit's last list, each with a handle and its reasons; write them under `head`.

    `how` is the tool and its arguments, `said` the words it was found by, for "why".
    """
    hits = with_reasons(visit, hits)
    handles = [visit.handle(hit.product.id) for hit in hits]
    made_last(visit, hits, how, said)
    return Result(text=product_list(head, handles, [hit.product for hit in hits]), hits=hits)


def made_last(visit: Visit, hits: Sequence[Hit], how: Mapping[str, object], said: str = "") -> None:
    """Keep a list as the visit's last one, with how it was made."""
    state = visit.state
    state.last_hits, state.last_said = list(hits), said
    state.last_list = {
        **{name: value for name, value in how.items() if value not in ("", None, {})},
        "taste": leaning(visit).by,
    }
