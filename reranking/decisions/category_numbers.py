"""A user's YAML file of category: number, such as thresholds and target precisions."""

import math
from pathlib import Path

import yaml

from indexing.errors import InputError


def read_category_numbers(path: Path, what: str) -> dict[str, float]:
    """`what` is what the numbers are, for errors.

    Raises InputError for a missing file, text that is no such mapping, and values that are no number.
    """
    try:
        given = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}): give a YAML file of category: {what}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(given, dict):
        raise InputError(f"{path}: holds no mapping: write lines such as 'rest: 0.62'")
    for name, value in given.items():
        if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
            raise InputError(f"{path}: category '{name}' has {what} {value!r}: give a number")
    return {str(name): float(value) for name, value in given.items()}
