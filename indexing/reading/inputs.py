"""CatalogInputs are the files of a catalogue, opened, each with the schema that it is read by."""

import glob
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from pathlib import Path

from indexing.errors import InputError
from indexing.files.listing import list_tables
from indexing.files.tables import TableFile, open_table
from indexing.reading.schema.expression import AllOf, Cell, FirstOf, Template, columns_in, is_there
from indexing.reading.schema.known import ALIASES, known_exports, known_names, known_schema
from indexing.reading.schema.nearest import did_you_mean, nearest
from indexing.reading.schema.repeats import with_repeats
from indexing.reading.schema.schema import InputSchema, Schema
from indexing.reading.schema.yaml_form import read_schema
from indexing.reading.sniffing.content import shown
from indexing.reading.sniffing.delivered import list_delivered
from indexing.reading.sniffing.guess import TITLED, guess_schema, lacks_header, likely_ids, look_at
from indexing.storage.stores import file_name, url_of

AUTO = "auto"


@dataclass(frozen=True)
class InputFile:
    """It is a file with the schema that it is read by."""

    table: TableFile
    schema: InputSchema

    def label(self, field: str) -> str:
        """Return what errors and rejects call a field: its column, those of several that the file has, or what the
        schema makes it of."""
        expression = self.schema.expression(field)
        if expression is None:
            return field
        if isinstance(expression, FirstOf | AllOf):
            there = [name for name in columns_in(expression, self.table.names) if name in self.table.names]
            return " or ".join(dict.fromkeys(there)) or field
        return expression.column if isinstance(expression, Cell) else str(expression.form())


@dataclass(frozen=True)
class CatalogInputs:
    """They are the files in order, the schema with an input for each kind of file, and `notes` on what was left out."""

    files: tuple[InputFile, ...]
    schema: Schema
    notes: tuple[str, ...] = ()

    @property
    def pictured(self) -> bool:
        """Return whether any file has what the field of pictures is made of."""
        return any(
            file.schema.image is not None and is_there(file.schema.image, file.table.names) for file in self.files
        )


def open_inputs(paths: Sequence[Path], asked: str, stored: Sequence[InputSchema] = ()) -> CatalogInputs:
    """Open files, or folders of them, by a schema: `auto`, the name of a known export, or a YAML file, whose patterns
    stand in for paths where none are given. `stored` are the inputs of the index that is updated, which `auto` means
    where they fit.

    Raises InputError for files that are missing, unreadable, or of which no input's schema can make products.
    """
    if asked == AUTO and stored:
        return _as_before(paths, stored)
    if asked == AUTO:
        return _guessed(paths)
    known = known_schema(asked)
    if known is not None:
        return _all_by(paths, known, asked)
    if not Path(asked).suffix and not Path(asked).exists():
        raise InputError(
            f"--schema {asked}: no such schema{did_you_mean(asked, known_names())}: "
            f"give {', '.join(known_names())} or a YAML file"
        )
    return _by_file(paths, read_schema(Path(asked), known_schema))


def open_file(path: Path, schema: InputSchema) -> InputFile:
    """Open a file as its schema says."""
    return _read_by(open_table(path, schema.form), schema)


def _read_by(table: TableFile, schema: InputSchema) -> InputFile:
    """Return a file with the schema that it is read by; keys that few records have become columns where it names them."""
    every = (*table.names, *table.rare)
    wanted = {*schema.named_columns(every), *schema.vectors}
    whole = table.keeping(name for name in table.rare if name in wanted)
    return InputFile(whole, with_repeats(schema, table.names, table.namings))


def _guessed(paths: Sequence[Path]) -> CatalogInputs:
    """Open files without a schema: a known export is recognised, columns are known by their names."""
    found, told = list_delivered(paths)
    files, notes = [], [*told]
    for table in map(open_table, found):
        guess = guess_schema(table)
        if guess.nameless is not None:
            raise InputError(_nameless(table, guess.nameless))
        files.append(_read_by(table, guess.schema))
        notes += [f"{table.path}: '{name}' is read as no code: {reason}" for name, reason in guess.refused.items()]
        if guess.reasons.get("title") == TITLED:
            notes.append(f"{table.path}: its descriptions are the titles: {TITLED}; a schema file may say otherwise")
    inputs = _schemas_of(files)
    name = "+".join(dict.fromkeys(schema.name for schema in inputs))
    return CatalogInputs(tuple(files), Schema(name, inputs), tuple(notes))


def _nameless(table: TableFile, example: str) -> str:
    """Return why attributes without names are refused, and what to do."""
    return (
        f"{table.path}: column 'attributes' holds lists of values without a name, such as {shown([example])}, of which the "
        "names may be lost: mend the export, or say in a schema file 'attributes:' with nothing behind it, which makes them "
        "values of one attribute, or 'attributes: attributes', which makes them mere text of the product"
    )


def _all_by(paths: Sequence[Path], schema: InputSchema, asked: str) -> CatalogInputs:
    files = [open_file(path, schema) for path in list_tables(paths)]
    export = known_exports().get(ALIASES.get(asked, asked))
    for file in files:
        lacking = [] if export is None else export.lacking(file.table.names)
        if lacking and not schema.fits(file.table.names):
            raise InputError(
                f"{file.table.path}: --schema {asked} needs the column {lacking[0]}, the file has "
                f"{', '.join(file.table.names)}: give --schema auto, or a YAML file (heroic sniff writes one)"
            )
    return CatalogInputs(tuple(files), Schema(schema.name, _schemas_of(files)))


def _schemas_of(files: Iterable[InputFile]) -> tuple[InputSchema, ...]:
    return tuple(dict.fromkeys(file.schema for file in files))


def _as_before(paths: Sequence[Path], stored: Sequence[InputSchema]) -> CatalogInputs:
    """Open files as those that an index was built of: by the input whose patterns, columns and names of files fit best.

    Raises InputError for a file whose source, or id, is one or another by inputs that fit it equally well.
    """
    files = []
    found, notes = list_delivered(paths)
    for path in found:
        every = [open_file(path, schema) for schema in stored]
        fitting = [file for file in every if file.schema.fits(file.table.names)]
        if not fitting:
            raise InputError(_no_id(every[0]))
        best = max(map(_likeness, fitting))
        alike = [file for file in fitting if _likeness(file) == best]
        if not _is_of(path, alike[0].schema, Path()):  # else it is for the first of them, as when the index was built
            _check_one_shop(path, alike)
        files.append(alike[0])
    name = "+".join(dict.fromkeys(one.name for one in stored))
    return CatalogInputs(tuple(files), Schema(name, tuple(stored)), notes)


def _likeness(file: InputFile) -> tuple[bool, int, bool]:
    names = set(file.table.names)
    named = {column for made in file.schema.mapped().values() for column in columns_in(made, file.table.names)}
    called = file_name(file.table.path)
    is_called_so = any(fnmatch(called, file_name(Path(pattern))) for pattern in file.schema.files)
    return _is_of(file.table.path, file.schema, Path()), 2 * len(named & names) - len(named), is_called_so


def _check_one_shop(path: Path, alike: Sequence[InputFile]) -> None:
    """Raise InputError where inputs that fit a file equally well give its rows another text of their own, such as the source."""
    said: dict[tuple[object, ...], InputSchema] = {}
    for file in alike:
        own = file.schema.constants(), file.schema.id if isinstance(file.schema.id, Template) else None
        said.setdefault(own, file.schema)
    if len(said) == 1:
        return
    shops = ", ".join(f"{' '.join(one.files) or one.name} ({_own_texts(one)})" for one in said.values())
    raise InputError(
        f"{path}: its columns fit {len(said)} inputs of the index equally well: {shops}: give the file the name of one of them, "
        "or say what it is in a schema file (--schema FILE.yaml)"
    )


def _own_texts(schema: InputSchema) -> str:
    """Return the texts that a schema gives rows of its own, as a schema file has them."""
    made = [f"{field}: ={text}" for field, text in schema.constants()]
    made += [f"id: {schema.id.form()}"] if isinstance(schema.id, Template) else []
    return ", ".join(made) or "no text of its own"


def _by_file(paths: Sequence[Path], schema: Schema) -> CatalogInputs:
    folder = Path(schema.where).parent
    found: list[tuple[Path, InputSchema]] = []
    if paths:
        for path in list_tables(paths):
            found.append((path, _input_of(path, schema, folder)))
    else:
        for one in schema.inputs:
            found += [(path, one) for path in _listed(one, schema, folder)]
    files = tuple(open_file(path, one) for path, one in found)
    _check_mapped(files, schema)
    inputs = _schemas_of(files)
    name = inputs[0].name if len(inputs) == 1 else schema.name  # an export's, where the file says no more
    return CatalogInputs(files, replace(schema, name=name, inputs=inputs))


def _input_of(path: Path, schema: Schema, folder: Path) -> InputSchema:
    """Return the input whose patterns the path is like, seen from the schema's folder or else by its end, or the one that
    has none."""
    around = glob.escape(str(folder.resolve()))
    for one in schema.inputs:
        if any(fnmatch(str(path.resolve()), os.path.normpath(os.path.join(around, each))) for each in one.files):
            return one
    for one in schema.inputs:
        if _is_of(path, one, folder):
            return one
    rest = [one for one in schema.inputs if not one.files]
    if rest:
        return rest[0]
    patterns = [pattern for one in schema.inputs for pattern in one.files]
    if len(schema.inputs) == 1:
        return schema.inputs[0]
    raise InputError(
        f"{schema.where}: no input is for {path}: their files are {', '.join(patterns)}: add one with files: {file_name(path)}"
    )


def _is_of(path: Path, schema: InputSchema, folder: Path) -> bool:
    here, there = path.resolve(), folder.resolve()
    inside = here.relative_to(there).as_posix() if here.is_relative_to(there) else here.as_posix()
    return any(
        here.match(pattern) or fnmatch(inside, pattern) or fnmatch(inside, pattern.replace("**/", ""))
        for pattern in schema.files
    )


def _listed(one: InputSchema, schema: Schema, folder: Path) -> list[Path]:
    if not one.files:
        raise InputError(f"{schema.where}: says no 'files' for {one.name}: name them there or on the command line")
    found: list[Path] = []
    for pattern in one.files:
        if url_of(pattern) is not None:
            found += list_tables([Path(pattern)])
            continue
        inside = folder if not Path(pattern).is_absolute() else Path("/")
        some = sorted(path for path in inside.glob(pattern.lstrip("/")) if path.is_file())
        if not some:
            raise InputError(f"{schema.where}: no file is like files: {pattern}, seen from {folder.resolve()}")
        found += some
    return list(dict.fromkeys(found))


def _check_mapped(files: Sequence[InputFile], schema: Schema) -> None:
    """Raise InputError where a column that an input names is in none of its files."""
    for one in dict.fromkeys(file.schema for file in files):
        if one.known:
            continue
        of_input = [file for file in files if file.schema is one or file.schema == one]
        names = [name for file in of_input for name in file.table.names]
        for field, made in one.mapped().items():
            if any(is_there(made, file.table.names) for file in of_input):
                continue
            missing = next((column for column in columns_in(made) if column not in names), str(made.form()))
            raise InputError(
                f"{schema.where}: {field}: {of_input[0].table.path} has no column '{missing}'"
                f"{did_you_mean(missing, names)}, it has {', '.join(dict.fromkeys(names))}: mend the schema"
            )


def check_columns(inputs: CatalogInputs, vectors: Sequence[str]) -> None:
    """Raise InputError where a file has nothing to make ids of, or lacks a column of vectors."""
    for file in inputs.files:
        if not file.schema.fits(file.table.names):
            raise InputError(_no_id(file))
        for name in vectors:
            if name not in file.table.names:
                near = did_you_mean(name, file.table.names)
                raise InputError(
                    f"{file.table.path}: no column '{name}'{near}, has {', '.join(file.table.names)}: "
                    "name a column of vectors that every file has"
                )


def _no_id(file: InputFile) -> str:
    names, path, contents = file.table.names, file.table.path, look_at(file.table)
    if lacks_header(file.table, contents):
        return (
            f"{path}: its first row ({shown(names[:3])}) is like those below, so that no column has a name: say header: none "
            f"in a schema file, and which column is what ('heroic sniff {file_name(path)} --out schema.yaml' writes one)"
        )
    likely = likely_ids(names, contents)
    near = next(iter(likely), None) or nearest(file.label("id"), names)
    hint = "" if near is None else f"id: {near}, if every product has its own, or "
    return (
        f"{path}: no column '{file.label('id')}', has {', '.join(names)}: say in a schema file what the id is: {hint}"
        f"id: =row for the number of the row ('heroic sniff {file_name(path)} --out schema.yaml' writes one)"
    )
