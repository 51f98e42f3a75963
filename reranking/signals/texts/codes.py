"""Numbers and model codes are found in a text whatever separators a seller wrote them with."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from indexing.words.latin import code_readings
from indexing.words.tokens import runs

CODE_CHARS = 40  # longer runs of letters and digits are no code
_RUN = re.compile(r"[^\W_]+(?:[-./][^\W_]+)*")
_SEPARATORS = re.compile(r"[-./]")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"\d+(?:\.\d+)*")


@dataclass(frozen=True)
class Codes:
    """Model codes mix letters and digits and have lost their separators: `AB-123/C` is `ab123c`.

    `own` are those written in one run, whole and in parts; `readings` add what adjacent words make together, so that
    `AB 123 C` is found by the `ab123c` of another text. Letters of other scripts are read as the Latin ones that they look
    like, else as those that they sound like; `readings` have both. `compact` are the text's letters and digits in one run.
    """

    own: frozenset[str]
    readings: frozenset[str]
    compact: str


def read_codes(folded: str, rest: str) -> Codes:
    """Read the codes of a folded text; `rest` is the text without quantities, which are no codes of their own."""
    own = _written(rest)
    pieces = runs(folded)
    if "." in folded:
        pieces = [piece.replace(".", "") for piece in pieces]
    pairs = [first + second for first, second in pairwise(pieces)]
    triples = [first + second for first, second in zip(pairs, pieces[2:], strict=False)]
    readings = own.union(_only_codes(pieces), _only_codes(pairs), _only_codes(triples))
    if not folded.isascii():
        own, readings = {_latin(code) for code in own}, readings.union(*map(code_readings, readings))
    return Codes(frozenset(own), frozenset(readings), "".join(pieces))


def _latin(code: str) -> str:
    """Return the first reading of a code in Latin letters."""
    return next(iter(code_readings(code)), code)


def written_codes(text: str) -> set[str]:
    """Return the codes written in one run of a folded text, whole and in parts, in Latin letters."""
    own = _written(text)
    return own if text.isascii() else {_latin(code) for code in own}


def _written(text: str) -> set[str]:
    own: set[str] = set()
    for run in _RUN.findall(text):
        if run.isalpha() or _NUMBER.fullmatch(run):
            continue
        parts = [run] if run.isalnum() else _SEPARATORS.split(run)
        own.update(_only_codes(parts))
        if len(parts) > 1:
            own.update(_only_codes(["".join(parts)]))
    return own


def _only_codes(tokens: Sequence[str]) -> list[str]:
    """Return the tokens that mix letters and digits, of those that have nothing else but marks: these are no digits."""
    return [
        token
        for token in tokens
        if not token.isalpha()
        and not token.isdigit()
        and 2 <= len(token) <= CODE_CHARS
        and (token.isascii() or _DIGIT.search(token))
    ]


def read_numbers(rest: str, measured: tuple[str, ...]) -> frozenset[str]:
    """Read the numbers of a text, those with units too, without leading zeros and empty decimals: `2.0` is `2`."""
    bare = [word for word in runs(rest) if _NUMBER.fullmatch(word)]
    return frozenset(plain_number(number) for number in (*bare, *measured))


def plain_number(word: str) -> str:
    """Return a number without leading zeros and empty decimals; any other word as it is."""
    if not _NUMBER.fullmatch(word):
        return word
    if "." in word:
        word = word.rstrip("0").rstrip(".")
    word = word.lstrip("0")
    return word if word[:1].isdigit() else f"0{word}"
