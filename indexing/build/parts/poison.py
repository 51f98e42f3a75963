"""A product that ends the process which encodes it is found by halving what it stands among, so that it alone is set aside."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from indexing.running.tasks import Counts, Done, Recipe, Runner, Task, finished, unfinished

Opened = TypeVar("Opened")
DEADLY = "ends the process that encodes it"


def deadly_told(products: int) -> str:
    """Return what to say of products that end their process and are more than may be set aside."""
    return f"{products:,} products end the process that encodes them, --max-rejects allows fewer"


def done_past_poison(
    work: Callable[[Task, Opened], Counts],
    probe: Callable[[Task, Opened], Counts],
    ahead: Sequence[Task],
    runner: Runner,
    recipe: Recipe[Opened],
    put_aside: Callable[[Sequence[int]], tuple[Recipe[Opened] | None, int]],
) -> Iterator[Done]:
    """Yield tasks when they are done. What ends processes is then looked for in those that are lost, which are done once more without
    it: by the recipe of `put_aside`, which is given those products, and tells how many are to be set aside for them.

    Raises Unfinished where nothing is found, or more than may be set aside: the recipe is None then.
    """
    lost = []
    for outcome in runner.map(work, ahead, recipe) if ahead else ():
        if outcome.lost:
            lost.append(outcome)
        else:
            yield outcome
    if not lost:
        return
    tasks = [outcome.task for outcome in lost]
    found = poison_in(tasks, probe, runner, recipe)
    again, deadly = put_aside(found) if found else (None, 0)
    if again is None:
        told = f"{deadly_told(deadly)}: " if found else ""
        first = lost[0]
        raise unfinished(first.task, first.attempt, first.node, f"{told}{first.lost}")
    yield from finished(runner.map(work, tasks, again))


def poison_in(
    lost: Sequence[Task], probe: Callable[[Task, Opened], Counts], runner: Runner, recipe: Recipe[Opened]
) -> list[int]:
    """Return the products, ascending, that end their process in `probe`, of those in the ranges that were lost; none where
    halves of a range are done, and it was lost by chance."""
    found = [task.first for task in lost if task.last - task.first == 1]
    suspects = [task for task in lost if task.last - task.first > 1]
    while suspects:
        outcomes = list(runner.map(probe, _halves(suspects), recipe))
        again = [outcome.task for outcome in outcomes if outcome.lost]
        found += [task.first for task in again if task.last - task.first == 1]
        suspects = [task for task in again if task.last - task.first > 1]
    return sorted(found)


def _halves(tasks: Sequence[Task]) -> list[Task]:
    ranges = []
    for task in tasks:
        middle = (task.first + task.last) // 2
        ranges += [(task.first, middle), (middle, task.last)]
    return [
        Task(number, first, last, f"products {first:,} to {last - 1:,}") for number, (first, last) in enumerate(ranges)
    ]
