"""What is set aside is kept whole, and summed up by kind with what would mend it."""

import pyarrow.parquet as pq
import pytest

from indexing.catalog.rejects import (
    MOST_BYTES,
    SAME_ID,
    Reject,
    allowed_rejects,
    lets_pass,
    reject_kinds,
    write_rejects,
)
from indexing.files.blocks import NO_JSON


def reject(number, column, reason, value="x"):
    return Reject(str(number), column, value, reason, "p.csv", number)


@pytest.mark.parametrize("character", ["x", "ё", "€", "😀"])
def test_a_value_is_cut_at_64_kib_of_whole_characters(character):
    kept = reject(1, "price", "not a number", character * MOST_BYTES).value
    assert MOST_BYTES - 4 < len(kept.encode()) <= MOST_BYTES
    assert set(kept) == {character}
    assert reject(1, "price", "not a number", character * 1000).value == character * 1000


def test_the_commonest_kinds_come_first_with_their_first_example():
    rejects = [
        *(reject(n, "price", "negative", "-5") for n in range(3)),
        *(reject(n, "attributes", f"malformed JSON: at {n}", "{") for n in range(5)),
        reject(9, "price", "not a number", "ask us"),
        reject(9, "image", "a reason of its own: 7", "a.jpg"),
    ]
    kinds = reject_kinds(rejects)
    assert [(kind.kind, kind.column, kind.count, kind.example.row) for kind in kinds] == [
        ("malformed JSON", "attributes", 5, 0),
        ("negative", "price", 3, 0),
        ("a reason of its own", "image", 1, 9),
    ]
    assert len(reject_kinds(rejects, most=9)) == 4
    assert all(kind.remedy for kind in kinds[:2])
    assert kinds[2].remedy == ""


def test_a_kind_is_told_in_one_line_with_its_example_and_remedy():
    (kind,) = reject_kinds([reject(7, "price", "not a number", "ask\n" + "us " * 40)])
    line = kind.line()
    assert line.startswith("1 in 'price' not a number (p.csv row 7, id 7: 'ask us us")
    assert "\n" not in line
    assert len(line.split("'")[3]) == 60
    assert line.endswith(f"'): {kind.remedy}")
    (other,) = reject_kinds([Reject("7", "image", "a.jpg", "enormous: 9 x 9 pixels")])
    assert other.line() == "1 in 'image' enormous (id 7: 'a.jpg')"


@pytest.mark.parametrize(("reason", "value"), [("negative", "-1"), ("not a number", "по запросу"), ("infinite", "inf")])
def test_a_price_that_means_none_is_to_be_said_so_in_the_schema(reason, value):
    (kind,) = reject_kinds([reject(1, "price", reason, value)])
    assert f'missing: ["{value}"]' in kind.line()


@pytest.mark.parametrize(
    ("rows", "share", "allowed"),
    [
        (1, 0.01, 0.01),
        (2, 0.01, 0.02),
        (3, 0.01, 1),
        (16, 0.01, 3),
        (300, 0.01, 3),
        (1000, 0.01, 10),
        (16, 0.05, 0.8),
        (16, 0, 0),
    ],
)
def test_a_few_rows_of_small_files_may_be_rejects_where_no_other_share_is_asked_for(rows, share, allowed):
    assert allowed_rejects([reject(1, "price", "negative")], rows, share) == pytest.approx(allowed)


def test_an_id_twice_is_none_of_the_few():
    assert allowed_rejects([reject(1, "price", "negative"), reject(2, "id", SAME_ID)], 100, 0.01) == 1


def test_rejects_are_written_as_they_are(tmp_path):
    rejects = [reject(1, "price", "negative", "-5"), Reject("2", "image", "a.jpg", "no such file")]
    write_rejects(rejects, tmp_path / "rejects.parquet")
    assert pq.read_table(tmp_path / "rejects.parquet").to_pylist() == [vars(one) for one in rejects]
    write_rejects([], tmp_path / "none.parquet")
    assert pq.read_table(tmp_path / "none.parquet").num_rows == 0


@pytest.mark.parametrize(("count", "told"), [(1, "1 row, which is not JSON"), (3, "3 rows, each of which is not JSON")])
def test_rows_that_cannot_be_read_are_one_kind_whatever_their_numbers(count, told):
    (kind,) = reject_kinds([Reject("", "", "{", f"{NO_JSON}: line {n}; mend it", "p.jsonl", n) for n in range(count)])
    assert kind.line() == f"{told} (p.jsonl row 0, line 0: '{{'): write one object a line"


@pytest.mark.parametrize("other", [0.0, 0.005, 0.01, 0.02, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.005, 0.01, 0.02, 0.5, 1.0])
def test_a_share_lets_pass_what_another_does_where_it_does_so_in_files_of_any_size(share, other):
    one = [reject(1, "price", "negative")]
    more = all(allowed_rejects(one, rows, share) >= allowed_rejects(one, rows, other) for rows in range(1, 500))
    assert lets_pass(share, other) <= more
    assert (
        lets_pass(share, other) or not more or other == 0.01
    )  # of which it is not told from how small files on that is so
