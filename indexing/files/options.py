"""What the user says of a file, and what was found out about it."""

from dataclasses import dataclass

from indexing.errors import InputError

FORMATS = ("parquet", "arrow", "csv", "json", "xml", "xlsx")
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t", "\\t": "\t", "pipe": "|"}
QUOTES = {"double": '"', "single": "'", "none": ""}


@dataclass(frozen=True)
class FileOptions:
    """These options say how a file is to be read; None leaves it to what the file's name and content tell.

    `format` is one of FORMATS; `encoding` any that Python knows; `delimiter` and `quote` are a character (no quotes:
    an empty `quote`), `backslash` whether quotes in quotes are written as `\\"`; without `header` the columns are
    `column_1`, `column_2` …, and `above` is how many rows stand over it; `sheet` is a spreadsheet's, `record` the XML element that is a row.
    """

    format: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    backslash: bool | None = None
    header: bool = True
    above: int | None = None
    sheet: str | None = None
    record: str | None = None

    def __post_init__(self) -> None:
        if self.format is not None and self.format not in FORMATS:
            raise InputError(f"format {self.format!r}: is one of {', '.join(FORMATS)}")
        self._take_character("delimiter", DELIMITERS)
        self._take_character("quote", QUOTES)
        if self.encoding is not None:
            _refuse_encoding(self.encoding)

    def _take_character(self, name: str, words: dict[str, str]) -> None:
        given = getattr(self, name)
        if given is None:
            return
        character = words.get(given, given)
        if len(character) != 1 and not (name == "quote" and character == ""):
            raise InputError(f"{name} {given!r}: is one character, or one of {', '.join(words)}")
        object.__setattr__(self, name, character)


def _refuse_encoding(name: str) -> None:
    try:
        b"".decode(name)
        "".encode(name)
    except (LookupError, UnicodeError, ValueError) as error:
        raise InputError(f"encoding {name!r}: is unknown: utf-8, cp1251, shift_jis …") from error
