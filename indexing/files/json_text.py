"""A JSON text becomes the value that it holds, as Python reads it."""

import json
from typing import Any


def parse_json(text: str) -> Any:
    """Return the value that a JSON text holds. Raises ValueError when it is malformed, nested too deeply, or has
    text that no encoding can write: half of a surrogate pair, as a cut emoji leaves it."""
    try:
        found = json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if "\\u" in text:
        try:
            json.dumps(found, ensure_ascii=False).encode()
        except UnicodeEncodeError as error:
            raise ValueError(f"half of a surrogate pair: {error.object[error.start]!r}") from error
    return found
