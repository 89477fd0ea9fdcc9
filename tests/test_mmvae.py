"""MM-VAE: the contract, items that nobody took, modalities that are missing, bad vectors."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.contract import Scorer
from shelftalk.tools.scores.mmvae import MMVAE

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.scorer import ScorerContract, camp_content, two_camps


def small(**settings: float) -> MMVAE:
    return MMVAE(**{"latent": 8, "hidden": 16, "epochs": 20, "rate": 1e-2, "seed": 1} | settings)  # type: ignore[arg-type]


class TestMMVAE(ScorerContract):
    reads_content = True

    def make(self) -> Scorer:
        return small()


class TestMMVAEOfBehaviourAlone(ScorerContract):
    def make(self) -> Scorer:
        return small()


def without(content: Content, *, words: bool = False, pictures: bool = False) -> Content:
    """Return the content with one modality missing, or both."""
    gone = {"words": words, "pictures": pictures}
    arrays = [
        np.full_like(getattr(content, name), np.nan) if gone[name] else getattr(content, name)
        for name in ("words", "pictures")
    ]
    return Content(content.items, *arrays)


@pytest.fixture(scope="module")
def read() -> MMVAE:
    scorer = small()
    scorer.fit(two_camps(), camp_content(two_camps().items))
    return scorer


@pytest.mark.parametrize("gone", [{}, {"words": True}, {"pictures": True}])
def test_what_nobody_took_ranks_by_whatever_is_known_of_it(read: MMVAE, gone: dict[str, bool]) -> None:
    items = [f"{camp}{number}" for camp in "ab" for number in range(80, 90)]
    shown = without(camp_content(items, seed=3), **gone)
    if gone.get("words"):
        has = ~np.isnan(shown.pictures).any(axis=1)
        items = [item for item, there in zip(items, has, strict=True) if there]
    assert read.take_in(shown) in (20, 0)
    for camp, likes in (("a", ["a1", "a2"]), ("b", ["b1", "b2"])):
        scores = read.score(read.fold_in(likes), items)
        own = np.array([item.startswith(camp) for item in items])
        assert scores[own].min() > scores[~own].max()


def test_an_item_of_which_nothing_is_known_is_scored_between() -> None:
    scorer = small()
    scorer.fit(two_camps(), camp_content(two_camps().items))
    scorer.take_in(camp_content(["a1", "a70", "b70", "a71"], seed=2))
    scorer.take_in(without(camp_content(["x"]), words=True, pictures=True))
    liked, unlike, blank = scorer.score(scorer.fold_in(["a1", "a2"]), ["a70", "b70", "x"])
    assert liked > blank > unlike


def test_a_new_item_counts_as_a_like_once_it_is_read() -> None:
    scorer = small()
    scorer.fit(two_camps(), camp_content(two_camps().items))
    assert not scorer.fold_in(["b70"])
    scorer.take_in(camp_content(["a0", "a70", "b70"], seed=2))
    for camp, other in ("ab", "ba"):
        scores = scorer.score(scorer.fold_in([f"{camp}70"]), [f"{camp}3", f"{other}3"])
        assert scores[0] > scores[1]


def test_content_beside_the_log_is_taken_in_by_the_fit_itself(read: MMVAE, tmp_path: Path) -> None:
    scorer = small()
    scorer.fit(two_camps(), camp_content([*two_camps().items, "a70", "b70"]))
    taste = scorer.fold_in(["b1", "b2"])
    ahead, behind = scorer.score(taste, ["b70", "a70"])
    assert ahead > behind
    scorer.save(tmp_path)
    loaded = MMVAE.load(tmp_path)
    assert loaded.take_in(camp_content(["b71"], seed=1)) == scorer.take_in(camp_content(["b71"], seed=1)) == 1
    np.testing.assert_array_equal(loaded.score(taste, loaded.items), scorer.score(taste, scorer.items))


def test_what_changed_is_read_anew() -> None:
    scorer = small()
    scorer.fit(two_camps(), camp_content(two_camps().items))
    scorer.take_in(Content(["new"], *(part[1:2] for part in camp_vectors("b"))))
    taste = scorer.fold_in(["a1", "a2"])
    before = scorer.score(taste, ["new"])[0]
    assert scorer.take_in(Content(["new"], *(part[1:2] for part in camp_vectors("a")))) == 0
    assert scorer.score(taste, ["new"])[0] > before


def camp_vectors(camp: str) -> tuple[np.ndarray, np.ndarray]:
    content = camp_content([f"{camp}0", f"{camp}1"])
    return content.words, content.pictures


def test_a_fit_without_content_takes_nothing_in() -> None:
    scorer = small()
    scorer.fit(two_camps())
    assert scorer.take_in(camp_content(["b99"])) == 0 and not scorer.knows("b99")


@pytest.mark.parametrize("gone", ["words", "pictures"])
def test_a_modality_that_no_item_has_is_done_without(gone: str) -> None:
    scorer = small()
    scorer.fit(two_camps(), without(camp_content(two_camps().items), **{gone: True}))
    items = ["a71", "b71"]  # the first has no picture
    scorer.take_in(without(camp_content(["a0", *items], seed=1), **{gone: True}))
    ours, others = scorer.score(scorer.fold_in(["a1", "a2"]), items)
    assert ours > others


def test_vectors_of_another_encoder_are_refused(read: MMVAE) -> None:
    content = camp_content(["a60", "b60"], seed=1)
    with pytest.raises(UsageError, match="words are vectors of 5 numbers, but mmvae was fitted on 8"):
        read.take_in(Content(content.items, content.words[:, :5], content.pictures))
    with pytest.raises(UsageError, match="pictures are vectors of 3 numbers"):
        read.take_in(Content(content.items, content.words, content.pictures[:, :3]))
    assert not read.knows("a60")
    with pytest.raises(UsageError, match="fitted"):
        small().take_in(content)


@pytest.mark.parametrize(
    "settings",
    [
        {"takers": 0.0},
        {"expert_rate": float("nan")},
        {"expert_epochs": -1},
        {"contrast": -0.1},
        {"latent": 0},
    ],
)
def test_settings_that_cannot_be_are_said(settings: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(settings))}="):
        MMVAE(**settings)  # type: ignore[arg-type]


def test_the_seed_settles_all() -> None:
    content = camp_content(two_camps().items)
    scores = []
    for _ in range(2):
        scorer = small(epochs=2)
        scorer.fit(two_camps(), content)
        scorer.take_in(camp_content(["a70", "b70"], seed=2))
        scores.append(scorer.score(scorer.fold_in(["a0", "b3"]), scorer.items))
    np.testing.assert_array_equal(scores[0], scores[1])


def test_serving_and_taking_in_need_no_torch(read: MMVAE, tmp_path: Path) -> None:
    read.save(tmp_path)
    code = (
        "import sys, numpy as np; from pathlib import Path; from shelftalk.tools.scores import load_scorer\n"
        "from shelftalk.tools.scores.content import Content\n"
        "scorer = load_scorer(Path(sys.argv[1]))\n"
        "assert scorer.take_in(Content(['z'], np.ones((1, 8)), np.ones((1, 8)))) == 1\n"
        "scorer.recommend(scorer.fold_in(['a0'], ['b0']), 3)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True)
