"""`shelftalk eval recommendation`: MovieLens in small files made here, and the demo shop with a few of its products."""

from __future__ import annotations

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from shelftalk.evals.recommendation import load_part, measurable, notes, part_names, tuning
from shelftalk.evals.recommendation.films import load_films, load_titles
from shelftalk.tools.scores.content import Content

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder, draw, png


class Colours(BagEncoder):
    """Sees no more of a picture than whether it is mostly red, blue or green."""

    def pictures(self, images: Any) -> np.ndarray:
        return super().pictures([image.resize((10, 10), Image.Resampling.BOX) for image in images])


@pytest.fixture(autouse=True)
def quick(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Few users held out, few settings tried, of scorers that are fitted at once."""
    monkeypatch.setenv("SHELFTALK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(tuning, "scorer_names", lambda: ["ease", "ials", "popularity"])
    monkeypatch.setattr(
        tuning, "GRIDS", {"ease": [{"penalty": 5.0}, {"penalty": 50.0}], "ials": [{"factors": 4}]}
    )
    monkeypatch.setattr(load_part("movielens"), "HELD_OUT", 20)
    monkeypatch.setattr(load_part("movielens"), "HELD_OUT_SMALL", 15)
    monkeypatch.setattr(load_part("shop"), "HELD_OUT", 60)
    monkeypatch.setattr(load_part("shop"), "FOLDS", 2)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """120 users of two camps, 60 films; a third of the films were held out in files of their own."""
    folder, random = tmp_path_factory.mktemp("data"), np.random.default_rng(0)
    pairs = [
        (user, int(film) * 2 + user % 2)
        for user in range(120)
        for film in random.permutation(30)[: random.integers(8, 20)]
    ]
    for name, keep in (("train", (0, 1, 2, 3)), ("cold_val", (4,)), ("cold_test", (5,))):
        rows = [{"uid": user, "iid": film} for user, film in pairs if film % 6 in keep]
        pq.write_table(pa.Table.from_pylist(rows), folder / f"ml1m_{name}.parquet")
    films = [
        {
            "iid": film,
            "title": f"Film {film} (1999)",
            "genres": "Drama|War" if film % 2 else "Comedy",
            "plot": None if film == 3 else "Somebody loses something.",
            "director": "" if film == 4 else "Jane Doe",
            "cast": "Ann Other, Bea Other",
            "poster": png(draw("red", "boot")) if film % 3 else None,
            "width": 30 if film % 3 else 0,
        }
        for film in range(60)
    ]
    pq.write_table(pa.Table.from_pylist(films), folder / "ml1m_items.parquet")
    ratings = [{"user": user, "item": film, "rating": 3, "timestamp": 0} for user, film in pairs]
    pq.write_table(pa.Table.from_pylist(ratings), folder / "ml100k_ratings.parquet")
    titles = [{"item": film["iid"], "title": film["title"], "genres": film["genres"]} for film in films]
    pq.write_table(pa.Table.from_pylist(titles), folder / "ml100k_items.parquet")
    return folder


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, command_line: Any) -> Any:
    monkeypatch.setattr("shelftalk.tools.encoder.load_encoder", lambda *_: Colours())
    return partial(command_line, "eval", "recommendation")


def test_films_read_and_look_like_something(data: Path) -> None:
    encoder: Any = BagEncoder()
    films = load_films(data, encoder)
    assert list(films.items) == [str(n) for n in range(60)]
    assert np.isnan(films.pictures).all(axis=1).tolist() == [n % 3 == 0 for n in range(60)]
    assert np.isfinite(films.words).all() and not np.isnan(films.pictures[1]).any()
    said = "Film 5 (1999). Drama, War. Somebody loses something. Directed by Jane Doe. With Ann Other, Bea Other."
    np.testing.assert_allclose(films.words[5], encoder.words([said])[0], rtol=1e-6)
    titles = load_titles(data, encoder)
    assert titles.items == films.items and np.isnan(titles.pictures).all()


@pytest.mark.usefixtures("taste_alone")  # the plain code knows no popularity
def test_the_tables(run: Any, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    parts = ("--part", "movielens", "--part", "shoppers")
    code, said, _ = run("--data", data, *parts, "--seed", "1", "--out", out)
    assert code == 0 and "MovieLens-1M" in said and "ease, penalty=" in said and "10 likes" in said
    report = json.loads(out.read_text("utf8"))
    assert report["suite"] == "recommendation" and report["settings"]["seed"] == 1
    assert {row["part"] for row in report["rows"]} == set(report["notes"])
    assert set(report["notes"]) == {*notes("movielens"), *notes("shoppers")}

    found = {
        (row["part"], row["system"].split(",")[0], row["metric"]): row["value"] for row in report["rows"]
    }
    for name, users in (("MovieLens-1M", 20), ("MovieLens-100K", 45)):
        ease, plain = found[name, "ease", "NDCG@100"], found[name, "EASE in plain NumPy", "NDCG@100"]
        assert ease["n"] == users and ease["mean"] == pytest.approx(plain["mean"], abs=1e-3)
        assert found[name, "iALS by implicit", "NDCG@100"]["mean"] == pytest.approx(
            found[name, "ials", "NDCG@100"]["mean"], abs=0.05
        )
        lead = found[f"{name}: ahead of ease", "popularity", "Recall@20"]["mean"]
        assert lead == pytest.approx(
            found[name, "popularity", "Recall@20"]["mean"] - found[name, "ease", "Recall@20"]["mean"]
        )
        assert lead < -0.05  # two camps: who goes by popularity shows half of the list to the wrong one
    likes = {
        n: found["MovieLens-1M, new shoppers: NDCG@100", "ease", n]["mean"] for n in ("0 likes", "10 likes")
    }
    assert likes["10 likes"] > likes["0 likes"] + 0.05


def test_the_demo_shop(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    shop: Any = load_part("shop")
    ids = sorted(set(shop.load_events().items))
    vectors = np.random.default_rng(0).normal(size=(len(ids), 8)).astype(np.float32)
    monkeypatch.setattr(shop, "load_products", lambda _: Content(ids, vectors, vectors))
    code, said, _ = run("--part", "shop")
    assert code == 0 and "demo shop: ahead of ease" in said
    assert "demo shop, new shoppers" in said and "demo shop, new products" in said


def test_the_products_of_the_demo_shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from shelftalk.tools.demo import shop_path

    table = pq.read_table(shop_path()).slice(0, 20)
    pq.write_table(table, tmp_path / "shop.parquet")
    monkeypatch.setattr("shelftalk.tools.demo.shop_path", lambda: tmp_path / "shop.parquet")
    shop: Any = load_part("shop")
    content = shop.load_products(Colours())
    assert list(content.items) == table["id"].to_pylist()
    assert np.isfinite(content.words).all() and np.isfinite(content.pictures).all()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--part", "teeth"], "no part 'teeth' of recommendation; there are: "),
        (["--part", "movielens"], "no folder was given"),
        (["--part", "shoppers", "--data", "nowhere"], "nowhere does not hold ml1m_train.parquet"),
        (["--part", "shop", "--out", "nowhere/report.json"], "check the folder nowhere"),
    ],
)
def test_what_is_missing_is_one_line(run: Any, arguments: list[str], message: str) -> None:
    code, said, error = run(*arguments)
    assert (code, said) == (2, "") and message in error and error.count("\n") == 1


def test_a_damaged_file_is_named(run: Any, data: Path, tmp_path: Path) -> None:
    for file in data.iterdir():
        whole = file.read_bytes()
        (tmp_path / file.name).write_bytes(whole[:100] if file.name == "ml1m_cold_val.parquet" else whole)
    code, _, error = run("--data", tmp_path, "--part", "movielens")
    assert code == 2 and "ml1m_cold_val.parquet" in error and error.count("\n") == 1


def test_too_few_users_are_told(run: Any, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load_part("movielens"), "HELD_OUT", 70)
    code, _, error = run("--data", data, "--part", "shoppers")
    assert code == 2 and "of 120 users" in error and error.count("\n") == 1


def test_what_the_parts_share_is_no_part() -> None:
    assert {"movielens", "shoppers", "shop"} <= set(part_names())
    assert not {"films", "plain", "protocol", "tuning", "redial_titles"} & set(part_names())
    assert "shop" in measurable(None) and "movielens" not in measurable(None)
