"""A wish in somebody's own words as the search that it asks for: filters that are meant, the other words as query."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass

from shelftalk.evals.simulation.lexicon import invented, singular
from shelftalk.evals.simulation.requests import Arguments, linked_filters, ordered, price_phrase, uncovered
from shelftalk.evals.simulation.shelves import Shelf
from shelftalk.evals.simulation.wordings import Split
from shelftalk.finetune.meant import head, meant, stems
from shelftalk.tools.linking import link
from shelftalk.tools.terms import FILLERS

MOST_WORDS = 16  # that a call's free text may have
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")
_MONEY = re.compile(r"pric|dollar|\$|budget|\bcost|cheap|bucks|afford|expensi|\d[.,]\d")
# What people say around the words that name and describe what they want.
AROUND = FILLERS | frozenset(
    """
    i'm i’m id i'd i’d ive i've ill i'll am purchase purchasing order ordering choose chose choosing pick picking select
    prefer preferred preferably ideally preferable preference shop shopping locate help hope hoping trying try
    interested search buying finding getting seeking wish could can cant should must may might shall been being having
    comes come coming made make makes making sure also well just really very one ones which who what where there here
    thats that's that’s theyre they're it's it’s he she they his her our we us us' hello hi hey thanks thank kind color
    colour colored coloured colors colours pair then but let lets let's see got goes go give hopefully only too using
    able whatever following named called another other myself something anything someone while since because
    ilooking locking aim
    """.split()
)
_NO_KIND = frozenset(
    """
    ingredient ingredients size brand flavor flavour quality price design pattern sleeve sleeves fabric forward
    travel ready male female pick control going etc leave lead height growth check useful body eye care car slip party
    free friendly resistant black white blue red green pink grey gray brown purple yellow orange gold
    silver beige large small medium xx-large x-large long short high low good quality easy size sized
    new best slim wide soft natural organic certified wireless waterproof portable proof use clean
    install light dark heavy duty one ones gmo non vegan queen king twin full double single women men
    womens mens girls boys kids style stuff thing things item items product products type kind inch
    inches feet ft foot ounce ounces pack count based lasting comfortable fitting fit clothing tall plus
    """.split()
)
# Who and what for: not enough to search by, a shopper is asked what it should be.
_NOT_ENOUGH = frozenset(
    """gift gifts present presents birthday christmas valentine valentines day party wedding mother father mom dad
    sister brother wife husband friend girlfriend boyfriend son daughter kid kids men women man woman""".split()
)
_APOSTROPHES = (
    (re.compile(r"\bim\b"), "i'm"),
    (re.compile(r"\bid (?=like|love)"), "i'd "),
    (re.compile(r"\bthats\b"), "that's"),
    (re.compile(r"\b(wo)?mens\b"), r"\1men's"),
    (re.compile(r"\btheyre\b"), "they're"),
)
_BOUNDS = (
    ", and price lower than {} dollars",
    ", and price lower than {} dollars",
    " and price lower than {} dollars",
    ", price lower than {} dollars",
    " that costs less than {} dollars",
    ", less than ${}",
    " for under {} dollars",
    ". my budget is {} dollars",
    ", i can spend up to ${}",
    ". it should not cost more than ${}",
)


@dataclass(frozen=True)
class Asked:
    """What was typed, and the search it asks for."""

    text: str
    query: list[str]
    arguments: Arguments


def content(text: str, around: frozenset[str] = AROUND) -> list[str]:
    """Return the words of a text that say something of a product, lower case, in order, each once."""
    return list(dict.fromkeys(word for word in _WORD.findall(text.lower()) if word not in around))


def with_apostrophes(text: str) -> str:
    """Put back the apostrophes of an instruction, all of which its collectors took out."""
    for wrong, right in _APOSTROPHES:
        text = wrong.sub(right, text)
    return text


def asked(rng: random.Random, instruction: str, shelf: Shelf, split: Split) -> Asked | None:
    """Return an instruction as a turn and its search in a shop; None where what it means there is in doubt."""
    text = instruction.lower()
    if _MONEY.search(text):
        return None
    text = with_apostrophes(text) if rng.random() < 0.3 else text
    said = stems(text)
    linked = link(text, shelf.facets)
    filters = linked_filters(linked)
    if filters is None or not all(meant(said, name, value) for name, value in linked):
        return None
    query = content(text)
    left = uncovered(query, linked)
    if (
        len(left.split()) > MOST_WORDS
        or not (left or filters)
        or len(query) < 2
        or _NOT_ENOUGH.issuperset(query)
    ):
        return None
    prices: Arguments = {}
    if rng.random() < 0.45:
        more, prices = _price(rng, shelf, split)
        text = text.rstrip(".!? ,") + more
        if link(text, shelf.facets) != linked:
            return None
    category = filters.pop("category", "")
    return Asked(text, query, ordered({"query": left, "category": category, "where": filters, **prices}))


def _price(rng: random.Random, shelf: Shelf, split: Split) -> tuple[str, Arguments]:
    """Return a bound on the price, half the time as the instructions' own collectors put it: "50.00 dollars"."""
    phrase, prices = price_phrase(rng, shelf, split)
    if rng.random() < 0.5:
        return rng.choice((" ", ", ")) + phrase, prices
    bound = prices.get("max_price") or prices["min_price"]
    written = rng.choice((f"{bound:.2f}", f"{bound:.2f}", f"{bound:.2f}".removesuffix(".00")))
    bounds = _BOUNDS[:-2] if split == "train" else _BOUNDS
    return rng.choice(bounds).format(written), {"max_price": bound}


def kind_of(instruction: str) -> str:
    """Return the noun that an instruction is about, as a catalogue would name it; "" where that is not sure."""
    said = stems(instruction)
    start, end = head(said)
    # "a thin and light [bottle]", "a travel size [brush]": these have not come to their nouns.
    if (
        end <= start
        or {"and", "size", "sized"} & set(said[end : end + 1])
        or (end == len(said) and end - start > 6)
    ):
        return ""
    noun = next((w for w in reversed(_WORD.findall(instruction.lower())) if stems(w) == [said[end - 1]]), "")
    sure = noun.isalpha() and len(noun) > 2 and noun not in AROUND and noun not in _NO_KIND
    if not sure or noun.endswith(("able", "ed", "less", "ish")):
        return ""
    return noun if noun.endswith("ies") else singular(noun)


def stocked(rng: random.Random, shelf: Shelf, kind: str, count: int, instruction: str = "") -> Shelf:
    """Return the shop with some more products of a kind; the words of an instruction, where given, describe them."""
    described = [word for word in content(instruction) if stems(word) != stems(kind)]
    values = {name: list(counts) for name, counts in shelf.facets.items() if name != "category"}
    more = []
    for number in range(count):
        attributes = {name: rng.choice(known) for name, known in values.items() if rng.random() < 0.85}
        for name, known in values.items():
            said = [value for value in known if value in described]
            if said and rng.random() < 0.7:
                attributes[name] = said[0]
        taken = [w for w in described or attributes.values() if rng.random() < 0.6][: 6 if described else 2]
        title = " ".join([*taken, kind])
        title = f"{invented(rng)} {title}" if rng.random() < 0.3 else title
        like = rng.choice(shelf.products)
        more.append(
            like.model_copy(
                update={
                    "id": f"s{number}",
                    "title": title[:1].upper() + title[1:],
                    "description": "",
                    "category": kind,
                    "price": round((like.price or 20) * rng.uniform(0.7, 1.2), 2),
                    "attributes": attributes,
                    "picture": None,
                }
            )
        )
    products = [*shelf.products, *more]
    return Shelf(rng.sample(products, len(products)), shelf.pictures)
