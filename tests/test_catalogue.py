"""Reading catalogues as shops write them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from shelftalk.tools.catalogue import BadRow, Catalogue, Row
from shelftalk.tools.columns import map_columns, parse_map, spaced
from shelftalk.tools.errors import CatalogueError, UsageError
from shelftalk.tools.product import Product


def read(path: Path, **options: Any) -> tuple[list[Product], list[BadRow]]:
    """Return the products and everything that was wrong."""
    products, bad = [], []
    for row in Catalogue(path, **options):
        if isinstance(row, Row):
            products.append(row.product)
            bad += [BadRow(row.number, row.product.id, problem, True) for problem in row.problems]
        else:
            bad.append(row)
    return products, bad


def rows(path: Path, **options: Any) -> list[Row]:
    return [row for row in Catalogue(path, **options) if isinstance(row, Row)]


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes(text.encode(encoding))
    return path


def png(path: Path, colour: str = "red") -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (8, 8), colour).save(path, "PNG")
    return path.read_bytes()


def test_reads_everything_a_row_says(tmp_path: Path) -> None:
    record = {
        "SKU": 17,
        "productDisplayName": " A  red\tdress ",
        "body_html": "<p>Light &amp; airy.</p><br/>Machine wash",
        "articleType": "Dresses",
        "Sale Price": "12,50 €",
        "price": "20 €",
        "qty": "1,200",
        "stars": "4.5 out of 5",
        "baseColour": "Navy Blue",
        "attributes": {"material": ["cotton", "linen"], "organic": True, "year": 2012.0, "none": None},
        "link": "https://shop.example/17",
        "image": "https://shop.example/17.jpg",
        "width": 60,
        "story": "A long story of how this dress came to be, told in full by those who sewed it.",
    }
    path = write(tmp_path / "a.jsonl", json.dumps(record))
    products, bad = read(path)
    assert bad == []
    assert products == [
        Product(
            id="17",
            title="A red dress",
            description="Light & airy. Machine wash",
            category="Dresses",
            price=12.5,
            currency="EUR",
            stock=1200,
            rating=4.5,
            attributes={"colour": "Navy Blue", "material": "cotton, linen", "organic": "yes", "year": "2012"},
            url="https://shop.example/17",
        )
    ]
    assert set(Catalogue(path).columns.left_out) == {"image", "width", "story"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_of_any_delimiter_and_encoding(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [
        ["id", "name", "price"],
        ["1", '"Müller, ""der"" Stuhl; schön"', '"1.299,00 €"'],
        ["2", "é", "5"],
    ]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    path = write(tmp_path / "a.csv", text.replace("€", "EUR"), encoding)
    products, bad = read(path, currency="usd")
    assert bad == []
    assert [(p.title, p.price, p.currency) for p in products] == [
        ('Müller, "der" Stuhl; schön', 1299, "EUR"),
        ("é", 5, "USD"),
    ]


def test_csv_rows_that_cannot_be_read_are_named_by_line(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        "id,title,price,rating,stock\n"
        '1,"two\nlines",5,4,3\n'
        "2,too,many,cells,in,it\n"
        "3,,5,4,3\n"
        ",no id,5,4,3\n"
        "1,again,5,4,3\n"
        "4,odd,cheap,Get,-1\n"
        "5,NaN price,NaN,,\n"
        "\n"
        "6,short\n",
    )
    products, bad = read(path)
    assert [p.id for p in products] == ["1", "4", "5", "6"]
    assert [(b.row, b.id, b.kept) for b in bad] == [
        (4, "", False),
        (5, "3", False),
        (6, "", False),
        (7, "1", False),
        (8, "4", True),
        (8, "4", True),
        (8, "4", True),
        (9, "5", True),
        (11, "6", True),
    ]
    told = " ".join(b.problem for b in bad)
    for words in (
        "6 cells",
        "no title",
        "no id",
        "line 2",
        "'cheap'",
        "'Get'",
        "'-1'",
        "NaN",
        "price is empty",
    ):
        assert words in told


def test_an_unclosed_quote_does_not_swallow_the_rest_unseen(tmp_path: Path) -> None:
    body = "".join(f"{i},thing {i}\n" for i in range(700))
    _, bad = read(write(tmp_path / "a.csv", f'id,title\nx,fine\ny,"open\n{body}'))
    assert len(bad) == 1 and "is not closed" in bad[0].problem and bad[0].row == 3


def test_jsonl_lines_that_are_not_objects(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.jsonl",
        '{"id": 1, "title": "a"}\n{"id": 2, "title"\n\n[1]\n{"id": 3, "title": "\\ud800 b", "late": "x"}\n',
    )
    products, bad = read(path)
    assert [(b.row, b.kept) for b in bad] == [(2, False), (4, False)]
    assert products[1].title == "? b" and products[1].attributes == {"late": "x"}


def test_json_of_a_list_and_of_an_object_around_it(tmp_path: Path) -> None:
    items = [{"id": 1, "title": "a"}, {"id": 2, "title": "b"}, 3]
    for data in (items, {"products": items, "page": 1}):
        products, bad = read(write(tmp_path / "a.json", json.dumps(data)))
        assert [p.title for p in products] == ["a", "b"] and len(bad) == 1


def test_parquet_with_pictures_in_a_column(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    data = png(tmp_path / "x.png")
    schema = {"info": {"features": {"label": {"names": ["dress", "shoe"], "_type": "ClassLabel"}}}}
    table = pa.table({
        "id": [1, 2],
        "title": ["a", "b"],
        "label": [1, 0],
        "image": [{"bytes": data, "path": None}, {"bytes": None, "path": "x.png"}],
    })  # fmt: skip
    path = tmp_path / "a.parquet"
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(schema)}), path)
    found = rows(path)
    assert [row.product.category for row in found] == ["shoe", "dress"]
    assert found[0].picture == data
    assert found[1].picture == (tmp_path / "x.png").resolve()


def test_a_dataset_folder_saved_to_disk(tmp_path: Path) -> None:
    import pyarrow as pa

    folder = tmp_path / "saved"
    for split in ("train", "test"):
        (folder / split).mkdir(parents=True)
        table = pa.table({"id": [f"{split} {i}" for i in range(3)], "title": ["a", "b", "c"]})
        with pa.ipc.new_stream(folder / split / "data-00000-of-00001.arrow", table.schema) as stream:
            stream.write_table(table)
        (folder / split / "dataset_info.json").write_text("{}")
        state = {"_data_files": [{"filename": "data-00000-of-00001.arrow"}]}
        (folder / split / "state.json").write_text(json.dumps(state))
    (folder / "dataset_dict.json").write_text(json.dumps({"splits": ["train", "test"]}))
    assert [p.id for p in read(folder / "test")[0]] == ["test 0", "test 1", "test 2"]
    assert len(read(folder)[0]) == 6
    assert Catalogue(folder).total == 6


def test_a_folder_of_pictures(tmp_path: Path) -> None:
    png(tmp_path / "shop" / "shoes" / "red_running-shoe.png")
    png(tmp_path / "shop" / "hat.PNG")
    (tmp_path / "shop" / "notes.md").write_text("no picture")
    found = rows(tmp_path / "shop")
    assert [(r.product.id, r.product.title, r.product.category) for r in found] == [
        ("hat", "hat", ""),
        ("shoes/red_running-shoe", "red running shoe", "shoes"),
    ]
    assert all(isinstance(r.picture, Path) and r.picture.is_file() for r in found)


def test_pictures_beside_the_catalogue_and_in_a_folder(tmp_path: Path) -> None:
    png(tmp_path / "shop" / "img" / "a.png")
    png(tmp_path / "elsewhere" / "2.png")
    png(tmp_path / "secret.png")
    path = write(
        tmp_path / "shop" / "a.csv",
        "id,title,image\n1,a,img/a.png\n2,b,\n3,c,gone.png\n4,d,../secret.png\n5,e,http://shop.example/e.png\n",
    )
    found = rows(path)
    assert [r.picture.name if isinstance(r.picture, Path) else None for r in found] == ["a.png"] + [None] * 4
    problems = [" ".join(r.problems) for r in found]
    assert problems[:2] == ["", ""]
    assert "no file 'gone.png'" in problems[2]
    assert "outside the catalogue's folder" in problems[3]
    assert "nothing is fetched" in problems[4]
    found = rows(path, pictures=tmp_path / "elsewhere")
    assert isinstance(found[1].picture, Path) and found[1].picture.name == "2.png"
    assert found[0].picture is None and "has none named '1'" in found[0].problems[0]
    with pytest.raises(CatalogueError, match="no such folder"):
        Catalogue(path, pictures=tmp_path / "gone")


def test_ids_are_made_from_titles_where_there_are_none(tmp_path: Path) -> None:
    products, bad = read(write(tmp_path / "a.csv", "title,colour\na,red\nb,red\na,blue\n"))
    ids = [p.id for p in products]
    assert bad == [] and len(set(ids)) == 3 and ids[2] == f"{ids[0]}-2"
    later, _ = read(write(tmp_path / "a.csv", "title,colour\nnew,red\na,red\nb,red\na,blue\n"))
    assert [p.id for p in later][1:] == ids


def test_currency_columns_and_shared_signs(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,title,price,currency\n1,a,5,gbp\n2,b,$5,CAD\n3,c,5,\n4,d,5,moons\n")
    products, bad = read(path, currency="EUR")
    assert [p.currency for p in products] == ["GBP", "CAD", "EUR", "EUR"]
    assert [b.problem for b in bad] == ["currency: 'moons' is no currency known here"]
    with pytest.raises(UsageError, match="no currency"):
        Catalogue(path, currency="moons")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("gone.csv", None, "There is no catalogue at"),
        ("a.csv", b"", "is empty"),
        ("a.csv", b"id,title\n", "holds no products"),
        ("a.jsonl", b"\n\n", "holds no products|No column"),
        ("a.json", b"[]", "holds no products"),
        ("a.json", b'{"a": ', "not whole JSON"),
        ("a.parquet", b"PAR1" + bytes(40), "not a whole Parquet file"),
        ("a.xlsx", b"PK\x03\x04" + bytes(40), "save the sheet as CSV"),
        ("a.bin", b"\x7fELF\0\0\0", "is no catalogue"),
        ("a.csv", b"id,title,id\n1,a,2\n", "more than once"),
        (
            "a.csv",
            b"id,colour\n1,red\n",
            r"hold the title\. Columns: id, colour\. Say which it is: --map title=",
        ),
    ],
)
def test_catalogues_that_cannot_be_read(tmp_path: Path, name: str, data: bytes | None, words: str) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    with pytest.raises(CatalogueError, match=words):
        Catalogue(tmp_path / name)


def test_an_empty_folder_is_no_catalogue(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="holds no pictures and no table"):
        Catalogue(tmp_path)


def test_map_says_what_names_do_not(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "nr,label,hue,kind\n1,a,red,x\n")
    asked = parse_map("title=label, colour=hue,category=label")
    products, _ = read(path, mapping=asked)
    assert products == [Product(id="1", title="a", category="a", attributes={"colour": "red", "kind": "x"})]
    with pytest.raises(CatalogueError, match=r"no column 'labl'\. Did you mean 'label'\? Columns: nr, label"):
        Catalogue(path, parse_map("title=labl"))
    for wrong, words in (("title", "FIELD=COLUMN"), ("a=", "FIELD=COLUMN"), ("a=b,a=c", "twice")):
        with pytest.raises(UsageError, match=words):
            parse_map(wrong)


def test_names_become_words() -> None:
    assert [spaced(n) for n in ("baseColour", "Base_Color", "HTMLBody", "sub-category", "no_of_ratings")] == [
        "base colour",
        "base colour",
        "html body",
        "sub category",
        "no of ratings",
    ]


def test_the_price_paid_comes_before_the_price_once_asked(tmp_path: Path) -> None:
    path = write(
        tmp_path / "a.csv",
        "id;title;actual_price;discount_price\n1;a;₹1,999;₹999\n2;b;₹1,999;\n3;c;₹1,999;soon\n4;d;;\n",
    )
    products, bad = read(path)
    assert [p.price for p in products] == [999, 1999, 1999, None]
    assert [b.row for b in bad] == [4, 5]


cells = st.one_of(
    st.none(), st.text(max_size=30), st.integers(), st.floats(), st.booleans(), st.lists(st.text(max_size=5)),
    st.dictionaries(st.text(max_size=8), st.one_of(st.none(), st.text(max_size=8), st.integers()), max_size=3),
)  # fmt: skip
columns = st.sampled_from(
    ["id", "title", "price", "rating", "stock", "currency", "image", "url", "category", "x", "baseColour", ""]
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.dictionaries(columns, cells, max_size=8), min_size=1, max_size=6))
def test_anything_is_read_or_named(tmp_path: Path, records: list[dict[str, Any]]) -> None:
    path = write(tmp_path / "a.jsonl", "\n".join(json.dumps(record) for record in records))
    try:
        products, bad = read(path)
    except CatalogueError as error:
        assert "No column is known to hold the title" in str(error)
        return
    assert len({p.id for p in products}) == len(products)
    assert len(products) + sum(not b.kept for b in bad) == len(records)
    for product in products:
        product.model_dump_json().encode()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=300))
def test_any_bytes_are_a_catalogue_or_not(tmp_path: Path, data: bytes) -> None:
    for name in ("a.csv", "a.jsonl", "a.json", "a.parquet"):
        (tmp_path / name).write_bytes(b"id,title\n" + data if name == "a.csv" else data)
        try:
            read(tmp_path / name)
        except CatalogueError as error:
            assert str(error)


def test_columns_of_one_name_in_two_spellings() -> None:
    found = map_columns(["Title", "title", "id"], [{"Title": "a", "title": "b", "id": 1}])
    assert found.first("title") in ("Title", "title")


def test_pictures_are_read_lazily(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (2, 2)).save(buffer, "PNG")
    (tmp_path / "a.png").write_bytes(buffer.getvalue())
    assert isinstance(rows(tmp_path)[0].picture, Path)
