"""A run as a page: curves, settings, data, the measurement before and after, and sample answers side by side.

One HTML file with everything in it: pictures as data, charts as inline SVG, no script, nothing loaded from anywhere.
"""

from __future__ import annotations

import base64
import io
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from shelftalk.finetune.tuning.curves import Line, chart, finite, number, smoothed
from shelftalk.finetune.tuning.measure import compare, summarise
from shelftalk.finetune.tuning.measured import Measured
from shelftalk.finetune.tuning.measured_runs import is_other
from shelftalk.finetune.tuning.page import (
    facts,
    folded,
    grid,
    heading,
    kind_table,
    note,
    page,
    sample_card,
    share_table,
    source,
    tiles,
)
from shelftalk.finetune.tuning.rows import SPLITS
from shelftalk.finetune.tuning.run_folder import RunFolder, read_run
from shelftalk.finetune.tuning.samples import drawn, fates, paired
from shelftalk.finetune.tuning.summary import points
from shelftalk.tools.errors import PictureError
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from shelftalk.finetune.tuning.open_data import TuningData

PICTURE_SIDE = 320  # pixels of the longest side of a picture in the page
SMOOTHED_FROM = 30  # logged losses
LOSS, CHECK, SPEED, SECONDS = "loss", "validation_loss", "tokens_per_second", "seconds"
# What a run on preferences logs besides: of how many pairs the better answer is ahead, and by how much.
PREFERRED = {"ahead": "share of pairs whose better answer is ahead", "margin": "margin of the better answer"}
NAMES = {SPEED: "tokens/s", "rate": "learning rate", "gradient": "norm of the gradient"}


def write_report(
    run: Path,
    data: TuningData | None = None,
    before: Measured | None = None,
    after: Measured | None = None,
    out: Path | None = None,
    seed: int = 0,
) -> Path:
    """Write a run's report and return where: `out`, or report.html in the run's folder.

    `before` and `after` are measurements without and with the run's adapter; without them the page has no table and no
    samples. `data` is what the run was trained on; without it the page has no counts, and samples no pictures.
    UsageError: no run there. StoreError: the file cannot be written.
    """
    folder = read_run(run)
    parts = [_head(folder), _tiles(folder, before, after), *_curves(folder)]
    if before is not None and after is not None:
        parts += _evaluation(folder, before, after, seed)
        parts += _samples(before, after, data, seed)
    parts += _made_with(folder, data, before, after)
    path = out or run / "report.html"
    write_whole(path, page(f"{_backbone(folder)}, tuned", parts).encode())
    return path


def _backbone(run: RunFolder) -> str:
    return str(run.settings.get("backbone") or "mini")


def _head(run: RunFolder) -> str:
    data = str(run.settings.get("data") or "")
    on = f" on {Path(data).name}" if data else ""
    made = time.strftime("%d %B %Y, %H:%M")
    return (
        f"<h1>{escape(_backbone(run))}, tuned{escape(on)}</h1>"
        f'<p class="soft">The run in <code>{escape(str(run.folder))}</code>. Report made on {made}.</p>'
    )


def _tiles(run: RunFolder, before: Measured | None, after: Measured | None) -> str:
    figures: list[tuple[str, str, str]] = []
    steps = [float(line["step"]) for line in run.log]
    checks, losses = finite(run.series(CHECK)), finite(run.series(LOSS))
    if checks:
        step, best = min(checks, key=lambda point: point[1])
        figures.append(
            ("Validation loss", number(best), f"best, at step {step:,.0f}; first {number(checks[0][1])}")
        )
    elif losses:
        figures.append(("Loss", number(losses[-1][1]), f"at the last step; first {number(losses[0][1])}"))
    if steps:
        figures.append(("Steps", f"{max(steps):,.0f}", _duration(run)))
    trainable = run.training.get("trainable")
    if isinstance(trainable, int):
        figures.append(("Trained weights", f"{trainable:,}", "in the adapter"))
    speeds = sorted(value for _, value in finite(run.series(SPEED)))
    if speeds:
        figures.append(("Speed", f"{speeds[len(speeds) // 2]:,.0f}", "tokens/s, the middle one"))
    if before is not None and after is not None:
        new, old = summarise(after.outcomes)["all"], summarise(before.outcomes)["all"]
        rose = compare(after.outcomes, before.outcomes)["all"]
        for name, metric in (
            ("Right arguments", "right arguments"),
            ("Claims borne out", "claims borne out"),
        ):
            if metric in new and metric in old and metric in rose:
                beside = f"was {old[metric].mean:.1%}; {points(rose[metric])} points"
                figures.append((name, f"{new[metric].mean:.1%}", beside))
    return tiles(figures) if figures else ""


def _duration(run: RunFolder) -> str:
    seconds = [value for _, value in finite(run.series(SECONDS))]
    if not seconds:
        return ""
    minutes = max(seconds) / 60
    return f"in {max(seconds):,.0f} s" if minutes < 2 else f"in {minutes:,.0f} min"


def _curves(run: RunFolder) -> list[str]:
    losses, checks = run.series(LOSS), run.series(CHECK)
    lines = [Line("loss", losses, "smooth")]
    if len(finite(losses)) >= SMOOTHED_FROM:
        lines = [Line("loss", losses, "train"), Line("loss, smoothed", smoothed(losses), "smooth")]
    lines.append(Line("validation loss", checks, "check", dots=True))
    if finite(checks):
        lines.append(Line("best", [min(finite(checks), key=lambda p: p[1])], "best", dots=True))
    parts = [heading("How it learnt")]
    drawing = chart(lines, "step", "loss")
    parts.append(_card(drawing) if drawing else note("The run has logged no step yet."))
    lost = len(losses) - len(finite(losses))
    if lost:
        parts.append(note(f"{lost:,} of {len(losses):,} logged losses are not finite and are left out."))
    for name, y_name in PREFERRED.items():
        pair = [Line(y_name, run.series(name), "smooth")]
        pair.append(Line(f"{y_name}, validation", run.series(f"validation_{name}"), "check", dots=True))
        drawing = chart(pair, "step", "")
        parts.append(_card(drawing) if drawing else "")
    extra = [
        _card(chart([Line(NAMES.get(name, name), run.series(name), "smooth")], "step", ""))
        for name in _more(run.log)
        if len(finite(run.series(name))) > 1
    ]
    return [*parts, folded("more curves", "".join(extra)) if extra else ""]


def _card(drawing: str) -> str:
    return drawing.replace('class="chart"', 'class="chart card"', 1)


def _more(log: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the other figures of a log, in the order in which they first come."""
    names = dict.fromkeys(name for line in log for name in line)
    shown = {"step", "epoch", LOSS, CHECK, SECONDS, *PREFERRED, *(f"validation_{name}" for name in PREFERRED)}
    return [name for name in names if name not in shown]


def _evaluation(run: RunFolder, before: Measured, after: Measured, seed: int) -> list[str]:
    old, new = summarise(before.outcomes, seed), summarise(after.outcomes, seed)
    rose = compare(after.outcomes, before.outcomes, seed)
    rows = len({outcome.row for outcome in after.outcomes})
    split = after.settings.get("split", "test")
    about = (
        f"{rows:,} conversations of the {split} rows, {len(after.outcomes):,} turns. Small figures are 95% bootstrap "
        "intervals over whole conversations; those of a change draw the same conversations before and after. A change "
        "is coloured where its interval leaves out 0; of fewer than five conversations there is no interval."
    )
    turns = Counter(outcome.kind for outcome in after.outcomes) + Counter({"all": len(after.outcomes)})
    parts = [heading("Before and after", about)]
    if is_other(run, str(after.settings.get("digest"))):
        parts.append(note(f"Measured on other data than it was trained on: {after.settings.get('data')}."))
    same = ("digest", "split", "conversations", "seed")
    if any(before.settings.get(key) != after.settings.get(key) for key in same):
        parts.append(
            note("The two measurements were made on different rows; only turns that both have are compared.")
        )
    return [
        *parts,
        share_table(old, new, rose),
        heading("By kind of turn"),
        kind_table(old, new, rose, turns),
    ]


def _samples(before: Measured, after: Measured, data: TuningData | None, seed: int) -> list[str]:
    samples = paired(before.outcomes, after.outcomes)
    if not samples:
        return []
    counts = ", ".join(f"{count:,} {fate}" for fate, count in fates(samples).items())
    about = (
        f"Of {len(samples):,} turns: {counts}. Some of each, drawn by seed {seed}. A turn is right when its calls are, "
        "and nothing it says of a product is without ground."
    )
    show = _shower(data)
    return [heading("Answers side by side", about), *(sample_card(one, show) for one in drawn(samples, seed))]


def _shower(data: TuningData | None) -> Callable[[str], str]:
    def show(name: str) -> str:
        if data is None:
            return f'<span class="soft">{escape(name)}</span>'
        try:
            return f'<img alt="{escape(name)}" src="{picture_uri(data.picture(name))}">'
        except PictureError as error:
            return f'<span class="soft">{escape(str(error))}</span>'

    return show


def picture_uri(path: Path) -> str:
    """Return a picture, made small, as a data URI; PictureError where there is none."""
    from shelftalk.tools.picture import open_picture

    buffer = io.BytesIO()
    open_picture(path, PICTURE_SIDE).save(buffer, "WEBP", quality=80)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _made_with(
    run: RunFolder, data: TuningData | None, before: Measured | None, after: Measured | None
) -> list[str]:
    parts = [heading("What made it")]
    about = data.about if data is not None else {}
    counts = about.get("counts")
    if isinstance(counts, Mapping):
        table = _counts(counts)
        parts += ["<h3>Data</h3>", table] if table else []
    rest = {name: value for name, value in run.training.items() if name not in ("settings", "versions")}
    if rest:
        parts += ["<h3>The adapter</h3>", facts(rest)]
    versions: dict[str, Any] = {}
    for found in (*(m.versions for m in (before, after) if m is not None), run.training.get("versions")):
        versions |= found if isinstance(found, Mapping) else {}
    if versions:
        parts += ["<h3>Versions</h3>", facts(versions)]
    parts += ["<h3>Settings</h3>", folded("run.toml, every setting with its value", source(run.toml))]
    if about:
        made = {name: value for name, value in about.items() if name != "counts"}
        parts.append(folded("what the data was made with", facts(made)))
    for name, found in (("before", before), ("after", after)):
        if found is not None:
            what = {**found.settings, "made": found.made, "seconds": found.seconds}
            parts.append(folded(f"the measurement {name}", facts(what)))
    return parts


def _counts(counts: Mapping[str, Any]) -> str:
    """Return what each split holds as a table."""
    splits = [split for split in SPLITS if isinstance(counts.get(split), Mapping)]
    names = dict.fromkeys(
        name for split in splits for name, value in counts[split].items() if isinstance(value, int)
    )
    if not splits:
        return ""
    rows = [[name, *(f"{counts[split].get(name, 0):,}" for split in splits)] for name in names]
    return grid(["", *splits], rows)
