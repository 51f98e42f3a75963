"""The options of a training say what is asked of its decisions, what its features learn, and which pairs are added."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from indexing.errors import InputError
from indexing.storage.records import OMIT
from reranking.boosters.boosting import BoostingOptions
from reranking.pairs.evaluation_category import LEAST_PAIRS
from reranking.pairs.product_groups import GroupBy

FEW_LABELS = 2_000  # fewer labels are few
FEWEST_LABELS = 2  # matches, and others, with fewer of which nothing can be learned from few labels
FEWEST_OF_ONE_KIND = 10  # labels, with fewer of which, all of one kind, nothing can be mined beside them either
JudgeBy = Literal["auto", "validation", "folds"]
UseOfIdentifiers = Literal["auto", "keep", "drop"]
UseOfStacked = Literal["auto", "keep"]


@dataclass(frozen=True)
class MiningOptions:
    """These options decide which pairs are added. `negatives`: of each product with a known match, how many of its
    first neighbours in the main and in the lexical view become non-matches where they have a known match elsewhere;
    0 for none. `transitive`: whether A = B and B = C make A = C, in groups of at most `transitive_cap` products."""

    negatives: int = 0
    transitive: bool = False
    transitive_cap: int = 20

    def __post_init__(self) -> None:
        if self.negatives < 0:
            raise InputError(f"--mine {self.negatives}: give 1 or more neighbours")
        if self.transitive_cap < 3:
            raise InputError(f"--transitive-cap {self.transitive_cap}: give 3 or more: two products have no third")


@dataclass(frozen=True)
class TrainOptions:
    """These options decide how a reranker is trained. `least_pairs`: a category with more training pairs than these is
    evaluated on its own.

    `target_precisions` are those of categories of which another precision is asked than `target_precision`.
    `judge_by`: learn thresholds and probabilities from the `validation` pairs, from `folds` of training and validation pairs
    together, or (`auto`) from folds where validation alone cannot tell; `assume`: let the best guess decide in categories
    whose pairs are too few to be sure. `leave_out_seen`: train only on pairs whose products the index's encoders were not trained on; `cross`: the folder of
    a cross-encoder whose score is a feature. `words`: learn what words of the titles say; `rivals`: compare each pair with
    the other neighbours of both its sides; `cross_share`: about which share of the pairs the cross-encoder reads, those of which a first look is in doubt. `identifiers`: whether features compare barcodes and part numbers; `auto`
    drops these where the labels were made from them. `stacked`: `auto` leaves out learned words, rivals and the cross-encoder where they
    mislead on new products (reranking/training/judging/stacked_choice.py), `keep` keeps them. `few_labels`: train on all labels, and judge by the same out of fold, as suits a few
    hundred of them that were chosen to teach (reranking/training/scarce_labels/few_labels.py).
    """

    target_precision: float = 0.75
    target_precisions: Mapping[str, float] = field(default_factory=dict)
    group_by: GroupBy = "matches"
    seed: int = 0
    valid_share: float = 0.2
    judge_by: JudgeBy = field(default="auto", metadata=OMIT)
    assume: bool = field(default=False, metadata=OMIT)
    least_pairs: int = LEAST_PAIRS
    same_source: bool = False
    words: bool = True
    rivals: bool = True
    identifiers: UseOfIdentifiers = field(default="auto", metadata=OMIT)
    stacked: UseOfStacked = field(default="auto", metadata=OMIT)
    leave_out_seen: bool = False
    cross: str = ""
    cross_share: float = field(default=1.0, metadata=OMIT)
    few_labels: bool = field(default=False, metadata=OMIT)
    mining: MiningOptions = field(default_factory=MiningOptions)
    boosting: BoostingOptions = field(default_factory=BoostingOptions)

    @property
    def reads_some(self) -> bool:
        """Say whether there is a cross-encoder that reads only some of the pairs."""
        return bool(self.cross) and self.cross_share < 1

    def __post_init__(self) -> None:
        if not 0 < self.cross_share <= 1:
            raise InputError(f"--cross-share {self.cross_share}: give a number above 0, at most 1")
        if not 0 < self.target_precision <= 1:
            raise InputError(f"--target-precision {self.target_precision}: give a number above 0, at most 1")
        for name, value in self.target_precisions.items():
            if not 0 < value <= 1:
                raise InputError(f"target precision {value} of category '{name}': give a number above 0, at most 1")
