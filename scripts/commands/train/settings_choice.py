"""`heroic train` takes the boosters' settings from the default, another model, or a search."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from indexing.machine.progress import Progress
    from indexing.product_index import ProductIndex
    from reranking.boosters.boosting import BoostingOptions, Layout
    from reranking.model.train_options import TrainOptions
    from reranking.pairs.labelled import LabelledPairs
    from reranking.training.train_reranker import Trained
    from reranking.training.tuning import Found


@dataclass(frozen=True)
class SettingsChoice:
    """It says what was asked for: `trials` of a search, kept in `storage`, or the settings of the model `like`; and
    what holds over either: the `layout` where one is named, `monotone` where it is asked for, and XGBoost's
    `device`."""

    trials: int | None
    storage: Path | None
    like: Path | None
    layout: "Layout | None"
    monotone: bool
    device: str

    def __post_init__(self) -> None:
        if self.trials is not None and self.like is not None:
            raise click.UsageError("--trials searches for settings, --settings gives them: leave one out")
        if self.trials is None and self.storage is not None:
            raise click.UsageError("--storage keeps the search of --trials: give --trials too")
        if self.trials is not None:
            import reranking.training.tuning  # noqa: F401  Optuna is missed before any work

    def search(
        self,
        index: "ProductIndex",
        pairs: "LabelledPairs",
        options: "TrainOptions",
        *,
        metric: Callable[..., float],
        progress: "Progress",
    ) -> "Found | None":
        """Return what the search found; None when none was asked for."""
        if self.trials is None:
            return None
        from reranking.training.tuning import SearchOptions, search_settings

        search = SearchOptions(self.trials, self.storage, seed=options.seed)
        return search_settings(index, pairs, metric=metric, options=options, search=search, progress=progress)

    def fit_to(self, labels: "LabelledPairs", paths: Sequence[Path], options: "TrainOptions") -> "TrainOptions":
        """Return the options for labels of these files: a store's, where they are few, are all trained on and judged out of fold, unless
        something was asked for that needs pairs held out."""
        from reranking.labels.store_file import is_store
        from reranking.model.train_options import FEW_LABELS, FEWEST_LABELS, FEWEST_OF_ONE_KIND

        matches = int(labels.targets.sum())
        both = min(matches, len(labels) - matches) >= FEWEST_LABELS or len(labels) < FEWEST_OF_ONE_KIND
        few = len(labels) < FEW_LABELS and both
        usual = self.trials is None and self.like is None and options.boosting.layout == "one"
        usual = usual and options.judge_by == "auto" and not options.cross
        return replace(options, few_labels=few and usual and all(is_store(path) for path in paths))

    def begin(self, options: "TrainOptions") -> "TrainOptions":
        """Return the options with the settings of the other model, if any, and with what holds over them."""
        boosting = options.boosting if self.like is None else _settings_of(self.like)
        layout, monotone = self.layout or boosting.layout, self.monotone or boosting.monotone
        return replace(options, boosting=replace(boosting, layout=layout, monotone=monotone, device=self.device))


def with_search(trained: "Trained", found: "Found | None") -> "Trained":
    """Return the model so that it also says how its settings were found."""
    if found is None:
        return trained
    from reranking.model.training_report import SearchReport

    search = SearchReport(found.value, found.default, found.trials, found.pruned)
    model = trained.reranker
    return replace(trained, reranker=replace(model, report=replace(model.report, search=search)))


def show_search(found: "Found | None") -> None:
    """Print what the search found, and what with."""
    if found is None:
        return
    settings = ", ".join(f"{name} {_shown(getattr(found.boosting, name))}" for name in found.searched)
    click.echo(
        f"search: {found.value:.4f} cross-validated, {found.default:.4f} with the settings to begin with; "
        f"{found.trials} trials, {found.pruned} of them given up early"
    )
    click.echo(f"settings: {settings}")


def _shown(value: float | str | bool) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _settings_of(path: Path) -> "BoostingOptions":
    from reranking.model.folder import load_reranker

    return load_reranker(path).report.options.boosting
