"""A reply checked while it is written: sentence by sentence, what no record bears out is taken out before it is shown.

A sentence is shown as it comes while it claims nothing; from the first product, figure or word that may claim
something it is held back until it is whole. What has been shown is never taken back.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from shelftalk.agent.claims import HANDLE, Claim, Lexicon, Mention
from shelftalk.agent.grounding import Grounds, clauses, named, unsupported
from shelftalk.agent.present import harmless

_SENTENCE_END = re.compile(r"[.!?…]+[\"'”’)\]*_]*(?=\s)|[。！？]|(?=\n)")
_ABBREVIATION = re.compile(
    r"(?:\b(?:e\.g|i\.e|approx|incl|vs|no|st|dr|mr|mrs|ca|etc)|(?:^|\n)\s*\d+)\.\s*$", re.IGNORECASE
)
_TRIGGER = re.compile(r"\d|\[\s?P|\[\s?$|[$€£₹¥\x1b]|https?|www|@|\.\w", re.IGNORECASE)
_LINK_BEGINS = re.compile(r"\b(?:ht{0,2}|htt?p|w{1,2})$", re.IGNORECASE)
# A sentence that begins so is about to say something of a product: nothing of it is shown before it is whole.
_SUBJECT = re.compile(
    r"^\W*(?:it|its|it['’]\w+|they|their|they['’]\w+|this|these|that|those|the|both|all|each|every|our|we|as|with|made|"
    r"also|yes|no|and|but|free|a|an)\b",
    re.IGNORECASE,
)
_BARE = re.compile(
    r"\b(?:is|are|was|be|costs?|comes?|has|have|at|of|in|with|from|made|and|or|but|the|a|an|also|both|all)\W*$",
    re.I,
)
_BEFORE_NAME = re.compile(
    r"\b(?:with|about|like|suggest|recommend|is|are|of|at|for|see|try|found|pick|choose|consider|take|love|also)\W*$",
    re.I,
)
_PHRASE = re.compile(
    r"[\s,]*\b(?:in|made of|made from|made in|from|with|for|by|at|that is|that are|that has|that comes with|plus)\s+"
    r"(?:(?:a|an|the|its|real|pure|genuine|full|only|just|size)\s+)*$",
    re.IGNORECASE,
)
_WORD = re.compile(r"\W*([^\W\d_]+)")
_ARTICLE = re.compile(r"\b(?:a|an|the|this|that|these|those|our|another|one|some|such a)\s+$", re.IGNORECASE)
_NOUN_NEXT = re.compile(
    r"\s+(?!(?:and|or|but|in|for|with|at|by|from|to|of|on|is|are|that|which|too|as|then|now|here|there|today|again|among|so)\b)(?:[^\W\d_]|\[P)",
    re.I,
)
_IT = re.compile(r"\W*\b(it)(['’]s)?\b", re.IGNORECASE)
_STARTERS = (
    "its they their these those that this both each every our we with made also free yes no and but an the all as"
).split()
UNKNOWN = "the catalogue does not say."


class Checker:
    """Takes one answer's chunks, gives back what may be shown of them, products still by their handles."""

    def __init__(self, grounds: Grounds) -> None:
        self.grounds = grounds
        self.unsupported: list[Claim] = []
        self.text = ""  # all that was let through
        self._sentence = ""  # the sentence at hand
        self._shown = 0  # how much of it was let through
        self._held = False
        self._carried: list[str] = []  # what "it" stands for
        self._gap = ""  # a blank line before a sentence that was taken out
        self._lost: list[str] = []  # products of a sentence that was taken out

    def feed(self, chunk: str) -> str:
        """Take the next chunk and return what can be shown by now."""
        self._sentence += chunk
        out = ""
        while (end := sentence_end(self._sentence)) is not None:
            out += self._let(self._whole(self._sentence[:end]))
            self._sentence, self._shown, self._held = self._sentence[end:], 0, False
        return out + self._let(self._so_far())

    def finish(self) -> str:
        """Return what was held back; call it once, after the last chunk."""
        out = self._let(self._whole(self._sentence))
        self._sentence, self._shown, self._held = "", 0, False
        return out

    def _let(self, text: str) -> str:
        if not self.text:
            text = text.lstrip()
        self.text += text
        return text

    def _so_far(self) -> str:
        """Return what can be shown of a sentence that is not whole yet."""
        text = self._sentence
        if self._held or not text.strip():
            return ""
        if not claims_nothing(text, self._shown, self.grounds.lexicon):
            self._held = _is_held(text, self._shown, self.grounds.lexicon)
            return ""
        out, self._shown = text[self._shown :], len(text)
        return out

    def _whole(self, text: str) -> str:
        """Return what is to be shown of a whole sentence beyond what was."""
        shown, body = text[: self._shown], harmless(text[self._shown :])
        lead = ""
        if not shown:
            body = body.lstrip()
            lead = text[: len(text) - len(text.lstrip())]
            body = self._antecedent(body)
        sentence = mend(shown, body, self.grounds, self._carried, self.unsupported)
        if not sentence.strip():
            self._lost = [h for h in named(text) if self.grounds.record(h)] or self._lost
            self._gap = self._gap or (lead if "\n" in lead else "")
            return ""
        handles = named(sentence)
        if handles:
            self._carried, self._lost = handles, []
        lead, self._gap = (lead if "\n" in lead else self._gap or lead), ""
        return lead + sentence[len(shown) :]

    def _antecedent(self, body: str) -> str:
        """Name the product that "it" stands for, where the sentence that named it was taken out."""
        match = _IT.match(body)
        if not match or len(self._lost) != 1:
            return body
        return f"{body[: match.start(1)]}[{self._lost[0]}]{' is' if match[2] else ''}{body[match.end() :]}"


def _is_held(text: str, shown: int, lexicon: Lexicon) -> bool:
    """Whether the beginning of a sentence claims something, or is about to whatever follows."""
    return bool(
        _TRIGGER.search(text, shown)
        or next(lexicon.words(text), None)
        or (shown == 0 and not _may_start(text) and _SUBJECT.match(text))
    )


def _may_start(text: str) -> bool:
    """Whether a text is but a word, which may not be whole and may become one that a claim begins with."""
    begun = _WORD.fullmatch(text)
    return begun is not None and any(starter.startswith(begun[1].lower()) for starter in _STARTERS)


def claims_nothing(text: str, shown: int, lexicon: Lexicon) -> bool:
    """Whether the beginning of a sentence claims nothing, `shown` characters of which have been shown."""
    if _is_held(text, shown, lexicon) or (shown == 0 and _may_start(text)):
        return False
    return not _LINK_BEGINS.search(text) and not lexicon.may_begin(text)


def sentence_end(text: str) -> int | None:
    """Return where the first sentence ends; white space before it is its own, what follows the next one's."""
    for match in _SENTENCE_END.finditer(text, len(text) - len(text.lstrip())):
        if text[: match.end()].strip() and not (match[0] and _ABBREVIATION.search(text[: match.end()])):
            return match.end()
    return None


def check(text: str, grounds: Grounds) -> tuple[str, list[Claim]]:
    """Return a whole answer without what no record bears out, and what that was."""
    checker = Checker(grounds)
    said = checker.feed(text) + checker.finish()
    return said.strip(), checker.unsupported


def mend(shown: str, body: str, grounds: Grounds, carried: Sequence[str], gone: list[Claim]) -> str:
    """Return a sentence without its unsupported claims; what was shown of it, `shown`, stays.

    Takes out an adjective, else a phrase at the end, else a clause, else the sentence. `gone` gets the claims.
    """
    sentence = shown + body
    for _ in range(12):
        wrong = [(m, claim) for m, claim in unsupported(sentence, grounds, carried) if m.end > len(shown)]
        if not wrong:
            return sentence
        mention = wrong[0][0]
        gone += [claim for _, claim in wrong if claim not in gone]
        shorter = _without(sentence, mention, len(shown))
        if shorter is None or not _stands(shorter):
            break
        sentence = shorter
    return _rest(shown, body, grounds)


def _without(sentence: str, mention: Mention, least: int) -> str | None:
    """Return the sentence without the words, phrase or clause of a mention, keeping its first `least` characters."""
    start, end = mention.start, mention.end
    stop = re.search(r"[.!?…\"'”’)\s]*$", sentence)
    last = stop.start() if stop else len(sentence)
    if start < least:
        return None
    before, after = sentence[:start], sentence[end:]
    if (
        mention.kind in ("value", "product", "shop", "free", "number")
        and _ARTICLE.search(before)
        and _NOUN_NEXT.match(after)
    ):
        return _article(before.rstrip(), after)
    inside = next(((a, b) for a, b in clauses(sentence) if a <= start <= b), (0, len(sentence)))
    phrase = _PHRASE.search(sentence, inside[0], start)
    if phrase and phrase.start() >= least and sentence[end : inside[1]].strip(" .!?…") == "":
        kept = sentence[: phrase.start()]
        if not _BARE.search(kept) and kept.strip():
            return kept + sentence[max(end, inside[1]) if inside[1] < last else last :]
    if inside[0] > 0:
        lead = re.search(r"[\s,;:–—-]*$", sentence[: inside[0]])
        cut = lead.start() if lead else inside[0]
        if cut >= least:
            tail = sentence[inside[1] :] if inside[1] < last else sentence[last:]
            return sentence[:cut] + tail
    rest = re.match(
        r"[\s,;:–—-]*(?:and |but |while |whereas )?\s*(?=\[\s?P|it |they |i )",
        sentence[inside[1] :],
        re.IGNORECASE,
    )
    if least == 0 and inside[0] == 0 and inside[1] < last and rest:
        return sentence[inside[1] + rest.end() :]
    return None


def _article(before: str, after: str) -> str:
    """Join two stretches, "a" or "an" at the end of the first set right for the second."""
    match = re.search(r"\b(a)n?$", before, re.IGNORECASE)
    if match and after.lstrip()[:1].isalpha():
        before = before[: match.end(1)] + ("n" if after.lstrip()[0].lower() in "aeio" else "")
    return before + after


def _stands(sentence: str) -> bool:
    """Whether what is left is still a sentence, or at least names a product."""
    if re.fullmatch(r"\W*\[\s?P\d+\s?\]\W*", sentence):
        return True
    words = re.findall(r"[^\W\d_]+", HANDLE.sub(" it ", sentence))
    return len(words) > 1 and not _BARE.search(re.sub(r"[.!?…\"'”’)\s]*$", "", sentence))


def _rest(shown: str, body: str, grounds: Grounds) -> str:
    """Return how a sentence ends of which nothing else can be said."""
    if not shown.strip():
        return shown
    known = [handle for handle in named(body) if grounds.record(handle)]
    if known:
        listed = " and ".join(f"[{handle}]" for handle in known[:2])
        if _BEFORE_NAME.search(shown):
            close = "?" if body.rstrip().endswith("?") else "."
        else:
            close = " are worth a look." if len(known) > 1 else " is worth a look."
        return shown + ("" if shown[-1].isspace() else " ") + listed + close
    return shown.rstrip() + " ... " + UNKNOWN
