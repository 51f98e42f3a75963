"""Words of other scripts are read in Latin letters: as they sound, and, of codes, as they look."""

import re
from functools import lru_cache

import regex
from anyascii import anyascii

_OTHER_LETTERS = regex.compile(r"[\p{L}--\p{Latin}]", regex.V1)
_LATIN_LETTERS = regex.compile(r"\p{Latin}")
_DIGIT = re.compile(r"\d")
_NO_LETTER = re.compile(r"[^a-z0-9]+")
_LOOKS = str.maketrans("авекмнорстухіѕјԁԛԝαβεικνορτυχ", "abekmhopctyxisjdqwabeiknoptyx")  # of small and capital letters
_LOOKING = frozenset(map(chr, _LOOKS))
# one spelling for what sounds alike when a name is written in another script and back: ксяоми is xiaomi, люмео lumeo
_SOUNDS = tuple(
    (re.compile(spelt), sound)
    for spelt, sound in (
        ("kh", "h"), ("shch|sch|shh", "sh"), ("ph", "f"), ("ck", "k"), ("x", "ks"), ("q", "k"), ("w", "v"), ("c(?=[eiy])", "s"),
        ("c(?!h)", "k"), ("[yj]", "i"), ("oo|ou", "u"), ("ee|ea|ei", "i"), ("iu", "u"), ("ts", "z"), (r"(.)\1+", r"\1"),
    )
)  # fmt: skip


def has_other_letters(word: str) -> bool:
    """Return whether a word has a letter that is not Latin."""
    return not word.isascii() and _OTHER_LETTERS.search(word) is not None


@lru_cache(1 << 18)
def in_latin(word: str) -> str:
    """Return a word in Latin letters, small ones, as it is transliterated without regard to its language."""
    return _NO_LETTER.sub("", anyascii(word).lower())


@lru_cache(1 << 18)
def sound(word: str) -> str:
    """Return how a word sounds, roughly, whatever the script: what names have in common that were transliterated."""
    latin = in_latin(word)
    for spelt, alike in _SOUNDS:
        latin = spelt.sub(alike, latin)
    return latin


@lru_cache(1 << 18)
def code_readings(code: str) -> tuple[str, ...]:
    """Return how a code with letters of other scripts may have been meant: as Latin letters that look the same, where all
    do, and as it is transliterated; nothing for any other word.

    A code holds digits, or letters of two scripts.
    """
    if not has_other_letters(code) or not (_DIGIT.search(code) or _LATIN_LETTERS.search(code)):
        return ()
    alike = all(letter.isascii() or letter in _LOOKING for letter in code)
    looked = (code.translate(_LOOKS),) if alike else ()
    return tuple(dict.fromkeys((*looked, *filter(None, (in_latin(code),)))))
