"""Mult-VAE: the contract, what it says of its settings, how it is trained."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from shelftalk.tools.errors import ShelftalkError, UsageError
from shelftalk.tools.scores import vae
from shelftalk.tools.scores.contract import Scorer
from shelftalk.tools.scores.interactions import make_interactions
from shelftalk.tools.scores.multvae import MultVAE

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.scorer import ScorerContract, two_camps


def small(**settings: float) -> MultVAE:
    return MultVAE(
        **{"latent": 8, "hidden": 16, "epochs": 20, "rate": 1e-2, "seed": 1, "members": 1} | settings
    )  # type: ignore[arg-type]


class TestMultVAE(ScorerContract):
    def make(self) -> Scorer:
        return small()


class TestSeveralMembers(ScorerContract):
    def make(self) -> Scorer:
        return small(members=2, epochs=10)


@pytest.mark.parametrize(
    "settings",
    [
        {"latent": 0},
        {"hidden": -1},
        {"epochs": 0},
        {"members": 0},
        {"batch": 0},
        {"dropout": 1.0},
        {"dropout": float("nan")},
        {"beta": -0.1},
        {"anneal": -1},
        {"rate": 0.0},
        {"scale": float("inf")},
    ],
)
def test_settings_that_cannot_be_are_said(settings: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(settings))}="):
        MultVAE(**settings)  # type: ignore[arg-type]


def test_the_seed_settles_all_and_touches_nothing_outside() -> None:
    threads = torch.get_num_threads()
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    scores = []
    for seed in (1, 1, 2):
        scorer = small(seed=seed, epochs=2)
        scorer.fit(two_camps())
        scores.append(scorer.score(scorer.fold_in(["a0", "b3"]), scorer.items))
    np.testing.assert_array_equal(scores[0], scores[1])
    assert not np.array_equal(scores[0], scores[2])
    assert torch.rand(1) == expected and torch.get_num_threads() == threads


def test_training_that_diverges_is_said_and_leaves_what_was_learnt() -> None:
    scorer = small(epochs=1)
    scorer.fit(two_camps())
    before = scorer.recommend(scorer.fold_in(["a0"]), 5)
    scorer.rate = 1e30
    with pytest.raises(ShelftalkError, match="lower the rate"):
        scorer.fit(make_interactions({"shopper": s, "item": i} for s in range(30) for i in "xyz"))
    assert scorer.recommend(scorer.fold_in(["a0"]), 5) == before and not scorer.knows("x")


def test_shoppers_who_took_nothing_and_items_nobody_took_do_no_harm() -> None:
    rows = [{"shopper": "s1", "item": "i1", "kind": "dislike"}, {"shopper": "s2", "item": "i2"}]
    scorer = small()
    scorer.fit(make_interactions(rows))
    assert np.isfinite(scorer.score(scorer.fold_in(["i1"], ["i2"]), ["i1", "i2"])).all()
    assert [item for item, _ in scorer.recommend(scorer.fold_in(["i1"]), 3)] == ["i2"]


def test_progress_counts_the_epochs_and_may_end_the_fit() -> None:
    told: list[tuple[int, int]] = []
    small(epochs=3).fit(two_camps(), progress=lambda done, of: told.append((done, of)))
    assert told[:3] == [(1, 3), (2, 3), (3, 3)]

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    scorer = small()
    with pytest.raises(KeyboardInterrupt):
        scorer.fit(two_camps(), progress=stop)
    assert not scorer.items


def test_members_are_averaged_in_one_latent() -> None:
    log, likes = two_camps(), ["a0", "a1", "b2"]

    def scores(**settings: int) -> np.ndarray:
        scorer = small(epochs=5, **settings)
        scorer.fit(log)
        assert scorer._decoder.shape == (len(scorer.items), scorer.latent)
        said = scorer.score(scorer.fold_in(likes), scorer.items)
        return np.asarray(said - said.mean())

    together = scores(members=2, latent=24)
    apart = [scores(members=1, latent=24, seed=seed) for seed in (1, 2)]
    assert not np.allclose(*apart, rtol=0.1)
    np.testing.assert_allclose(together, np.mean(apart, axis=0), atol=1e-3)


def test_progress_of_members_is_of_the_epochs_of_one() -> None:
    told: list[tuple[int, int]] = []
    small(epochs=3, members=2).fit(two_camps(), progress=lambda done, of: told.append((done, of)))
    assert told[:6] == [(1, 3), (1, 3), (2, 3), (2, 3), (3, 3), (3, 3)]


def test_the_rate_falls_to_the_floor() -> None:
    def moved(floor: float) -> list[float]:
        model = torch.nn.Linear(1, 1)
        places: list[float] = []

        def loss(_: np.ndarray, __: int) -> torch.Tensor:
            places.append(float(model.bias.item()))
            return model(torch.ones(1, 1)).sum()

        vae.train(model, 1, loss, epochs=20, batch=1, rate=0.1, floor=floor)
        return list(-np.diff(places))

    steady, falling = moved(1.0), moved(0.0)
    np.testing.assert_allclose(steady, 0.1, rtol=1e-3)
    assert falling[0] == pytest.approx(0.1, rel=1e-3) and falling[-1] < 0.01


def test_many_shoppers_end_training_before_the_last_epoch() -> None:
    told: list[int] = []
    small(epochs=1000).fit(two_camps(shoppers=250), progress=lambda done, _: told.append(done))
    assert 5 <= max(told) < 1000


def test_a_like_that_weighs_more_pulls_more() -> None:
    scorer = small()
    scorer.fit(two_camps())

    def gap(weight: float) -> float:
        taste = scorer.fold_in(["a0", "b1"], weights={"a0": weight})
        a, b = scorer.score(taste, ["a2", "b2"])
        return float(a - b)

    assert gap(0.2) < gap(1.0) < gap(5.0)


def test_more_dislikes_lower_their_kin_further() -> None:
    scorer = small()
    scorer.fit(two_camps())

    def gap(dislikes: list[str]) -> float:
        a, b = scorer.score(scorer.fold_in(["a0", "b0"], dislikes), ["a5", "b5"])
        return float(a - b)

    assert gap(["a1", "a2", "a3"]) < gap(["a1"]) < gap([]) < gap(["b1"])


def test_serving_needs_no_torch(tmp_path: Path) -> None:
    scorer = small(epochs=1)
    scorer.fit(two_camps())
    scorer.save(tmp_path)
    code = (
        "import sys; from pathlib import Path; from shelftalk.tools.scores import load_scorer\n"
        "scorer = load_scorer(Path(sys.argv[1])); scorer.recommend(scorer.fold_in(['a0'], ['b0']), 3)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)


def test_the_loss_of_a_basket_is_the_log_likelihood_of_its_items() -> None:
    matrix = two_camps().matrix()
    baskets = vae.baskets_of(matrix, np.array([4, 2]))
    logits = torch.randn(2, matrix.shape[1], generator=torch.Generator().manual_seed(0))
    expected = -(torch.log(torch.softmax(logits, 1)) * torch.from_numpy(matrix[[4, 2]].toarray())).sum(1)
    torch.testing.assert_close(vae.multinomial_loss(logits, baskets), expected)


def test_what_was_seen_cannot_be_drawn() -> None:
    baskets = vae.baskets_of(two_camps().matrix(), np.arange(4))
    shown = np.random.default_rng(0).random(len(baskets.items)) < 0.5
    seen, hidden = vae.dropped(baskets, shown), vae.dropped(baskets, ~shown)
    logits = torch.randn(4, 24, generator=torch.Generator().manual_seed(0), requires_grad=True)
    found = vae.multinomial_loss(logits, hidden, seen)
    found.sum().backward()
    assert logits.grad is not None
    assert not logits.grad[seen.owners, seen.items].any() and logits.grad[hidden.owners, hidden.items].all()
    assert (found < vae.multinomial_loss(logits, hidden)).all()


def test_the_layer_adds_up_rows_of_what_is_not_dropped() -> None:
    matrix = two_camps().matrix()
    baskets = vae.normalised(vae.baskets_of(matrix, np.arange(10)))
    keep = np.random.default_rng(0).random(len(baskets.items)) < 0.5
    layer = vae.BasketLayer(matrix.shape[1], 3)
    dense = np.zeros((10, matrix.shape[1]), np.float32)
    dense[baskets.owners[keep], baskets.items[keep]] = baskets.weights[keep]
    torch.testing.assert_close(layer(vae.dropped(baskets, keep)), torch.from_numpy(dense) @ layer.weight)
    lengths = np.linalg.norm(matrix[:10].toarray(), axis=1)
    np.testing.assert_allclose(dense[dense > 0], (1 / lengths)[np.nonzero(dense)[0]], rtol=1e-6)


def test_held_out_shoppers_keep_most_of_what_they_took() -> None:
    matrix = two_camps(shoppers=100).matrix()
    rows, held = vae.hold_out(matrix, share=0.1, found=0.2)
    assert len(rows) == 90 and held.known.shape == held.wanted.shape == (10, matrix.shape[1])
    both = (held.known + held.wanted).toarray()
    assert both.max() == 1 and sorted(map(tuple, both)) == sorted(
        map(tuple, matrix[np.setdiff1d(np.arange(100), rows)].toarray())
    )
    assert (held.wanted.sum(axis=1) == np.ceil(0.2 * both.sum(axis=1))).all()
    assert held.quality(lambda _: torch.from_numpy(held.wanted.toarray())) == 1
    assert 0 < held.quality(lambda known: torch.ones(known.shape)) < 1


def test_the_best_weights_are_kept() -> None:
    model = torch.nn.Linear(1, 1)
    merits = iter([1.0, 3.0, 2.0, 2.0, 2.0])
    seen: list[float] = []

    def check() -> float:
        seen.append(float(model.weight.item()))
        return next(merits)

    epochs = vae.train(
        model,
        4,
        lambda places, _: model(torch.ones(len(places), 1)).mean(),
        check,
        epochs=50,
        batch=2,
        rate=0.1,
        patience=3,
        every=2,
    )
    assert epochs == 10 and float(model.weight.item()) == seen[1] != seen[-1]
