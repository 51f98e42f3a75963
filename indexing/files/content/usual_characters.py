"""How much of a text is usual in the languages of its encoding tells the right encoding from those that only decode."""

from collections.abc import Callable
from functools import lru_cache

SIGNS = frozenset("£€¥§©®™°±²³µ·¹º»¼½¾×÷–—‘’“”„‚‹›«…•№†‰¿¡ª\xa0")
JOINING = frozenset("’·\xa0®™–—”“")  # signs that may stand between letters
FREQUENT, FREQUENT_SHARE = 12, 0.7  # so many letters are so much of what is written in an alphabet of its own
SCRIPT = 0x60  # places in Unicode that an alphabet's letters stand within
_LATIN = {  # the letters beyond ASCII, by language
    "cp1252": ("àâæçèéêëîïôœùûüÿ", "äöüß", "áéíñóúü", "àáâãçéêíóôõú", "àèéìíòóùú", "åäöæøé", "ëéïöüèêáóúí"),
    "cp1250": ("ąćęłńóśźż", "áčďéěíňóřšťúůýž", "áäčďéíĺľňóôŕšťúýž", "áéíóöőúüű", "čšžćđ", "ăâîşţșț"),
    "cp1254": ("çğıİöşüâî",),
}
_ALPHABETS = {  # whose letters all are beyond ASCII: languages of charset-normalizer
    "cp1251": ("Russian", "Ukrainian", "Bulgarian", "Serbian", "Kazakh"),
    "koi8_r": ("Russian", "Bulgarian"),
    "cp1253": ("Greek",),
    "cp1255": ("Hebrew",),
    "cp1256": ("Arabic", "Farsi"),
}
_TWO_BYTES: dict[str, tuple[str, tuple[range, ...]]] = {  # first bytes of common characters, in the oldest codec
    "cp932": ("cp932", (range(0x81, 0x84), range(0x88, 0x98))),
    "euc_jp": ("euc_jp", (range(0xA1, 0xA6), range(0xB0, 0xD0))),
    "gb18030": ("gb2312", (range(0xA1, 0xA4), range(0xB0, 0xD8))),
    "big5": ("big5", (range(0xA1, 0xC7),)),
    "cp949": ("euc_kr", (range(0xA1, 0xA4), range(0xB0, 0xC9))),
}
_TELLTALES: dict[str, tuple[Callable[[bytes], bool], float]] = {  # what others lack, and how much of a text it is
    "euc_jp": (lambda written: written[0] in (0xA4, 0xA5), 0.3),  # kana
    "gb18030": (lambda written: 0xC9 <= written[0] < 0xD8, 0.15),  # the latter half of the common characters
    "big5": (lambda written: written[-1] < 0x80, 0.2),
}
CANDIDATES = (*_LATIN, *_ALPHABETS, *_TWO_BYTES)


def usual_share(text: str, encoding: str) -> float:
    """Return the share (0 to 1) of the characters beyond ASCII that are usual in the best of the encoding's languages
    and stand where such a character may."""
    places = [place for place, char in enumerate(text) if not char.isascii()]
    if not places:
        return 0.0
    odd = sum(_stands_oddly(text, place) for place in places)
    chars = [text[place] for place in places]
    usual = _in_two_bytes(chars, encoding) if encoding in _TWO_BYTES else _in_letters(chars, encoding)
    return max(usual - odd / len(places), 0.0)


def _in_letters(chars: list[str], encoding: str) -> float:
    letters = [char.lower() for char in chars if char not in SIGNS]
    signs = len(chars) - len(letters)
    if not letters:
        return 1.0
    if encoding in _LATIN:
        known = max(sum(letter in alphabet for letter in letters) for alphabet in _LATIN[encoding])
        return (known + signs) / len(chars)
    return max(_in_alphabet(letters, language) * len(letters) + signs for language in _ALPHABETS[encoding]) / len(chars)


def _in_alphabet(letters: list[str], language: str) -> float:
    """Return how much of the letters are the language's: those that it has, and as many frequent ones as it has."""
    from charset_normalizer.constant import FREQUENCIES

    alphabet = [letter for letter in FREQUENCIES[language] if not letter.isascii()]
    known = sum(abs(ord(letter) - ord(alphabet[0])) < SCRIPT for letter in letters) / len(letters)
    frequent = sum(letter in alphabet[:FREQUENT] for letter in letters) / len(letters)
    return known * min(frequent / FREQUENT_SHARE, 1.0)


def _in_two_bytes(chars: list[str], encoding: str) -> float:
    codec, leads = _TWO_BYTES[encoding]
    written = [found for char in chars if (found := _written(char, codec)) is not None]
    common = sum(any(found[0] in lead for lead in leads) for found in written) / len(chars)
    tells, needed = _TELLTALES.get(encoding, (None, 0.0))
    if tells is None:
        return common
    return common * min(sum(map(tells, written)) / len(chars) / needed, 1.0)


@lru_cache(maxsize=65_536)
def _written(char: str, codec: str) -> bytes | None:
    try:
        found = char.encode(codec)
    except UnicodeEncodeError:
        return None
    return found if len(found) > 1 else None


def _stands_oddly(text: str, place: int) -> bool:
    """Return whether a sign stands between letters, or a letter alone, beside one of another script, or large after a
    small one."""
    char = text[place]
    before, after = text[place - 1 : place], text[place + 1 : place + 2]
    if char in SIGNS:
        return before.isalpha() and after.isalpha() and char not in JOINING
    if char >= "\u2e80" or not char.isalpha():  # East Asian, or no letter at all
        return False
    if not (before.isalpha() or after.isalpha()):
        return True
    if before.islower() and char.isupper():
        return True
    return char >= "\u0370" and any(side.isalpha() and side.isascii() for side in (before, after))
