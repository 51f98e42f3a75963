"""The two sides of labelled pairs: those to train on, and those that stop the training and choose thresholds."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from indexing.arrays import Ints1d
from indexing.errors import InputError
from reranking.pairs.evaluation_category import codes_of
from reranking.pairs.hold_out import hold_out
from reranking.pairs.labelled import LabelledPairs


@dataclass(frozen=True)
class TrainingSides:
    """The pairs to train on and to validate by; `left_out`: how many are in neither, None where the latter were given.

    Raises InputError when a side has no matches or no non-matches.
    """

    train: LabelledPairs
    valid: LabelledPairs
    left_out: int | None = None

    def __post_init__(self) -> None:
        for pairs, name in ((self.train, "training"), (self.valid, "validation")):
            if not len(pairs) or pairs.targets.min() == pairs.targets.max():
                what = "no pairs" if not len(pairs) else "only matches" if pairs.targets[0] else "only non-matches"
                raise InputError(f"the {name} pairs hold {what}: both matches and non-matches are needed")

    @property
    def held_out(self) -> bool:
        """Whether the validation pairs are of the same files as the training pairs."""
        return self.left_out is not None

    def counts(self) -> dict[str, int]:
        """For the report; `shared_products` are in pairs of both sides."""
        return {
            **({} if self.left_out is None else {"left_out": self.left_out}),
            "train_rows": len(self.train),
            "valid_rows": len(self.valid),
            "valid_positives": int(self.valid.targets.sum()),
            "shared_products": int(np.intersect1d(self.train.products, self.valid.products).size),
        }


def hold_out_side(
    pairs: LabelledPairs, groups: Ints1d, categories: pa.Array, *, share: float, seed: int
) -> TrainingSides:
    """Hold out about `share` of the product groups (products,) of pairs, whose evaluation categories are (p,)."""
    codes, _ = codes_of(categories)
    split = hold_out(groups[pairs.left], groups[pairs.right], pairs.targets, codes, share=share, seed=seed)
    return TrainingSides(pairs.take(split.train), pairs.take(split.valid), split.left_out)
