"""The grammar of the embedded model's dialect: one flat line per tool call (see prompts/dialect.py)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from shelftalk.agent.decoding.denial import denial
from shelftalk.agent.decoding.due import ways
from shelftalk.agent.decoding.ebnf import Rules, between, either, literal, number
from shelftalk.agent.decoding.owed import Owed, owing
from shelftalk.prompts.dialect import ARG, CALL
from shelftalk.prompts.refinement import field_key
from shelftalk.tools.render import SIGNS

Spelling = Callable[[str], str]
MOST_BESIDE = 8  # words before or behind each that a query must hold
NAMED = "[a-z0-9] [a-z0-9'-]{0,15}"  # a word for what a picture shows


def _value(schema: dict[str, Any], rules: Rules, spell: Spelling, inside_list: bool = False) -> str | None:
    if "enum" in schema:
        values = [spell(str(value)) for value in schema["enum"]]
        # A list is written "a, b": a value with a comma in it could not be told from two.
        kept = [v for v in dict.fromkeys(values) if not (inside_list and "," in v)]
        return rules.name(either(literal(value) for value in kept)) if kept else None
    kind = schema["type"]
    if kind == "array":
        item = _value(schema["items"], rules, spell, inside_list=True)
        if item and schema["minItems"] > 1 and "enum" in schema["items"]:
            return _different([spell(str(v)) for v in schema["items"]["enum"]], rules)
        return item and between(", ", item, schema["minItems"], schema["maxItems"])
    if kind in ("number", "integer"):
        if rules.numbers is None:
            return rules.name(number(schema))
        return rules.name(either(literal(n) for n in rules.numbers)) if rules.numbers else None
    if kind == "boolean":
        return '("yes" | "no")'
    if "x-words" in schema:
        word = rules.name(either(literal(spell(word)) for word in schema["x-words"]))
        if "x-must" in schema:
            return _with_words([spell(word) for word in schema["x-must"]], word, schema["x-most"], rules)
        return rules.name(between(" ", word, 1, schema["x-most"]))
    if "x-names" in schema:
        return rules.name(between(" ", rules.name(NAMED), 1, schema["x-names"]))
    return rules.name(f"[a-z0-9] [a-z0-9 ./'-]{{0,{schema['maxLength'] - 1}}}")


def _with_words(must: Sequence[str], word: str, most: int, rules: Rules) -> str:
    """Return an expression for words with those of `must` among them, in their order."""
    more = min(max(most - len(must), 0), MOST_BESIDE)
    lead, tail = (rules.name(f"({text}){{0,{more}}}") for text in (f'{word} " "', f'" " {word}'))
    return rules.name(f"{lead} " + f' {tail} " " '.join(literal(word) for word in must) + f" {tail}")


def _different(values: Sequence[str], rules: Rules) -> str | None:
    """Return an expression for two different values, which is what can be compared."""
    pairs = [
        f"{literal(one + ', ')} {rules.name(either(literal(v) for v in values if v != one))}"
        for one in values
        if len(values) > 1
    ]
    return rules.name(either(pairs)) if pairs else None


def _arguments(
    parameters: dict[str, Any], rules: Rules, spell: Spelling
) -> Iterator[tuple[str, str | None, bool]]:
    for name, schema in parameters["properties"].items():
        if name in ("where", "exclude"):
            lead = "not " if name == "exclude" else ""
            for field, part in schema["properties"].items():
                yield lead + field_key(field), _value(part, rules, spell), False
        else:
            yield name.replace("_", " "), _value(schema, rules, spell), name in parameters["required"]


def _call(function: dict[str, Any], rules: Rules, spell: Spelling) -> str | None:
    parts: list[tuple[str, str, bool]] = []
    for key, value, required in _arguments(function["parameters"], rules, spell):
        if value is not None:
            parts.append((key, f"{literal(f'{ARG} {key}: ')} {value}", required))
        elif required:
            return None
    head = literal(f"{CALL} {function['name']}")
    keys = [key for key, _, _ in parts]
    names = [name for name in map(field_key, function.get("x-due", ())) if {name, f"not {name}"} & {*keys}]
    if names:
        return f"{head} {_with_due(parts, names, rules)}"
    rest = [part if required else f"({part})?" for _, part, required in parts]
    if not function["parameters"].get("minProperties") or any(required for _, _, required in parts):
        return " ".join([head, *rest])
    # One argument at least: each may be the first, with those after it to follow.
    firsts = [" ".join([part, *rest[at + 1 :]]) for at, (_, part, _) in enumerate(parts)]
    return f"{head} ({either(firsts)})" if firsts else None


def _with_due(parts: Sequence[tuple[str, str, bool]], names: Sequence[str], rules: Rules) -> str:
    """Return the expression of arguments in which each field of `names` is asked for or ruled out."""
    either_of = {*names, *(f"not {name}" for name in names)}
    begin = next(at for at, (key, _, _) in enumerate(parts) if key in either_of)
    whole: list[str] = []
    for out in ways(names, [key for key, _, _ in parts]):
        must = {f"not {name}" if name in out else name for name in names}
        whole.append(
            " ".join(
                part if required or key in must else f"({part})?"
                for key, part, required in parts[begin:]
                if key in must or key not in either_of
            )
        )
    lead = [part if required else f"({part})?" for _, part, required in parts[:begin]]
    return " ".join([*lead, rules.name(either(whole))])


def _reply(
    named: Sequence[str],
    rules: Rules,
    figures: Sequence[str] | None,
    facts: Mapping[str, Sequence[str]],
    counts: Sequence[str],
) -> str:
    """Return the expression of a reply: words, handles that were shown, and figures that were seen."""
    handles = [literal(handle) for handle in named]
    # Marks are written "<|...|>", so a reply without "<" cannot open a call or a turn.
    digits = "" if figures is None else f"0-9{SIGNS}"
    word = rules.name(either([rf"[^{digits}<\[\]]", *handles]))
    begun = either([rf"[^{digits}<\[\] \n]", *handles])
    if not figures:
        return f'" "? {begun} {word}*'
    if facts:
        return _told(named, rules, figures, facts, counts)
    # A figure ends where a digit would go on: "5" and "9" are not "59".
    figure = _one(figures, rules)
    return f'" "? ({begun} | {figure} {word}) ({word} | {figure} {word})* {figure}?'


def _told(
    named: Sequence[str],
    rules: Rules,
    figures: Sequence[str],
    facts: Mapping[str, Sequence[str]],
    counts: Sequence[str],
) -> str:
    """Return the expression of a reply to what tools told: beside a product stand only its own figures.

    What follows a handle, up to the next one, is of that product: its figures, and those that are of none ("3 found").
    Or each figure stands before its handle, "$30 for [P2], $20 for [P5]", and none behind one. No handle comes twice in
    a row. A reply that names no product, or is about a single one, may hold any figure that was seen of it.
    """
    word = rules.name(rf"[^0-9{SIGNS}<\[\]]")
    # A figure does not go on, and a sign of money stands only before an amount that had it.
    after = rules.name(rf"([^0-9{SIGNS}<\[\].,] | [.,] [^0-9{SIGNS}<\[\]])")

    def text(held: Sequence[str]) -> str:
        if not held:
            return rules.name(f"{word}*")
        return rules.name(f"({_one(held, rules)} {after} | {word})*")

    def last(held: Sequence[str]) -> str:
        return f"({_one(held, rules)} [.,!?]?)?" if held else '""'

    own: dict[tuple[str, ...], list[str]] = {}
    for handle in named:
        own.setdefault(tuple(facts.get(handle, ())), []).append(handle)
    told = [held for held in facts.values() if set(held) > set(counts)]
    lead = text(told[0] if len(told) == 1 else counts)  # of the one that it is about, or of none
    before = text(counts)
    begun: list[str] = []
    for at, (held, handles) in enumerate(own.items()):
        name = rules.name(either(literal(handle) for handle in handles))
        others = [other for other in range(len(own)) if other != at or len(handles) > 1]
        for row, middle, start in (
            ("told", text(held), name),
            ("sold", before, f"{_one(held, rules)} {literal(' for ')} {name}" if held else ""),
        ):
            if start:
                more = f" | {middle} ({either(f'{row}{other}' for other in others)})" if others else ""
                end = last(held) if row == "told" else '""'
                rules.define(f"{row}{at}", f"{start} ({middle} {end}{more})")
                begun.append(f"{row}{at}")
            else:
                rules.define(f"{row}{at}", f"{name} {middle}")
    seen = _one(figures, rules)
    plain = rf"([^0-9{SIGNS}<\[\] \n] | {seen} {after}) ({seen} {after} | {word})* ({seen} [.,!?]?)?"
    if not begun:
        return f'" "? {plain}'
    return f'" "? ({plain} | {lead} ({either(begun)}))'


def _one(figures: Sequence[str], rules: Rules) -> str:
    """Return the expression of one of several figures; what was told as an amount of money may go without its sign."""
    ways = dict.fromkeys(way for figure in figures for way in (figure, figure.lstrip(SIGNS)))
    return rules.name(either(literal(way) for way in ways))


def mini_grammar(
    tools: Sequence[dict[str, Any]],
    handles: Sequence[str],
    reply: bool = True,
    spell: Spelling = str.lower,
    numbers: Sequence[str] | None = None,
    figures: Sequence[str] | None = None,
    facts: Mapping[str, Sequence[str]] | None = None,
    counts: Sequence[str] = (),
    missing: str = "",
    due: Owed | None = None,
) -> str:
    """Return the EBNF of one answer in the embedded model's dialect, up to but without `<|end|>`.

    `tools` are narrowed function schemas, `handles` the products a reply may name ("P3"); `reply` False
    leaves only calls; `spell` writes a value as the model's tokenizer would; `numbers` are the only
    ones a call may hold, `figures` the only ones a reply may, as they were written; None allows any. `facts` are the
    figures that tools have told of each product, `counts` those of none: beside a product stand no others.
    `missing` is what a tool said the shop does not have: a reply begins by saying so; `due` what it must hold.
    With no tool to call, a reply is always allowed.
    """
    rules = Rules(numbers)
    calls = [call for tool in tools if (call := _call(tool["function"], rules, spell)) is not None]
    choices = list(calls)
    if reply or not calls:
        told = {
            f"[{handle.lower()}]": tuple(dict.fromkeys([*held, *counts]))
            for handle, held in (facts or {}).items()
        }
        shown = [f"[{handle.lower()}]" for handle in handles]
        said = _reply(shown, rules, figures, told, counts)
        if due is not None and not missing:
            said = owing(f"[{due.handle.lower()}]", spell(due.field), spell(due.value), said)
        choices.append(denial(spell(missing), said) if missing else said)
    return rules.grammar(" | ".join(choices))
