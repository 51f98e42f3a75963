"""A training reports, for the model to keep, its pairs, how well it ranks and decides, and what it looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from indexing.storage.records import OMIT
from reranking.decisions.calibration import CalibrationReport
from reranking.decisions.thresholds import DecisionsReport, HeldPrecision
from reranking.decisions.validation import Interval, RankedCategory
from reranking.model.train_options import TrainOptions
from reranking.signals.stacked import StackedName

MOSTLY_COVERED = 0.5  # of the products have a labelled match: then less than a quarter of pairs are of two others
NO_TRUTH = (
    "probabilities, thresholds and expected precision are estimates without truth: no label was seen, and nothing here was "
    "measured; heroic audit or labelled pairs tell what is held"
)


@dataclass(frozen=True)
class FamilyImportance:
    """One row names a family, gives the mean of what its `features` together add to the log-odds, without its sign,
    and names those that add most."""

    family: str
    added: float
    features: int
    strongest: tuple[str, ...]


@dataclass(frozen=True)
class SearchReport:
    """A report says how the settings of the boosters were found: the metric that they and those to begin with had,
    meaned over folds of product groups, and the number of trials, `pruned` of them given up early."""

    value: float
    default: float
    trials: int
    pruned: int


@dataclass(frozen=True)
class UnseenPairs:
    """It counts the validation pairs of which training has seen neither product, and the matches among them, and says how
    well the model ranks them (`metric`) and which precision thresholds chosen on all validation pairs `held` on them."""

    pairs: int
    matches: int
    metric: float | None
    held: float | None


@dataclass(frozen=True)
class JudgedBy:
    """It says by which pairs thresholds and probabilities were chosen: those of validation, and `training` pairs out of
    fold; `left_out` validation pairs were not, since training has seen a product of theirs. `seen` is the share of the validation matches whose products training has likely seen, None where nobody asked, by
    the labels and, where validation is large enough for that (`model_told`), by the model; where it is large, `unseen` measures the others. `fresh` validation pairs, of products that training has
    seen, were scored out of fold too."""

    seen: float | None = None
    model_told: bool = True
    unseen: UnseenPairs | None = None
    training: int = 0
    fresh: int = 0
    left_out: int = 0


JudgedOn = Literal["validation", "folds"]
STACKED_WORDING = {"words": "learned words", "rivals": "rivals", "cross": "the cross-encoder"}


@dataclass(frozen=True)
class StackedVerdict:
    """It says whether a signal that was learned from labelled pairs `stays`, and the log-loss of trial boosters with it (`loss`) and without
    it (`without`) in so many `judgements` of pairs that they had not seen: of validation, whose products are both new, or of training, out
    of folds, whose left product is."""

    signal: StackedName
    stays: bool
    loss: float
    without: float
    judgements: int
    by: JudgedOn

    def told(self) -> str:
        """Say in one line what was decided, and why."""
        decided = "in use" if self.stays else "left out"
        which = "validation pairs of new products" if self.by == "validation" else "training pairs, out of fold,"
        return (
            f"{STACKED_WORDING[self.signal]}: {decided}: log-loss of {self.judgements:,} judgements of {which} {self.loss:.4f} with, "
            f"{self.without:.4f} without"
        )


@dataclass(frozen=True, kw_only=True)
class OneSidedLabels:
    """It says how labels of one kind were completed: how many matches and `non_matches` were given, how many matches were
    `left_out` for being no candidates, how many non-matches were `mined` among the first `neighbours`, and how many of
    these are `less_sure`.

    `by_source` says that sources told them from matches, `share` is that of known matches among the candidates of
    labelled products, and `may_match` the largest share of the mined pairs that may be matches after all. `covered` is the
    share of the index's products that have a labelled match, on the training or the validation side.
    """

    matches: int
    non_matches: int
    left_out: int
    mined: int
    less_sure: int
    neighbours: int
    by_source: bool
    share: float
    may_match: float
    covered: float
    file: Literal["PAIRS", "--valid"] = "PAIRS"
    weighs: bool = True

    def told(self) -> str:
        """Tell in one line what was mined, how sure that is, and what validation makes of it."""
        out = f" ({self.left_out:,} left out: no candidates)" if self.left_out else ""
        why = (
            "the source of one already has a match of the other"
            if self.by_source
            else "both have known matches elsewhere"
        )
        weighs = (
            f"; validation weighs them so that {self.share:.3f} are matches, as among candidates of labelled products"
            if self.weighs
            else ""
        )
        less = f"; {self.less_sure:,} less sure: unlabelled, or too near to tell" if self.less_sure else ""
        return (
            f"labels of one kind in {self.file}: {self.matches:,} matches{out}, {self.non_matches:,} non-matches; mined {self.mined:,} "
            f"non-matches among the first {self.neighbours} neighbours (sure: {why}{less}), of which at most about "
            f"{self.may_match:.1%} may be matches{weighs}"
        )

    def warnings(self) -> list[str]:
        """Return a line for the user where mined non-matches are less sure, and one where few products are labelled."""
        return [*self._of_less_sure(), *self._of_uncovered()]

    def _of_uncovered(self) -> list[str]:
        """Return a line where many products have no labelled match: of pairs of two such products labels say nothing."""
        if self.covered >= MOSTLY_COVERED:
            return []
        return [
            f"precision not assured for pairs of products without a labelled match: only {self.covered:.0%} of the products have "
            "one, and labels of one kind say nothing of pairs of two others. Label some such candidates as matches and "
            "non-matches, and give them as --valid"
        ]

    def _of_less_sure(self) -> list[str]:
        if not self.less_sure:
            return []
        return [
            f"precision not assured: {self.less_sure:,} of {self.mined:,} mined non-matches are less sure, and the nearest of these "
            "were left out since they may be matches: less may be held on candidates than validation says. Label some "
            "candidates as matches and non-matches, and give them as --valid"
        ]


@dataclass(frozen=True)
class FewLabels:
    """It says that few labels were all trained on, and judged out of fold in `folds` folds, each weighing as many of so many
    `candidates`, drawn at random, as score like it; which F1 the threshold of the best one is expected to have on these; and how
    many labels are `doubtful`, as boosters that did not learn them are nearly sure of the other answer."""

    labels: int
    folds: int
    candidates: int
    expected_f1: float
    doubtful: int = field(default=0, metadata=OMIT)

    def told(self) -> str:
        """Say in one line what was trained on and judged by."""
        return (
            f"few labels: all {self.labels:,} are trained on, and judged out of fold ({self.folds} folds), each weighing as many of "
            f"{self.candidates:,} drawn candidates as score like it"
        )

    def warning(self) -> str:
        """Return a line for the user."""
        return (
            f"{self.labels:,} labels are few, and where they were chosen to teach no sample: precision and probabilities are estimates, "
            "which heroic audit can check"
        )

    def doubt(self) -> str:
        """Return a line that says how many labels look wrong, empty where none does."""
        if not self.doubtful:
            return ""
        looks = "1 label looks" if self.doubtful == 1 else f"{self.doubtful:,} labels look"
        return (
            f"{looks} wrong to boosters that did not learn them; a few wrong ones of so few move thresholds and probabilities far: "
            "answer them once more (--audit FILE.csv lists them)"
        )


@dataclass(frozen=True, kw_only=True)
class WithoutLabels:
    """It says what a model that learned without labels took for matches: it counts the `candidates` by so many `neighbours` of `products` that were learned from, the pairs that views vote for
    (`votes`), and the `matches` that are expected among the candidates.

    `wrong` is the share of the pairs that all views vote for which is expected to be no match, None without such pairs.
    Of `identified` pairs barcodes or part numbers said something. `precision` and `recall`, of the candidates, are what the threshold of the best F1 is expected to have, out of fold.
    """

    products: int
    candidates: int
    neighbours: int
    votes: float
    matches: float
    wrong: float | None
    precision: float
    recall: float
    identified: int = 0

    def told(self) -> list[str]:
        """Tell in lines what was learned from and what is expected, and of what this says nothing."""
        doubt = "" if self.wrong is None else f", of which {self.wrong:.1%} of the unanimous are expected to be wrong"
        codes = f"; barcodes or part numbers speak of {self.identified:,}" if self.identified else ""
        return [
            f"learned without labels from {self.candidates:,} candidates by {self.neighbours} neighbours of {self.products:,} "
            f"products: views vote for {self.votes:,.0f}{doubt}{codes}; {self.matches:,.0f} matches are expected",
            f"expected at the threshold of the best F1, not measured: precision {self.precision:.3f}, recall of the candidates "
            f"{self.recall:.3f}",
        ]


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """It counts pairs (`rows`), matches and product groups, and keeps the metric on the validation pairs and what the
    trees look at.

    `mined` and `inferred` pairs were added; `left_out` are neither trained on nor validated by, None where validation
    pairs were given. `importance` is the share of gain of the strongest features, `rounds` are those of each member, `monotone` says
    of each whether its scores never fall where a feature speaks more for a match (an earlier model does not say), and `index` is the
    fingerprint of the index. `one_sided` says how labels of one kind were completed, those to train on and those to validate by
    where these were given; `few` how few labels were judged; `stacked` which learned signals stayed; `cross_read` which share of the validation pairs the cross-encoder read, None without one; `world_size` in how many shares of the pairs
    boosters were trained at once. Models of before the rows of categories and families have none of them.
    """

    rows: int
    positives: int
    groups: int
    mined: int = 0
    inferred: int = 0
    left_out: int | None = field(default=None, metadata=OMIT)
    train_rows: int
    valid_rows: int
    valid_positives: int
    shared_products: int = 0
    metric: float | None
    interval: Interval | None = None
    categories: tuple[RankedCategory, ...] = ()
    families: tuple[FamilyImportance, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
    rounds: tuple[int, ...]
    monotone: tuple[bool, ...] = field(default=(), metadata=OMIT)
    judged_by: JudgedBy = field(default_factory=JudgedBy, metadata=OMIT)
    stacked: tuple[StackedVerdict, ...] = field(default=(), metadata=OMIT)
    cross_read: float | None = field(default=None, metadata=OMIT)
    decisions: DecisionsReport | None = None
    calibration: CalibrationReport | None = None
    options: TrainOptions
    index: str
    search: SearchReport | None = field(default=None, metadata=OMIT)
    one_sided: tuple[OneSidedLabels, ...] = field(default=(), metadata=OMIT)
    few: FewLabels | None = field(default=None, metadata=OMIT)
    without_labels: WithoutLabels | None = field(default=None, metadata=OMIT)
    world_size: int = field(default=1, metadata=OMIT)

    def monotone_told(self) -> str:
        """Say which boosters are monotone, by their places, behind their rounds; nothing where an earlier model does not say."""
        held = [str(place) for place, monotone in enumerate(self.monotone, 1) if monotone]
        if not self.monotone:
            return ""
        if not held:
            return ", none of them monotone"
        which = "all" if len(held) == len(self.monotone) else f"number {' and '.join(held)} of them"
        return (
            f", {which} monotone: their scores never fall where a feature that has a direction speaks more for a match"
        )

    @property
    def held(self) -> dict[str, HeldPrecision]:
        """Return what the thresholds held, by category."""
        return {} if self.decisions is None else {row.category: row for row in self.decisions.held}
