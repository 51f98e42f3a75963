"""`heroic cluster check` looks at all machines before work begins."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from indexing.running.node_check import NodeState

LIMIT_S = 60.0


@click.command(name="check")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--cluster",
    default="auto",
    show_default=True,
    metavar="auto|HOST:PORT|local:N",
    help="The Ray cluster, or N processes here.",
)
def command(folder: Path, cluster: str) -> None:
    """Say of every machine whether it sees FOLDER as this one does, its memory, and whether its versions are this one's.

    The exit code is 1 where one of them could not work.
    """
    from indexing.running.choice import chosen_runner
    from indexing.running.node_check import check_nodes

    with chosen_runner(cluster, limit_s=LIMIT_S, alike=False) as runner:
        found = check_nodes(runner, folder)
    for state in found:
        click.echo(_line(state, folder))
    sound = sum(state.sound for state in found)
    click.echo(f"{sound} of {len(found)} can work, {sum(state.tasks for state in found if state.sound)} tasks at once")
    if sound < len(found):
        click.get_current_context().exit(1)


def _line(state: "NodeState", folder: Path) -> str:
    from indexing.machine.memory import human

    if state.failed:
        return f"{state.name}: failed: {state.failed}"
    versions = "the same versions" if not state.others else f"other versions ({'; '.join(state.others)})"
    seen = f"sees {folder} ({human(state.disk)} free)" if state.sees else f"does not see {folder} as this machine does"
    little = ", which is little" if state.little else ""
    return (
        f"{state.name}: {state.tasks} tasks at once, {human(state.memory)} of memory free{little}; {seen}; {versions}"
    )
