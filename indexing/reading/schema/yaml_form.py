"""Schemas are read from YAML and written as such, and what is wrong with one is said with its key, value and remedy."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from indexing.errors import InputError
from indexing.files.options import FileOptions
from indexing.reading.schema.expression import (
    AllOf,
    AttributeValue,
    Cell,
    Constant,
    EditedCell,
    Expression,
    FirstOf,
    Numbered,
    RowNumber,
    template_of,
)
from indexing.reading.schema.nearest import did_you_mean
from indexing.reading.schema.schema import (
    CODES,
    FIELDS,
    GENERIC,
    CategoryForm,
    InputSchema,
    PriceForm,
    RowParent,
    Schema,
)
from indexing.storage.short_text import read_text

LISTS = ("files", "ignore", "missing", "vectors", "variant")
FORM = ("format", "encoding", "delimiter", "quote", "header", "sheet", "record")
PRICE = ("column", "currency", "decimal")
PARENT = ("column", "names")
PATHS = ("paths", "separator")
KEYS = (*FIELDS, *FORM, *LISTS, "categories", "group", "isbn10", "parent", "skip", "name")
DECIMALS = (".", ",", "")
JSON_NAMES = ("jsonl", "ndjson")
Like = Callable[[str], InputSchema | None]


def read_schema(path: Path, like: Like) -> Schema:
    """Read a schema file: `inputs`, a list of mappings, or one such mapping, with lines such as `title: product_name`.

    `like` returns the schema of a known export by its name, None for other words: what `format` may be beside the
    formats of files. Raises InputError for a missing file, text that is not such a mapping, and unknown keys.
    """
    try:
        given = yaml.safe_load(read_text(path))
    except InputError:
        raise
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "no text"
        raise InputError(f"{path}: cannot be read ({reason})") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise InputError(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(given, dict):
        raise InputError(f"{path}: holds no mapping: write lines such as 'title: product_name'")
    return schema_from(given, Path(path).stem, str(path), like)


def schema_from(given: Mapping[Any, Any], name: str, where: str, like: Like) -> Schema:
    """Return the schema that a mapping says, with a name for inputs that have none. `where` begins what is said of
    errors."""
    if "inputs" not in given:
        return Schema(name, (input_from(given, where, like, name),), where)
    others = [str(key) for key in given if key != "inputs"]
    if others:
        raise InputError(f"{where}: '{others[0]}' stands beside 'inputs': write it inside each of them")
    inputs = given["inputs"]
    if not isinstance(inputs, list) or not inputs:
        raise InputError(f"{where}: 'inputs' holds {_shown(inputs)}: a list of mappings is needed, such as '- id: sku'")
    return Schema(
        name, tuple(_one_of(one, f"{where}: input {n}", like, name) for n, one in enumerate(inputs, 1)), where
    )


def _one_of(given: object, where: str, like: Like, name: str) -> InputSchema:
    if not isinstance(given, dict):
        raise InputError(f"{where} holds {_shown(given)}: a mapping is needed, with lines such as 'id: sku'")
    return input_from(given, where, like, name)


def input_from(given: Mapping[Any, Any], where: str, like: Like, name: str) -> InputSchema:
    """Return the schema of one input. Raises InputError for unknown keys and values that say nothing."""
    for key in given:
        if key not in KEYS:
            raise InputError(
                f"{where}: unknown field '{key}'{did_you_mean(str(key), KEYS)}: the fields are {', '.join(KEYS)}"
            )
    known = like(str(given.get("format")))
    said: dict[str, Any] = {"name": str(given.get("name", name if known is None else known.name))}
    for key in LISTS:
        if key in given:
            said[key] = _texts(given[key], key, where)
    said |= {key: _field(given[key], key, where) for key in FIELDS if key in given}
    base = GENERIC if known is None else known
    form = {key: given[key] for key in FORM if key in given and not (key == "format" and known)}
    said |= {"form": _form(form, base.form, where), "prices": _prices(given.get("price"), base.prices, where)}
    if "group" in given:
        said["group"] = _field(given["group"], "group", where)
    if "categories" in given:
        said["categories"] = _categories(given["categories"], where)
    if "isbn10" in given:
        said["isbn10"] = _choice(given["isbn10"], "isbn10", where)
    if "parent" in given:
        said["parent"] = _parent(given["parent"], where)
    if "skip" in given:
        said["skip"] = _skip(given["skip"], where)
    return replace(base, **said)


def _field(value: object, key: str, where: str) -> Expression | None:
    if key == "price" and isinstance(value, dict) and "all" not in value:
        unknown = [str(name) for name in value if name not in PRICE]
        if unknown:
            raise InputError(
                f"{where}: unknown key '{unknown[0]}' of price{did_you_mean(unknown[0], PRICE)}: "
                f"it has {', '.join(PRICE)}"
            )
        value = value.get("column", "price")
    if value is None:
        return None
    made = _expression(value, key, where)
    if isinstance(made, AllOf) and key in ("id", "price", "source"):
        raise InputError(f"{where}: '{key}' is {_shown(value)}: one value is needed: write '{{A}} {{B}}' or a list")
    return made


def _expression(value: object, key: str, where: str) -> Expression:
    match value:
        case str() if value.startswith("="):
            return RowNumber() if value == "=row" and key == "id" else Constant(value[1:].strip())
        case str() if "{" in value or "}" in value:
            try:
                return template_of(value)
            except ValueError as error:
                raise InputError(
                    f"{where}: '{key}' is {_shown(value)}, in which {error}: write columns as {{name}}"
                ) from error
        case str() if value.strip():
            return Cell(value)
        case int() if not isinstance(value, bool):
            return Cell(str(value))
        case list() if value:
            return FirstOf(tuple(_expression(one, key, where) for one in value))
        case {"column": str(column), **rest} if not rest:
            return Cell(column)
        case {"column": str(column), **rest} if set(rest) <= {"split", "drop"} and _is_text(rest.get("split", ",")):
            drop = _texts(rest.get("drop"), f"drop of {key}", where)
            return EditedCell(column, str(rest.get("split", "")), tuple(filter(None, drop)))
        case {"all": list(parts), **rest} if parts and not rest:
            return AllOf(tuple(_expression(one, key, where) for one in parts))
        case {"attribute": str(name), **rest} if key in (*CODES, "brand") and name.strip() and not rest:
            return AttributeValue(name)
        case {"names": str(names), "values": str(values), **rest} if key == "attributes" and not rest:
            return _numbered(names, values, where)
    raise InputError(
        f"{where}: '{key}' is {_shown(value)}: give a column, '{{A}} {{B}}', '=text', a list (the first that is there) "
        f"or all: [A, B]{', or names and values with a star' if key == 'attributes' else ''}"
    )


def _numbered(names: str, values: str, where: str) -> Numbered:
    if names.count("*") != 1 or values.count("*") != 1:
        raise InputError(
            f"{where}: 'attributes' has names {names!r} and values {values!r}: each needs one star in the place of "
            "the number, such as 'Attribute * name'"
        )
    return Numbered(names, values)


def _prices(value: object, base: PriceForm, where: str) -> PriceForm:
    if not isinstance(value, dict):
        return base
    currency, decimal = (_line(value[key], key, where) if key in value else None for key in PRICE[1:])
    if decimal is not None and decimal not in DECIMALS:
        raise InputError(f'{where}: \'decimal\' of price is {decimal!r}: give "." or ",", in quotes')
    if currency is not None and "{" in currency:
        _expression(currency, "currency", where)
    return PriceForm(currency or base.currency, base.decimal if decimal is None else decimal)


def _categories(value: object, where: str) -> CategoryForm:
    paths, separator = (value.get(key) for key in PATHS) if isinstance(value, dict) else (None, None)
    known = isinstance(value, dict) and set(value) <= set(PATHS)
    if not known or not isinstance(paths, bool) or not isinstance(separator, str | None):
        raise InputError(f"{where}: 'categories' is {_shown(value)}: give {{paths: true, separator: '>'}}")
    return CategoryForm(paths, separator)


def _choice(value: object, key: str, where: str) -> bool:
    if not isinstance(value, bool):
        raise InputError(f"{where}: '{key}' is {_shown(value)}: give true or false")
    return value


def _parent(value: object, where: str) -> RowParent | None:
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != set(PARENT):
        raise InputError(f"{where}: 'parent' is {_shown(value)}: give {{column: NAME, names: COLUMN}}")
    return RowParent(*(_expression(value[key], "parent", where) for key in PARENT))


def _skip(value: object, where: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    if not isinstance(value, dict | None):
        raise InputError(f"{where}: 'skip' is {_shown(value)}: give {{COLUMN: [text, text]}}")
    return tuple((str(column), _texts(texts, f"skip of {column}", where)) for column, texts in (value or {}).items())


def _is_text(value: object) -> bool:
    return isinstance(value, str) and value != ""


def _texts(value: object, key: str, where: str) -> tuple[str, ...]:
    """Return a list of texts; one text needs no list."""
    several = value if isinstance(value, list) else [] if value is None else [value]
    if not all(isinstance(one, str | int | float) and not isinstance(one, bool) for one in several):
        raise InputError(f"{where}: '{key}' is {_shown(value)}: texts are needed; quote what YAML takes for more")
    return tuple(str(one) for one in several)


def _form(given: Mapping[str, object], base: FileOptions, where: str) -> FileOptions:
    """Return how a file is to be read; `header` is the number of the line with the names, from 1, or none."""
    said: dict[str, Any] = {key: _line(value, key, where) for key, value in given.items() if key != "header"}
    if said.get("format") in JSON_NAMES:
        said["format"] = "json"
    if "header" in given:
        said |= _header(given["header"], where)
    try:
        return replace(base, **said)
    except InputError as error:
        raise InputError(f"{where}: {error}") from error


def _header(value: object, where: str) -> dict[str, Any]:
    if value is None or value is False or value == "none":
        return {"header": False}
    if isinstance(value, int) and value > 0:
        return {"header": True, "above": None if value is True else value - 1}
    raise InputError(f"{where}: 'header' is {_shown(value)}: give the number of the line with the names, or none")


def _line(value: object, key: str, where: str) -> str | None:
    """Return one text, None for nothing."""
    if value is not None and (not isinstance(value, str | int) or isinstance(value, bool)):
        raise InputError(f"{where}: '{key}' is {_shown(value)}: one text is needed")
    return None if value is None else str(value)


def _shown(value: object) -> str:
    return repr(value)[:80]


def input_form(schema: InputSchema) -> dict[str, Any]:
    """Return the mapping that `input_from` reads as this schema: what it says otherwise than the generic one."""
    said: dict[str, Any] = {"name": schema.name}
    if schema.files:
        said["files"] = list(schema.files)
    said |= _form_of(schema.form)
    for key in FIELDS:
        expression = schema.expression(key)
        if expression != GENERIC.expression(key):
            said[key] = None if expression is None else expression.form()
    if schema.prices != PriceForm() or isinstance(said.get("price"), dict):
        price = {"column": "price" if schema.price is None else schema.price.form()}
        price |= {key: getattr(schema.prices, key) for key in PRICE[1:] if getattr(schema.prices, key) is not None}
        said["price"] = price
    if schema.categories.paths is not None:
        said["categories"] = {key: getattr(schema.categories, key) for key in PATHS}
    if schema.isbn10 is not None:
        said["isbn10"] = schema.isbn10
    if schema.group is not None:
        said["group"] = schema.group.form()
    if schema.parent is not None:
        said["parent"] = {"column": schema.parent.column.form(), "names": schema.parent.names.form()}
    if schema.skip:
        said["skip"] = {column: list(texts) for column, texts in schema.skip}
    said |= {key: list(getattr(schema, key)) for key in LISTS[1:] if getattr(schema, key)}
    return said


def _form_of(form: FileOptions) -> dict[str, Any]:
    said = {key: getattr(form, key) for key in FORM if key != "header" and getattr(form, key) is not None}
    if not form.header:
        return said | {"header": "none"}
    return said if form.above is None else said | {"header": form.above + 1}
