"""The encoding of a file is found where its bytes leave no doubt, and is asked for otherwise."""

import pytest

from indexing.errors import InputError
from indexing.files.content.encodings import Guess, guess_encoding
from indexing.files.options import FileOptions
from indexing.files.tables import open_table

RUSSIAN = "id;название\n1;Наушники беспроводные Sony WH-1000XM4 чёрные\n2;Кабель USB Type-C 1,5 м\n3;Чайник Bosch\n"
TEXTS = {
    ("cp1251", "russian"): RUSSIAN,
    ("cp1251", "russian capitals"): RUSSIAN.upper(),
    ("koi8_r", "russian"): RUSSIAN,
    ("cp1251", "ukrainian"): "id,title\n1,Навушники бездротові чорні її ємність велика\n2,Електричний чайник\n",
    ("cp1252", "swedish"): "id,title,price\n1,Blå kopp,9.99\n2,Röd kopp,8.50\n",
    ("cp1252", "french"): "id;titre\n1;Café moulu 250 g\n2;Crème brûlée – boîte à thé\n3;Prix £5 “promo”\n",
    ("cp1252", "spanish"): "id,title\n1,Teléfono móvil pequeño niño\n2,CARGADOR RÁPIDO ESPAÑOL\n",
    ("cp1252", "signs"): "id,title,price\n1,Kettle 100°C,£12.50\n2,Cable ½ m,£3\n",
    ("cp1250", "polish"): "id;nazwa\n1;Słuchawki bezprzewodowe żółte\n2;Czajnik elektryczny ósmy\n",
    ("cp1250", "czech"): "id;nazev\n1;Příliš žluťoučký kůň úpěl ďábelské ódy\n",
    ("cp1253", "greek"): "id,title\n1,Ασύρματα ακουστικά μαύρα\n2,Βραστήρας νερού\n",
    ("cp1256", "arabic"): "id,title\n1,سماعات لاسلكية سوداء\n2,غلاية كهربائية\n",
    ("shift_jis", "japanese"): "id,title\n1,ワイヤレスヘッドホン 黒\n2,電気ケトル 1.5L\n",
    ("euc_jp", "japanese"): "id,title\n1,青いマグカップ\n2,赤いマグカップと電気ケトル\n",
    ("gb18030", "chinese"): "id,title\n1,无线耳机 黑色\n2,电热水壶 1.5升 不锈钢\n",
    ("big5", "chinese"): "id,title\n1,無線耳機 黑色\n2,電熱水壺 1.5升\n",
    ("cp949", "korean"): "id,title\n1,무선 이어폰 블랙\n2,전기 주전자\n",
    ("utf-16", "russian"): RUSSIAN,
    ("utf-16-le", "russian"): RUSSIAN,
    ("utf-16-be", "japanese"): "id,title\n1,青いマグカップ\n",
    ("utf-8", "russian"): RUSSIAN,
    ("utf-8-sig", "russian"): RUSSIAN,
}


@pytest.mark.parametrize(("encoding", "language"), TEXTS)
def test_what_is_sure_is_read(write, encoding, language):
    text = TEXTS[encoding, language]
    table = open_table(write("a.csv", text.encode(encoding)))
    assert table.names == tuple(text.splitlines()[0].replace(";", ",").split(","))
    second = table.read(columns=table.names[1:2])[table.names[1]][0].as_py()
    assert second in text


@pytest.mark.parametrize("content", ["1,ŁÓ".encode("cp1250"), b"1,\xe9\xe8", "1,чай".encode("cp1251")])
def test_what_is_not_sure_is_refused_with_a_guess_and_what_to_say(write, content):
    path = write("a.csv", b"id,title\n" + content + b"\n")
    with pytest.raises(InputError, match=r"a\.csv: is no UTF-8 .*most likely \w+: .*encoding: \w+"):
        open_table(path)
    told = open_table(path, FileOptions(encoding="iso8859_1"))
    assert told.read()["title"].to_pylist() == [content.removeprefix(b"1,").decode("iso8859_1")]
    assert told.how.encoding == "iso8859-1"


def test_utf8_is_found_although_the_sample_cuts_a_character():
    assert guess_encoding(["aé".encode()[:-1], "éa".encode()[1:]]).encoding == "utf-8"


def test_the_encoding_is_looked_for_all_over_a_large_file(write):
    lines = (
        b"id,title\n" + b"1,plain\n" * 100_000 + "2,Чайник электрический белый с подсветкой\n".encode("cp1251") * 20_000
    )
    assert open_table(write("a.csv", lines)).how.encoding == "cp1251"


def test_an_unknown_encoding_is_refused():
    with pytest.raises(InputError, match="encoding 'klingon': is unknown"):
        FileOptions(encoding="klingon")


def test_a_few_nuls_do_not_make_two_bytes_a_character():
    assert guess_encoding([b"id,title\n1,Mu\0g\n2,Cup\n3,\0\n"]) == Guess("utf-8", True)
    assert guess_encoding(["id,title\n1,Чашка\n".encode("utf-16-le")]) == Guess("utf-16-le", True)
