"""The log of what shoppers do: nothing that was acknowledged is lost, whatever happens to the process."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shelftalk.tools import store_about
from shelftalk.tools.errors import StoreError, UsageError
from shelftalk.tools.events import FILE, BadEvent, Event, EventLog
from shelftalk.tools.events_feeding import feed, feed_lines
from shelftalk.tools.events_reading import KINDS, read_event
from shelftalk.tools.store import Store

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder, make_store

CommandLine = Callable[..., tuple[int, str, str]]
ROWS: list[dict[str, Any]] = [
    {"user_id": "ann", "sku": "red-lamp-0", "action": "Purchase", "when": "2024-05-02T10:00:00"},
    {"user_id": "bob", "sku": "blue-boot-1", "action": "view", "when": "2024-05-01"},
    {"user_id": "ann", "sku": "zebra", "action": "dislike", "when": "2024-05-03T00:00:00+02:00"},
    {"user_id": "", "sku": "red-lamp-0", "action": "view", "when": "2024-05-03"},
    {"user_id": "cy", "sku": "red-lamp-0", "action": "stare", "when": "2024-05-03"},
    {"user_id": "cy", "sku": "red-lamp-0", "action": "view", "when": "yesterday"},
]
MAP = {"time": "when"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    make_store(tmp_path / "shop")
    return tmp_path / "shop"


def write_table(path: Path, rows: list[dict[str, Any]]) -> Path:
    if path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pylist(rows), path)
    elif path.suffix == ".csv":
        lines = [",".join(rows[0]), *(",".join(map(str, row.values())) for row in rows)]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    else:
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def test_events_come_back_by_shopper_oldest_first(folder: Path) -> None:
    with EventLog(folder) as log:
        assert (len(log), log.of("ann"), list(log.interactions().items)) == (0, [], [])
        assert not log.path.exists(), "reading makes no file"
        log.append("ann", "red-lamp-0", "buy", 200)
        log.append("ann", "blue-boot-0", "Hide", 100.5)
        log.append("bob", "red-lamp-0", "view")
        assert log.of("ann") == [
            Event("ann", "blue-boot-0", "hide", 100.5),
            Event("ann", "red-lamp-0", "buy", 200.0),
        ]
        assert abs(log.of("bob")[0].time - time.time()) < 60
        assert bool(log) and len(log) == 3
    found = EventLog(folder).interactions()
    pairs = [(found.shoppers[s], found.items[i]) for s, i in found.rows]
    assert pairs == [("ann", "red-lamp-0"), ("bob", "red-lamp-0")]
    assert [(found.shoppers[s], found.items[i]) for s, i in found.refused] == [("ann", "blue-boot-0")]


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (("", "a", "buy"), "no shopper"),
        (("ann", "", "buy"), "no item"),
        (("ann", "a", "stare"), "kind 'stare' is none of buy"),
        (("ann", "a", "buy", float("inf")), "time 'inf'"),
        (("ann", "a" * 501, "buy"), "more than 500 characters"),
    ],
)
def test_an_event_that_cannot_be_kept_is_refused(folder: Path, event: Any, reason: str) -> None:
    with pytest.raises(UsageError, match=reason):
        EventLog(folder).append(*event)
    assert not (folder / FILE).exists()


def test_no_store_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="shelftalk index CATALOGUE"):
        EventLog(tmp_path / "nowhere").append("ann", "a", "buy")


APPENDING = """
import sys
from pathlib import Path
from shelftalk.tools.events import EventLog
log, name = EventLog(Path(sys.argv[1])), sys.argv[2]
for number in range(int(sys.argv[3])):
    log.append(name, f"item {number}", "view", number)
    print(number, flush=True)
"""


def appending(folder: Path, name: str, count: int) -> subprocess.Popen[str]:
    arguments = [sys.executable, "-c", APPENDING, str(folder), name, str(count)]
    return subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("acknowledged", [1, 40])
def test_what_was_acknowledged_survives_a_kill(folder: Path, acknowledged: int) -> None:
    with appending(folder, "ann", 10**6) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(acknowledged)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout if line.endswith("\n")]
    with EventLog(folder) as log:
        there = [event.item for event in log.of("ann")]
        assert there[: len(told)] == [f"item {number}" for number in told]
        assert len(there) - len(told) <= 1, "one may have been kept without its acknowledgement being read"
        log.append("ann", "after", "buy")
        assert len(log) == len(there) + 1


def test_several_processes_append_at_once(folder: Path) -> None:
    processes = [appending(folder, f"s{number}", 40) for number in range(3)]
    for process in processes:
        process.communicate(timeout=100)
        assert process.returncode == 0
    with EventLog(folder) as log:
        assert len(log) == 120
        assert all([event.time for event in log.of(f"s{n}")] == list(range(40)) for n in range(3))


def test_several_threads_append_at_once(folder: Path) -> None:
    log = EventLog(folder)

    def work(name: str) -> None:
        for number in range(25):
            log.append(name, str(number), "click", number)

    threads = [threading.Thread(target=work, args=(f"s{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(log) == 100
    log.close()


def test_nothing_is_ever_changed_or_deleted(folder: Path) -> None:
    with EventLog(folder) as log:
        log.append("ann", "red-lamp-0", "buy", 1)
    connection = sqlite3.connect(folder / FILE)
    for statement in ("delete from events", "update events set kind = 'view'"):
        with pytest.raises(sqlite3.IntegrityError, match="never"):
            connection.execute(statement)
    connection.close()
    assert EventLog(folder).of("ann") == [Event("ann", "red-lamp-0", "buy", 1.0)]


def test_a_store_that_is_made_anew_keeps_its_events(folder: Path) -> None:
    with EventLog(folder) as log:
        log.append("ann", "red-lamp-0", "buy", 1)
        store_about.empty(folder)
        assert store_about.is_free(folder)
        make_store(folder)
        log.append("ann", "red-lamp-1", "buy", 2)
    with EventLog(folder) as log, Store.open(folder, BagEncoder()) as store:
        assert len(log) == 2 and len(store) == 18


def test_a_full_disk_and_a_damaged_file_are_said(folder: Path) -> None:
    with EventLog(folder) as log:
        log.append("ann", "first", "buy", 1)
    full = (
        "import resource, signal, sys; from pathlib import Path; from shelftalk.tools.events import *\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN); resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))\n"
        "try: EventLog(Path(sys.argv[1])).extend({'shopper': 's', 'item': f'{n:0400}'} for n in range(2000))\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run([sys.executable, "-c", full, folder], capture_output=True, text=True, check=False)
    assert done.stdout.startswith("StoreError") and FILE in done.stdout, done.stdout + done.stderr
    with EventLog(folder) as log:
        assert [event.item for event in log.of("ann")] == ["first"] and len(log) == 1
    (folder / FILE).write_bytes(b"not a database" * 1000)
    with pytest.raises(StoreError, match="put a copy of it back"):
        len(EventLog(folder))
    (folder / FILE).unlink()
    (folder / FILE).mkdir()
    with pytest.raises(StoreError, match="check the permissions"):
        EventLog(folder).append("ann", "a", "buy")


def test_a_log_of_a_later_version_is_left_alone(folder: Path) -> None:
    connection = sqlite3.connect(folder / FILE)
    connection.execute("pragma user_version = 9")
    connection.close()
    with pytest.raises(StoreError, match="format 9, this version reads 1"):
        EventLog(folder).append("ann", "a", "buy")


CELLS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.datetimes(),
    st.sampled_from(sorted(KINDS)),
)


@given(st.dictionaries(st.sampled_from(["shopper", "item", "kind", "time", "more"]), CELLS))
def test_any_record_is_an_event_or_says_why_not(record: dict[str, Any]) -> None:
    event = read_event(record)
    if isinstance(event, str):
        assert event
        return
    assert event.shopper and event.item and event.kind in KINDS and event.time == event.time
    assert read_event(vars(event)) == event, "what was read is read again the same"


@settings(max_examples=20, deadline=None)
@given(
    st.lists(st.tuples(st.text(), st.text(), st.sampled_from(sorted(KINDS)), st.floats(0, 2e9)), max_size=30)
)
def test_the_log_holds_each_event_once(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    records = [dict(zip(("shopper", "item", "kind", "time"), row, strict=True)) for row in rows]
    events = {event for record in records if isinstance(event := read_event(record), Event)}
    with EventLog(tmp_path_factory.mktemp("log")) as log:
        bad = log.extend(records)
        assert len(log) == len(events) and not log.extend([vars(event) for event in events])
        assert len(log) == len(events)
        assert {event for name in {e.shopper for e in events} for event in log.of(name)} == events
    assert [row.row for row in bad] == [n for n, r in enumerate(records, 1) if isinstance(read_event(r), str)]


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_a_file_is_taken_in_and_bad_rows_are_listed(folder: Path, tmp_path: Path, ending: str) -> None:
    path = write_table(tmp_path / f"log.{ending}", ROWS)
    fed = feed(path, folder, MAP)
    assert (fed.read, fed.added, fed.repeated, fed.unknown_items) == (6, 3, 0, {"zebra"})
    first = 2 if ending == "csv" else 1  # a header is a line too
    assert [(bad.row - first, bad.problem.split(" is ")[0]) for bad in fed.bad] == [
        (3, "no shopper"),
        (4, "kind 'stare'"),
        (5, "time 'yesterday'"),
    ]
    listed = (folder / "bad_events.jsonl").read_text("utf-8").splitlines()
    assert [json.loads(line) for line in listed] == [vars(bad) for bad in fed.bad]
    with EventLog(folder) as log:
        assert [event.kind for event in log.of("ann")] == ["purchase", "dislike"]
        assert log.of("bob")[0].time == 1714521600
    again = feed(path, folder, MAP)
    assert (again.added, again.repeated) == (0, 3)


def test_times_of_a_parquet_file_may_be_stamps_and_ids_numbers(folder: Path, tmp_path: Path) -> None:
    stamp = pa.array([1_700_000_000_123_456_789, None], pa.timestamp("ns", "UTC"))
    table = pa.table({"date": stamp, "productId": pa.array([7.0, 8.0]), "user": [1, 2]})
    pq.write_table(table, tmp_path / "log.parquet")
    assert feed(tmp_path / "log.parquet", folder).added == 2
    with EventLog(folder) as log:
        assert log.of("1") == [Event("1", "7", "view", 1_700_000_000.123456)]
        assert log.of("2") == [Event("2", "8", "view", 0.0)]


def test_a_run_that_is_stopped_goes_on_harmlessly(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shelftalk.tools.events_feeding.BATCH", 10)
    monkeypatch.setattr("shelftalk.tools.events_feeding._TOLD", 30)
    rows = [{"shopper": f"s{n}", "item": "red-lamp-0", "kind": "view", "time": n} for n in range(50)]
    path = write_table(tmp_path / "log.csv", rows)

    def stop(read: int, total: int | None) -> None:
        if read == 30:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        feed(path, folder, progress=stop)
    assert len(EventLog(folder)) == 30
    fed = feed(path, folder)
    assert (fed.added, fed.repeated, len(EventLog(folder))) == (20, 30, 50)


def test_lines_may_lack_a_time_which_is_then_now(folder: Path) -> None:
    lines = ['{"user": "ann", "product_id": 7}\n', "\n", "nonsense\n", '["a"]\n', '{"user": "bob"}\n']
    told: list[BadEvent] = []
    fed = feed_lines([lines[:2], lines[2:]], folder, tell=told.append)
    assert told == fed.bad
    assert fed.added == 1 and [(bad.row, bad.problem[:14]) for bad in fed.bad] == [
        (3, "it is not JSON"),
        (4, "it is not a JS"),
        (5, "no item"),
    ]
    event = EventLog(folder).of("ann")[0]
    assert event.item == "7" and abs(event.time - time.time()) < 60
    with pytest.raises(UsageError, match="No event in the input can be used; line 1, for one: no shopper"):
        feed_lines([['{"item": 1}']], folder)


def test_a_live_service_pipes_events_one_by_one(folder: Path) -> None:
    main = "from shelftalk.agent.cli import main; main()"
    arguments = [sys.executable, "-c", main, "events", "-", "--store", str(folder)]
    process = subprocess.Popen(
        arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdin is not None and process.stderr is not None
    try:
        with EventLog(folder) as log:
            for number in range(1, 4):
                process.stdin.write(b'{"shopper": "ann", "item": "red-lamp-0"}\n')
                process.stdin.flush()
                end = time.monotonic() + 60
                while len(log) < number and time.monotonic() < end:
                    time.sleep(0.02)
                assert len(log) == number and process.poll() is None
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)  # its input stays open: it is the signal that ends it
        err = process.stderr.read()
        assert process.returncode == 130 and err.startswith(b"Stopped. What was taken in stays")
    finally:
        process.kill()
        process.communicate()
    assert len(EventLog(folder)) == 3


def test_the_command(folder: Path, tmp_path: Path, command_line: CommandLine) -> None:
    rows = ROWS[:3] + [{**ROWS[3], "when": str(n)} for n in range(25)]
    path = write_table(tmp_path / "log.csv", rows)
    code, out, err = command_line("events", path, "--store", folder, "--map", "item=sku,time=when")
    assert code == 0, err
    assert "3 events added, 25 left out" in out and "  line 5: no shopper" in out
    assert "and 5 more (no shopper 25); all are in" in out
    assert "Items that the store does not have: 1 in 1 events (zebra, for one); they are kept" in out
    assert "shopper from user_id, item from sku, kind from action, time from when" in out
    assert f"shelftalk fit --store {folder}" in out
    code, out, _ = command_line("events", path, "--store", folder, "--map", "time=when", "--json")
    said = json.loads(out)
    assert code == 0 and (said["added"], said["repeated"], len(said["bad_rows"])) == (0, 3, 25)
    assert f"events                  {3}" in command_line("info", "--store", folder)[1]


@pytest.mark.parametrize(
    ("name", "content", "arguments", "code", "words"),
    [
        ("none.csv", None, [], 2, "There is no file of events"),
        ("empty.csv", "", [], 2, "is empty"),
        ("log.xlsx", "x", [], 2, "give one of .csv"),
        ("log.csv", "user,item\n", [], 2, "it holds none"),
        (
            "log.csv",
            "user,price\n1,2\n",
            [],
            2,
            "known to hold the item. Columns: user, price. Say which: --map",
        ),
        ("log.csv", "user,item\n1,2\n", ["--map", "item=sku"], 2, "no column 'sku'. Columns: user, item"),
        ("log.csv", "user,item\n1,2\n", ["--map", "price=item"], 2, "an event has no 'price'"),
        ("log.csv", "user,item\n1,2\n", ["--map", "item"], 2, "FIELD=COLUMN"),
        ("log.csv", "user,item\n1,\n", [], 2, "line 2, for one: no item"),
        ("log.parquet", "PAR1", [], 2, "is not a whole Parquet file"),
        ("log.csv", "user,item\n1,2\n", ["--store", "nowhere"], 3, "There is no store at nowhere"),
    ],
)
def test_mistakes_end_in_one_line(
    folder: Path,
    tmp_path: Path,
    command_line: CommandLine,
    name: str,
    content: str | None,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    store = [] if "--store" in arguments else ["--store", folder]
    returned, _, err = command_line("events", tmp_path / name, *store, *arguments)
    said = [line for line in err.splitlines() if line.startswith("shelftalk: ")]
    assert returned == code and len(said) == 1 and words in said[0] and "Traceback" not in err
