"""A cell may hold a value as JSON, Python, Ruby or JavaScript write it, or as pairs: `colour=red,size=M`."""

import ast
import re
import warnings
from typing import Any

import orjson

from indexing.files.json_text import parse_json

MOST_LITERAL_CHARS = 256 * 1024  # of what Python itself is to read: it takes much memory
MOST_KEY_CHARS = 64
_BARE = {"nil": "None", "null": "None", "nan": "None", "NaN": "None", "true": "True", "false": "False"}
_TOKEN = re.compile(
    r"(?P<text>\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*')"
    r"|(?P<arrow>=>)"
    r"|(?<=[{,\s])(?P<key>[A-Za-z_][\w-]*)(?=\s*:(?!:))"
    r"|:(?P<symbol>[A-Za-z_]\w*)(?=\s*(?:=>|[,}]))"
    r"|\b(?P<bare>nil|null|nan|NaN|true|false)\b",
    re.DOTALL,
)
_KEY = rf"[^,;|\n=:]{{1,{MOST_KEY_CHARS}}}"
_LONG = re.compile("[0-9]{20}")  # orjson makes a float of them
_LETTER = re.compile(r"[^\W\d_]")
SEPARATORS = ("\n", ";", "|", ",")  # of pairs, the surest first


def read_literal(text: str) -> Any:
    """Return the value that a text holds as JSON, else as a literal of Python, Ruby or JavaScript.

    Raises ValueError, which says what is wrong with it as JSON, for any other text.
    """
    try:
        return parse_json(text) if _LONG.search(text) else orjson.loads(_in_json_quotes(text))
    except ValueError:
        pass
    try:
        return parse_json(text)  # it knows NaN, and tells what is wrong
    except ValueError as error:
        if len(text) > MOST_LITERAL_CHARS or "surrogate" in str(error):
            raise
        try:
            return _evaluated(text)
        except ValueError:
            raise error from None


def _in_json_quotes(text: str) -> str:
    """Return what Python wrote of plain texts as JSON: where it wrote no other quotes and escaped nothing, that is all
    that differs."""
    return text.replace("'", '"') if "'" in text and '"' not in text and "\\" not in text else text


def _evaluated(text: str) -> Any:
    """Return the value of a literal of Python, or of what is brought to Python's form. Raises ValueError."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)  # of escapes that Python does not know
        try:
            return ast.literal_eval(_TOKEN.sub(_as_python, text.strip()))
        except (SyntaxError, RecursionError, MemoryError, TypeError) as error:
            raise ValueError(str(error)) from error


def _as_python(found: re.Match[str]) -> str:
    if found["text"] is not None:
        return found[0]
    if found["arrow"]:
        return ":"
    if found["key"]:
        return f'"{found["key"]}"'
    return f'"{found["symbol"]}"' if found["symbol"] else _BARE[found["bare"]]


def read_pairs(text: str) -> list[tuple[str, str]] | None:
    """Return the keys and values of `a=b,c=d`, of `a: b; c: d` and the like; None for a text that holds no pairs.

    A separator parts pairs only where a key follows it: `note=soft, warm,size=M` has two. Values after `|` are further
    ones. In braces, as Java writes a map, the sign is `=`.
    """
    java = text[:1] == "{" and text[-1:] == "}"
    text = text[1:-1] if java else text
    sign = re.match(rf"\s*{_KEY}({'=' if java else '[=:]'})(?!//)", text)
    if sign is None or not _LETTER.search(sign[0]) or ". " in sign[0]:
        return None
    after = rf"\s*(?={_KEY}{sign[1]}(?!//))"
    separator, parts = next(
        ((s, parts) for s in SEPARATORS if len(parts := re.split(f"{re.escape(s)}{after}", text)) > 1), ("", [text])
    )
    found = [part.partition(sign[1]) for part in parts]
    several = separator not in ("|", "")
    values = [(key.strip(" \t\n\"'"), rest.split("|") if several else [rest]) for key, _, rest in found]
    return [(key, text) for key, rest in values for one in rest if (text := one.strip(" \t\n\"',;|"))]
