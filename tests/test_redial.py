"""ReDial measured: films linked by title and year, dialogues cut into rows, targets counted one by one."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shelftalk.evals.recommendation import redial_ranker
from shelftalk.evals.recommendation.redial import COMBINED, NOTES, PLAIN, SUITES, VALID, measure
from shelftalk.evals.recommendation.redial_features import NAMES, Spoken
from shelftalk.evals.recommendation.redial_films import Film, read_films
from shelftalk.evals.recommendation.redial_precedents import genres_said
from shelftalk.evals.recommendation.redial_ranker import fit
from shelftalk.evals.recommendation.redial_rows import (
    Dialogue,
    Row,
    Turn,
    alternating,
    mentions,
    read_dialogue,
    read_test,
)
from shelftalk.evals.recommendation.redial_samples import Samples, inclusion, systematic
from shelftalk.evals.recommendation.redial_scorers import KS, hits
from shelftalk.evals.recommendation.redial_titles import (
    Index,
    plain,
    resource_name,
    title_and_year,
    titles_within,
)
from shelftalk.evals.recommendation.redial_words import said

sys.path.insert(0, str(Path(__file__).parent))  # what tests share is no package of the product

from contracts.small_shop import BagEncoder

RESOURCES = {
    "<http://dbpedia.org/resource/The_Shining_(film)>": 0,
    "<http://dbpedia.org/resource/It_(1990_film)>": 1,
    "<http://dbpedia.org/resource/It_(2017_film)>": 2,
    "<http://dbpedia.org/resource/Jaws_(film)>": 3,
    "<http://dbpedia.org/resource/Jaws_(ride)>": 4,
    "<http://dbpedia.org/resource/Borat>": 5,
    "<http://dbpedia.org/resource/Nobody_Knows_This_One>": 6,
    "<http://dbpedia.org/resource/Comedy>": 7,
}
FACTS: dict[str, dict[str, Any]] = {
    "100": {
        "name": "The Shining  (1980)",
        "genre": ["horror"],
        "plot": "A hotel.",
        "director": ["A"],
        "star": ["B"],
    },
    "101": {"name": "It (1990)", "genre": ["horror"], "plot": "", "director": [], "star": []},
    "102": {"name": "It (2017)", "genre": ["horror"], "plot": "", "director": [], "star": []},
    "103": {"name": "Jaws (1975)", "genre": ["thriller"], "plot": "A shark.", "director": [], "star": []},
    "104": {"name": "Jaws", "genre": [], "plot": "", "director": [], "star": []},
    "105": {"name": "Borat (2006)", "genre": ["comedy"], "plot": "", "director": [], "star": []},
}
MOVIELENS = {
    10: "Shining, The (1980)",
    11: "It (1990)",
    12: "It (2017)",
    13: "Jaws (1975)",
    14: "Borat: Cultural Learnings of America (2006)",
    15: "It (1927)",
}


def write_films(folder: Path) -> None:
    (folder / "dialogues").mkdir(exist_ok=True)
    (folder / "dialogues/redial_id2info.json").write_text(json.dumps(FACTS), "utf-8")
    pq.write_table(
        pa.table({"Id": list(MOVIELENS), "title": list(MOVIELENS.values())}),
        folder / "ml_latest_small_items.parquet",
    )
    ratings = {"userId": [1, 1, 2], "Id": [10, 13, 10], "rating": [5.0, 4.0, 1.0], "timestamp": [1, 1, 2]}
    pq.write_table(pa.table(ratings), folder / "ml_latest_small_ratings.parquet")


@pytest.fixture
def films(tmp_path: Path) -> dict[str, Film]:
    write_films(tmp_path)
    return {film.id: film for film in read_films(tmp_path, RESOURCES, range(7))}


@pytest.mark.parametrize(
    ("name", "same"),
    [
        ("Shining, The", "The Shining"),
        ("The  Shining ", "The Shining"),
        ("Amélie", "Amelie"),
        ("Lilo & Stitch", "Lilo and Stitch"),
        ("Schindler's List", "Schindlers List"),
        ("Why Him%3F", "Why Him?"),
        ("Misérables, Les", "Les Miserables"),
        ("WALL·E", "wall-e"),
    ],
)
def test_titles_that_mean_the_same_are_equal(name: str, same: str) -> None:
    assert plain(name) == plain(same)


def test_a_year_is_read_off_a_name() -> None:
    assert title_and_year("Shining, The  (1980)") == ("Shining, The", 1980)
    assert title_and_year("Frozen ") == ("Frozen", None)
    assert title_and_year("2012 (2009)") == ("2012", 2009)
    assert titles_within("Seven (a.k.a. Se7en) (1995)") == ["seven", "se7en"]
    assert resource_name("<http://dbpedia.org/resource/Red_(2010_film)>") == ("Red", 2010, True)
    assert resource_name("<http://dbpedia.org/resource/Jaws_(ride)>") == ("Jaws", None, False)


@given(st.text(alphabet="abehtXYZ ,'&()-:é", max_size=30))
def test_a_plain_title_stays_as_it_is(title: str) -> None:
    assert plain(plain(title)) == plain(title)


def test_a_film_is_found_by_title_and_nearest_year() -> None:
    index = Index([("a", ["it"], 1990), ("b", ["it"], 2017), ("c", ["the notebook"], 2004)])
    assert index.find("it", 2016) == "b"
    assert index.find("it", 2000) == ""
    assert index.find("it", None) == "", "which of the two is not known"
    assert index.find("the notebook", None) == "c"
    assert index.find_loosely("notebook", 2006) == "c"
    assert index.find_loosely("it follows", 2014) == ""


def test_films_are_linked_to_facts_and_ratings(films: dict[str, Film]) -> None:
    shining = films["0"]
    assert (shining.year, shining.movielens, shining.redial, shining.genres) == (
        1980,
        "10",
        ("100",),
        ("horror",),
    )
    assert (films["1"].movielens, films["2"].movielens) == ("11", "12")
    assert films["5"].movielens == "14", "a longer title of the same year"
    assert films["6"].movielens == "" and not films["6"].redial
    assert "A hotel." in shining.text()


def test_of_two_films_of_one_title_the_real_one_takes_the_ratings(films: dict[str, Film]) -> None:
    assert (films["3"].redial, films["3"].movielens) == (("103",), "13")
    assert (films["4"].redial, films["4"].movielens) == (("104",), "")
    assert films["4"].plot == "A shark.", "an undated name takes the facts of the dated one"


def message(sender: int, text: str) -> dict[str, Any]:
    return {"senderWorkerId": sender, "text": text}


RECORD = {
    "conversationId": "7",
    "respondentWorkerId": 1,
    "initiatorWorkerId": 2,
    "movieMentions": {"100": "The Shining  (1980)", "103": "Jaws (1975)", "102": "It (2017)", "999": "Lost"},
    "messages": [
        message(2, "I liked @100"),
        message(2, "very much"),
        message(1, "Try @102 or @100"),
        message(1, "or @103 and @999"),
        message(2, "Saw @103"),
        message(1, "Then @103"),
    ],
}


def test_a_dialogue_is_cut_where_the_recommender_names_films() -> None:
    dialogue = read_dialogue(RECORD, {"100": "0", "102": "2", "103": "3"})
    assert dialogue.films == ("0", "2", "3")
    (row,) = dialogue.rows
    assert row.turns == (Turn(False, "I liked The Shining (1980) very much"),)
    assert row.seen == ("0",) and row.targets == ("2", "3"), "the seen one is no target, nor what has no link"


def test_a_dialogue_without_films_has_no_rows() -> None:
    dialogue = read_dialogue(RECORD | {"movieMentions": None}, {})
    assert dialogue.rows == () and dialogue.films == ()


def test_seen_films_are_no_targets_in_the_test_rows(tmp_path: Path, films: dict[str, Film]) -> None:
    path = tmp_path / "test.jsonl"
    record = {"context": ["", "Like Jaws (1975)?"], "rec": [3, 2, 2], "prev_entity": [3, 7], "dialog_id": "d"}
    again = record | {"rec": [3]}
    path.write_text(json.dumps(record) + "\n" + json.dumps(again) + "\n", "utf-8")
    (row,) = read_test(path, list(films.values()))
    assert row.seen == ("3",) and row.targets == ("2",), "what is no film is not seen either"
    assert row.turns == (Turn(False, "Like Jaws (1975)?"),)


def test_the_seeker_spoke_last_before_a_recommender() -> None:
    assert [turn.system for turn in alternating(["Hi", "Hello", "Any comedy?"])] == [False, True, False]
    assert [turn.system for turn in alternating(["Hello", "Any comedy?"])] == [True, False]
    assert alternating([]) == ()


def test_mentions_are_ordered_by_when_they_were_last_named() -> None:
    turns = (
        Turn(False, "It (2017) and Jaws (1975)"),
        Turn(True, "JAWS (1975)?"),
        Turn(False, "no, It (2017)"),
    )
    names = {"2": ["it 2017"], "3": ["jaws 1975"], "6": ["nobody knows"], "5": ["no 1950"]}
    found = mentions(Row("d", turns, ("2", "3", "6"), ("0",)), names)
    assert [(m.film, m.turn, m.system) for m in found] == [("6", -1, False), ("3", 1, True), ("2", 2, False)]
    (bare,) = mentions(Row("d", turns, ("5",), ()), names)
    assert (bare.turn, bare.system) == (2, False), "a title alone, where none is said with its year"


ROWS = [
    Row("a", (Turn(False, "scary please"),), ("0",), ("1", "2")),
    Row("b", (Turn(False, "hello"),), (), ("9",)),
]
IDS = ["0", "1", "2", "3"]


def test_each_target_counts_once_and_seen_films_take_no_place() -> None:
    scores = np.array([[9.0, 5, 1, 3], [4, 3, 2, 1]])
    assert hits(scores, ROWS, IDS, 1).tolist() == [1, 0, 0], "the seen film 0 is not the first"
    assert hits(scores, ROWS, IDS, 3).tolist() == [1, 1, 0], "a target that is no candidate is a miss"


def test_a_row_sees_nothing_of_its_own_people() -> None:
    first = Dialogue("a", (Row("a", (), ("0",), ("1",)),), ("0", "1"), frozenset((1, 2)))
    second = Dialogue("b", (), ("0", "2"), frozenset((3, 4)))
    third = Dialogue("c", (), ("0", "1", "3"), frozenset((5, 1)))
    spoken = Spoken([first, second, third], {id_: number for number, id_ in enumerate(IDS)})
    counts = spoken.counts(Row("a", (), (), ()))
    assert counts["spoken of"].tolist() == [1, 0, 1, 0] and not counts["recommended"].any()
    assert spoken.beside(0, "a").tolist() == [0, 0, 1, 0]
    assert spoken.beside(0, "elsewhere").tolist() == [0, 2, 1, 1]
    others = spoken.counts(Row("elsewhere", (), (), ()))
    assert others["spoken of"].tolist() == [3, 2, 1, 1] and others["recommended"].tolist() == [0, 1, 0, 0]


def test_what_is_spoken_of_then_counts_by_nearness_in_time() -> None:
    early, late = Dialogue("a", (), ("0",), when=0.0), Dialogue("b", (), ("1",), when=1.0)
    spoken = Spoken([early, late], {"0": 0, "1": 1})
    then = spoken.counts(Row("c", (), (), (), when=0.9))["spoken of then"]
    assert 0 < then[0] < then[1] < 1


@given(st.lists(st.floats(0.01, 100), min_size=1, max_size=30), st.integers(0, 40), st.integers(0, 5))
def test_films_are_drawn_with_the_chances_stated(likely: list[float], n: int, seed: int) -> None:
    chances = inclusion(np.array(likely), n)
    assert ((chances >= 0) & (chances <= 1)).all()
    assert chances.sum() == pytest.approx(min(n, len(likely)))
    drawn = systematic(chances, np.random.default_rng(seed))
    assert len(set(drawn.tolist())) == len(drawn)
    assert abs(len(drawn) - chances.sum()) < 1 + 1e-6
    assert set(np.flatnonzero(chances > 1 - 1e-12)) <= set(drawn.tolist()) or chances.sum() < 1


def test_genres_are_read_off_what_was_said() -> None:
    assert genres_said("Something scary, or a comedy for the kids") == {"horror", "comedy", "family"}
    assert genres_said("Hello!") == set()


def test_a_seen_film_is_no_wish() -> None:
    row = Row("d", (Turn(False, "I loved Scary Movie (2000), and comedy"), Turn(True, "So?")), ("s",), ())
    texts = said(row, {"s": ["Scary Movie"]})
    assert texts == ("I loved it, and comedy", "I loved it, and comedy", "I loved it, and comedy So?")
    assert said(Row("d", (), (), ()), {}) == ("", "", "")


def test_a_ranker_learns_which_evidence_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redial_ranker, "EPOCHS", 8)
    rng = np.random.default_rng(0)
    features = rng.normal(size=(512, 8, len(NAMES))).astype(np.float32)
    at = NAMES.index("genres")
    best = rng.integers(8, size=512)
    features[np.arange(512), best, at] += 4
    targets = np.zeros((512, 8), dtype=np.float32)
    targets[np.arange(512), best] = 1
    numbers = np.tile(np.arange(8), (512, 1))
    samples = Samples(features, numbers, np.zeros_like(targets), targets, np.ones(len(NAMES), np.float32))
    rows = [Row(str(number), (), (), ()) for number in range(512)]
    ranker = fit(samples, rows)
    found = [ranker.score(features[number], rows[number]).argmax() for number in range(512)]
    assert np.mean(found == best) > 0.8
    again = fit(samples, rows)
    assert np.array_equal(again.score(features[0], rows[0]), ranker.score(features[0], rows[0]))
    blind = fit(samples, rows, used=np.arange(len(NAMES)) != at)
    changed = features[0].copy()
    changed[:, at] += 5
    assert np.array_equal(blind.score(changed, rows[0]), blind.score(features[0], rows[0]))


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SHELFTALK_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(redial_ranker, "EPOCHS", 2)  # what is learnt of seven films does not matter
    write_films(tmp_path)
    rows = [
        {"context": ["", "A shark, like Jaws (1975)?"], "rec": [0], "prev_entity": [3, 7], "dialog_id": "x"},
        {"context": ["", "hello"], "rec": [2, 5], "prev_entity": [], "dialog_id": "y"},
    ]
    for suite in SUITES:
        (tmp_path / suite.resources).write_text(json.dumps(RESOURCES), "utf-8")
        (tmp_path / suite.items).write_text(json.dumps(list(range(7))), "utf-8")
        (tmp_path / suite.rows).write_text("\n".join(map(json.dumps, rows)) + "\n", "utf-8")
    dialogues = [json.dumps(RECORD | {"conversationId": str(number)}) for number in range(6)]
    (tmp_path / VALID).write_text("\n".join(dialogues) + "\n", "utf-8")
    return tmp_path


def test_everything_is_measured_by_target(data: Path) -> None:
    encoder: Any = BagEncoder()
    rows = measure(data, encoder)
    cells = {(row.part, row.system, row.metric): row.value for row in rows}
    assert {row.part for row in rows} == set(NOTES)
    for suite in SUITES:
        for system in (*PLAIN, COMBINED, f"{COMBINED} without words"):
            recall = [cells[suite.title, system, f"Recall@{k}"] for k in KS]
            assert [value.n for value in recall] == [3] * len(KS)
            assert sorted(recall, key=lambda value: value.mean) == recall
            assert recall[-1].mean == 1, "there are but seven films"
        assert cells[suite.coverage, "targets", "film facts"].mean == 1
