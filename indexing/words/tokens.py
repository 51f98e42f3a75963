"""A text is cut into words, whatever its script: letters keep their marks, and scripts without spaces give bigrams."""

import re
from collections.abc import Sequence
from itertools import pairwise

import regex

from indexing.words.normal_form import normal_form, normal_forms

_PLAIN_WORD = re.compile(r"\d+(?:\.\d+)+|[^\W_]+")
# not Latin, Greek, Cyrillic, Armenian or signs: only here are marks of their own, or words without spaces
_OTHER = re.compile("[^\0-\u02ff\u0370-\u0482\u048a-\u058f\u1e00-\u20cf\u2100-\u2bff]")
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}ー"
_UNSPACED_RUN = rf"[[{_UNSPACED}]&&[\p{{L}}\p{{M}}\p{{Nl}}]]+"
_WORD = regex.compile(rf"\d+(?:\.\d+)+|{_UNSPACED_RUN}|(?:[[^\W_]--[{_UNSPACED}]]\p{{M}}*)+", regex.V1)
_CLUSTER = regex.compile(r"\X")
_BEGINS_UNSPACED = regex.compile(_UNSPACED_RUN, regex.V1)
_THOUSANDS = re.compile(r"(?<![\d.,])([1-9]\d{0,2})((?:,\d{3})+)(?![\d,])")
_DECIMAL_COMMA = re.compile(r"(?<=\d),(?=\d)")


def fold(text: str) -> str:
    """Fold a text: its normal form with decimal points (`1,5` is `1.5`, `1,000` is `1000`); punctuation stays."""
    return with_points(normal_form(text))


def folds(texts: Sequence[str]) -> list[str]:
    """Fold many texts, which takes less time together."""
    return [with_points(text) for text in normal_forms(texts)]


def with_points(text: str) -> str:
    """Return a text in normal form with decimal points, and nothing between thousands."""
    if "," in text:
        text = _THOUSANDS.sub(lambda found: found[1] + found[2].replace(",", ""), text)
        text = _DECIMAL_COMMA.sub(".", text)
    return text


def runs(folded: str) -> list[str]:
    """Return the runs of letters and digits of a folded text in order, decimals whole; combining marks stay with their
    letters, and a run ends where a script without spaces between words begins."""
    return _WORD.findall(folded) if _has_other(folded) else _PLAIN_WORD.findall(folded)


def words(folded: str) -> list[str]:
    """Return the words of a folded text in order: its runs, and the bigrams of those in Chinese, Japanese, Thai and
    other scripts that part no words."""
    if not _has_other(folded):
        return _PLAIN_WORD.findall(folded)
    found = _WORD.findall(folded)
    return [word for run in found for word in (_bigrams(run) if _BEGINS_UNSPACED.match(run) else (run,))]


def _has_other(folded: str) -> bool:
    return not folded.isascii() and _OTHER.search(folded) is not None


def _bigrams(run: str) -> list[str]:
    letters = _CLUSTER.findall(run)
    return [first + second for first, second in pairwise(letters)] or letters
