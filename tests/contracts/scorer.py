"""What every scorer must do: subclass `ScorerContract` in a `Test...` class and give `make`."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from shelftalk.tools.errors import UsageError
from shelftalk.tools.scores import load_scorer
from shelftalk.tools.scores.content import Content
from shelftalk.tools.scores.contract import Progress, Scorer, Taste
from shelftalk.tools.scores.interactions import Interactions, make_interactions
from shelftalk.tools.scores.shared import FILE

NEITHER = Taste()


def two_camps(shoppers: int = 60, items: int = 12, seed: int = 0) -> Interactions:
    """Shoppers who take a-items and shoppers who take b-items; a0 and b0 are each camp's best sellers."""
    random = np.random.default_rng(seed)
    share = np.linspace(0.9, 0.3, items)
    return make_interactions(
        {"shopper": f"s{shopper}", "item": f"{'ab'[shopper % 3 == 0]}{item}", "kind": "view", "time": item}
        for shopper in range(shoppers)
        for item in np.flatnonzero(random.random(items) < share)
    )


def camp_content(items: Sequence[str], seed: int = 0) -> Content:
    """Words and pictures by which an a-item can be told from a b-item; every fifth item has no picture."""
    random = np.random.default_rng(seed)
    camp = np.array([1.0 if item.startswith("a") else -1.0 for item in items])[:, None]
    words, pictures = (camp * np.linspace(1, -1, 8) + 0.3 * random.normal(size=(len(items), 8)) for _ in "wp")
    pictures[::5] = np.nan
    return Content(items, words.astype(np.float32), pictures.astype(np.float32))


class ScorerContract(ABC):
    personal = True  # whether the taste matters
    reads_content = False  # whether items that nobody took get scores from what they read and look like

    @abstractmethod
    def make(self) -> Scorer: ...

    def fitted(self, interactions: Interactions, progress: Progress | None = None) -> Scorer:
        scorer = self.make()
        content = camp_content(interactions.items) if self.reads_content else None
        scorer.fit(interactions, content, progress)
        return scorer

    @pytest.fixture(scope="class")
    @classmethod
    def scorer(cls) -> Scorer:
        """One fit for all tests that only ask."""
        return cls().fitted(two_camps())

    def test_it_knows_the_items_it_was_fitted_on(self, scorer: Scorer) -> None:
        assert sorted(scorer.items) == sorted(two_camps().items)
        assert scorer.knows("a0") and not scorer.knows("zebra")

    def test_it_scores_each_candidate(self, scorer: Scorer) -> None:
        scores = scorer.score(scorer.fold_in(["a0"]), ["a1", "b1", "zebra"])
        assert scores.shape == (3,) and scores.dtype == np.float32 and np.isfinite(scores).all()
        assert scores[2] == 0

    def test_the_list_is_in_the_order_of_the_scores(self, scorer: Scorer) -> None:
        taste = scorer.fold_in(["b2"], ["a3"])
        found = scorer.recommend(taste, 8)
        values = [value for _, value in found]
        assert len(found) == 8 and values == sorted(values, reverse=True)
        np.testing.assert_allclose(values, scorer.score(taste, [item for item, _ in found]), rtol=1e-5)

    def test_two_likes_change_the_list(self, scorer: Scorer) -> None:
        found = [item for item, _ in scorer.recommend(scorer.fold_in(["b3", "b4"]), 5)]
        if self.personal:
            assert all(item.startswith("b") for item in found)
        else:
            assert found == [item for item, _ in scorer.recommend(NEITHER, 5)]

    def test_a_dislike_lowers_its_kin(self, scorer: Scorer) -> None:
        before = scorer.score(scorer.fold_in(["a5"]), ["a1"])[0]
        after = scorer.score(scorer.fold_in(["a5"], ["a2"]), ["a1"])[0]
        assert after < before if self.personal else after == before

    def test_no_taste_means_popularity(self, scorer: Scorer) -> None:
        counts = two_camps().matrix().sum(axis=0)
        best = two_camps().items[int(np.argmax(counts))]
        assert scorer.recommend(NEITHER, 1)[0][0] == best
        assert scorer.recommend(scorer.fold_in(["zebra"]), 1)[0][0] == best

    def test_own_excluded_and_other_items_stay_out(self, scorer: Scorer) -> None:
        taste = scorer.fold_in(["a0"], ["a1"])
        found = [item for item, _ in scorer.recommend(taste, 99, exclude=["a2", "zebra"])]
        assert not {"a0", "a1", "a2"} & set(found) and len(found) == len(scorer.items) - 3
        allowed = [item for item, _ in scorer.recommend(taste, 99, allowed=["a0", "a4", "b1", "zebra"])]
        assert sorted(allowed) == ["a4", "b1"]
        assert scorer.recommend(taste, 0) == [] == scorer.recommend(taste, 5, allowed=[])

    def test_similar_items(self, scorer: Scorer) -> None:
        found = [item for item, _ in scorer.similar("b1", 3)]
        assert len(found) == 3 and "b1" not in found
        if self.personal:
            assert all(item.startswith("b") for item in found)

    def test_an_unknown_item_has_no_similar_ones(self, scorer: Scorer) -> None:
        with pytest.raises(UsageError, match="zebra"):
            scorer.similar("zebra", 3)

    def test_fold_in_settles_doubles(self, scorer: Scorer) -> None:
        assert scorer.fold_in(["a1", "a0", "a1", "zebra"], ["a0", "a0"]) == Taste(("a1",), ("a0",))
        assert not scorer.fold_in([])

    def test_saved_and_loaded_it_is_the_same(self, scorer: Scorer, tmp_path: Path) -> None:
        scorer.save(tmp_path / "deep" / "folder")
        again = load_scorer(tmp_path / "deep" / "folder")
        taste = scorer.fold_in(["a0", "b1"], ["a2"])
        assert type(again) is type(scorer) and list(again.items) == list(scorer.items)
        np.testing.assert_array_equal(again.score(taste, scorer.items), scorer.score(taste, scorer.items))
        assert [path.name for path in (tmp_path / "deep" / "folder").iterdir()] == [FILE]

    def test_a_heavier_like_pulls_harder(self, scorer: Scorer) -> None:
        def lead(weights: dict[str, float]) -> float:
            scores = scorer.score(scorer.fold_in(["a5", "b5"], weights=weights), ["a1", "a2", "b1", "b2"])
            return float(scores[:2].sum() - scores[2:].sum())

        towards_a, even, towards_b = lead({"a5": 5.0}), lead({}), lead({"b5": 5.0})
        assert towards_a > even > towards_b if self.personal else towards_a == even == towards_b
        assert scorer.fold_in(["b5", "zebra", "a5"], weights={"a5": 5, "zebra": 2}).weights == (1.0, 5.0)

    @pytest.mark.parametrize("weight", [0.0, -1.0, float("nan"), float("inf")])
    def test_a_weight_that_is_none_is_said(self, scorer: Scorer, weight: float) -> None:
        with pytest.raises(UsageError, match="weight of 'a0'"):
            scorer.fold_in(["a0"], weights={"a0": weight})

    def test_dislikes_alone_are_a_taste(self, scorer: Scorer) -> None:
        taste = scorer.fold_in([], ["a1", "a2"])
        assert taste and len(scorer.recommend(taste, 99)) == len(scorer.items) - 2
        scores = scorer.score(taste, ["b3", "b4", "b5", "a3", "a4", "a5"])
        assert scores[:3].sum() > scores[3:].sum() or not self.personal

    def test_a_taste_of_another_catalogue_counts_for_nothing(self, scorer: Scorer) -> None:
        strange = Taste(("zebra", "gnu"), ("okapi",), (1.0, 2.0))
        assert scorer.recommend(strange, 5) == scorer.recommend(NEITHER, 5)
        both = Taste(("zebra", "b1"), ("okapi",), (3.0, 1.0))
        assert scorer.recommend(both, 5) == scorer.recommend(scorer.fold_in(["b1"]), 5)

    def test_nothing_asked_nothing_given(self, scorer: Scorer) -> None:
        taste = scorer.fold_in(["a0"])
        assert scorer.score(taste, []).shape == (0,)
        assert scorer.recommend(taste, -1) == [] == scorer.similar("a0", 0)

    def test_an_answer_changes_nothing(self, scorer: Scorer) -> None:
        for taste in (NEITHER, scorer.fold_in(["b1"], ["a1"])):
            before = scorer.score(taste, scorer.items)
            scorer.recommend(taste, 3, exclude=scorer.items[:4], allowed=scorer.items[:9])
            scorer.similar("a0", 3)
            np.testing.assert_array_equal(scorer.score(taste, scorer.items), before)

    def test_the_same_fit_gives_the_same_scores(self, scorer: Scorer) -> None:
        taste = scorer.fold_in(["a0", "b1"], ["a2"])
        again = self.fitted(two_camps())
        np.testing.assert_array_equal(again.score(taste, scorer.items), scorer.score(taste, scorer.items))

    def test_items_that_are_new_are_taken_in_by_who_reads(self) -> None:
        scorer = self.fitted(two_camps())
        taken = scorer.take_in(camp_content(["a99", "b98", "b99", "a0"], seed=1))
        assert taken == (3 if self.reads_content else 0)
        assert scorer.knows("b99") == self.reads_content
        scores = scorer.score(scorer.fold_in(["b1", "b2"]), ["b99", "a99"])
        assert np.isfinite(scores).all() and (scores[0] > scores[1] or not self.reads_content)
        assert scorer.take_in(camp_content(["b99"], seed=1)) == 0

    def test_progress_is_told_up_to_the_end(self) -> None:
        told: list[tuple[int, int]] = []
        self.fitted(two_camps(), lambda done, total: told.append((done, total)))
        shares = [done / total for done, total in told]
        assert shares == sorted(shares) and shares[-1] == 1 and shares[0] > 0

    def test_an_interrupted_fit_leaves_the_one_before(self) -> None:
        def stop(done: int, total: int) -> None:
            raise KeyboardInterrupt

        scorer = self.fitted(two_camps())
        taste = scorer.fold_in(["a0"])
        before = scorer.recommend(taste, 99)
        with pytest.raises(KeyboardInterrupt):
            scorer.fit(make_interactions([{"shopper": "x", "item": "only"}]), progress=stop)
        assert scorer.recommend(taste, 99) == before

    def test_one_shopper_is_enough(self) -> None:
        scorer = self.fitted(
            make_interactions([{"shopper": "x", "item": item} for item in ("a1", "a2", "b1")])
        )
        assert len(scorer.recommend(scorer.fold_in(["a1"]), 9)) == 2
        assert np.isfinite(scorer.score(scorer.fold_in(["a1"], ["b1"]), scorer.items)).all()
        assert len(scorer.similar("a2", 9)) == 2

    def test_an_item_that_nobody_took_is_scored(self) -> None:
        camps = two_camps()
        scorer = self.fitted(
            Interactions(camps.shoppers, ["a77", *camps.items], camps.rows + np.array([0, 1]))
        )
        assert scorer.knows("a77")
        assert np.isfinite(scorer.score(scorer.fold_in(["a0", "a77"]), scorer.items)).all()
        assert len(scorer.recommend(scorer.fold_in(["a77"]), 99)) == len(camps.items)

    def test_refusals_alone_are_nothing_to_learn_from(self) -> None:
        with pytest.raises(UsageError, match="no interactions"):
            self.make().fit(make_interactions([{"shopper": "x", "item": "a1", "kind": "dislike"}]))

    def test_saved_twice_the_second_stands(self, scorer: Scorer, tmp_path: Path) -> None:
        scorer.save(tmp_path)
        other = self.fitted(make_interactions([{"shopper": "x", "item": "only"}]))
        other.save(tmp_path)
        assert list(load_scorer(tmp_path).items) == ["only"]

    def test_a_fit_forgets_the_one_before(self) -> None:
        scorer = self.make()
        scorer.fit(two_camps())
        scorer.fit(make_interactions([{"shopper": "x", "item": "only"}]))
        assert scorer.items == ["only"]
        assert scorer.recommend(NEITHER, 5) == [("only", 1.0)]
        assert scorer.recommend(scorer.fold_in(["only"]), 5) == []

    def test_same_interactions_twice_count_once(self) -> None:
        rows = [{"shopper": s, "item": i} for s, i in ("xa", "xb", "ya", "yb", "zc")]
        once, twice = self.make(), self.make()
        once.fit(make_interactions(rows))
        twice.fit(make_interactions(rows + rows))
        np.testing.assert_array_equal(
            once.score(once.fold_in(["a"]), "abc"), twice.score(twice.fold_in(["a"]), "abc")
        )

    def test_not_fitted_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="fit"):
            self.make().recommend(NEITHER, 3)
        with pytest.raises(UsageError, match="fit"):
            self.make().save(tmp_path)
        with pytest.raises(UsageError, match="no interactions"):
            self.make().fit(make_interactions([]))

    def test_a_folder_that_cannot_be_read_is_said(self, scorer: Scorer, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match="holds no scorer"):
            scorer.load(tmp_path)
        scorer.save(tmp_path)
        whole = (tmp_path / FILE).read_bytes()
        (tmp_path / FILE).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(UsageError, match="not a readable scorer"):
            load_scorer(tmp_path)
        about = np.frombuffer(
            json.dumps({"version": 1, "name": "astrology", "items": [], "settings": {}}).encode(), np.uint8
        )
        np.savez(tmp_path / FILE, about=about)
        with pytest.raises(UsageError, match="astrology"):
            load_scorer(tmp_path)
        with pytest.raises(UsageError, match="astrology"):
            scorer.load(tmp_path)
