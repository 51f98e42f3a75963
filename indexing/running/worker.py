"""A worker does tasks that were sent to its process: it opens what they share once, and says what went wrong in words
that can be sent back."""

import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from indexing.errors import InputError, Unfinished, UnknownId, Unreachable
from indexing.running.same_versions import refuse_others
from indexing.running.tasks import Counts, Recipe, Task

_opened: dict[str, Any] = {}  # what the tasks at hand share, by their recipe


@dataclass(frozen=True)
class Result:
    """It says how a task went on a node: what it counted and how long it took, or what it raised."""

    counts: Counts
    seconds: float = 0.0
    error: BaseException | None = None
    passing: bool = False  # whether another attempt may go better


def packed(work: Callable[[Task, Any], Counts], shared: Recipe[Any], versions: dict[str, str] | None) -> bytes:
    """Return what a worker needs besides the task; with `versions` it is refused where it has others, before it looks for
    the code of the work, which others may not have."""
    return pickle.dumps((versions, pickle.dumps((work, shared))))


def run_task(what: bytes, task: Task, node: str) -> Result:
    """Do a task. What it raises comes back, named: storage that fails, and memory that does not do, may do better at another
    attempt, elsewhere."""
    begun = time.monotonic()
    try:
        versions, work_and_shared = pickle.loads(what)  # our own bytes, from the process that gave us this task
        if versions is not None:
            refuse_others(versions, node)
        work, shared = pickle.loads(work_and_shared)
        counts = work(task, _open(what, shared))
        return Result(dict(counts), time.monotonic() - begun)
    except Unreachable as error:  # a store: who runs the tasks says which one met it
        return Result({}, error=error, passing=True)
    except (OSError, MemoryError) as error:
        return Result({}, error=_named(error, task, node), passing=True)
    except Exception as error:
        return Result({}, error=_named(error, task, node))


def _open(what: bytes, shared: Recipe[Any]) -> Any:
    """Open what tasks share, unless it is open; what tasks before shared is let go first."""
    key = sha256(what).hexdigest()
    if key not in _opened:
        _opened.clear()
        _opened[key] = shared.open()
    return _opened[key]


def _named(error: Exception, task: Task, node: str) -> Exception:
    """Return an error that says in which part it was met, and where."""
    if isinstance(error, UnknownId | InputError):
        kind = type(error) if isinstance(error, Unfinished) else InputError  # which kind it is, commands ask for
        return kind(f"{task} on {node}: {error}")
    error.add_note(f"{task} on {node}")
    try:
        pickle.loads(pickle.dumps(error))  # it has to come back whole
    except Exception:
        return RuntimeError(f"{task} on {node}: {type(error).__name__}: {error}")
    return error
