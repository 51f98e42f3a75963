"""What the lexical view of a catalogue will take, from the number of products and the length of their texts."""

from dataclasses import dataclass

from indexing.build.view_plan import FIXED_BYTES, Ask, duration, whole_gib
from indexing.errors import InputError
from indexing.machine.memory import human

NGRAMS_A_CHAR = 1.5  # different ones of 3 and 4 characters inside words (1.1 to 1.6 in five catalogues)
MANY, KEPT_OF_MANY = 20_000, 0.5  # of so many products' n-grams at most half stand in few enough (0.28 to 0.5)
ENTRY_BYTES = 16  # a column and a weight, by product and by n-gram
BLOCK_BYTES = 150 * 2**20  # what is counted at once
WEIGHED_PER_S, JOINED_S = 2.5e6, 3e-6  # characters a second; seconds an entry and thread to join it


@dataclass(frozen=True)
class LexicalPlan:
    """Bytes of memory and disk, and seconds of both stages."""

    memory: int
    disk: int
    seconds: tuple[float, float]
    view: str = "lexical"

    def line(self) -> str:
        """For people."""
        weighed, joined = map(duration, self.seconds)
        return (
            f"lexical: rare n-grams, joined exactly; memory {human(self.memory)}, disk {human(self.disk)}, about "
            f"weighing {weighed}, join {joined}"
        )


def plan_lexical(products: int, chars: float, ask: Ask) -> LexicalPlan:
    """The plan for texts of so many characters on average. Raises InputError for what does not fit the memory."""
    counted = products * chars * NGRAMS_A_CHAR
    entries = int(counted * (KEPT_OF_MANY if products > MANY else 1.0))
    memory = entries * ENTRY_BYTES + BLOCK_BYTES + FIXED_BYTES
    if memory > ask.memory:
        raise InputError(
            f"--memory {human(ask.memory)}: the lexical view of {products:,} products with {chars:.0f} characters each "
            f"needs {human(memory)}: give --memory {whole_gib(memory)}, fewer --text-fields, or --no-lexical"
        )
    disk = entries * ENTRY_BYTES // 2 + products * ask.k * 12
    seconds = (products * chars / WEIGHED_PER_S, entries * JOINED_S / ask.threads)
    return LexicalPlan(memory, disk, seconds)
