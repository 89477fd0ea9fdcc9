"""Why a product was shown, read off the parts that its score was made of."""

from __future__ import annotations

from shelftalk.agent.present import harmless
from shelftalk.tools.errors import ToolError
from shelftalk.tools.visit import Visit

REASONS = {
    "words": "its text means what was asked for",
    "picture": "it looks like what was asked for",
    "lexical": "it has the very words",
    "taste": "people with your likes took it",
    "popularity": "many people take it",
}
LEAST = 0.01  # a smaller share is not worth a line


def explain(visit: Visit, handle: str) -> str:
    """Return in words what a product's score in the last list was made of; ToolError on a wrong handle."""
    product = visit.product(handle)
    ids = [hit.product.id for hit in visit.state.last_hits]
    name = visit.handle(product.id)
    title = harmless(product.title).replace("\n", " ")
    if product.id not in ids:
        listed = ", ".join(visit.handle(i) for i in ids) or "none"
        raise ToolError(f"{name} is not in the list that was last shown ({listed}); its score is not kept.")
    place = ids.index(product.id)
    hit = visit.state.last_hits[place]
    total = sum(value for value in hit.parts.values() if value > 0)
    head = f"{name}, {title}: number {place + 1} of {len(ids)}"
    if total <= 0:
        return f"{head}. It passes the filters; nothing more was asked that would set it apart."
    lines = [f"{head}, score {hit.score:.2f}."]
    for part, value in sorted(hit.parts.items(), key=lambda item: -item[1]):
        if value / total >= LEAST:
            lines.append(f"  {value / total:4.0%}  {REASONS.get(part, part)} ({part} {value:.2f})")
    filters = _filters(visit)
    if filters:
        lines.append(f"  It passes the filters: {filters}.")
    return "\n".join(lines)


def _filters(visit: Visit) -> str:
    asked = visit.state.last_search
    parts = [f"category {asked['category']}"] if asked.get("category") else []
    parts += [f"{field} {value}" for field, value in (asked.get("where") or {}).items()]
    parts += [f"not {field} {value}" for field, value in (asked.get("exclude") or {}).items()]
    parts += [f"from {asked['min_price']:g}"] if asked.get("min_price") is not None else []
    parts += [f"up to {asked['max_price']:g}"] if asked.get("max_price") is not None else []
    return harmless(", ".join(parts))
