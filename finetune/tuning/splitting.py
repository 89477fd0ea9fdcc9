"""Which side of the split a product, a shopper or a conversation is on: decided by its key alone, in every run alike.

What is guaranteed of the rows that are written:

- a product is on one side, and with it all products of the same title or the same picture, but for titles and pictures
  that more than a dozen share: such a title says nothing, such a picture is a placeholder;
- a shopper is on one side, with everything that comes of them: a visit, a history, all their chats. A chat or session
  that names no shopper counts as a shopper of its own;
- a simulated visit and a row from interactions hold products of their own side alone, in lists and pictures as well;
- a row from chats has lists that others made, with any products in them. Of its messages those are learnt whose text
  and calls name products of the row's own side alone; so no learnt text or call of one side names a product that a
  learnt text or call of another side names. That a training row's list shows a product of the test cannot be ruled out
  there.

About four products, or shoppers, in five train the model; one in ten chooses the best of a run, one in ten tests it.
The test's products are those that the package's own suites hold out of the demo shop.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

from shelftalk.finetune.tuning.rows import SPLITS, Split
from shelftalk.tools.errors import UsageError
from shelftalk.tools.product import Product

HELD_OUT = 10  # percent for the test, and as many for validation
FEWEST_PRODUCTS = 20  # of different titles and pictures: fewer cannot be split
_MOST_ALIKE = 12  # products of one title or picture
_LEAST = 5  # products of each side in a small shop


def _place(key: str) -> int:
    """Return a key's place, 0 to 99, as `evals.simulation.splits` has it, and so for good."""
    return int(hashlib.sha256(key.encode()).hexdigest()[:8], 16) % 100


def side_of(key: str) -> Split:
    """Return the side of a shopper or a conversation."""
    place = _place(key)
    return "test" if place < HELD_OUT else "validation" if place < 2 * HELD_OUT else "train"


def split_products(products: Sequence[Product]) -> dict[str, Split]:
    """Return product id -> side; products of one title, or one picture, are on one side (see above).

    In a small shop the sides of few are filled up to five, or a fifth. UsageError: too few products to split.
    """
    groups = _groups(products)
    if len(groups) < FEWEST_PRODUCTS:
        raise UsageError(
            f"The shop has {len(products):,} products, {len(groups):,} of them with a title and a picture of their "
            f"own; at least {FEWEST_PRODUCTS} are needed, so that some can be kept from training."
        )
    order = sorted(groups, key=lambda key: (_place(key), key))
    least = min(_LEAST, len(order) // 5)
    tests = max(least, sum(_place(key) < HELD_OUT for key in order))
    validations = max(least, sum(_place(key) < 2 * HELD_OUT for key in order) - tests)
    sides: dict[str, Split] = {}
    for at, key in enumerate(order):
        side: Split = "test" if at < tests else "validation" if at < tests + validations else "train"
        sides.update((id_, side) for id_ in groups[key])
    return sides


def _groups(products: Sequence[Product]) -> dict[str, list[str]]:
    """Return the least id of each group -> the ids in it: those that a title or a picture ties together."""
    leader: dict[str, str] = {product.id: product.id for product in products}

    def find(id_: str) -> str:
        while leader[id_] != id_:
            leader[id_] = leader[leader[id_]]
            id_ = leader[id_]
        return id_

    alike: dict[tuple[str, str], list[str]] = {}
    for product in products:
        alike.setdefault(("title", " ".join(product.title.casefold().split())), []).append(product.id)
        if product.picture:
            alike.setdefault(("picture", product.picture), []).append(product.id)
    for ids in alike.values():
        for id_ in ids[1:] if len(ids) <= _MOST_ALIKE else ():
            one, other = find(ids[0]), find(id_)
            leader[max(one, other)] = min(one, other)
    groups: dict[str, list[str]] = {}
    for product in products:
        groups.setdefault(find(product.id), []).append(product.id)
    return groups


def share(count: int) -> dict[Split, int]:
    """Return how many of `count` visits are on each side: a tenth, rounded, for validation and for the test."""
    held = round(count * HELD_OUT / 100)
    return {"train": count - 2 * held, "validation": held, "test": held}


def by_side(products: Sequence[Product], sides: Mapping[str, Split]) -> dict[Split, list[Product]]:
    """Return the products of each side, in the order given."""
    found: dict[Split, list[Product]] = {split: [] for split in SPLITS}
    for product in products:
        found[sides[product.id]].append(product)
    return found
