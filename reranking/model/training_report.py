"""A training reports, for the model to keep, its pairs, how well it ranks and decides, and what it looks at."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from indexing.storage.records import OMIT
from reranking.decisions.calibration import CalibrationReport
from reranking.decisions.thresholds import DecisionsReport, HeldPrecision
from reranking.decisions.validation import Interval, RankedCategory
from reranking.model.train_options import TrainOptions


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
    fold. `seen` is the share of the validation matches whose products training has likely seen, None where nobody asked, by
    the labels and, where validation is large enough for that (`model_told`), by the model; where it is large, `unseen` measures the others. `fresh`: validation pairs, too, were scored out of fold."""

    seen: float | None = None
    model_told: bool = True
    unseen: UnseenPairs | None = None
    training: int = 0
    fresh: bool = False


@dataclass(frozen=True, kw_only=True)
class TrainingReport:
    """It counts pairs (`rows`), matches and product groups, and keeps the metric on the validation pairs and what the
    trees look at.

    `mined` and `inferred` pairs were added; `left_out` are neither trained on nor validated by, None where validation
    pairs were given. `importance` is the share of gain of the strongest features, `rounds` are those of each member, and
    `index` is the fingerprint of the index. Models of before the rows of categories and families have none of them.
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
    metric: float
    interval: Interval | None = None
    categories: tuple[RankedCategory, ...] = ()
    families: tuple[FamilyImportance, ...] = ()
    importance: Mapping[str, float] = field(default_factory=dict)
    rounds: tuple[int, ...]
    judged_by: JudgedBy = field(default_factory=JudgedBy, metadata=OMIT)
    decisions: DecisionsReport | None = None
    calibration: CalibrationReport | None = None
    options: TrainOptions
    index: str
    search: SearchReport | None = field(default=None, metadata=OMIT)

    @property
    def held(self) -> dict[str, HeldPrecision]:
        """Return what the thresholds held, by category."""
        return {} if self.decisions is None else {row.category: row for row in self.decisions.held}
