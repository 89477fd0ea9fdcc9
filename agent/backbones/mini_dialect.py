"""The embedded model's dialect: tools are known by training, a call is one flat line, text is lower case."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shelftalk.agent.backbones.display import SentenceCase
from shelftalk.agent.backbones.rendering import WRITTEN, Chat, as_strings
from shelftalk.agent.decoding.mini_grammar import mini_grammar
from shelftalk.agent.decoding.newest import again, hold_to_newest
from shelftalk.agent.decoding.orders import asks_for_cheaper
from shelftalk.agent.decoding.owed import owed
from shelftalk.agent.decoding.scope import may_be_ruled_out
from shelftalk.agent.decoding.seen import BEST_RATING, Seen, note
from shelftalk.agent.decoding.told import fields_of
from shelftalk.prompts.dialect import CALL, parse_call, render_call
from shelftalk.prompts.turn import read_state
from shelftalk.tools.linking import settled, words
from shelftalk.tools.product import several


def to_mini(chat: Chat, tools: Sequence[dict[str, Any]] = ()) -> list[dict[str, str]]:
    """Return a chat as the embedded model's template reads it: string contents, tool calls written out."""
    turns: list[dict[str, str]] = []
    so_far: dict[str, Any] = {}
    for source, turn in zip(chat, as_strings(chat), strict=True):
        if turn["role"] == "user":
            so_far = read_state(note(turn["content"], "so far"), tools)
        calls = [call["function"] for call in source.get("tool_calls", ())]
        if calls:
            known = str(source.get(WRITTEN, ""))
            # As it was written, so that what the model has read already stays as it was.
            written = (
                [known.strip()]
                if len(calls) == 1 and known.startswith(CALL)
                else [render_call(c["name"], c["arguments"], so_far) for c in calls]
            )
            turns += [{"role": "assistant", "content": text} for text in written]
        else:
            turns.append({"role": turn["role"], "content": turn["content"]})
    return turns


def as_spelt(value: Any, schema: Mapping[str, Any], spell: Callable[[str], str] = str.lower) -> Any:
    """Return a value written with `spell` in the spelling that its schema gives it."""
    if isinstance(value, list):
        return [as_spelt(item, schema.get("items", schema), spell) for item in value]
    if isinstance(value, dict):
        parts = schema.get("properties", {})
        return {name: as_spelt(item, parts.get(name, {}), spell) for name, item in value.items()}
    for allowed in schema.get("enum", ()):
        if allowed == value or spell(str(allowed)) == spell(str(value)):
            return allowed
    return value


def _is_let_go(word: str, so_far: Mapping[str, Any], said: str) -> bool:
    own = set(words(said))
    return word in so_far.get("query", "").split() and own >= {*words(word)} and may_be_ruled_out(said, word)


class MiniDialect:
    """See prompts/dialect.py for the syntax."""

    opening = CALL
    raw = True

    def __init__(self, processor: Any) -> None:
        self._processor = processor
        self._normalizer = getattr(processor, "tokenizer", processor).backend_tokenizer.normalizer

    def spell(self, text: str) -> str:
        """Return a text as the tokenizer reads it: lower case, no accents."""
        return str(self._normalizer.normalize_str(text)) if self._normalizer else text.lower()

    def words(self, pieces: Sequence[bytes]) -> frozenset[str]:
        """Return the words that have a token of their own; the model learnt no others but those that it copies."""
        return frozenset(piece[1:].decode("utf-8", "ignore") for piece in pieces if piece.startswith(b" "))

    def prompt(self, chat: Chat, tools: Sequence[dict[str, Any]]) -> str:
        """Return the prompt; the tools are not named in it."""
        text = self._processor.apply_chat_template(
            to_mini(chat, tools), add_generation_prompt=True, tokenize=False
        )
        return str(text)

    def grammar(self, tools: Sequence[dict[str, Any]], seen: Seen, reply: bool) -> str:
        """Return the grammar of one answer."""
        held = hold_to_newest(tools, seen.newest, self.spell)
        if seen.newest.due:
            # The second of two wishes: it is searched for before anything is said of the first.
            held, reply = [tool for tool in held if tool["function"]["name"] == "search"], False
        elif not seen.told and seen.newest.so_far and "sort: " not in seen.newest.so_far:
            # Thanks before it does not make a wish less of one.
            reply = reply and not asks_for_cheaper(seen.newest.own)
        further = again(tools, seen.newest, read_state(seen.newest.so_far, tools), self.spell)
        held += [further] if further else []
        named = seen.products
        if seen.facts:  # what is said after a tool's answer is about what it told of
            named = tuple(h for h in named if h in seen.facts or h in seen.mentioned)
        return mini_grammar(
            held,
            named,
            reply,
            self.spell,
            seen.newest.numbers,
            seen.figures,
            {handle: seen.facts.get(handle, ()) for handle in (named if seen.facts else ())},
            (*seen.counts, BEST_RATING),
            seen.missing,
            owed(seen.newest.own, seen.detail, fields_of(tools)) if seen.detail else None,
        )

    def parse(self, text: str, tools: Sequence[dict[str, Any]], seen: Seen) -> tuple[str, dict[str, Any]]:
        """Return name and arguments, values spelt as in the schemas; ValueError where it does not parse."""
        so_far = read_state(seen.newest.so_far, tools)
        name, arguments = parse_call(text[text.find(CALL) :], tools, so_far)
        function = next(tool["function"] for tool in tools if tool["function"]["name"] == name)
        spelt: dict[str, Any] = as_spelt(arguments, function["parameters"], self.spell)
        for key, schema in function["parameters"]["properties"].items():
            if key in spelt and ("x-words" in schema or "x-said" in schema):
                # A small model may repeat itself; a wish is a set of words.
                spelt[key] = " ".join(dict.fromkeys(spelt[key].split()))
        if name == "search" and "query" in spelt:
            parts = function["parameters"]["properties"]
            among = {"category": parts.get("category", {}), **parts.get("where", {}).get("properties", {})}
            facets = {field: [str(value) for value in part.get("enum", ())] for field, part in among.items()}
            filters = {"category": spelt.get("category", ""), **spelt.get("where", {})}
            out = [one for values in spelt.get("exclude", {}).values() for one in several(values)]
            # "it needn't be warm" takes the word out that the search before had.
            kept = [word for word in spelt["query"].split() if not _is_let_go(word, so_far, seen.newest.own)]
            if kept or {"image", "category", "where", "exclude"} & {
                *spelt
            }:  # something is still searched for
                spelt["query"] = " ".join(kept)
            spelt["query"] = settled(spelt["query"], filters, facets, out)
        # What was asked for cannot be ruled out in the same breath.
        wanted = spelt.get("where", {})
        left = {
            field: [value for value in several(values) if value != wanted.get(field)]
            for field, values in spelt.get("exclude", {}).items()
        }
        if left:
            spelt["exclude"] = {
                field: values if len(values) > 1 else values[0] for field, values in left.items() if values
            }
        return name, {key: value for key, value in spelt.items() if value not in ({}, "")}

    def written(self, chat: Chat, tools: Sequence[dict[str, Any]]) -> str:
        """Return a chat's last message as the model is to write it: a call as it was written, or else its line."""
        return to_mini(chat, tools)[-1]["content"].strip()

    def shown(self) -> SentenceCase:
        """Return a display that sets capitals."""
        return SentenceCase()
