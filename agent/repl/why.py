"""Why a product was shown, read off the parts that its score was made of."""

from __future__ import annotations

from shelftalk.agent.present import harmless
from shelftalk.tools.errors import ToolError
from shelftalk.tools.lexical import lexical_index
from shelftalk.tools.visit import Visit

REASONS = {
    "words": "its text means what was asked for",
    "picture": "it looks like what was asked for",
    "lexical": "it has the very words",  # followed by which
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
    words, read_as = _words(visit, product.id)
    for part, value in sorted(hit.parts.items(), key=lambda item: -item[1]):
        if value / total >= LEAST:
            reason = REASONS.get(part, part) + (f": {words}" if part == "lexical" and words else "")
            lines.append(f"  {value / total:4.0%}  {reason} ({part} {value:.2f})")
    if read_as:
        lines.append(f"  {read_as}.")
    seen = _seen(visit)
    if seen:
        lines.append(f"  {seen}.")
    filters = _filters(visit)
    if filters:
        lines.append(f"  It passes the filters: {filters}.")
    return "\n".join(lines)


def _words(visit: Visit, product_id: str) -> tuple[str, str]:
    """Return which of the words that the last list was found by a product has, and which were read as others."""
    if not visit.state.last_said:
        return "", ""
    index = lexical_index(visit.shop.store)
    query = index.read(visit.state.last_said)
    read_as = ", ".join(f"{word} was read as {meant}" for word, meant in query.mended.items())
    return harmless(", ".join(index.held(query, product_id))), harmless(read_as)


def _seen(visit: Visit) -> str:
    """Say which pictures the last search looked at."""
    asked = visit.state.last_search
    parts = [f"looked for what is like {asked['image']}"] if asked.get("image") else []
    parts += [f"kept away from what is like {asked['unlike']}"] if asked.get("unlike") else []
    return harmless("The search " + " and ".join(parts)) if parts else ""


def _filters(visit: Visit) -> str:
    asked = visit.state.last_search
    parts = [f"category {asked['category']}"] if asked.get("category") else []
    parts += [f"{field} {value}" for field, value in (asked.get("where") or {}).items()]
    parts += [f"not {field} {value}" for field, value in (asked.get("exclude") or {}).items()]
    parts += [f"from {asked['min_price']:g}"] if asked.get("min_price") is not None else []
    parts += [f"up to {asked['max_price']:g}"] if asked.get("max_price") is not None else []
    return harmless(", ".join(parts))
