"""Boosters are trained in shares of the pairs, by as many workers at once; where one dies all begin again."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from indexing.errors import Unfinished
from indexing.machine.progress import Progress, silent
from indexing.running.parts import PartFolder, parts_for, put_array
from indexing.running.tasks import Runner, ranges
from reranking.boosters.boosting import BoostingOptions, Metric, from_bytes, member_parameters
from reranking.boosters.collective import (
    JUDGED,
    JUDGED_CATEGORIES,
    JUDGED_TARGETS,
    TARGETS,
    WEIGHTS,
    Sharing,
    boost_share,
    member_name,
)
from reranking.boosters.examples import Examples, in_memory
from reranking.boosters.feature_blocks import FeatureBlocks, write_feature_blocks
from reranking.boosters.growing import rounds_a_look
from reranking.boosters.meeting import meeting_of

ATTEMPTS = 3
BLOCK_PAIRS = 65_536


@dataclass(frozen=True)
class ShardedBoosting:
    """It trains boosters in `world_size` shares. What workers need lies beside what is made, as long as they train; what
    comes of it depends on the pairs and the number of shares, not on who has which."""

    runner: Runner
    beside: Path
    world_size: int

    def __call__(
        self,
        train: Examples,
        valid: Examples,
        metric: Metric,
        *,
        options: BoostingOptions,
        seed: int,
        progress: Progress = silent,
    ) -> list[Any]:
        """Train the members, each cut at the round that had the best metric on the validation pairs.

        Raises InputError when the training pairs are all matches or all non-matches, Unfinished where shares failed again and again.
        """
        parameters = tuple(member_parameters(train, options, seed))
        parts = parts_for(self.beside, uuid4().hex)
        parts.make()
        progress("train", 0, len(parameters))
        try:
            features = _written(train, valid, parts)
            step, weighted = rounds_a_look(len(valid.targets)), train.weights is not None
            stopping = options.max_rounds, options.patience, step, metric
            self._boost(partial(Sharing, parts, features, weighted, parameters, *stopping), len(features))
            members = [from_bytes(parts.local(member_name(number)).read_bytes()) for number in range(len(parameters))]
        finally:
            parts.clear()
        progress("train", len(members), len(members))
        return members

    def _boost(self, sharing: Callable[[Mapping[str, str | int]], Sharing], pairs: int) -> None:
        """Have the shares train, again from the beginning where one is lost, by what they share but for where they meet: the boosters stay
        the same."""
        shares = ranges(pairs, self.world_size, "share of the training pairs,")
        failed = ""
        for _ in range(ATTEMPTS):
            with meeting_of(len(shares), self.runner.address) as meeting:
                failed = self.runner.together(boost_share, shares, sharing(meeting))
            if not failed:
                return
        raise Unfinished(
            f"training in {len(shares)} shares was begun {ATTEMPTS} times, and {failed}: look there, then run the same command "
            "again: features that were computed are kept"
        )


def _written(train: Examples, valid: Examples, parts: PartFolder) -> FeatureBlocks:
    """Keep what shares need with the parts; features that are in blocks on disk stay where they are."""
    put_array(parts, TARGETS, train.targets)
    if train.weights is not None:
        put_array(parts, WEIGHTS, train.weights)
    put_array(parts, JUDGED, in_memory(valid.features))
    put_array(parts, JUDGED_TARGETS, valid.targets)
    put_array(parts, JUDGED_CATEGORIES, valid.categories)
    features = train.features
    if isinstance(features, FeatureBlocks):
        return features
    starts = range(0, len(features), BLOCK_PAIRS)
    return write_feature_blocks((features[start : start + BLOCK_PAIRS] for start in starts), parts.folder)
