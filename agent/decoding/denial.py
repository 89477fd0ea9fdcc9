"""How a reply begins that says what the shop does not have: "sorry, the shop has no plates"."""

from __future__ import annotations

from shelftalk.agent.decoding.ebnf import either, literal

# What may stand before it: whole beginnings, so that no small model loses its way before it has said so.
_BEFORE_NO = (
    "", "sorry, ", "i'm sorry, ", "unfortunately ", "hm, ", "no luck: ", "i found ", "i see ", "i have ", "we have ",
    "sorry, we have ", "unfortunately i have ", "i'm afraid we have ", "to be honest, we have ", "the shop has ",
    "this shop has ", "sorry, the shop has ", "sorry, this shop has ", "the catalogue holds ", "i'm afraid there are ",
    "i looked, but the shop has ", "i'd love to help, but the shop has ", "that's something we don't have: ",
    "i'm afraid this is the wrong place: we have ", "one of the two: ", "half of it i can do. ",
    "no luck with one of them: ",
)  # fmt: skip
_BEFORE_ANY = ("i can't find ", "i can't offer ", "you won't find ", "we don't have ", "i don't have ")


def denial(missing: str, rest: str) -> str:
    """Return the expression of a reply that begins so and goes on with `rest`, an expression too, or with nothing."""
    begun = [
        *(literal(f"{lead}no {missing}") for lead in _BEFORE_NO),
        *(literal(f"{lead}any {missing}") for lead in _BEFORE_ANY),
        literal(f"{missing}: none"),
    ]
    return f'" "? {either(begun)} ([ .,:;!?] ({rest})?)?'
