"""What a query asks for by name that the whole shop does not have: "plates", where no product is called a plate.

To deny a thing that is there is worse than to pass over one that is not. So a thing must be a known one (things.txt);
no product may have it, or another name of it, in its title, kind or attributes; nothing else that is asked for may be
there; and no kind of the shop's may come near it in meaning. Meaning alone does not tell: against the demo shop's 25
kinds, the nearest to 48 synonyms of theirs lies at 0.32 to 0.86, the nearest to 57 things it lacks at 0.32 to 0.67.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import TYPE_CHECKING

from shelftalk.tools.lexical import LexicalIndex, lexical_index
from shelftalk.tools.linking import words
from shelftalk.tools.spelling import common_words
from shelftalk.tools.terms import FILLERS, spelt, terms

if TYPE_CHECKING:
    import numpy as np

    from shelftalk.tools.encoder import Encoder
    from shelftalk.tools.product import Product
    from shelftalk.tools.shop import Shop

Stems = tuple[str, ...]

NEAR = (
    0.6  # cosine from which a kind may be what was meant: a couch and a sofa have 0.86, a cup and a mug 0.71
)
ENGLISH = 0.5  # share of the kinds with an English word, under which the shop has other names for its things
_LOOKED_AT = 50  # products that a name is looked for in, those first that say it most
_LONGEST = 3  # words in a name
# What stands before a thing that is not itself asked for: "a mug with a lid", "fits a backpack", "no boots".
_BESIDE = frozenset(
    "with without to on in under over by from about like than not no except instead but gift gifts present presents "
    "fit fits fitting match matches matching goes go similar".split()
)
_FOR = frozenset("look looking search searching shop shopping hunt hunting searched asking ask".split())
_OF = frozenset("set sets pair pairs kind kinds sort sorts piece pieces pack packs box couple need".split())
# Who comes after a thing that is not itself asked for: "a gift for a guitar player".
_WHO = frozenset("lover lovers player players fan fans owner owners enthusiast enthusiasts".split())


@cache
def _things() -> tuple[dict[Stems, int], tuple[tuple[Stems, ...], ...]]:
    """Return name -> number of its thing, and of each thing all that the shop may call it.

    Names are compared but for their plurals, so that bedding is no bed; what they are called, by the index's stems.
    """
    text = (resources.files("shelftalk.tools") / "things.txt").read_text(encoding="utf-8")
    named: dict[Stems, int] = {}
    called: list[tuple[Stems, ...]] = []
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        names, _, covers = line.partition("<")
        own = names.split(",")
        named.update((words(name), len(called)) for name in own if words(name) not in named)
        called.append(tuple(_stems(name) for name in (*own, *covers.split(",")) if name.strip()))
    return named, tuple(called)


def _stems(text: str) -> Stems:
    return tuple(term for word in spelt(text) for term in terms(word))


def missing(shop: Shop, query: str) -> str:
    """Return the words of a query that name a thing the shop does not have, "" where none do.

    `query` is what was asked for beyond the filters; its words come back as they were typed, in lower case.
    """
    typed = [(word, stem) for word in query.split() for stem in words(word)]
    said = [stem for _, stem in typed]
    found = _named(said)
    if not found:
        return ""
    index = lexical_index(shop.store)
    kinds = tuple(shop.store.facets().get("category", ()))
    known = {stem for kind in kinds for stem in words(kind)}
    if not _english(kinds) or not known.isdisjoint(said):
        return ""
    if any(_has(shop, index, name) for _, _, thing in found for name in _things()[1][thing]):
        return ""
    start, end, _ = found[0]
    for first, last, _ in found[1:]:
        if first == end and _singular(*typed[end - 1]):  # "ski gloves" are gloves
            end = last
    if not _asked_for([word.lower() for word, _ in typed], start, end) or _of_another(index, typed, end):
        return ""
    name = " ".join(dict.fromkeys(word.strip(".,!?;:\"'()") for word, _ in typed[start:end]))
    return "" if _nearest(shop.encoder, name, kinds) >= NEAR else name.lower()


def _named(said: Sequence[str]) -> list[tuple[int, int, int]]:
    """Return the things named in stems as (start, end, number of the thing), the longest name at each place."""
    names, found, at = _things()[0], [], 0
    while at < len(said):
        for length in range(_LONGEST, 0, -1):
            thing = names.get(tuple(said[at : at + length]))
            if thing is not None and at + length <= len(said):
                found.append((at, at + length, thing))
                at += length
                break
        else:
            at += 1
    return found


def _asked_for(said: Sequence[str], start: int, end: int) -> bool:
    """Whether what stands at a place is what is asked for, and not what that goes with or whom it is for."""
    said = [word.strip(".,!?;:") for word in said]
    if any(word in _BESIDE for word in said[:start]) or any(word in _WHO for word in said[end:]):
        return False
    leads = {"for": _FOR, "of": _OF}
    return all(
        at == 0 or said[at - 1] in leads[word] for at, word in enumerate(said[:start]) if word in leads
    )


def _of_another(index: LexicalIndex, typed: Sequence[tuple[str, str]], end: int) -> bool:
    """Whether a name that ends at a place only tells more of what follows, which there is: "phone holders"."""
    if end == len(typed) or typed[end][0].lower() in FILLERS or not _singular(*typed[end - 1]):
        return False
    return bool(index.holding(_stems(typed[end][0]), 1))


def _singular(word: str, stem: str) -> bool:
    return word.lower() == stem or not word.lower().endswith("s")


def _has(shop: Shop, index: LexicalIndex, name: Stems) -> bool:
    """Whether any product says all of a name in its title, kind or attributes."""
    products = shop.store.get(index.holding(name, _LOOKED_AT))
    return any(set(name) <= _said(product) for product in products)


def _said(product: Product) -> set[str]:
    return set(_stems(". ".join([product.title, product.category, *product.attributes.values()])))


@lru_cache(maxsize=64)
def _english(kinds: tuple[str, ...]) -> bool:
    """Whether a shop's kinds are named in English, as the things are; without kinds it can't be told."""
    english = sum(not common_words().isdisjoint(spelt(kind)) for kind in kinds)
    return english > 0 and english >= ENGLISH * len(kinds)


def _nearest(encoder: Encoder, name: str, kinds: tuple[str, ...]) -> float:
    """Return the cosine of a name and the kind that means most like it."""
    return float((_vectors(encoder, kinds) @ encoder.words([name])[0]).max())


@lru_cache(maxsize=4)
def _vectors(encoder: Encoder, kinds: tuple[str, ...]) -> np.ndarray:
    return encoder.words(kinds)
