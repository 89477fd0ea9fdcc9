"""Fitting a scorer on a shop's events: whole or not at all, and picked up by whoever has the shop open."""

from __future__ import annotations

import errno
import json
import logging
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shelftalk.tools import store_about
from shelftalk.tools.errors import StoreError, UsageError
from shelftalk.tools.events import EventLog
from shelftalk.tools.fitted import Fitted
from shelftalk.tools.fitting import SCORER, default_scorer, fit, joined, read_about, read_facts
from shelftalk.tools.scores import load_scorer, scorer_names
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.contract import Taste
from shelftalk.tools.scores.ease import EASE
from shelftalk.tools.scores.interactions import make_interactions
from shelftalk.tools.scores.shared import FILE
from shelftalk.tools.shop import Shop
from shelftalk.tools.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.scorer import two_camps
from contracts.small_shop import COLOURS, KINDS, BagEncoder, make_store

CommandLine = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_store(tmp_path / "shop")
    return tmp_path / "shop"


@pytest.fixture
def shop(folder: Path) -> Iterator[Shop]:
    """The shop as a service has it open, looking for a new scorer whenever it is asked for one."""
    store = Store.open(folder, BagEncoder())
    opened = Shop(store, BagEncoder(), Fitted(folder / SCORER, store, every=0), EventLog(folder))
    yield opened
    opened.close()


def behave(folder: Path, shoppers: int = 12, kind: str = "buy") -> None:
    """Shoppers who keep to one colour; the red lamp is what most take."""
    with EventLog(folder) as log:
        log.extend(
            {"shopper": f"s{s}", "item": f"{colour}-{thing}-{n}", "kind": kind, "time": s}
            for s in range(shoppers)
            for colour in [list(COLOURS)[s % 3]]
            for thing in KINDS
            for n in (0, 1)
            if (s // 3 + n + len(thing)) % 4
        )
        log.append("s0", "red-lamp-0", kind, 99)


def fit_elsewhere(folder: Path, *arguments: str) -> str:
    main = "from shelftalk.agent.cli import main; main()"
    run = [sys.executable, "-c", main, "fit", "--store", str(folder), *arguments]
    return subprocess.run(run, capture_output=True, text=True, check=True, timeout=200).stdout


def test_a_running_shop_picks_up_what_another_process_fits(shop: Shop, folder: Path) -> None:
    assert shop.events is not None and shop.scorer is None
    behave(folder)
    shop.events.append("live", "red-boot-0", "buy")
    said = fit_elsewhere(folder, "--scorer", "itemknn")
    assert (
        said.startswith("itemknn learnt from")
        and "that 13 shoppers viewed, liked or bought, 18 items" in said
    )
    first = shop.scorer
    assert first is not None and first.name == "itemknn"
    assert shop.scorer is first, "a file that has not changed is not read again"
    fit(folder, "ease")
    assert shop.scorer is not None and shop.scorer.name == "ease"


def test_threads_are_served_while_scorers_change(shop: Shop, folder: Path) -> None:
    behave(folder)
    fit(folder)
    assert shop.scorer is not None
    seen: list[str] = []
    faults: list[BaseException] = []
    done = threading.Event()

    def serve() -> None:
        try:
            while not done.is_set():
                scorer = shop.scorer
                assert scorer is not None
                assert len(scorer.recommend(scorer.fold_in(["red-boot-0"]), 3)) == 3
                seen.append(scorer.name)
        except BaseException as error:
            faults.append(error)
            raise

    threads = [threading.Thread(target=serve) for _ in range(3)]
    for thread in threads:
        thread.start()
    try:
        for name in ("itemknn", "popularity", "ease") * 2:
            fit(folder, name)
            end = time.monotonic() + 60
            while seen[-1:] != [name] and time.monotonic() < end and not faults:
                time.sleep(0.005)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert not faults and {"itemknn", "popularity", "ease"} <= set(seen)


def test_the_file_says_what_the_scorer_was_fitted_on(folder: Path) -> None:
    behave(folder)
    with EventLog(folder) as log:
        log.append("s1", "zebra", "buy")
        log.append("s1", "red-lamp-1", "hide")
    report = fit(folder, "ease")
    facts = read_facts(folder)
    assert facts is not None
    assert (report.shoppers, report.items, report.gone, report.refused, report.products) == (12, 19, 1, 1, 18)
    assert facts["taken"] == report.taken > 30 and facts["settings"] == {"penalty": EASE().penalty}
    assert facts["encoder"] == "bag" and facts["versions"]["numpy"] == np.__version__
    assert facts["fitted"].endswith("+00:00") and facts["seconds"] > 0
    assert read_about(folder / SCORER)["name"] == load_scorer(folder / SCORER).name == "ease"
    assert [path.name for path in (folder / SCORER).iterdir()] == [FILE]


def test_a_scorer_that_cannot_be_read_leaves_the_one_before_it(
    shop: Shop, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    behave(folder)
    fit(folder)
    before = shop.scorer
    assert before is not None
    path = folder / SCORER / FILE
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with caplog.at_level(logging.WARNING):
        assert shop.scorer is before and shop.scorer is before
    assert [record.levelname for record in caplog.records] == ["WARNING"], "it is said once"
    assert "fit the scorer again. Until then the scorer before it stays in use." in caplog.text
    path.unlink()
    assert shop.scorer is before, "what was learnt outlives its file"
    fit(folder)
    after = shop.scorer
    assert after is not None and after is not before


def test_a_new_version_s_file_is_no_crash(shop: Shop, folder: Path, caplog: pytest.LogCaptureFixture) -> None:
    (folder / SCORER).mkdir()
    about = {
        "version": 1,
        "name": "ease",
        "items": ["red-lamp-0"],
        "settings": {"penalty": 1.0, "magic": True},
    }
    text = np.frombuffer(json.dumps(about).encode(), np.uint8)
    np.savez(folder / SCORER / FILE, about=text, _weights=np.zeros((1, 1)), _popularity=np.ones(1))
    assert shop.scorer is None and "ranking goes on without it" in caplog.text


def test_a_scorer_of_another_catalogue_is_left_out_until_a_fit_mends_it(
    shop: Shop, folder: Path, caplog: pytest.LogCaptureFixture, command_line: CommandLine
) -> None:
    other = EASE(penalty=5)
    other.fit(two_camps())
    other.save(folder / SCORER)
    assert shop.scorer is None
    assert "fitted on another catalogue: the store has 0 of its 24 items" in caplog.text
    assert f"shelftalk fit --store {folder}" in caplog.text
    facts = json.loads(command_line("info", "--store", folder, "--json")[1])
    assert (
        "another catalogue, and left out" in facts["scorer"]["problem"] and facts["scorer"]["in_store"] == 0
    )
    behave(folder)
    code, out, err = command_line("fit", "--store", folder, "--json")
    assert code == 0, err
    assert json.loads(out)["scorer"] == "ease"
    assert shop.scorer is not None and shop.scorer.knows("red-lamp-0")
    facts = json.loads(command_line("info", "--store", folder, "--json")[1])
    assert "problem" not in facts["scorer"] and facts["scorer"]["in_store"] == 18
    assert facts["scorer"]["shoppers"] == 12 and facts["store"]["events"] == len(EventLog(folder))


def test_a_store_that_is_made_anew_keeps_its_scorer(folder: Path) -> None:
    behave(folder)
    fit(folder)
    store_about.empty(folder)
    assert store_about.is_free(folder)
    make_store(folder)
    with Store.open(folder, BagEncoder()) as store:
        scorer = Fitted(folder / SCORER, store).current()
        assert scorer is not None and scorer.knows("red-lamp-0")


class Reading(EASE):
    """A scorer that reads content."""

    def fit(self, interactions: Any, content: Content | None = None, progress: Any = None) -> None:
        super().fit(interactions, None, progress)
        assert content is not None
        self.given = content

    def take_in(self, content: Content) -> int:
        self.given = content
        self._list([*self.items, *content.items])
        return len(content.items)


def test_a_scorer_that_reads_content_is_given_the_store_s_vectors(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Reading] = []

    class Kept(Reading):
        def __init__(self) -> None:
            super().__init__()
            made.append(self)

    behave(folder)
    monkeypatch.setattr("shelftalk.tools.scores.scorer_class", lambda name: Kept)
    monkeypatch.setattr("shelftalk.tools.fitted.load_scorer", Reading.load)
    with EventLog(folder) as log:
        log.append("s1", "zebra", "buy")
    fit(folder)
    with Store.open(folder, BagEncoder()) as store:
        assert list(made[0].given.items) == store.ids()
        for space in ("words", "pictures"):
            kept = store.vectors(["blue-boot-1"], space)["blue-boot-1"]
            row = store.ids().index("blue-boot-1")
            np.testing.assert_array_equal(getattr(made[0].given, space)[row], kept)
    encoder = BagEncoder()
    with Store.open(folder, encoder, create=True) as store:  # a product that is new, and has no picture
        new = store.get(["red-lamp-0"])[0].model_copy(update={"id": "new-lamp", "picture": None})
        store.put([new], encoder.words(["new lamp"]))
    with Store.open(folder, encoder) as store:
        scorer: Any = Fitted(folder / SCORER, store).current()
        assert scorer.knows("new-lamp") and scorer.given.items == ["new-lamp"]
        np.testing.assert_array_equal(scorer.given.words, encoder.words(["new lamp"]))
        assert np.isnan(scorer.given.pictures).all() and scorer.given.pictures.shape == (1, 64)
        store.about["encoder"]["fingerprint"] = "of another encoder"
        late = Fitted(folder / SCORER, store)
        assert late.current() is None and "vectors of another encoder" in late.problem


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), OSError(errno.ENOSPC, "No space left on device")])
def test_a_fit_that_fails_leaves_the_scorer_before_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException, command_line: CommandLine
) -> None:
    behave(folder)
    fit(folder, "popularity")
    whole = (folder / SCORER / FILE).read_bytes()

    def fail(self: EASE, into: Path) -> None:
        (into / FILE).write_bytes(b"half of")
        raise fault

    monkeypatch.setattr(EASE, "save", fail)
    code, out, err = command_line("fit", "--store", folder, "--scorer", "ease")
    assert not out and "Traceback" not in err
    if isinstance(fault, OSError):
        assert code == 3 and "free some space and fit again. The one before it stays." in err
    else:
        assert code == 130 and "The scorer is as it was before." in err
    assert (folder / SCORER / FILE).read_bytes() == whole
    assert [path.name for path in (folder / SCORER).iterdir()] == [FILE]


def test_an_interrupt_while_learning_ends_the_fit(folder: Path) -> None:
    behave(folder)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(folder, progress=stop)
    assert not (folder / SCORER).exists()


def test_mistakes_end_in_one_line(folder: Path, tmp_path: Path, command_line: CommandLine) -> None:
    def said(*arguments: object) -> tuple[int, str]:
        code, _, err = command_line("fit", "--store", *arguments)
        lines = [line for line in err.splitlines() if line.startswith("shelftalk: ")]
        assert len(lines) == 1 and "Traceback" not in err
        return code, lines[0]

    code, line = said(folder)
    assert code == 2 and "is empty" in line and f"shelftalk events PATH --store {folder}" in line
    code, line = said(folder, "--scorer", "astrology")
    assert code == 2 and all(name in line for name in scorer_names())
    code, line = said(tmp_path / "nowhere")
    assert code == 3 and "shelftalk index CATALOGUE" in line
    with EventLog(folder) as log:
        log.append("ann", "red-lamp-0", "dislike")
    assert "holds only what shoppers refused" in said(folder)[1]


def test_events_of_another_shop_are_refused(folder: Path) -> None:
    with EventLog(folder) as log:
        log.extend({"shopper": s, "item": i} for s in "xyz" for i in ("7", "8"))
    with pytest.raises(
        UsageError, match=r"None of the 2 items .* '7', for one, beside 'red-dress-0'.*--map item="
    ):
        fit(folder)
    with pytest.raises(StoreError, match="no store"):
        fit(folder / "chroma")


@pytest.mark.parametrize("name", ["ease", "ials", "itemknn", "popularity"])
def test_one_shopper_and_one_item_are_enough(shop: Shop, folder: Path, name: str) -> None:
    with EventLog(folder) as log:
        log.append("ann", "red-lamp-0", "buy")
    assert (report := fit(folder, name)).items == report.shoppers == report.taken == 1
    assert shop.scorer is not None and shop.scorer.recommend(Taste(), 3) == [("red-lamp-0", 1.0)]


def test_what_a_shop_ships_with_comes_before_its_log(folder: Path) -> None:
    first = make_interactions(
        [{"shopper": "ann", "item": "a", "kind": "view"}, {"shopper": "bob", "item": "b", "kind": "hide"}]
    )
    second = make_interactions(
        [{"shopper": "cy", "item": "b", "kind": "buy"}, {"shopper": "ann", "item": "c", "kind": "return"}]
    )
    both = joined(first, second)
    named = [[(both.shoppers[s], both.items[i]) for s, i in rows] for rows in (both.rows, both.refused)]
    assert named == [[("ann", "a"), ("cy", "b")], [("bob", "b"), ("ann", "c")]]
    assert both.strength is not None and both.strength.tolist() == [0.25, 1.0]
    empty = make_interactions([])
    assert joined(first, empty).rows.tolist() == first.rows.tolist()
    assert sorted(joined(empty, first).items) == sorted(first.items)


def test_the_default_suits_the_size() -> None:
    assert default_scorer(5000) == "ease" and default_scorer(5001) == "ials"
