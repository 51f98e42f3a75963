"""`heroic train` learns from labelled pairs: it reads them, searches for settings, trains, and writes the model."""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from scripts.commands.pairs_to_learn import PairsToLearn
from scripts.commands.train.elsewhere import AskedWorkers
from scripts.commands.train.metric import interval_of, metric_of
from scripts.commands.train.settings_choice import SettingsChoice, show_search, with_search
from scripts.commands.train.trained_text import show_trained

if TYPE_CHECKING:
    from indexing.machine.progress import Progress
    from indexing.product_index import ProductIndex
    from reranking.model.train_options import TrainOptions
    from reranking.pairs.labelled import LabelledPairs
    from reranking.training.examples import TrainingRoom
    from reranking.training.train_reranker import Trained


@dataclass(frozen=True)
class GivenPairs:
    """It holds an index with its labelled pairs; without `valid`, some of them are held out to validate by."""

    index: "ProductIndex"
    pairs: "LabelledPairs"
    valid: "LabelledPairs | None"


def read_data(index: Path, pairs: tuple[Path, ...], valid: Path | None, wanted: PairsToLearn) -> GivenPairs:
    from indexing.product_index import open_index

    opened = open_index(index)
    return GivenPairs(opened, *wanted.read(pairs, valid, opened.catalog))


def learn(
    data: GivenPairs,
    options: "TrainOptions",
    choice: SettingsChoice,
    room: "TrainingRoom",
    out: Path,
    *,
    workers: AskedWorkers,
) -> "TrainOptions":
    """Search for settings where that was asked for, train, write the model and print what came of it.

    Return the options with the settings that were trained with.
    """
    from reranking.model.folder import save_reranker
    from scripts.terminal.progress import shown

    with shown() as progress, room.cleared(), workers.joining(room, out) as shared:
        found = choice.search(data.index, data.pairs, options, metric=metric_of(options), progress=progress)
        options = options if found is None else replace(options, boosting=found.boosting)
        trained = with_search(_train(data, options, shared, progress), found)
        save_reranker(trained.reranker, out)
    show_trained(trained, out)
    show_search(found)
    return options


def _train(data: GivenPairs, options: "TrainOptions", room: "TrainingRoom", progress: "Progress") -> "Trained":
    from reranking.training.train_reranker import train_reranker

    return train_reranker(
        data.index,
        data.pairs,
        data.valid,
        metric=metric_of(options),
        interval=partial(interval_of, level=options.target_precision),
        options=options,
        room=room,
        progress=progress,
    )
