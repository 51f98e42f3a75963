"""The features of pairs to train on: with a first look that is trained on the same pairs, out of fold."""

from indexing.arrays import Floats2d, Ints1d
from indexing.product_index import ProductIndex
from indexing.progress import Progress, silent
from reranking.boosting import BoostingOptions
from reranking.cross_folds import CrossFolds
from reranking.first_look import train_first_look
from reranking.labelled import LabelledPairs
from reranking.rivals import RivalPairs
from reranking.signals import Signals, prepare_signals


def prepare_training_signals(
    index: ProductIndex,
    train: LabelledPairs,
    products: Ints1d,
    *,
    boosting: BoostingOptions,
    seed: int,
    rivals: bool = True,
    same_source: bool = False,
    cross: CrossFolds | None = None,
    progress: Progress = silent,
) -> Signals:
    """The families for pairs of `products` (sorted positions); with `rivals`, unless the matches are too few for it."""
    if not rivals:
        return prepare_signals(index, products, same_source=same_source, cross=cross)
    pairs = RivalPairs.of(index, products, index.views, index.k)
    plain = prepare_signals(index, pairs.mentioned, same_source=same_source)

    def compute(left: Ints1d, right: Ints1d) -> Floats2d:
        return plain.compute_all(left, right, stage="features first look", progress=progress)

    look = train_first_look(compute, plain.names, train, len(index.catalog), options=boosting, seed=seed)
    looking = plain if look is None else plain.with_rivals(index, pairs, look, progress)
    return looking.with_cross(index, cross, products)
