"""Spellings are the words that a catalogue writes in Latin letters; names in other scripts are read as one that sounds so."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from indexing.errors import InputError
from indexing.words.latin import code_readings, has_other_letters, sound
from indexing.words.tokens import runs

FILE = "spellings.arrow"
SHORTEST = 3  # letters of a name: shorter ones sound alike by chance
LEAST_USES = 2  # of a word: what is written once is mostly a slip
_NO_WORD = f"[^a-z]+|\\b[a-z]{{1,{SHORTEST - 1}}}\\b"
_WORDS = pa.schema([("sound", pa.large_string()), ("word", pa.large_string())])


@dataclass(frozen=True)
class Spellings:
    """It holds sounds, each once, with the Latin word that spells it most often."""

    table: pa.Table

    @cached_property
    def _by_sound(self) -> dict[str, str]:
        return dict(zip(self.table["sound"].to_pylist(), self.table["word"].to_pylist(), strict=True))

    def added_to(self, texts: Sequence[str]) -> list[str]:
        """Return texts in normal form, followed by the Latin spellings of their words in other scripts, where there are
        any, and by the readings of codes that are written with such letters."""
        return [self._added(text) if has_other_letters(text) else text for text in texts]

    def _added(self, text: str) -> str:
        others = [word for word in runs(text) if has_other_letters(word)]
        return " ".join([text, *(reading for word in others for reading in self._readings(word))])

    def _readings(self, word: str) -> Iterable[str]:
        codes = code_readings(word)
        if codes or len(word) < SHORTEST:
            return codes
        found = self._by_sound.get(sound(word))
        return () if found is None else (found,)

    def save(self, folder: Path) -> None:
        """Write the file that `load_spellings` reads."""
        with pa.OSFile(str(folder / FILE), "wb") as file, pa.ipc.new_file(file, self.table.schema) as writer:
            writer.write_table(self.table)


def load_spellings(folder: Path) -> Spellings | None:
    """Read what `save` wrote; None where nothing was. Raises InputError when it is damaged."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with pa.memory_map(str(path)) as file:
            return Spellings(pa.ipc.open_file(file).read_all().cast(_WORDS))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error}): build the index again") from error


@dataclass
class SpellingsCount:
    """It counts the words that blocks of texts write in Latin letters."""

    counts: list[pa.Table] = field(default_factory=list)

    def add(self, texts: Sequence[str]) -> None:
        """Count the texts of a block, which are in normal form."""
        letters = pc.replace_substring_regex(pa.array(texts, pa.large_string()), _NO_WORD, " ")
        words = pc.list_flatten(pc.utf8_split_whitespace(letters)).value_counts()
        self.add_counted(pa.table({"word": words.field("values"), "uses": words.field("counts")}))

    def add_counted(self, block: pa.Table) -> None:
        """Take in words that were counted elsewhere, of which these are the `counts`."""
        self.counts = [_merged([*self.counts, block])]

    def spellings(self) -> Spellings:
        """Return the spellings of all texts: of one sound the word that is written most, of several the first by letters."""
        known = _merged(self.counts) if self.counts else pa.table({"word": [], "uses": []})
        known = known.filter(pc.greater_equal(known["uses"], LEAST_USES))
        known = known.filter(pc.greater_equal(pc.utf8_length(known["word"].cast(pa.large_string())), SHORTEST))
        known = known.sort_by([("uses", "descending"), ("word", "ascending")])
        by_sound: dict[str, str] = {}
        for word in known["word"].to_pylist():
            by_sound.setdefault(sound(word), word)
        pairs = sorted(by_sound.items())
        columns = [pa.array([pair[place] for pair in pairs], pa.large_string()) for place in (0, 1)]
        return Spellings(pa.table(columns, schema=_WORDS))


def _merged(counts: Sequence[pa.Table]) -> pa.Table:
    grouped = pa.concat_tables(counts).group_by("word").aggregate([("uses", "sum")])
    return grouped.rename_columns({"word": "word", "uses_sum": "uses"})
