"""These options say what a user asks of the index and the join of every view: which, for what, within which memory, at
which recall. What came of it for the join of a view is kept beside them in the manifest."""

from dataclasses import dataclass, field

from indexing.errors import InputError
from indexing.machine.memory import parse_memory
from indexing.storage.records import OMIT

JOINS = ("auto", "exact", "lists", "category", "engine")
PURPOSES = ("join", "queries")


@dataclass(frozen=True)
class JoiningOptions:
    """These options decide by which index and join neighbours are found; an index keeps them, for doing it again.

    `index` is auto or a FAISS factory string, `join` says how neighbours are found, `purpose` what auto chooses for,
    `memory`, such as 8G, what indexing and joining may take, `recall` what an approximate index and join must reach;
    `float16` halves what a GPU stores. Raises InputError for values that are none of these.
    """

    index: str = "auto"
    join: str = "auto"
    purpose: str = "join"
    memory: str = "auto"
    recall: float = 0.95
    float16: bool = False

    def __post_init__(self) -> None:
        if self.join not in JOINS:
            raise InputError(f"--join {self.join}: choose from {', '.join(JOINS)}")
        if self.purpose not in PURPOSES:
            raise InputError(f"--for {self.purpose}: choose from {', '.join(PURPOSES)}")
        if not 0 < self.recall <= 1:
            raise InputError(f"--recall {self.recall}: give a share above 0, at most 1")
        parse_memory(self.memory)


@dataclass(frozen=True)
class JoinRecord:
    """It tells the manifest how a view was joined: exactly (`exact`), through near `lists`, exactly within a
    `category`, or by the `engine`.

    Of the `lists` each row looked at its `near_lists` nearest; one whose neighbours do not look for it must look at
    `near_lists_alone`. `join_stepped_back_from` is the kind that was asked and could not reach the recall any cheaper.
    """

    join: str
    lists: int | None = field(default=None, metadata=OMIT)
    near_lists: int | None = field(default=None, metadata=OMIT)
    near_lists_alone: int | None = field(default=None, metadata=OMIT)
    join_stepped_back_from: str | None = field(default=None, metadata=OMIT)
