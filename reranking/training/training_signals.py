"""The features of pairs to train on: with what is learned from the same pairs first, out of fold."""

from indexing.arrays import Floats2d, Ints1d
from indexing.machine.progress import Progress, silent
from indexing.product_index import ProductIndex
from reranking.boosters.boosting import BoostingOptions
from reranking.pairs.labelled import LabelledPairs
from reranking.signals.learned.cross_encoder import CrossFolds
from reranking.signals.learned.rival_lists import RivalPairs
from reranking.signals.learned.rivals import train_first_look
from reranking.signals.learned.stacking import Stacking
from reranking.signals.learned.words import train_words
from reranking.signals.signals import Signals, prepare_signals


def prepare_training_signals(
    index: ProductIndex,
    train: LabelledPairs,
    products: Ints1d,
    *,
    boosting: BoostingOptions,
    seed: int,
    words: bool = True,
    rivals: bool = True,
    same_source: bool = False,
    cross: CrossFolds | None = None,
    progress: Progress = silent,
) -> Signals:
    """The families for pairs of `products` (sorted positions); with `words` and `rivals`, unless the matches are too few
    to learn them from."""
    stacking = Stacking.of(train, len(index.catalog), seed=seed) if words or rivals else None
    pairs = RivalPairs.of(index, products, index.views, index.k) if rivals and stacking else None
    mentioned = products if pairs is None else pairs.mentioned
    signals = prepare_signals(index, mentioned, same_source=same_source)
    if words and stacking is not None:
        signals = _with_words(index, signals, stacking)
    if pairs is not None and stacking is not None:
        seen = signals.of_training_pairs(True)

        def compute(left: Ints1d, right: Ints1d) -> Floats2d:
            return seen.compute_all(left, right, stage="features first look", progress=progress)

        look = train_first_look(compute, signals.names, stacking, options=boosting, seed=seed)
        signals = signals.with_rivals(index, pairs, look, progress)
    return signals.with_cross(index, cross, products)


def _with_words(index: ProductIndex, signals: Signals, stacking: Stacking) -> Signals:
    source, pairs = signals.tokens(index), stacking.pairs
    rows = source.rows.rows(pairs.left), source.rows.rows(pairs.right)
    return signals.with_words(index, train_words(source, *rows, stacking))
