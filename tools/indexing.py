"""Taking a catalogue into a store: what is new or changed, batch by batch, going on where a run stopped."""

from __future__ import annotations

import hashlib
import json
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from shelftalk.tools import store_about
from shelftalk.tools.catalogue import BadRow, Catalogue, Row, picture_bytes
from shelftalk.tools.errors import CatalogueError, PictureError
from shelftalk.tools.product import Product
from shelftalk.tools.store import Store
from shelftalk.tools.store_records import Known
from shelftalk.tools.store_text import product_text
from shelftalk.tools.whole import write_whole

if TYPE_CHECKING:
    from PIL.Image import Image

    from shelftalk.tools.encoder import Encoder

__all__ = ["BATCH", "Report", "index", "product_text"]

T = TypeVar("T")
BATCH = 256
_AHEAD = 2  # batches whose pictures are decoded while another is encoded
_RECIPE = "1"  # changes when a product's text or picture is made otherwise, so that all are taken in again


@dataclass
class Report:
    """What one run did, in products, and the rows that had something wrong."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0
    removed: int = 0
    missing: int = 0  # in the store, not in the catalogue, and kept
    without_currency: int = 0
    bad: list[BadRow] = field(default_factory=list)
    unit: str = "row"  # what a bad row's number counts: "row", or "line" of a text file
    seconds: float = 0.0

    @property
    def taken(self) -> int:
        """How many of the catalogue's products are in the store now."""
        return self.added + self.changed + self.unchanged

    @property
    def dropped(self) -> int:
        """How many rows could not be used at all."""
        return sum(not row.kept for row in self.bad)


@dataclass
class _Job:
    """A product on its way into the store."""

    product: Product
    image: Image | None
    hash: str
    problem: str


@dataclass
class _Step:
    """A batch, and how many rows had been read when it was full."""

    jobs: list[_Job]
    rows: int


def index(
    path: Path,
    folder: Path,
    encoder: Encoder,
    *,
    mapping: Mapping[str, str] | None = None,
    pictures: Path | None = None,
    currency: str | None = None,
    drop_missing: bool = False,
    rebuild: bool = False,
    progress: Callable[[int, int | None], None] | None = None,
) -> Report:
    """Take the catalogue at `path` into the store at `folder`, made where it is missing.

    Only what is new or changed is encoded; `drop_missing` removes products that the catalogue no longer
    has; `rebuild` empties the store first. `progress` is told (rows read, rows in all) after each batch.
    A run that ends early, however it ends, leaves whole batches, and the next goes on from there. Rows with
    something wrong are in the report and in `folder/bad_rows.jsonl`. CatalogueError: the catalogue cannot be
    read, or no row of it can be used; StoreError: see `Store.open`.
    """
    start = time.perf_counter()
    catalogue = Catalogue(path, mapping, pictures, currency)
    if rebuild:
        store_about.empty(folder)
    report = Report(unit=catalogue.unit)
    with Store.open(folder, encoder, create=True) as store:
        store.set_notes(catalogue=str(path.resolve()), unfinished=str(path.resolve()))
        known = store.known()
        seen: set[str] = set()
        with (
            closing(_ahead(_steps(catalogue, store, known, seen, report), _AHEAD)) as steps,
            closing(_stored(store, encoder, steps)) as stored,
        ):
            for step in stored:
                changed = sum(job.product.id in known for job in step.jobs)
                report.changed += changed
                report.added += len(step.jobs) - changed
                if progress:
                    progress(step.rows, catalogue.total)
        report.bad.sort(key=lambda row: row.row)
        _write_bad_rows(folder, report.bad)
        if not report.taken:
            raise CatalogueError(_nothing(path, report))
        gone = [id_ for id_ in known if id_ not in seen]
        if drop_missing and gone:
            store.remove(gone)
            report.removed = len(gone)
        else:
            report.missing = len(gone)
        if report.added or report.changed or report.removed or store.note("facets") is None:
            store.finish()
        store.set_notes(unfinished=None)
    report.seconds = time.perf_counter() - start
    return report


def _steps(
    catalogue: Catalogue, store: Store, known: Mapping[str, Known], seen: set[str], report: Report
) -> Iterator[_Step]:
    """Read rows, keep the pictures of those that are new or changed, and give them in batches."""
    jobs: list[_Job] = []
    rows = 0
    for row in catalogue:
        rows += 1
        if isinstance(row, BadRow):
            seen.add(row.id)
            report.bad.append(row)
        else:
            seen.add(row.product.id)
            report.without_currency += row.product.price is not None and row.product.currency is None
            report.bad += [BadRow(row.number, row.product.id, problem, True) for problem in row.problems]
            job = _job(row, store, known.get(row.product.id), report)
            if job:
                jobs.append(job)
        if len(jobs) == BATCH or rows % 2000 == 0:
            yield _Step(jobs, rows)
            jobs = []
    yield _Step(jobs, rows)


def _job(row: Row, store: Store, known: Known | None, report: Report) -> _Job | None:
    """Return what is to be put in; None where the store has it already."""
    data, problem, digest, image = None, "", None, None
    if row.picture is not None:
        try:
            data = picture_bytes(row.picture)
        except OSError as error:
            problem = f"picture: it cannot be read ({error.strerror or error})"
    content = _hash(row.product, data)
    whole = known is not None and (known.picture is None or store.has_picture(known.picture))
    if known is not None and known.hash == content and whole:
        report.unchanged += 1
        if known.problem:
            report.bad.append(BadRow(row.number, row.product.id, known.problem, True))
        return None
    if data is not None:
        try:
            digest, image = store.keep_picture(data)
        except PictureError as error:
            problem = f"picture: {str(error).removeprefix('The picture ')}"
    if problem:
        report.bad.append(BadRow(row.number, row.product.id, problem, True))
    return _Job(row.product.model_copy(update={"picture": digest}), image, content, problem)


def _hash(product: Product, picture: bytes | None) -> str:
    record = json.dumps([_RECIPE, product.model_dump(mode="json")], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(record.encode() + b"\0" + (picture or b"")).hexdigest()[:32]


def _stored(store: Store, encoder: Encoder, steps: Iterable[_Step]) -> Generator[_Step, None, None]:
    """Encode batches and give each when it is in the store; one is put there while the next is encoded.

    Whatever is raised, a batch that was encoded before it is in the store, whole.
    """
    with ThreadPoolExecutor(1, "shelftalk-store") as writer:
        waiting: tuple[_Step, Future[None]] | None = None
        for step in steps:
            put = _encoded(store, encoder, step.jobs)
            if waiting is not None:
                waiting[1].result()
                yield waiting[0]
            waiting = step, writer.submit(put)
        if waiting is not None:
            waiting[1].result()
            yield waiting[0]


def _encoded(store: Store, encoder: Encoder, jobs: list[_Job]) -> Callable[[], None]:
    """Encode a batch; return what puts it into the store."""
    if not jobs:
        return lambda: None
    words = encoder.words([product_text(job.product) for job in jobs])
    images = [job.image for job in jobs if job.image is not None]
    pictures = np.zeros((len(jobs), encoder.pictures_size), np.float32)
    if images:
        pictures[[job.image is not None for job in jobs]] = encoder.pictures(images)
    return lambda: store.put(
        [job.product for job in jobs],
        words,
        pictures,
        hashes=[job.hash for job in jobs],
        problems=[job.problem for job in jobs],
    )


def _write_bad_rows(folder: Path, bad: Iterable[BadRow]) -> None:
    lines = [json.dumps(vars(row), ensure_ascii=False) + "\n" for row in bad]
    write_whole(folder / "bad_rows.jsonl", "".join(lines).encode())


def _nothing(path: Path, report: Report) -> str:
    if not report.bad:
        return f"The catalogue {path} holds no products."
    first = next((row for row in report.bad if not row.kept), report.bad[0])
    return f"No row of {path} can be used; {report.unit} {first.row}, for one: {first.problem}."


def _ahead(items: Iterable[T], depth: int) -> Generator[T, None, None]:
    """Give the items while a thread makes the next ones; what it raises is raised here."""
    ready: queue.Queue[tuple[T | None, BaseException | None]] = queue.Queue(maxsize=depth)
    stop = threading.Event()

    def hand_over(item: T | None, error: BaseException | None) -> None:
        while not stop.is_set():
            try:
                ready.put((item, error), timeout=0.1)
                return
            except queue.Full:
                continue

    def work() -> None:
        try:
            for item in items:
                if stop.is_set():
                    return
                hand_over(item, None)
            hand_over(None, None)
        except BaseException as error:  # noqa: BLE001 - it is raised again, in the thread that waits for it
            hand_over(None, error)

    worker = threading.Thread(target=work, name="shelftalk-pictures", daemon=True)
    worker.start()
    try:
        while True:
            item, error = ready.get()
            if error is not None:
                raise error
            if item is None:
                return
            yield item
    finally:
        stop.set()
        worker.join()
