"""A user asks for a precision of the pairs called matches, in all categories or in each by a YAML file."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from indexing.errors import InputError
from indexing.storage.short_text import read_text


def read_category_numbers(path: Path, what: str) -> dict[str, float]:
    """Read a YAML mapping of category: number; `what` names the numbers in errors.

    Raises InputError for a missing file, text that is no such mapping, and values that are no number.
    """
    import yaml  # late: few name such a file

    try:
        given = yaml.safe_load(read_text(path))
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}): give a YAML file of category: {what}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: is not YAML ({str(error).splitlines()[0]})") from error
    if not isinstance(given, dict):
        raise InputError(f"{path}: holds no mapping: write lines such as 'rest: 0.62'")
    numbers = {str(name): _number(value) for name, value in given.items()}
    for (name, number), value in zip(numbers.items(), given.values(), strict=True):
        if math.isnan(number):
            raise InputError(f"{path}: category '{name}' has {what} {value!r:.40}: give a number")
    return numbers


def _number(value: object) -> float:
    """Return a number as a float; NaN for what is none, and for one that is too large."""
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        return math.nan


@dataclass(frozen=True)
class AskedPrecision:
    """It holds the precision asked of each category: `default` is that of all that `by_category` does not name. With
    `assume` the best guess decides where pairs are too few to be sure."""

    default: float
    by_category: Mapping[str, float] = field(default_factory=dict)
    assume: bool = False

    def of(self, category: str) -> float:
        """Return the precision asked of a category."""
        return self.by_category.get(category, self.default)

    def refuse_unknown(self, categories: Sequence[str]) -> None:
        """Raise InputError for a category that is named, but is none of the evaluation categories."""
        unknown = [name for name in self.by_category if name not in categories]
        if unknown:
            raise InputError(
                f"--target-precisions names '{unknown[0]}', no evaluation category of these pairs: "
                f"they have {', '.join(categories)}"
            )


def read_target_precisions(path: Path) -> dict[str, float]:
    """Read a user's YAML of category: precision; the key `default` stays among them.

    Raises InputError for a file that holds no such thing, and precisions that are not above 0, at most 1.
    """
    given = read_category_numbers(path, "target precision")
    for name, value in given.items():
        if not 0 < value <= 1:
            raise InputError(f"{path}: category '{name}' has target precision {value:g}: give one above 0, at most 1")
    return given
