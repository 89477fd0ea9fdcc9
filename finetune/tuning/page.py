"""The pieces of a report's page: HTML made of figures and text. All text that comes from outside is escaped here."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from html import escape
from importlib import resources
from typing import Any

from shelftalk.evals.bootstrap import Interval
from shelftalk.finetune.tuning.curves import number
from shelftalk.finetune.tuning.measure import METRICS, Outcome, Summary
from shelftalk.finetune.tuning.rows import ToolCall
from shelftalk.finetune.tuning.samples import Sample, right

_NOTES = re.compile(r"\s*(\[catalogue: .*?\])?\s*(\[so far: .*?\])?$", re.DOTALL)
_PLACE = re.compile(r"\((img\d+): <image>\)")
Show = Callable[[str], str]  # a picture's name -> the HTML that shows it


def page(title: str, parts: Sequence[str]) -> str:
    """Return a whole page: one file that loads nothing, readable on a phone and in the dark."""
    style = (resources.files("shelftalk.finetune.tuning") / "report.css").read_text(encoding="utf-8")
    # No script, no request: a browser holds hostile text to that even if an escape were missing.
    policy = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>\n{style}</style>\n</head>\n<body>\n"
        + "\n".join(part for part in parts if part)
        + "\n</body>\n</html>\n"
    )


def heading(text: str, about: str = "") -> str:
    """Return a section's heading, with a line of what it shows."""
    return f"<h2>{escape(text)}</h2>" + (f'<p class="soft">{escape(about)}</p>' if about else "")


def note(text: str) -> str:
    """Return a remark that should not be missed."""
    return f'<p class="note card">{escape(text)}</p>'


def tiles(figures: Sequence[tuple[str, str, str]]) -> str:
    """Return (name, figure, what it is beside) as a row of tiles."""
    cells = "".join(
        f'<div class="card"><dt>{escape(name)}</dt><dd>{escape(figure)}<small>{escape(beside)}</small></dd></div>'
        for name, figure, beside in figures
    )
    return f'<dl class="tiles">{cells}</dl>'


def facts(rows: Mapping[str, Any]) -> str:
    """Return names and values as a table of two columns."""
    lines = "".join(
        f"<tr><td>{escape(str(name))}</td><td>{escape(_plain(value))}</td></tr>"
        for name, value in rows.items()
    )
    return f'<div class="card wide-table"><table class="facts"><tbody>{lines}</tbody></table></div>'


def grid(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return text in rows and columns."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="card wide-table"><table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>'


def folded(summary: str, inside: str) -> str:
    """Return something that is shown when it is asked for."""
    return f"<details><summary>{escape(summary)}</summary>{inside}</details>"


def source(text: str) -> str:
    """Return a text as it stands in its file."""
    return f"<pre>{escape(text)}</pre>"


def _plain(value: Any) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "yes", False: "no", None: "none"}[value]
    if isinstance(value, float):
        return number(value)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_plain(part)}" for name, part in value.items())
    return f"{value:,}" if isinstance(value, int) else value if isinstance(value, str) else json.dumps(value)


def share_table(before: Summary, after: Summary, change: Summary) -> str:
    """Return each share over all turns before and after, and its change: in points, and drawn with its interval."""
    widest = max((abs(v) for c in change["all"].values() for v in (c.low, c.high)), default=0.0) or 0.01
    rows = []
    for metric in METRICS:
        was, now, rose = (table["all"].get(metric) for table in (before, after, change))
        rows.append(
            f"<tr><td>{escape(metric)}</td><td>{_share(was)}</td><td>{_share(now)}</td>"
            f'<td class="{_trend(rose)}">{_points(rose)}</td>'
            f'<td class="forest {_trend(rose)}">{_forest(rose, widest)}</td></tr>'
        )
    head = '<th></th><th>before</th><th>after</th><th>change, points</th><th class="forest"></th>'
    return (
        f'<div class="card wide-table"><table class="figures"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def kind_table(before: Summary, after: Summary, change: Summary, turns: Mapping[str, int]) -> str:
    """Return, for each kind of turn, each share before and after with its change."""
    rows = []
    for kind in sorted(after, key=lambda name: (name != "all", -turns.get(name, 0), name)):
        shares = after[kind]
        cells = []
        for metric in METRICS:
            was, now, rose = (
                before.get(kind, {}).get(metric),
                shares.get(metric),
                change.get(kind, {}).get(metric),
            )
            if was is None or now is None:
                cells.append("<td></td>")
                continue
            cells.append(
                f"<td>{100 * was.mean:.0f} → {100 * now.mean:.0f}%"
                f'<small class="{_trend(rose) or "soft"}">{_briefly(rose)}</small></td>'
            )
        rows.append(f"<tr><td>{escape(kind)}</td><td>{turns.get(kind, 0):,}</td>{''.join(cells)}</tr>")
    head = "<th>kind of turn</th><th>turns</th>" + "".join(f"<th>{escape(metric)}</th>" for metric in METRICS)
    return (
        f'<div class="card wide-table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _share(value: Interval | None) -> str:
    if value is None:
        return "–"
    small = f"<small class=soft>{100 * value.low:.1f} to {100 * value.high:.1f}</small>" if value.n else ""
    return f"{value.mean:.1%}{small}"


def _points(value: Interval | None) -> str:
    if value is None:
        return "–"
    small = f"<small>{100 * value.low:+.1f} to {100 * value.high:+.1f}</small>" if value.n else ""
    return f"{100 * value.mean:+.1f}{small}"


def _briefly(value: Interval | None) -> str:
    if value is None or value.low == value.high == 0:
        return ""
    return f"{100 * value.mean:+.0f}" + (
        f" ({100 * value.low:+.0f} to {100 * value.high:+.0f})" if value.n else ""
    )


def _trend(value: Interval | None) -> str:
    """Return the class of a change that is beyond its interval; "" where it may be chance."""
    if value is None or not value.n or value.low <= 0 <= value.high:
        return ""
    return "up" if value.low > 0 else "down"


def _forest(value: Interval | None, widest: float) -> str:
    if value is None or not value.n:
        return ""

    def across(x: float) -> str:
        return f"{80 + 74 * x / widest:.1f}"

    return (
        '<svg viewBox="0 0 160 24" aria-hidden="true"><path class="zero" d="M80 1V23"/>'
        f'<path class="bar" d="M{across(value.low)} 12H{across(value.high)}"/>'
        f'<circle class="dot" cx="{across(value.mean)}" cy="12" r="4.5"/></svg>'
    )


def sample_card(sample: Sample, show: Show) -> str:
    """Return one turn: what the shopper asked, with the pictures, what was wanted, the answers before and after."""
    one = sample.after
    asked, notes = said(one.user)
    pictures = "".join(show(name) for name in one.pictures)
    wanted = "".join(_call(call) for call in one.wanted) + (
        f"<p>{escape(one.reply)}</p>" if one.reply else ""
    )
    told = "\n\n".join(text for text in one.told if text)
    return (
        '<article class="sample card"><header>'
        f'<span class="tag {sample.fate.split()[0]}">{escape(sample.fate)}</span>'
        f"<span>{escape(one.kind)}</span><span>{escape(one.row)}, turn {one.turn + 1}</span></header>"
        f'<p class="asked">{escape(asked)}</p>'
        + (f'<p class="notes">{escape(notes)}</p>' if notes else "")
        + (f'<div class="pictures">{pictures}</div>' if pictures else "")
        + f'<div class="sides"><div class="side"><h4>wanted</h4>{wanted}</div>'
        + _side("before", sample.before)
        + _side("after", sample.after)
        + "</div>"
        + (folded("what the tools answered to the calls that were wanted", source(told)) if told else "")
        + "</article>"
    )


def said(user: str) -> tuple[str, str]:
    """Part a turn as a model reads it into the shopper's words, and what the session noted behind them."""
    match = _NOTES.search(user)
    at = match.start() if match else len(user)
    return _PLACE.sub(r"(\1)", user[:at]).strip(), user[at:].strip()


def _side(name: str, outcome: Outcome) -> str:
    good = right(outcome)
    given = "".join(_call(call) for call in outcome.given)
    words = f"<p>{escape(outcome.said)}</p>" if outcome.said else ""
    claims = list(dict.fromkeys([*outcome.taken_out, *outcome.untrue]))
    claims = [one for one in claims if not any(one != other and one in other for other in claims)]
    wrong = [f"not borne out: {', '.join(claims)}"] if claims else []
    wrong += [f"never shown: [{handle}]" for handle in dict.fromkeys(outcome.strangers)]
    faults = f'<p class="untrue">{escape("; ".join(wrong))}</p>' if wrong else ""
    return (
        f'<div class="side {"right" if good else "wrong"}"><h4>{name} · <b>{"right" if good else "wrong"}</b></h4>'
        f"{given or ''}{words or ('' if given else '<p class=soft>(nothing)</p>')}{faults}</div>"
    )


def _call(call: ToolCall) -> str:
    arguments = ", ".join(
        f"{key}={json.dumps(value, ensure_ascii=False)}" for key, value in call.args.items()
    )
    return f'<span class="call">{escape(f"{call.name}({arguments})")}</span>'
