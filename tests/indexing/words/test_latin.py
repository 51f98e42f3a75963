"""Words of other scripts in Latin letters."""

import pytest

from indexing.words.latin import code_readings, has_other_letters, in_latin, sound


@pytest.mark.parametrize(
    ("written", "latin"),
    [
        ("самсунг", "samsung"),
        ("ксяоми", "xiaomi"),
        ("галакси", "galaxy"),
        ("хуавей", "huawei"),
        ("филипс", "philips"),
        ("бош", "bosch"),
        ("сони", "sony"),
        ("люмео", "lumeo"),
        ("小米", "xiaomi"),
    ],
)
def test_a_name_sounds_the_same_in_both_scripts(written, latin):
    assert sound(written) == sound(latin)


def test_names_that_differ_sound_otherwise():
    names = ["samsung", "xiaomi", "huawei", "sony", "nokia", "philips", "bosch", "asus", "acer", "dell", "lenovo"]
    assert len(set(map(sound, names))) == len(names)


@pytest.mark.parametrize(
    ("code", "readings"),
    [
        ("с21", ("c21", "s21")),
        ("ав123", ("ab123", "av123")),
        ("512гб", ("512gb",)),
        ("iрhone", ("iphone", "irhone")),
        ("s21", ()),
        ("21", ()),
        ("самсунг", ()),
    ],
)
def test_a_code_is_read_as_it_looks_and_as_it_sounds(code, readings):
    assert code_readings(code) == readings


def test_letters_of_other_scripts_are_seen():
    assert [has_other_letters(word) for word in ("usb", "çay", "21", "usbк", "米")] == [False, False, False, True, True]
    assert in_latin("объём") == "obem"
