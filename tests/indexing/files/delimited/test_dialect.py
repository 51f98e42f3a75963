"""Which delimiter and which quotes a file has."""

import pytest

from indexing.errors import InputError
from indexing.files.delimited.dialect import Dialect, find_dialect
from indexing.files.options import FileOptions


@pytest.mark.parametrize(
    ("text", "delimiter", "quote", "backslash"),
    [
        ("id,title\n1,a\n", ",", '"', False),
        ("id;title;price\n1;Mug;9,99\n2;Cup;8,50\n", ";", '"', False),
        ("id\ttitle\n1\tMug, blue; red\n2\tCup, red\n", "\t", '"', False),
        ("id|title|size\n1|Mug, blue|S,M\n2|Cup|L\n", "|", '"', False),
        ('id,title\n1,"Mug; blue; S"\n2,"Cup; red; L"\n', ",", '"', False),
        ("id,title\n1,'Mug, blue'\n2,'Cup'\n", ",", "'", False),
        ("id,title\n1,'Mug'\n2,'Cup'\n", ",", "'", False),
        ("id,title\n1,Levi's\n2,Men's\n", ",", '"', False),
        ('id,title\n1,"a \\"Mug\\", blue"\n2,"Cup"\n', ",", '"', True),
        ('id,title\n1,"a ""Mug"", blue\\"\n2,"Cup"\n', ",", '"', False),
        ('id\ttitle\tsize\n1\tPipe 5"\t3\n2\t"Best pipe\t4\n3\tx\t5\n', "\t", "", False),
        ('id,title\n1,"two\nlines, and more"\n2,"Cup"\n', ",", '"', False),
        ("sep=;\nid;title,x\n1;a,b\n", ";", '"', False),
        ("id\n1\n2\n", ",", '"', False),
        ("", ",", '"', False),
    ],
)
def test_the_dialect_is_that_in_which_rows_agree(text, delimiter, quote, backslash):
    found = find_dialect(text, FileOptions(), cut=False)
    assert (found.delimiter, found.quote, found.backslash) == (delimiter, quote, backslash)


def test_a_row_that_is_cut_has_no_say():
    assert find_dialect("a;b;c\n1;2;3\n4,5;", FileOptions(), cut=True).delimiter == ";"


def test_a_few_odd_rows_do_not_change_it():
    text = "id,title\n" + "1;2,a\n" * 2 + "".join(f"{row},thing {row}\n" for row in range(200)) + "7,a,b\n"
    assert find_dialect(text, FileOptions(), cut=False).delimiter == ","


def test_what_is_told_is_taken():
    told = FileOptions(delimiter="pipe", quote="none")
    assert find_dialect("a,b\n1,2\n", told, cut=False) == Dialect("|", "")
    assert FileOptions(delimiter="\\t").delimiter == "\t"


@pytest.mark.parametrize("given", [{"delimiter": ",,"}, {"delimiter": ""}, {"quote": "''"}, {"format": "word"}])
def test_what_cannot_be_told_is_refused(given):
    with pytest.raises(InputError, match="is one"):
        FileOptions(**given)
