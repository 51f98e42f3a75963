"""A judgement says where thresholds lie, how sure a score is, and where pairs are too few to be sure of anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reranking.decisions.asked_precision import AskedPrecision
from reranking.decisions.calibration import Calibrated, calibrate
from reranking.decisions.thresholds import GROWTH, Decided, decide
from reranking.decisions.validation import ValidationPairs

LABEL_MORE = "label more pairs and train again"


@dataclass(frozen=True)
class Judgement:
    """It holds the scored validation pairs, whose category is names[code], and what was chosen on them."""

    pairs: ValidationPairs
    names: Sequence[str]
    decided: Decided
    calibrated: Calibrated

    @property
    def unsure(self) -> tuple[str, ...]:
        """Return the categories whose pairs are too few, or too mixed, to be sure of what was asked."""
        return tuple(self.decided.lacking)

    def unsure_warnings(self, *, few: bool = False) -> list[str]:
        """Return a line for the user where there are unsure categories, for those decided by the best guess another one.

        How many more pairs would do is reckoned for scores as they are: with `few` labels the model itself gets better by more.
        """
        lacking = {name: LABEL_MORE if few else _lacking(groups) for name, groups in self.decided.lacking.items()}
        assumed = [name for name in lacking if name in self.decided.report.assumed]
        never = [name for name in lacking if name not in assumed]
        lines = []
        if never:
            lines.append(
                f"nothing is called a match in {_told(never, lacking)}: no score is sure to hold the precision asked; "
                "or ask for less (--target-precision), or take the best guess (--assume)"
            )
        if assumed:
            lines.append(
                f"precision not assured in {_told(assumed, lacking)}: no score is sure to hold it there, and the best guess decides"
            )
        return lines


def _told(names: Sequence[str], lacking: Mapping[str, str]) -> str:
    """Name categories, those that lack the same together, with what they lack."""
    alike: dict[str, list[str]] = {}
    for name in names:
        alike.setdefault(lacking[name], []).append(name)
    return "; ".join(f"{', '.join(together)} ({remedy})" for remedy, together in alike.items())


def _lacking(groups: int | None) -> str:
    """Say what would make a category sure, `groups` more product groups or, where it is None, something else."""
    if groups is None:
        return f"{GROWTH[-1]:.0f} times as many such labels would not do: better pictures, titles or labels are needed"
    return f"label pairs of about {groups:,} more product groups"


def judge(pairs: ValidationPairs, names: Sequence[str], *, asked: AskedPrecision, seed: int) -> Judgement:
    """Choose the thresholds and the maps to probabilities on scored validation pairs, whose category is names[code]."""
    return Judgement(pairs, names, decide(pairs, names, asked, seed=seed), calibrate(pairs, names, seed=seed))
