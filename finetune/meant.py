"""Which of the catalogue's values that a sentence mentions are meant as such: "a brown rug", not "rug cleaner".

Linking goes by words alone. A value counts as meant only where the words around it leave no doubt; a sentence with
a doubtful one is no lesson, and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shelftalk.tools.linking import stem, words

_SET = re.compile(r"[,.;:!?()]+(?=\s|$)|(?<=\s)[(]")
PAUSE = "zzz"  # stands for punctuation among the stems
_LEAD = frozenset(
    map(
        stem,
        """i im i'm i’m am is are would wold will want need to like id i'd i’d looking locking look for search searching
        find finding get getting buy buying purchase purchasing shop shopping order interested in me my a an the some
        any please help can could you do have has hoping trying we our us she he they hello hi hey of need needs wants
        kind this these those new good nice give show let lets let's see also and so find located locate hope one
        pair set pack box bag bottle piece pieces couple bunch case zzz""".split(),
    )
)
_SEARCHING = frozenset(
    "look looking locking search searching shop shopping interested am im i'm here be".split()
)
# Where a noun phrase has come to its end.
_END = frozenset(
    map(
        stem,
        """zzz that which who whose with without for in into to by from made suitable compatible size sized is are it
        they on at having has have should must thats that's i and please under below over between up less no not max
        maximum priced price costing around within as about where so because""".split(),
    )
)
_NOT = frozenset(
    "no not non without except nor never instead faux vegan fake imitation artificial tempered or than".split()
)
_PARTS = frozenset(
    map(
        stem,
        """sole outsole strap band handle frame leg toe neck collar foot feet inch trim lining zipper base top lid tip
        hook buckle rim wheel shade lens button accent scent scented fragrance flavor flavored flavour free fit leaf
        light oil oils tea butter sauce milk powder chip chips cover case protector cleaner polish plated tone cable
        holder box bag stand mount sheet pad rack grass bar""".split(),
    )
)
_COLOURED = frozenset("color colour colored coloured colours colors".split()) | {"colour"}
_DOUBTFUL_COLOURS = frozenset("cream gold silver olive orange charcoal multi teal rose mint navy".split()) - {
    "navy",
    "teal",
}
_FLAVOURED = frozenset("flavor flavored flavour flavoured taste".split())


def stems(text: str) -> list[str]:
    """Return the stems of a text's words, with a stem of its own for every pause between them."""
    return list(words(_SET.sub(f" {PAUSE} ", text)))


def head(said: Sequence[str]) -> tuple[int, int]:
    """Return where the first noun phrase starts and ends among stems: "i want a [red wool rug] for ..."."""
    start = 0
    while start < len(said) and said[start] in _LEAD:
        if said[start] in ("for", "in") and said[start - 1 : start] and said[start - 1] not in _SEARCHING:
            return start, start
        start += 1
    end = start
    while end < len(said) and said[end] not in _END:
        end += 1
        if said[end - 1] == "of":  # "a bag of [green tea]"
            start = end
    if end + 1 < len(said) and said[end] == PAUSE and said[end + 1] not in _END | _LEAD:
        return start, start  # "low sodium, sugar free coffee" has not come to its noun yet
    return start, end


def meant(said: Sequence[str], field: str, value: str) -> bool:
    """Say whether a linked value is meant as a filter where it stands first among the stems of a sentence."""
    key = words(value)
    at = next((i for i in range(len(said)) if tuple(said[i : i + len(key)]) == key), None)
    if at is None:
        return False
    before = said[at - 1] if at else ""
    after = [*said[at + len(key) : at + len(key) + 2], "", ""]
    if _NOT & {before, said[at - 2] if at > 1 else "", after[0] if after[0] == "or" else ""}:
        return False
    if field == "category":
        start, end = head(said)
        return start <= at and at + len(key) == end
    if field == "fit":
        return after[0] in ("fit", "fitting", "fitted")
    if after[0] in _PARTS:
        return False
    if field in ("colour", "color"):
        sure = bool(_COLOURED & set(after[:2])) or before in ("in", *_COLOURED)
        return (sure or value not in _DOUBTFUL_COLOURS) and before not in ("rose", "multi")
    if field == "flavour":
        return bool(_FLAVOURED & {*after[:2], before})
    if field in ("room", "usage", "country", "season"):
        return before in ("for", "my", "the", "in", "from", "our", "birthday") and (
            after[0] in _END or after[0] in ("", "wear", "use", PAUSE)
        )
    if field == "power":
        return after[0] in ("powered", "operated")
    if field == "closure":
        return after[0] in ("closure", "closing") or before == "with"
    if field == "heel":
        return value != "flat"
    return True
