"""The encoding of a text file is told by the user, or is found where its bytes leave no doubt."""

import codecs
from collections.abc import Iterable
from dataclasses import dataclass

from indexing.errors import InputError
from indexing.files.content.sources import Source
from indexing.files.content.text_stream import canonical
from indexing.files.content.usual_characters import CANDIDATES, usual_share

SAMPLE_BYTES = 1 << 18
PLACES = 16  # of a file are looked at
LOOKED_AT = 1 << 14  # bytes of lines that are not all ASCII
CLEAR, LEAD = 0.8, 0.1  # share of usual characters in a sure encoding, and by how much others have fewer
FAULTY = 0.01  # of the characters beyond ASCII, that bytes may be no UTF-8 in a file that is
MOST_CHAOS = 0.25  # of charset-normalizer's measure
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
         (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))  # fmt: skip


@dataclass(frozen=True)
class Guess:
    """It is an encoding, and whether the bytes leave no doubt."""

    encoding: str
    sure: bool


def find_encoding(source: Source, told: str | None) -> str:
    """Return the encoding of a text file. Raises InputError, with the likeliest, where it cannot be told from others."""
    if told is not None:
        return canonical(told)
    found = guess_encoding(_samples(source))
    if not found.sure:
        raise InputError(
            f"{source.path}: is no UTF-8 and too little else to be sure, most likely {found.encoding}: convert it to UTF-8, "
            f"or say so in a schema file (encoding: {found.encoding})"
        )
    return found.encoding


def _samples(source: Source) -> list[bytes]:
    """Return what stands at the beginning of a source and, where that costs nothing, at places all over it."""
    samples = [source.head(SAMPLE_BYTES)]
    if source.packing or source.url or source.member or (source.size or 0) <= SAMPLE_BYTES:
        return samples
    with source.path.open("rb") as file:
        for place in range(1, PLACES):
            file.seek((source.size or 0) * place // PLACES // 4 * 4)  # not amid a character of UTF-16 or UTF-32
            samples.append(file.read(SAMPLE_BYTES // PLACES))
    return samples


def guess_encoding(samples: Iterable[bytes]) -> Guess:
    """Return the likeliest encoding of samples, of which the first is the beginning of the file."""
    first, *others = samples
    marked = next((name for mark, name in _BOMS if first.startswith(mark)), None) or _two_bytes(first)
    if marked is not None:
        return Guess(marked, True)
    if _is_utf8((first, *others)):
        return Guess("utf-8", True)
    lines = b"\n".join(
        line for sample in (first, *others) for line in sample.split(b"\n")[: -1 or None] if not line.isascii()
    )
    return _legacy(lines[:LOOKED_AT] or first)


def _two_bytes(sample: bytes) -> str | None:
    """Return the encoding of two bytes a character whose line ends the sample has, without a mark at its beginning."""
    pairs = sample[: len(sample) // 2 * 2]
    if len(pairs) < 2 or b"\0" not in pairs:
        return None
    for name, ends in (("utf-16-le", b"\n\0"), ("utf-16-be", b"\0\n")):
        found = sum(pairs[i : i + 2] == ends for i in range(0, len(pairs), 2))
        if 2 * found > pairs.count(b"\n"):  # a few are NULs in a text of one byte a character
            return name
    return None


def _is_utf8(samples: Iterable[bytes]) -> bool:
    """Return whether samples are UTF-8 but for characters cut at their ends, and hardly any faults."""
    faults = whole = 0
    for sample in samples:
        start = next((place for place in range(min(4, len(sample))) if sample[place] & 0xC0 != 0x80), 0)
        text = codecs.getincrementaldecoder("utf-8")("replace").decode(sample[start:])
        faults += text.count("\ufffd")
        whole += len(text) - len(text.encode("ascii", "ignore"))
    return faults <= FAULTY * whole


def _legacy(lines: bytes) -> Guess:
    """Return the encoding in which most is usual, of those that charset-normalizer does not find messy; sure is one
    that all others, unless they read the same, are well behind."""
    from charset_normalizer import from_bytes

    found = from_bytes(lines, cp_isolation=list(CANDIDATES), threshold=MOST_CHAOS, preemptive_behaviour=False)
    tidy = {name for match in found for name in (match.encoding, *match.could_be_from_charset)}
    texts = {name: lines.decode(name, "replace") for name in CANDIDATES}
    shares = {name: usual_share(text, name) for name, text in texts.items()}
    best = max((name for name in CANDIDATES if name in tidy), key=lambda name: shares[name], default=CANDIDATES[0])
    rivals = [share for name, share in shares.items() if texts[name] != texts[best]]
    return Guess(best, shares[best] >= CLEAR and all(share <= shares[best] - LEAD for share in rivals))
