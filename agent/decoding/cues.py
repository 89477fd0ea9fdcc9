"""Words without which a shopper rules nothing out, asks for no order, and keeps nothing of the search before.

A small model now and then sorts where nobody asked for it, or goes on with a search when something else is wanted.
Where none of these words is said, it may not. The lists are wide: what they let through is the model's to decide.
"""

from __future__ import annotations

import re

# What people say of things that they cannot stand, in front of them or behind; none of it rules out by itself.
AVERSION = (
    r"ruin\w*|spoil\w*|bane|headaches?|nightmares?|wors[et]|worst|kills?|killed|puke|vomit|sickens?|horrid|horrible|"
    r"gross|cringe\w*|ages?|aged|dated|tacky|naff|skipp\w+|nix\w*|axe|blacklist\w*|blocklist\w*|zero|subtract\w*|"
    r"deduct\w*|weed|purge|scrap\w*|swerv\w+|dodg\w+|shun\w*|banish\w*|evict|boycott\w*|eliminat\w+|miss|life beyond|"
    r"run|flee|shudder\w*|shivers?|cry|weep|rash|badly|allerg\w+|phobi\w+|scar(?:ed?|es|y)|hurts?|wince|sore|fail\w*|"
    r"disappoint\w*|regret\w*|overrated|bored?|dull|drab|dreary|depress\w*|annoy\w*|irritat\w*|offend\w*|tasteless|"
    r"cheapens?|screams?|seriously|again\?|keep (?:showing|giving|offering|sending)|why do you|far|little|toss\w*|"
    r"refrain\w*|impossible|dump|chuck|yuck|ick|eww?|meh|nah|past|shame|sorry for|danger\w*|itch\w*|squeamish|"
    r"suffer\w*|stand|bear|tolerat\w+|fan of|won|problem|issue|trouble|enem\w+|poison|plague|curse\w*|why|life|body|"
    r"half|bye|w/o|aversion|so over"
)
_NEGATION = re.compile(
    r"\b(?:no|not|non|nor|never|none|nothing|nobody|neither|without|except|excluding|exclude\w*|but|avoid\w*|"
    r"hates?|hated|dislikes?|detest|loathe|anti|skip|drop|lose|minus|against|off|out|away|aside|enough|loads|plenty|"
    r"tired|sick|fed|had|allergic|deal-?breakers?|last|least|less|other|rather|instead|bar|barring|save|free|cannot|"
    r"stay|steer|leave|remove|rule|ban|banned|spare|forget|already|too|anything|everything|else|hardly|bad|ugly|"
    r"awful|ditch|scratch|omit|hide|refuse|discard|rid|stop|stopped|gave|give|gives|given|creeps|makes?|ill|itch\w*|"
    r"boring|wrong|overdone|cheesy|unless|apart|outside|beyond|bin|cut|kill|lay|veto|strike|quit|leaves|"
    r"done with|pass on|hard pass|draw the line|dead body|(?:got|ha[sd]|have|needs?) to go|besides?|"
    rf"exceptions?|terrible|reminds|different|{AVERSION}|"
    r"(?:do|does|did|is|are|was|would|could|should|must|ca|wo|have|has|ai|need)nt)\b|n['’]t\b|\bnot",
    re.IGNORECASE,
)
_ORDER = re.compile(
    r"che+a?p|pric|cost|afford|budget|broke|poor|student|money|expens|dear|steep|splurg|luxur|best|top|"
    r"rat(?:ed|ing)|review|star|low|high|first|order|sort|bargain|value|pocket|wallet|spend|purse|posh|premium|fanc|"
    r"lov(?:e|ing)|popular|favou?rit|well[- ]liked|recommend|quality|most|least|economic|pay|treat|tight|rich|shelf|"
    r"splash|score|liked|praise|thought|inflation|deal|reasonable|sav(?:e|ing)|cash|skint|frugal|thrift|small|"
    r"mortgage|much|rip|penn(?:y|ies)|bank|robbery|worth|steal|account|rank|up to date|exclusive|finest|classy|"
    r"loan|millionaire|up-?market|de ?luxe|means|economy|more than i|for less|rave|typo|figure",
    re.IGNORECASE,
)
_SAME = re.compile(
    r"\b(?:sam\w*|all (?:that|this|of|else|those)|keep\w*|rest|unchanged|otherwise|leave|left|everything|"
    r"as (?:a|an|it|some)|like (?:that|those|these|this|it)|ma\w+ (?:it|that|them)|match(?:es|ing)|chang\w+|"
    r"this t\w{1,3}|now with|swap\w*|switch\w*|turn\w*|identical|similar|equal|likewise for|repeat\w*|apart from|"
    r"(?:what|how) about|(?:what|all) i (?:asked|said|wanted|had)|and for|if it w\w+|it also|that with|to match|"
    r"stays?|staying|flip|filters?)\b",
    re.IGNORECASE,
)


_ADDED = re.compile(
    r"\W*(?:ok(?:ay)?,? )?(?:and|also|plus)\s+(?:maybe |perhaps |some |an? |any )?(?!more|less)[a-z]+\W*",
    re.IGNORECASE,
)
# What is said to people and is no wish for anything.
POLITE = frozenset(
    "please pls plz thanks thank thx ta cheers bye goodbye hi hello hey hiya ok okay lol haha hmm sorry".split()
)


def rules_out(said: str) -> bool:
    """Whether a shopper's words may rule something out."""
    return _NEGATION.search(said) is not None


def asks_for_order(said: str) -> bool:
    """Whether a shopper's words may ask for the cheapest, the dearest or the best rated."""
    return _ORDER.search(said) is not None


def keeps_the_rest(said: str) -> bool:
    """Whether a shopper who names another kind of thing may mean the same wishes for it."""
    return _SAME.search(said) is not None


def is_too_much(said: str, value: str) -> bool:
    """Whether a value is named as what there is too much of: "too casual"."""
    return re.search(rf"\b(?:too|less|overly)\s+{re.escape(value)}\b", said, re.IGNORECASE) is not None


def adds_a_thing(said: str) -> bool:
    """Whether a shopper names one thing more and nothing else: "and bowls"."""
    return _ADDED.fullmatch(said.strip()) is not None
