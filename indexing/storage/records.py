"""JSON on disk is read once into frozen dataclasses: every key is known, none is missing, each value has its type."""

from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, get_args, get_origin

from cattrs import Converter, transform_error
from cattrs.errors import BaseValidationError, ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from indexing.errors import InputError

Record = TypeVar("Record")
OMIT = {"omit_if_default": True}  # metadata of a field that is written only where it says something
_PLAIN = {int: "a whole number", float: "a number", str: "a text", bool: "true or false"}


def read_record(stored: object, kind: type[Record], *, where: str, remedy: str) -> Record:
    """Return the record of a kind, a frozen dataclass, that a JSON value holds.

    Raises InputError, in one line that begins with `where` and ends with `remedy`, for keys that are missing or that
    nobody knows, and for values of another type. JSON's arrays become tuples where the field is one.
    """
    try:
        return _converter().structure(stored, kind)
    except BaseValidationError as error:
        told = transform_error(error, path="", format_exception=_told)
        raise InputError(f"{where}: {'; '.join(_sentence(line) for line in told[:3])}: {remedy}") from error
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise InputError(f"{where}: {_told(error, None)}: {remedy}") from error


def stored_record(record: object) -> dict[str, Any]:
    """Return the JSON object that `read_record` reads again, without the OMIT fields that have their defaults."""
    stored: dict[str, Any] = _converter().unstructure(record)
    return stored


def read_as(kind: type[Record], stored: object) -> Record:
    """Read a value as `read_record` does, for hooks of a record's own module: errors go to whoever reads the whole."""
    return _converter().structure(stored, kind)


@cache
def _converter() -> Converter:
    made = Converter(forbid_extra_keys=True, prefer_attrib_converters=True)
    for plain in _PLAIN:
        made.register_structure_hook(plain, _strictly)
    made.register_structure_hook_func(lambda kind: kind is Any, lambda value, _: value)
    made.register_structure_hook_factory(is_dataclass, lambda kind: _structured(made, kind))
    made.register_structure_hook_factory(_is_tuple, lambda kind: lambda value, _: _tuple(value, kind))
    made.register_structure_hook_factory(_is_mapping, lambda kind: lambda value, _: _mapping(value, kind))
    made.register_structure_hook_factory(_chooses, lambda kind: lambda value, _: kind.chosen(value))
    made.register_unstructure_hook_factory(is_dataclass, lambda kind: _unstructured(made, kind))
    made.register_unstructure_hook_func(_chooses, lambda record: made.unstructure(record, type(record)))
    made.register_unstructure_hook_func(_stores_itself, lambda record: record.stored())
    return made


def _chooses(kind: Any) -> bool:
    """Return whether a class chooses by the stored value what it is read as: then it has a class method `chosen`."""
    return isinstance(kind, type) and "chosen" in vars(kind)


def _is_tuple(kind: Any) -> bool:
    return get_origin(kind) is tuple


def _tuple(value: Any, kind: Any) -> tuple[Any, ...]:
    """Read a list as a tuple: of any length where the kind ends in dots, else of the kind's own length."""
    if not isinstance(value, list | tuple):
        raise TypeError(f"{value!r:.80} is not a list")
    kinds = get_args(kind)
    kinds = (kinds[0],) * len(value) if kinds[-1] is Ellipsis else kinds
    if len(kinds) != len(value):
        raise TypeError(f"{value!r:.80} has {len(value)} elements, not {len(kinds)}")
    return tuple(read_as(one, element) for one, element in zip(kinds, value, strict=True))


def _is_mapping(kind: Any) -> bool:
    return get_origin(kind) is Mapping


def _mapping(value: Any, kind: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(f"{value!r:.80} is not an object")
    value_kind = get_args(kind)[1]
    return {name: _named(name, value_kind, element) for name, element in value.items()}


def _named(name: str, kind: Any, value: Any) -> Any:
    """Read a value of a mapping; what is wrong with it is told under its name."""
    try:
        return read_as(kind, value)
    except BaseValidationError as error:
        told = transform_error(error, path=name, format_exception=_told)
        raise ValueError("; ".join(_sentence(line) for line in told[:3])) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"{name}: {error}") from error


def _stores_itself(kind: Any) -> bool:
    """Return whether a record lies otherwise on disk than in memory: then it has a method `stored`."""
    return isinstance(kind, type) and "stored" in vars(kind)


def _structured(made: Converter, kind: Any) -> Any:
    read = make_dict_structure_fn(kind, made, _cattrs_forbid_extra_keys=True)

    def structure(value: Any, _: Any) -> Any:
        if not isinstance(value, dict):
            raise TypeError(f"{value!r:.80} is not an object")
        return read(value, kind)

    return structure


def _unstructured(made: Converter, kind: Any) -> Any:
    omitted = {
        field.name: override(omit_if_default=bool(field.metadata.get("omit_if_default"))) for field in fields(kind)
    }
    return make_dict_unstructure_fn(kind, made, **omitted)  # type: ignore[arg-type]


def _strictly(value: Any, kind: type) -> Any:
    """Accept JSON's own types and convert none: a text is no number, and true is none either."""
    wanted = (int, float) if kind is float else (kind,)
    if not isinstance(value, wanted) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{value!r:.80} is not {_PLAIN[kind]}")
    return value  # a whole number stays one where a number is asked for: what was read is written as it was


def _told(error: BaseException, kind: type | None) -> str:
    if isinstance(error, KeyError):
        return "is missing"
    if isinstance(error, ForbiddenExtraKeysError):
        return f"does not know the key {_listed(error.extra_fields)}"
    if isinstance(error, TypeError | ValueError):
        return f"{error}"
    return f"cannot be read ({type(error).__name__}: {error})"


def _listed(names: Iterable[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))


def _sentence(line: str) -> str:
    """Turn `told @ .path` the other way round: the path becomes the subject, and what is told of it follows."""
    told, _, path = line.rpartition(" @ ")
    name = path.removeprefix(".") or "it"
    return f"{name} {told}" if told.startswith(("is ", "does ")) else f"{name}: {told}"
