"""How long scorers take to answer and to learn, beside the plainest way to the same with the library under them.

    python benchmarks/scores.py [--items 100000] [--shoppers 20000] [--ease-items 20000] [--threads 1]

Four tables, in one run: a list of ten from five likes and a dislike, over many items, with each scorer there is (EASE
says that it does not fit); iALS learning, beside `implicit` called directly; EASE learning, in a process of its own
whose peak of memory is taken, beside NumPy's inverse (`--inverse-items`: that one needs several such squares); and an
epoch of Mult-VAE beside a plain PyTorch loop over dense batches with the same layers. The interactions are synthetic:
few items are common, many rare, as in a shop. Ways that are compared take turns, so that whatever else the machine does
slows all of them; each figure is the median, with the least and the most, and the median of the processor time that all
threads together took, which the ratio is of. A 0 leaves its table out; `--items 5000
--shoppers 2000 --ease-items 2000 --inverse-items 1000` makes a quick run. Nothing is asserted.
"""

from __future__ import annotations

import argparse
import inspect
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

TAKEN = 20  # items a shopper, in the mean
SIZE = 384  # of the vectors that stand for what items read and look like
LIKES = 5
TOP = 10
PLAIN = "NumPy: 64 factors, every score, argpartition"
# How long, and from how many, a scorer learns does not change how long it takes to answer.
FAST = {"epochs": 1, "iterations": 1}
FEW = 500
Way = Callable[[], object]


def draw(shoppers: int, items: int, rng: np.random.Generator) -> Any:
    """Draw interactions: twenty items a shopper, half of what is taken among a sixth of the items."""
    from shelftalk.tools.scores.interactions import Interactions

    taken = np.stack(
        [
            np.repeat(np.arange(shoppers), TAKEN),
            rng.permutation(items)[(items * rng.random(shoppers * TAKEN) ** 2.5).astype(np.int64)],
        ],
        axis=1,
    )
    return Interactions([f"s{n}" for n in range(shoppers)], [f"i{n}" for n in range(items)], taken)


Times = dict[
    str, list[tuple[float, float]]
]  # of each way, round by round: seconds, and seconds of processor time


def take_turns(ways: dict[str, Way], rounds: int, warm: int = 1) -> Times:
    """Return how long each way took in each round, leaving out the first few."""
    times: Times = {name: [] for name in ways}
    for turn in range(warm + rounds):
        for name, way in ways.items():
            start, worked = time.perf_counter(), time.process_time()
            way()
            if turn >= warm:
                times[name].append((time.perf_counter() - start, time.process_time() - worked))
    return times


def print_table(title: str, times: Times, beside: str, unit: float = 1.0) -> None:
    """Print each way's times; the ratio is of its processor time to that of the way `beside`."""
    print(f"{title:56s}   median      least       most        CPU      ratio")
    base = statistics.median(work for _, work in times[beside])
    for name, taken in times.items():
        seconds = [wall for wall, _ in taken]
        work = statistics.median(work for _, work in taken)
        figures = [unit * value for value in (statistics.median(seconds), min(seconds), max(seconds), work)]
        print(f"{name:52s} {' '.join(f'{figure:10.2f}' for figure in figures)} {work / base:10.2f}")
    print()


def answers(items: int, shoppers: int, rounds: int, names: list[str], rng: np.random.Generator) -> None:
    """Print how long each scorer takes from likes to a list of ten."""
    from shelftalk.tools.errors import UsageError
    from shelftalk.tools.scores import scorer_class, scorer_names
    from shelftalk.tools.scores.content import Content

    interactions, fewer = draw(shoppers, items, rng), draw(min(FEW, shoppers), items, rng)
    vectors = rng.standard_normal((items, SIZE), dtype=np.float32)
    content = Content(interactions.items, vectors, vectors)
    most = set(interactions.items[: items // 2])
    ways: dict[str, Way] = {PLAIN: partial(plain_answer, items, rng)}
    for name in names or scorer_names():
        kind = scorer_class(name)
        given = inspect.signature(kind).parameters
        scorer = kind(**{key: value for key, value in FAST.items() if key in given})
        start = time.perf_counter()
        try:
            scorer.fit(fewer if "epochs" in given else interactions, content)
        except UsageError as error:
            print(f"{name}: {error}")
            continue
        print(f"{name}: fitted for this table in {time.perf_counter() - start:.1f} s", flush=True)
        ways[name] = partial(answer, scorer, rng)
        if name == "ials":
            ways["ials, half of the items allowed, a set of ids"] = partial(answer, scorer, rng, most)
            ways["implicit: fold in and recommend"] = implicit_answer(scorer, rng)
    title = f"{LIKES} likes, a dislike: {TOP} of {items:,} items, in ms"
    print()
    print_table(title, take_turns(ways, rounds, warm=3), PLAIN, 1e3)


def answer(scorer: Any, rng: np.random.Generator, allowed: set[str] | None = None) -> object:
    """Fold in a few items and ask for a list."""
    drawn = [scorer.items[place] for place in rng.integers(0, len(scorer.items), LIKES + 1)]
    return scorer.recommend(scorer.fold_in(drawn[:LIKES], drawn[LIKES:]), TOP, allowed=allowed)


_factors: dict[int, np.ndarray] = {}


def plain_answer(items: int, rng: np.random.Generator) -> object:
    """Multiply one shopper's factors with all items' and find the best, with nothing folded in or left out."""
    if items not in _factors:
        _factors[items] = rng.standard_normal((items, 64), dtype=np.float32)
    scores = _factors[items] @ rng.standard_normal(64, dtype=np.float32)
    best = np.argpartition(-scores, TOP)[:TOP]
    return best[np.argsort(-scores[best])]


def implicit_answer(scorer: Any, rng: np.random.Generator) -> Way:
    """Return how `implicit` itself answers from the factors that our iALS learnt."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import csr_matrix

    model = AlternatingLeastSquares(factors=scorer.factors, num_threads=1)
    model.item_factors = scorer._factors
    model.user_factors = np.zeros((1, scorer.factors), np.float32)

    def ask() -> object:
        drawn = np.unique(rng.integers(0, len(scorer.items), LIKES + 1))
        weights = np.full(len(drawn), scorer.alpha, np.float32)
        likes = csr_matrix((weights, drawn, [0, len(drawn)]), shape=(1, len(scorer.items)))
        return model.recommend(0, likes, N=TOP, recalculate_user=True)

    return ask


def ials_learning(items: int, shoppers: int, threads: int, rounds: int, rng: np.random.Generator) -> None:
    """Print how long iALS takes to learn, and `implicit` called directly: both begin at the drawn pairs."""
    from implicit.cpu.als import AlternatingLeastSquares
    from scipy.sparse import coo_matrix
    from threadpoolctl import threadpool_limits

    from shelftalk.tools.scores.ials import IALS

    interactions = draw(shoppers, items, rng)
    ours = IALS(threads=threads)

    def directly() -> None:
        rows = interactions.rows
        pairs = coo_matrix(
            (np.ones(len(rows), np.float32), (rows[:, 0], rows[:, 1])), (shoppers, items)
        ).tocsr()
        pairs.data[:] = ours.alpha
        model = AlternatingLeastSquares(
            factors=ours.factors,
            iterations=ours.iterations,
            regularization=100.0,
            num_threads=threads,
            random_state=0,
        )
        model.fit(pairs, show_progress=False)

    with threadpool_limits(1, "blas"):
        taken = take_turns({"implicit": directly, "ours": lambda: ours.fit(interactions)}, rounds)
    pairs = shoppers * TAKEN
    title = f"iALS: {pairs:,} pairs, {ours.factors} factors, {ours.iterations} rounds, in s"
    print_table(title, taken, "implicit")


def ease_learning(items: int, inverse_items: int) -> None:
    """Print how long EASE takes to learn and its peak of memory, and NumPy's inverse at a smaller size."""
    print(f"{'EASE, each in a process of its own':56s}        s    peak GB   squares of float64")
    asked = [
        ("NumPy's inverse", inverse_items),
        ("ours", inverse_items),
        ("ours, saved and read again", items),
    ]
    for way, count in asked:
        if not count:
            continue
        done = subprocess.run(
            [sys.executable, __file__, "--ease", json.dumps([way, count])],
            capture_output=True,
            text=True,
            check=True,
        )
        seconds, peak = json.loads(done.stdout)
        print(
            f"{f'{way}, {count:,} items':52s} {seconds:12.1f} {peak / 1e9:10.2f} {peak / (8 * count**2):12.2f}"
        )
    print()


def ease_alone(way: str, items: int) -> None:
    """Learn EASE one way, in this process, and print the seconds and the peak of memory in bytes."""
    import tempfile
    from pathlib import Path

    from shelftalk.tools.scores.ease import EASE

    interactions = draw(2 * items, items, np.random.default_rng(0))
    penalty = 200.0
    start = time.perf_counter()
    if way.startswith("ours"):
        scorer = EASE(penalty)
        scorer.fit(interactions)
        seconds = time.perf_counter() - start
        if "saved" in way:
            with tempfile.TemporaryDirectory() as folder:
                scorer.save(Path(folder))
                del scorer
                EASE.load(Path(folder))
    else:
        taken = interactions.matrix()
        inverse = np.linalg.inv((taken.T @ taken).toarray().astype(np.float64) + penalty * np.eye(items))
        weights = inverse / -np.diag(inverse)
        np.fill_diagonal(weights, 0)
        seconds = time.perf_counter() - start
    print(json.dumps([seconds, peak_memory()]))


def peak_memory() -> int:
    """Return the most memory that this process has held, in bytes."""
    try:
        # Unlike getrusage's, this figure is not that of the process that started this one.
        with open("/proc/self/status") as file:  # noqa: PTH123
            return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))
    except OSError:
        import resource  # not on Windows

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def vae_epochs(items: int, shoppers: int, rounds: int, rng: np.random.Generator) -> None:
    """Print how long an epoch of Mult-VAE takes, and of a plain loop with the same layers."""
    from shelftalk.tools.scores.multvae import MultVAE

    interactions = draw(shoppers, items, rng)
    ours = MultVAE(epochs=2)
    times: Times = {"plain PyTorch, dense batches": [], "ours": []}
    for _ in range(rounds):
        for name, learn in (
            ("plain PyTorch, dense batches", partial(plain_vae, interactions.matrix(), ours)),
            ("ours", lambda tell: ours.fit(interactions, progress=tell)),
        ):
            told: list[tuple[float, float]] = []
            learn(lambda _done, _total, told=told: told.append((time.perf_counter(), time.process_time())))
            # The second epoch: the first finds caches cold.
            times[name].append((told[1][0] - told[0][0], told[1][1] - told[0][1]))
    title = f"Mult-VAE: an epoch of {shoppers:,} shoppers x {items:,} items, in s"
    print_table(title, times, "plain PyTorch, dense batches")


def plain_vae(matrix: Any, like: Any, tell: Callable[[int, int], None]) -> None:
    """Train Mult-VAE as its paper's readers write it: dense batches, Adam (Liang et al., arXiv 1802.05814)."""
    import torch
    from torch import nn
    from torch.nn import functional

    torch.manual_seed(0)
    shoppers, items = matrix.shape
    encoder = nn.Sequential(nn.Linear(items, like.hidden), nn.Tanh(), nn.Linear(like.hidden, 2 * like.latent))
    decoder = nn.Linear(like.latent, items)
    optimiser = torch.optim.Adam([*encoder.parameters(), *decoder.parameters()], lr=like.rate)
    for epoch in range(like.epochs):
        order = np.random.default_rng(epoch).permutation(shoppers)
        for start in range(0, shoppers, like.batch):
            batch = torch.from_numpy(matrix[order[start : start + like.batch]].toarray())  # [batch, items]
            seen = functional.dropout(functional.normalize(batch), like.dropout)
            mean, log_variance = encoder(seen).chunk(2, dim=1)  # [batch, latent]
            latent = mean + torch.randn_like(mean) * torch.exp(log_variance / 2)
            missed = -(functional.log_softmax(decoder(latent), dim=1) * batch).sum(dim=1).mean()
            apart = -0.5 * (1 + log_variance - mean**2 - log_variance.exp()).sum(dim=1).mean()
            optimiser.zero_grad()
            (missed + like.beta * apart).backward()
            optimiser.step()
        tell(epoch + 1, like.epochs)


def main() -> None:
    """Read the options, print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--items", type=int, default=100_000, help="to answer from")
    parser.add_argument("--shoppers", type=int, default=20_000)
    parser.add_argument("--queries", type=int, default=100)
    parser.add_argument("--scorers", nargs="*", help="that answer; all of them if none is named")
    parser.add_argument("--learn-items", type=int, default=10_000, help="for iALS and Mult-VAE to learn")
    parser.add_argument("--ease-items", type=int, default=20_000)
    parser.add_argument("--inverse-items", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3, help="that each way learns")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--ease", help=argparse.SUPPRESS)  # a process of its own
    options = parser.parse_args()
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        if os.environ.get(name) != str(options.threads):
            os.environ[name] = str(options.threads)
            os.execv(sys.executable, [sys.executable, *sys.argv])  # libraries read it once, when imported
    if options.ease:
        ease_alone(*json.loads(options.ease))
        return
    rng = np.random.default_rng(0)
    if options.items:
        answers(options.items, options.shoppers, options.queries, options.scorers, rng)
    if options.learn_items:
        ials_learning(options.learn_items, options.shoppers, options.threads, options.rounds, rng)
        vae_epochs(options.learn_items, options.shoppers, options.rounds, rng)
    if options.ease_items or options.inverse_items:
        ease_learning(options.ease_items, options.inverse_items)


if __name__ == "__main__":
    main()
