"""A training learns its signals here; features are computed, and boosters trained in shares, where a runner has workers."""

from dataclasses import dataclass
from pathlib import Path

from indexing.machine.progress import Progress
from indexing.product_index import ProductIndex
from indexing.running.parts import clear_leftovers, parts_for
from indexing.running.tasks import Runner
from indexing.storage.artefact import fingerprint_of
from reranking.boosters.ensemble import Boost
from reranking.boosters.examples import Examples
from reranking.boosters.feature_blocks import FeatureBlocks
from reranking.boosters.shares import ShardedBoosting
from reranking.model.train_options import TrainOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned.cross_folds import CrossFolds
from reranking.signals.stacked import Learned
from reranking.training.apart.feature_parts import SignalKind
from reranking.training.apart.signals_apart import SignalsApart
from reranking.training.examples import deal_stacking, learn_signals, plain_signals
from reranking.training.identifier_choice import compares_identifiers


@dataclass(frozen=True)
class TrainingElsewhere:
    """It is the crew of a training whose model goes to `beside` (absolute), where its parts lie meanwhile.

    `asked` is into how many shares pairs are divided; None: into as many as there are workers where their features do not
    fit into this machine's memory.
    """

    runner: Runner
    beside: Path
    asked: int | None = None

    def signals(
        self,
        index: ProductIndex,
        train: LabelledPairs,
        options: TrainOptions,
        *,
        cross: CrossFolds | None,
        progress: Progress,
    ) -> SignalsApart:
        """Learn signals from the pairs, for whose products alone they are prepared here."""
        stacking = deal_stacking(index, train, options)
        some = train.products[:1]
        products = some if stacking is None else stacking.pairs.products
        signals, look = learn_signals(
            index, plain_signals(index, products, options, progress), stacking, options, progress
        )
        words = None if signals.words is None else signals.words.learned
        learned = Learned(words, look, cross, None if cross is None else signals.gate)
        kind = SignalKind(options.same_source, compares_identifiers(index, options))
        declared = kind.prepare(index, some, learned).features
        counted = parts_for(self.beside, fingerprint_of("counted", index.fingerprint))
        return SignalsApart(index, learned, kind, declared, self.runner, self.beside, counted)

    def world_size(self, train: Examples) -> int:
        """Return into how many shares examples are divided: never into more than there are blocks of them, unless asked."""
        if self.asked is not None:
            return self.asked
        blocks = train.features
        return min(self.runner.workers, len(blocks.starts)) if isinstance(blocks, FeatureBlocks) else 1

    def boosting(self, world_size: int) -> Boost:
        """Return what trains boosters in so many shares."""
        return ShardedBoosting(self.runner, self.beside, world_size)

    def clear(self) -> None:
        """Remove all parts: the model is whole."""
        clear_leftovers(self.beside)
