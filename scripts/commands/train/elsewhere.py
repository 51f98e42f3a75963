"""`heroic train --cluster` has workers compute features, and train boosters in shares of the pairs."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from reranking.training.examples import TrainingRoom


@dataclass(frozen=True)
class AskedWorkers:
    """It is what a user asked of others: where they are, how many seconds a part may take, and into how many shares pairs
    are divided."""

    cluster: str | None
    task_timeout: float | None
    world_size: int | None

    def device(self, asked: str) -> str:
        """Return the device that the user asks for, which workers are to have too. Raises InputError or a usage error for
        what cannot be."""
        from indexing.running.choice import refuse_cluster

        refuse_cluster(self.cluster, limit_s=self.task_timeout)
        if self.cluster is None and self.world_size is not None:
            raise click.UsageError("--world-size: is for shares that workers train on: give --cluster too.")
        if self.cluster is not None and asked == "cuda":
            raise click.UsageError("--device cuda: with --cluster boosters are trained on processors: leave it out.")
        return asked if self.cluster is None else "cpu"

    @contextmanager
    def joining(self, room: "TrainingRoom", out: Path) -> Iterator["TrainingRoom"]:
        """Yield the room with the workers in it; when all is done, and not after an error, their parts are removed.

        Raises InputError where no cluster answers, there are fewer workers than shares, or somebody else makes this model.
        """
        from indexing.errors import InputError
        from indexing.running.choice import chosen_runner
        from indexing.storage.whole_file import claimed
        from reranking.training.apart.training_elsewhere import TrainingElsewhere

        if self.cluster is None:
            yield room
            return
        with claimed(out), chosen_runner(self.cluster, limit_s=self.task_timeout) as runner:
            if self.world_size is not None and self.world_size > runner.workers:
                raise InputError(
                    f"--world-size {self.world_size}: shares are trained on at once, and there are {runner.workers} workers: give at "
                    "most as many, or start more"
                )
            crew = TrainingElsewhere(runner, out.absolute(), self.world_size)
            yield replace(room, crew=crew)
            crew.clear()
