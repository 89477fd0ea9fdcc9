"""The tool that finds products like one already shown."""

from __future__ import annotations

from shelftalk.tools.errors import ToolError
from shelftalk.tools.fusion import blend
from shelftalk.tools.lexical import lexical_index
from shelftalk.tools.product import Filters
from shelftalk.tools.schema import MAX_QUERY, Count, ProductHandle, Words
from shelftalk.tools.toolbox._filters import check_count
from shelftalk.tools.toolbox._products import listed
from shelftalk.tools.toolbox._ranking import POOL, Wish, rank
from shelftalk.tools.visit import Result, Visit

WEIGHTS = {"picture": 0.5, "words": 0.5, "lexical": 0.5, "taste": 0.2, "popularity": 0.03}
WORDS_IN_PRODUCT = 0.6  # how far words move the product that was pointed at


def similar(visit: Visit, product: ProductHandle, query: Words = "", n: Count = 4) -> Result:
    """Find products like one that was shown, by its look, its text and who took it.

    Args:
        product: The product to start from, as P2.
        query: Words for how the others should differ.
        n: How many products to return, 1 to 100.
    """
    query = query.strip()
    if len(query) > MAX_QUERY:
        raise ToolError(f"query has {len(query)} characters; at most {MAX_QUERY}: give the main words.")
    check_count(n)
    source = visit.product(product)
    store, encoder, scorer = visit.shop.store, visit.shop.encoder, visit.shop.scorer
    words = store.vectors([source.id], "words").get(source.id)
    pictures = store.vectors([source.id], "pictures").get(source.id)
    said = lexical_index(store).read(query) if query else None
    if said:
        words = words if words is None else blend(words, encoder.words([said.text])[0], WORDS_IN_PRODUCT)
        if pictures is not None:
            pictures = encoder.compose([pictures], said.text)
    together: list[str] = []
    if scorer is not None and scorer.knows(source.id):
        # The scorer may have learnt from products that have left the shop since.
        held = set(store.ids())
        together = [item for item, _ in scorer.similar(source.id, POOL) if item in held]
    hits = rank(
        visit,
        Wish(said, words, pictures, pictured=True),
        Filters(),
        WEIGHTS,
        without={source.id, *visit.signals().dislikes},
        also=together,
    )
    handle = visit.handle(source.id)
    how = {"tool": "similar", "product": handle, "query": query}
    result = listed(visit, f"similar to [{handle}]", hits[:n], how, query)
    return result.model_copy(update={"mended": said.mended if said else {}})
