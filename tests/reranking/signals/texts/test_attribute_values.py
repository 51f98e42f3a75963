"""Values of attributes are written one way, whatever the seller's way."""

import pytest

from reranking.signals.texts.attribute_values import plain_key, plain_value


@pytest.mark.parametrize(
    "spellings",
    [
        ("Black", "BLACK", " black "),
        ("ABS-plastic", "abs  plastic"),
        ("5 GB", "5GB", "5 gb", "5,0 ГБ", "5000 MB"),
        ("1 TB", "1024 GB", "1000 GB"),
        ("1.5 kg", "1500 g", "1,5кг", "1500 г"),
        ("10 cm", "100 mm", "0.1 м"),
        ("10000 mAh", "10000мАч", "10,000mAh", "10 Ah"),
        ("1 year - 2 years", "12-24 months", "от 1 до 2 лет"),
        ("10-20 kg", "от 10 до 20 кг"),
        ("5-6", "5–6", "от 5 до 6"),
        ("n/a", "не указано", "-", ""),
    ],
)
def test_one_value_has_one_spelling(spellings):
    assert len({plain_value(text) for text in spellings}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("5 GB", "5 MB"),
        ("5120 MB", "5120 GB"),
        ("12 months", "12 weeks"),
        ("12 months", "12"),
        ("5-6", "5 6"),
        ("5-6", "5-7"),
    ],
)
def test_other_values_have_others(one, other):
    assert plain_value(one) != plain_value(other)


def test_keys_have_one_spelling():
    assert plain_key("Screen  Size") == plain_key("SCREEN-SIZE") != plain_key("size")
