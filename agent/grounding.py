"""Is what a sentence claims of a product borne out by the product's record, or by what a tool said?

Reads a sentence of a reply (products by their handles), finds what it claims (claims.py), tells of which product, and
compares. Questions, offers, negations and the shopper's own wish repeated assert nothing and are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from shelftalk.agent.claims import HANDLE, Claim, Lexicon, Mention, figures, numbers, stems
from shelftalk.agent.given_fields import given_field
from shelftalk.tools.product import Product
from shelftalk.tools.render import money

_AND = r"\s*(?:,\s*(?:and|or)?|and|or|&|/)\s*"
_LISTED = re.compile(rf"(\[\s?P\d+\s?\])({_AND})(?=\[\s?P\d)", re.IGNORECASE)
_BREAK = re.compile(
    r"[,;:]\s|\s[-–—]+\s|—|\s(?=(?:and|but|while|whereas|though|although|however)\s)|\s(?=which\s)",
    re.IGNORECASE,
)
_PRONOUN = re.compile(
    r"^\W*(?:and |but |yes,? |no,? |also,? )*(?:it|its|it['’]s|they|they['’]re|their|"
    r"this|these|those|both|all|each|every|the)\b"
    r"|\b(?:it|it['’]s|they|they['’]re|them|these|those|both)\b",
    re.IGNORECASE,
)
_EVERY = re.compile(r"\b(?:all|both|each|every)\b", re.IGNORECASE)
# "For the rugs [P2] and [P7]": each of them is one.
_OF_A_KIND = re.compile(r"^\W*(?:and |as |then )?for (?:the|your|those)\b[^\[]*$", re.IGNORECASE)
_PRESENTS = re.compile(
    r"\b(?:here(?:['’]s| is| are)|i(?:['’]ve)? (?:found|have|picked|got)|we (?:have|carry|offer|sell)|"
    r"there(?:['’]s| is| are)|take a look|have a look)\b",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not(?! only)|no(?! doubt| problem| wonder| worries)|never|none|nothing|nobody|without|neither|nor|cannot|"
    r"\w+n['’]t|hardly|unlike|instead of|rather than|except|unfortunately|sold out of|lack(?:s|ing)?)\b",
    re.IGNORECASE,
)
# What another thing is: "goes well with jeans", "warmer than a cotton one".
_BESIDE = re.compile(
    r"\b(?:(?:goes?|going|pairs?|works?|worn|wear it|looks? (?:great|good|nice))\s+(?:\w+\s+)?(?:with|over|under)|"
    r"than|similar to|catalogue is|compared (?:to|with)|match(?:es|ing)?(?: \w+)? with|complements?)\s+"
    r"(?:[^\W\d_]+\s+){0,3}$",
    re.IGNORECASE,
)
# "the white sandals are not here": said of what comes before it.
_DENIED = re.compile(
    r"(?:\s+[^\W\d_]+){0,2}?\s+(?:(?:is|are|was|were|do|does|has|have|can)\s+not|(?:is|are|was|were|do|does)n['’]t|cannot)\b",
    re.IGNORECASE,
)
_WHY_NOT = re.compile(r"\bwhy (?:not|don['’]t)\b|\bnot only\b", re.IGNORECASE)
_CONTRAST = re.compile(
    r"\b(?:but|however|though|although|so|here|yet)\b|[;–—:]|(?:,|\band)\s+(?:it|they|this|these|both)\b|(?:,|\band)\s+(?=\[)",
    re.IGNORECASE,
)
_WISH = re.compile(
    r"\b(?:if|in case|whether|unless|would you|shall i|should i|do you|did you|let me know|tell me|want me|"
    r"(?:i|we) (?:can|could|will|may)|i['’]ll|looking for|you (?:asked|wanted|want|said|mentioned|need|like|"
    r"liked|prefer|are|were|told|chose)|you['’](?:re|d|ve)|noted|got it|understood|as you|your|instead|what about|"
    r"how about (?=\w))\b",
    re.IGNORECASE,
)
_END_OF_WISH = re.compile(r"[,;:–—]|\s-\s")
# A question that puts a product forward says what it says of it: "how about [P1], a waterproof jacket?"
_PUTS_FORWARD = re.compile(
    r"\b(?:how about|what about|what do you think (?:of|about)|why not|may i suggest|can i interest you|interested in|"
    r"have you seen|did you see)\b",
    re.IGNORECASE,
)
_HOW_MANY = re.compile(r"\b(?:top|first|these|those|all|other|my|best)\s*$", re.IGNORECASE)
_THAN = re.compile(
    r"\b(cheaper|less expensive|more expensive|pricier|dearer|better rated|higher rated)\b.*?\bthan\b"
)
_NONE = re.compile(r"\b(?:no|not|none|nothing|never|nobody)\b|n['’]t\b")
_CHEAPER = ("cheaper", "less expensive")
_DIFFERENCE = re.compile(
    r"^\s*(?:cheaper|less|more|apart|difference|extra|dearer|above|below)\b", re.IGNORECASE
)
_DOLLARS = frozenset("USD CAD AUD NZD SGD HKD MXN".split())


@dataclass
class Grounds:
    """What the claims of a turn are held against.

    `record`: the product behind a handle, None where there is none. `found`: the handles that this turn's tools put
    before the shopper; `told`: what they said; `asked`: the shopper's words with their notes; `before`: the handles
    that the last reply named; `listed`: the products of the list that was last shown.
    """

    record: Callable[[str], Product | None]
    lexicon: Lexicon
    asked: str = ""
    found: Callable[[], Sequence[str]] = tuple
    before: Sequence[str] = ()
    listed: Callable[[], Sequence[Product]] = tuple
    told: list[str] = field(default_factory=list)

    def products(self, handles: Sequence[str]) -> list[Product]:
        """Return the records behind handles, those that have one."""
        return [product for product in map(self.record, handles) if product is not None]

    def heads(self) -> str:
        """Return what the tools said beside the products' own lines."""
        return "\n".join(
            line for text in self.told for line in text.splitlines() if not line.startswith(("[P", '"'))
        )


def named(text: str) -> list[str]:
    """Return the handles that a text names, in order."""
    return list(dict.fromkeys(handle.upper() for handle in HANDLE.findall(text)))


def last_named(replies: Iterable[str]) -> list[str]:
    """Return the handles that the last reply to name any named."""
    return next((handles for handles in map(named, reversed(list(replies))) if handles), [])


def mentions(text: str, lexicon: Lexicon) -> list[Mention]:
    """Return all that a text may claim, in order; what stands within a figure is part of it."""
    found = list(figures(text))
    spans = [(m.start, m.end) for m in found]
    taken = [
        m for m in lexicon.words(text) if not any(start <= m.start and m.end <= end for start, end in spans)
    ]
    return sorted([*found, *taken], key=lambda mention: mention.start)


def unsupported(sentence: str, grounds: Grounds, carried: Sequence[str] = ()) -> list[tuple[Mention, Claim]]:
    """Return what a sentence claims that neither record nor tool bears out.

    `carried` are the handles of the sentence before, which "it" and "they" stand for.
    """
    found = mentions(sentence, grounds.lexicon)
    wrong: list[tuple[Mention, Claim]] = []
    for mention in found:
        if not _asserts(sentence, mention):
            continue
        handles, every = _subject(sentence, mention, found, grounds, carried)
        why = _fault(sentence, mention, handles, every, grounds, carried)
        if why:
            wrong.append((mention, Claim(mention.text, *why)))
    return wrong + list(_comparisons(sentence, grounds))


def clauses(sentence: str) -> list[tuple[int, int]]:
    """Return where the clauses of a sentence start and end; a list of handles is not parted."""
    joined = _LISTED.sub(lambda match: match[1] + "\x00" * len(match[2]), sentence)
    at, parts = 0, []
    for match in _BREAK.finditer(joined):
        parts.append((at, match.start()))
        at = match.end()
    return [*parts, (at, len(sentence))]


def _asserts(sentence: str, mention: Mention) -> bool:
    if mention.kind == "link":
        return True
    before = sentence[: mention.start]
    puts_forward = _PUTS_FORWARD.search(before)
    if sentence.rstrip(" \"')*").endswith("?") and not (puts_forward and HANDLE.search(before)):
        return False
    starts = [m for m in _NEGATION.finditer(before) if not _inside(m, _WHY_NOT, before)]
    if starts:
        after = before[starts[-1].end() :]
        if not _CONTRAST.search(after):
            return False
    if _DENIED.match(sentence, mention.end):
        return False
    if mention.kind in ("value", "product") and _BESIDE.search(before):
        return False
    wishes = [m for m in _WISH.finditer(before) if not (puts_forward and m.start() == puts_forward.start())]
    return not (
        wishes and not _END_OF_WISH.search(before[wishes[-1].end() :]) and not _told_of(before, wishes[-1])
    )


def _told_of(before: str, wish: re.Match[str]) -> bool:
    """Whether a product came after a wish's first word: "you will like [P1] in red" speaks of [P1]."""
    word = wish[0].lower()
    return (
        word not in ("if", "in case", "whether", "unless", "your")
        and HANDLE.search(before, wish.end()) is not None
    )


def _inside(match: re.Match[str], pattern: re.Pattern[str], text: str) -> bool:
    return any(m.start() <= match.start() and match.end() <= m.end() for m in pattern.finditer(text))


def _subject(
    sentence: str, mention: Mention, found: Sequence[Mention], grounds: Grounds, carried: Sequence[str]
) -> tuple[list[str], bool]:
    """Return the handles a mention speaks of, and whether it must hold of every one of them."""
    parts = clauses(sentence)
    at = next(i for i, (_, end) in enumerate(parts) if mention.start < end or i == len(parts) - 1)
    near = [at, *range(at - 1, -1, -1), *range(at + 1, len(parts))]
    whole = bool(_EVERY.search(sentence) or _OF_A_KIND.match(sentence[: mention.start]))
    for index in near:
        start, end = parts[index]
        handles = named(sentence[start:end])
        if handles:
            first = len(named(sentence[start : mention.start])) == len(handles) > 1 and index == at
            fields = {name for name, _ in mention.values}
            several = any(m is not mention and fields & {name for name, _ in m.values} for m in found)
            return handles, (whole or first) and not several
    pictured = "<image>" in grounds.asked
    turn = list(grounds.found())
    if _PRONOUN.search(sentence):
        return list(carried) or turn or ([] if pictured else list(grounds.before)), whole
    if mention.kind in ("product", "value"):
        return (turn, False) if _PRESENTS.search(sentence) else ([], False)
    return list(carried) or turn, False


def _fault(
    sentence: str, mention: Mention, handles: list[str], every: bool, grounds: Grounds, carried: Sequence[str]
) -> tuple[str, str] | None:
    """Return the handle that a mention is wrong of, "" for none, and why; None where it is borne out."""
    records = [(handle, product) for handle in handles if (product := grounds.record(handle)) is not None]
    name = given_field(sentence, mention, grounds.lexicon) if mention.kind == "value" and records else ""
    if name and not any(_is_the(name, mention, product) for _, product in records):
        handle, product = records[0]
        return handle, f"its {name} is {product.field(name)}" if product.field(name) else f"it is no {name}"
    if mention.kind in ("product", "value") and not records:
        return None  # of no product: nothing that a record could say
    faulty = [(handle, product) for handle, product in records if not _holds(mention, product, grounds)]
    if records and (not faulty if every else len(faulty) < len(records)):
        return None
    if _told(sentence, mention, [product for _, product in records], grounds, carried):
        return None
    if not faulty:
        return "", "neither a tool nor a record says so"
    return faulty[0][0], _reason(mention, faulty[0][1])


def _is_the(name: str, mention: Mention, product: Product) -> bool:
    """Whether a value may be what a record has in a field; what the record leaves open, its words may say."""
    own = stems(product.field(name))
    if own:
        return any(_contains(own, wording) for wording in mention.wordings)
    return name in {field for field, _ in mention.values}


def _told(
    sentence: str, mention: Mention, products: Sequence[Product], grounds: Grounds, carried: Sequence[str]
) -> bool:
    """Whether a mention that no record holds is borne out by what a tool said, or by how many there are."""
    spoken_of = bool(HANDLE.search(sentence))
    figure = mention.kind in ("money", "rating", "stock")
    if figure or mention.kind == "number":
        if _counted(sentence, mention, products, grounds, carried):
            return True
        if spoken_of or (figure and products):
            return not figure and mention.number in numbers(grounds.heads())
        return mention.number in numbers("\n".join([*grounds.told, grounds.asked])) or not (
            figure or products
        )
    if mention.kind in ("shop", "product", "value"):
        said = stems(grounds.heads())
        return any(_contains(said, wording) for wording in mention.wordings)
    return not products and mention.kind not in ("free", "link")


def _reason(mention: Mention, one: Product) -> str:
    priced = f"its price is {money(one.price, one.currency)}" if one.price is not None else "it has no price"
    stock = f"its stock is {one.stock}" if one.stock is not None else "it has no stock count"
    told = {"money": priced, "free": priced, "stock": stock, "in_stock": stock, "sold_out": stock}
    told["rating"] = f"its rating is {one.rating:.1f}" if one.rating is not None else "it has no rating"
    facts = [f"its {name} is {one.field(name)}" for name, _ in mention.values if one.field(name)]
    return told.get(mention.kind) or " and ".join(facts) or "its record does not say so"


def _holds(mention: Mention, product: Product, grounds: Grounds) -> bool:
    """Whether one product's record bears a mention out."""
    if mention.kind == "money":
        return _price_holds(mention, product)
    if mention.kind == "rating":
        return product.rating is not None and _within(mention, product.rating, 0.051)
    if mention.kind == "stock":
        return product.stock is not None and _within(mention, product.stock, 0)
    if mention.kind == "number":
        own = {
            product.price,
            product.rating,
            product.stock,
            round(product.rating, 1) if product.rating else None,
        }
        return mention.number in own | numbers(" ".join(texts(product)))
    if mention.kind == "link":
        return bool(product.url) and mention.text.rstrip("/") in (product.url or "")
    if mention.kind in ("product", "shop", "value"):
        said = [stems(text) for text in texts(product)]
        return any(_contains(text, wording) for wording in mention.wordings for text in said)
    return _figure_holds(mention.kind, product, grounds)


def texts(product: Product) -> list[str]:
    """Return all that a record says in words; what it says "no" to is left out."""
    denied = ("no", "none", "false", "not", "n/a", "0")
    facts = [f"{n} {v} {n}" for n, v in product.attributes.items() if v and v.strip().lower() not in denied]
    return [product.title, product.description, product.category, *facts]


def _contains(said: Sequence[str], wording: Sequence[str]) -> bool:
    length = len(wording)
    for at in range(len(said) - length + 1):
        if tuple(said[at : at + length]) == tuple(wording):
            lead = said[max(0, at - 2) : at]
            if not {"not", "non", "no", "without", "isn't", "never", "faux", "imitation"} & set(lead):
                return True
    return False


def _within(mention: Mention, value: float, slack: float) -> bool:
    bound, number = mention.bound, mention.number
    if bound in ("under", "below", "less than", "just under"):
        return value < number + 1e-9
    if bound in ("up to", "within", "at most", "not more than", "no more than"):
        return value <= number + 1e-9
    if bound in ("over", "above", "more than", "at least", "just over"):
        return value >= number - 1e-9
    if bound:
        return abs(value - number) <= 0.1 * abs(value) + 1e-9
    return abs(value - number) <= slack + 1e-9


def _price_holds(mention: Mention, product: Product) -> bool:
    if product.price is None:
        return False
    known = product.currency
    if mention.currency and known and mention.currency != known and not {mention.currency, known} <= _DOLLARS:
        return False
    return _within(mention, product.price, 0.005)


def _counted(
    sentence: str, mention: Mention, products: Sequence[Product], grounds: Grounds, carried: Sequence[str]
) -> bool:
    """Whether a figure follows from several records: a difference of prices, how many were found."""
    if mention.kind == "money":
        all_of = [*products, *grounds.products([*named(sentence), *carried, *grounds.found()])]
        prices = sorted({p.price for p in all_of if p.price is not None})
        if _DIFFERENCE.match(sentence[mention.end :]):
            return any(_within(mention, b - a, 0.005) for a in prices for b in prices if b > a)
        return False
    if mention.kind != "number" or mention.number % 1:
        return False
    first = HANDLE.search(sentence)  # "2 for you: [P1] and [P3]" counts them, "[P1] has 2 pockets" does not
    most = max(len(grounds.found()), len(named(sentence)), len(carried))
    counts = first is None or mention.end <= first.start() or _HOW_MANY.search(sentence[: mention.start])
    return bool(counts) and mention.number <= most


def _figure_holds(kind: str, product: Product, grounds: Grounds) -> bool:
    if kind == "in_stock":
        return bool(product.stock)
    if kind == "sold_out":
        return product.stock == 0
    if kind == "free":
        return product.price == 0
    others = {p.id: p for p in (*grounds.products(grounds.found()), *grounds.listed())}
    read: Callable[[Product], float | None] = (
        (lambda p: p.rating) if kind == "best_rated" else (lambda p: p.price)
    )
    own = read(product)
    values = [value for value in map(read, others.values()) if value is not None]
    if own is None:
        return False
    return own <= min(values, default=own) if kind == "cheapest" else own >= max(values, default=own)


def _comparisons(sentence: str, grounds: Grounds) -> Iterator[tuple[Mention, Claim]]:
    """Yield what a sentence wrongly says of two products or of all: "[P1] is cheaper than [P2]", "none is"."""
    match = _THAN.search(sentence.lower())
    if not match or sentence.rstrip().endswith("?"):
        return
    before, after = named(sentence[: match.start()]), named(sentence[match.end() :])
    mention = Mention("number", match[0], match.start(), match.end())
    if not after or (before and not _asserts(sentence, mention)):
        return
    rated, cheaper = "rated" in match[1], match[1] in _CHEAPER
    two = grounds.record(after[0])
    if not before:
        kind = "best_rated" if rated else "cheapest" if cheaper else "dearest"
        if _NONE.search(sentence.lower()) and not (two and _figure_holds(kind, two, grounds)):
            yield mention, Claim(match[1], after[0], "others in the list are")
        return
    one = grounds.record(before[-1])
    a, b = ((p.rating if rated else p.price) if p else None for p in (one, two))
    if a is None or b is None or not (a < b if cheaper else a > b):
        yield mention, Claim(match[1], before[-1], "their records do not say so")
