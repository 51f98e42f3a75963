"""What was found out about files is written as a schema for a person to edit: each line with its reason and examples."""

import glob
import os
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from indexing.files.content.sources import PACKED_SUFFIXES
from indexing.files.options import FileOptions
from indexing.files.tables import SUFFIXES, TableFile, open_table
from indexing.machine.progress import Progress, silent
from indexing.reading.schema.expression import Cell, Constant, Expression, RowNumber, columns_in, is_there
from indexing.reading.schema.schema import FIELDS, STRAY_COLUMNS
from indexing.reading.schema.yaml_form import input_form
from indexing.reading.sniffing.constants import constants_of, likely_constants
from indexing.reading.sniffing.content import Content, shown
from indexing.reading.sniffing.delivered import list_delivered
from indexing.reading.sniffing.guess import SchemaGuess, guess_schema, lacks_header, likely_ids, look_at, nearest_title
from indexing.storage.stores import file_name, url_of, without_secrets

ABSENT = {
    "title": "products have none, unless you name it",
    "price": "",
    "brand": "",
    "category": "",
    "image": "",
    "source": "take the first # away where these are the offers of one shop alone",
}


@dataclass(frozen=True)
class SniffedFiles:
    """They are files of one shop with the same columns and form, what one of them was guessed to mean, what the first
    rows of its columns hold, which columns are `constant` in all rows, with the reason to leave them out, and the name of the
    `source` that these files may be of."""

    tables: tuple[TableFile, ...]
    guess: SchemaGuess
    contents: Mapping[str, Content]
    constant: Mapping[str, str] = field(default_factory=dict)
    source: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        return self.tables[0].names

    @property
    def says_source(self) -> bool:
        """Say whether it is known whose offers these are."""
        expression = self.guess.schema.expression("source")
        return "source" in self.names or (expression is not None and is_there(expression, self.names))


def sniff(paths: Sequence[Path], progress: Progress = silent) -> list[SniffedFiles]:
    """Look at files, or folders of them; `progress` hears of what takes all of their rows. Raises InputError for those that are missing or unreadable."""
    found: dict[object, SniffedFiles] = {}
    for table in map(open_table, list_delivered(paths)[0]):
        guess = guess_schema(table)
        if lacks_header(table, guess.contents):
            table = open_table(table.path, FileOptions(header=False))
            guess = guess_schema(table)
        key = (guess.schema, table.how, table.names, table.path.parent, _without_number(table.path))
        if key in found:
            found[key] = replace(found[key], tables=(*found[key].tables, table))
        else:
            found[key] = SniffedFiles((table,), guess, guess.contents or look_at(table))
    return _with_constants(_with_sources(list(found.values())), progress)


def _without_number(path: Path) -> str:
    """Return the name of a file without the number that tells the parts of an export apart."""
    return re.sub(r"[\W_]*\d+[\W_]*", "-", _stem(path)).strip("-") or _stem(path)


def _stem(path: Path) -> str:
    """Return the name of a file without what says its format and how it is packed."""
    path = Path(file_name(path))
    while path.suffix.lower() in (*PACKED_SUFFIXES, *SUFFIXES):
        path = path.with_suffix("")
    return path.name


def _with_sources(found: Sequence[SniffedFiles]) -> list[SniffedFiles]:
    """Return the files with a name for each source: that of the file, or with its folder where others are called so."""
    names = [_without_number(one.tables[0].path) if len(one.tables) > 1 else _stem(one.tables[0].path) for one in found]
    again = {name for name, count in Counter(names).items() if count > 1}
    folders = [one.tables[0].path.parent.name for one in found]
    sources = [f"{folder}-{name}" if name in again else name for folder, name in zip(folders, names, strict=True)]
    return [replace(one, source=source) for one, source in zip(found, sources, strict=True)]


def _with_constants(found: Sequence[SniffedFiles], progress: Progress) -> list[SniffedFiles]:
    """Return the files with their constant columns, but for those that have another value in other files."""
    likely = [
        {} if one.guess.export else likely_constants(one.guess.schema.extra_columns(one.names), one.contents)
        for one in found
    ]
    for name in {name for one in found for name in one.names}:
        if len({mine.get(name) for one, mine in zip(found, likely, strict=True) if name in one.names}) > 1:
            for mine in likely:
                mine.pop(name, None)
    return [
        replace(one, constant=constants_of(one.tables, mine, one.contents, progress))
        for one, mine in zip(found, likely, strict=True)
    ]


def schema_text(sniffed: Sequence[SniffedFiles], folder: Path) -> str:
    """Return the YAML of a schema that lies in `folder` and reads the files as `auto` does."""
    lines = [
        "# What heroic sniff found out. Edit it, and give it by --schema; text behind # is for you alone.",
        "inputs:",
    ]
    for one in sniffed:
        lines += [f"  - {line}" if place == 0 else f"    {line}" for place, line in enumerate(_lines(one, folder))]
    return "\n".join(lines) + "\n"


def _lines(one: SniffedFiles, folder: Path) -> Iterator[str]:
    files = [_pattern(table.path, folder) for table in one.tables]
    yield f"files: {_value(files if len(files) > 1 else files[0])}"
    yield from _form_lines(one)
    if one.guess.export is not None:
        yield f"format: {one.guess.export.name}" + _remark("recognised by its columns; what it says stands below")
    for name in FIELDS:
        yield from _field_lines(one, name)
    yield from _row_lines(one)
    yield from _left_out_lines(one)
    yield from _attribute_lines(one)
    extra = set(one.guess.schema.extra_columns(one.names))
    namings = [naming.note for table in one.tables for naming in table.namings if naming.name in extra]
    for note in dict.fromkeys([*(note for table in one.tables for note in table.notes), *namings]):
        yield _comment(note)


def _pattern(path: Path, folder: Path) -> str:
    url = url_of(path)
    return glob.escape(os.path.relpath(path, folder)) if url is None else without_secrets(url)


def _form_lines(one: SniffedFiles) -> Iterator[str]:
    """Yield how files of text are read; others say so themselves."""
    how = one.tables[0].how
    if how.format == "csv":
        yield f"encoding: {_value(how.encoding)}"
        yield f"delimiter: {_value(how.delimiter)}"
        above = f"{how.above} above it" if how.above else ""
        if how.header:
            yield f"header: {(how.above or 0) + 1}" + _remark(above)
    if not how.header:
        yield "header: none" + _remark("the first row is like those below")


def _field_lines(one: SniffedFiles, name: str) -> Iterator[str]:
    expression, reason = one.guess.schema.expression(name), one.guess.reasons.get(name, "")
    if name == "id" and not one.guess.schema.fits(one.names):
        yield from _id_lines(one)
    elif expression is not None and is_there(expression, one.names):
        line = f"{name}: {_value(input_form(one.guess.schema).get(name, expression.form()))}"
        said = _remark(_because(reason, expression, one))
        yield line + said if one.guess.export is None else _comment(line) + said
    elif expression is None and name in one.names:
        yield f"{name}:" + _remark("nothing: the column of this name is read as another field")
    elif name in ABSENT:
        near = nearest_title(one.names, one.contents) if name == "title" else None
        value = Constant(one.source).form() if name == "source" else near
        remark = "; ".join(filter(None, ["no column is known as such", ABSENT[name]]))
        yield _comment(f"{name}: {_value(value) if value else 'COLUMN'}") + _remark(remark)


def _because(reason: str, expression: Expression, one: SniffedFiles) -> str:
    columns = [name for name in dict.fromkeys(columns_in(expression, one.names)) if name in one.contents]
    examples = next((shown(one.contents[name].examples) for name in columns if one.contents[name].examples), "")
    return ": ".join(filter(None, [reason, examples]))


def _proposed_ids(one: SniffedFiles) -> list[str]:
    """Return the column that is proposed as the id, where none is known as such."""
    return [] if one.guess.schema.fits(one.names) else likely_ids(one.names, one.contents)[:1]


def _id_lines(one: SniffedFiles) -> Iterator[str]:
    likely = _proposed_ids(one)
    if likely:
        content = one.contents[likely[0]]
        said = f"no column is known as the id; each of the {content.filled} cells looked at is another one"
        yield f"id: {_value(Cell(likely[0]).form())}" + _remark(f"{said}: {shown(content.examples)}")
    else:
        yield f"id: {_value(RowNumber().form())}" + _remark("no column has another value in every row; this is the row")


def _row_lines(one: SniffedFiles) -> Iterator[str]:
    """Yield the rest of what an export's schema says, as remarks."""
    if one.guess.export is None:
        return
    form = input_form(one.guess.schema)
    for key in ("group", "parent", "variant", "missing", "vectors"):
        if key in form:
            yield _comment(f"{key}: {_value(form[key])}")


def _left_out_lines(one: SniffedFiles) -> Iterator[str]:
    if one.guess.export is not None:
        yield _comment(f"ignore: {_value(list(one.guess.schema.ignore))}")
        return
    left_out = {**one.guess.left_out, **one.constant}
    if left_out:
        yield "ignore:"
    for name, reason in left_out.items():
        yield f"  - {_value(name)}" + _remark(f"{reason}: {shown(one.contents[name].examples)}")


def _attribute_lines(one: SniffedFiles) -> Iterator[str]:
    out = {*STRAY_COLUMNS, *one.constant, *_proposed_ids(one)}
    extra = [name for name in one.guess.schema.extra_columns(one.names) if name not in out]
    if extra:
        yield _comment("attributes of their own, unless they stand under ignore:")
    for name in extra:
        content = one.contents.get(name)
        kind = f" (no code: {one.guess.refused[name]})" if name in one.guess.refused else ""
        yield _comment(f"  {_value(name)}{kind}: {shown(content.examples) if content else 'vectors'}")


def _value(value: object) -> str:
    """Return a value as YAML in one line."""
    text = yaml.safe_dump(value, allow_unicode=True, default_flow_style=True, width=float("inf"))
    return text.removesuffix("...\n").strip()


def _comment(text: str) -> str:
    return "# " + _printable(text)


def _remark(text: str) -> str:
    return f"  # {_printable(text)}" if text else ""


def _printable(text: str) -> str:
    """Return a text without characters that YAML refuses, and in one line."""
    return "".join(character if character.isprintable() else " " for character in text)
