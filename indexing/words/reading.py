"""A reading says how the texts of products are read: in which form, and how much of each field."""

from dataclasses import dataclass

AS_WRITTEN, NORMAL = 0, 1  # forms
DESCRIPTION_CHARS = 500


@dataclass(frozen=True)
class Reading:
    """It says how an index reads texts, its own products' and what is typed: `form` NORMAL puts them into normal form,
    AS_WRITTEN leaves them as they are.

    At most `field_chars` characters of a field are read, of a description `description_chars`; None: all of it.
    """

    form: int = NORMAL
    field_chars: int | None = None
    description_chars: int | None = DESCRIPTION_CHARS

    def chars_of(self, field: str) -> int | None:
        """Return how many characters of a field are read, None for all of them."""
        return self.description_chars if field == "description" else self.field_chars


TODAYS = Reading()
EARLIER = Reading(AS_WRITTEN, DESCRIPTION_CHARS, DESCRIPTION_CHARS)  # of indexes whose manifests say nothing of it
