"""A reply as it is shown while it is written: whole handles, and capitals where the model writes none."""

from __future__ import annotations

import re

_HANDLE = re.compile(r"\[p(\d+)\]")
_I = re.compile(r"\bi\b(?!\.[a-z])")


class Plain:
    """Passes text on, except for a bracket or a call mark that is still open."""

    def __init__(self, opening: str = "") -> None:
        """`opening` is how a tool call begins; text that may become one is held back."""
        self._opening = opening
        self._held = ""

    def add(self, text: str) -> str:
        """Take the next piece of the answer and return what can be shown of it."""
        self._held += text
        cut = len(self._held)
        bracket = self._held.rfind("[")
        if bracket >= 0 and "]" not in self._held[bracket:] and cut - bracket < 8:
            cut = bracket
        if self._opening:
            at = self._held.find(self._opening)
            if at >= 0:
                cut = min(cut, at)
            else:
                for length in range(min(len(self._opening), len(self._held)), 0, -1):
                    if self._held.endswith(self._opening[:length]):
                        cut = min(cut, len(self._held) - length)
                        break
        shown, self._held = self._held[:cut], self._held[cut:]
        return shown

    def end(self) -> str:
        """Return what was held back, without a bracket that never closed."""
        shown, self._held = self._held, ""
        return re.sub(r"\s*\[[^\]]*$", "", shown)


class SentenceCase:
    """Gives lower-case text its capitals, word by word: at a sentence's start, in "I", in "[P3]"."""

    def __init__(self) -> None:
        self._held = ""
        self._start = True

    def add(self, text: str) -> str:
        """Take the next piece of the answer and return the words that are complete."""
        self._held += text
        # A word is complete once the space behind it is there.
        cut = max(self._held.rfind(" "), self._held.rfind("\n")) + 1
        shown, self._held = self._held[:cut], self._held[cut:]
        return self._case(shown)

    def end(self) -> str:
        """Return the last word, without a bracket that never closed."""
        shown, self._held = self._held, ""
        return self._case(re.sub(r"\[[^\]]*$", "", shown))

    def _case(self, text: str) -> str:
        text = _I.sub("I", _HANDLE.sub(r"[P\1]", text))
        out: list[str] = []
        for index, char in enumerate(text):
            if self._start and char.isalnum():
                char = char.upper()
                self._start = False
            elif self._start and char == "[":
                self._start = False
            elif char == "\n" or (char in ".!?" and text[index + 1 : index + 2] in ("", " ", "\n")):
                self._start = True
            out.append(char)
        return "".join(out)


def sentence_case(text: str) -> str:
    """Return a whole lower-case reply with its capitals: sentences, "I", and handles such as "[P3]"."""
    case = SentenceCase()
    return case.add(text) + case.end()
