"""What people say at the end of a visit, or to an offer, in their own words: thanks, goodbye, yes, no."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from shelftalk.evals.real_words import answers
from shelftalk.evals.simulation.wordings import Split

THANKED, DONE, ENDED = (
    frozenset({"THANK_YOU"}),
    frozenset({"NEGATE", "THANK_YOU"}),
    frozenset({"GOODBYE", "THANK_YOU"}),
)
AGREED = frozenset({"AFFIRM"})
# A turn is taken where all its words are among these: what else it says might ask for something.
_THANKS = frozenset(
    """thank thanks thankyou thnaks thnk you u so much very a lot bunch ton again for your the all this help helping
    assistance helpful being me been have you've great good wonderful awesome perfect excellent super cool nice ok okay
    alright fine really appreciate it i appreciated that's that is was you're the best many no not at nope nah nothing
    else more now today thats need needed i'm im all set it's it will be everything i've got moment needs right do only
    just then oh well done yes bye goodbye good-bye day have see later take care don't any anything to say kind of
    kindly greatly truly big huge and that'll that'd wanted want looking was it's""".split()
)
_YES = frozenset(
    """yes yeah yep yup ya sure ok okay fine great good perfect please do that it go ahead sounds would be works work
    for me that's thats that'll this is i like thanks thank you nice alright right let's try will fantastic awesome
    wonderful absolutely definitely of course certainly""".split()
)
_BYE = re.compile(r"\b(bye|goodbye|good-bye|see you|take care)\b")
_WORD = re.compile(r"[\w'’-]+")


@dataclass(frozen=True)
class Talk:
    """Short turns by what they are: thanks, goodbyes, a yes to an offer."""

    thanks: list[str]
    byes: list[str]
    yeses: list[str]


def _only(texts: list[str], known: frozenset[str]) -> list[str]:
    return [t for t in texts if (said := _WORD.findall(t.replace("’", "'"))) and known.issuperset(said)]


@cache
def talk(data: Path, split: Split) -> Talk:
    """Return the short turns of the schema-guided dialogues that are surely nothing but polite."""
    found = answers(data, split)
    polite = _only([t for acts in (THANKED, DONE, ENDED) for t in found.get(acts, [])], _THANKS)
    polite = [t for t in dict.fromkeys(polite) if "thank" in t or "appreciate" in t or _BYE.search(t)]
    yeses = [
        t for t in _only(found.get(AGREED, []), _YES) if re.match(r"(ye|ya|sure|ok|fine|go|do|pl|abs|of)", t)
    ]
    return Talk(
        thanks=[t for t in polite if not _BYE.search(t)],
        byes=[t for t in polite if _BYE.search(t)],
        yeses=yeses,
    )
