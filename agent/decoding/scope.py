"""Which of the values that a shopper mentions a "no" belongs to: "no wool" of "a red rug, no wool".

A small model now and then rules out what is wanted beside what is not, or asks for what it was told to leave out. What
stands too far from any word that rules out may not be ruled out; what stands right behind one, or is called a
deal-breaker, must be. What lies between is the model's to decide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from shelftalk.tools.linking import words
from shelftalk.tools.spelling import is_slip

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[,.;!?]+")
_STOP = re.compile(r"[.;!?]+")
# "no more than 30" rules no value out.
_PRICE = re.compile(
    r"\b(?:(?:no|not|nothing|none|never|don['’]?t|won['’]?t|can['’]?t|without)\s+(?:\w+\s+){0,3}?)?"
    r"(?:mo+re than|less than|over|above|under|below|dearer|cheaper|higher|lower|pricier|beyond|exceed\w*|"
    r"north of|south of|greater|outside|at least|at most)\b[^,.;!?\d]{0,20}\d",
    re.IGNORECASE,
)
# Words that rule nothing out where they stand like this.
_IDIOM = re.compile(
    r"\b(?:(?:this|that|these|those|it|one|picture|photo|pic|thing|look|style|same|like|nice|good|great),? but\b|"
    r"forget (?:it|that|them|about it)|give me|i forgot|if not|why not|not only|not just|not bad|"
    r"(?:would|do|did|could|have|are|is|wo|ca)n['’]?t (?:you|it|they|there|happen)|already here|no worries|no problem|"
    r"in the way of|different (?:topic|thing|question|matter)|(?:something|anything|somewhere) (?:different|else)"
    r"(?! than))",
    re.IGNORECASE,
)
# What people say of things that they cannot stand, in front of them or behind; none of it rules out by itself.
_AVERSION = (
    r"no|nope|not|never|none|nothing?|without|cannot|unless|out|off|away|aside|over|past|beyond|enough|free|"
    r"(?:do|does|did|is|are|was|were|would|could|should|must|ca|wo|have|has|had|ai|need|might|sha)n['’]?t|"
    r"avoid\w*|hat(?:es?|ed|ing)|allergic|allerg\w+|aversion|dealbreakers?|breakers?|last|least|skip|skipp\w+|drop|cut|"
    r"veto\w*|lesson|banned|ban|exclud\w+|ugly|awful|bad|terrible|hideous|boring|wrong|overdone|cheesy|"
    r"ruin\w*|spoil\w*|bane|headaches?|nightmares?|worse|worst|kill(?:s|ed)?|puke|vomit|sickens?|horrid|horrible|"
    r"gross|cringe\w*|ages?|aged|dated|tacky|naff|nix\w*|axe|prune|blacklist\w*|blocklist\w*|zero|sans|subtract\w*|"
    r"deduct\w*|weed|purge|scrap\w*|swerv\w+|dodg\w+|shun\w*|banish\w*|evict|boycott\w*|eliminat\w+|miss|"
    r"run|flee|shudder\w*|shivers?|cry|weep|rash|badly|phobi\w+|scar(?:ed?|es|y)|hurts?|wince|sore|fail\w*|"
    r"disappoint\w*|regret\w*|overrated|bored?|dull|drab|dreary|depress\w*|annoy\w*|irritat\w*|offend\w*|tasteless|"
    r"cheapens?|screams?|seriously|why|life|body|half|bye|far|little|toss\w*|refrain\w*|impossible|unbearable|dump|"
    r"chuck|yuck|ick|eww?|meh|nah|shame|danger\w*|itch\w*|squeamish|suffer\w*|stand|bear|tolerat\w+|problem|issue|"
    r"trouble|enem\w+|poison|plague|curse\w*|outgrown|spared?|history|neither|deserve|excepted|leaves?|clash\w*"
)
_BEFORE = re.compile(
    rf"{_AVERSION}|"
    r"non|nor|except|but|dislikes?|detest|loathe|anti|lose|minus|against|loads|plenty|tired|sick|fed|had|other|instead|"
    r"bar|barring|save|stay|steer|remove|rule|forget|already|too|hardly|ditch|scratch|omit|hide|refuse|discard|rid|"
    r"stop|stopped|gave|gives?|given|apart|bin|lay|else|different|anything|everything|less|nobody|besides?|"
    r"exceptions?|line|pass|strike|quit|done|keep|jog",
    re.IGNORECASE,
)
_BEHIND = re.compile(rf"{_AVERSION}|creeps|makes?|ill|rather|loathe|go|god|reminds", re.IGNORECASE)
_LONG = ("without", "nothing", "except", "exclude", "excluding", "dealbreaker", "different")
_FAR_BEFORE, _FAR_BEHIND = 6, 5  # words between

_AN = r"(?:(?:a|an|any|the|in|with|of|from|by|for|to|be|made|more)\s+){0,3}"
_RIGHT_BEFORE = re.compile(
    r"(?:\b(?:no|neither|nor|without|except|excluding|exclude|avoid|avoiding|omit|minus|hates?|dislikes?|detest|loathe|bar|barring|"
    r"nothing|anything but|everything but|all but|other than|apart from|aside from|rid of|allergic to|clear of|"
    r"away from|rule out|leave out|tired of|sick of|"
    rf"(?:do|must|should|ca|is|are|wo)n['’]?t (?:want|like|be|stand)|(?<!\bor )not)\s+{_AN})$",
    re.IGNORECASE,
)
_NOT_QUITE = re.compile(
    r"\b(?:why|if|shame|pity|so|too|very|only|just|quite|really|that|or)\s+\S*\s*$", re.IGNORECASE
)
_RIGHT_BEHIND = re.compile(
    r"\s*(?:is|are|would be|['’]s)\s+(?:such |really |definitely |strictly )?(?:a |an )?"
    r"(?:deal-?breaker|out(?! there)|the last thing|off the (?:table|list)|no good|not (?:for me|my|an option|what)|"
    r"a no|ruled out|a turn-?off)\b",
    re.IGNORECASE,
)
# Two words that rule out undo each other: "it can't be anything but red", "if it isn't red I don't want it".
_UNDONE_BEFORE = re.compile(
    r"(?:\b(?:not|no|nothing|never|won['’]?t|allergic|hates?|wrong|(?:weed|throw|filter) out)|n['’]?t)"
    r"(?:\s+\w+){0,4}?\s+(?:but|without|other than|except|say no to|"
    r"leave out|rule out|exclude|avoid|omit)\s+"
    rf"{_AN}$",
    re.IGNORECASE,
)
_NOR = re.compile(rf",?\s*(?:or|nor|and|&|/)\s*(?:(?:no|not|without)\s+)?{_AN}", re.IGNORECASE)
_MISSED = re.compile(r"\bif (?:you|there|they)\s+\w+\s+no\s+$", re.IGNORECASE)
_FIND_SOME = re.compile(r"\b(?:find|get|show|bring) (?:me )?(?:some|any)\b|\bmust be some\b", re.IGNORECASE)
_UNDOING = re.compile(
    r"\b(?:if|unless|anything|everything|whatever|being|without|no)\s[^,.;]*$", re.IGNORECASE
)
_NOT_THAT = re.compile(
    rf"\b(?:if|anything|everything|whatever|all|those|ones?)\b[^,.;]*(?:n['’]?t|\bnot|\bwithout|\bno)\s+{_AN}$",
    re.IGNORECASE,
)
_UNDONE_BEHIND = re.compile(
    r",?\s+(?:(?:is|are|i|we|it['’]?s|then)\b[^,.;]*?(?:\b(?:out|no|not|deal-?breaker)|n['’]?t)|"
    r"no (?:deal|sale))\b",
    re.IGNORECASE,
)


def _where(tokens: Sequence[str], value: str) -> list[tuple[int, int]]:
    """Return the first and last place of a value among the words of a message, slips of the keyboard allowed."""
    stems = [(words(token) or (token,))[0] for token in tokens]
    wanted = words(value)
    return [
        (at, at + len(wanted) - 1)
        for at in range(len(stems) - len(wanted) + 1)
        if all(one == other or is_slip(one, other) for one, other in zip(stems[at:], wanted, strict=False))
    ]


def _cue(token: str, cues: re.Pattern[str]) -> bool:
    return cues.fullmatch(token) is not None or any(is_slip(token.lower(), word) for word in _LONG)


def may_be_ruled_out(said: str, value: str) -> bool:
    """Whether a word that rules out stands near enough to a value; True where the value cannot be found."""
    said = said.replace("w/o", "without").replace("W/O", "without")
    bare = _PRICE.sub(lambda found: " x" * len(found[0].split()) + " ", said)
    bare = _IDIOM.sub(lambda found: " x" * len(found[0].split()) + " ", bare)
    tokens = _WORD.findall(bare)
    places = _where(tokens, value)
    for first, last in places:
        for at in range(first):
            between = tokens[at + 1 : first]
            far = sum(not re.match(r"\W", token) for token in between) > _FAR_BEFORE
            if _cue(tokens[at], _BEFORE) and not far and not any(map(_STOP.fullmatch, between)):
                return True
        for at in range(last + 1, len(tokens)):
            between = tokens[last + 1 : at]
            cut = len(between) > 1 and any(re.match(r"\W", token) for token in between)
            if _cue(tokens[at], _BEHIND) and len(between) <= _FAR_BEHIND and not cut:
                return True
    return not places


def is_all_that_will_do(said: str, value: str) -> bool:
    """Whether two words that rule out undo each other: "anything that isn't wool is out"."""
    found = list(re.finditer(rf"(?<!\w){re.escape(value)}(?!\w)", said, re.IGNORECASE))
    if len(found) != 1:
        return False
    before, behind = said[: found[0].start()], said[found[0].end() :]
    return bool(_UNDONE_BEFORE.search(before) or (_NOT_THAT.search(before) and _UNDONE_BEHIND.match(behind)))


def must_all_be_ruled_out(said: str, values: Sequence[str]) -> bool:
    """Whether a message says plainly that it wants none of several values: "neither floral nor striped"."""
    found = [re.search(rf"(?<!\w){re.escape(value)}s?(?!\w)", said, re.IGNORECASE) for value in values]
    places = sorted((one.span() for one in found if one), key=lambda span: span[0])
    if len(places) < len(values) or not must_be_ruled_out(said, said[slice(*places[0])]):
        return False
    return all(
        _NOR.fullmatch(said[end:begin]) or must_be_ruled_out(said, said[begin:last])
        for (_, end), (begin, last) in pairwise(places)
    )


def rules_out(said: str) -> bool:
    """Whether any word of a message may rule something out."""
    return any(_cue(token, _BEFORE) or _cue(token, _BEHIND) for token in _WORD.findall(said))


def must_be_ruled_out(said: str, value: str) -> bool:
    """Whether a message says plainly that it wants none of a value: "without wool", "wool is a deal-breaker"."""
    found = list(re.finditer(rf"(?<!\w){re.escape(value)}s?(?!\w)", said, re.IGNORECASE))
    if len(found) != 1:
        return False
    before, behind = said[: found[0].start()], said[found[0].end() :]
    if re.match(r"\s+(?:enough|or nothing)\b", behind, re.IGNORECASE):
        return False
    # "no red ones?" asks for them.
    if _MISSED.search(before) or _FIND_SOME.search(behind):
        return False
    if re.search(r"\bno\s+$", before, re.IGNORECASE) and re.match(r"[^.!,;]*\?", behind):
        return False
    if _UNDONE_BEFORE.search(before) or (_UNDOING.search(before) and _UNDONE_BEHIND.match(behind)):
        return False
    if _RIGHT_BEHIND.match(behind):
        return True
    found_before = _RIGHT_BEFORE.search(before)
    return found_before is not None and _NOT_QUITE.search(before[: found_before.end()]) is None
